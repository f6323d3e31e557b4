"""Several answers at once: an agent who was told everything at the start fills in the questions that
lie ahead, and the walk goes as far as that carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.ahead import Ahead, Along, ahead, along
from engine.errors import ClientIdReused, Conflict, FingerpostError, InvalidAnswer, StoreError
from engine.model import Tree, Walk
from web.chance import token
from web.desk import Desk, digest
from web.drafts import Draft
from web.pages import lines
from web.pages.console import with_note
from web.pages.forms import Typed, typed
from web.pages.looks import page, redirect, unconfirmed
from web.pages.views import WalkPage
from web.words import direction, marked

_NONE: Final = marked("Fill in at least one answer")
_SAID: Final = "said"


class AheadPage(WalkPage, frozen=True, kw_only=True):
    """The questions that lie ahead. Shown by ``ahead.html``. ``typed``: what was filled in, by
    place; ``at``: the place of what was not accepted."""

    steps: Sequence[Ahead]
    typed: Mapping[str, Any] = {}
    at: str = ""

    def ticked(self, place: str) -> frozenset[str]:
        said = self.typed.get(place)
        if place in self.typed and said is None:
            return frozenset((_SAID,))
        return frozenset(map(str, said)) if isinstance(said, list) else frozenset((str(said),))


class _Nothing(FingerpostError):
    """No answer that was given fits where the walk stands."""


def answering_ahead(desk: Desk) -> list[Route]:
    here = _Ahead(desk)
    return [
        Route("/walks/{id}/ahead", here.shown),
        Route("/walks/{id}/ahead", here.sent, methods=["POST"]),
    ]


class _Ahead:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def shown(self, request: Request) -> Response:
        walk = await self.desk.walk(request.path_params["id"])
        if walk.state.status != "asking":
            return redirect(f"/walks/{walk.id}/{walk.seq}")
        early = await self.desk.unsent.early(walk.id)
        return self._page(await self.desk.tree_of(walk), walk, early)

    async def _keep(self, walk: str, answers: Mapping[str, Any]) -> None:
        """For when their questions come, whichever worker asks them."""
        before = self.desk.drafts.left(walk)
        self.desk.drafts.early(walk, answers)
        if before or answers:
            await self.desk.unsent.keep_early(walk, answers)

    def _page(
        self, tree: Tree, walk: Walk, typed: Mapping[str, Any], status: int = 200, **more: Any
    ) -> Response:
        shown = AheadPage(
            tree=tree, walk=walk, said=lines.said(tree, walk), notes=[], client_id=token(),
            direction=direction(walk.state.language), steps=ahead(tree, walk, self.desk.clock()),
            now=self.desk.clock(), typed=typed, **more,
        )  # fmt: skip
        return page("ahead.html", shown, status)

    async def sent(self, request: Request) -> Response:
        form = await Typed.of(request)
        walk = await self.desk.walk(request.path_params["id"])
        tree = await self.desk.tree_of(walk)
        seen = await self.desk.as_of(walk.id, form.seq) if 0 < form.seq < walk.seq else walk
        answers = _answers(form, ahead(tree, seen, self.desk.clock()))
        told: list[Along] = []
        try:
            if not answers:
                raise InvalidAnswer("", _NONE)
            moved = await self._moved(walk.id, form, answers, told)
        except InvalidAnswer as wrong:
            at = told[-1].at if told else ""
            return self._page(tree, walk, answers, 422, wrong=dict(wrong.fields), at=at)
        except (Conflict, ClientIdReused, _Nothing):  # each is there when its question comes
            await self._keep(walk.id, answers)
            return redirect(f"/walks/{walk.id}/{walk.seq}?ahead=0.{len(answers)}")
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"/walks/{walk.id}")
        found = told[-1] if told else Along(walk=moved, used=(), kept={})
        await self._keep(walk.id, found.kept)
        if found.wrong:
            said = found.kept.get(found.at)
            self.desk.drafts.keep(moved, Draft(said, wrong=found.wrong, early=True))
        moved = await self.desk.settled(moved)
        counts = f"{len(found.used)}.{len(found.kept)}"
        return redirect(f"/walks/{walk.id}/{moved.seq}" + (f"?ahead={counts}" if told else ""))

    async def _moved(
        self, id: str, form: Typed, answers: Mapping[str, Any], told: list[Along]
    ) -> Walk:
        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            by = self.desk.actor
            walk = with_note(tree, walk, form, at, by)
            found = along(tree, walk, answers, at=at, by=by, client_id=form.client_id, ref=ref)
            told.append(found)
            if found.used:
                return found.walk
            raise InvalidAnswer(*found.wrong[0], found.wrong[1:]) if found.wrong else _Nothing

        body = digest(form.everything())
        return await self.desk.move(id, make, seq=form.seq, client_id=form.client_id, body=body)


def _answers(form: Typed, steps: Sequence[Ahead]) -> dict[str, Any]:
    """What was filled in, by place: a step at which nothing was is not answered."""
    found: dict[str, Any] = {}
    for step in steps:
        name = f"a.{step.place}"
        if step.prompt.fields:
            said = typed(form, step.prompt.fields, f"{step.place}.")
            if said:
                found[step.place] = said
        elif step.expected.type == "continued":
            if form.word(name) == _SAID:
                found[step.place] = None
        elif words := [word for word in form.words(name) if word]:
            found[step.place] = words if step.expected.pick == "many" else words[-1]
    return found
