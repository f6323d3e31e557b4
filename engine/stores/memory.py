"""A store in memory: for tests, previews and practice. Gone with the process.

Its address is ``memory:``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from engine.errors import StoreError
from engine.model import Event
from engine.record import Stored
from engine.stores.memory_shelf import MemoryShelf
from engine.stores.rows import (
    ERASED_BODY,
    WAITING,
    Appended,
    Call,
    Duty,
    Grouped,
    Head,
    Held,
    Version,
    WalkRow,
    admitted,
    behind,
    cursor,
    micros,
)
from engine.stores.vault import Vault


class Memory:
    """The store interface over dicts; also the model that other stores are tested against."""

    def __init__(self, vault: Vault | None = None) -> None:
        self._vault = vault or Vault()
        self._keys: dict[str, bytes] = {}
        self._events: dict[str, list[Stored]] = {}
        self._rows: dict[str, WalkRow] = {}
        self._calls: dict[tuple[str, str], Call] = {}
        self._private: dict[str, dict[str, bytes]] = {}
        self._trees: dict[tuple[str, str], Version] = {}
        self._duties: dict[str, list[Duty]] = {}
        self.shelf = MemoryShelf()

    def observed(self, grouped: Grouped) -> None:
        """Nothing is kept together here."""

    async def append(
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
    ) -> Appended:
        body = self._vault.mark(body)
        row = self._rows.get(walk)
        call = self._call(walk, row, events, client_id) if client_id else None
        found = admitted(walk, row, call, events, after=after, client_id=client_id, body=body)
        if isinstance(found, Appended):
            return found
        self._keep_private(walk, private)
        last = found[-1]
        self._events.setdefault(walk, []).extend(found)
        if client_id:
            self._calls[walk, client_id] = Call(walk, last.seq, body)
        if row is None:
            first = found[0].event
            row = WalkRow(
                id=walk, head=head, started=first.at, updated=last.event.at, seq=last.seq,
                hash=last.hash, actor=first.actor, client_id=client_id,
            )  # fmt: skip
        updated = max(row.updated, last.event.at)
        self._rows[walk] = replace(row, head=head, updated=updated, seq=last.seq, hash=last.hash)
        if duties is not None:
            self._duties[walk] = list(duties)
        return Appended(last.seq)

    def _call(
        self, walk: str, row: WalkRow | None, events: Sequence[Event], client_id: str
    ) -> Call | None:
        if row is None and events:
            first = self._begun(events[0].actor, client_id)
            walk = walk if first is None else first.id
        return self._calls.get((walk, client_id))

    def _begun(self, actor: str, client_id: str) -> WalkRow | None:
        rows = self._rows.values()
        wanted = (actor, client_id)
        return next((r for r in rows if client_id and (r.actor, r.client_id) == wanted), None)

    def _keep_private(self, walk: str, private: Mapping[str, Any] | None) -> None:
        kept = self._private.get(walk, {})
        for ref in private or ():
            if ref in kept:
                raise StoreError(f"private values of this walk stand under {ref!r} already")
        if private:
            key, sealed = self._vault.seal(walk, self._keys.get(walk), private)
            self._keys[walk] = key
            self._private[walk] = kept | sealed

    async def events(self, walk: str, *, after: int = 0) -> list[Stored]:
        return self._events.get(walk, [])[max(after, 0) :]

    async def private(self, walk: str) -> Mapping[str, Any]:
        return self._vault.open(walk, self._keys.get(walk), self._private.get(walk, {}))

    async def walk(self, walk: str) -> WalkRow | None:
        return self._rows.get(walk)

    async def begun(self, actor: str, client_id: str) -> WalkRow | None:
        return self._begun(actor, client_id)

    async def walks(
        self, *, tree: str = "", status: str = "", actor: str = "", limit: int = 50,
        before: str = "",
    ) -> list[WalkRow]:  # fmt: skip
        end = cursor(before)
        rows = [
            row
            for row in self._rows.values()
            if (not tree or row.head.tree == tree)
            and (not status or _stands(row, status))
            and (not actor or row.actor == actor)
            and (micros(row.started), row.id) < end
        ]
        rows.sort(key=lambda row: (micros(row.started), row.id), reverse=True)
        return rows[:limit]

    async def duties(
        self, holders: Collection[str] | None = None, *, kinds: Collection[str] = (),
        walk: str = "", until: datetime | None = None, after: str = "", limit: int = 50,
    ) -> list[Held]:  # fmt: skip
        found = [
            Held(duty, self._rows[of])
            for of, duties in self._duties.items()
            for duty in duties
            if (holders is None or duty.holder in holders)
            and (not kinds or duty.kind in kinds)
            and (not walk or of == walk)
            and (until is None or duty.at <= until)
        ]
        found = sorted((h for h in found if _place(h) > behind(after)), key=_place)
        return found[:limit]

    async def counted(
        self, holders: Collection[str] | None = None, *, until: datetime | None = None
    ) -> Mapping[str, int]:
        return Counter(
            duty.kind
            for duties in self._duties.values()
            for duty in duties
            if (holders is None or duty.holder in holders) and (until is None or duty.at <= until)
        )

    async def charge(self, walk: str, duties: Sequence[Duty], *, after: int) -> bool:
        row = self._rows.get(walk)
        stands = row is not None and row.seq == after
        if stands:
            self._duties[walk] = list(duties)
        return stands

    async def all_events(self, *, tree: str = "") -> AsyncIterator[Stored]:
        for walk in sorted(self._events):
            if not tree or self._rows[walk].head.tree == tree:
                for stored in self._events[walk]:
                    yield stored

    async def keep_tree(self, logic: str, text: str, tree: str, source: str) -> None:
        self._trees.setdefault((logic, text), Version(logic, text, tree, source))

    async def tree(self, logic: str) -> str | None:
        kept = [version.source for version in self._trees.values() if version.logic == logic]
        return kept[-1] if kept else None

    async def versions(self) -> AsyncIterator[Version]:
        for version in list(self._trees.values()):
            yield version

    async def calls(self, walk: str) -> Mapping[str, Call]:
        return {client_id: call for (of, client_id), call in self._calls.items() if of == walk}

    async def erase(
        self, walk: str, *, at: datetime, by: str = "", before: datetime | None = None
    ) -> int:
        if not self._idle(walk, before):
            return 0
        self._keys.pop(walk, None)
        count = len(self._private.pop(walk, {}))
        if count:
            self._rows[walk] = replace(self._rows[walk], erased=at, erased_by=by)
            for name, call in self._calls.items():
                if name[0] == walk:
                    self._calls[name] = replace(call, body=ERASED_BODY)
        return count

    async def forget(self, walk: str, *, before: datetime | None = None) -> bool:
        if not self._idle(walk, before):
            return False
        for of, client_id in [call for call in self._calls if call[0] == walk]:
            del self._calls[of, client_id]
        for kept in (self._events, self._private, self._keys, self._duties):
            kept.pop(walk, None)
        return self._rows.pop(walk, None) is not None

    def _idle(self, walk: str, before: datetime | None) -> bool:
        row = self._rows.get(walk)
        return row is not None and (before is None or row.updated < before)

    async def aged(
        self,
        before: datetime,
        *,
        private: bool = False,
        tree: str = "",
        but: Collection[str] = (),
        limit: int = 500,
    ) -> list[str]:
        rows = sorted(self._rows.values(), key=lambda row: (micros(row.started), row.id))
        found = [
            row.id
            for row in rows
            if row.updated < before
            and (row.id in self._keys or not private)
            and (not tree or row.head.tree == tree)
            and row.head.tree not in but
        ]
        return found[:limit]

    async def rekey(self) -> int:
        found = {walk: self._vault.rewrapped(walk, key) for walk, key in self._keys.items()}
        changed = {walk: key for walk, key in found.items() if key is not None}
        self._keys.update(changed)
        return len(changed)

    async def close(self) -> None:
        return None


def _stands(row: WalkRow, status: str) -> bool:
    return row.head.status != "ended" if status == WAITING else row.head.status == status


def _place(held: Held) -> tuple[int, str, str]:
    return micros(held.duty.at), held.row.id, held.duty.key


async def open_(url: str, vault: Vault | None = None) -> Memory:
    return Memory(vault)
