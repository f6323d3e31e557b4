"""The calls about notices: what everybody is told before the first step."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from web.api import bodies, shown
from web.api.reading import read
from web.api.standing import as_answer
from web.desk import Desk


class Noticing:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def notices(self) -> Response:
        return as_answer(shown.NoticesShown(notices=await self.desk.notices.listed()))

    async def tell(self, request: Request) -> Response:
        call, _ = read(await request.body(), bodies.NoticeCall)
        if call.tree:
            self.desk.tree(call.tree)
        found = await self.desk.notices.add(
            call.texts, tree=call.tree, since=call.since, until=call.until, by=self.desk.actor
        )
        return as_answer(found, 201)

    async def drop(self, id: str) -> Response:
        await self.desk.notices.drop(id)
        return await self.notices()
