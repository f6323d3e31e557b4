"""Rows of the SQLite store to values and back (not a store)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import apsw
import msgspec

from engine.errors import Altered
from engine.model import Event
from engine.record import Stored, genesis, pack, unpack
from engine.stores.rows import Call, Head, Version, WalkRow, micros, moment

_HEAD: Final = (
    "tree", "logic", "status", "node", "disposition", "audience", "channel", "language",
    "reference",
)  # fmt: skip
_ROW: Final = ("id", "started", "updated", "seq", "hash", "actor", "client_id", *_HEAD)
SELECT: Final = f"SELECT {', '.join(_ROW)}, erased, erased_by FROM walks"


def row_of(row: Any) -> WalkRow:
    *row, erased, erased_by = row
    values = dict(zip(_ROW, row, strict=True))
    head = Head(**{name: values.pop(name) for name in _HEAD})
    started, updated = moment(values.pop("started")), moment(values.pop("updated"))
    return WalkRow(
        head=head, started=started, updated=updated, erased=moment(erased) if erased else None,
        erased_by=erased_by, **values,
    )  # fmt: skip


def walk_of(connection: apsw.Connection, walk: str) -> WalkRow | None:
    rows = list(connection.execute(f"{SELECT} WHERE id = ?", (walk,)))
    return row_of(rows[0]) if rows else None


def call_of(
    connection: apsw.Connection,
    walk: str,
    row: WalkRow | None,
    events: Sequence[Event],
    client_id: str,
) -> Call | None:
    if row is None and events:
        first = begun_by(connection, events[0].actor, client_id)
        walk = walk if first is None else first.id
    query = "SELECT walk, seq, body FROM calls WHERE walk = ? AND client_id = ?"
    rows = list(connection.execute(query, (walk, client_id)))
    return Call(str(rows[0][0]), int(rows[0][1]), str(rows[0][2])) if rows else None


def calls_of(connection: apsw.Connection, walk: str) -> dict[str, Call]:
    query = "SELECT client_id, seq, body FROM calls WHERE walk = ? ORDER BY seq"
    found = connection.execute(query, (walk,))
    return {str(client_id): Call(walk, int(seq), str(body)) for client_id, seq, body in found}


def version_after(connection: apsw.Connection, number: int) -> tuple[int, Version] | None:
    """The next version that was kept, and its number: one at a time, for their sources are large."""
    query = (
        "SELECT rowid, logic, text, tree, source FROM trees WHERE rowid > ? ORDER BY rowid LIMIT 1"
    )
    for rowid, *version in connection.execute(query, (number,)):
        return int(rowid), Version(*map(str, version))
    return None


def begun_by(connection: apsw.Connection, actor: str, client_id: str) -> WalkRow | None:
    query = f"{SELECT} WHERE actor = ? AND client_id = ? AND client_id <> ''"
    rows = list(connection.execute(query, (actor, client_id)))
    return row_of(rows[0]) if rows else None


def keep_head(
    connection: apsw.Connection,
    walk: str,
    row: WalkRow | None,
    head: Head,
    found: list[Stored],
    client_id: str,
) -> None:
    first, last = found[0].event, found[-1]
    values = [getattr(head, name) for name in _HEAD]
    if row is None:
        start = (walk, micros(first.at), micros(last.event.at), last.seq, last.hash)
        marks = ", ".join("?" * len(_ROW))
        connection.execute(
            f"INSERT INTO walks ({', '.join(_ROW)}) VALUES ({marks})",
            (*start, first.actor, client_id, *values),
        )
        return
    sets = ", ".join(f"{name} = ?" for name in _HEAD)
    updated = max(micros(row.updated), micros(last.event.at))
    connection.execute(
        f"UPDATE walks SET updated = ?, seq = ?, hash = ?, {sets} WHERE id = ?",
        (updated, last.seq, last.hash, *values, walk),
    )


def keep_events(connection: apsw.Connection, walk: str, found: Sequence[Stored]) -> None:
    connection.executemany(
        "INSERT INTO events VALUES (?, ?, ?, ?)",
        [(walk, s.seq, bytes.fromhex(s.hash), pack(s.event).decode()) for s in found],
    )


def events_of(
    connection: apsw.Connection, walk: str, after: int, most: int = 2**62
) -> list[Stored]:
    """The first ``most`` events behind event ``after``."""
    query = "SELECT seq, hash, event FROM events WHERE walk = ? AND seq >= ? ORDER BY seq LIMIT ?"
    found: list[Stored] = []
    prev = genesis(walk)
    # One more where it begins in the middle: the one before, for its hash.
    for seq, hash, event in connection.execute(query, (walk, max(after, 0), most + (after > 0))):
        if seq > after:
            found.append(Stored(walk, seq, prev, hash.hex(), _unpacked(walk, seq, event)))
        prev = hash.hex()
    return found


def events_behind(
    connection: apsw.Connection, last: Stored | None, tree: str, most: int
) -> list[Stored]:
    """The next events of the record, walk by walk, behind the last one seen."""
    walk, seq, prev = (last.walk, last.seq, last.hash) if last else ("", 0, "")
    # Few of the tree's walks at a time, in the order of their ids: not all of them for each page.
    some = "SELECT id FROM walks WHERE id >= ?1 AND +tree = ?4 ORDER BY id LIMIT 50"
    of_tree = f"AND walk IN ({some})" if tree else ""
    query = (
        f"SELECT walk, seq, hash, event FROM events WHERE (walk, seq) > (?1, ?2) {of_tree} "
        "ORDER BY walk, seq LIMIT ?3"
    )
    found = []
    values = (walk, seq, most, tree) if tree else (walk, seq, most)
    for of, seq, hash, event in connection.execute(query, values):
        if of != walk:
            walk, prev = of, genesis(of)
        found.append(Stored(walk, seq, prev, hash.hex(), _unpacked(walk, seq, event)))
        prev = found[-1].hash
    return found


def _unpacked(walk: str, seq: int, event: str) -> Event:
    try:
        return unpack(event)
    except msgspec.MsgspecError as wrong:
        raise Altered(walk, seq) from wrong
