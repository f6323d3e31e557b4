"""Where customers begin: what there is help with, and the page before the first step."""

from __future__ import annotations

import secrets
from typing import Any, Final

from immutables import Map
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.errors import ClientIdReused, InvalidAnswer, NotThere, StoreError
from engine.kit.prompting import shown_fields
from engine.kit.scope import Scope, zone
from engine.model import About, PromptField, Tree
from web.desk import Desk, digest
from web.limits import Limit
from web.notices import shown as notices_shown
from web.pages import views, wording
from web.pages.forms import Typed, told, typed
from web.pages.help.shown import BASE, BeginPage, ListPage, Unfinished, Words
from web.pages.looks import page, redirect, unconfirmed
from web.pages.preferred import preferred
from web.pages.search import Index
from web.signin.people import CUSTOMER

_LOOKED_AT: Final = 20  # of the walks that a browser began last
_MOST_QUERY: Final = 200


def beginning(desk: Desk) -> list[Route]:
    here = _Beginning(desk)
    return [
        Route("/help", here.listed),
        Route("/help/{tree}", here.before),
        Route("/help/{tree}", here.start, methods=["POST"]),
    ]


class _Beginning:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._indexed: object = None
        self._offered: list[Tree] = []
        self._searched = Index(())
        self._starts = Limit(40, 600)  # from one address: a household, a school
        self._searches = Limit(120, 120)

    def offered(self) -> list[Tree]:
        """What customers can begin with."""
        trees = self.desk.trees
        if self._indexed is not trees:
            self._offered = [
                t for t in trees.values() if CUSTOMER in t.audience and t.contract is None
            ]
            self._indexed, self._searched = trees, Index(self._offered)
        return self._offered

    # -- what there is

    async def listed(self, request: Request) -> Response:
        query = request.query_params.get("q", "")[:_MOST_QUERY]
        offered, language = self.offered(), preferred()
        if query.strip():
            self._searches.take(_address(request))
            cards = [_card(self.desk.trees[h.tree]) for h in self._searched.find(query)]
        else:
            cards = sorted(map(_card, offered), key=lambda c: (c.language != language, c.title))
        shown = ListPage(
            cards=cards, query=query,
            notices=notices_shown(await self.desk.notices.before(), language),
            unfinished=[] if query.strip() else await self._unfinished(),
        )  # fmt: skip
        return page("help/list.html", shown)

    async def _unfinished(self, of: str = "") -> list[Unfinished]:
        desk = self.desk
        if desk.actor == "nobody":
            return []
        rows = await desk.store.walks(actor=desk.actor, tree=of, limit=_LOOKED_AT)
        found = []
        for row in rows:
            tree = desk.trees.get(row.head.tree)
            if row.head.status == "ended" or row.head.audience != CUSTOMER or tree is None:
                continue
            title = wording.worded(tree, row.head.language, tree.title)
            at = row.updated.astimezone(zone(tree.calendar.timezone))
            found.append(Unfinished(row.id, title, at, row.head.language))
        return found[:3]

    # -- before the first step

    def _tree(self, request: Request) -> Tree:
        id = request.path_params["tree"]
        known = {tree.id: tree for tree in self.offered()}
        if id not in known:
            raise NotThere("tree", id)  # and not which there are
        return known[id]

    async def before(self, request: Request) -> Response:
        tree = self._tree(request)
        asked = request.query_params
        wanted = asked.get("in") or asked.get("language", "")
        language = wanted if wanted in tree.languages else wording.tongue_of(tree, preferred())
        known = told(asked, self._given(tree, language))
        return await self._before(tree, language, typed=known)

    async def _before(
        self, tree: Tree, language: str = "", status: int = 200, **more: Any
    ) -> Response:
        language = language or wording.tongue_of(tree, preferred())
        shown = BeginPage(
            tree=tree, fields=self._given(tree, language),
            client_id=secrets.token_urlsafe(12), audience=CUSTOMER, language=language,
            notices=await self._notices(tree, language),
            unfinished=await self._unfinished(tree.id), **more,
        )  # fmt: skip
        return page("help/begin.html", shown, status)

    def _given(self, tree: Tree, language: str) -> tuple[PromptField, ...]:
        now = self.desk.clock()
        return shown_fields(
            tree.given, Scope(tree, Map(), About(CUSTOMER, "", now), now, language)
        )

    async def _notices(self, tree: Tree, language: str) -> list[Words]:
        return notices_shown(await self.desk.notices.before(tree.id), language)

    async def start(self, request: Request) -> Response:
        self._starts.take(_address(request))
        form, tree = await Typed.of(request), self._tree(request)
        wanted = form.word("language")
        language = wanted if wanted in tree.languages else wording.tongue_of(tree, preferred())
        given = typed(form, self._given(tree, language))
        about: dict[str, Any] = {"given": given, "audience": CUSTOMER, "language": language}
        body = digest([tree.id, about])
        try:
            try:
                walk = await self.desk.start(tree.id, client_id=form.client_id, body=body, **about)
            except ClientIdReused:  # an old page, filled in anew: another walk is meant
                walk = await self.desk.start(tree.id, **about)
        except InvalidAnswer as wrong:
            return await self._before(tree, language, 422, typed=given, wrong=dict(wrong.fields))
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"/help/{tree.id}")
        return redirect(f"{BASE}/{walk.id}/{walk.seq}")


def _card(tree: Tree) -> views.Card:
    language = preferred()
    summary = wording.worded(tree, language, tree.summary) if tree.summary else ""
    return views.Card(
        tree.id, wording.worded(tree, language, tree.title), summary, "", tree.audience,
        tree.languages, tree.tags, wording.tongue_of(tree, language),
    )  # fmt: skip


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
