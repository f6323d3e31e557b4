"""What is held in memory of walks, against a plain list of what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load import load
from engine.model import Event, Noted, Tree, Walk
from engine.walk import record, start, stored
from web import held as holding
from web.held import Held, Holding, Standing

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
TREE = """
format: 1
title: One step
start: one
nodes:
  one: {ask: Well?, choices: {yes: over, no: over}}
  over: {end: Done.}
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    folder: Path = tmp_path_factory.mktemp("trees")
    (folder / "one.yaml").write_text(TREE)
    return load(folder).trees["one"]


def walk_of(tree: Tree, id: str, notes: int = 0) -> Walk:
    walk = stored(start(tree, id=id, at=AT))
    for n in range(notes):
        walk = stored(record(tree, walk, noted(n)))
    return walk


def noted(n: int) -> Event:
    return Noted(at=AT, text=str(n), node="one")


def standing(tree: Tree, id: str, notes: int = 0) -> Standing:
    return Standing(walk_of(tree, id, notes), tree, "ana")


# What happened: so many events, kept here or read, behind the last one or behind a gap.
_STEPS = st.lists(st.tuples(st.integers(0, 7), st.booleans(), st.sampled_from([0, 0, 0, 3])))


@given(_STEPS)
def test_the_last_events_are_those_that_happened(steps: list[tuple[int, bool, int]]) -> None:
    """Whatever is given back is exactly what happened; and what came last is always at hand."""
    all_: list[Any] = []
    held = Holding(None)  # type: ignore[arg-type]  # (only its events are looked at)
    for many, kept, missed in steps:
        all_ += [noted(len(all_) + n) for n in range(missed)]  # by another process, not told of
        after = len(all_)
        all_ += [noted(after + n) for n in range(many)]
        held.happened(after, all_[after:], kept=kept)
        assert held.since(after, len(all_)) is not None
        for since in range(len(all_) + 2):
            found = held.since(since, len(all_))
            assert found is None or list(found) == all_[since:]
        assert held.since(after, len(all_) + 1) is None


def test_a_walk_that_goes_on_for_long_does_not_pile_up() -> None:
    held = Holding(None)  # type: ignore[arg-type]
    for n in range(500):
        held.happened(n, [noted(n)], kept=True)
    assert held.since(450, 500) is None
    assert held.since(499, 500) is not None


def test_what_was_kept_here_is_shown_once(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(holding, "monotonic", lambda: clock[0])
    walks = Held()
    held = walks.put(standing(tree, "w"))
    assert not held.shown_now()
    held.happened(0, [noted(0)], kept=True)
    assert held.shown_now()
    assert not held.shown_now()
    held.happened(0, [noted(0)], kept=True)
    clock[0] += 2
    assert not held.shown_now()  # another process may have moved it meanwhile
    held.happened(0, [noted(0)], kept=False)
    assert not held.shown_now()


def test_those_asked_for_longest_ago_give_way(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "MOST_EVENTS", 10)
    walks = Held()
    for n in range(4):
        walks.put(standing(tree, f"w{n}", 2))  # 3 events each
    assert [walks.get(f"w{n}") is not None for n in range(4)] == [False, True, True, True]
    walks.used("w1")
    walks.put(standing(tree, "w4", 2))
    assert [walks.get(f"w{n}") is not None for n in range(5)] == [False, True, False, True, True]
    walks.put(standing(tree, "w1", 8))  # the same walk, longer: it alone takes nearly all
    assert len(walks) == 1
    walks.put(standing(tree, "w1", 20))  # one that is longer than all may be is held all the same
    assert len(walks) == 1
    walks.drop("w1")
    walks.put(standing(tree, "w2", 9))
    assert len(walks) == 1
    walks.clear()
    assert not walks
