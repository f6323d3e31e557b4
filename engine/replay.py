"""From events to the walk that they make, and back to an earlier answer.

``replay`` gives each recorded event to the same functions that made it and compares what comes
out, steps included: a log that does not give its own walk is a Fault, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from immutables import Map
from msgspec.structs import replace

from engine.errors import Fault, InvalidAnswer, NotThere, Refused
from engine.model import (
    ActionFinished,
    Answered,
    Chain,
    Changed,
    Continued,
    Event,
    Migrated,
    Move,
    Noun,
    Started,
    Tree,
    Walk,
    WentBack,
)
from engine.mover import Mover
from engine.moves import ANY, AnyValue, Took
from engine.oracle import Oracle, runs
from engine.tentative import Tentative
from engine.walk import (
    Past,
    _after,
    answer,
    back,
    keep_unsafe,
    record,
    recorded,
    reference_of,
    resolve,
    start,
    steps,
    stored,
    take_anytime,
    unsealed,
)


class Rebase(Noun, frozen=True):
    """What becomes of a walk when an earlier answer is changed. Everything in nodes of the old
    path: answers that stand, answers that are dropped, the node asked again (where the new path
    stops short), actions whose result stays and those that are done again."""

    walk: Walk
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    asked_again: str
    results_kept: tuple[str, ...]
    results_repeated: tuple[str, ...]


def replay(
    trees: Mapping[str, Tree],
    id: str,
    events: Iterable[Event],
    private: Mapping[str, Any] | None = None,
) -> Walk:
    """The walk that these events make. ``trees`` by logic hash; ``private`` the values that stand
    apart, by reference. Raises Fault where an event does not follow from those before it."""
    walk: Walk | None = None
    tree: Tree | None = None
    secrets = Map(private or {})
    for n, event in enumerate(events):
        if isinstance(event, Started | Migrated):
            tree = _tree(trees, event.logic)
        if tree is None or (walk is None and not isinstance(event, Started)):
            raise Fault(f"the log of walk {id} does not begin with `started`")
        again = _again(tree, walk, id, event, secrets)
        made = again.new[-1]
        if _facts(made) != _facts(event):
            raise Fault(f"event {n + 1} of walk {id} does not follow from those before it")
        walk = stored(again)
    if walk is None:
        raise Fault(f"walk {id} has no events")
    return walk


def _facts(event: Event) -> Event:
    """An event without its text hash: new wording reaches open walks and changes no way."""
    return replace(event, text="", logic="") if isinstance(event, Move) else event


def _tree(trees: Mapping[str, Tree], logic: str) -> Tree:
    tree = trees.get(logic)
    if tree is None:
        raise NotThere("version of the tree", logic[:12], ())
    return tree


def _again(tree: Tree, walk: Walk | None, id: str, event: Event, secrets: Map[str, Any]) -> Walk:
    if isinstance(event, Started):
        began = start(
            tree,
            id=id,
            at=event.at,
            by=event.actor,
            client_id=event.client_id,
            given=unsealed(event.given, secrets),
            audience=event.audience,
            language=event.language,
            channel=event.channel,
            reference=event.reference,
            ref=reference_of(event.given),
        )
        return replace(began, secrets=secrets)
    assert walk is not None
    if isinstance(event, _MOVES) and (_erased(event, secrets) or tainted(walk)):
        return _followed(tree, walk, event, secrets)
    move = _AGAIN.get(type(event))
    return move(tree, walk, event, secrets) if move else record(tree, walk, event)


def _answered(tree: Tree, walk: Walk, event: Answered, secrets: Map[str, Any]) -> Walk:
    return answer(
        tree,
        walk,
        unsealed(event.answer, secrets),
        at=event.at,
        by=event.actor,
        client_id=event.client_id,
        ref=reference_of(event.answer),
    )


def _continued(tree: Tree, walk: Walk, event: Continued, secrets: Map[str, Any]) -> Walk:
    return answer(tree, walk, None, at=event.at, by=event.actor, client_id=event.client_id)


def _finished(tree: Tree, walk: Walk, event: ActionFinished, secrets: Map[str, Any]) -> Walk:
    result = {"exit": event.exit, **unsealed(event.outputs, secrets)}
    return resolve(
        tree,
        walk,
        event.request,
        result,
        at=event.at,
        by=event.actor,
        client_id=event.client_id,
        ref=reference_of(event.outputs),
    )


def _went_back(tree: Tree, walk: Walk, event: WentBack, secrets: Map[str, Any]) -> Walk:
    return back(tree, walk, at=event.at, by=event.actor, client_id=event.client_id)


def _changed(tree: Tree, walk: Walk, event: Changed, secrets: Map[str, Any]) -> Walk:
    return rebase(
        tree,
        walk,
        event.target,
        unsealed(event.answer, secrets),
        at=event.at,
        by=event.actor,
        client_id=event.client_id,
        ref=reference_of(event.answer),
    ).walk


_AGAIN: Mapping[type[Event], Callable[..., Walk]] = {
    Answered: _answered,
    Continued: _continued,
    ActionFinished: _finished,
    WentBack: _went_back,
    Changed: _changed,
}


# ------------------------------------------------------------------------- erased private values


_MOVES = (Answered, ActionFinished, Continued)


def _erased(event: Event, secrets: Map[str, Any]) -> bool:
    ref = reference_of(recorded(event))
    return bool(ref) and ref not in secrets


def tainted(walk: Walk) -> bool:
    """Whether something that the walk knew is erased."""
    return any(
        isinstance(value, AnyValue)
        for frame in walk.state.frames
        for value in frame.values.values()
    )


def _followed(
    tree: Tree, walk: Walk, event: Answered | ActionFinished | Continued, secrets: Map[str, Any]
) -> Walk:
    """The walk after an event where values are erased: of all ways that the unknown values could
    have sent it, the one whose steps were recorded."""

    def once(oracle: Oracle) -> Mover:
        mover = Mover(tree, walk.about, walk.state, event.at, Tentative.maker(oracle))
        mover.request = walk.state.request
        first = event.steps[0].exit or ""
        if first.startswith("anytime."):
            take_anytime(mover, first.removeprefix("anytime."))
        else:
            scope = mover.scope()
            mover.leave(scope, _took(mover, event, first, scope, secrets))
        mover.settle()
        return mover

    for mover, _ in runs(once):
        if tuple(mover.made) == event.steps:
            return _after(walk, mover, event, walk.secrets)
    raise Fault(f"no value that was erased explains the steps of walk {walk.id}")


def _took(
    mover: Mover, event: Move, exit: str, scope: Tentative | Any, secrets: Map[str, Any]
) -> Took:
    frame = mover.frames[-1]
    node = mover.tree(frame).nodes[frame.node]
    if not isinstance(event, Answered | ActionFinished):
        accepted: Took = node.accept(scope, None, "")
        return accepted
    if _erased(event, secrets):
        to = next(e.to for e in node.exits if e.name == exit)
        return Took(exit, to, _standing_in(frame.node, event))
    said = unsealed(recorded(event), secrets)
    result = said if isinstance(event, Answered) else {"exit": event.exit, **(said or {})}
    accepted = node.accept(scope, result, "")
    return accepted


def _standing_in(node: str, event: Answered | ActionFinished) -> dict[str, Any]:
    said = event.answer if isinstance(event, Answered) else event.outputs
    gives = {f"{node}.{name}": ANY for name in said}
    return gives if isinstance(event, Answered) else {node: event.exit, **gives}


# -------------------------------------------------------------------------------------- rebase


def rebase(
    tree: Tree,
    walk: Walk,
    target: int,
    value: Any,
    *,
    at: datetime,
    by: str = "",
    client_id: str = "",
    ref: str = "",
) -> Rebase:
    """The walk as it would stand had the answer of event ``target`` been ``value``, with what
    stays of the later answers. Raises Refused where no standing answer has that number, and
    InvalidAnswer where the new one is not accepted."""
    moves = _standing(walk)
    index = next((n for n, past in enumerate(moves) if past.seq == target), None)
    if index is None or not isinstance(moves[index].event, Answered):
        raise Refused(f"event {target} is no answer on the present path")
    undone = moves[index:]
    kept = walk.state.kept
    for past in undone:
        kept = keep_unsafe(kept, walk, past)
    before = replace(undone[0].state, kept=kept, now=at, language=walk.state.language)
    base = replace(walk, state=before, past=_chain(moves[:index]), new=(), draft=None)
    changed = answer(tree, base, value, at=at, by=by, client_id=client_id, ref=ref)
    first = changed.new[-1]
    assert isinstance(first, Answered)
    then, used = _reapplied(tree, changed, undone[1:])
    event = Changed(
        at=at,
        actor=by,
        client_id=client_id,
        target=target,
        answer=first.answer,
        row=first.row,
        steps=tuple(steps(then)[_length(before) :]),
        reached=_last(then),
        logic=tree.logic,
        text=tree.text,
    )
    whole = replace(then, seq=walk.seq + 1, new=(*walk.new, event))
    return _told(whole, undone[1:], used)


def _standing(walk: Walk) -> list[Past]:
    found: list[Past] = []
    chain = walk.past
    while chain is not None:
        found.append(chain.last)
        chain = chain.rest
    return found[::-1]


def _chain(moves: list[Past]) -> Chain | None:
    chain: Chain | None = None
    for n, past in enumerate(moves):
        chain = Chain(past, chain, n + 1)
    return chain


def _length(state: Any) -> int:
    return 0 if state.steps is None else int(state.steps.length)


def _last(walk: Walk) -> str:
    frame = walk.state.frames[-1]
    return f"{frame.tree}.{frame.node}"


def _place(past: Past) -> tuple[tuple[str, str], ...]:
    return tuple((frame.tree, frame.node) for frame in past.state.frames)


def _reapplied(tree: Tree, walk: Walk, moves: list[Past]) -> tuple[Walk, list[Past]]:
    """The walk after as many of the old moves as still apply, each at its own node in the old
    order; it stops at the first step that no old answer fits."""
    left = list(moves)
    used: list[Past] = []
    while left and walk.state.status != "ended":
        place = tuple((frame.tree, frame.node) for frame in walk.state.frames)
        past = next((p for p in left if _place(p) == place), None)
        moved = None if past is None else _repeat(tree, walk, past)
        if past is None or moved is None:
            break
        walk = moved
        used.append(past)
        left.remove(past)
    return walk, used


def _repeat(tree: Tree, walk: Walk, past: Past) -> Walk | None:
    """The walk after an old move made again; None where it is not accepted any more, or where an
    action would be asked for other inputs than it was."""
    event = past.event
    try:
        if isinstance(event, ActionFinished):
            request, old = walk.state.request, past.state.request
            if request is None or old is None or request.inputs != old.inputs:
                return None
            again = replace(event, request=request.id)
            moved = _finished(tree, walk, again, walk.secrets)
        elif isinstance(event, Answered):
            moved = _answered(tree, walk, event, walk.secrets)
        elif isinstance(event, Continued):
            moved = _continued(tree, walk, event, walk.secrets)
        else:
            return None
    except (InvalidAnswer, Refused):
        return None
    chain = moved.past
    assert chain is not None
    kept_seq = Chain(Past(walk.state, event, past.seq), chain.rest, chain.length)
    return replace(moved, past=kept_seq)


def _told(walk: Walk, later: list[Past], used: list[Past]) -> Rebase:
    def nodes(moves: Iterable[Past], kind: type[Event]) -> tuple[str, ...]:
        return tuple(past.state.frames[-1].node for past in moves if isinstance(past.event, kind))

    dropped = [past for past in later if past not in used]
    again = walk.state.frames[-1].node if walk.state.status == "asking" else ""
    return Rebase(
        walk,
        nodes(used, Answered),
        nodes(dropped, Answered),
        again,
        nodes(used, ActionFinished),
        nodes(dropped, ActionFinished),
    )
