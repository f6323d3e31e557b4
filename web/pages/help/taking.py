"""Taking up a customer's walk by the code that he says: the agent's own walk of the same tree, as far
as the customer's answers carry it, with what was noted. A tree that is for customers alone is gone
on with as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine import walk as walks
from engine.carry import carried
from engine.errors import FingerpostError, InvalidAnswer, NotThere, StoreError
from engine.model import HandedTo, Noted, Started, Tree, Walk
from engine.record import Stored
from web.chance import token
from web.codes import Code, Codes
from web.desk import Desk, noted
from web.pages.forms import Typed
from web.pages.help.shown import TakePage
from web.pages.looks import page, redirect, unconfirmed
from web.signin.people import SERVER, Asking, asked_by, asking
from web.signin.tries import TooMany, Tries
from web.words import marked, translator

_WRONG: Final = marked(
    "No customer has this code, or its half hour is over. Ask for the six letters once more."
)
_AGENT: Final = "agent"
_GOES_ON: Final = marked("Goes on from the customer’s own walk {walk}.")
_TAKEN: Final = marked("Taken up by somebody who works here, in the walk {walk}.")


def taking(desk: Desk) -> list[Route]:
    here = _Taking(desk)
    return [
        Route("/codes", here.shown),
        Route("/codes", here.take, methods=["POST"]),
    ]


@contextmanager
def as_server() -> Iterator[None]:
    """Whoever has the code is shown what the customer said, though the walk is not his."""
    who = asking()
    asked_by(Asking(SERVER))
    try:
        yield
    finally:
        asked_by(who)


class _Taking:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.codes = Codes(desk.store.shelf, desk.clock)
        self.tries = Tries(desk.store.shelf, desk.clock)

    async def shown(self, request: Request) -> Response:
        return page("help/take.html", TakePage())

    async def take(self, request: Request) -> Response:
        form = await Typed.of(request)
        typed, who = form.word("code")[:40], f"code:{self.desk.actor}"
        try:
            await self.tries.allowed(who, who)
            code = await self.codes.find(typed)
            walk = await self._taken(code)
        except TooMany as wait:
            response = page("help/take.html", TakePage(typed, str(wait)), 429)
            response.headers["retry-after"] = str(wait.seconds)
            return response
        except NotThere:
            await self.tries.failed(who, who)
            return page("help/take.html", TakePage(typed, _WRONG), 422)
        except StoreError as failed:
            return unconfirmed(request, form, failed, "/codes")
        await self.tries.succeeded(who)
        return redirect(f"/walks/{walk.id}/{walk.seq}")

    async def _taken(self, code: Code) -> Walk:
        """The walk that whoever has the code goes on with. Raises NotThere, StoreError."""
        with as_server():
            old = await self.desk.walk(code.walk)
            events = await self.desk.events(code.walk)
        tree = self.desk.trees.get(old.tree)
        if tree is not None and _AGENT in tree.audience:
            walk = await self._begun(code, tree, old, events)
        else:
            walk = await self._handed(code, old)
        await self.codes.take(code)
        return walk

    async def _begun(self, code: Code, tree: Tree, old: Walk, events: list[Stored]) -> Walk:
        began = events[0].event
        assert isinstance(began, Started)
        given = walks.unsealed(began.given, old.secrets)
        left: dict[str, Any] = {}

        def on(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            found = carried(tree, walk, old, at=at, ref=token)
            left.update(found.left)
            return _with_notes(tree, found.walk, old, events, at, self.desk.actor)

        about: dict[str, Any] = {
            "audience": _AGENT, "language": _spoken(tree, old), "reference": old.about.reference,
        }  # fmt: skip
        common: dict[str, Any] = {"client_id": f"code-{old.id}-{code.code}", "body": code.code}
        try:
            walk = await self.desk.start(tree.id, given=given, then=on, **common, **about)
        except InvalidAnswer:  # what was given then does not do any more
            return await self._handed(code, old)
        if left:
            self.desk.drafts.early(walk.id, left)
            await self.desk.unsent.keep_early(walk.id, left)
        await self._told(old, walk)
        return walk

    async def _told(self, old: Walk, walk: Walk) -> None:
        """The customer's walk says where it went on."""
        words = translator(old.state.language)(_TAKEN, walk=walk.id)
        event = Noted(at=self.desk.clock(), actor=self.desk.actor, text=words)
        with as_server():
            try:
                await self.desk.move(
                    old.id, noted(event), seq=None, client_id=f"taken-{walk.id}", body=walk.id
                )
            except FingerpostError:  # it says so in the other, too
                return

    async def _handed(self, code: Code, old: Walk) -> Walk:
        """The customer's own walk, handed to whoever has the code."""
        me = self.desk.actor
        event = HandedTo(at=self.desk.clock(), actor=me, to=f"person:{me}", reason="code")
        common: dict[str, Any] = {"client_id": f"code-{code.code}-{me}", "body": code.code}
        with as_server():
            return await self.desk.move(old.id, noted(event), seq=None, **common)


def _spoken(tree: Tree, old: Walk) -> str:
    language = old.state.language
    return language if language in tree.languages else tree.source_language


def _with_notes(
    tree: Tree, walk: Walk, old: Walk, events: list[Stored], at: datetime, by: str
) -> Walk:
    """What was noted comes along, each where it was; and where all this comes from."""
    words = translator(walk.state.language)(_GOES_ON, walk=old.id)
    at_node = old.state.frames[-1].node
    walk = walks.record(tree, walk, Noted(at=at, actor=by, text=words, node=at_node))
    for stored in events:
        event = stored.event
        if isinstance(event, Noted):
            note = Noted(at=at, actor=event.actor, text=event.text, node=event.node)
            walk = walks.record(tree, walk, note)
    return walk
