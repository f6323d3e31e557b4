"""Rows of the SQLite store to values and back (not a store)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import apsw
import msgspec

from engine.errors import Altered
from engine.model import Event
from engine.record import Stored, genesis, pack, unpack
from engine.stores.rows import Call, Head, Place, Version, WalkRow, micros, moment

_HEAD: Final = (
    "tree", "logic", "status", "node", "disposition", "audience", "channel", "language",
    "reference",
)  # fmt: skip
_MOVED: Final = tuple(name for name in _HEAD if name not in ("tree", "status"))
_ROW: Final = ("id", "started", "updated", "seq", "hash", "actor", "client_id", *_HEAD)
SELECT: Final = f"SELECT {', '.join(_ROW)}, erased, erased_by FROM walks"
COLUMNS: Final = tuple(f"w.{name}" for name in (*_ROW, "erased", "erased_by"))  # what row_of reads


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


def place_of(
    connection: apsw.Connection, walk: str, events: Sequence[Event], client_id: str
) -> tuple[Place | None, Call | None]:
    """Where a walk stands, and what this client_id did before: in this walk or, where there is no
    such walk yet, in the one that the same actor began with it."""
    for seq, hash, tree, updated, status, called, body in connection.execute(
        _PLACE, (client_id, walk)
    ):
        call = None if called is None else Call(walk, called, body)
        return Place(seq, hash, tree, updated, status), call
    first = begun_by(connection, events[0].actor, client_id) if client_id and events else None
    if first is None:
        return None, None
    return None, place_of(connection, first.id, (), client_id)[1]


_PLACE: Final = (
    "SELECT walks.seq, walks.hash, walks.tree, walks.updated, walks.status, calls.seq, calls.body "
    "FROM walks LEFT JOIN calls ON calls.walk = walks.id AND calls.client_id = ? "
    "WHERE walks.id = ?"
)


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
    place: Place | None,
    head: Head,
    found: list[Stored],
    client_id: str,
) -> None:
    first, last = found[0].event, found[-1]
    if place is None:
        values = [getattr(head, name) for name in _HEAD]
        start = (walk, micros(first.at), micros(last.event.at), last.seq, last.hash)
        connection.execute(_BEGIN, (*start, first.actor, client_id, *values))
        return
    updated = max(place.updated, micros(last.event.at))
    # Its tree and its status mostly stay the same, and indexes hang on them: to set them would write
    # those anew.
    connection.execute(
        _MOVE, (updated, last.seq, last.hash, *(getattr(head, name) for name in _MOVED), walk)
    )
    if head.tree != place.tree or head.status != place.status:
        connection.execute(
            "UPDATE walks SET tree = ?, status = ? WHERE id = ?", (head.tree, head.status, walk)
        )


_BEGIN: Final = f"INSERT INTO walks ({', '.join(_ROW)}) VALUES ({', '.join('?' * len(_ROW))})"
_MOVE: Final = (
    "UPDATE walks SET updated = ?, seq = ?, hash = ?, "
    f"{', '.join(f'{name} = ?' for name in _MOVED)} WHERE id = ?"
)


def keep_events(connection: apsw.Connection, walk: str, found: Sequence[Stored]) -> None:
    for stored in found:
        row = (walk, stored.seq, bytes.fromhex(stored.hash), pack(stored.event).decode())
        connection.execute("INSERT INTO events VALUES (?, ?, ?, ?)", row)


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
