"""Whether a record is whole: each walk's chain, its row, and the walk that its events give.

A break is found where it begins: one for each walk. What cannot show is a walk that was removed with
all its rows: a copy of the record, or an export of an earlier day, has it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.duties import duties
from engine.errors import Altered, Fault, FingerpostError, NotThere
from engine.model import Migrated, Noun, Started, Tree, Walk
from engine.record import Stored, first_break
from engine.replay import replay
from engine.stores import Duty, Head, Store, WalkRow
from engine.stores.vault import Broken, Locked
from engine.versions import rebuilt
from web.desk import head

_TRIES: Final = 5  # to read a walk between two of its moves
_MOST_VERSIONS: Final = 100
_PAGE: Final = 500


class Break(Noun, frozen=True):
    """Where a walk breaks first. ``event`` is 0 where it is the row about the walk, or all of it."""

    walk: str
    event: int
    what: str

    def __str__(self) -> str:
        event = f"event {self.event} " if self.event else ""
        return f"walk {self.walk}: {event}{self.what}"


async def rows(store: Store) -> AsyncIterator[WalkRow]:
    """Every walk of a store, the latest started first."""
    before = ""
    while page := await store.walks(limit=_PAGE, before=before):
        for row in page:
            yield row
        before = page[-1].cursor


@dataclass
class Proof:
    """Counts what was looked at. ``unplayed`` are walks of which a version of the tree is not
    there, or can be built no more, or whose private values are locked: what their chain and row
    say was looked at, and no more; with ``replays`` false, of all walks."""

    store: Store
    replays: bool = True
    walks: int = 0
    events: int = 0
    unplayed: int = 0
    _versions: OrderedDict[str, Tree | None] = field(default_factory=OrderedDict)

    async def breaks(self) -> AsyncIterator[Break | None]:
        """What is wrong with each walk, None where nothing is."""
        async for row in rows(self.store):
            yield await self.of(row)

    async def of(self, row: WalkRow) -> Break | None:
        self.walks += 1
        try:
            row, log = await self._read(row)
        except Altered as wrong:
            return Break(row.id, wrong.event, "is no event: it was altered")
        self.events += len(log)
        found = first_break(row.id, log, (row.seq, row.hash))
        if found:
            return Break(row.id, *found)
        words = _row_differs(row, log)
        if words or not self.replays:
            return Break(row.id, 0, words) if words else None
        return await self._replayed(row, log)

    async def _read(self, row: WalkRow) -> tuple[WalkRow, Sequence[Stored]]:
        """A walk and its events as they were at one moment: it may be moved meanwhile."""
        log = await self.store.events(row.id)
        for _ in range(_TRIES):
            now = await self.store.walk(row.id) or row
            if now.seq == len(log):
                return now, log
            row, log = now, await self.store.events(row.id)
        return row, log

    async def _replayed(self, row: WalkRow, log: Sequence[Stored]) -> Break | None:
        found = await self.walked(row, log)
        if found is None or isinstance(found, Break):
            return found
        tree, walk = found
        given = head(tree, walk)
        if given != row.head:
            return Break(row.id, 0, _heads_differ(row.head, given))
        return await self._waits(row, duties(tree, walk, row.actor))

    async def walked(
        self, row: WalkRow, log: Sequence[Stored]
    ) -> tuple[Tree, Walk] | Break | None:
        """The walk that its events give, and its tree; None where that cannot be had here."""
        events = [stored.event for stored in log]
        logics = {event.logic for event in events if isinstance(event, Started | Migrated)}
        trees = {logic: await self._version(logic) for logic in logics}
        known = {logic: tree for logic, tree in trees.items() if tree is not None}
        if len(known) < len(trees):
            self.unplayed += 1
            return None
        try:
            private = await self.store.private(row.id)
        except Locked:
            self.unplayed += 1
            return None
        except Broken:
            return Break(row.id, 0, "its private values are not as they were sealed")
        try:
            walk = replay(known, row.id, events, private)
        except Fault as wrong:
            words = str(wrong).removeprefix(f"event {wrong.event} of walk {row.id} ")
            return Break(row.id, wrong.event, words)
        except NotThere:
            self.unplayed += 1
            return None
        return known[walk_logic(events)], walk

    async def relisted(self) -> AsyncIterator[bool]:
        """Lists anew what waits because of each walk; whether something was listed otherwise."""
        async for row in rows(self.store):
            self.walks += 1
            changed = False
            for _ in range(_TRIES):
                now, log = await self._read(row)
                found = await self.walked(now, log)
                if found is None or isinstance(found, Break):
                    break
                given = duties(*found, now.actor)
                if await self._waits(now, given) is None:
                    break
                changed = await self.store.charge(now.id, given, after=now.seq)
                if changed:
                    break
            yield changed

    async def _waits(self, row: WalkRow, given: list[Duty]) -> Break | None:
        """Whether what is listed as waiting because of a walk does."""
        listed = await self.store.duties(walk=row.id, limit=len(given) + 1)
        kept = {held.duty.key: held.duty for held in listed}
        if kept == {duty.key: duty for duty in given}:
            return None
        now = await self.store.walk(row.id)
        if now is not None and now.seq != row.seq:
            return None  # it was moved meanwhile
        return Break(
            row.id,
            0,
            "waits for somebody otherwise than is listed: `fingerpost store queues` lists it anew",
        )

    async def _version(self, logic: str) -> Tree | None:
        if logic not in self._versions:
            files = await self.store.tree(logic)
            self._versions[logic] = await asyncio.to_thread(_built, files, logic)
            while len(self._versions) > _MOST_VERSIONS:
                self._versions.popitem(last=False)
        return self._versions[logic]


def walk_logic(events: Sequence[object]) -> str:
    """The version that a walk is on after these events."""
    logic = ""
    for event in events:
        if isinstance(event, Started):
            logic = event.logic
        elif isinstance(event, Migrated):
            logic = event.new
    return logic


def _built(files: str | None, logic: str) -> Tree | None:
    try:
        return None if files is None else rebuilt(files, logic)
    except (FingerpostError, ValueError):
        return None


def _row_differs(row: WalkRow, log: Sequence[Stored]) -> str:
    """What the row about a walk says otherwise than its events; "" for nothing."""
    if not log:
        return "has a row and no event"
    first = log[0].event
    said = {"it began": (row.started, first.at), "who began it": (row.actor, first.actor)}
    for what, (kept, given) in said.items():
        if kept != given:
            return f"the row says {what}: {kept}; its events say {given}"
    if not log[-1].event.at <= row.updated <= max(stored.event.at for stored in log):
        return (
            f"the row says it was moved last at {row.updated}; its events say {log[-1].event.at}"
        )
    return ""


def _heads_differ(kept: Head, given: Head) -> str:
    for name in Head.__struct_fields__:
        is_, gives = getattr(kept, name), getattr(given, name)
        if is_ != gives:
            return f"the row says {name} {is_!r}; its events give {gives!r}"
    return ""
