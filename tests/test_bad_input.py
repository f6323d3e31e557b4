"""Files that nobody meant: each gets one clear finding with its place, soon, and never a traceback.

Small ones are looked at in this process, the heavy ones in a child with limits. All of them go
through the command as well, which exits with 1 and prints JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.load import examine
from engine.model import Finding
from web.cli import main

Content = str | bytes | Callable[[Path], Any]
ROOT = Path(__file__).parent.parent

LIBRARY = """\
format: 1
dispositions: {done: {label: Done}}
actions:
  price:
    takes: {zone: text, kg: number}
    exits: {found: {price: money}, none: {}}
    table: {file: price.csv, match: {zone: zone, up_to_kg: ">= kg"}}
"""
TREE = """\
format: 1
title: A tree
start: first
nodes:
  first: {tell: Hello., next: last}
  last: {end: Bye., disposition: done}
allow: [{check: untold, why: No stories here.}]
"""
CSV = "zone,up_to_kg,price\nnear,5,4.90\nfar,5,9.90\n"
SIDE = "format: 1\ntranslates: tree\nlanguage: fr\ntexts:\n  title: {text: Un arbre, of: 1}\n"


class Bad(NamedTuple):
    """Files over a sound library, and the one finding that must come of them."""

    name: str
    files: Mapping[str, Content]
    check: str
    says: str
    file: str = "tree.yaml"
    line: int = 1
    column: int = 0  # 0: not asked for


def tree(
    name: str, content: Content, check: str, says: str, line: int = 1, column: int = 0
) -> Bad:
    return Bad(name, {"tree.yaml": content}, check, says, "tree.yaml", line, column)


def with_(old: str, new: str) -> str:
    assert old in TREE
    return TREE.replace(old, new)


def node(text: str) -> str:
    """The tree with another first node."""
    return with_("{tell: Hello., next: last}", text)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100_000_000)


def link(to: str) -> Callable[[Path], Any]:
    return lambda path: path.symlink_to(to)


def yml(name: str, content: Content, says: str, line: int = 1, column: int = 0) -> Bad:
    return tree(name, content, "yaml", says, line, column)


ENCODINGS = [
    yml("latin-1", TREE.replace("Hello", "Allô").encode("latin-1"), "0xf4, 'ô'", 5, 20),
    yml("utf-16 with a mark", TREE.encode("utf-16"), "UTF-16"),
    yml("utf-16 without", TREE.encode("utf-16-le"), "UTF-16"),
    yml("utf-16 the other way", TREE.encode("utf-16-be"), "UTF-16"),
    yml("utf-32", TREE.encode("utf-32"), "UTF-16 or UTF-32"),
    yml("a picture", b"\x89PNG\r\n\x1a\n\0\0\0", "not UTF-8", 1, 1),
    yml("half a letter", TREE.encode() + b"# \xc3", "not UTF-8", 8, 3),
    yml("a surrogate", TREE.encode() + b"# \xed\xa0\x80", "not UTF-8", 8, 3),
    yml("NUL", with_("Hello", "Hel\0lo"), "U+0000", 5, 20),
    yml("escape", with_("Hello", "Hel\x1blo"), "U+001B", 5, 20),
    yml("next line", with_("Hello", "Hel\x85lo"), "U+0085", 5, 20),
    yml("line separator", with_("Hello", "Hel\u2028lo"), "U+2028", 5, 20),
    yml("a mark inside", with_("Hello", "Hel\ufefflo"), "U+FEFF", 5, 20),
    yml("blank of no width", with_("Hello", "Hel\u200blo"), "U+200B", 5, 20),
    yml("right to left override", with_("Hello", "Hel\u202elo"), "U+202E", 5, 20),
    yml("right to left mark", with_("Hello", "Hel\u200flo"), "U+200F", 5, 20),
    yml("isolate", with_("Hello", "Hel\u2066lo"), "U+2066", 5, 20),
    yml("mark in an id", TREE.replace("first", "fi\u200frst"), "U+200F", 3, 10),
    yml("a tab", TREE.replace("  first", "\tfirst"), "a tab indents this line", 5, 1),
]
WORDS = [
    yml("an alias bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "'&a' is an anchor", 1, 4),
    yml("an alias", TREE.replace("Bye.", "*bye"), "alias", 6, 15),
    yml("a merge key", with_("title:", "<<: {owner: me}\ntitle:"), "'<<' is a merge key", 2, 1),
    yml("a key twice", TREE + "title: B\n", "'title' stands here twice", 8, 1),
    yml("a key twice, deep", node("{tell: a, tell: b, next: last}"), "'tell' stands here twice", 5, 20),
    yml("1 and '1'", node("{ask: a, choices: {1: last, '1': last}}"), "'1' stands here twice", 5, 38),
    yml("a tag", with_("Hello.", "!!str Hello."), "tag", 5, 17),
    yml("python's tag", with_("Hello.", "!!python/object/apply:os.system [ls]"), "tag", 5, 17),
    yml("two documents", TREE + "---\nformat: 1\n", "a second document", 8, 1),
    yml("a directive", "%YAML 9.9\n---\n" + TREE, ""),
    yml("a list as a key", TREE + "? [a, b]\n: c\n", "a key is a word", 8, 3),
    yml("nothing", "", "empty"),
    yml("a comment", "# nothing\n", "empty"),
    yml("null", "~\n", "empty"),
    tree("a list", "- a\n- b\n", "shape", "a tree: a mapping"),
    tree("a word", "hello\n", "shape", "a tree: a mapping"),
    tree("true", "true\n", "shape", "a tree: a mapping"),
    tree("infinite", with_("format: 1", "format: 1e999"), "shape", "'format'", 1, 9),
    tree("infinite, at a bound", with_("  first: {tell: Hello.,", "  first: {ask: 'Hello?', fields: {a: {type: number, min: 1e999}},"),
         "shape", "'min': write a number", 5, 58),
    tree("not a number", with_("format: 1", "format: .nan"), "shape", "'format'", 1, 9),
]  # fmt: skip


def renamed(id: str) -> str:
    return TREE.replace("first", id)


def id_(name: str, id: str, says: str = "is no id", line: int = 5) -> Bad:
    return tree(f"an id: {name}", renamed(id), "shape", says, line, 3)


IDS = [
    id_("__class__", "__class__"),
    id_("__proto__", "__proto__"),
    id_("too long", "a" * 65),
    id_("capital", "First"),
    id_("a dash", "fi-rst"),
    id_("a digit first", "1st"),
    id_("Cyrillic", "\u0430b", "CYRILLIC SMALL LETTER A"),
    id_("full width", "\uff41b", "FULLWIDTH LATIN SMALL LETTER A"),
    id_("accent", "é"),
    *(id_(word, word, "is a word of the language") for word in ("end", "visits", "text", "min", "not", "here", "every")),
    id_("true", "'true'", "is a word of the language"),
    Bad("a file whose name is no id", {"My-Tree.yaml": TREE}, "shape", "'My-Tree' is no id", "My-Tree.yaml"),
    Bad("two trees of one name", {"a/tree.yaml": TREE}, "shape", "another tree is called 'tree' too"),
]  # fmt: skip
FILES = [
    Bad("a folder", {"other.yaml/x.txt": ""}, "yaml", "this is a folder", "other.yaml"),
    Bad("the library a folder", {"sub/library.yaml/x.txt": ""}, "yaml", "this is a folder", "library.yaml"),
    Bad("a link to nothing", {"other.yaml": link("gone.yaml")}, "yaml", "leads nowhere", "other.yaml"),
    Bad("a link to itself", {"other.yaml": link("other.yaml")}, "yaml", "leads", "other.yaml"),
    Bad("a link out", {"other.yaml": link("/etc/passwd")}, "yaml", "leads out of the library", "other.yaml"),
    Bad("a pipe", {"other.yaml": os.mkfifo}, "yaml", "no file", "other.yaml"),
    Bad("another ending", {"other.yml": TREE}, "yaml", "end in .yaml", "other.yml"),
    Bad("media out of the library", {"tree.yaml": node("{tell: a, image: {file: ../x.png, alt: x}, next: last}")}, "missing-media", "leads out of the library", line=5),
    Bad("media by the root", {"tree.yaml": node("{tell: a, image: {file: /etc/x.png, alt: x}, next: last}")}, "missing-media", "leads out of the library", line=5),
    Bad("media that is a link out", {"x.png": link("/etc/passwd"), "tree.yaml": node("{tell: a, image: {file: x.png, alt: x}, next: last}")}, "missing-media", "leads out of the library", line=5),
    Bad("media that is a folder", {"x.png/y": "", "tree.yaml": node("{tell: a, image: {file: x.png, alt: x}, next: last}")}, "missing-media", "there is no file", line=5),
    Bad("a tree that uses itself", {"tree.yaml": node("{use: tree}")}, "recursion", "tree > tree", line=5),
    Bad("a side file of no tree", {"gone.fr.yaml": SIDE.replace("tree", "gone")}, "translation", "there is no tree 'gone'", "gone.fr.yaml", 2),
    Bad("a side file of another", {"tree.fr.yaml": SIDE.replace("tree", "gone")}, "shape", "'translates' is 'gone'", "tree.fr.yaml", 2),
    Bad("stories of no tree", {"gone.stories.yaml": "- {story: s, expect: {end: last}}\n"}, "story", "there is no tree 'gone'", "gone.stories.yaml"),
]  # fmt: skip


def library(name: str, content: Content, check: str, says: str, line: int) -> Bad:
    return Bad(f"library: {name}", {"library.yaml": content}, check, says, "library.yaml", line)


def csv(name: str, content: Content, says: str, check: str = "contract") -> Bad:
    return Bad(f"table: {name}", {"price.csv": content}, check, says, "library.yaml", 7)


def story(name: str, content: str, check: str, says: str, line: int = 1) -> Bad:
    files = {"tree.stories.yaml": content}
    return Bad(f"stories: {name}", files, check, says, "tree.stories.yaml", line)


OTHERS = [
    library("nothing", "", "yaml", "empty", 1),
    library("a list", "- a\n", "shape", "a library: a mapping", 1),
    library("latin-1", LIBRARY.replace("Done", "Fait é").encode("latin-1"), "yaml", "not UTF-8", 2),
    library("too large", sparse, "yaml", "too large", 1),
    library("not closed", LIBRARY.replace("Done}}", "Done}"), "yaml", "is not closed", 2),
    library("no format", LIBRARY.replace("format: 1\n", ""), "shape", "'format' is missing", 1),
    library("a table elsewhere", LIBRARY.replace("price.csv", "../price.csv"), "missing-media", "there is no file", 7),
    library("a table by the root", LIBRARY.replace("price.csv", "/etc/passwd"), "missing-media", "there is no file", 7),
    library("texts in a circle", LIBRARY + "texts: {a: '{text.b}', b: '{text.a}'}\n", "expression", "in a circle", 8),
    library("a time zone", LIBRARY + "timezone: ../../etc/passwd\n", "shape", "no time zone", 8),
    library("a time zone of NUL", LIBRARY + 'timezone: "a\\0b"\n', "shape", "no time zone", 8),
    csv("nothing", "", "the file is empty"),
    csv("latin-1", CSV.replace("far", "là").encode("latin-1"), "row 3: this is not UTF-8"),
    csv("utf-16", CSV.encode("utf-16"), "not UTF-8"),
    csv("NUL", CSV.replace("far", "f\0r"), "row 3"),
    csv("ragged", CSV.replace("far,5", "far"), "row 3: 2 cells, and there are 3 columns"),
    csv("a wrong cell", CSV.replace("far,5", "far,many"), "row 3, column 'up_to_kg'"),
    csv("an empty cell", CSV.replace("9.90", ""), "row 3, column 'price': this cell is empty"),
    csv("no such column", CSV.replace("zone", "place"), "row 1, column 'zone': there is no such column"),
    csv("a column twice", CSV.replace("price", "price,zone").replace("90\n", "90,x\n"), "'zone': this column stands here twice"),
    csv("a row too late", CSV + "far,4,1.00\n", "row 4 can never be first", "never-taken"),
    csv("a column misspelt", CSV.replace("price", "prize"), "there is no such column. Did you mean 'prize'?"),
    csv("semicolons", CSV.replace(",", ";"), "row 1: semicolons stand between the columns: save the file with commas"),
    csv("tabs", CSV.replace(",", "\t"), "row 1: tabs stand between the columns"),
    csv("a quote that does not end", 'zone,up_to_kg,price\n"near,5,4.90\n', "no CSV that can be read"),
    csv("a folder", lambda path: path.mkdir(), "there is no file", "missing-media"),
    story("a mapping", "story: s\n", "shape", "a list of stories"),
    story("a word", "hello\n", "shape", "a list of stories"),
    story("no such day", "- {story: s, at: 2026-02-30, expect: {end: last}}\n", "shape", "no such moment"),
    story("a number for an action", "- {story: s, actions: {x: 3}, expect: {end: last}}\n", "shape", "wants an exit"),
    story("no such node", "- {story: s, answers: {frist: 1}, expect: {end: last}}\n", "story", "Did you mean 'first'?"),
    Bad("texts: a list", {"tree.fr.yaml": "- a\n"}, "shape", "a side file: a mapping", "tree.fr.yaml"),
    Bad("texts: no words", {"tree.fr.yaml": SIDE.replace("text: Un arbre, ", "")}, "shape", "'text' is missing", "tree.fr.yaml", 5),
]  # fmt: skip
FORM = "{ask: Who?, fields: {name: {type: text, pattern: '%s'}}, next: last}".replace(
    "Who?", '"Who?"'
)
PARTS = [
    tree("a pattern not closed", node(FORM % "(a"), "shape", "a ( is not closed", 5, 61),
    tree("a pattern that looks ahead", node(FORM % "(?=a)"), "shape", "cannot be used", 5, 61),
    tree("a pattern of back references", node(FORM % r"(a)\1"), "shape", "cannot be used", 5, 61),
    tree("a pattern too large", node(FORM % "((a{99}){99}){99}"), "shape", "this pattern", 5, 61),
    tree("a link to a script", node("{tell: '[x](javascript:alert(1))', next: last}"), "expression", "a link leads to https:", 5),
    tree("a link beside", node("{tell: a, link: 'javascript:alert(1)', next: last}"), "shape", "a link leads to https:", 5),
    tree("HTML", node("{tell: '<script>alert(1)</script>', next: last}"), "expression", "HTML is not shown", 5),
    tree("a circle of facts", with_("nodes:", "facts: {a: b, b: a}\nnodes:"), "expression", "worked out from itself", 4),
    tree("a circle of texts", with_("nodes:", "texts: {a: '{text.a}'}\nnodes:"), "expression", "in a circle", 4),
    tree("an expression too long", with_("nodes:", f"facts: {{a: '{'(' * 9_000}'}}\nnodes:"), "expression", "at most 400 characters", 4),
    tree("an expression too deep", with_("nodes:", f"facts: {{a: '{'(' * 50}1{')' * 50}'}}\nnodes:"), "expression", "column", 4),
]  # fmt: skip


def numbered(count: int, text: str) -> str:
    return "".join(text.replace("#", str(n)) for n in range(count))


def shown(text: str) -> str:
    return node(f'{{tell: "{text}", next: last}}')


BRACKETS = 100_000
HEAVY = [
    yml("100 MB", sparse, "too large: at most 1 MB", 1, 1),
    yml("100,000 brackets", "a: " + "[" * BRACKETS, "nested"),
    yml("100,000 brackets, closed", "a: " + "[" * BRACKETS + "]" * BRACKETS, "nested"),
    yml("100,000 braces", "{a: " * BRACKETS, "nested more than 40 deep"),
    yml("100,000 levels", "- " * BRACKETS + "x\n", "nested more than 40 deep", 1, 81),
    yml("1,300 levels of keys", "".join(" " * n + "a:\n" for n in range(1_300)), "nested more than 40 deep", 41, 41),
    yml("100,000 questions", "? " * BRACKETS + "x\n", "a key is a word"),
    yml("a bomb", "a: &a [x]\n" + numbered(99, "b#: &b# [*a, *a, *a, *a, *a, *a]\n"), "an anchor", 1, 4),
    yml("quotes over 900,000 lines", 'a: "x' + "\n" * 900_000, "not closed", 1, 4),
    yml("one key often", with_("title:", "owner: me\n" * 90_000 + "title:"), "stands here twice", 3),
    yml("a long line", node("{tell: x" + " " * 900_000 + "y: b}"), "a comma or closing bracket", 5),
    tree("100,000 keys", with_("title:", numbered(90_000, "k#: 1\n") + "title:"), "shape", "there is no key 'k0'", 2, 1),
    tree("45,000 choices", node("\n    ask: a\n    choices:\n" + numbered(45_000, "      c#: last\n")), "shape", "45000 entries, and 500 are the most", 8),
    tree("30,000 nodes", with_("nodes:\n", "nodes:\n" + numbered(30_000, "  n#: {tell: x, next: last}\n")), "shape", "30002 nodes", 4),
    tree("2,000 ways that lead nowhere", with_("nodes:\n", "nodes:\n" + numbered(1_990, "  node_#: {tell: x, next: nood_#}\n")), "missing-node", "Did you mean 'node_0'?", 5),
    tree("a chain of facts", with_("nodes:\n", "facts:\n" + "".join(f"  f{n}: f{n + 1} + 1\n" for n in range(1_990)) + "  f1990: 1\nnodes:\n"), "expression", "32 is the most", 5),
    tree("texts of texts of texts", with_("nodes:\n", "texts:\n" + "".join(f"  t{n}: '{f'{{text.t{n + 1}}} ' * 200}'\n" for n in range(4)) + "  t4: x\nnodes:\n"), "expression", "texts in all", 5),
    tree("a long id", renamed("a" * 900), "shape", "is no id", 5),
    tree("a long number", with_("format: 1", "format: " + "1" * 900_000), "shape", "'format' is", 1),
    tree("a long key", with_("title:", f'? "{"k" * 900_000}"\n: x\ntitle:'), "shape", "there is no key", 2),
    tree("many words", shown("x" * 900_000), "shape", "10000 are the most", 5),
    tree("many placeholders", shown("{visits.first} " * 60_000), "shape", "10000 are the most", 5),
    tree("placeholders not closed", shown("{" * 9_999), "expression", "", 5),
    tree("many links", shown("[x](https://x.y/{visits.last}) " * 300 + "{"), "expression", "not closed", 5),
    tree("tags that do not close", shown("<a " * 3_000 + "{"), "expression", "not closed", 5),
    tree("a pattern of 9,000 brackets", node(FORM % ("(" * 9_000)), "shape", "a ( is not closed", 5),
    csv("1,000,000 rows", "zone,up_to_kg,price\n" + "near,5,4.90\n" * 1_000_000, "too large"),
    csv("20,000 rows", "zone,up_to_kg,price\n" + numbered(20_000, "z#,5,4.90\n"), "10000 rows at most"),
    csv("a cell of 900,000 letters", "zone,up_to_kg,price\n" + "a" * 900_000 + ",1,1\n", "no CSV that can be read"),
    story("20,000", numbered(20_000, "- {story: s#, expect: {end: last}}\n"), "shape", "2000 are the most"),
]  # fmt: skip
LIGHT = [*ENCODINGS, *WORDS, *IDS, *FILES, *OTHERS, *PARTS]


def make(root: Path, files: Mapping[str, Content]) -> Path:
    """A sound library with these files over it."""
    root.mkdir(exist_ok=True)
    for name, content in (
        {"library.yaml": LIBRARY, "tree.yaml": TREE, "price.csv": CSV} | dict(files)
    ).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_bytes(content.encode())
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content(path)
    return root


def told(findings: Any) -> str:
    return "\n".join(f"{f.check} {f.mark} {f.message[:200]}" for f in findings)


def meets(bad: Bad, found: Finding) -> None:
    assert (found.check, Path(found.mark.file).name) == (bad.check, bad.file), told([found])
    assert found.mark.line == bad.line, told([found])
    assert bad.column in (0, found.mark.column), told([found])
    assert bad.says in found.message
    assert len(found.message) < 1_000


def test_what_the_cases_stand_on_is_sound(tmp_path: Path) -> None:
    assert not examine(make(tmp_path / "sound", {})).findings


@pytest.mark.parametrize("bad", LIGHT, ids=lambda bad: bad.name)
def test_one_finding_at_its_place(bad: Bad, tmp_path: Path) -> None:
    findings = examine(make(tmp_path / "bad", bad.files)).findings
    assert len(findings) == 1, told(findings)
    meets(bad, findings[0])


# ------------------------------------------------------------------------- by the command

MOST_SECONDS, MOST_MEGABYTES = 2.0, 200


class Ran(NamedTuple):
    status: int
    out: str
    err: str
    seconds: float  # of CPU
    megabytes: float


def check(*paths: Path, home: Path) -> Ran:
    """`fingerpost check --json`, in a child that can take neither much memory nor much time."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))

    command = [sys.executable, "-m", "web.cli", "check", "--json", *map(str, paths)]
    env = {**os.environ, "XDG_CACHE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    used = home / "used"
    with (home / "out").open("w+b") as out, (home / "err").open("w+b") as err:
        measured = [sys.executable, "-c", _MEASURED, str(used), *command]
        subprocess.run(measured, stdout=out, stderr=err, env=env, preexec_fn=limits, check=True)
        out.seek(0)
        err.seek(0)
        status, seconds, peak = json.loads(used.read_text("utf-8"))
        megabytes = peak / (1e6 if sys.platform == "darwin" else 1e3)
        return Ran(status, out.read().decode(), err.read().decode(), seconds, megabytes)


# A small process in between: what a child has used at most counts its parent's memory in, as it
# was before the child became another program.
_MEASURED = """
import json, pathlib, resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
told = [status, used.ru_utime + used.ru_stime, used.ru_maxrss]
pathlib.Path(sys.argv[1]).write_text(json.dumps(told))
"""


def found_by(ran: Ran) -> list[dict[str, Any]]:
    assert ran.status == 1, ran.err
    assert "Traceback" not in ran.err
    found: list[dict[str, Any]] = json.loads(ran.out, parse_constant=pytest.fail)["findings"]
    return found


def test_the_command_tells_all_of_them(tmp_path: Path) -> None:
    roots = [make(tmp_path / str(n), bad.files) for n, bad in enumerate(LIGHT)]
    findings = found_by(check(*roots, home=tmp_path))
    by_root = {Path(found["file"]).relative_to(tmp_path).parts[0]: found for found in findings}
    assert len(findings) == len(by_root) == len(LIGHT)
    for n, bad in enumerate(LIGHT):
        found = by_root[str(n)]
        assert (found["check"], found["line"]) == (bad.check, bad.line), bad.name
        assert bad.says in found["message"]


@pytest.mark.parametrize("bad", LIGHT, ids=lambda bad: bad.name)
def test_no_command_trips_over_them(
    bad: Bad, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("FINGERPOST_DEBUG", "1")
    root = make(tmp_path / "bad", bad.files)
    tree, sound = str(root / "tree.yaml"), str(make(tmp_path / "sound", {}) / "tree.yaml")
    for command in (
        ["walk", tree, "--json"],
        ["test", str(root)],
        ["graph", tree],
        ["fmt", "--check", str(root)],
        ["diff", sound, tree],
    ):
        try:
            status: Any = main(command)
        except SystemExit as left:
            status = left.code
        assert status in (0, 1, 2), command
        assert "fault of ours" not in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("bad", HEAVY, ids=lambda bad: bad.name)
def test_the_heavy_ones_cost_little(bad: Bad, tmp_path: Path) -> None:
    ran = check(make(tmp_path / "bad", bad.files), home=tmp_path)
    errors = [found for found in found_by(ran) if found["severity"] == "error"]
    first = min(errors, key=lambda found: (found["line"], found["column"]))
    assert (first["check"], Path(first["file"]).name, first["line"]) == (
        bad.check,
        bad.file,
        bad.line,
    )
    assert bad.column in (0, first["column"])
    assert bad.says in first["message"]
    assert all(len(found["message"]) < 1_000 for found in found_by(ran))
    assert ran.seconds < MOST_SECONDS + 1, "with the start of the command"
    assert ran.megabytes < MOST_MEGABYTES


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """As somebody who may read the folder and not the file."""
    root = make(tmp_path / "bad", {})
    (root / "tree.yaml").chmod(0)
    told = "import os, sys; sys.path.insert(0, sys.argv[1])\n"
    told += "from engine.load import examine; from pathlib import Path\n"
    told += "examine(Path(sys.argv[2])); os.setuid(65534)\n"
    told += "print(*(f'{f.check} {f.mark.line} {f.message}' for f in examine(Path(sys.argv[2])).findings))"
    for folder in (*root.parents, root):
        if folder.is_relative_to(tmp_path.parent.parent.parent):
            folder.chmod(0o755)
    ran = subprocess.run(
        [sys.executable, "-c", told, str(ROOT), str(root)], capture_output=True, text=True
    )
    assert ran.stdout == "yaml 1 this file cannot be read: Permission denied\n", ran.stderr


def test_a_file_that_the_system_does_not_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make(tmp_path / "bad", {})
    opened = Path.open

    def refuse(path: Path, *args: Any, **named: Any) -> Any:
        if path.name == "tree.yaml":
            raise OSError(5, "Input/output error")
        return opened(path, *args, **named)

    monkeypatch.setattr(Path, "open", refuse)
    findings = examine(root).findings
    assert [(f.check, f.message) for f in findings] == [
        ("yaml", "this file cannot be read: Input/output error")
    ]


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A file whose name is not UTF-8: it is told of, in JSON too."""
    root = make(tmp_path / "bad", {})
    try:
        Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.yaml")).write_text(TREE)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    found = found_by(check(root, home=tmp_path))
    assert [(one["check"], one["line"]) for one in found] == [("shape", 1)]


def test_the_same_bytes_as_another_kind_of_file(tmp_path: Path) -> None:
    """What was fit for a tree is not fit for stories, though its bytes are in the cache."""
    root = make(tmp_path / "bad", {"tree.stories.yaml": TREE})
    for _ in range(2):
        findings = examine(root, cache=tmp_path / "cache").findings
        assert [(f.check, Path(f.mark.file).name) for f in findings] == [
            ("shape", "tree.stories.yaml")
        ]


def test_a_tree_that_uses_itself_three_deep(tmp_path: Path) -> None:
    uses = {f"{a}.yaml": node(f"{{use: {b}}}") for a, b in ("ab", "bc", "ca")}
    findings = examine(make(tmp_path / "bad", uses)).findings
    assert [(f.check, f.mark.line) for f in findings] == [("recursion", 5)]
    assert "a > b > c > a" in findings[0].message
