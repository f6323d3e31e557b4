"""What waits for somebody, in the SQLite store (not a store)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import apsw

from engine.stores import sqlite_rows as rows
from engine.stores.rows import Duty, Held, behind, micros, moment

_DUTY: Final = ("key", "kind", "holder", "at", "since", "due", "day", "why", "giver")
_INTO: Final = f"INSERT INTO duties (walk, {', '.join(_DUTY)}) VALUES ({', '.join('?' * 10)})"
# Found and ordered first, then looked up: the walks of those alone that are shown.
_SELECT: Final = (
    f"SELECT {', '.join(f'd.{name}' for name in _DUTY)}, {', '.join(rows.COLUMNS)} "
    "FROM (SELECT * FROM duties d WHERE {where} ORDER BY d.at, d.walk, d.key LIMIT ?) d "
    "JOIN walks w ON w.id = d.walk ORDER BY d.at, d.walk, d.key"
)


def keep(connection: apsw.Connection, walk: str, duties: Sequence[Duty]) -> None:
    """What waits because of a walk from now on."""
    connection.execute("DELETE FROM duties WHERE walk = ?", (walk,))
    for duty in duties:
        connection.execute(_INTO, (walk, *_values(duty)))


def charge(connection: apsw.Connection, walk: str, duties: Sequence[Duty], after: int) -> bool:
    query = "SELECT 1 FROM walks WHERE id = ? AND seq = ?"
    if not list(connection.execute(query, (walk, after))):
        return False
    keep(connection, walk, duties)
    return True


def found(
    connection: apsw.Connection, holders: Collection[str] | None, kinds: Collection[str],
    walk: str, until: datetime | None, after: str, limit: int,
) -> list[Held]:  # fmt: skip
    where, values = _wanted(holders, until)
    if kinds:
        where.append("d.kind IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(list(kinds)))
    if walk:
        where.append("d.walk = ?")
        values.append(walk)
    where.append("(d.at, d.walk, d.key) > (?, ?, ?)")
    query = _SELECT.format(where=" AND ".join(where))
    listed = connection.execute(query, (*values, *behind(after), limit))
    return [Held(_duty(row[: len(_DUTY)]), rows.row_of(row[len(_DUTY) :])) for row in listed]


def counted(
    connection: apsw.Connection, holders: Collection[str] | None, until: datetime | None
) -> Mapping[str, int]:
    where, values = _wanted(holders, until)
    query = f"SELECT d.kind, count(*) FROM duties d WHERE {' AND '.join(where)} GROUP BY d.kind"
    return {str(kind): int(count) for kind, count in connection.execute(query, tuple(values))}


def _wanted(
    holders: Collection[str] | None, until: datetime | None
) -> tuple[list[str], list[Any]]:
    where, values = ["1"], list[Any]()
    if holders is not None:
        where.append("d.holder IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(sorted(holders)))
    if until is not None:
        where.append("d.at <= ?")
        values.append(micros(until))
    return where, values


def _values(duty: Duty) -> tuple[Any, ...]:
    return (
        duty.key, duty.kind, duty.holder, micros(duty.at), micros(duty.since), int(duty.due),
        int(duty.day), duty.why, duty.by,
    )  # fmt: skip


def _duty(row: Sequence[Any]) -> Duty:
    key, kind, holder, at, since, due, day, why, giver = row
    return Duty(
        key=key, kind=kind, holder=holder, at=moment(at), since=moment(since), due=bool(due),
        day=bool(day), why=why, by=giver,
    )  # fmt: skip
