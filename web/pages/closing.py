"""Closing a walk that has ended: what it counts as, what there is to add, a summary to take along,
and the message that tells other systems.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from engine.duties import is_personal
from engine.errors import Conflict, InvalidAnswer, NotThere, Refused, StoreError
from engine.kit.moves import ERASED
from engine.model import Closed, Tree, Walk
from engine.record import Stored
from engine.walk import ending, record
from web.desk import Desk, digest
from web.drafts import Draft
from web.pages import ended, lines
from web.pages.forms import MOST_NOTE, Typed
from web.pages.looks import redirect, unconfirmed
from web.pages.markdown import plain


def closing(desk: Desk) -> list[Route]:
    here = _Closing(desk)
    return [
        Route("/walks/{id}/close", here.close, methods=["POST"]),
        Route("/walks/{id}/summary.txt", here.summary),
    ]


class _Closing:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def close(self, request: Request) -> Response:
        form = await Typed.of(request)
        id = request.path_params["id"]
        code, words = form.word("disposition"), form.word("words").strip()
        if len(words) > MOST_NOTE:
            raise InvalidAnswer("words", f"a note has at most {MOST_NOTE:,} characters")

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            if walk.state.outcome is None or walk.state.frames[-1].node != form.node:
                raise Refused("the walk does not stand at that end any more")
            if code and code not in tree.dispositions:
                raise InvalidAnswer("disposition", f"one of {', '.join(tree.dispositions)}")
            event = Closed(
                at=at, actor=self.desk.actor, client_id=form.client_id, disposition=code,
                summary=words,
            )  # fmt: skip
            return record(tree, walk, event)

        body = digest(form.everything())
        try:
            walk = await self.desk.move(id, make, seq=None, client_id=form.client_id, body=body)
        except (Conflict, Refused):  # somebody went back: what was typed is kept where he stands
            walk = await self.desk.walk(id)
            self.desk.drafts.keep(walk, Draft(self.desk.drafts.of(walk).said, words))
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"/walks/{id}")
        return redirect(f"/walks/{id}/{walk.seq}")

    async def summary(self, request: Request) -> Response:
        """The summary as a file, for whoever has no script."""
        walk = await self.desk.walk(request.path_params["id"])
        tree, events = await self.desk.tree_of(walk), await self.desk.events(walk.id)
        words = ended.summary(
            tree, walk, lines.notes(tree, events), ended.standing(None, tree, events)
        )
        return PlainTextResponse(words, headers={"cache-control": "no-store"})


class Messages:
    """What other systems are told of a closed walk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def compose(self, id: str, seq: int) -> bytes | None:
        """The message of the closing at event ``seq``; None where the walk is gone."""
        events = (await self.desk.store.events(id))[:seq]
        if len(events) < seq:
            return None
        personal = self.desk.actions.webhook.personal
        try:
            walk = await self.desk.as_of(id, seq)
            tree = await self.desk.tree_of(walk)
            if not personal:
                walk = _masked(tree, walk, await self.desk.masked(id, seq))
        except NotThere:
            return None
        return _message(tree, walk, events, hidden=not personal)


def _masked(tree: Tree, walk: Walk, masked: Walk) -> Walk:
    """A walk without its personal values. What was promised is none, unless its words or its time
    are made of one."""
    pairs = zip(walk.state.promises, masked.state.promises, strict=True)
    promises = [
        replace(hidden, due=ERASED) if is_personal(tree, seen) else seen for seen, hidden in pairs
    ]
    return replace(masked, state=replace(masked.state, promises=tuple(promises)))


def _message(tree: Tree, walk: Walk, events: list[Stored], *, hidden: bool) -> bytes:
    stored, outcome, about = events[-1], walk.state.outcome, walk.about
    closed = ended.standing(None, tree, events)
    event = stored.event
    assert isinstance(event, Closed)
    told = {
        "type": "closed", "walk": walk.id, "seq": stored.seq, "at": event.at.isoformat(),
        "actor": event.actor, "tree": tree.id, "logic": tree.logic, "reference": about.reference,
        "audience": about.audience, "channel": about.channel, "language": walk.state.language,
        "started": about.started.isoformat(), "node": outcome.node if outcome else None,
        "disposition": (outcome.disposition if outcome else event.disposition) or None,
        "kpi": (outcome.kpi if outcome else "") or None,
        "hand_to": list(outcome.hand_to) if outcome else [],
        "follow_ups": [
            {"due": _day(p.due), "why": plain(p.why), "by": p.by or None}
            for p in walk.state.promises
        ],
        "words": plain(ending(tree, walk)), "note": event.summary,
        "summary": ended.summary(tree, walk, lines.notes(tree, events), closed, hidden=hidden),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _day(due: Any) -> str | None:
    return due.isoformat() if isinstance(due, date) else None
