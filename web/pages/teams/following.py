"""Follow-ups: what was promised, when it is due, and what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from engine import walk as walks
from engine.duties import AFTER_END, team
from engine.errors import ClientIdReused, InvalidAnswer, NotThere, Refused, StoreError
from engine.model import FollowedUp, Noun, Tree, Walk
from engine.stores import Held
from web import calendars, feeds
from web.chance import token
from web.desk import Desk, digest
from web.pages.entrance import within
from web.pages.forms import Typed
from web.pages.looks import page, redirect, unconfirmed
from web.pages.owed import Line, line, lines
from web.pages.teams.leaving import moment, onward, reason
from web.pages.teams.queues import named, zone_of
from web.signin.audit import Audit
from web.signin.people import LOCAL, Asking, asked_by, asking
from web.teams import PROMISED, Counts, counting, listed, mine, narrowed
from web.teams import following as said_of

_PAGE: Final = 25
_FEED: Final = 500  # appointments in a feed


class FollowUpsPage(Noun, frozen=True, kw_only=True):
    """Follow-ups, the first due first. Shown by ``teams/follow-ups.html``. ``feed``: the address of
    his calendar, where it was asked for just now."""

    rows: list[Line]
    more: str
    whose: str
    teams: list[tuple[str, str]]
    zone: str
    client_id: str
    everybodys: bool = False
    feed: str = ""
    has_feed: bool = False
    notice: str = ""
    wrong: dict[str, str] = {}
    at: str = ""  # the line that was not accepted
    typed: dict[str, str] = {}


def following(desk: Desk, counts: Counts) -> list[Route]:
    here = _Following(desk, counts)
    return [
        Route("/follow-ups", counting(counts, here.shown)),
        Route("/follow-ups.ics", here.feed),
        Route("/follow-ups/feed", here.new_feed, methods=["POST"]),
        Route("/walks/{id}/follow-up", here.settle, methods=["POST"]),
        Route("/walks/{id}/follow-up.ics", here.one),
    ]


class _Following:
    def __init__(self, desk: Desk, counts: Counts) -> None:
        self.desk = desk
        self.counts = counts

    async def shown(self, request: Request) -> Response:
        return await self._page(request)

    async def _page(self, request: Request, status: int = 200, **more: Any) -> Response:
        asked = request.query_params if request.method == "GET" else {}
        whose, wanted = mine(self.desk, "GET /follow-ups"), asked.get("whose", "")[:64]
        found, rest = await listed(
            self.desk, narrowed(whose, wanted), PROMISED, after=asked.get("after", "")[:400],
            limit=_PAGE,
        )  # fmt: skip
        shown = FollowUpsPage(
            rows=await lines(self.desk, found), more=rest, whose=wanted,
            teams=named(self.desk, whose), zone=zone_of(self.desk), client_id=token(),
            everybodys=whose.holders is None,
            has_feed=await feeds.has(self.desk.store.shelf, asking().person.id), **more,
        )  # fmt: skip
        return page("teams/follow-ups.html", shown, status)

    # -- what became of one

    async def settle(self, request: Request) -> Response:
        form = await Typed.of(request)
        id, promise, result = request.path_params["id"], form.word("promise"), form.word("result")

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            event = FollowedUp(
                at=at, actor=self.desk.actor, client_id=form.client_id, promise=promise,
                result=_result(result), note=reason(form, "note"),
                until=moment(form.word("until"), tree),
            )  # fmt: skip
            return walks.record(tree, walk, said_of(walk, event))

        try:
            await self.desk.move(
                id, make, seq=None, client_id=form.client_id, body=digest(form.everything())
            )
        except (InvalidAnswer, Refused, ClientIdReused) as why:
            return await self._refused(request, form, why)
        except StoreError as failed:
            return unconfirmed(request, form, failed, onward("/follow-ups", f"/walks/{id}"))
        self.counts.changed()
        if promise == AFTER_END:
            return redirect(f"/walks/{id}")
        then = within(form.word("then")) if form.word("then") else "/follow-ups"
        return redirect(onward(then, f"/walks/{id}"))

    async def _refused(self, request: Request, form: Typed, why: Exception) -> Response:
        """The list says why; within a frame there is none, and the walk shows how it stands."""
        id, promise = request.path_params["id"], form.word("promise")
        if asking().frame is not None:
            return redirect(f"/walks/{id}")
        if isinstance(why, InvalidAnswer):
            at = f"{id}-{promise}".replace(".", "-")
            typed = {name: form.word(name) for name in ("note", "until")}
            return await self._page(request, 422, wrong=dict(why.fields), at=at, typed=typed)
        return await self._page(request, 409, notice=str(why))

    # -- calendars

    async def one(self, request: Request) -> Response:
        id, key = request.path_params["id"], request.query_params.get("promise", "")
        await self.desk.walk(id)  # whether he may see it
        found = await self.desk.store.duties(walk=id, kinds=PROMISED, limit=1_000)
        held = next((one for one in found if one.duty.key == key), None)
        if held is None or not held.duty.due:
            raise NotThere("follow-up", key)
        return _file([await self._appointment(request, held)], f"follow-up-{id[:12]}.ics")

    async def new_feed(self, request: Request) -> Response:
        """A new secret address of his calendar; the one before ends."""
        form = await Typed.of(request)
        shelf, person = self.desk.store.shelf, asking().person
        audit = Audit(shelf, self.desk.clock)
        if form.word("end"):
            await feeds.end(shelf, person.id)
            await audit.told("calendar address ended")
            return redirect("/follow-ups")
        secret = await feeds.begin(shelf, person, self.desk.clock())
        await audit.told("calendar address made")
        return await self._page(request, feed=f"{_base(request)}/follow-ups.ics?key={secret}")

    async def feed(self, request: Request) -> Response:
        """The calendar of whoever has its address: what is due for him and his teams as they are now."""
        person = await feeds.of(self.desk, request.query_params.get("key", ""))
        if person is None:
            return PlainTextResponse("There is no such calendar (any more).", 404)
        who = asking()
        asked_by(Asking(person))
        try:
            found = [one async for one in self._due()]
            return _file([await self._appointment(request, held) for held in found], "")
        finally:
            asked_by(who)

    async def _due(self) -> AsyncIterator[Held]:
        whose = mine(self.desk, "GET /follow-ups")
        who = asking().person
        own = (whose.me, *map(team, whose.teams if who is LOCAL else who.teams))
        late = self.desk.clock() - timedelta(days=366)
        for held in await self.desk.store.duties(own, kinds=(*PROMISED, "parked"), limit=_FEED):
            if held.duty.due and held.duty.at > late:
                yield held

    async def _appointment(self, request: Request, held: Held) -> calendars.Appointment:
        shown, duty = await line(self.desk, held, self.desk.clock()), held.duty
        about = " · ".join(part for part in (shown.title, shown.reference) if part)
        return calendars.Appointment(
            uid=f"{held.row.id}.{duty.key}@fingerpost", due=shown.at.date() if duty.day else duty.at,
            summary=shown.why or shown.title, words=about, changed=held.row.updated,
            count=held.row.seq, url=f"{_base(request)}/walks/{held.row.id}",
        )  # fmt: skip


def _result(said: str) -> Any:
    if said not in ("done", "not_reached", "again", "dropped"):
        raise InvalidAnswer("result", "say what became of it")
    return said


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _file(found: list[calendars.Appointment], name: str) -> Response:
    headers = {"cache-control": "no-store"}
    if name:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(calendars.calendar(found), media_type=calendars.KIND, headers=headers)
