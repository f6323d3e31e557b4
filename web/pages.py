"""The pages: forms that post, redirects (303), and what they show. No script."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from engine import walk as walks
from engine.errors import (
    ClientIdReused,
    Conflict,
    InvalidAnswer,
    NotThere,
    Refused,
)
from engine.model import Expected, LanguageSet, Noted, PromptField, Tree, Walk
from engine.parts import texts
from engine.prompting import shown_fields
from engine.scope import Scope
from web import views
from web.desk import Desk, Moved, digest, noted
from web.markdown import heading, html, inline, plain, rest

_HERE = Path(__file__).parent
_MOST_ROWS = 200
_AGAIN = "The walk was changed meanwhile. What you answered is still below: go on with it."
_OVER = "That step is over. This is where the walk stands now."
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals |= {
    "widget": views.widget,
    "input_mode": views.input_mode,
    "ids": views.ids,
    "lines": views.lines,
}
_templates.filters |= {
    "html": html,
    "inline": inline,
    "plain": plain,
    "heading": heading,
    "rest": rest,
    "describes": views.describes,
    "sentence": views.sentence,
    "tongue": views.tongue,
    "duration": views.duration,
}


def render(template: str, page: Any) -> str:
    """A page as HTML."""
    return _templates.get_template(template).render(page=page)


def _page(template: str, page: Any, status: int = 200) -> HTMLResponse:
    return HTMLResponse(render(template, page), status, headers={"cache-control": "no-store"})


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303, headers={"cache-control": "no-store"})


def _token() -> str:
    return secrets.token_urlsafe(12)


def pages(desk: Desk) -> APIRouter:
    """The routes, those of a step first: they are asked for most."""
    router = APIRouter(include_in_schema=False)
    console = _Console(desk)
    router.add_api_route("/walks/{id}/answer", console.answer, methods=["POST"])
    router.add_api_route("/walks/{id}/{seq}", console.step, methods=["GET"])
    router.add_api_route("/walks/{id}", console.walk, methods=["GET"])
    router.add_api_route("/walks/{id}/back", console.back, methods=["POST"])
    router.add_api_route("/walks/{id}/notes", console.notes, methods=["POST"])
    router.add_api_route("/walks/{id}/anytime", console.anytime, methods=["POST"])
    router.add_api_route("/walks/{id}/language", console.language, methods=["POST"])
    router.add_api_route("/start/{tree}", console.before, methods=["GET"])
    router.add_api_route("/start/{tree}", console.start, methods=["POST"])
    router.add_api_route("/walks", console.walks, methods=["GET"])
    router.add_api_route("/", console.library, methods=["GET"])
    router.add_api_route("/media/{path:path}", console.media, methods=["GET"])
    router.add_api_route("/static/{name}", _static, methods=["GET"])
    return router


async def _static(name: str) -> Response:
    path = _HERE / "static" / name
    if "/" in name or not path.is_file():
        raise NotThere("page", f"/static/{name}")
    kinds = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
    return FileResponse(
        path, media_type=kinds[path.suffix], headers={"cache-control": "public, max-age=3600"}
    )


class _Console:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- the library

    async def library(self, q: str = "") -> Response:
        desk = self.desk
        cards: dict[str, list[views.Card]] = {}
        for tree in desk.trees.values():
            if tree.contract is None and _matches(tree, q):
                card = self._card(tree)
                cards.setdefault(card.folder, []).append(card)
        folders = {
            name: sorted(cards[name], key=lambda card: card.title) for name in sorted(cards)
        }
        recent = await desk.store.walks(limit=6)
        broken = sorted(desk.library.trees.keys() - desk.trees.keys() | desk.library.broken)
        page = views.LibraryPage(folders, q, recent, self._titles(), broken)
        return _page("library.html", page)

    def _titles(self) -> dict[str, str]:
        return {id: tree.title.source for id, tree in self.desk.library.trees.items()}

    def _card(self, tree: Tree) -> views.Card:
        library = self.desk.library
        file = Path(library.documents[tree.id].file)
        folder = file.relative_to(library.root).parent.name.replace("_", " ").capitalize()
        return views.Card(
            tree.id, tree.title.source, tree.summary.source if tree.summary else "",
            folder or "General", tree.audience, tree.languages, tree.tags,
        )  # fmt: skip

    async def walks(self, before: str = "") -> Response:
        rows = await self.desk.store.walks(limit=51, before=before)
        more = rows[49].cursor if len(rows) > 50 else ""
        return _page("walks.html", views.WalksPage(rows[:50], self._titles(), more))

    async def media(self, path: str) -> Response:
        root = (Path(self.desk.library.root) / "media").resolve()
        file = (root / path).resolve()
        kind = _PICTURES.get(file.suffix.lower())
        if kind is None or not file.is_relative_to(root) or not file.is_file():
            raise NotThere("picture", path)
        return FileResponse(
            file, media_type=kind, headers={"cache-control": "public, max-age=3600"}
        )

    # -- starting

    async def before(self, tree: str) -> Response:
        found = self.desk.tree(tree)
        page = views.StartPage(
            tree=found, fields=self._given(found), client_id=_token(),
            audience=found.audience[0], language=found.source_language,
        )  # fmt: skip
        return _page("start.html", page)

    def _given(self, tree: Tree) -> tuple[PromptField, ...]:
        from immutables import Map

        from engine.model import About

        now = self.desk.clock()
        scope = Scope(tree, Map(), About(tree.audience[0], "", now), now, tree.source_language)
        return shown_fields(tree.given, scope)

    async def start(self, request: Request, tree: str) -> Response:
        form = await request.form()
        found = self.desk.tree(tree)
        fields = self._given(found)
        given = _typed(form, fields)
        about: dict[str, Any] = {
            "given": given,
            "audience": str(form.get("audience") or found.audience[0]),
            "language": str(form.get("language") or found.source_language),
            "reference": str(form.get("reference") or "")[:200],
        }
        client_id = str(form.get("client_id") or "")
        try:
            walk = await self.desk.start(
                tree, client_id=client_id, body=digest([tree, about]), **about
            )
        except InvalidAnswer as refused:
            page = views.StartPage(
                tree=found, fields=fields, typed=given, wrong=dict(refused.fields),
                client_id=_token(), audience=about["audience"], language=about["language"],
                reference=about["reference"],
            )  # fmt: skip
            return _page("start.html", page, 422)
        return _to(f"/walks/{walk.id}/{walk.seq}")

    # -- a step

    async def walk(self, id: str) -> Response:
        walk = await self.desk.walk(id)
        return _to(f"/walks/{id}/{walk.seq}")

    async def step(self, id: str, seq: str) -> Response:
        walk = await self.desk.walk(id)
        if not seq.isdigit():  # the address of a form, opened by itself
            return _to(f"/walks/{id}/{walk.seq}")
        notice = ""
        if seq != str(walk.seq):
            notice = _OVER
        return await self._shown(walk, notice=notice)

    async def _shown(
        self,
        walk: Walk,
        *,
        typed: Any = None,
        wrong: Mapping[str, str] | None = None,
        notice: str = "",
        status: int = 200,
    ) -> Response:
        tree = await self.desk.tree_of(walk)
        events = await self.desk.events(walk.id)
        common: dict[str, Any] = {
            "tree": tree,
            "walk": walk,
            "said": views.said(tree, walk),
            "notes": views.notes(tree, events),
            "notice": notice,
            "client_id": _token(),
            "direction": views.direction(walk.state.language),
        }
        outcome = walk.state.outcome
        if outcome is not None:
            entry = tree.dispositions.get(outcome.disposition)
            teams = tuple(plain(tree.teams[team].label.source) for team in outcome.hand_to)
            page = views.OutcomePage(
                words=walks.ending(tree, walk), disposition=entry.label.source if entry else "",
                teams=teams, promises=_promises(walk), **common,
            )  # fmt: skip
            return _page("outcome.html", page, status)
        shown, task = walks.prompt(tree, walk), False
        if shown is None:
            shown, task = walks.task(tree, walk), True
        assert shown is not None
        before = shown.draft if typed is None else typed
        step = views.StepPage(
            prompt=shown, expected=walks.expects(tree, walk), task=task, wrong=wrong or {},
            inputs=views.inputs(walk), chosen=views.ticked(before),
            filled=before if isinstance(before, Mapping) else None,
            back=walk.past is not None, **common,
        )  # fmt: skip
        return _page("step.html", step, status)

    async def answer(self, request: Request, id: str) -> Response:
        form = await request.form()
        walk = await self.desk.walk(id)
        tree = await self.desk.tree_of(walk)
        expected = walks.expects(tree, walk)
        here = form.get("node") == walk.state.frames[-1].node
        said = _answer(form, expected) if here else _unread(form)
        waiting = walk.state.request

        def make(tree: Tree, walk: Walk, at: Any, ref: str) -> Walk:
            if waiting is not None:
                return walks.resolve(
                    tree, walk, str(form.get("request")), said, at=at, by=self.desk.actor,
                    client_id=str(form.get("client_id") or ""), ref=ref,
                )  # fmt: skip
            return walks.answer(
                tree, walk, said, at=at, by=self.desk.actor,
                client_id=str(form.get("client_id") or ""), ref=ref,
            )  # fmt: skip

        return await self._moved(form, id, make, said)

    async def _moved(
        self, form: Any, id: str, make: Moved, said: Any = None, *, anywhere: bool = False
    ) -> Response:
        """After a move: the step that it led to; the same step with what was typed where the move
        was refused; the newer state where somebody else was first. ``anywhere``: it does not
        matter where the walk stands by now."""
        client_id, seq = str(form.get("client_id") or ""), str(form.get("seq") or "")
        body = digest(sorted((key, str(value)) for key, value in form.multi_items()))
        after = None if anywhere else int(seq) if seq.isdigit() else -1
        try:
            walk = await self.desk.move(id, make, seq=after, client_id=client_id, body=body)
        except InvalidAnswer as refused:
            walk = await self.desk.walk(id)
            return await self._shown(walk, typed=said, wrong=dict(refused.fields), status=422)
        except (Conflict, ClientIdReused, Refused) as refused:
            walk = await self.desk.walk(id)
            here = form.get("node") == walk.state.frames[-1].node
            notice = _AGAIN if here else _OVER
            if isinstance(refused, Refused):
                notice = views.sentence(str(refused))
            elif said and not here:
                notice += f" You had written: {_readable(said)}"
            return await self._shown(walk, typed=said if here else None, notice=notice, status=409)
        return _to(f"/walks/{id}/{walk.seq}")

    async def back(self, request: Request, id: str) -> Response:
        form = await request.form()
        actor, client_id = self.desk.actor, str(form.get("client_id") or "")
        return await self._moved(
            form,
            id,
            lambda tree, walk, at, ref: walks.back(
                tree, walk, at=at, by=actor, client_id=client_id
            ),
        )

    async def anytime(self, request: Request, id: str) -> Response:
        form = await request.form()
        actor, client_id = self.desk.actor, str(form.get("client_id") or "")
        said = {"anytime": str(form.get("anytime") or "")}
        return await self._moved(
            form,
            id,
            lambda tree, walk, at, ref: walks.answer(
                tree, walk, said, at=at, by=actor, client_id=client_id
            ),
        )

    async def notes(self, request: Request, id: str) -> Response:
        form = await request.form()
        words = str(form.get("text") or "").strip()[:10_000]
        walk = await self.desk.walk(id)
        if not words:
            return _to(f"/walks/{id}/{walk.seq}")
        event = Noted(
            at=self.desk.clock(), actor=self.desk.actor, client_id=str(form.get("client_id") or ""),
            text=words, node=walk.state.frames[-1].node,
        )  # fmt: skip
        return await self._moved(form, id, noted(event), words, anywhere=True)

    async def language(self, request: Request, id: str) -> Response:
        form = await request.form()
        event = LanguageSet(
            at=self.desk.clock(), actor=self.desk.actor, language=str(form.get("language") or "")
        )
        return await self._moved(form, id, noted(event), anywhere=True)


def _matches(tree: Tree, query: str) -> bool:
    """Whether every word that is looked for stands in the tree's words or tags, in any language."""
    wanted = query.lower().split()
    if not wanted:
        return True
    words = [text.source for text in texts(tree)] + list(tree.tags)
    words += [text.source for side in tree.translations.values() for text in side.values()]
    everything = " ".join(words).lower()
    return all(word in everything for word in wanted)


