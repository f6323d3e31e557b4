"""Of a library, only what matters to the tree asked for is read; what is said of it is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.load import examine

FILES = {
    "asked": """
        nodes:
          greet: {tell: Hello., next: leave}
          leave: {use: below, exits: {back: over}}
          over: {end: Bye., exit: over}
        exits: {over: {}, never: {}}
    """,
    "below": """
        nodes:
          sub: {tell: "{nobody}", next: back}
          back: {end: Back., exit: back}
        exits: {back: {}}
    """,
    "user": """
        nodes:
          it: {use: "%s", exits: {over: done}}
          done: {end: Done.}
    """,
    "user_of_user": """
        nodes:
          it: {use: user}
    """,
    "stranger": """
        nodes:
          say: {tell: This is not asked_for., next: nowhere}
          done: {end: Done.}
    """,
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library.yaml").write_text("format: 1\n", encoding="utf-8")
    for id, text in FILES.items():
        lines = [line[8:] for line in text.strip("\n").splitlines()]
        start = lines[1].strip().partition(":")[0]
        head = ["format: 1", f"title: {id}", f"start: {start}"]
        body = "\n".join([*head, *lines]).replace("%s", "asked")
        (tmp_path / f"{id}.yaml").write_text(body + "\n", encoding="utf-8")
    return tmp_path


def _read(library: Path, id: str) -> set[str]:
    return set(examine(library / f"{id}.yaml").libraries[0].documents)


def test_what_it_uses_and_what_uses_it_is_read_and_nothing_else(library: Path) -> None:
    assert _read(library, "asked") == {"asked", "below", "user", "user_of_user"}
    assert _read(library, "stranger") == {"stranger"}
    assert examine(library / "asked.yaml").libraries[0].names == tuple(sorted(FILES))


@pytest.mark.parametrize("spelled", [r"\x61sked", r"as\u006bed", "as\\\n    ked"])
def test_a_name_spelled_otherwise_is_found(library: Path, spelled: str) -> None:
    user = library / "user.yaml"
    user.write_text(user.read_text().replace("asked", spelled), encoding="utf-8")
    assert {"user", "user_of_user"} <= _read(library, "asked")
    assert {"asked", "below"} <= _read(library, "user")


@pytest.mark.parametrize("id", FILES)
def test_what_is_said_of_a_tree_is_what_is_said_of_it_in_its_library(
    library: Path, id: str
) -> None:
    whole = examine(library).findings
    said = examine(library / f"{id}.yaml").findings
    assert [f for f in said if f.tree == id] == [f for f in whole if f.tree == id]
    assert {f.tree for f in said} <= {id, *_below(id)}


def _below(id: str) -> set[str]:
    order = ["user_of_user", "user", "asked", "below"]
    return set(order[order.index(id) :]) if id in order else set()


def test_a_missing_tree_is_like_one_that_is_not_read(library: Path) -> None:
    user = library / "user.yaml"
    user.write_text(user.read_text().replace("asked", "strangr"), encoding="utf-8")
    (found,) = [f for f in examine(user).findings if f.check == "missing-tree"]
    assert "'stranger'" in found.message
