"""The shelf of the PostgreSQL store: one table (not a store)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from engine.errors import Changed
from engine.stores.postgres_link import Link
from engine.stores.rows import micros, moment
from engine.stores.shelf import Kept, written

_SELECT: Final = "SELECT kind, key, value, version, until FROM shelf"
_ANY: Final = (
    "INSERT INTO shelf AS s (kind, key, value, version, until) VALUES ($1, $2, $3, 1, $4) "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, version = s.version + 1, "
    "until = excluded.until RETURNING version"
)
_FIRST: Final = (
    "INSERT INTO shelf (kind, key, value, version, until) VALUES ($1, $2, $3, $5 + 1, $4) "
    "ON CONFLICT DO NOTHING RETURNING version"
)
_NEXT: Final = (
    "UPDATE shelf SET value = $3, version = version + 1, until = $4 "
    "WHERE kind = $1 AND key = $2 AND version = $5 RETURNING version"
)
_MINE: Final = (
    "SELECT version FROM shelf WHERE kind = $1 AND key = $2 AND value = $3 "
    "AND until IS NOT DISTINCT FROM $4 AND version = $5 + 1"
)


class PostgresShelf:
    """Values in a table."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def put(
        self,
        kind: str,
        key: str,
        value: Mapping[str, Any],
        *,
        after: int | None = None,
        until: datetime | None = None,
    ) -> int:
        values: list[Any] = [kind, key, written(value), None if until is None else micros(until)]
        if after is not None:
            values.append(after)
        query = _ANY if after is None else _NEXT if after else _FIRST
        tries = []

        async def work(connection: Any) -> Any:
            tries.append(query)
            version = await connection.fetchval(query, *values)
            if version is None and len(tries) > 1:  # the first may have been done, unanswered
                version = await connection.fetchval(_MINE, *values)
            return version

        version = await self._link.read(work)
        if version is None:
            raise Changed(kind, key)
        return int(version)

    async def got(self, kind: str, key: str) -> Kept | None:
        query = f"{_SELECT} WHERE kind = $1 AND key = $2"
        row = await self._link.read(lambda c: c.fetchrow(query, kind, key))
        return None if row is None else _kept(row)

    async def listed(
        self, kind: str, *, after: str = "", limit: int = 100, latest: bool = False
    ) -> list[Kept]:
        sign, order = ("<", "DESC") if latest else (">", "ASC")
        query = f"{_SELECT} WHERE kind = $1 AND ($2 = '' OR key {sign} $2) ORDER BY key {order} LIMIT {int(limit)}"
        rows = await self._link.read(lambda c: c.fetch(query, kind, after))
        return [_kept(row) for row in rows]

    async def kinds(self) -> list[str]:
        query = "SELECT DISTINCT kind FROM shelf"
        return sorted(str(row[0]) for row in await self._link.read(lambda c: c.fetch(query)))

    async def dropped(self, kind: str, key: str) -> bool:
        query = "DELETE FROM shelf WHERE kind = $1 AND key = $2"
        return bool(await self._changed(query, kind, key))

    async def swept(self, at: datetime) -> int:
        return await self._changed("DELETE FROM shelf WHERE until <= $1", micros(at))

    async def _changed(self, query: str, *values: Any) -> int:
        done: str = await self._link.read(lambda c: c.execute(query, *values))
        return int(done.rpartition(" ")[2])


def _kept(row: Any) -> Kept:
    kind, key, value, version, until = row
    return Kept(kind, key, json.loads(value), version, None if until is None else moment(until))
