"""Prompts that are made once show what they would if they were made for each walk."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
from msgspec.structs import replace

from engine import script
from engine.load import load
from engine.model import Tree, Walk
from engine.stories import rehearse
from engine.walk import answer, back, prompt, start
from engine.walking.fixed import fixed, key_of
from engine.walking.seen import made
from tests.served import TREES, examined
from tests.test_remaining import AT


def alike(tree: Tree, walk: Walk) -> int:
    """How many of the prompts of this step, in each language and to each audience, were ready."""
    ready = 0
    for language in tree.languages:
        for audience in ("agent", "customer"):
            seen = replace(
                walk,
                state=replace(walk.state, language=language),
                about=replace(walk.about, audience=audience),
            )
            shown = prompt(tree, seen)
            if shown is not None:
                ready += key_of(tree, seen) is not None
                assert shown == made(tree, seen)
    return ready


@pytest.mark.slow
def test_every_step_of_every_shipped_story_shows_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    move, counts = script._move, [0, 0]

    def looked(tree: Tree, walk: Walk, *more: Any) -> Any:
        counts[0] += alike(tree, walk)
        counts[1] += walk.state.status == "asking"
        return move(tree, walk, *more)

    monkeypatch.setattr(script, "_move", looked)
    library = examined(TREES).libraries[0]
    for id, stories in library.stories.items():
        for story in stories.data:
            rehearse(library.trees[id], story)
    ready, asked = counts
    assert asked > 1_000
    assert ready > asked  # (each is shown several times)


LOOP = """
format: 1
title: Round and round
start: form
nodes:
  form:
    ask: How many?
    fields: {n: {type: integer, label: Number}}
    next: again
  again:
    ask: Once more?
    choices: {again: form, enough: told}
  told:
    tell: "{form.n} it is."
    next: over
  over: {end: Done.}
"""


@pytest.fixture
def loop(tmp_path: Path) -> Tree:
    (tmp_path / "loop.yaml").write_text(LOOP)
    return load(tmp_path).trees["loop"]


def test_what_hangs_on_values_is_made_for_each_walk(loop: Tree) -> None:
    first = start(loop, id="a", at=AT)
    assert key_of(loop, first) is not None
    assert prompt(loop, first) is prompt(loop, start(loop, id="b", at=AT))
    asked = answer(loop, first, {"n": 3}, at=AT)
    again = answer(loop, asked, "again", at=AT)  # the form comes filled in
    assert key_of(loop, again) is None
    shown = prompt(loop, again)
    assert shown is not None
    assert shown.fields[0].value == "3"
    assert key_of(loop, back(loop, asked, at=AT)) is None  # what was typed before going back
    told = answer(loop, asked, "enough", at=AT)  # words with a value in them
    assert key_of(loop, told) is None
    other = answer(loop, answer(loop, first, {"n": 4}, at=AT), "enough", at=AT)
    assert (shown := prompt(loop, other)) is not None
    assert shown.say == "4 it is."


def test_a_step_that_is_come_back_to_does_not_pile_up(tmp_path: Path) -> None:
    (tmp_path / "round.yaml").write_text("""
format: 1
title: Round
start: told
nodes:
  told: {tell: Try once more., next: enough}
  enough:
    decide: [{when: visits.told < 20, next: told}]
    otherwise: over
  over: {end: Done.}
""")
    tree = load(tmp_path).trees["round"]
    walk = start(tree, id="w", at=AT)
    for visit in range(1, 20):
        shown = prompt(tree, walk)
        assert shown is not None
        assert shown.visit == visit
        walk = answer(tree, walk, None, at=AT)
    assert len(fixed(tree).prompts) == 3


def test_what_is_known_of_a_tree_goes_with_it(loop: Tree) -> None:
    tree = replace(loop)
    prompt(tree, start(tree, id="w", at=AT))
    known = ref(fixed(tree))
    assert known() is not None
    del tree
    gc.collect()
    assert known() is None
