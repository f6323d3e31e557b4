"""A walk is parked, handed over, taken; a team decides what it waits for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine import walk as walks
from engine.duties import PERSON
from engine.errors import ClientIdReused, InvalidAnswer, Refused, StoreError
from engine.kit.scope import zone
from engine.model import Event, HandedTo, Noun, Parked, Resumed, Tree, Walk
from web.chance import token
from web.desk import Desk, Moved, digest
from web.drafts import Draft
from web.pages import wording
from web.pages.console import with_note
from web.pages.entrance import within
from web.pages.forms import Typed
from web.pages.looks import page, redirect, unconfirmed
from web.pages.owed import team_words
from web.pages.teams.queues import Queues
from web.signin.accounts import Account
from web.signin.directory import called
from web.signin.people import asking
from web.teams import Counts, handing, known_person, taking, teams_of

MOST: Final = 1_000  # characters of a reason


class LeavePage(Noun, frozen=True, kw_only=True):
    """Park a walk, or hand it over. Shown by ``teams/hand-over.html``."""

    walk: Walk
    title: str
    language: str
    teams: list[tuple[str, str]]
    colleagues: list[tuple[str, str]]
    zone: str
    client_id: str
    typed: dict[str, str] = {}
    wrong: dict[str, str] = {}


def leaving(desk: Desk, counts: Counts) -> list[Route]:
    here = _Leaving(desk, counts)
    posts = {
        "leave": here.leave, "park": here.park, "hand-over": here.hand, "take": here.take,
        "decide": here.decide,
    }  # fmt: skip
    return [
        *(Route(f"/walks/{{id}}/{name}", post, methods=["POST"]) for name, post in posts.items()),
        Route("/walks/{id}/hand-over", here.shown),
    ]


class _Leaving:
    def __init__(self, desk: Desk, counts: Counts) -> None:
        self.desk = desk
        self.counts = counts

    async def leave(self, request: Request) -> Response:
        """To the page that parks and hands over: what was typed at the step stays there, and a note
        is kept."""
        form = await Typed.of(request)
        walk = await self.desk.walk(request.path_params["id"])
        tree = await self.desk.tree_of(walk)
        self._draft(tree, walk, form)
        return redirect(f"/walks/{walk.id}/hand-over")

    def _draft(self, tree: Tree, walk: Walk, form: Typed) -> None:
        if form.node and form.node == walk.state.frames[-1].node and walk.state.outcome is None:
            said = form.answer(walks.expects(tree, walk))
            said = {"done": form.ticks()} if said is None and form.ticks() else said
            if said or form.note:
                self.desk.drafts.keep(walk, Draft(said, form.note))

    async def shown(self, request: Request) -> Response:
        return await self._page(await self.desk.walk(request.path_params["id"]))

    async def _page(self, walk: Walk, status: int = 200, **more: Any) -> Response:
        tree = await self.desk.tree_of(walk)
        language = walk.state.language
        colleagues = await self.desk.directory.colleagues()
        shown = LeavePage(
            walk=walk, title=wording.worded(tree, language, tree.title), language=language,
            teams=sorted(((id, team_words(self.desk, id)) for id in tree.teams), key=lambda t: t[1]),
            colleagues=[(account.id, _about(account, self.desk)) for account in colleagues],
            zone=tree.calendar.timezone, client_id=token(), **more,
        )  # fmt: skip
        return page("teams/hand-over.html", shown, status)

    # -- moves

    async def park(self, request: Request) -> Response:
        form = await Typed.of(request)

        def event(tree: Tree, walk: Walk, common: dict[str, Any]) -> Event:
            until = moment(form.word("until"), tree)
            if until is not None and until <= common["at"]:
                raise InvalidAnswer("until", "a time that is still to come")
            return Parked(reason=reason(form), until=until, **common)

        return await self._moved(request, form, event, "/queues?whose=mine")

    async def hand(self, request: Request) -> Response:
        form = await Typed.of(request)
        to, person = form.word("to"), form.word("person")
        walk = await self.desk.walk(request.path_params["id"])
        try:
            if bool(to) == bool(person):
                raise InvalidAnswer("to", "choose a team, or a colleague")
            to = to or f"{PERSON}{person}"
            await known_person(self.desk, to)
        except InvalidAnswer as wrong:
            return await self._refused(walk, form, wrong)

        def event(tree: Tree, walk: Walk, common: dict[str, Any]) -> Event:
            return handing(tree, HandedTo(to=to, reason=reason(form), **common))

        return await self._moved(request, form, event, "/queues?whose=mine")

    async def take(self, request: Request) -> Response:
        form = await Typed.of(request)

        def event(tree: Tree, walk: Walk, common: dict[str, Any]) -> Event:
            return taking(walk, Resumed(**common))

        return await self._moved(request, form, event, "")

    async def _moved(
        self, request: Request, form: Typed, event: Callable[[Tree, Walk, dict[str, Any]], Event],
        then: str,
    ) -> Response:  # fmt: skip
        id = request.path_params["id"]

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            common = {"at": at, "actor": self.desk.actor, "client_id": form.client_id}
            noted = with_note(tree, walk, form, at, self.desk.actor)
            return walks.record(tree, noted, event(tree, walk, common))

        return await self._kept(request, id, form, make, then)

    async def decide(self, request: Request) -> Response:
        """A team's action, from the queue: one of its exits."""
        form = await Typed.of(request)

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            common: dict[str, Any] = {"at": at, "by": self.desk.actor, "client_id": form.client_id}
            said = {"exit": form.word("exit")}
            return walks.resolve(tree, walk, form.word("request"), said, ref=ref, **common)

        id, by_hand = request.path_params["id"], self.desk.performing.by_hand(make)
        return await self._kept(request, id, form, by_hand, "/queues?done")

    async def _kept(
        self, request: Request, id: str, form: Typed, make: Moved, then: str
    ) -> Response:
        common: dict[str, Any] = {"client_id": form.client_id, "body": digest(form.everything())}
        stood = await self.desk.walk(id)
        typed = await self._typed(stood)
        try:
            walk = await self.desk.move(id, make, seq=None, **common)
        except InvalidAnswer as wrong:
            return await self._refused(await self.desk.walk(id), form, wrong)
        except (Refused, ClientIdReused) as why:
            return await self._late(request, id, str(why))
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"/walks/{id}")
        if typed is not None and walk.state.frames == stood.state.frames:
            await self.desk.unsent.keep(walk, typed)
        self.counts.changed()
        back = form.word("then")
        return redirect(onward(within(back) if back else then, f"/walks/{walk.id}/{walk.seq}"))

    async def _typed(self, walk: Walk) -> Draft | None:
        """What stands typed at a step, to go along with it to whoever takes it."""
        found = self.desk.drafts.of(walk)
        return found if found.said or found.note else await self.desk.unsent.of(walk)

    async def _refused(self, walk: Walk, form: Typed, wrong: InvalidAnswer) -> Response:
        typed = {name: form.word(name) for name in ("reason", "until", "to", "person")}
        return await self._page(walk, 422, typed=typed, wrong=dict(wrong.fields))

    async def _late(self, request: Request, id: str, why: str) -> Response:
        """Another was quicker: the queue as it is now says so, or within a frame the walk."""
        self.counts.changed()
        if asking().frame is not None:
            return redirect(f"/walks/{id}")
        return await Queues(self.desk, self.counts).page(request, notice=why, status=409)


def onward(then: str, walk: str) -> str:
    """Where one goes on after a move: to a list, or else to the walk. Within another's page there are
    no lists, and to leave a walk is not to leave the frame."""
    return walk if asking().frame is not None else then or walk


def reason(form: Typed, name: str = "reason") -> str:
    said = form.word(name).strip()
    if len(said) > MOST:
        raise InvalidAnswer(name, f"at most {MOST:,} characters")
    return said


def moment(said: str, tree: Tree, name: str = "until") -> datetime | None:
    """A day and a time as a form has them, in the library's zone. Raises InvalidAnswer."""
    if not said.strip():
        return None
    try:
        return datetime.fromisoformat(said.strip()).replace(tzinfo=zone(tree.calendar.timezone))
    except (ValueError, OverflowError):
        raise InvalidAnswer(name, "a day and a time, like 2026-11-25 18:30") from None


def _about(account: Account, desk: Desk) -> str:
    teams = [team_words(desk, id) for id in account.teams if id in teams_of(desk)]
    return f"{called(account)} ({', '.join(teams)})" if teams else called(account)
