"""Private values in the PostgreSQL store: erased and forgotten, and their keys changed (not a store).

An append seals values under the walk's key, and holds that key until its COMMIT: so whoever erases
comes before it or after it, and no value is ever left without its key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from engine.record import born
from engine.stores import postgres_rows as sql
from engine.stores.postgres_pages import TOGETHER, Fetch
from engine.stores.rows import ERASED_BODY, WalkRow, micros
from engine.stores.vault import Vault

AGED: Final = (
    # Nothing comes to a walk before it began: the index on that finds the old ones.
    "SELECT w.id FROM walks w WHERE w.started < $1 AND w.updated < $1 "
    "AND ($2 = '' OR w.tree = $2) AND w.tree <> ALL($3::text[]) AND (NOT $4 OR EXISTS "
    "(SELECT FROM keys k WHERE k.born = w.born AND k.walk = w.id)) ORDER BY w.started, w.id"
)
_KEYS: Final = (
    "SELECT born, walk, key FROM keys WHERE born >= $1 AND (born, walk) > ($1, $2) "
    f"ORDER BY born, walk LIMIT {TOGETHER}"
)
_REKEY: Final = "UPDATE keys SET key = $1 WHERE born = $2 AND walk = $3 AND key = $4"


async def walk_of(connection: Any, walk: str) -> WalkRow | None:
    row = await connection.fetchrow(f"{sql.SELECT} WHERE born = $1 AND id = $2", born(walk), walk)
    return None if row is None else sql.row_of(row)


async def erase(
    connection: Any,
    walk: str,
    at: datetime,
    by: str,
    before: datetime | None,
    done: Callable[[int], None],
) -> None:
    """``done`` is told how many values there were, before COMMIT."""
    month = born(walk)
    async with connection.transaction():
        if not await _idle(connection, walk, before):
            return
        # The key first: an append that uses it comes before, or makes a new one.
        await connection.execute("DELETE FROM keys WHERE born = $1 AND walk = $2", month, walk)
        gone = "DELETE FROM private WHERE born = $1 AND walk = $2"
        count = int((await connection.execute(gone, month, walk)).rpartition(" ")[2])
        if count:
            told = "UPDATE walks SET erased = $3, erased_by = $4 WHERE born = $1 AND id = $2"
            await connection.execute(told, month, walk, micros(at), by)
            await _unmarked(connection, walk)
        done(count)


async def forget(
    connection: Any, walk: str, before: datetime | None, done: Callable[[str], None]
) -> None:
    """``done`` is told the walk where there was one, before COMMIT."""
    async with connection.transaction():
        row = await walk_of(connection, walk)
        if row is None or not await _idle(connection, walk, before):
            return
        began = "DELETE FROM starts WHERE client_id = $1 AND actor = $2 AND walk = $3"
        await connection.execute(began, row.client_id, row.actor, walk)
        for table, name in (
            ("keys", "walk"), ("private", "walk"), ("duties", "walk"), ("walks", "id"),
            ("events", "walk"),
        ):  # fmt: skip
            gone = f"DELETE FROM {table} WHERE born = $1 AND {name} = $2"
            await connection.execute(gone, born(walk), walk)
        done(walk)


async def rekey(fetch: Fetch, vault: Vault) -> int:
    last: tuple[Any, ...] = (-1, "")
    count = 0
    while rows := await fetch(_KEYS, *last):
        for month, walk, key in rows:
            new = vault.rewrapped(walk, key)
            if new is not None:
                await fetch(_REKEY, new, month, walk, key)
                count += 1
        last = tuple(rows[-1])[:2]
    return count


async def _unmarked(connection: Any, walk: str) -> None:
    """Take away what could say, by trying, what the calls of a walk said."""
    of_calls = (
        "UPDATE events SET body = $3 WHERE born = $1 AND walk = $2 AND client_id IS NOT NULL"
    )
    await connection.execute(of_calls, born(walk), walk, ERASED_BODY)
    row = await walk_of(connection, walk)
    if row is not None:
        began = "UPDATE starts SET body = $4 WHERE client_id = $1 AND actor = $2 AND walk = $3"
        await connection.execute(began, row.client_id, row.actor, walk, ERASED_BODY)


async def _idle(connection: Any, walk: str, before: datetime | None) -> bool:
    """Whether there is such a walk, and nothing has come to it since; nothing will until COMMIT."""
    query = "SELECT 1 FROM walks WHERE born = $1 AND id = $2 AND updated < $3 FOR UPDATE"
    until = 2**62 if before is None else micros(before)
    return await connection.fetchrow(query, born(walk), walk, until) is not None
