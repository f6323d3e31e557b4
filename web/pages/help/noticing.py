"""The page on which supervisors say what everybody is told before the first step."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.errors import InvalidAnswer, StoreError
from engine.kit.scope import zone
from web.desk import Desk
from web.pages import wording
from web.pages.forms import Typed
from web.pages.help.shown import NoticesPage
from web.pages.looks import page, redirect, unconfirmed
from web.pages.preferred import preferred

_WHEN: Final = ("since", "until")


def noticing(desk: Desk) -> list[Route]:
    here = _Noticing(desk)
    return [
        Route("/notices", here.shown),
        Route("/notices", here.add, methods=["POST"]),
        Route("/notices/{id}/drop", here.drop, methods=["POST"]),
    ]


class _Noticing:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def shown(self, request: Request) -> Response:
        return await self._page({}, {})

    async def _page(
        self, typed: dict[str, str], wrong: dict[str, str], status: int = 200
    ) -> Response:
        where, language = self._zone(), preferred()
        trees = [(t.id, wording.worded(t, language, t.title)) for t in self.desk.trees.values()]
        kept = [
            {
                "id": notice.id, "tree": dict(trees).get(notice.tree, notice.tree),
                "texts": notice.texts, "stands": notice.stands(self.desk.clock()),
                "since": notice.since.astimezone(where),
                "until": notice.until and notice.until.astimezone(where),
            }
            for notice in await self.desk.notices.listed()
        ]  # fmt: skip
        shown = NoticesPage(
            notices=kept, trees=sorted(trees, key=lambda one: one[1]), typed=typed, wrong=wrong,
            zone=str(where), now=self.desk.clock().astimezone(where),
        )  # fmt: skip
        return page("help/notices.html", shown, status)

    def _zone(self) -> ZoneInfo:
        """The library's."""
        tree = next(iter(self.desk.trees.values()), None)
        return zone(tree.calendar.timezone if tree else "UTC")

    async def add(self, request: Request) -> Response:
        form = await Typed.of(request)
        texts = {
            name.removeprefix("text."): value
            for name, value in form.pairs
            if name.startswith("text.") and value.strip()
        }
        typed = {name: value for name, value in form.pairs if name != "token"}
        times: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name in _WHEN:
            times[name] = self._moment(name, form.word(name), wrong)
        tree = form.word("tree")
        if tree and tree not in self.desk.trees:
            wrong["tree"] = "choose one of the trees"
        if wrong:
            return await self._page(typed, wrong, 422)
        try:
            await self.desk.notices.add(texts, tree=tree, by=self.desk.actor, **times)
        except InvalidAnswer as refused:
            return await self._page(typed, dict(refused.fields), 422)
        except StoreError as failed:
            return unconfirmed(request, form, failed, "/notices")
        return redirect("/notices")

    def _moment(self, name: str, written: str, wrong: dict[str, str]) -> datetime | None:
        if not written.strip():
            return None
        try:
            return datetime.fromisoformat(written.strip()).replace(tzinfo=self._zone())
        except ValueError:
            wrong[name] = "a day and a time, like 2026-11-25 18:30"
            return None

    async def drop(self, request: Request) -> Response:
        await Typed.of(request)
        await self.desk.notices.drop(request.path_params["id"])
        return redirect("/notices")
