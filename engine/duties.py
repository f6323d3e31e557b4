"""What a walk leaves to somebody: to a team or a colleague whom it was handed to, to whoever parked
it, to the team that does an action, to those who made a promise. All of it follows from the events.

A holder is ``team:ID`` or ``person:ID``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from engine.kit.scope import zone
from engine.model import FollowedUp, Promise, Tree, Turn, Walk
from engine.stores.rows import Duty

AFTER_END = "hand_to"  # the name of what is to be done for a walk that ended with a team
PERSON = "person:"
_TEAM = "team:"
_OVER = ("done", "dropped")
_NOBODYS = Turn()


def person(id: str) -> str:
    return f"{PERSON}{id}"


def team(id: str) -> str:
    return f"{_TEAM}{id}"


def holder_of(to: str) -> str:
    """The holder that an event names: a team's id, or ``person:ID``."""
    return to if to.startswith(PERSON) else team(to)


def differ(before: Walk | None, walk: Walk) -> bool:
    """Whether somebody else, or something else, may wait after a move."""
    now, then = walk.state, None if before is None else before.state
    if then is None or before is None:
        return bool(walk.turn or now.promises or now.outcome or _asked_of(walk))
    return (
        walk.turn is not before.turn
        or now.promises is not then.promises
        or now.outcome is not then.outcome
        or _asked_of(walk) != _asked_of(before)
    )


def _asked_of(walk: Walk) -> str:
    request = walk.state.request
    return request.id if request is not None and request.by else ""


def owner(walk: Walk, began: str) -> str:
    """Whose walk it is: his who took it last, else his who began it."""
    return began if walk.turn is None else walk.turn.owner or began


def holders(walk: Walk, began: str) -> frozenset[str]:
    """Everybody who has something to do with a walk: for whom something waits, who had taken it, the
    teams that it ended with."""
    turn = walk.turn or _NOBODYS
    found = {duty.holder for duty in _waits(walk, began)}
    found.update(team(promise.by) for _, promise, _ in standing(walk) if promise.by)
    found.update(map(person, (turn.owner or began, *turn.before)))
    if walk.state.outcome is not None:
        found.update(map(team, walk.state.outcome.hand_to))
    return frozenset(found)


def duties(tree: Tree, walk: Walk, began: str) -> list[Duty]:
    """All that waits because of a walk. ``began``: who began it."""
    return [*_waits(walk, began), *_promised(tree, walk, began)]


def to_take(walk: Walk) -> bool:
    """Whether somebody can take a walk: it was handed over, parked, or ended with a team."""
    turn, outcome = walk.turn or _NOBODYS, walk.state.outcome
    if turn.handed is not None or turn.parked is not None:
        return True
    return outcome is not None and bool(outcome.hand_to) and not turn.taken and not _done(turn)


def all_done(walk: Walk) -> bool:
    """Whether it was said that nothing is left to do for a walk that had ended with a team."""
    return walk.turn is not None and _done(walk.turn)


def _done(turn: Turn) -> bool:
    said = turn.followed.get(AFTER_END)
    return said is not None and said.result in _OVER


def _waits(walk: Walk, began: str) -> Iterator[Duty]:
    state, turn = walk.state, walk.turn or _NOBODYS
    mine, now = person(turn.owner or began), state.now.astimezone(UTC)
    request, outcome, handed, parked = state.request, state.outcome, turn.handed, turn.parked
    if request is not None and request.by:
        yield _duty("action", "action", team(request.by), now, by=turn.owner or began)
    if handed is not None:
        yield _duty("turn", "handed", holder_of(handed.to), handed.at, why=handed.reason, by=handed.actor)  # fmt: skip
    elif parked is not None:
        yield _duty("turn", "parked", mine, parked.at, parked.until, why=parked.reason, by=parked.actor)  # fmt: skip
    elif outcome is not None:
        yield from _ended(walk, turn, mine, now, began)
    elif turn.owner and turn.owner != began:
        yield _duty("turn", "taken", mine, turn.since or now, by=began)


