"""The one thread that writes the SQLite file (not a store).

What waits together is committed together, and what one job fails at is no matter of the others;
nobody hears before COMMIT has returned, with ``synchronous=FULL``. Where the disk fails, nobody of
that commit is acknowledged; the file is opened anew for the next.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from itertools import groupby
from typing import Any, Final

from engine.errors import StoreError
from engine.stores import sqlite_disk as disk
from engine.stores.rows import Grouped, alone
from engine.stores.sqlite_commit import File, Job, Waiting
from engine.stores.sqlite_file import told

MOST_TOGETHER: Final = 256  # appends in one commit, or as many as were handed over at once
MOST_WAITING: Final = 2_000
IDLE = 1.0  # seconds without work after which the log is folded into the file


class Writer:
    """Takes jobs from any loop, and gives what they gave once it is kept. ``free`` says how many
    bytes the disk of a file has left."""

    def __init__(self, path: str, free: disk.Free = disk.free) -> None:
        self.path = path
        self._free = free
        self._waiting: queue.SimpleQueue[list[Waiting] | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[Waiting]] = {}
        self._unsettled = 0
        self._ready = threading.Event()
        self._failed: Exception | None = None
        self._closed = False
        self.grouped: Grouped = alone
        self._thread = threading.Thread(target=self._write, name="fingerpost-write", daemon=True)

    def start(self) -> None:
        """Open the file, or make it. Raises StoreError."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed

    async def written(self, job: Job, *, grows: bool = True, scrubs: bool = False) -> Any:
        """What the job gave, once it is kept for good. ``grows``: it needs room on the disk.
        ``scrubs``: what it deletes must be gone from the file, not only from its tables. Raises
        what the job raises, StoreError."""
        if self._closed:
            raise StoreError(f"{self.path} is closed: open it again")
        if self._unsettled >= MOST_WAITING:
            raise StoreError("too many answers wait to be kept; try again in a moment")
        loop = asyncio.get_running_loop()
        waiting = Waiting(job, loop, grows, scrubs)
        gathered = self._gathered.get(loop)
        if gathered is None:
            self._gathered[loop] = [waiting]
            loop.call_soon(self._hand_over, loop)
        else:
            gathered.append(waiting)
        self._unsettled += 1
        try:
            return await waiting.future
        finally:
            self._unsettled -= 1

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """All that one turn of a loop brought, at once: to wake the writer for each would make it
        commit the first alone, and take turns with the loop for the rest."""
        gathered = self._gathered.pop(loop, None)
        if gathered:
            self._waiting.put(gathered)

    async def close(self) -> bool:
        """Finish what waits, then close. False where it was closed before."""
        if self._closed:
            return False
        self._closed = True
        for loop in list(self._gathered):
            self._hand_over(loop)
        self._waiting.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        return True

    # -- in the thread

    def _write(self) -> None:
        try:
            file = File(self.path, self._free)
        except Exception as failed:
            self._failed = told(failed, self.path)
            self._ready.set()
            return
        self._ready.set()
        while batch := self._next(file):
            file.commit(batch)
            self.grouped(len(batch))
            for loop, done in groupby(batch, lambda waiting: waiting.loop):
                _settle(loop, list(done))
        file.close()

    def _next(self, file: File) -> list[Waiting]:
        """Everything that waits, once something does; nothing at the end."""
        batch = self._first(file) or []
        while batch and len(batch) < MOST_TOGETHER:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._waiting.put(None)
                break
            batch += more
        return batch

    def _first(self, file: File) -> list[Waiting] | None:
        while True:
            try:
                return self._waiting.get(timeout=IDLE if file.unfolded else None)
            except queue.Empty:
                file.fold()


def _settle(loop: asyncio.AbstractEventLoop, done: list[Waiting]) -> None:
    """Tell all who wait in a loop, waking it once."""

    def tell() -> None:
        for waiting in done:
            waiting.settle()

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:  # the loop is closed: nobody waits any more, and what was kept is kept
        return
