"""Laws that hold for every tree and every walk, not for examples.

Hypothesis makes random trees (``tests/random_trees.py``) and random legal moves on them: answers,
results, exits of every step, going back, changed answers, another language.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from engine.errors import EmptyValue, Fault, InvalidAnswer, Refused
from engine.exploring.explored import Explored
from engine.load import Examined, examine
from engine.model import Answered, AnyEvent, Finding, LanguageSet, Limits, Tree, Walk
from engine.nodes.decide import NoRule
from engine.rebase import rebase
from engine.replay import replay
from engine.walk import (
    answer,
    back,
    ending,
    expects,
    prompt,
    record,
    resolve,
    start,
    steps,
    stored,
    task,
)
from engine.walking.mover import NoEnd, NowhereBack, TooDeep
from engine.walking.seen import made
from tests.along import meets
from tests.random_trees import given as random_given
from tests.random_trees import legal, trees, write

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMITS = Limits(states=2_500)
MOST_MOVES = 40
_DECODER = msgspec.json.Decoder(AnyEvent)
# An error to whoever wrote the tree, and to nobody who walks.
_HARMLESS = {"unreachable", "never-taken", "translation", "channel", "shape"}


def _profile(examples: int) -> settings:
    """A failing tree is small as it is; making it smaller took five minutes."""
    return settings(
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def _examined(data: dict[str, object]) -> Examined:
    with tempfile.TemporaryDirectory() as folder:
        return examine(write(Path(folder), data), limits=LIMITS)


def _sound(examined: Examined) -> bool:
    """Whether a walk can meet no trouble."""
    return "tree" in examined.explored and all(f.check in _HARMLESS for f in examined.errors)


# ------------------------------------------------------- what the checks prove, no walk ever meets


def _clean_trees_are_safe(data: dict[str, object], more: st.DataObject) -> tuple[str, int]:
    """What is wrong with the tree, if anything, and how many moves the walk on it made."""
    examined = _examined(data)
    wrong = sorted({f.check for f in examined.errors} - _HARMLESS)
    event(f"tree: {'clean' if not wrong else wrong[0]}")
    if wrong or "tree" not in examined.explored:
        return wrong[0] if wrong else "unsound", 0
    explored = examined.explored["tree"]
    walk = _begun(examined.libraries[0].trees["tree"], more)
    moves = 0
    while moves < MOST_MOVES:
        _stands_well(explored, walk)
        if walk.state.status == "ended" and not _back_again(walk, more):
            break
        walk = _moved(explored.tree, walk, more)
        moves += 1
    event(f"moves: {moves // 10 * 10}+")
    return "", moves


def _begun(tree: Tree, more: Any) -> Walk:
    return start(
        tree,
        id="w",
        at=NOON,
        given=random_given(more.draw),
        audience=more.draw(st.sampled_from(tree.audience)),
        channel=more.draw(st.sampled_from(tree.channels or ("phone", "page", "chat"))),
        language=more.draw(st.sampled_from(tree.languages)),
        ref="secret",
    )


def _back_again(walk: Walk, more: Any) -> bool:
    return _can_go_back(walk) and bool(more.draw(st.integers(0, 3)) > 0)


def _moved(tree: Tree, walk: Walk, more: Any) -> Walk:
    """The walk after a legal move of any kind."""
    at = walk.state.now + timedelta(hours=more.draw(st.sampled_from([0, 0, 1, 30])))
    kind = more.draw(st.integers(0, 14))
    if walk.state.status == "ended" or (kind == 0 and _can_go_back(walk)):
        return back(tree, walk, at=at)
    if kind == 1:
        return _changed(tree, walk, more, at)
    if kind == 2:
        to = more.draw(st.sampled_from(tree.languages))
        return record(tree, walk, LanguageSet(at=at, language=to))
    return _answered(tree, walk, legal(more.draw, tree, walk), at, f"ref{walk.seq}")


def _answered(tree: Tree, walk: Walk, said: Any, at: datetime, ref: str = "") -> Walk:
    request = walk.state.request
    if request is not None and "exit" in (said or {}):
        return resolve(tree, walk, request.id, said, at=at, ref=ref)
    try:
        return answer(tree, walk, said, at=at, ref=ref)
    except InvalidAnswer:
        if any(field.must for field in getattr(_node(tree, walk), "fields", ())):
            return walk  # a form's own rule refuses; nothing else may
        raise


def _node(tree: Tree, walk: Walk) -> Any:
    frame = walk.state.frames[-1]
    return (tree if frame.tree == tree.id else tree.uses[frame.tree]).nodes[frame.node]


def _changed(tree: Tree, walk: Walk, more: Any, at: datetime) -> Walk:
    """An earlier answer changed, if there is one."""
    answers = []
    past = walk.past
    while past is not None:
        if isinstance(past.last.event, Answered):
            answers.append(past.last)
        past = past.rest
    if not answers:
        return walk
    entry = more.draw(st.sampled_from(answers))
    before = msgspec.structs.replace(walk, state=entry.state)
    said = legal(more.draw, tree, before)
    if not isinstance(said, dict) or "anytime" not in said:
        try:
            return rebase(tree, walk, entry.seq, said, at=at, ref=f"ref{walk.seq}").walk
        except (InvalidAnswer, Refused):
            pass
    return walk


def _stands_well(explored: Explored, walk: Walk, found: Sequence[Finding] = ()) -> None:
    """What shows is all there, there is something to answer, and the explorer knew of it."""
    tree = explored.tree
    if (shown := prompt(tree, walk)) is not None:
        assert shown == made(tree, walk)  # whether it had been made before or not
    task(tree, walk)
    ending(tree, walk)
    stack = tuple((frame.tree, frame.node) for frame in walk.state.frames)
    assert stack in _stacks(explored), stack
    for step in steps(walk):
        if step.exit is not None:
            assert (step.tree, step.node, step.exit) in explored.taken, step
        assert (step.tree, step.node) in explored.reached, step
    if walk.state.status == "ended":
        return
    expected = expects(tree, walk)
    if any(f.check == "audience" for f in found):
        return
    assert expected.type in ("answered", "continued", "action_finished")
    if expected.type == "answered":
        assert expected.choices or expected.fields or expected.none_of_these, "no answer to give"
    assert _node(tree, walk).only in ("", walk.about.audience)


def _stacks(explored: Explored) -> set[Any]:
    found = getattr(explored, "_stacks", None)
    if found is None:
        found = {
            tuple((frame.tree, frame.node) for frame in place.state.frames)
            for place in explored.places
        }
        explored._stacks = found  # type: ignore[attr-defined]
    return found


@_profile(30)
@given(trees(), st.data())
def test_a_clean_tree_never_meets_what_the_checks_rule_out(
    data: dict[str, object], more: st.DataObject
) -> None:
    """No walk that a clean tree allows meets an empty value, a missing rule, a dead end or a
    silent loop (each would raise), and every step that it takes the explorer knew of."""
    _clean_trees_are_safe(data, more)


@pytest.mark.slow
def test_a_clean_tree_never_meets_them_of_many() -> None:
    """And many of the random trees are clean, and the walks on them long: else it says little."""
    told: Counter[str] = Counter()
    lengths: list[int] = []

    @_profile(300)
    @given(trees(), st.data())
    def law(data: dict[str, object], more: st.DataObject) -> None:
        wrong, moves = _clean_trees_are_safe(data, more)
        told[wrong or "clean"] += 1
        lengths.extend([moves] if not wrong else [])

    law()
    assert told["clean"] > 0.4 * told.total(), told
    assert sum(lengths) > 8 * len(lengths), lengths


# ---------------------------------------------------------- what a walk meets, the checks have found


_SAYS: Mapping[type[Fault], set[str]] = {
    NoRule: {"no-rule"},
    NoEnd: {"silent-loop", "no-end"},
    NowhereBack: {"contract"},
    TooDeep: {"recursion"},
}


def _met_is_found(data: dict[str, object], more: st.DataObject) -> None:
    examined = _examined(data)
    explored = examined.explored.get("tree")
    if explored is None or not explored.complete:
        return
    moves = 0
    try:
        walk = _begun(explored.tree, more)
        while moves < MOST_MOVES:
            _stands_well(explored, walk, examined.errors)
            if walk.state.status == "ended" and not _back_again(walk, more):
                break
            walk = _moved(explored.tree, walk, more)
            moves += 1
    except Fault as fault:
        event(f"met: {type(fault).__name__}")
        if not any(_is_of(fault, found) for found in examined.errors):
            raise
    event(f"moves: {moves // 10 * 10}+")


def _is_of(fault: Fault, found: Finding) -> bool:
    if isinstance(fault, EmptyValue):
        return found.check == "empty-value" and found.message.startswith(fault.name + " ")
    return found.check in _SAYS[type(fault)]


@_profile(30)
@given(trees(daring=True), st.data())
def test_what_a_walk_meets_is_found(data: dict[str, object], more: st.DataObject) -> None:
    """Whatever goes wrong on a walk through any tree, a finding says: in a clean tree there was
    nothing to find, and not something that nobody looked for."""
    _met_is_found(data, more)


@pytest.mark.slow
@_profile(400)
@given(trees(daring=True), st.data())
def test_what_a_walk_meets_is_found_of_many(data: dict[str, object], more: st.DataObject) -> None:
    _met_is_found(data, more)


# ------------------------------------------------------------------ and what they find, a walk does


_MET = {"empty-value", "no-rule", "audience", "no-end", "silent-loop"}


def _findings_are_met(data: dict[str, object]) -> None:
    examined = _examined(data)
    if "tree" not in examined.explored:
        return
    tree = examined.libraries[0].trees["tree"]
    for finding in examined.errors:
        if finding.check not in _MET or finding.tree != "tree" or not finding.route:
            continue
        if any(passage.assuming for passage in finding.route):
            event("hangs on an assumption")
            continue
        event(f"met: {finding.check}")
        assert meets(tree, finding, examined.errors), finding


@_profile(20)
@given(trees(daring=True))
def test_what_is_found_a_walk_meets(data: dict[str, object]) -> None:
    """Where a finding's route hangs on no assumption, the real walker takes it, and meets there
    what the finding says."""
    _findings_are_met(data)


@pytest.mark.slow
@_profile(150)
@given(trees(daring=True))
def test_what_is_found_a_walk_meets_of_many(data: dict[str, object]) -> None:
    _findings_are_met(data)


# ------------------------------------------------------------------------- a walk is its events


@_profile(20)
@given(trees(daring=False), st.data())
def test_a_walk_is_its_events(data: dict[str, object], more: st.DataObject) -> None:
    """Replaying gives the byte-identical walk, saved and read between all steps; what is refused
    changes nothing."""
    examined = _examined(data)
    if not _sound(examined):
        return
    tree = examined.libraries[0].trees["tree"]
    walk = _begun(tree, more)
    log, secrets = list(walk.new), dict(walk.secrets)
    walk = stored(walk)
    for _ in range(15):
        if walk.state.status == "ended":
            break
        before = walk
        with pytest.raises((InvalidAnswer, Refused)):
            answer(tree, walk, {"nothing": "of the kind"}, at=NOON)
        assert walk == before
        moved = _moved(tree, walk, more)
        log += moved.new
        secrets |= moved.secrets
        walk = stored(moved)
        read = [_DECODER.decode(msgspec.json.encode(made)) for made in log]
        again = replay({tree.logic: tree}, "w", read, secrets)
        assert again.state == walk.state
        assert expects(tree, again) == expects(tree, walk)
        assert list(map(msgspec.json.encode, read)) == list(map(msgspec.json.encode, log))


def _can_go_back(walk: Walk) -> bool:
    past = walk.past
    while past is not None:
        if past.last.state.status == "asking":
            return True
        past = past.rest
    return False
