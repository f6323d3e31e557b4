"""An append at 64 concurrent, against writing and syncing the same bytes to a file in the same
groups: as bare as it can be, and with a hand-over to a thread and back, which 64 callers that wait
for one file cannot do without."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from bench.measure import against, spell, table
from bench.record import driver, line
from bench.record.server import busy
from bench.record.walked import Moves, ids, moves
from engine.record import pack
from engine.stores import open_store

ROUNDS, WALKS, GOAL = 5, 4, 3.0


class File:
    """The floor: one thread writes what waits together, and syncs it."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.groups: list[int] = []
        self._waiting: queue.SimpleQueue[tuple[asyncio.Future[None], bytes] | None] = (
            queue.SimpleQueue()
        )
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self._loop = loop
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    async def append(self, data: bytes) -> None:
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.put((future, data))
        await future

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()
        os.close(self._file)

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            while not self._waiting.empty() and (more := self._waiting.get()) is not None:
                batch.append(more)
            os.write(self._file, b"".join([data for _, data in batch]))
            os.fdatasync(self._file)
            self.groups.append(len(batch))
            self._loop.call_soon_threadsafe(_told, [future for future, _ in batch])


def _told(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


def run(folder: Path) -> None:
    made = moves(line.library(folder / "trees"))
    driver.run(_measured(folder, made))


async def _measured(folder: Path, made: Moves) -> None:
    store = await open_store(f"sqlite:///{folder}/record.db")
    data = [pack(event) + b"x" * 32 for event in made.events]
    file = File(folder / "floor", asyncio.get_running_loop())
    groups: list[int] = []
    store.observed(groups.append)
    fresh = ids()

    async def ours() -> None:
        for _ in range(WALKS):
            await made.keep(store, next(fresh))

    async def floor() -> None:
        for _ in range(WALKS):
            for one in data:
                await file.append(one)

    work = {"ours": ours, "floor": floor}
    taken: dict[str, list[float]] = {name: [] for name in (*work, "bare")}
    for _ in range(ROUNDS):
        for name, one in work.items():
            taken[name].append(await _at_once(one) / (len(data) * WALKS))
        taken["bare"].append(_bare(folder / "bare", data, round(median(file.groups))))
    file.close()
    await store.close()
    _print(
        {name: median(found) for name, found in taken.items()}, median(file.groups), median(groups)
    )


async def _at_once(one: Callable[[], Awaitable[None]]) -> float:
    """Seconds of CPU of this process for one caller of 64."""
    begun = time.process_time()
    await asyncio.gather(*(one() for _ in range(driver.WALKERS)))
    return (time.process_time() - begun) / driver.WALKERS


def _bare(path: Path, data: list[bytes], group: int) -> float:
    """Seconds of CPU for one append, where nobody hands anything over."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    together = b"".join((data * group)[:group])
    begun = time.process_time()
    for _ in range(50):
        os.write(file, together)
        os.fdatasync(file)
    spent = time.process_time() - begun
    os.close(file)
    return spent / 50 / group


def _print(taken: dict[str, float], group: float, ours: float) -> None:
    rows = [
        (name, spell(seconds), f"{seconds / taken['floor']:.2f}", f"{seconds / taken['bare']:.2f}")
        for name, seconds in taken.items()
    ]
    head = ("", "CPU an append", "against a file", "against a file, bare")
    table(f"An append at {driver.WALKERS} concurrent, SQLite; groups of {ours:.0f}, of the file {group:.0f} ({busy()})", head, rows)  # fmt: skip
    print(f"  Against a file in the same groups {against(GOAL, taken['ours'] / taken['floor'])}")
