"""Walks by how they stand, what waits for whom, and what was promised."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import Query
from fastapi.responses import Response

from engine.duties import standing
from engine.errors import FingerpostError, StoreError
from engine.stores import Held, WalkRow
from web.api import shown
from web.api.standing import as_answer
from web.desk import Desk
from web.signin import rights
from web.teams import OWN, PROMISED, QUEUED, late, listed, mine, narrowed

MOST: Final = 200
Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many.")]
Word = Annotated[str, Query(max_length=400)]
Whose = Annotated[
    str, Query(max_length=64, description="`mine`, or a team; left out, all that you may see.")
]


class Waiting:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def walks(
        self, status: Word = "", tree: Word = "", before: Word = "", limit: Limit = 50
    ) -> Response:
        found = await self.desk.store.walks(
            actor=rights.whose(), status=status, tree=tree, before=before, limit=limit + 1
        )
        last = found[limit - 1].cursor if len(found) > limit else None
        return as_answer(shown.WalksShown(walks=[_row(row) for row in found[:limit]], before=last))

    async def queues(self, whose: Whose = "", after: Word = "", limit: Limit = 50) -> Response:
        kinds = OWN if whose == "mine" else tuple({*QUEUED, *OWN})
        return await self._listed("GET /api/v1/queues", kinds, whose, after, limit)

    async def follow_ups(
        self, whose: Whose = "", until: datetime | None = None, after: Word = "", limit: Limit = 50
    ) -> Response:
        return await self._listed(
            "GET /api/v1/follow-ups", PROMISED, whose, after, limit, until=until
        )

    async def _listed(
        self, address: str, kinds: tuple[str, ...], whose: str, after: str, limit: int,
        until: datetime | None = None,
    ) -> Response:  # fmt: skip
        holders = narrowed(mine(self.desk, address), whose)
        if until is not None and until.tzinfo is None:
            until = until.astimezone()
        found, more = await listed(
            self.desk, holders, kinds, after=after, limit=limit, until=until
        )
        rows = [await self._duty(held) for held in found]
        return as_answer(shown.WaitingShown(waiting=rows, after=more or None))

    async def _duty(self, held: Held) -> shown.DutyShown:
        duty, row = held.duty, held.row
        kind, _, holder = duty.holder.partition(":")
        why = duty.why
        if duty.kind == "promise" and not why:
            why = await self._promised(held)
        return shown.DutyShown(
            promise=duty.key if duty.kind == "promise" else None, kind=duty.kind,
            team=holder if kind == "team" else None, person=holder if kind == "person" else None,
            since=duty.since, due=duty.at if duty.due else None, day=duty.day,
            late=late(duty, self.desk.clock()), why=why, by=duty.by or None, walk=_row(row),
        )  # fmt: skip

    async def _promised(self, held: Held) -> str:
        """The words of a promise that hold a personal value: only the walk itself has them."""
        try:
            walk = await self.desk.walk(held.row.id)
        except StoreError:
            raise
        except FingerpostError:
            return ""
        return next((p.why for key, p, _ in standing(walk) if key == held.duty.key), "")


def _row(row: WalkRow) -> shown.WalkShown:
    head = row.head
    return shown.WalkShown(
        id=row.id, seq=row.seq, tree=head.tree, node=head.node,
        status="ended" if head.status == "ended" else "waiting",
        disposition=head.disposition or None, started=row.started, updated=row.updated,
        actor=row.actor, audience=head.audience, channel=head.channel, language=head.language,
        reference=head.reference,
    )  # fmt: skip
