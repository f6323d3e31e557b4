"""Laws that hold for every tree and every walk, not for examples."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidAnswer, Refused
from engine.explore import Explored
from engine.load import Examined, examine
from engine.model import AnyEvent, Tree, Walk
from engine.replay import replay
from engine.walk import answer, back, expects, prompt, resolve, start, steps, stored
from tests.random_trees import legal, trees, write

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_DECODER = msgspec.json.Decoder(AnyEvent)
_RELAXED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _examined(data: dict[str, object]) -> Examined:
    with tempfile.TemporaryDirectory() as folder:
        return examine(write(Path(folder), data))


def _sound(examined: Examined) -> bool:
    """Whether a walk can meet no trouble: what is never taken or reached is an error, but to
    nobody who walks."""
    harmless = {"unreachable", "never-taken"}
    return "tree" in examined.explored and all(f.check in harmless for f in examined.errors)


@_RELAXED
@given(trees(), st.data())
def test_a_clean_tree_never_meets_what_the_checks_rule_out(
    data: dict[str, object], more: st.DataObject
) -> None:
    """No walk that a clean tree allows meets an empty value, a missing rule, a dead end or a
    silent loop (each would raise), and every step that it takes the explorer knew of."""
    examined = _examined(data)
    event("clean" if _sound(examined) else examined.errors[0].check)
    if not _sound(examined):
        return
    tree = examined.libraries[0].trees["tree"]
    walk = _begun(tree, more)
    for _ in range(40):
        if walk.state.status == "ended":
            break
        walk = _moved(tree, walk, more)
    _known(tree, walk, examined.explored["tree"])


def _begun(tree: Tree, more: st.DataObject) -> Walk:
    given_ = {"plan": more.draw(st.sampled_from(["fibre", "copper"]))}
    if more.draw(st.booleans()):
        given_["age"] = str(more.draw(st.integers(0, 99)))
    audience = more.draw(st.sampled_from(tree.audience))
    return start(tree, id="w", at=NOON, given=given_, audience=audience)


def _moved(tree: Tree, walk: Walk, more: Any) -> Walk:
    said = legal(more.draw, tree, walk)
    at = walk.state.now + timedelta(seconds=30)
    request = walk.state.request
    if request is not None and "exit" in (said or {}):
        return resolve(tree, walk, request.id, said, at=at)
    assert prompt(tree, walk) is not None or request is not None
    return answer(tree, walk, said, at=at)


def _known(tree: Tree, walk: Walk, explored: Explored) -> None:
    for step in steps(walk):
        if step.exit is not None:
            assert (step.tree, step.node, step.exit) in explored.taken
        assert (step.tree, step.node) in explored.reached


@_RELAXED
@given(trees(), st.data())
def test_a_walk_is_its_events(data: dict[str, object], more: st.DataObject) -> None:
    """Replaying gives the byte-identical walk, saved and read between all steps; what is refused
    changes nothing; going back and answering the same comes to the same place."""
    examined = _examined(data)
    if not _sound(examined):
        return
    tree = examined.libraries[0].trees["tree"]
    trees_by_logic = {tree.logic: tree}
    walk = _begun(tree, more)
    log = list(walk.new)
    walk = stored(walk)
    for _ in range(15):
        if walk.state.status == "ended":
            break
        before = walk
        with pytest.raises((InvalidAnswer, Refused)):
            answer(tree, walk, {"nothing": "of the kind"}, at=NOON)
        assert walk == before
        undo = len(log) > 1 and more.draw(st.integers(0, 4)) == 0
        if undo and _can_go_back(walk):
            moved = back(tree, walk, at=NOON)
        else:
            moved = _moved(tree, walk, more)
        log += moved.new
        walk = stored(moved)
        read = [_DECODER.decode(msgspec.json.encode(made)) for made in log]
        again = replay(trees_by_logic, "w", read)
        assert again.state == walk.state
        assert expects(tree, again) == expects(tree, walk)
        assert msgspec.json.encode([msgspec.json.encode(e) for e in read]) == msgspec.json.encode(
            [msgspec.json.encode(e) for e in log]
        )


def _can_go_back(walk: Walk) -> bool:
    past = walk.past
    while past is not None:
        if past.last.state.status == "asking":
            return True
        past = past.rest
    return False
