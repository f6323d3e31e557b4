"""A power cut, over the product's own writer: the disk as it may be at any moment of a run.

While a store works, all that SQLite asks of the disk is written down. Meanwhile the process is
killed now and then, and the disk fails to sync, which may lose what it was to sync for good; every
call is made again until it is acknowledged. Then the power is cut after
any of those operations: what was synced is there; of the rest a random part is, in any order, and
any write of it may be torn at a sector of 512 bytes. The store is opened on that disk, and must have
all that had been acknowledged by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

from engine.errors import StoreError
from engine.record import broken
from engine.stores import Store, open_store
from tests.disks import Op, watched
from tests.store_urls import NOON, append, begun, said

SECTOR = 512
DYING = 1_000_000
Image = dict[str, bytes]


@dataclass
class Run:
    """What was asked of the disk, and what was acknowledged when: each is true of every crash
    after that many operations."""

    rng: Random
    ops: list[Op] = field(default_factory=list)
    kept: dict[tuple[str, int], int] = field(default_factory=dict)  # (walk, seq)
    erased: dict[str, int] = field(default_factory=dict)

    dies: int = -1  # before so many operations more, or syncs of the log (DYING); -1: not
    fails: int = 0  # times that the log cannot be synced from now on

    def note(self, op: Op) -> None:
        syncs = op.kind == "sync" and op.name.endswith("-wal")
        if self.dies == DYING and syncs:
            self.dies = 0
        if self.dies == 0:
            raise apsw.IOError("the process is dead")
        if op.name == "" or op.kind in ("open", "create", "read"):
            return
        self.dies -= 0 < self.dies < DYING
        if self.fails and syncs:
            self.fails -= 1
            self.ops.append(Op("failed", op.name))
            raise apsw.IOError("it could not be synced")
        self.ops.append(op)


def run(folder: Path, rounds: int, rng: Random) -> Run:
    """Walks that begin, move and lose their private values, some at once, some alone."""
    found = Run(rng)
    with watched(found.note):
        asyncio.run(_worked(found, f"sqlite:///{folder}/record.db", rounds))
    return found


async def _worked(found: Run, url: str, rounds: int) -> None:
    rng, store = found.rng, await open_store(url)
    stands = {f"w{n}": 0 for n in range(12)}
    for number in range(rounds):
        who = rng.sample(sorted(stands), rng.choice((1, 1, 2, 6, 12)))
        found.dies = rng.choice((DYING, rng.randrange(40))) if number % 10 == 5 else -1
        found.fails = rng.randrange(1, 6) if number % 10 == 9 else 0
        while left := await _moved(found, store, [(walk, stands[walk]) for walk in who]):
            who = [walk for walk in who if walk in left or stands.update({walk: stands[walk] + 1})]
            if found.dies == 0:  # another process goes on, and the same calls come again
                await store.close()
                found.dies = -1
                store = await open_store(url)
        found.dies, found.fails = -1, 0
        stands.update({walk: stands[walk] + 1 for walk in who})
        if number % 25 == 24:
            lost = rng.choice(sorted(stands))
            await store.erase(lost, at=NOON)
            found.erased[lost] = len(found.ops)
            del stands[lost]  # no further value of its is kept
            stands[f"w{number}new"] = 0
    await store.close()


async def _moved(found: Run, store: Store, moves: list[tuple[str, int]]) -> set[str]:
    """Make these moves at once; the walks whose move was not acknowledged."""

    async def moved(walk: str, seq: int) -> str:
        event = said(f"{seq} {'x' * (seq * 379 % 900)}") if seq else begun(walk)
        private = {f"r{seq}": {"name": walk}} if seq % 3 else {}
        try:
            await append(store, walk, event, after=seq, client_id=f"c{seq}", private=private)
        except StoreError:
            return walk
        found.kept[walk, seq + 1] = len(found.ops)
        return ""

    return set(await asyncio.gather(*(moved(*move) for move in moves))) - {""}


def images(
    ops: list[Op], points: set[int], rng: Random, before: Image | None = None
) -> Iterator[tuple[int, Image]]:
    """The disk as it may be after the power was cut at each of these points. ``before``: what was
    there, and synced."""
    synced = {name: bytearray(data) for name, data in (before or {}).items()}
    waiting: dict[str, list[Op]] = {}
    for done in range(len(ops) + 1):
        if done in points:
            yield done, _cut(synced, waiting, rng)
        if done < len(ops):
            _take(ops[done], synced, waiting, rng)


def _take(op: Op, synced: dict[str, bytearray], waiting: dict[str, list[Op]], rng: Random) -> None:
    waiting.setdefault(op.name, [])
    if op.kind == "failed":  # the system holds it for clean now, and never writes it
        share = rng.choice((0.0, 0.5, 1.0))
        waiting[op.name] = [earlier for earlier in waiting[op.name] if rng.random() < share]
    elif op.kind == "sync":
        for earlier in waiting.pop(op.name):
            _apply(earlier, synced)
    else:
        waiting[op.name].append(op)
    for ops in waiting.values() if op.lasting else ():
        while any(earlier.kind == "delete" for earlier in ops):
            _apply(ops.pop(0), synced)


def _cut(synced: dict[str, bytearray], waiting: dict[str, list[Op]], rng: Random) -> Image:
    disk = {name: bytearray(data) for name, data in synced.items()}
    share = rng.choice((0.0, 0.1, 0.5, 0.9, 1.0))
    for ops in waiting.values():
        for op in ops:
            if rng.random() < share:
                _apply(_torn(op, rng), disk)
            elif op.kind == "delete":
                break  # what follows went into another file of that name, which is not there
    return {name: bytes(data) for name, data in disk.items()}


def _torn(op: Op, rng: Random) -> Op:
    """Perhaps a part of a write only, as far as or from a sector on."""
    if op.kind != "write" or len(op.data) <= SECTOR or rng.random() < 0.7:
        return op
    at = SECTOR * rng.randrange(1, (len(op.data) - 1) // SECTOR + 1)
    if rng.random() < 0.5:
        return Op("write", op.name, op.offset, op.data[:at])
    return Op("write", op.name, op.offset + at, op.data[at:])


def _apply(op: Op, disk: dict[str, bytearray]) -> None:
    if op.kind == "delete":
        disk.pop(op.name, None)
        return
    data = disk.setdefault(op.name, bytearray())
    if op.kind == "truncate":
        del data[op.offset :]
        return
    if len(data) < op.offset:
        data.extend(bytes(op.offset - len(data)))
    data[op.offset : op.offset + len(op.data)] = op.data


def lost(found: Run, done: int, image: Image, folder: Path) -> list[str]:
    """What the store lacks on this disk of what it had acknowledged by then, and what is wrong."""
    folder.mkdir()
    for name, data in image.items():
        (folder / name).write_bytes(data)

    async def work() -> list[str]:
        try:
            store = await open_store(f"sqlite:///{folder}/record.db")
        except StoreError as wrong:
            return [f"everything: {wrong}"]
        try:
            return [words async for words in _missing(store, found, done)]
        except StoreError as wrong:
            return [f"something: {wrong}"]
        finally:
            await store.close()

    return asyncio.run(work())


async def _missing(store: Store, found: Run, done: int):  # type: ignore[no-untyped-def]
    rows = {row.id: row for row in await store.walks(limit=10_000)}
    for walk, seq in (key for key, at in found.kept.items() if at <= done):
        if walk not in rows or rows[walk].seq < seq:
            yield f"event {seq} of {walk}"
    for walk, row in rows.items():
        events = await store.events(walk)
        wrong = broken(walk, events, (row.seq, row.hash))
        if wrong:
            yield wrong
        if found.erased.get(walk, done + 1) <= done and await store.private(walk):
            yield f"{walk} has its private values again"
