"""The pages around a walk: the library, starting, recorded walks. Forms that post, and redirects (303)."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from immutables import Map
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from engine.errors import ClientIdReused, InvalidAnswer, NotThere, StoreError
from engine.kit.prompting import shown_fields
from engine.kit.scope import Scope
from engine.model import About, PromptField, Tree, Walk
from engine.stores import WalkRow
from web.desk import Desk, digest
from web.notices import shown as notices_shown
from web.pages import leading, lines, views, wording
from web.pages.ahead import answering_ahead
from web.pages.assets import static
from web.pages.changing import changing
from web.pages.closing import closing
from web.pages.console import console
from web.pages.drafting import drafting
from web.pages.entrance import within
from web.pages.forms import Typed, told, typed
from web.pages.help import helping
from web.pages.looks import page, redirect, unconfirmed
from web.pages.pinned import RECENT, pinned, pins, recent
from web.pages.preferred import ASKED, COOKIE, known, preferred
from web.pages.remarks import remarks
from web.pages.search import Index
from web.pages.teams import teams
from web.remarks import Remarks
from web.signin import cookies, rights
from web.signin.passes import speaking
from web.signin.people import asking
from web.teams import Counts, counting

_KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
_KEEP = {"cache-control": "public, max-age=3600"}


def pages(desk: Desk) -> list[Route]:
    """The routes, those of a step first: they are asked for most."""
    front, counts = _Front(desk), Counts(desk)
    return [
        *answering_ahead(desk),
        *closing(desk),
        *drafting(desk),
        *teams(desk, counts),
        *remarks(desk),
        *pinned(desk),
        *console(desk),
        *changing(desk),
        *helping(desk),
        Route("/start/{tree}", front.before),
        Route("/start/{tree}", front.start, methods=["POST"]),
        Route("/walks", counting(counts, front.walks)),
        Route("/", counting(counts, front.library)),
        Route("/language", _language, methods=["POST"]),
        Route("/media/{path:path}", front.media),
        Route("/static/{name}", static),
    ]


async def _language(request: Request) -> Response:
    """Another language of the pages, for this browser, as it was chosen at the foot of one; within
    another's page, for this frame."""
    form = await Typed.of(request)
    to, wanted, frame = within(form.word("then")), known(form.word(ASKED)), asking().frame
    if wanted and frame is not None:
        return redirect(speaking(frame, wanted, to))
    response = redirect(to)
    if wanted:
        over_https = request.url.scheme == "https"
        kept = cookies.written(COOKIE, wanted, over_https, cookies.KNOWN_FOR)
        response.headers.append("set-cookie", kept)
    return response


def _token() -> str:
    return secrets.token_urlsafe(12)


