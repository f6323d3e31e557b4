"""Queues: what waits for whoever reads it, and for his teams."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.model import Noun
from web.chance import token
from web.desk import Desk
from web.pages.looks import page
from web.pages.owed import Line, lines, team_words
from web.teams import OWN, QUEUED, Counts, Whose, counting, listed, mine, narrowed

_PAGE: Final = 25


class QueuesPage(Noun, frozen=True, kw_only=True):
    """What waits, the longest first. Shown by ``teams/queues.html``. ``whose``: mine, a team, or ""
    for all that he may see."""

    rows: list[Line]
    more: str  # the cursor of the next page
    whose: str
    teams: list[tuple[str, str]]
    zone: str
    client_id: str
    everybodys: bool = False
    notice: str = ""
    done: bool = False


def queues(desk: Desk, counts: Counts) -> list[Route]:
    return [Route("/queues", counting(counts, Queues(desk, counts).shown))]


class Queues:
    def __init__(self, desk: Desk, counts: Counts) -> None:
        self.desk = desk
        self.counts = counts

    async def shown(self, request: Request) -> Response:
        return await self.page(request)

    async def page(self, request: Request, *, notice: str = "", status: int = 200) -> Response:
        asked = request.query_params if status == 200 else {}
        whose, wanted = mine(self.desk, "GET /queues"), asked.get("whose", "")[:64]
        kinds = OWN if wanted == "mine" else tuple({*QUEUED, *OWN})
        found, more = await listed(
            self.desk, narrowed(whose, wanted), kinds, after=asked.get("after", "")[:400],
            limit=_PAGE,
        )  # fmt: skip
        shown = QueuesPage(
            rows=await lines(self.desk, found), more=more, whose=wanted,
            teams=named(self.desk, whose), zone=zone_of(self.desk), client_id=token(),
            everybodys=whose.holders is None, notice=notice, done="done" in asked,
        )  # fmt: skip
        return page("teams/queues.html", shown, status)


def named(desk: Desk, whose: Whose) -> list[tuple[str, str]]:
    """The teams that he may look at, by name."""
    return sorted(((id, team_words(desk, id)) for id in whose.teams), key=lambda team: team[1])


def zone_of(desk: Desk) -> str:
    tree = next(iter(desk.library.trees.values()), None)
    return tree.calendar.timezone if tree else "UTC"
