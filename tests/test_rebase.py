"""A changed answer: what stays, what goes, and what was done in the world.

The tables of the verbs hold the small cases; here are the laws, and what a change says of itself.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.errors import InvalidAnswer, Refused
from engine.model import ActionFinished, Answered, Chain, Continued, Event, Jumped, Tree, Walk
from engine.rebase import rebase, standing
from engine.walk import (
    answer,
    back,
    expects,
    record,
    resolve,
    start,
    steps,
    stored,
    unsealed,
    values,
)
from tests.random_trees import legal, trees
from tests.rows import NOON, tree_of
from tests.walkers import Logged, profile, tree_from, walked

BOOKING: dict[str, Any] = {
    "node": {"ask": "Name?", "choices": {"p": "s", "q": "s", "stop": "z"}},
    "nodes": {
        "s": {"ask": "Slot?", "choices": {"x": "r", "y": "r"}},
        "r": {
            "run": "book", "with": {"slot": "s"}, "exits": {"booked": "look", "full": "full"},
        },
        "look": {
            "run": "look", "with": {"line": "n"},
            "exits": {"none": "t", "known": "t", "failed": "t"},
        },
        "t": {"ask": "Well?", "choices": {"yes": "u"}},
        "u": {"ask": "Sure?", "choices": {"yes": "z"}},
    },
}  # fmt: skip
BOOKED = {"exit": "booked", "code": "K1"}


def walk_of(tree: Tree, *moves: Any) -> Walk:
    walk = start(tree, id="w", at=NOON)
    for said in moves:
        if isinstance(said, dict) and "exit" in said:
            request = walk.state.request
            assert request is not None
            walk = resolve(tree, walk, request.id, said, at=NOON)
        else:
            walk = answer(tree, walk, said, at=NOON)
    return walk


def numbered(walk: Walk, node: str) -> int:
    return next(past.seq for past in standing(walk) if getattr(past.event, "node", "") == node)


def test_it_says_what_becomes_of_a_walk() -> None:
    tree = tree_of(BOOKING)
    walk = walk_of(tree, "p", "x", BOOKED, {"exit": "none"}, "yes")
    # Another name: the slot and its booking stand, the line is looked at again.
    found = rebase(tree, walk, numbered(walk, "n"), "q", at=NOON)
    assert (found.kept, found.dropped, found.asked_again) == (("s",), ("t",), "")
    assert (found.results_kept, found.results_repeated, found.results_left) == (
        ("r",), ("look",), (),
    )  # fmt: skip
    assert found.walk.state.status == "pending"
    # Another slot: what was booked stays booked, and whoever books the other one is told.
    found = rebase(tree, walk, numbered(walk, "s"), "y", at=NOON)
    assert (found.kept, found.dropped) == ((), ("t",))
    assert (found.results_kept, found.results_repeated, found.results_left) == (
        (), ("look",), ("r",),
    )  # fmt: skip
    request = found.walk.state.request
    assert request is not None
    assert (request.inputs, request.done) == ({"slot": "y"}, "booked")
    # A way that ends: everything behind it is dropped, and the booking is on record.
    found = rebase(tree, walk, numbered(walk, "n"), "stop", at=NOON)
    assert (found.kept, found.dropped, found.results_left) == ((), ("s", "t"), ("r",))
    assert [d.result for d in found.walk.state.kept["tree", "r"]] == [BOOKED]
    # The last answer: nothing else is touched.
    found = rebase(tree, walk, numbered(walk, "t"), "yes", at=NOON)
    assert (found.kept, found.dropped, found.asked_again) == ((), (), "u")


def test_it_refuses_what_is_no_answer_on_the_path() -> None:
    tree = tree_of(BOOKING)
    walk = walk_of(tree, "p", "x", BOOKED, {"exit": "none"}, "yes")
    for target in (0, 1, 4, 5, 99, -1):  # started, results, nothing
        with pytest.raises(Refused, match=f"event {target} is no answer on the present path"):
            rebase(tree, walk, target, "q", at=NOON)
    walk = back(tree, walk, at=NOON)
    with pytest.raises(Refused, match="event 6 is no answer"):
        rebase(tree, walk, 6, "yes", at=NOON)
    with pytest.raises(InvalidAnswer, match="choose one of: p, q, stop"):
        rebase(tree, walk, 2, "r", at=NOON)


def test_a_changed_answer_can_be_changed_again_and_gone_back_from() -> None:
    tree = tree_of(BOOKING)
    walk = walk_of(tree, "p", "x", BOOKED, {"exit": "none"}, "yes")
    once = rebase(tree, walk, 2, "q", at=NOON).walk
    twice = rebase(tree, once, once.seq, "p", at=NOON).walk
    assert values(twice)["n"] == "p"
    assert twice.state.status == "pending"  # the line of p was looked at before: it is safe to
    undone = back(tree, once, at=NOON)
    assert undone.state.frames[-1].node == "s"
    assert values(undone)["n"] == "q"
    redone = answer(tree, undone, "x", at=NOON)
    assert values(redone)["r.code"] == "K1"


def test_a_jump_stays_where_it_can_and_an_exit_of_every_step_too() -> None:
    tree = tree_of({**BOOKING, "tree": {"anytime": {"gone": "u"}}})
    walk = walk_of(tree, "p")
    walk = record(tree, walk, Jumped(at=NOON, node="t", reason="They know it."))
    walk = answer(tree, walk, {"anytime": "gone"}, at=NOON)
    found = rebase(tree, walk, 2, "q", at=NOON)
    assert found.kept == ("t",)
    assert [step.exit for step in steps(found.walk)] == ["q", "jumped", "anytime.gone"]
    assert found.walk.state.frames[-1].node == "u"
    target = standing(found.walk)[-1].seq  # the exit that was taken
    changed = rebase(tree, found.walk, target, "yes", at=NOON).walk
    assert [step.exit for step in steps(changed)] == ["q", "jumped", "yes"]


def test_a_move_made_again_says_where_it_leads_now() -> None:
    """A limit that a changed answer has used up sends a later answer elsewhere: its event on the
    present path has the steps of today, under its old number."""
    tree = tree_of(
        {
            "node": {"ask": "Well?", "choices": {"no": "n", "once": "m"}},
            "nodes": {"m": {"tell": "M.", "next": "n", "limit": {"visits": 1, "then": "z"}}},
        }
    )
    walk = walk_of(tree, "no", "once")
    assert [step.exit for step in standing(walk)[-1].event.steps] == ["once"]
    walk = answer(tree, walk, None, at=NOON)
    changed = rebase(tree, walk, 2, "once", at=NOON).walk  # and on from there, and once more
    last = standing(changed)[-1]
    assert last.seq == 3
    assert [step.exit for step in last.event.steps] == ["once", "limit", None]
    assert last.event.reached == "tree.z"


# ------------------------------------------------------------------------------------------ laws


def _same(one: Walk, other: Walk) -> None:
    """But for when it was made."""
    assert replace(one.state, now=NOON) == replace(other.state, now=NOON)
    assert [_facts(past.event) for past in standing(one)] == [
        _facts(past.event) for past in standing(other)
    ]


def _facts(event: Event) -> Any:
    """A move without its number and time."""
    return {
        name: getattr(event, name)
        for name in event.__struct_fields__
        if name not in ("at", "actor", "client_id", "request", "text", "logic")
    }


def _made(data: dict[str, Any], more: st.DataObject, moves: int) -> Logged | None:
    tree = tree_from(data)
    logged = None if tree is None else walked(more.draw, tree, moves, still=True)
    if logged is None or not _answers(logged.walk):
        event("no answer to change")
        return None
    event("changed")
    return logged


def _answers(walk: Walk) -> list[Any]:
    return [past for past in standing(walk) if isinstance(past.event, Answered)]


@profile(40)
@given(trees(daring=False), st.data())
def test_the_same_answer_changes_nothing(data: dict[str, Any], more: st.DataObject) -> None:
    logged = _made(data, more, 10)
    if logged is None:
        return
    tree, walk = logged.tree, logged.walk
    if walk.state.kept:
        # What is kept is taken by the first step that asks for the same.
        event("done before something was undone")
        return
    for past in _answers(walk):
        said = _said(walk, past.event)
        made = rebase(tree, walk, past.seq, said, at=walk.state.now, ref="again")
        _same(_unsealed(made.walk), _unsealed(walk))
        assert (made.dropped, made.results_repeated, made.results_left) == ((), (), ())


def _said(walk: Walk, event: Any) -> Any:
    return unsealed(event.answer, walk.secrets)


def _unsealed(walk: Walk) -> Walk:
    """With private values in place: only their references differ, and rightly."""
    chain: Chain | None = None
    for n, past in enumerate(standing(walk)):
        made = past.event
        if isinstance(made, Answered):
            past = replace(past, event=replace(made, answer=_said(walk, made)))
        chain = Chain(past, chain, n + 1)
    return replace(walk, past=chain)


@profile(60)
@given(trees(daring=False), st.data())
def test_a_changed_walk_is_the_walk_that_answered_so_from_the_start(
    data: dict[str, Any], more: st.DataObject
) -> None:
    logged = _made(data, more, 10)
    if logged is None:
        return
    tree, walk = logged.tree, logged.walk
    past = more.draw(st.sampled_from(_answers(walk)))
    said = _other(more, tree, replace(walk, state=past.state))
    try:
        changed = rebase(tree, walk, past.seq, said, at=walk.state.now, ref="new").walk
    except InvalidAnswer:
        return  # a form's own rule
    if changed.state.kept or any(past.taken for past in standing(changed)):
        # A walk that never went back knows nothing of it.
        event("done before something was undone")
        return
    _same(_unsealed(_from_the_start(logged, changed)), _unsealed(changed))


def _other(more: st.DataObject, tree: Tree, then: Walk) -> Any:
    """An answer that could have been given here: while an action is waited for, an exit of every
    step (a result is no answer)."""
    if then.state.status == "pending":
        return {"anytime": more.draw(st.sampled_from(expects(tree, then).anytime))}
    return legal(more.draw, tree, then)


def _from_the_start(logged: Logged, changed: Walk) -> Walk:
    """The walk made anew by the moves that stand."""
    tree, at = logged.tree, changed.state.now
    about = logged.walk.about
    began: Any = logged.log[0]
    walk = start(
        tree, id="w", at=at, audience=about.audience, channel=about.channel,
        language=changed.state.language, ref="r0",
        given={
            name: logged.private["r0"][name] if isinstance(value, dict) else value
            for name, value in began.given.items()
        },
    )  # fmt: skip
    for past in standing(changed):
        made = past.event
        match made:
            case Answered():
                said = _said(changed, made)
                walk = answer(tree, walk, said, at=at, ref=f"n{walk.seq}")
            case Continued():
                walk = answer(tree, walk, None, at=at)
            case ActionFinished():
                result = {"exit": made.exit, **made.outputs}
                request = walk.state.request
                assert request is not None
                walk = resolve(tree, walk, request.id, result, at=at, reason=made.reason)
            case Jumped():
                walk = record(tree, walk, Jumped(at=at, node=made.node, reason=made.reason))
    return stored(walk)


ROUND: dict[str, Any] = {
    "node": {"ask": "Slot?", "choices": {"x": "r", "y": "r", "far": "s", "no": "z"}},
    "nodes": {
        "r": {"run": "book", "with": {"slot": "n"}, "exits": {"booked": "n", "full": "q"}},
        "q": {"ask": "Another?", "choices": {"yes": "n", "there": "s", "no": "z"}},
        "s": {"run": "book", "with": {"slot": '"far"'}, "exits": {"booked": "q", "full": "q"}},
    },
}


@profile(150)
@given(st.data())
def test_nothing_unsafe_is_ever_forgotten_or_repeated(more: st.DataObject) -> None:
    """Whatever the moves: every unsafe result in the log is on the path by its own move, or was
    taken again (or answered for by a person) by a move of the path, or is kept; and what is asked
    for is never what was done and kept for the same."""
    tree = tree_of(ROUND)
    walk = start(tree, id="w", at=NOON)
    done = 0
    for _ in range(14):
        request = walk.state.request
        kind = more.draw(st.integers(0, 5))
        try:
            if kind == 0:
                walk = back(tree, walk, at=NOON)
            elif kind == 1 and _answers(walk):
                past = more.draw(st.sampled_from(_answers(walk)))
                said = legal(more.draw, tree, replace(walk, state=past.state))
                walk = rebase(tree, walk, past.seq, said, at=NOON).walk
            elif request is not None:
                result = {"exit": "full"} if kind == 2 else {"exit": "booked", "code": f"K{done}"}
                walk = resolve(tree, walk, request.id, result, at=NOON)
                done += 1
            elif walk.state.status == "asking":
                walk = answer(tree, walk, legal(more.draw, tree, walk), at=NOON)
        except Refused:
            continue
        _all_there(walk, done)
    event(f"unsafe results: {done}")


def _all_there(walk: Walk, done: int) -> None:
    moves = standing(walk)
    here = sum(isinstance(past.event, ActionFinished) for past in moves)
    taken = sum(len(past.taken) for past in moves)
    kept = sum(map(len, walk.state.kept.values()))
    assert here + taken + kept == done
    request = walk.state.request
    if request is not None:
        frame = walk.state.frames[-1]
        others = walk.state.kept.get((frame.tree, frame.node), ())
        assert request.inputs not in [one.inputs for one in others]
        assert bool(request.done) == bool(others)
