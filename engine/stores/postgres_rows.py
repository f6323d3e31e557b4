"""Rows of the PostgreSQL store to values and back (not a store)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from engine.errors import Altered
from engine.model import Event
from engine.record import Stored, born, genesis, unpack
from engine.stores.rows import Head, WalkRow, micros, moment

_HEAD: Final = (
    "tree", "logic", "status", "node", "disposition", "audience", "channel", "language",
    "reference",
)  # fmt: skip
_MOVES: Final = ("updated", "seq", "hash", *_HEAD)  # what a move changes in a walk's row
_ROW: Final = ("id", "started", "actor", "client_id", *_MOVES)
_TYPES: Final = {"started": "bigint", "updated": "bigint", "seq": "integer", "hash": "bytea"}
SELECT: Final = f"SELECT {', '.join((*_ROW, 'erased', 'erased_by'))} FROM walks"
COLUMNS: Final = tuple(f"w.{name}" for name in (*_ROW, "erased", "erased_by"))  # what row_of reads


def _arrays(names: Sequence[str], first: int = 1) -> str:
    """``$1::text[], ..``: the columns of many rows, each as an array."""
    types = (_TYPES.get(name, "text") for name in names)
    return ", ".join(f"${n}::{type}[]" for n, type in enumerate(types, first))


NEW_WALKS: Final = (
    f"INSERT INTO walks (born, {', '.join(_ROW)}) "
    f"SELECT * FROM unnest($1::integer[], {_arrays(_ROW, 2)}) ON CONFLICT DO NOTHING"
)
_MOVED: Final = (
    f"UPDATE walks AS w SET {', '.join(f'{name} = u.{name}' for name in _MOVES)} "
    f"FROM unnest($2::text[], $3::integer[], $4::bytea[], {_arrays(_MOVES, 5)}) "
    f"AS u (id, stood, stood_hash, {', '.join(_MOVES)}) "
    "WHERE w.born = $1 AND w.id = u.id AND w.seq = u.stood AND w.hash = u.stood_hash"
)
MOVED_WALKS: Final = _MOVED
_EVENT: Final = ("walk", "seq", "hash", "event", "client_id", "body")
_NEW_EVENTS: Final = "INSERT INTO events (born, walk, seq, hash, event, client_id, body) "
NEW_EVENTS: Final = (
    f"{_NEW_EVENTS} SELECT * FROM unnest($1::integer[], {_arrays(_EVENT, 2)}) "
    "ON CONFLICT DO NOTHING"
)
# All of a usual batch in one statement, which is a transaction of its own: one way there and back
# instead of four. Where another worker was quicker, it divides by nothing, and so leaves nothing.
AT_ONCE: Final = (
    f"/* a batch that lost a race divides by zero */ WITH w AS ({_MOVED} RETURNING 1), "
    f"e AS ({_NEW_EVENTS} SELECT $1, u.* FROM unnest({_arrays(_EVENT, 5 + len(_MOVES))}) AS u) "
    "SELECT 1 / ((SELECT count(*) FROM w) = cardinality($2::text[]))::integer"
)
NEW_STARTS: Final = (
    "INSERT INTO starts (client_id, actor, born, walk, seq, body) SELECT * FROM unnest("
    "$1::text[], $2::text[], $3::integer[], $4::text[], $5::integer[], $6::text[]) "
    "ON CONFLICT DO NOTHING"
)
NEW_PRIVATE: Final = (
    "INSERT INTO private (born, walk, ref, value) SELECT * FROM unnest("
    "$1::integer[], $2::text[], $3::text[], $4::bytea[]) ON CONFLICT DO NOTHING"
)
NEW_KEYS: Final = (
    "INSERT INTO keys (born, walk, key) "
    "SELECT * FROM unnest($1::integer[], $2::text[], $3::bytea[]) ON CONFLICT DO NOTHING"
)
# Changes nothing, and holds the keys until the end: whoever erases them comes before or after.
HELD_KEYS: Final = (
    "UPDATE keys AS k SET key = u.key FROM unnest($2::text[], $3::bytea[]) AS u (walk, key) "
    "WHERE k.born = $1 AND k.walk = u.walk AND k.key = u.key"
)
PRIVATE: Final = (
    "SELECT p.ref, p.value, k.key FROM private p LEFT JOIN keys k "
    "ON k.born = p.born AND k.walk = p.walk WHERE p.born = $1 AND p.walk = $2"
)
KEYS: Final = "SELECT walk, key FROM keys WHERE born = $1 AND walk = ANY($2::text[])"
CALLS: Final = (
    "SELECT e.walk, e.client_id, e.seq, e.body FROM events e "
    "JOIN unnest($2::text[], $3::text[]) AS u (walk, client_id) "
    "ON e.walk = u.walk AND e.client_id = u.client_id WHERE e.born = $1"
)
SENT: Final = (
    "SELECT e.walk, e.seq, e.hash, e.client_id FROM events e "
    "JOIN unnest($2::text[], $3::integer[]) AS u (walk, seq) "
    "ON e.walk = u.walk AND e.seq = u.seq WHERE e.born = $1"
)
STARTS: Final = (
    "SELECT s.actor, s.client_id, s.walk, s.seq, s.body FROM starts s "
    "JOIN unnest($1::text[], $2::text[]) AS u (actor, client_id) "
    "ON s.client_id = u.client_id AND s.actor = u.actor"
)
REFS: Final = "SELECT walk, ref FROM private WHERE born = $1 AND walk = ANY($2::text[])"
EVENTS: Final = (
    "SELECT seq, hash, event FROM events WHERE born = $1 AND walk = $2 AND seq >= $3 ORDER BY seq"
)


def row_of(row: Iterable[Any]) -> WalkRow:
    values = dict(zip((*_ROW, "erased", "erased_by"), row, strict=True))
    head = Head(**{name: values.pop(name) for name in _HEAD})
    started, updated = moment(values.pop("started")), moment(values.pop("updated"))
    hash, erased = values.pop("hash").hex(), values.pop("erased")
    return WalkRow(
        head=head, started=started, updated=updated, hash=hash,
        erased=None if erased is None else moment(erased), **values,
    )  # fmt: skip


def new_walks(rows: Iterable[WalkRow]) -> list[list[Any]]:
    """The arguments of NEW_WALKS."""
    found = (
        [born(row.id), row.id, micros(row.started), row.actor, row.client_id, *_moves(row)]
        for row in rows
    )
    return [list(column) for column in zip(*found, strict=True)]


def moved_walks(rows: Iterable[tuple[WalkRow, WalkRow]]) -> list[list[Any]]:
    """The arguments of MOVED_WALKS behind the month: each row as it stood, and as it stands."""
    found = ([new.id, old.seq, bytes.fromhex(old.hash), *_moves(new)] for old, new in rows)
    return [list(column) for column in zip(*found, strict=True)]


def _moves(row: WalkRow) -> list[Any]:
    head = row.head
    return [
        micros(row.updated), row.seq, bytes.fromhex(row.hash), head.tree, head.logic, head.status,
        head.node, head.disposition, head.audience, head.channel, head.language, head.reference,
    ]  # fmt: skip


def events_of(walk: str, rows: Iterable[Any], after: int) -> list[Stored]:
    """A walk's events behind event ``after``, from rows that begin with that event."""
    found: list[Stored] = []
    prev = genesis(walk)
    for seq, hash, event in rows:
        if seq > after:
            found.append(Stored(walk, seq, prev, hash.hex(), unpacked(walk, seq, event)))
        prev = hash.hex()
    return found


def unpacked(walk: str, seq: int, event: str) -> Event:
    try:
        return unpack(event)
    except msgspec.MsgspecError as wrong:
        raise Altered(walk, seq) from wrong