class _Front:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._indexed: object = None
        self._searched = Index(())
        self._pictured_of: object = None
        self._pictures: frozenset[str] = frozenset()  # those that customers may see

    # -- the library

    async def library(self, request: Request) -> Response:
        query = request.query_params.get("q", "")[:200]
        cards: dict[str, list[views.Card]] = {}
        for tree in () if query.strip() else self._offered():
            card = self._card(tree)
            cards.setdefault(card.folder, []).append(card)
        folders = {
            name: sorted(cards[name], key=lambda card: card.title) for name in sorted(cards)
        }
        found = [
            self._card(self.desk.trees[hit.tree], hit.passage) for hit in self._index().find(query)
        ]
        last = [] if query.strip() else [self._row(row) for row in await self._rows(limit=6)]
        own = await self._own(first=not query.strip())
        own["notices"] = notices_shown(await self.desk.notices.before(), preferred())
        root = Path(self.desk.library.root).name
        shown = views.LibraryPage(folders, found, query, last, self._broken(), root, **own)
        return page("library.html", shown)

    async def _own(self, *, first: bool) -> dict[str, Any]:
        """What is whoever's who asks: the trees that he pinned and walked last, as cards where they
        stand ``first``; and how many of his remarks were answered since he looked."""
        shelf, person = self.desk.store.shelf, self.desk.actor
        offered = {tree.id: tree for tree in self._offered()}
        ids = [id for id in await pins(shelf, person) if id in offered]
        found: dict[str, Any] = {"pins": frozenset(ids)}
        if first:
            walked = [id for id in await recent(self.desk) if id in offered and id not in ids]
            found["pinned"] = [self._card(offered[id]) for id in ids]
            found["walked"] = [self._card(offered[id]) for id in walked[:RECENT]]
            found["news"] = len(await Remarks(shelf, self.desk.clock).news(person))
        return found

    async def _rows(self, **which: Any) -> list[WalkRow]:
        return await self.desk.store.walks(actor=rights.whose(), **which)

    def _offered(self) -> list[Tree]:
        """The trees that a walk can begin with: subtrees are walked from others."""
        return [tree for tree in self.desk.trees.values() if tree.contract is None]

    def _index(self) -> Index:
        """What can be found, of the trees as they are served now."""
        if self._indexed is not self.desk.trees:
            self._indexed, self._searched = self.desk.trees, Index(self._offered())
        return self._searched

    def _broken(self) -> list[views.Broken]:
        """The trees that are not served, and why."""
        desk, found = self.desk, []
        library = desk.library
        for id in sorted({*library.trees, *library.broken} - desk.trees.keys()):
            why = tuple(
                replace(f, mark=replace(f.mark, file=_within(f.mark.file, library.root)))
                for f in desk.examined.errors
                if f.tree == id
            )
            tree = library.trees.get(id)
            uses = sorted((tree.uses.keys() if tree else set()) - desk.trees.keys())
            found.append(views.Broken(id, why, tuple(uses)))
        return found

    def _row(self, found: Any) -> views.Row:
        tree = self.desk.library.trees.get(found.head.tree)
        language = found.head.language
        title = wording.worded(tree, language, tree.title) if tree else found.head.tree
        entry = tree.dispositions.get(found.head.disposition) if tree else None
        spaced = wording.spaced(found.head.disposition)
        where = wording.worded(tree, language, entry.label) if tree and entry else spaced
        if found.head.status != "ended":
            where = wording.step(tree, found.head.node, language)
        return lines.row(found, title, where, tree.calendar.timezone if tree else "UTC")

    def _card(self, tree: Tree, passage: str = "") -> views.Card:
        library = self.desk.library
        file = Path(library.documents[tree.id].file)
        folder = file.relative_to(library.root).parent.name.replace("_", " ").capitalize()
        language = preferred()
        return views.Card(
            tree.id, wording.worded(tree, language, tree.title),
            wording.worded(tree, language, tree.summary) if tree.summary else "", folder,
            tree.audience, tree.languages, tree.tags, wording.tongue_of(tree, language), passage,
        )  # fmt: skip

    async def walks(self, request: Request) -> Response:
        asked = request.query_params
        state = asked.get("state", "") if asked.get("state") in ("waiting", "ended") else ""
        whose = "mine" if asked.get("whose") == "mine" else ""
        actor = self.desk.actor if whose else rights.whose()
        rows = await self.desk.store.walks(
            actor=actor, status=state, limit=51, before=asked.get("before", "")
        )
        more = rows[49].cursor if len(rows) > 50 else ""
        trees = iter(self.desk.library.trees.values())
        first = next(trees, None)
        zone = first.calendar.timezone if first else "UTC"
        shown = views.WalksPage(
            [self._row(row) for row in rows[:50]], more, zone, state, whose, rights.sees_all()
        )
        return page("walks.html", shown)

    async def media(self, request: Request) -> Response:
        path = request.path_params["path"]
        root = (Path(self.desk.library.root) / "media").resolve()
        kind = _KINDS.get(Path(path).suffix.lower())
        if kind is None or "\0" in path or not self._pictured(path):
            raise NotThere("picture", path)
        file = (root / path).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            raise NotThere("picture", path)
        return FileResponse(
            file, media_type=kind, headers={"cache-control": "public, max-age=3600"}
        )

    def _pictured(self, path: str) -> bool:
        """Whether whoever asks may see this picture: a customer, if it stands in a tree for
        customers, or in one that such a tree uses."""
        if not asking().person.customer:
            return True
        if self._pictured_of is not self.desk.trees:
            seen = [tree for tree in self.desk.trees.values() if rights.sees_tree(tree)]
            every = (owner for tree in seen for owner in (tree, *tree.uses.values()))
            self._pictured_of = self.desk.trees
            self._pictures = frozenset(file for owner in every for file in _pictures(owner))
        return f"media/{path}" in self._pictures

    # -- starting

    async def before(self, request: Request) -> Response:
        found = self.desk.tree(request.path_params["tree"])
        led = leading.to_tree(request, found)
        if led is not None:
            return led
        asked, fields = request.query_params, self._given(found)
        language, audience = asked.get("language", ""), asked.get("audience", "")
        shown = views.StartPage(
            tree=found, fields=fields, client_id=_token(), typed=told(asked, fields),
            audience=audience if audience in found.audience else found.audience[0],
            language=language if language in found.languages else wording.tongue_of(found, preferred()),
            reference=asked.get("reference", "")[:200],
            notices=notices_shown(await self.desk.notices.before(found.id), preferred()),
        )  # fmt: skip
        return page("start.html", shown)

    def _given(self, tree: Tree) -> tuple[PromptField, ...]:
        now = self.desk.clock()
        language = wording.tongue_of(tree, preferred())
        scope = Scope(tree, Map(), About(tree.audience[0], "", now), now, language)
        return shown_fields(tree.given, scope)

    async def start(self, request: Request) -> Response:
        found = self.desk.tree(request.path_params["tree"])
        led = leading.to_tree(request, found)
        if led is not None:
            return led
        form = await Typed.of(request)
        fields = self._given(found)
        given = typed(form, fields)
        about: dict[str, Any] = {
            "given": given,
            "audience": form.word("audience") or found.audience[0],
            "language": form.word("language") or found.source_language,
            "reference": form.word("reference").strip(),
        }
        body = digest([found.id, about])
        try:
            if len(about["reference"]) > 200:
                raise InvalidAnswer("reference", "at most 200 characters")
            walk = await self._begun(found, form, body, about)
        except InvalidAnswer as refused:
            shown = views.StartPage(
                tree=found, fields=fields, typed=given, wrong=dict(refused.fields),
                client_id=_token(), audience=about["audience"], language=about["language"],
                reference=about["reference"],
            )  # fmt: skip
            return page("start.html", shown, 422)
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"/start/{found.id}")
        return redirect(f"/walks/{walk.id}/{walk.seq}")

    async def _begun(self, tree: Tree, form: Typed, body: str, about: dict[str, Any]) -> Walk:
        try:
            return await self.desk.start(tree.id, client_id=form.client_id, body=body, **about)
        except ClientIdReused:  # an old page, filled in anew: another walk is meant
            return await self.desk.start(tree.id, **about)


def _pictures(tree: Tree) -> list[str]:
    """The files of a tree's pictures."""
    nodes = tree.nodes.values()
    choices = (choice for node in nodes for choice in getattr(node, "choices", ()))
    return [one.image.file for one in (*nodes, *choices) if one.image is not None]


def _within(file: str, root: str) -> str:
    """A file as it is named in its library: nobody needs to read where the server keeps it."""
    path = Path(file)
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name
