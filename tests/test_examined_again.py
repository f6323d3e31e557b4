"""What was examined before is not explored again where no file of it changed; the outcome is the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.library import read_library
from engine.load import Examined, examine, prove
from tests.kinds import write

FILES = {
    "library.yaml": "format: 1\nconstants: {limit: 3}\n",
    "main.yaml": """
format: 1
title: Main
languages: {source: en, also: [fr]}
start: it
nodes:
  it: {use: sub, exits: {fine: done}}
  done: {end: "Done, {constants.limit}."}
""",
    "main.fr.yaml": "format: 1\nlanguage: fr\ntranslates: main\ntexts: {}\n",
    "sub.yaml": """
format: 1
title: Sub
start: ask
exits: {fine: {}}
nodes:
  ask: {ask: "Which?", choices: {a: out, b: out}}
  out: {end: Out., exit: fine}
""",
    "other.yaml": """
format: 1
title: Other
start: ask
nodes:
  ask: {ask: "Is it?", choices: {yes: over, no: over}}
  over: {end: Over.}
""",
    "other.stories.yaml": "- story: It is\n  answers: {ask: yes}\n  expect: {end: over}\n",
}
EDITS: Mapping[str, dict[str, str]] = {
    "nothing": {},
    "a comment": {"main.yaml": FILES["main.yaml"] + "# a comment\n"},
    "a subtree": {"sub.yaml": FILES["sub.yaml"].replace("b: out", "b: ask")},
    "a subtree broken": {"sub.yaml": FILES["sub.yaml"].replace("b: out", "b: nowhere")},
    "what all share": {"library.yaml": "format: 1\nconstants: {limit: 4}\n"},
    "a story": {"other.stories.yaml": FILES["other.stories.yaml"].replace("ask: yes", "ask: maybe")},
    "a story gone": {"other.stories.yaml": ""},
    "a translation": {"main.fr.yaml": "format: 1\nlanguage: fr\ntranslates: main\ntexts:\n  title: {text: Principal, of: abc}\n"},
    "an unfinished file": {"other.yaml": "format: 1\nnodes: {"},
    "a loop without an end": {"other.yaml": FILES["other.yaml"].replace("no: over", "no: ask")},
}  # fmt: skip


def told(found: Examined) -> object:
    trees = found.libraries[0].trees
    return (
        found.findings, found.files, found.states, found.complete, found.explored.keys(),
        {id: (tree.logic, tree.text, tuple(tree.uses)) for id, tree in trees.items()},
        {id: [(t.name, t.failed) if hasattr(t, "failed") else str(t) for t in all_] for id, all_ in found.told.items()},
    )  # fmt: skip


def once_more(folder: Path, before: Examined, said: list[str] | None = None) -> Examined:
    library = read_library(folder, before=before.libraries[0])
    return prove(library, before, None if said is None else said.append)


@pytest.mark.parametrize("edit", EDITS)
def test_it_is_as_if_all_were_explored(edit: str, tmp_path: Path) -> None:
    before = examine(write(tmp_path, FILES))
    write(tmp_path, EDITS[edit])
    again = once_more(tmp_path, before)
    assert told(again) == told(examine(tmp_path))
    write(tmp_path, FILES)  # and back, from there
    assert told(once_more(tmp_path, again)) == told(before)


def test_only_what_changed_is_explored(tmp_path: Path) -> None:
    before = examine(write(tmp_path, FILES))
    write(tmp_path, EDITS["a subtree"])
    said: list[str] = []
    once_more(tmp_path, before, said)
    assert said == ["exploring main", "exploring sub"]
