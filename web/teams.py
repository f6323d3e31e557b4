"""What waits for whom: queues of teams, one's own walks, follow-ups; and what may be done about it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextvars import ContextVar
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from engine.duties import AFTER_END, PERSON, all_done, person, standing, team, to_take
from engine.errors import InvalidAnswer, Refused, StoreError
from engine.model import FollowedUp, HandedTo, Noun, Resumed, Tree, Walk
from engine.stores import Duty, Held
from web.desk import Desk
from web.signin.directory import can_take
from web.signin.people import LOCAL, Person, Reach, asking
from web.signin.rights import reach

Answers = Callable[[Any], Awaitable[Any]]
QUEUED: Final = ("handed", "ended", "action")  # what stands in a team's queue
OWN: Final = ("handed", "taken", "parked", "ended")  # what stands in somebody's own list
PROMISED: Final = ("promise",)
_FRESH: Final = 5.0  # seconds for which a count is shown again
_MOST_COUNTED: Final = 2_000


# ------------------------------------------------------------------------------------- rules


def taking(walk: Walk, event: Resumed) -> Resumed:
    """The event with which somebody takes a walk. Raises Refused where there is nothing to take, as
    when another was quicker."""
    if to_take(walk):
        return event
    owner = walk.turn.owner if walk.turn is not None else ""
    if owner == event.actor:
        raise Refused("you have taken this already")
    raise Refused("somebody else has taken this already" if owner else "this waits for nobody")


def handing(tree: Tree, event: HandedTo) -> HandedTo:
    """The event with which a walk is handed over. Raises InvalidAnswer where its team is none."""
    if not event.to.startswith(PERSON) and event.to not in tree.teams:
        known = ", ".join(tree.teams) or "none"
        raise InvalidAnswer("to", f"a team ({known}), or person: and an id")
    return event


def following(walk: Walk, event: FollowedUp) -> FollowedUp:
    """The event that says what became of a promise. Raises InvalidAnswer, and Refused where that is
    said already, or the walk went another way."""
    if event.result == "again" and event.until is None:
        raise InvalidAnswer("until", "is needed: when is it due again?")
    if event.promise == AFTER_END:
        held = to_take(walk) or (walk.turn is not None and walk.turn.taken)
        if walk.state.outcome is None or not held or all_done(walk):
            raise Refused("nothing is left to do for this walk")
    elif event.promise not in {key for key, _, _ in standing(walk)}:
        raise Refused("this follow-up is no longer open")
    return event


# ------------------------------------------------------------------------------------- whose


class Whose(Noun, frozen=True):
    """Whose duties are looked at. ``holders``: None for those of everybody."""

    holders: tuple[str, ...] | None
    teams: tuple[str, ...]
    me: str


def teams_of(desk: Desk) -> Mapping[str, Any]:
    """Every team of the library, by id."""
    return next((tree.teams for tree in desk.library.trees.values()), {})


def mine(desk: Desk, address: str) -> Whose:
    """What whoever asks may see at an address: his own and his teams', or everybody's."""
    who = asking()
    me = person(who.person.id)
    if reach(address, who.person.roles) is Reach.ALL:
        return Whose(None, tuple(teams_of(desk)), me)
    teams = tuple(sorted(who.person.teams))
    return Whose((me, *map(team, teams)), teams, me)


def narrowed(whose: Whose, wanted: str) -> Collection[str] | None:
    """The holders that are meant: ``mine``, one team, or all that he may see."""
    if wanted == "mine":
        return (whose.me,)
    if wanted:
        return (team(wanted),) if wanted in whose.teams else ()
    return whose.holders


async def known_person(desk: Desk, to: str) -> None:
    """Raises InvalidAnswer where a walk is handed to a person whom there is not."""
    if to.startswith(PERSON):
        account = await desk.directory.account(to.removeprefix(PERSON))
        if account is None or not can_take(account):
            raise InvalidAnswer("to", "there is no colleague with this id who could take it")


# ------------------------------------------------------------------------------------- lists


async def listed(
    desk: Desk, holders: Collection[str] | None, kinds: Collection[str], *, after: str = "",
    limit: int = 50, until: datetime | None = None,
) -> tuple[list[Held], str]:  # fmt: skip
    """What waits, and the cursor of the next page ("" for none)."""
    found = await desk.store.duties(
        holders, kinds=kinds, after=after, limit=limit + 1, until=until
    )
    return found[:limit], found[limit - 1].cursor if len(found) > limit else ""


def late(duty: Duty, now: datetime) -> bool:
    """Whether the time is over by which it was to be done."""
    end = duty.at + timedelta(days=1) if duty.day else duty.at
    return duty.due and end <= now


class Counts:
    """How much wants somebody, without asking the store for each page: what was counted a moment ago
    is shown again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: OrderedDict[Any, tuple[float, int]] = OrderedDict()

    async def now(self) -> int:
        """How much wants whoever asks."""
        who = asking().person
        if reach("GET /queues", who.roles) is Reach.NONE:
            return 0
        holders = None if who is LOCAL else own(who).holders
        kept = self._kept.get(holders)
        if kept is None or monotonic() - kept[0] > _FRESH:
            kept = self._kept[holders] = monotonic(), await self._counted(holders)
            self._kept.move_to_end(holders)
            while len(self._kept) > _MOST_COUNTED:
                self._kept.popitem(last=False)
        return kept[1]

    async def _counted(self, holders: tuple[str, ...] | None) -> int:
        try:
            found = await self._desk.store.counted(holders, until=self._desk.clock())
        except StoreError:  # what the page itself asks the store for says what is wrong
            return 0
        return sum(n for kind, n in found.items() if kind != "taken")

    def changed(self) -> None:
        """Something was moved here: the next page counts anew."""
        self._kept.clear()


_count: ContextVar[int] = ContextVar("count", default=0)


def waits() -> int:
    """How much wants whoever asks, where his page counts it."""
    return _count.get()


def counting(counts: Counts, answers: Answers) -> Answers:
    """A page that says in its header how much waits."""

    async def counted(request: Any) -> Any:
        _count.set(await counts.now())
        return await answers(request)

    return counted


def own(who: Person) -> Whose:
    """A person's own and his teams', whatever else he may see: what wants him."""
    teams = tuple(sorted(who.teams))
    return Whose((person(who.id), *map(team, teams)), teams, person(who.id))
