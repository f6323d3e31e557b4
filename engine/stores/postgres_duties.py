"""What waits for somebody, in the PostgreSQL store (not a store)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from engine.record import born
from engine.stores import postgres_rows as sql
from engine.stores.postgres_pages import Fetch
from engine.stores.rows import Duty, Held, behind, micros, moment

_DUTY: Final = ("key", "kind", "holder", "at", "since", "due", "day", "why", "giver")
_GONE: Final = "DELETE FROM duties WHERE born = $1 AND walk = $2"
_INTO: Final = (
    f"INSERT INTO duties (born, walk, {', '.join(_DUTY)}) SELECT $1, $2, * FROM unnest($3::text[], "
    "$4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::boolean[], $9::boolean[], $10::text[], "
    "$11::text[])"
)
# Found and ordered first, then looked up: the walks of those alone that are shown.
_SELECT: Final = (
    f"SELECT {', '.join(f'd.{name}' for name in _DUTY)}, {', '.join(sql.COLUMNS)} "
    "FROM (SELECT * FROM duties d WHERE {where} ORDER BY d.at, d.walk, d.key LIMIT {limit}) d "
    "JOIN walks w ON w.born = d.born AND w.id = d.walk ORDER BY d.at, d.walk, d.key"
)


async def keep(connection: Any, walk: str, duties: Sequence[Duty]) -> None:
    """What waits because of a walk from now on. Within a transaction that holds the walk's row."""
    await connection.execute(_GONE, born(walk), walk)
    if duties:
        columns = [list(column) for column in zip(*map(_values, duties), strict=True)]
        await connection.execute(_INTO, born(walk), walk, *columns)


async def charge(connection: Any, walk: str, duties: Sequence[Duty], after: int) -> bool:
    async with connection.transaction():
        query = "SELECT 1 FROM walks WHERE born = $1 AND id = $2 AND seq = $3 FOR UPDATE"
        if await connection.fetchrow(query, born(walk), walk, after) is None:
            return False
        await keep(connection, walk, duties)
        return True


async def found(
    fetch: Fetch, *, holders: Collection[str] | None, kinds: Collection[str], walk: str,
    until: datetime | None, after: str, limit: int,
) -> list[Held]:  # fmt: skip
    where, values = _wanted(holders, until)
    for name, wanted in (("kind", list(kinds)), ("walk", [walk] if walk else [])):
        if wanted:
            values.append(wanted)
            where.append(f"d.{name} = ANY(${len(values)}::text[])")
    place = behind(after)
    values += place
    n = len(values)
    where.append(f"(d.at, d.walk, d.key) > (${n - 2}, ${n - 1}, ${n})")
    query = _SELECT.format(where=" AND ".join(where), limit=int(limit))
    rows = await fetch(query, *values)
    listed = (tuple(row) for row in rows)
    return [Held(_duty(row[: len(_DUTY)]), sql.row_of(row[len(_DUTY) :])) for row in listed]


async def counted(
    fetch: Fetch, holders: Collection[str] | None, until: datetime | None
) -> Mapping[str, int]:
    where, values = _wanted(holders, until)
    query = f"SELECT d.kind, count(*) FROM duties d WHERE {' AND '.join(where)} GROUP BY d.kind"
    return {str(kind): int(count) for kind, count in await fetch(query, *values)}


def _wanted(
    holders: Collection[str] | None, until: datetime | None
) -> tuple[list[str], list[Any]]:
    where, values = ["true"], list[Any]()
    if holders is not None:
        values.append(sorted(holders))
        where.append("d.holder = ANY($1::text[])")
    if until is not None:
        values.append(micros(until))
        where.append(f"d.at <= ${len(values)}")
    return where, values


def _values(duty: Duty) -> tuple[Any, ...]:
    return (
        duty.key, duty.kind, duty.holder, micros(duty.at), micros(duty.since), duty.due, duty.day,
        duty.why, duty.by,
    )  # fmt: skip


def _duty(row: Sequence[Any]) -> Duty:
    key, kind, holder, at, since, due, day, why, giver = row
    return Duty(
        key=key, kind=kind, holder=holder, at=moment(at), since=moment(since), due=due, day=day,
        why=why, by=giver,
    )  # fmt: skip
