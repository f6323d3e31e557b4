"""What a store keeps beside the events (not a store)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from engine.errors import ClientIdReused, Conflict, StoreError
from engine.model import Event, Noun
from engine.record import Stored, chain, genesis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Grouped = Callable[[int], None]  # told of each commit how much it keeps together


def alone(count: int) -> None:
    """Nobody wants to know."""


class Head(Noun, frozen=True, kw_only=True):
    """Where a walk stands after a move: a projection that replay could make anew."""

    tree: str
    logic: str
    status: str  # asking, pending, ended
    node: str
    disposition: str = ""
    audience: str = ""
    channel: str = ""
    language: str = ""
    reference: str = ""


class WalkRow(Noun, frozen=True, kw_only=True):
    """A walk as it is listed. ``cursor`` is for the next page."""

    id: str
    head: Head
    started: datetime
    updated: datetime
    seq: int
    hash: str  # of its last event
    actor: str
    client_id: str
    erased: datetime | None = None  # when private values of it were last erased,
    erased_by: str = ""  # and by whom

    @property
    def cursor(self) -> str:
        return f"{micros(self.started)}.{self.id}"


class Appended(Noun, frozen=True):
    """The number of a walk's last event after an append. ``repeated``: the call had come before;
    then ``walk`` is the walk that it went to, which is another where it was to begin one."""

    seq: int
    repeated: bool = False
    walk: str = ""


# Where the private values of a walk were erased, the digests of its calls are too: from a digest
# somebody could find out what was said by trying. A call that comes again then is taken as the same.
ERASED_BODY: Final = "-"


class Place(Noun, frozen=True):
    """Where a walk stands, as far as an append has to know: its last event and that one's hash, its
    tree, when it was moved last (microseconds), and its status."""

    seq: int
    hash: str
    tree: str
    updated: int
    status: str


class Call(Noun, frozen=True):
    """What a client_id did before: in which walk, up to which event, with which body."""

    walk: str
    seq: int
    body: str


class Version(Noun, frozen=True):
    """A version of a tree as it was kept: its two hashes, its id, and what it was made from."""

    logic: str
    text: str
    tree: str
    source: str


class Duty(Noun, frozen=True, kw_only=True):
    """What waits for somebody because of a walk. A projection that replay could make anew.

    ``key`` names it in its walk; ``kind`` is one of ``KINDS``; ``holder`` for whom it waits:
    ``team:ID`` or ``person:ID``. ``at``: when it wants him: when it is ``due``, else ``since`` when
    it waits; ``day``: it is due on that day, at no hour. ``by``: who left it to him.
    """

    key: str
    kind: str
    holder: str
    at: datetime
    since: datetime
    due: bool = False
    day: bool = False
    why: str = ""
    by: str = ""


# A walk handed over, and taken by somebody who did not begin it; parked; waiting for a team's action;
# ended with a team; a promise.
KINDS: Final = ("handed", "taken", "parked", "action", "ended", "promise")
WAITING: Final = "waiting"  # asked for as a status: every walk that has not ended


class Held(Noun, frozen=True):
    """A duty as it is listed, and the row of its walk. ``cursor`` is for the next page."""

    duty: Duty
    row: WalkRow

    @property
    def cursor(self) -> str:
        return f"{micros(self.duty.at)}.{self.row.id}.{self.duty.key}"


def behind(cursor: str) -> tuple[int, str, str]:
    """When, which walk and which key a cursor of duties names; before everything for "" and for
    what is none."""
    at, _, rest = cursor.partition(".")
    walk, _, key = rest.partition(".")
    return (
        (int(at), walk, key)
        if at.removeprefix("-").isdecimal() and len(at) < 19
        else (-(2**62), "", "")
    )


def micros(at: datetime) -> int:
    """Microseconds since 1970, UTC: alike in every store."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def cursor(text: str) -> tuple[int, str]:
    """The start and id in a cursor; beyond everything for "" and for what is none."""
    at, _, id = text.partition(".")
    return (int(at), id) if at.isdigit() else (2**62, "")


def admitted(
    walk: str,
    row: WalkRow | Place | None,
    call: Call | None,
    events: Sequence[Event],
    *,
    after: int,
    client_id: str,
    body: str,
) -> Appended | list[Stored]:
    """The rule of every append: what is to be written, or the first answer to a repeated call.

    ``call`` is what the same client_id did before: in this walk or, where this one is new, in the
    walk that the same actor began with it. Raises ClientIdReused, Conflict.
    """
    if call is not None:
        if call.body not in (body, ERASED_BODY):
            raise ClientIdReused(client_id)
        return Appended(call.seq, repeated=True, walk=call.walk)
    stands = row.seq if row else 0
    if not events:
        return Appended(stands)  # a caller that only asks whether its call came before
    if stands != after:
        raise Conflict(walk, after, stands)
    try:
        return chain(walk, events, after=after, prev=row.hash if row else genesis(walk))
    except (TypeError, ValueError, OverflowError, RecursionError) as wrong:
        raise StoreError(f"this cannot be written down: {wrong}") from None
