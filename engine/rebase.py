"""What stays of a walk when something before it changes: an earlier answer, or the tree.

The old moves are made again, each at its own node and in the old order, as far as they still
apply. The result of an action that is not safe to repeat is taken again where the same is asked
for at the same place; where it is not, it is kept: never repeated, never forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from immutables import Map
from msgspec.structs import replace

from engine.again import applied, is_erased, is_tainted, restart
from engine.errors import InvalidAnswer, Refused
from engine.kit.kept import alike, put_back, taken
from engine.kit.scope import Scope
from engine.model import (
    ActionFinished,
    Answered,
    Chain,
    Changed,
    Continued,
    Event,
    Jumped,
    Kept,
    Migrated,
    Move,
    Noun,
    Started,
    State,
    Tree,
    Walk,
)
from engine.walk import answer
from engine.walking.mover import MakeScope, Mover
from engine.walking.past import Past, result_of, sure
from engine.walking.sealed import recorded
from engine.walking.seen import steps
from engine.walking.turns import moved_on

Place = tuple[tuple[str, str], ...]  # the stack: (tree, node), the root first


class Rebase(Noun, frozen=True):
    """What becomes of a walk when an earlier answer is changed. Everything in nodes of the old
    path: answers that stand, answers that are dropped, the node asked again (where the new path
    stops short), actions whose result stays, those that are done again if the new path comes to
    them, and those that are not safe to repeat and lie off it now: they stay done, and on record.
    """

    walk: Walk
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    asked_again: str
    results_kept: tuple[str, ...]
    results_repeated: tuple[str, ...]
    results_left: tuple[str, ...] = ()


class Redone(Noun, frozen=True):
    """A walk after old moves were made again: those that were, and those that were not."""

    walk: Walk
    used: tuple[Past, ...]
    dropped: tuple[Past, ...]

    def nodes(
        self, moves: Iterable[Past], *kinds: type[Event], safe: bool | None = None
    ) -> tuple[str, ...]:
        """The nodes that moves of these kinds left; ``safe``: of actions that are safe to repeat
        (or are not) only."""
        return tuple(
            past.state.frames[-1].node
            for past in moves
            if isinstance(past.event, kinds) and (safe is None or _safe(past) is safe)
        )


def _safe(past: Past) -> bool:
    return past.state.request is None or past.state.request.safe_to_repeat


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
    sure(walk.state)
    base, later = _before(walk, target, at)
    if is_tainted(base) or any(is_erased(past.event, walk.secrets) for past in later):
        raise Refused("personal values of this walk were erased: its answers cannot be changed")
    changed = answer(tree, base, value, at=at, by=by, client_id=client_id, ref=ref)
    first = changed.new[-1]  # a `continued`, where somebody had left a `tell` and now goes on
    said, row = recorded(first), getattr(first, "row", None)
    event = Changed(at=at, actor=by, client_id=client_id, target=target, answer=said, row=row)
    made = _changed(tree, walk, base, changed, later, event)
    again = made.walk.state.frames[-1].node if made.walk.state.status == "asking" else ""
    return Rebase(
        made.walk,
        made.nodes(made.used, Answered),
        made.nodes(made.dropped, Answered),
        again,
        made.nodes(made.used, ActionFinished),
        made.nodes(made.dropped, ActionFinished, safe=True),
        made.nodes(made.dropped, ActionFinished, safe=False),
    )


def changed_again(tree: Tree, walk: Walk, event: Changed, make_scope: MakeScope = Scope) -> Walk:
    """The walk after a recorded change, where something that was said is erased by now."""
    base, later = _before(walk, event.target, event.at)
    node = base.state.frames[-1].node
    first: Move = Continued(at=event.at, actor=event.actor, node=node)
    if event.answer is not None:
        first = Answered(
            at=event.at, actor=event.actor, node=node, answer=event.answer, row=event.row
        )
    changed = applied(tree, base, first, event.at, make_scope)
    return _changed(tree, walk, base, changed, later, event, make_scope).walk


def _before(walk: Walk, target: int, at: datetime) -> tuple[Walk, list[Past]]:
    """The walk before the answer of this number, and the moves made since. Raises Refused."""
    moves = standing(walk)
    index = next((n for n, past in enumerate(moves) if past.seq == target), None)
    if index is None or not isinstance(moves[index].event, Answered):
        raise Refused(f"event {target} is no answer on the present path")
    kept = _given_back(walk.state.kept, moves[index:])
    before = replace(moves[index].state, kept=kept, now=at, language=walk.state.language)
    base = replace(walk, state=before, past=_chain(moves[:index]), new=(), draft=None)
    return base, moves[index + 1 :]


def _changed(
    tree: Tree,
    walk: Walk,
    base: Walk,
    changed: Walk,
    later: list[Past],
    event: Changed,
    make_scope: MakeScope = Scope,
) -> Redone:
    made = redo(tree, changed, later, event.at, make_scope)
    then = made.walk
    moved = replace(
        event,
        steps=tuple(steps(then)[_length(base.state) :]),
        reached=_reached(then),
        logic=tree.logic,
        text=tree.text,
    )
    turn = moved_on(walk.turn, moved)
    whole = replace(then, seq=walk.seq + 1, new=(*walk.new, moved), turn=turn)
    return replace(made, walk=whole)


def onto(
    tree: Tree, walk: Walk, began: Started, event: Migrated, make_scope: MakeScope = Scope
) -> Redone:
    """The walk carried over to this version of its tree: begun again, and every standing move
    made again at its own time. Raises InvalidAnswer, Refused, Fault."""
    moves = [_renamed(tree, past) for past in standing(walk)]
    fresh = restart(tree, walk.id, began, walk.secrets, make_scope)
    kept: Kept = Map(
        {(key[0], _new_name(tree, *key)): done for key, done in walk.state.kept.items()}
    )
    state = replace(fresh.state, kept=_given_back(kept, moves))
    base = replace(fresh, new=(), secrets=walk.secrets, state=state)
    made = redo(tree, base, moves, None, make_scope)
    then = made.walk
    moved = replace(
        event,
        steps=tuple(steps(then)),
        reached=_reached(then),
        logic=tree.logic,
        text=tree.text,
    )
    state = replace(then.state, language=walk.state.language)
    whole = replace(
        then, state=state, seq=walk.seq + 1, new=(*walk.new, moved), draft=walk.draft,
        turn=walk.turn,
    )  # fmt: skip
    return replace(made, walk=whole)


# --------------------------------------------------------------------------- moves made again


def redo(
    tree: Tree,
    walk: Walk,
    moves: Iterable[Past],
    at: datetime | None,
    make_scope: MakeScope = Scope,
) -> Redone:
    """The walk after as many of the old moves as still apply; it stops at the first step that no
    old move fits. ``at`` is the time of all of them; None: each at its own."""
    left = list(moves)
    used: list[Past] = []
    while left and walk.state.status != "ended":
        past = next((p for p in left if place(p.state) == place(walk.state)), None)
        moved = None if past is None else _repeat(tree, walk, past, at, make_scope)
        if past is None or moved is None:
            break
        walk = moved
        used.append(past)
        left.remove(past)
    walk = _with_results(tree, walk, left, make_scope)
    return Redone(walk, tuple(used), tuple(left))


def _repeat(
    tree: Tree, walk: Walk, past: Past, at: datetime | None, make_scope: MakeScope
) -> Walk | None:
    """The walk after an old move made again; None where it is not accepted any more, or where an
    action would be asked for something else than it was."""
    event = past.event
    if isinstance(event, ActionFinished):
        now, old = walk.state.request, past.state.request
        if now is None or old is None or now.action != old.action:
            return None
        if not alike(now.inputs, old.inputs):
            return None
        event = replace(event, request=now.id)
    if at is None:
        walk = replace(walk, state=replace(walk.state, language=past.state.language))
    try:
        moved = applied(tree, walk, event, at or event.at, make_scope)
    except (InvalidAnswer, Refused):
        return None
    chain = moved.past
    assert chain is not None
    renewed = replace(chain.last, seq=past.seq)  # its event has the steps that it led to now
    return replace(moved, seq=walk.seq, new=(), past=Chain(renewed, chain.rest, chain.length))


def _with_results(tree: Tree, walk: Walk, dropped: list[Past], make_scope: MakeScope) -> Walk:
    """The walk that remembers what unsafe actions of the dropped moves did."""
    kept = walk.state.kept
    for past in reversed(dropped):
        done = result_of(walk, past)
        if done is not None:
            frame = past.state.frames[-1]
            kept = put_back(kept, (frame.tree, frame.node), done)
    if kept is walk.state.kept:
        return walk
    state = replace(walk.state, kept=kept)
    if state.status != "pending":
        return replace(walk, state=state)
    mover = Mover(tree, walk.about, state, state.now, make_scope)
    mover.settle()  # what is waited for now may have been done
    chain = walk.past
    if chain is not None:
        last = chain.last
        renewed = replace(last, taken=(*last.taken, *taken(kept, mover.kept)))
        chain = Chain(renewed, chain.rest, chain.length)
    return replace(walk, state=mover.state(), past=chain)


# ---------------------------------------------------------------------------------- small things


def standing(walk: Walk) -> list[Past]:
    """The moves of the present path, oldest first."""
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


def _given_back(kept: Kept, moves: list[Past]) -> Kept:
    """What is kept once these moves are undone, but for their own results."""
    for past in reversed(moves):
        for key, done in reversed(past.taken):
            kept = put_back(kept, key, done)
    return kept


def _length(state: State) -> int:
    return 0 if state.steps is None else state.steps.length


def _reached(walk: Walk) -> str:
    frame = walk.state.frames[-1]
    return f"{frame.tree}.{frame.node}"


def place(state: State) -> Place:
    return tuple((frame.tree, frame.node) for frame in state.frames)


def new_place(tree: Tree, state: State) -> Place:
    """The place of a state of an older version, in the names of this one."""
    return tuple((frame.tree, _new_name(tree, frame.tree, frame.node)) for frame in state.frames)


def _renamed(tree: Tree, past: Past) -> Past:
    """A move of an older version, in the names of this one."""
    state, event = past.state, past.event
    frames = tuple(replace(f, node=_new_name(tree, f.tree, f.node)) for f in state.frames)
    if isinstance(event, Answered | Continued | Jumped):
        event = replace(event, node=_new_name(tree, frames[-1].tree, event.node))
    taken = tuple(((key[0], _new_name(tree, *key)), done) for key, done in past.taken)
    return replace(past, state=replace(state, frames=frames), event=event, taken=taken)


def _new_name(root: Tree, tree: str, node: str) -> str:
    owner = root if tree == root.id else root.uses.get(tree)
    if owner is None:
        return node
    seen: set[str] = set()
    while node not in owner.nodes and node in owner.renamed and node not in seen:
        seen.add(node)
        node = owner.renamed[node]
    return node
