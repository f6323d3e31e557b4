"""Appends on their way into PostgreSQL, and how they are judged together (not a store).

What is known of a walk from its last append here is enough to judge the next one: where another
worker moved the walk meanwhile, the row that is to be changed is not the one that was known, or an
event of that number is there; then the whole batch is taken back and judged again by what the
server has. So the usual batch reads nothing. A refusal is never given by memory alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from engine.errors import FingerpostError, StoreError
from engine.model import Event
from engine.record import Stored, born
from engine.stores.rows import Appended, Call, Duty, Head, WalkRow, admitted
from engine.stores.vault import Vault

MOST_KNOWN: Final = 4_096  # rows of walks


class Move:
    """One append on its way, and what came of it."""

    def __init__(
        self,
        walk: str,
        events: Sequence[Event],
        *,
        after: int,
        head: Head,
        client_id: str = "",
        body: str = "",
        private: Mapping[str, Any] | None = None,
        duties: Sequence[Duty] | None = None,
    ) -> None:
        self.duties = duties
        self.walk, self.events, self.after, self.head = walk, events, after, head
        self.client_id, self.body, self.private = client_id, body, private or {}
        self.born = born(walk)
        self.fresh = False  # to be judged by what the server has
        self.sent: list[Stored] = []  # what a COMMIT held that nobody answered
        self.outcome: Appended | FingerpostError | None = None

    @property
    def begins(self) -> tuple[str, str]:
        """The start that this is, if its walk is new."""
        return (self.events[0].actor if self.events else "", self.client_id)


class Known:
    """The rows of walks that were moved here lately; and whether the server takes a whole batch
    in one statement."""

    def __init__(self) -> None:
        self.at_once = True
        self._rows: OrderedDict[str, WalkRow] = OrderedDict()

    def get(self, walk: str) -> WalkRow | None:
        return self._rows.get(walk)

    def put(self, row: WalkRow) -> None:
        self._rows[row.id] = row
        self._rows.move_to_end(row.id)
        while len(self._rows) > MOST_KNOWN:
            self._rows.popitem(last=False)

    def forget(self, walks: Iterable[str]) -> None:
        for walk in walks:
            self._rows.pop(walk, None)

    def suffices(self, move: Move) -> bool:
        row = self._rows.get(move.walk)
        if move.fresh or (row and move.private):  # then the walk's key is to be read
            return False
        return move.after == (row.seq if row else 0)


class Judged:
    """What the batch stands on: rows and calls as they were read, and as its own moves made them."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.before: dict[str, WalkRow | None] = {}
        self.rows: dict[str, WalkRow | None] = {}
        self.calls: dict[tuple[str, str], Call] = {}
        self.starts: dict[tuple[str, str], Call] = {}
        self.refs: set[tuple[str, str]] = set()
        self.there: dict[tuple[str, int], tuple[str, str]] = {}  # hash, client_id
        self.keys: dict[str, bytes] = {}
        self.new_keys: set[str] = set()
        self.held: set[str] = set()  # walks whose key is used again
        self.kept: list[tuple[Move, list[Stored], dict[str, bytes]]] = []
        self.begun: list[Move] = []
        self.found = False  # something that is to be acknowledged was there before

    def new(self) -> list[WalkRow]:
        """Walks that begin."""
        walks = sorted({move.walk for move, _, _ in self.kept})
        return [row for walk in walks if not self.before[walk] and (row := self.rows[walk])]

    def moved(self) -> list[tuple[WalkRow, WalkRow]]:
        """Walks that go on: each as it stood, and as it stands."""
        walks = sorted({move.walk for move, _, _ in self.kept})
        return [
            (old, row) for walk in walks if (old := self.before[walk]) and (row := self.rows[walk])
        ]

    @property
    def usual(self) -> bool:
        """Whether all that is kept are moves of walks of one month, without private values, and
        nothing else waits for anybody after them."""
        month = self.kept[0][0].born
        return all(
            self.before[move.walk] and move.born == month and not sealed and move.duties is None
            for move, _, sealed in self.kept
        )


def judge(move: Move, judged: Judged, read: bool) -> Appended | FingerpostError | None:
    """What is to be said of a move. None where that must be read first."""
    if move.sent:
        last = move.sent[-1]
        if judged.there.get((move.walk, last.seq)) == (last.hash, move.client_id):
            judged.found = True
            return Appended(last.seq)  # the COMMIT that nobody answered was done
    row = judged.rows[move.walk]
    call = None
    if move.client_id:
        call = judged.calls.get((move.walk, move.client_id))
        if row is None:
            call = judged.starts.get(move.begins)
    try:
        found = admitted(
            move.walk, row, call, move.events,
            after=move.after, client_id=move.client_id, body=move.body,
        )  # fmt: skip
        if isinstance(found, Appended):
            judged.found = True
            return found
        sealed = _sealed(move, judged)
    except FingerpostError as refused:
        move.fresh = True
        return refused if read else None
    _note(move, found, sealed, judged)
    return Appended(found[-1].seq)


def _sealed(move: Move, judged: Judged) -> dict[str, bytes]:
    if not move.private:
        return {}
    for ref in move.private:
        if (move.walk, ref) in judged.refs:
            raise StoreError(f"private values of this walk stand under {ref!r} already")
    key = judged.keys.get(move.walk)
    judged.keys[move.walk], sealed = judged.vault.seal(move.walk, key, move.private)
    (judged.new_keys if key is None else judged.held).add(move.walk)
    return sealed


def _note(move: Move, found: list[Stored], sealed: dict[str, bytes], judged: Judged) -> None:
    """An admitted move, for those behind it in the batch."""
    row, first, last = judged.rows[move.walk], found[0].event, found[-1]
    if row is None:
        row = WalkRow(
            id=move.walk, head=move.head, started=first.at, updated=last.event.at, seq=last.seq,
            hash=last.hash, actor=first.actor, client_id=move.client_id,
        )  # fmt: skip
        if move.client_id:
            judged.begun.append(move)
            judged.starts[move.begins] = Call(move.walk, last.seq, move.body)
    judged.rows[move.walk] = replace(
        row, head=move.head, updated=max(row.updated, last.event.at), seq=last.seq, hash=last.hash
    )
    if move.client_id:
        judged.calls[move.walk, move.client_id] = Call(move.walk, last.seq, move.body)
    judged.refs.update((move.walk, ref) for ref in sealed)
    judged.kept.append((move, found, sealed))
