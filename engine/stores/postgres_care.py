"""Looking after the database of the PostgreSQL store (not a store); see ``care.py``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from engine.errors import StoreError
from engine.stores import postgres_schema as schema
from engine.stores.postgres_link import Link, address

T = TypeVar("T")
_SIZE: Final = (
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class "
    "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
)


async def form(url: str) -> tuple[int, int]:
    place = address(url).place
    return await _read(url, lambda c: schema.form_of(c, place)), len(schema.FORMS)


async def size(url: str) -> int:
    return int(await _read(url, lambda c: c.fetchval(_SIZE)))


async def faults(url: str) -> list[str]:
    """PostgreSQL checks its own pages (initdb --data-checksums, pg_amcheck); its keys hold."""
    return []


async def backup(url: str, to: Path, said: Callable[[str], None]) -> None:
    raise StoreError(
        f"the record at {address(url).place} is backed up by PostgreSQL's own tools: pg_dump, or pg_basebackup with "
        "its write-ahead log for any moment in time (docs/operating.md says how)"
    )


async def _read(url: str, work: Callable[[Any], Awaitable[T]]) -> T:
    link = Link(address(url))
    await link.open()
    try:
        return await link.read(work)
    finally:
        await link.close()