def _answer(form: Any, expected: Expected) -> Any:
    """What a form says, in the shape that the engine takes."""
    if expected.exits:
        exit = str(form.get("answer") or "")
        fields = expected.exits.get(exit, ())
        return {"exit": exit, **_typed(form, fields, f"{exit}.")}
    if expected.fields:
        return _typed(form, expected.fields)
    if expected.type == "continued":
        return None
    if expected.pick == "many":
        return [str(value) for value in form.getlist("answer")]
    return str(form.get("answer") or "")


def _unread(form: Any) -> dict[str, str]:
    """What was typed into a form that is over, to be given back."""
    return {
        str(name).removeprefix("f."): str(value)
        for name, value in form.multi_items()
        if (name == "answer" or str(name).startswith("f.")) and str(value).strip()
    }


def _typed(form: Any, fields: tuple[PromptField, ...], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        name = f"f.{prefix}{field.name}"
        values = [str(value) for value in form.getlist(name)]
        if field.columns:
            found[field.name] = list(_rows(form, name, field.columns))
        elif field.type == "choices":
            found[field.name] = values
        elif values and values[0].strip():
            found[field.name] = values[0]
    return {name: value for name, value in found.items() if value != []}


def _rows(form: Any, name: str, columns: tuple[PromptField, ...]) -> Iterator[dict[str, str]]:
    """The rows of a list that were filled in: inputs are named ``LIST.ROW.COLUMN``."""
    for row in range(_MOST_ROWS):
        first = f"{name}.{row}."
        if first + columns[0].name not in form:
            return
        typed = {column.name: str(form.get(first + column.name) or "") for column in columns}
        if any(value.strip() for value in typed.values()):
            yield typed


def _promises(walk: Walk) -> list[views.Said]:
    now = walk.state.now
    return [
        views.Said(0, p.node, plain(p.why), p.due.isoformat()[:16].replace("T", " "), now)
        for p in walk.state.promises
    ]


def _readable(said: Any) -> str:
    if isinstance(said, dict):
        return "; ".join(f"{name}: {value}" for name, value in said.items())
    return ", ".join(map(str, said)) if isinstance(said, list) else str(said)
