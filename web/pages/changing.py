"""Changing an earlier answer: the question as it was asked, what the change would do, and the change.

Nothing is dropped before whoever changes it has read what is. Where nothing is, one press does it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine import walk as walks
from engine.errors import ClientIdReused, Conflict, InvalidAnswer, NotThere, Refused, StoreError
from engine.model import Expected, Prompt, Tree, Walk
from engine.rebase import Rebase, rebase, standing
from web.desk import Desk, digest
from web.pages import lines, views, wording
from web.pages.console import with_note
from web.pages.forms import Typed
from web.pages.looks import page, redirect, unconfirmed
from web.words import direction, marked

_NEWER = marked("The walk was changed meanwhile. This is what the change would do now.")


def changing(desk: Desk) -> list[Route]:
    here = _Changing(desk)
    return [
        Route("/walks/{id}/change/{target:int}", here.asked),
        Route("/walks/{id}/change/{target:int}", here.sent, methods=["POST"]),
    ]


class _Changing:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def asked(self, request: Request) -> Response:
        """The question once more, with the answer that stands."""
        walk = await self.desk.walk(request.path_params["id"])
        tree = await self.desk.tree_of(walk)
        target = request.path_params["target"]
        shown = _earlier(tree, walk, target)
        said = lines.changeable(walk, _past(walk, target))
        return page(
            "change.html", _change(tree, walk, target, *shown, said, now=self.desk.clock())
        )

    async def sent(self, request: Request) -> Response:
        """What the new answer would do; or, where nothing is dropped or it was agreed to, the change."""
        form = await Typed.of(request)
        walk = await self.desk.walk(request.path_params["id"])
        made = await self._made(walk.id, form)
        if made is not None:  # pressed twice
            return redirect(f"/walks/{walk.id}/{made.seq}")
        tree = await self.desk.tree_of(walk)
        target = request.path_params["target"]
        prompt, expected = _earlier(tree, walk, target)
        said = form.answer(expected)
        try:
            if not form.word("sure"):
                told = rebase(tree, walk, target, said, at=self.desk.clock(), by=self.desk.actor)
                if _drops(told):
                    return self._told(tree, walk, target, form, prompt, expected, said, told)
            return await self._changed(walk.id, target, form, said)
        except InvalidAnswer as refused:
            more: dict[str, Any] = {"wrong": dict(refused.fields), "now": self.desk.clock()}
            shown = _change(tree, walk, target, prompt, expected, said, **more)
            return page("change.html", shown, 422)
        except Conflict:
            walk = await self.desk.walk(walk.id)
            told = rebase(tree, walk, target, said, at=self.desk.clock(), by=self.desk.actor)
            return self._told(
                tree, walk, target, form, prompt, expected, said, told, notice=_NEWER
            )
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"/walks/{walk.id}")

    async def _made(self, id: str, form: Typed) -> Walk | None:
        try:
            return await self.desk.before(id, _call(form), digest(form.everything()))
        except ClientIdReused:
            return None

    async def _changed(self, id: str, target: int, form: Typed, said: Any) -> Response:
        client_id = _call(form)

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            walk = with_note(tree, walk, form, at, self.desk.actor)
            return rebase(
                tree, walk, target, said, at=at, by=self.desk.actor, client_id=client_id, ref=ref
            ).walk

        try:
            body = digest(form.everything())
            walk = await self.desk.move(id, make, seq=form.seq, client_id=client_id, body=body)
        except ClientIdReused:  # an old page, filled in anew
            walk = await self.desk.move(id, make, seq=form.seq)
        return redirect(f"/walks/{id}/{walk.seq}")

    def _told(
        self,
        tree: Tree,
        walk: Walk,
        target: int,
        form: Typed,
        prompt: Prompt,
        expected: Expected,
        said: Any,
        told: Rebase,
        notice: str = "",
    ) -> Response:
        names = ("seq", "client_id", "sure", "text")
        sent = [(name, value) for name, value in form.everything() if name not in names]
        consequences = lines.consequences(tree, walk, target, prompt, told)
        more: dict[str, Any] = {
            "consequences": consequences,
            "sent": sent,
            "notice": notice,
            "note": form.note,
            "now": self.desk.clock(),
        }
        status = 409 if notice else 200
        return page(
            "change.html", _change(tree, walk, target, prompt, expected, said, **more), status
        )


def _call(form: Typed) -> str:
    """The id of the change: a step's page has one for each of its buttons too."""
    return f"c-{form.client_id}" if form.client_id else ""


def _drops(told: Rebase) -> bool:
    return bool(told.dropped or told.results_repeated or told.results_left)


def _past(walk: Walk, target: int) -> Any:
    """The standing answer of this number. Raises NotThere."""
    found = next((past for past in standing(walk) if past.seq == target), None)
    if found is None or lines.changeable(walk, found) is None:
        raise NotThere("answer that can be changed", str(target))
    return found


def _earlier(tree: Tree, walk: Walk, target: int) -> tuple[Prompt, Expected]:
    """The question of an earlier answer, as it was asked, in the walk's language of now."""
    past = _past(walk, target)
    state = replace(past.state, language=walk.state.language)
    there = replace(walk, state=state, draft=None)
    prompt = walks.prompt(tree, there)
    if prompt is None:
        raise Refused("that was done by an action: it has no answer to change")
    return prompt, walks.expects(tree, there)


def _change(
    tree: Tree, walk: Walk, target: int, prompt: Prompt, expected: Expected, said: Any, **more: Any
) -> views.ChangePage:
    return views.ChangePage(
        tree=tree, walk=walk, said=lines.said(tree, walk), notes=[], number=target, prompt=prompt,
        expected=expected, chosen=wording.ticked(said), filled=said if isinstance(said, Mapping) else None,
        client_id=secrets.token_urlsafe(12), direction=direction(walk.state.language), **more,
    )  # fmt: skip
