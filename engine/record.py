"""An event as it is kept: one spelling for stores, exports and the API, and the chain of hashes.

Canonical JSON is RFC 8785 (JCS): our keys are ASCII, our numbers are integers below 2**53 (decimals
travel as strings), so sorting keys and writing without blanks is all that it asks; a test holds it
against an implementation that is not ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from engine.model import AnyEvent, Event, Noun

_DECODER = msgspec.json.Decoder(AnyEvent)
_ID = re.compile(r"w([0-9]{2})(0[1-9]|1[0-2])[A-Za-z0-9_-]{24}\Z")


class Stored(Noun, frozen=True):
    """An event in its place: ``seq`` counts from 1 without a gap, ``prev`` is the hash of the
    event before (of the walk's id for the first), ``hash`` this one's. In hex."""

    walk: str
    seq: int
    prev: str
    hash: str
    event: Event


def walk_id(at: datetime, token: str) -> str:
    """The id of a walk that begins now: it fixes the month in which a store keeps it, and the minute,
    so that walks of one time lie together however many there are. It begins with a letter: on a
    command line - begins an option, in a spreadsheet a formula. ``token`` is of 21 characters at
    least.

    >>> walk_id(datetime(2026, 11, 25, 4, 15), "x" * 24)
    'w2611qv3xxxxxxxxxxxxxxxxxxxxx'
    """
    minutes = ((at.day - 1) * 24 + at.hour) * 60 + at.minute
    high, low = divmod(minutes, 36)
    first, second = divmod(high, 36)
    return f"w{at:%y%m}{_DIGITS[first]}{_DIGITS[second]}{_DIGITS[low]}{token[:21]}"


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def born(walk: str) -> int:
    """The month in which a walk began, by its id alone; 0 for the ids of older records.

    >>> born("w2611" + "x" * 24), born("w" + "x" * 24), born("w2613" + "x" * 24)
    (202611, 0, 0)
    """
    found = _ID.match(walk)
    return 200_000 + 100 * int(found[1]) + int(found[2]) if found else 0


def canonical(value: Any) -> bytes:
    """The value as canonical JSON (RFC 8785). Raises ValueError for what JSON has no word for."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def pack(event: Event) -> bytes:
    """An event as compact JSON. A move's `steps` are what takes room; defaults are left out."""
    return msgspec.json.encode(event, order="sorted")


def unpack(packed: bytes | str) -> Event:
    """The event that was packed. Raises msgspec.ValidationError."""
    found: Event = _DECODER.decode(packed)
    return found


def genesis(walk: str) -> str:
    """The ``prev`` of a walk's first event."""
    return sha256(walk.encode()).hexdigest()


def link(prev: str, seq: int, packed: bytes) -> str:
    """The hash of an event: over the hash of the one before, its number, and itself."""
    return sha256(f"{prev} {seq} ".encode() + packed).hexdigest()


def chain(walk: str, events: Iterable[Event], *, after: int, prev: str) -> list[Stored]:
    """Events in their place behind event ``after``, whose hash is ``prev``."""
    found = []
    for seq, event in enumerate(events, after + 1):
        hash = link(prev, seq, pack(event))
        found.append(Stored(walk, seq, prev, hash, event))
        prev = hash
    return found


def broken(
    walk: str,
    events: Iterable[Stored],
    last: tuple[int, str] | None = None,
    since: tuple[int, str] | None = None,
) -> str:
    """What is wrong with a walk's chain, at its first break; "" where it is whole. ``last``: the
    number and hash that its last event must have, so that a lost end shows too; ``since``: those of
    the event that these come behind, where they are not all."""
    found = first_break(walk, events, last, since)
    return f"walk {walk}: event {found[0]} {found[1]}" if found else ""


def first_break(
    walk: str,
    events: Iterable[Stored],
    last: tuple[int, str] | None = None,
    since: tuple[int, str] | None = None,
) -> tuple[int, str] | None:
    """The number of the event at which a walk's chain breaks first, and what is wrong with it."""
    before, prev = since or (0, genesis(walk))
    seq = before
    for seq, stored in enumerate(events, before + 1):
        if stored.seq != seq:
            return seq, "is missing"
        if stored.prev != prev:
            return seq, "does not follow from the one before it"
        if link(prev, seq, pack(stored.event)) != stored.hash:
            return seq, "was altered"
        prev = stored.hash
    if last is not None and seq < last[0]:
        return seq + 1, "is missing"
    if last is not None and (seq, prev) != last:
        return seq, "is not the one that was kept last"
    return None


def as_json(stored: Stored) -> dict[str, Any]:
    """An event as the API and the exports show it."""
    data: dict[str, Any] = msgspec.to_builtins(stored.event)
    first = {
        "seq": stored.seq,
        "at": data.pop("at"),
        "type": data.pop("type"),
        "actor": data.pop("actor", ""),
        "client_id": data.pop("client_id", ""),
        "prev": stored.prev,
    }
    return first | data
