"""Whose turn a walk is: who has taken it, to whom it was handed, whether it was parked; and what
became of the promises that it made.
"""

from __future__ import annotations

from msgspec.structs import replace

from engine.model import (
    ActionFinished,
    Event,
    FollowedUp,
    HandedTo,
    Migrated,
    Move,
    Parked,
    Request,
    Resumed,
    State,
    Turn,
)

TURNS = (FollowedUp, HandedTo, Parked, Resumed)  # the events that begin one


def turned(turn: Turn | None, state: State, event: Event) -> Turn | None:
    """Whose turn it is after an event beside the path, at this state."""
    if isinstance(event, HandedTo):
        if event.to == f"person:{event.actor}":  # who hands it to himself has it
            return _taken(turn or Turn(), event, state.status == "ended")
        return replace(turn or Turn(), handed=event, parked=None, taken=False)
    if isinstance(event, Parked):
        return replace(turn or Turn(), parked=event, handed=None)
    if isinstance(event, Resumed):
        return _taken(turn or Turn(), event, state.status == "ended")
    if isinstance(event, FollowedUp):
        turn = turn or Turn()
        return replace(turn, followed=turn.followed.set(event.promise, event))
    return moved_on(turn, event)


def moved_on(turn: Turn | None, event: Event, request: Request | None = None) -> Turn | None:
    """Whose turn it is after a move. Whoever goes on with a walk that was parked, or that somebody
    else handed over, has taken it. A result says nothing of who walks: whoever did an action gives
    the walk back with it, and is remembered where it was his team's."""
    if isinstance(event, ActionFinished):
        if request is None or not request.by:
            return turn
        turn = turn or Turn()
        return replace(turn, before=_with(turn.before, event.actor))
    if turn is None or isinstance(event, Migrated) or not isinstance(event, Move):
        return turn
    handed = turn.handed
    if turn.parked is not None or (handed is not None and handed.actor != event.actor):
        return _taken(turn, event, False)
    return replace(turn, taken=False) if turn.taken else turn


def _taken(turn: Turn, event: Event, ended: bool) -> Turn:
    free = replace(turn, handed=None, parked=None, taken=ended)
    parked = turn.parked
    if parked is not None and not turn.owner and parked.actor == event.actor and not ended:
        return free  # whoever comes back to a walk of his own owns it as before
    if turn.owner == event.actor:
        return free
    before = _with(turn.before, turn.owner)
    return replace(free, owner=event.actor, since=event.at, before=before)


def _with(before: tuple[str, ...], who: str) -> tuple[str, ...]:
    return before if not who or who in before else (*before, who)
