"""The shelf of the SQLite store: one table (not a store)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import apsw

from engine.stores.rows import micros, moment
from engine.stores.shelf import Kept, next_version, written
from engine.stores.sqlite_writer import Writer

_SELECT = "SELECT kind, key, value, version, until FROM shelf"
Read = Callable[[Callable[[apsw.Connection], Any]], Awaitable[Any]]


class SqliteShelf:
    """Values in a table. ``read`` runs a job on the connection that reads."""

    def __init__(self, read: Read, writer: Writer) -> None:
        self._read = read
        self._writer = writer

    async def put(
        self,
        kind: str,
        key: str,
        value: Mapping[str, Any],
        *,
        after: int | None = None,
        until: datetime | None = None,
    ) -> int:
        text, end = written(value), None if until is None else micros(until)

        def job(connection: apsw.Connection) -> int:
            query = "SELECT version FROM shelf WHERE kind = ? AND key = ?"
            stands = [int(row[0]) for row in connection.execute(query, (kind, key))]
            version = next_version(kind, key, stands[0] if stands else 0, after)
            connection.execute(
                "INSERT OR REPLACE INTO shelf VALUES (?, ?, ?, ?, ?)",
                (kind, key, text, version, end),
            )
            return version

        version: int = await self._writer.written(job)
        return version

    async def got(self, kind: str, key: str) -> Kept | None:
        query = f"{_SELECT} WHERE kind = ? AND key = ?"
        rows = await self._read(lambda c: list(c.execute(query, (kind, key))))
        return _kept(rows[0]) if rows else None

    async def listed(
        self, kind: str, *, after: str = "", limit: int = 100, latest: bool = False
    ) -> list[Kept]:
        sign, order = ("<", "DESC") if latest else (">", "ASC")
        query = (
            f"{_SELECT} WHERE kind = ? AND (? = '' OR key {sign} ?) ORDER BY key {order} LIMIT ?"
        )
        rows = await self._read(lambda c: list(c.execute(query, (kind, after, after, limit))))
        return [_kept(row) for row in rows]

    async def kinds(self) -> list[str]:
        query = "SELECT DISTINCT kind FROM shelf ORDER BY kind"
        return [str(kind) for (kind,) in await self._read(lambda c: list(c.execute(query)))]

    async def dropped(self, kind: str, key: str) -> bool:
        query = "DELETE FROM shelf WHERE kind = ? AND key = ?"
        return bool(await self._changed(query, (kind, key)))

    async def swept(self, at: datetime) -> int:
        return await self._changed("DELETE FROM shelf WHERE until <= ?", (micros(at),))

    async def _changed(self, query: str, values: tuple[Any, ...]) -> int:
        def job(connection: apsw.Connection) -> int:
            connection.execute(query, values)
            return connection.changes()

        changed: int = await self._writer.written(job, grows=False)
        return changed


def _kept(row: Any) -> Kept:
    kind, key, value, version, until = row
    return Kept(kind, key, json.loads(value), version, None if until is None else moment(until))
