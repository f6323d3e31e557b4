"""The moves that made a walk what it is: how one is added, and what undoing one gives back."""

from __future__ import annotations

from typing import Any

from immutables import Map
from msgspec.structs import replace

from engine.errors import Refused
from engine.kit.kept import Key, put_back, taken
from engine.kit.moves import ANY
from engine.model import (
    MAX_EVENTS,
    NEVER_DONE,
    ActionFinished,
    Chain,
    Done,
    Event,
    Kept,
    Move,
    Noun,
    State,
    Tree,
    Walk,
)
from engine.walking.mover import Mover
from engine.walking.sealed import is_sealed, unsealed
from engine.walking.turns import TURNS, moved_on, turned


class Past(Noun, frozen=True):
    """A state that one can go back to, and the move that left it. ``seq`` is that move's;
    ``taken`` the results of unsafe actions that it took from those kept."""

    state: State
    event: Move
    seq: int
    taken: tuple[tuple[Key, Done], ...] = ()


def moved(tree: Tree, mover: Mover) -> dict[str, Any]:
    """What the event of a move says of where it led."""
    frame = mover.frames[-1]
    return {
        "steps": tuple(mover.made),
        "reached": f"{frame.tree}.{frame.node}",
        "logic": tree.logic,
        "text": tree.text,
    }


def after(walk: Walk, mover: Mover, event: Move, secrets: Map[str, Any]) -> Walk:
    """The walk after a move: its event is added, and the state that it left can be gone back to.
    Raises Refused where a walk holds no more."""
    seq = walk.seq + 1
    if seq > MAX_EVENTS:
        raise Refused(f"a walk holds at most {MAX_EVENTS} events; start another")
    past, request = walk.past, walk.state.request
    length = 1 if past is None else past.length + 1
    return Walk(
        walk.id,
        walk.tree,
        walk.about,
        mover.state(),
        seq,
        (*walk.new, event),
        Chain(Past(walk.state, event, seq, taken(walk.state.kept, mover.kept)), past, length),
        None,
        secrets,
        walk.turn
        if walk.turn is None and request is None
        else moved_on(walk.turn, event, request),
    )


def append(walk: Walk, state: State, event: Event) -> Walk:
    """The walk with this state and event, beside the path. Raises Refused where it holds no more."""
    if walk.seq >= MAX_EVENTS:
        raise Refused(f"a walk holds at most {MAX_EVENTS} events; start another")
    turn = walk.turn
    if turn is not None or type(event) in TURNS:
        turn = turned(turn, state, event)
    return replace(walk, state=state, seq=walk.seq + 1, new=(*walk.new, event), turn=turn)


def sure(state: State) -> None:
    """Raises Refused while a server has begun with what must not be done twice, and nobody knows
    how it went: whoever left now would leave it behind, forgotten."""
    request = state.request
    if request is not None and request.unsure:
        raise Refused(
            f"{request.action!r} was begun, and it is not known yet how it went: that is said first"
        )


def reached(state: State) -> str:
    """Where a state stands, as events say it: ``TREE.NODE``."""
    frame = state.frames[-1]
    return f"{frame.tree}.{frame.node}"


def where(state: State) -> Key:
    """Where a state stands, as what is kept says it."""
    frame = state.frames[-1]
    return frame.tree, frame.node


def undone(kept: Kept, walk: Walk, entry: Past) -> Kept:
    """What is kept once this move is undone: what it had taken, and the result of an unsafe
    action that it was itself."""
    for key, done in reversed(entry.taken):
        kept = put_back(kept, key, done)
    done_here = result_of(walk, entry)
    return kept if done_here is None else put_back(kept, where(entry.state), done_here)


def result_of(walk: Walk, entry: Past) -> Done | None:
    """The result that a move gave, if its action is not safe to repeat, and may have been done."""
    request, event = entry.state.request, entry.event
    if not isinstance(event, ActionFinished) or request is None or request.safe_to_repeat:
        return None
    if event.reason in NEVER_DONE:
        return None
    outputs = {name: ANY if is_sealed(value) else value for name, value in event.outputs.items()}
    return Done(
        request.inputs, {"exit": event.exit, **outputs, **unsealed(event.outputs, walk.secrets)}
    )
