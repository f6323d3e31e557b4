"""The calls of the API that give a walk as text and by voice, and take what was said there."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from engine import walk as walks
from engine.errors import InvalidAnswer
from engine.model import Expected, Prompt, Tree, Walk
from web.api import bodies, shown
from web.api.reading import read
from web.desk import Desk, digest
from web.refusals import PATTERNS
from web.speech import text, voice
from web.speech.plainly import plainly
from web.words import told, translator

_NO_STORE: Final = {"cache-control": "no-store"}


class Speech:
    """A walk without a page."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def text(self, id: str) -> Response:
        return _plain(self._told(*await self._stands(id)))

    async def reply(self, request: Request, id: str) -> Response:
        """What somebody wrote back. Raises InvalidAnswer where it means nothing here."""
        call, data = read(await request.body(), bodies.Reply)
        walk = await self.desk.before(id, call.client_id, digest(data))
        if walk is None:

            def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
                return self._heard(tree, walk, call, at, ref)

            walk = await self.desk.move(
                id, make, seq=call.seq, client_id=call.client_id, body=digest(data)
            )
        walk = await self.desk.settled(walk)
        tree = await self.desk.tree_of(walk)
        words = self._told(tree, walk)
        return _json(shown.TextShown(seq=walk.seq, status=_status(tree, walk), text=words))

    def _heard(self, tree: Tree, walk: Walk, call: bodies.Reply, at: datetime, ref: str) -> Walk:
        common: dict[str, Any] = {"at": at, "by": self.desk.actor, "client_id": call.client_id}
        prompt, expected = _asked(tree, walk)
        said = text.heard(call.text, prompt, expected, translator(walk.state.language))
        if said.type == "went_back":
            return walks.back(tree, walk, **common)
        return walks.answer(tree, walk, said.answer, ref=ref, **common)

    def _told(self, tree: Tree, walk: Walk) -> str:
        say = translator(walk.state.language)
        if walk.state.outcome is not None:
            return plainly(walks.ending(tree, walk))
        prompt = walks.prompt(tree, walk)
        if prompt is None:
            return say("One moment, please.")
        back = walk.past is not None
        return text.spoken(prompt, walks.expects(tree, walk), say, back=back)

    # -- by voice

    async def voice(self, id: str) -> Response:
        return self._document(*await self._stands(id))

    async def said(self, request: Request, id: str) -> Response:
        """What the platform heard. What is not accepted is asked again, with the reason first."""
        sent = dict(
            parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=600)
        )
        client_id, seq = sent.pop("client_id", "")[:200], sent.pop("seq", "")
        known = int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 10 else -1

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            prompt, expected = _asked(tree, walk)
            value = voice.answer(sent, prompt, expected)
            return walks.answer(
                tree, walk, value, at=at, by=self.desk.actor, client_id=client_id, ref=ref
            )

        try:
            walk = await self.desk.move(
                id, make, seq=known, client_id=client_id, body=digest(sorted(sent.items()))
            )
        except InvalidAnswer as refused:
            tree, walk = await self._stands(id)
            return self._document(tree, walk, refused.message)
        walk = await self.desk.settled(walk)
        return self._document(await self.desk.tree_of(walk), walk)

    def _document(self, tree: Tree, walk: Walk, why: str = "") -> Response:
        language = walk.state.language
        say, address = translator(language), f"/api/v1/walks/{walk.id}/voice"
        if walk.state.outcome is not None:
            return _vxml(voice.ended(walks.ending(tree, walk), say, language))
        prompt = walks.prompt(tree, walk)
        if prompt is None:
            return _vxml(voice.waiting(say, language, address))
        place = voice.Place(address, walk.seq, secrets.token_urlsafe(12))
        expected = walks.expects(tree, walk)
        return _vxml(
            voice.document(
                prompt, expected, say, language, place, why=told(language, why, PATTERNS) or why
            )
        )

    async def _stands(self, id: str) -> tuple[Tree, Walk]:
        walk = await self.desk.walk(id)
        return await self.desk.tree_of(walk), walk


def _asked(tree: Tree, walk: Walk) -> tuple[Prompt, Expected]:
    prompt = walks.prompt(tree, walk)
    if prompt is None:
        raise InvalidAnswer("", "nothing is asked just now")
    return prompt, walks.expects(tree, walk)


def _status(tree: Tree, walk: Walk) -> Literal["waiting", "pending", "ended"]:
    if walk.state.outcome is not None:
        return "ended"
    return "pending" if walks.prompt(tree, walk) is None else "waiting"


def _plain(words: str) -> Response:
    return Response(words, media_type="text/plain", headers=_NO_STORE)


def _vxml(document: str) -> Response:
    return Response(document, media_type=voice.KIND, headers=_NO_STORE)


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers=_NO_STORE)
