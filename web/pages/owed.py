"""What waits, and whose turn a walk is, in the words of a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine import walk as walks
from engine.duties import PERSON, all_done, holder_of, standing, to_take
from engine.errors import FingerpostError, StoreError
from engine.kit.scope import zone
from engine.model import Noun, Tree, Walk
from engine.stores import Duty, Held
from web.desk import Desk
from web.pages import wording
from web.pages.markdown import plain
from web.pages.preferred import preferred
from web.signin.people import asking
from web.teams import late, teams_of


class Line(Noun, frozen=True, kw_only=True):
    """A duty as it is listed. ``holder``: for whom it waits, "" for whoever reads it; ``by``: who left
    it, "" where nobody is known; times in the library's zone."""

    duty: Duty
    walk: str
    seq: int
    title: str
    language: str
    where: str
    reference: str
    ended: bool
    holder: str
    by: str
    why: str
    at: datetime
    since: datetime
    late: bool
    asks: str = (
        ""  # of an action: what is asked, its request, and its exits that want nothing typed
    )
    request: str = ""
    node: str = ""
    inputs: list[tuple[str, str]] = []
    exits: tuple[tuple[str, str], ...] = ()
    more: bool = False  # there are other exits, which do

    @property
    def reads(self) -> str:
        """Its name on the page."""
        return f"{self.walk}-{self.duty.key}".replace(".", "-")


async def lines(desk: Desk, found: list[Held]) -> list[Line]:
    now = desk.clock()
    return [await line(desk, held, now) for held in found]


async def line(desk: Desk, held: Held, now: datetime) -> Line:
    duty, row = held.duty, held.row
    tree = desk.library.trees.get(row.head.tree)
    where = zone(tree.calendar.timezone if tree else "UTC")
    common: dict[str, Any] = {}
    language = row.head.language
    if duty.kind == "action" or (duty.kind == "promise" and not duty.why):
        common = await _looked_at(desk, held)
    why = common.pop("why", "")
    return Line(
        duty=duty, walk=row.id, seq=row.seq, language=language,
        title=wording.worded(tree, language, tree.title) if tree else row.head.tree,
        where=wording.step(tree, row.head.node, language), reference=row.head.reference,
        ended=row.head.status == "ended", holder=await holder_words(desk, duty.holder),
        by=await name(desk, duty.by), why=why or (plain(duty.why) if duty.kind == "promise" else duty.why),
        at=duty.at.astimezone(where), since=duty.since.astimezone(where), late=late(duty, now),
        **common,
    )  # fmt: skip


async def name(desk: Desk, id: str) -> str:
    """A person by name; "" for customers, and where nobody signs in."""
    if id == asking().person.id or not id.startswith("p_"):
        return ""
    account = await desk.directory.account(id)
    return id if account is None else account.shown or account.name


async def holder_words(desk: Desk, holder: str, language: str = "") -> str:
    if holder.startswith(PERSON):
        return await name(desk, holder.removeprefix(PERSON))
    return team_words(desk, holder.partition(":")[2], language)


def team_words(desk: Desk, id: str, language: str = "") -> str:
    """A team's name in a language, or that of whoever reads it. The library's words come with those
    of its trees: any tree that speaks the language has them."""
    entry, trees = teams_of(desk).get(id), [*desk.library.trees.values()]
    if entry is None or not trees:
        return wording.spaced(id)
    language = language or preferred()
    tree = next((tree for tree in trees if language in tree.translations), trees[0])
    return wording.worded(tree, language, entry.label)


async def _looked_at(desk: Desk, held: Held) -> dict[str, Any]:
    """What only the walk itself says: an action's request, and a promise with a personal value."""
    try:
        walk = await desk.walk(held.row.id)
        tree = await desk.tree_of(walk)
        return _action(tree, walk) if held.duty.kind == "action" else _promise(walk, held.duty.key)
    except StoreError:
        raise
    except FingerpostError:  # its version cannot be had any more: the line still leads there
        return {}


class Panel(Noun, frozen=True, kw_only=True):
    """Whose turn a walk is, beside its script. ``kind``: handed, parked, ended, taken, or "" for
    whoever began it; ``others``: who else was here, and when."""

    kind: str = ""
    holder: str = ""
    by: str = ""
    why: str = ""
    until: datetime | None = None
    take: bool = False
    done: bool = False  # whether it can be said that nothing is left to do
    others: list[tuple[str, datetime]] = []

    @property
    def waits(self) -> bool:
        """For somebody who takes it."""
        return self.kind in ("handed", "parked", "ended")


def shared(actors: Mapping[str, datetime]) -> bool:
    """Whether somebody else than whoever reads it was at a walk."""
    me = asking().person.id
    return any(who not in (me, "server", "local") for who in actors)


async def panel(
    desk: Desk, tree: Tree, walk: Walk, actors: Mapping[str, datetime]
) -> Panel | None:
    """What is to be said of whose turn it is; None where that is plain."""
    where, me = zone(tree.calendar.timezone), asking().person.id
    others = [
        (await _called(desk, id), at.astimezone(where))
        for id, at in sorted(actors.items(), key=lambda one: one[1], reverse=True)
        if id not in (me, "server", "local")
    ]
    turn, outcome = walk.turn, walk.state.outcome
    common: dict[str, Any] = {"others": others[:5], "take": to_take(walk)}
    if turn is not None and turn.handed is not None:
        handed = turn.handed
        return Panel(
            kind="handed", holder=await holder_words(desk, holder_of(handed.to), walk.state.language),
            by=await name(desk, handed.actor), why=handed.reason, **common,
        )  # fmt: skip
    if turn is not None and turn.parked is not None:
        parked = turn.parked
        until = None if parked.until is None else parked.until.astimezone(where)
        return Panel(kind="parked", by=await name(desk, parked.actor), why=parked.reason, until=until, **common)  # fmt: skip
    if outcome is not None and to_take(walk):
        teams = ", ".join(team_words(desk, id, walk.state.language) for id in outcome.hand_to)
        return Panel(kind="ended", holder=teams, **common)
    if turn is not None and turn.owner:
        owner = await name(desk, turn.owner)
        done = turn.taken and turn.owner == me and not all_done(walk)
        return Panel(kind="taken", holder=owner, done=done, **common)
    return Panel(**common) if others else None


async def _called(desk: Desk, id: str) -> str:
    return await name(desk, id) or ("" if id.startswith("c_") else id)


def _promise(walk: Walk, key: str) -> dict[str, Any]:
    return {"why": next((plain(p.why) for k, p, _ in standing(walk) if k == key), "")}


def _action(tree: Tree, walk: Walk) -> dict[str, Any]:
    request, task = walk.state.request, walks.task(tree, walk)
    if request is None or task is None:
        return {}
    expected = walks.expects(tree, walk)
    labels: Mapping[str, str] = {choice.id: plain(choice.label) for choice in task.choices}
    free = [id for id, fields in expected.exits.items() if not fields]
    return {
        "asks": plain(task.say), "request": request.id, "node": walk.state.frames[-1].node,
        "inputs": list(wording.inputs(tree, walk).items()),
        "exits": tuple((id, labels.get(id, wording.spaced(id))) for id in free),
        "more": len(free) < len(expected.exits),
    }  # fmt: skip
