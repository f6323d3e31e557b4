"""The calls that help an agent along: several answers at once, and remarks on steps that are wrong."""

from __future__ import annotations

from datetime import datetime

import msgspec
from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from msgspec.structs import replace

from engine.ahead import Along, ahead, along
from engine.errors import Conflict, InvalidAnswer, Refused
from engine.model import Tree, Walk
from web.api import bodies, shown
from web.api.reading import read
from web.api.standing import NO_STORE, as_answer, stands
from web.desk import Desk, digest
from web.pages import ended, lines
from web.pages.remarks import add
from web.remarks import Remarks
from web.signin import rights

_PAGE = 50


class Assisting:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.kept = Remarks(desk.store.shelf, desk.clock)

    # -- several answers at once

    async def shown(self, id: str) -> Response:
        walk = await self.desk.walk(id)
        steps = [
            shown.AheadStep(place=one.place, prompt=one.prompt, expects=one.expected)
            for one in ahead(await self.desk.tree_of(walk), walk, self.desk.clock())
        ]
        return as_answer(shown.AheadShown(seq=walk.seq, steps=steps))

    async def ahead(self, request: Request, id: str) -> Response:
        call, data = read(await request.body(), bodies.AheadCall)
        told: list[Along] = []

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            found = along(
                tree, walk, call.answers, at=at, by=self.desk.actor, client_id=call.client_id,
                ref=ref,
            )  # fmt: skip
            told.append(found)
            if not found.used and found.wrong:
                raise InvalidAnswer(*found.wrong[0], found.wrong[1:])
            if not found.used:
                raise Refused(f"none of these is asked: the walk stands at {found.at!r}")
            return found.walk

        try:
            walk = await self.desk.move(
                id, make, seq=call.seq, client_id=call.client_id, body=digest(data)
            )
        except (Conflict, Refused) as refused:
            newer = await stands(self.desk, await self.desk.walk(id))
            return as_answer(replace(newer, detail=str(refused)), 409)
        standing = await stands(self.desk, await self.desk.settled(walk))
        found = told[-1] if told else None
        return as_answer(
            shown.AheadDone(
                **msgspec.structs.asdict(standing), used=found.used if found else None,
                left=list(found.kept) if found else None, wrong=dict(found.wrong) if found else None,
            )
        )  # fmt: skip

    # -- at the end

    async def summary(self, id: str) -> Response:
        walk = await self.desk.walk(id)
        tree, events = await self.desk.tree_of(walk), await self.desk.events(id)
        closed = ended.standing(None, tree, events)
        words = ended.summary(tree, walk, lines.notes(tree, events), closed)
        return PlainTextResponse(words, headers=NO_STORE)

    # -- remarks

    async def remarks(self, state: str = "", tree: str = "", before: str = "") -> Response:
        by = "" if rights.sees_all() else self.desk.actor
        found = await self.kept.listed(
            state=state, tree=tree, by=by, before=before[:60], limit=_PAGE + 1
        )
        last = found[_PAGE - 1].id if len(found) > _PAGE else None
        return as_answer(shown.RemarksShown(remarks=found[:_PAGE], before=last))

    async def remark(self, request: Request) -> Response:
        call, _ = read(await request.body(), bodies.RemarkCall)
        walk = await self.desk.walk(call.walk)
        seq = walk.seq if call.seq is None else call.seq
        if seq > walk.seq:
            raise Conflict(walk.id, seq, walk.seq)
        found = await add(self.desk, walk, call.remark, seq, call.client_id)
        return as_answer(found, 201)

    async def reply(self, request: Request, id: str) -> Response:
        call, _ = read(await request.body(), bodies.RemarkReply)
        return as_answer(
            await self.kept.reply(id, call.state, call.reply, self.desk.actor, call.version)
        )
