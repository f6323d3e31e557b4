"""`fingerpost fmt`: one form, nothing lost, nothing changed in meaning, nothing half-written."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidTree
from engine.formats.canonical import canonical
from engine.formats.layout import comments
from engine.formats.order import kind_of
from engine.formats.yaml import read, spots
from engine.library import read_library
from tests.command import refused, run
from tests.random_trees import trees, write

ROOT = Path(__file__).parents[1]
FILES = sorted([*ROOT.glob("trees/**/*.yaml"), *ROOT.glob("tests/broken/**/*.yaml")])


def form(text: str, name: str = "tree.yaml") -> str:
    """The one form of a text, and proof that it is one."""
    written = canonical(text.encode(), name)
    assert canonical(written.encode(), name) == written, "not idempotent"
    return written


def lines(*found: str) -> str:
    return "\n".join(found) + "\n"


# -------------------------------------------------------------------------------- what it does

CASES = {
    "the keys of a tree in their order, whatever stood above the first stays first": (
        lines("# head", "", "# title", "title: T", "nodes: {a: {end: E}}", "format: 1", "start: a"),
        lines("# head", "", "# title", "format: 1", "title: T", "start: a", "", "nodes:", "  a: {end: E}"),
    ),
    "the verb first": (
        lines("nodes:", "  a:", "    next: b", "    # why", "    hint: H", "    tell: T"),
        lines("nodes:", "  a:", "    tell: T", "    # why", "    hint: H", "    next: b"),
    ),
    "keys that authors choose stay in their order": (
        lines("nodes:", "  b: {end: B}", "  a: {ask: A, choices: {z: b, y: b}}"),
        lines("nodes:", "  b: {end: B}", "  a: {ask: A, choices: {z: b, y: b}}"),
    ),
    "one blank line between nodes that take several": (
        lines("nodes:", "", "", "  a:", "    end: A", "  b:", "    end: B", "", "", "  c: {end: C}", "  d: {end: D}"),
        lines("nodes:", "  a:", "    end: A", "", "  b:", "    end: B", "", "  c: {end: C}", "  d: {end: D}"),
    ),
    "indentation by two, lists too": (
        lines("nodes:", "    a:", "        decide:", "        - when: x", "          next: b", "        otherwise: c"),
        lines("nodes:", "  a:", "    decide:", "      - when: x", "        next: b", "    otherwise: c"),
    ),
    "quotes where they are needed alone": (
        lines("nodes:", "  a: {\"ask\": 'Is it on?', choices: {\"yes\": \"b\", 'no': c}}", "  b: {end: \"Fine\"}"),
        lines("nodes:", '  a: {ask: "Is it on?", choices: {yes: b, no: c}}', "  b: {end: Fine}"),
    ),
    "numbers and truth values that are texts stay texts": (
        lines("nodes:", '  a: {end: "12"}', "  b: {end: 'true'}", "  c: {end: 1.10}", '  d: {end: ""}'),
        lines("nodes:", '  a: {end: "12"}', '  b: {end: "true"}', "  c: {end: 1.10}", '  d: {end: ""}'),
    ),
    "words that would need quotes in block style": (
        lines("nodes:", "  a:", '    tell: "Note: switch it off."', "    next: b"),
        lines("nodes:", "  a:", "    tell: >-", "      Note: switch it off.", "    next: b"),
    ),
    "what is no words in quotes, double unless there are some in it": (
        lines("facts:", "  a: '\"x\" == b'", "  b: \"it: is\""),
        lines("facts:", "  a: '\"x\" == b'", '  b: "it: is"'),
    ),
    "a comment behind a text goes behind its sign": (
        lines("title: 'A: b c'   # why", "start: a"),
        lines("title: >-         # why", "  A: b c", "", "start: a"),
    ),
    "texts in block style stay broken as they were": (
        lines("nodes:", "  a:", "    tell: >", "        One: two", "        three", "", "        four", "    next: b"),
        lines("nodes:", "  a:", "    tell: >", "      One: two", "      three", "", "      four", "    next: b"),
    ),
    "a text in block style that fits into its line does": (
        lines("nodes:", "  a:", "    tell: >-", "      One", "      two", "    next: b"),
        lines("nodes:", "  a:", "    tell: One two", "    next: b"),
    ),
    "lines of a text stay lines": (
        lines("nodes:", "  a:", '    tell: "one two\\n\\nthree"', "    next: b"),
        lines("nodes:", "  a:", "    tell: |-", "      one two", "", "      three", "    next: b"),
    ),
    "what is in brackets stays so while it fits": (
        lines("nodes:", "  a: {tell: T,", "      next:   b}", "  b: {end: " + "long " * 25 + "end}"),
        lines("nodes:", "  a: {tell: T, next: b}", "", "  b:", "    end: " + "long " * 25 + "end"),
    ),
    "and comes out of them for a comment": (
        lines("tags: [a, # one", "  b]  # all"),
        lines("tags:  # all", "  - a     # one", "  - b"),
    ),
    "comments below the last item stay below": (
        lines("nodes:", "  a:", "    end: A", "    # below a", "  # below nodes", "# at the end"),
        lines("nodes:", "  a:", "    end: A", "    # below a", "  # below nodes", "# at the end"),
    ),
    "comments in their column stay there": (
        lines("format: 1        # one", "title: T         # two"),
        lines("format: 1        # one", "title: T         # two"),
    ),
    "line ends, the mark at the beginning and blanks at the ends go": (
        "\ufeffformat: 1  \r\n\r\n\r\ntitle: T\r\n\r\n",
        lines("format: 1", "", "title: T"),
    ),
    "no line end at the end": ("format: 1", "format: 1\n"),
    "only comments beside nothing": (lines("# a", "", "{}", "# b"), lines("{}", "# a", "# b")),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_form(before: str, after: str) -> None:
    assert form(before) == after


STORIES = {
    "the keys of a story": (
        "- {expect: {end: a}, story: one, answers: {b: c}}\n",
        "- {story: one, answers: {b: c}, expect: {end: a}}\n",
    ),
    "what stands above the first key of a story": (
        lines("-  # one", "   # two", "   expect: {end: a}", "   story: b"),
        lines("# one", "# two", "- story: b", "  expect: {end: a}"),
    ),
}


@pytest.mark.parametrize(("before", "after"), STORIES.values(), ids=STORIES)
def test_the_form_of_stories(before: str, after: str) -> None:
    assert form(before, "tree.stories.yaml") == after


def test_a_long_text_is_folded_at_its_blanks() -> None:
    text = "Note: " + "word " * 60 + "end"
    written = form(json.dumps({"nodes": {"a": {"tell": text, "next": "b"}}}))
    assert max(map(len, written.splitlines())) <= 100
    assert read(written.encode(), "").data["nodes"]["a"]["tell"] == text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("trees/library.yaml", "library"),
        ("internet_down.yaml", "tree"),
        ("internet_down.stories.yaml", "stories"),
        ("internet_down.fr.yaml", "texts"),
        ("library.fr.yaml", "texts"),
    ],
)
def test_a_file_says_by_its_name_what_it_holds(name: str, kind: str) -> None:
    assert kind_of(name) == kind


# ------------------------------------------------------------------------------ what it keeps


def test_the_trees_that_are_shipped_are_in_it() -> None:
    ran = run("fmt", "--check", ROOT / "trees")
    assert ran.status == 0, ran.out


def readable(file: Path) -> bool:
    try:
        read(file.read_bytes(), str(file))
    except InvalidTree:
        return False
    return True


def hashes(folder: Path) -> dict[str, tuple[str, str]]:
    return {id: (tree.logic, tree.text) for id, tree in read_library(folder).trees.items()}


@pytest.mark.parametrize("name", ["trees", "tests/broken"])
def test_no_hash_changes(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / name, tmp_path / "before")
    folder = tmp_path / "after"
    shutil.copytree(ROOT / name, folder)
    for file in folder.rglob("*.yaml"):
        if readable(file):
            file.write_bytes(canonical(file.read_bytes(), str(file)).encode())
    before, after = hashes(tmp_path / "before"), hashes(folder)
    assert {id: after[id] for id in before} == before
    assert len(before) >= 7
    # A verb that was not its node's first key is now: what could not be built can be.
    assert after.keys() - before.keys() <= {"shape_verb_not_first"}


@pytest.mark.parametrize("file", [f for f in FILES if readable(f)], ids=lambda f: str(f.name))
def test_comments_are_kept_wherever_they_stand(file: Path) -> None:
    """Comments and blank lines put at random among the lines of every file that we have."""
    source = file.read_bytes()
    chance = random.Random(file.name)
    for _ in range(2):
        text = scattered(source.decode("utf-8-sig"), chance)
        written = form(text, str(file))
        assert sorted(comments(written)) == sorted(comments(text))
        source = written.encode()


def scattered(text: str, chance: random.Random) -> str:
    inside = {
        line
        for spot in spots(text)
        if spot.kind == "scalar" and "\n" in text[spot.start : spot.end]
        for line in range(text.count("\n", 0, spot.start), text.count("\n", 0, spot.end) + 1)
    }
    found: list[str] = []
    for n, line in enumerate(text.split("\n")):
        if n not in inside:
            found += [" " * chance.randrange(9) + f"# above {n}"] * (chance.random() < 0.2)
            found += [""] * (chance.random() < 0.2)
            if line.strip() and chance.random() < 0.2:
                line += " " * chance.randrange(1, 9) + f"# beside {n}"
        found.append(line)
    return "\n".join(found)


@given(trees(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_random_trees_keep_their_hashes(tree: dict[str, Any], chance: random.Random) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        before = hashes(write(Path(name), tree))
        folder = write(Path(name), shuffled(tree, chance))
        for file in folder.glob("*.yaml"):
            file.write_text(form(file.read_text("utf-8"), file.name), "utf-8")
        assert hashes(folder) == before
        written = list(read((folder / "tree.yaml").read_bytes(), "").data)
    order = [key for key in canonical_keys() if key in tree]
    assert written == order


def shuffled(tree: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    def turned(data: dict[str, Any]) -> dict[str, Any]:
        keys = list(data)
        chance.shuffle(keys)
        return {key: data[key] for key in keys}

    nodes = {id: turned(node) for id, node in tree["nodes"].items()}
    return turned({**tree, "nodes": nodes})


def canonical_keys() -> list[str]:
    from engine.formats.order import order
    from engine.schema import schema

    keys = list(order("tree", ()))
    assert set(keys) == set(schema("tree")["properties"])
    return keys


def test_the_form_knows_every_key_of_the_format() -> None:
    from engine.formats.order import order
    from engine.nodes import VERBS
    from engine.schema import schema

    definitions = schema("tree")["$defs"]
    for verb in VERBS:
        assert set(definitions[verb]["properties"]) <= set(order("tree", ("nodes", "a"))), verb
    assert set(order("library", ())) == set(schema("library")["properties"])
    assert set(order("texts", ())) == set(schema("texts")["properties"])
    assert set(order("stories", (0,))) == set(schema("stories")["items"]["properties"])


NASTY = [*"ab :#-?,[]{}'\"\\|>&*!%@`\n~.0=<_é€\t", "yes", "null", "1e3", " #", ": ", "- ", "---"]
TEXTS = st.lists(st.sampled_from(NASTY), max_size=8).map("".join)
KEYS = st.one_of(st.sampled_from(["ask", "label", "nodes", "texts", "checklist"]), TEXTS)
SCALARS = st.one_of(
    TEXTS, st.text(alphabet="ab c", max_size=200), st.integers(), st.booleans(), st.none()
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@given(
    st.lists(DATA, max_size=4) | st.dictionaries(KEYS, DATA, max_size=4),
    st.sampled_from(["tree.yaml", "library.yaml", "a.stories.yaml", "a.fr.yaml"]),
)
@settings(max_examples=400)
def test_any_data_is_said_again(data: Any, name: str) -> None:
    source = json.dumps(data, ensure_ascii=False)
    try:
        before = read(source.encode(), name).data
    except InvalidTree:
        return
    assert read(form(source, name).encode(), name).data == before


# ---------------------------------------------------------------------------------- the command


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "trees"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden/a.yaml").write_text("b:   1")
    (folder / "library.yaml").write_text("format: 1\n")
    (folder / "good.yaml").write_text("format: 1\ntitle: T\nstart: a\n\nnodes:\n  a: {end: E}\n")
    (folder / "loose.yaml").write_text("title:   T\nformat: 1")
    monkeypatch.chdir(tmp_path)
    return folder


def test_check_changes_nothing(library: Path) -> None:
    before = (library / "loose.yaml").read_bytes()
    ran = run("fmt", "--check")
    assert ran.status == 1
    assert ran.out == (
        "trees/loose.yaml is not in the canonical form\n"
        "1 of 3 files would change: fingerpost fmt\n"
    )
    assert (library / "loose.yaml").read_bytes() == before
    assert run("fmt", "--check", "trees/good.yaml").status == 0


def test_only_what_is_not_in_it_is_written(library: Path) -> None:
    good = (library / "good.yaml").stat()
    ran = run("fmt", "trees", "trees/loose.yaml")
    assert ran.status == 0
    assert ran.out == "wrote trees/loose.yaml\n"
    assert (library / "loose.yaml").read_text() == "format: 1\ntitle: T\n"
    assert (library / "good.yaml").stat().st_mtime_ns == good.st_mtime_ns
    assert (library / ".hidden/a.yaml").read_text() == "b:   1"
    assert run("fmt").out == "3 files in the canonical form\n"


def test_a_file_that_cannot_be_read_stays_and_is_said(library: Path) -> None:
    broken = library / "broken.yaml"
    broken.write_bytes(b"a:   1\na: 2\n")
    binary = library / "binary.yaml"
    binary.write_bytes(bytes(range(256)))
    ran = run("fmt", "--json")
    assert ran.status == 1
    assert ran.json["changed"] == ["trees/loose.yaml"]
    assert {f["file"] for f in ran.json["findings"]} == {"trees/broken.yaml", "trees/binary.yaml"}
    assert broken.read_bytes() == b"a:   1\na: 2\n"
    assert binary.read_bytes() == bytes(range(256))
    assert "trees/broken.yaml:2:1: error:" in run("fmt").out


def test_the_mode_of_a_file_and_links_stay(library: Path) -> None:
    loose = library / "loose.yaml"
    os.chmod(loose, 0o640)
    link = library / "link.yaml"
    link.symlink_to("loose.yaml")
    assert run("fmt", link).status == 0
    assert link.is_symlink()
    assert loose.stat().st_mode & 0o777 == 0o640
    assert loose.read_text().startswith("format")
    assert not list(library.glob(".*.part"))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    def given_in(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    given_in("title:  T\nformat: 1")
    assert run("fmt", "-").out == "format: 1\ntitle: T\n"
    given_in("title:  T\nformat: 1")
    assert run("fmt", "--check", "-").status == 1
    given_in("a: [")
    ran = run("fmt", "-")
    assert (ran.status, ran.out) == (1, "")
    assert "<stdin>:1" in ran.err


def test_what_is_no_file_of_a_library(library: Path) -> None:
    Path("notes.txt").write_text("hello\n  world\n")
    assert "notes.txt is no file of a library" in refused("fmt", "notes.txt")
    (library / "words.yaml").write_text("hello\n  world\n")
    assert "a text alone" in run("fmt").out
    assert (library / "words.yaml").read_text() == "hello\n  world\n"


def test_a_path_that_is_not_there(library: Path) -> None:
    assert "there is no file or folder 'nowhere'" in refused("fmt", "nowhere")