def _ended(walk: Walk, turn: Turn, mine: str, now: datetime, began: str) -> Iterator[Duty]:
    outcome = walk.state.outcome
    if outcome is None or _done(turn):
        return
    said = turn.followed.get(AFTER_END)
    until, why = (said.until, said.note) if said is not None else (None, "")
    if turn.taken:
        yield _duty("turn", "ended", mine, turn.since or now, until, why=why, by=began)
        return
    for id in outcome.hand_to:
        yield _duty(f"turn.{id}", "ended", team(id), now, until, why=why, by=turn.owner or began)


def _duty(
    key: str, kind: str, holder: str, since: datetime, until: datetime | None = None, *,
    why: str = "", by: str = "",
) -> Duty:  # fmt: skip
    since = since.astimezone(UTC)
    at = since if until is None else until.astimezone(UTC)
    due = until is not None
    return Duty(key=key, kind=kind, holder=holder, at=at, since=since, due=due, why=why, by=by)


# ---------------------------------------------------------------------------------- promises


def promises(walk: Walk) -> list[tuple[str, Promise]]:
    """The promises of the present path, each under the name that stays when others go:
    ``TREE.NODE.N``, its node's ``N``-th."""
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for promise in walk.state.promises:
        place = promise.tree, promise.node
        found.append((f"{promise.tree}.{promise.node}.{counts[place]}", promise))
        counts[place] += 1
    return found


def standing(walk: Walk) -> Iterator[tuple[str, Promise, FollowedUp | None]]:
    """The promises that are still to be kept, each under its name, and what was last said of it."""
    turn = walk.turn or _NOBODYS
    for key, promise in promises(walk) if walk.state.promises else ():
        said = turn.followed.get(key)
        if said is None or said.result not in _OVER:
            yield key, promise, said


def _promised(tree: Tree, walk: Walk, began: str) -> Iterator[Duty]:
    whose, began_at = owner(walk, began), walk.about.started.astimezone(UTC)
    for key, promise, said in standing(walk):
        hidden = tells(tree, promise, "why")
        due, is_day = _due(tree, promise)
        if said is not None and said.until is not None:
            due, is_day = said.until.astimezone(UTC), False
        yield Duty(
            key=key, kind="promise", holder=team(promise.by) if promise.by else person(whose),
            at=due or began_at, since=began_at, due=due is not None, day=is_day,
            why="" if hidden else promise.why, by=whose,
        )  # fmt: skip


def _due(tree: Tree, promise: Promise) -> tuple[datetime | None, bool]:
    """When a promise is due, and whether that is a whole day; None where it may not be told."""
    due = promise.due
    if not isinstance(due, date) or tells(tree, promise, "due"):
        return None, False
    if isinstance(due, datetime):
        return due.astimezone(UTC), False
    return datetime.combine(due, time(), zone(tree.calendar.timezone)).astimezone(UTC), True


def is_personal(tree: Tree, promise: Promise) -> bool:
    """Whether a promise may tell a personal value: its words or its time are made of one."""
    return tells(tree, promise, "why") or tells(tree, promise, "due")


def tells(tree: Tree, promise: Promise, part: str) -> bool:
    """Whether this part of a promise, its ``why`` or ``due``, may tell a personal value."""
    owner = tree if promise.tree == tree.id else tree.uses[promise.tree]
    made = getattr(owner.nodes.get(promise.node), "follow_up", ())
    todo = {name for one in made for name in getattr(one, part).reads}
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        seen.add(name)
        todo |= _read_by(owner, name) - seen
    return not seen.isdisjoint(owner.private)


def _read_by(tree: Tree, name: str) -> set[str]:
    """The names that this one is worked out from."""
    if name in tree.facts:
        return set(tree.facts[name].reads)
    named = tree.texts.get(name.removeprefix("text.")) if name.startswith("text.") else None
    variants = named.variants if named is not None else ()
    return {
        read for when, text in variants for read in (*(when.reads if when else ()), *text.reads)
    }
