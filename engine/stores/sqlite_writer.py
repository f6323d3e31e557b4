"""The one thread that writes the SQLite file (not a store).

What waits together is committed together, and what one job fails at is no matter of the others;
nobody hears before COMMIT has returned, with ``synchronous=FULL``. Where the disk fails, nobody of that commit is
acknowledged; the file is opened anew for the next.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import apsw

from engine.errors import FingerpostError, StoreError
from engine.stores import sqlite_disk as disk
from engine.stores import sqlite_file
from engine.stores.rows import Grouped, alone
from engine.stores.sqlite_file import connect, told

Job = Callable[[apsw.Connection], Any]
MOST_TOGETHER: Final = 256  # appends in one commit
MOST_WAITING: Final = 2_000
IDLE = 1.0  # seconds without work after which the log is folded into the file


class Writer:
    """Takes jobs from any loop, and gives what they gave once it is kept. ``free`` says how many
    bytes the disk of a file has left."""

    def __init__(self, path: str, free: disk.Free = disk.free) -> None:
        self.path = path
        self._free = free
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
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
        waiting = _Waiting(job, asyncio.get_running_loop(), grows, scrubs)
        if self._waiting.qsize() >= MOST_WAITING:
            raise StoreError("too many answers wait to be kept; try again in a moment")
        self._waiting.put(waiting)
        return await waiting.future

    async def close(self) -> bool:
        """Finish what waits, then close. False where it was closed before."""
        if self._closed:
            return False
        self._closed = True
        self._waiting.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        return True

    # -- in the thread

    def _write(self) -> None:
        try:
            file = _File(self.path, self._free)
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

    def _next(self, file: _File) -> list[_Waiting]:
        """Everything that waits, once something does; nothing at the end."""
        first = self._first(file)
        batch = [] if first is None else [first]
        while batch and len(batch) < MOST_TOGETHER:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._waiting.put(None)
                break
            batch.append(more)
        return batch

    def _first(self, file: _File) -> _Waiting | None:
        while True:
            try:
                return self._waiting.get(timeout=IDLE if file.unfolded else None)
            except queue.Empty:
                file.fold()


class _Waiting:
    """A job for the writer, and who waits for it."""

    def __init__(
        self, job: Job, loop: asyncio.AbstractEventLoop, grows: bool, scrubs: bool
    ) -> None:
        self.job = job
        self.grows = grows
        self.scrubs = scrubs
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.failed: Exception | None = None

    def settle(self) -> None:
        if self.future.cancelled():
            return
        if self.failed is not None:
            self.future.set_exception(self.failed)
        else:
            self.future.set_result(self.result)


def _settle(loop: asyncio.AbstractEventLoop, done: list[_Waiting]) -> None:
    """Tell all who wait in a loop, waking it once."""

    def tell() -> None:
        for waiting in done:
            waiting.settle()

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:  # the loop is closed: nobody waits any more, and what was kept is kept
        return


class _File:
    """The one connection that writes. After a failure it is opened anew: what SQLite holds in
    memory is not to be trusted then.

    Another connection is only held open, from first to last. It keeps alive what SQLite knows of
    the write-ahead log: how far it was really committed. With none open, a new one would read the
    log from the start, and take for kept what a failed sync left there and never wrote.
    """

    def __init__(self, path: str, free: disk.Free) -> None:
        self.path = path
        self.free = free
        self.held = connect(path, create=True)
        self.connection: apsw.Connection | None = connect(path)
        self.itself = _identity(path)
        self.unscrubbed = False  # something erased may stand in the write-ahead log still
        # What is found in the log may not be synced yet: whoever wrote it was killed, and a call
        # that comes again would be told that it was kept. So it is put into the file first. Where
        # another process holds the log, a passive fold syncs it at least.
        folds = ("TRUNCATE", "PASSIVE")
        self.unfolded = not any(_folded(self.connection, how) for how in folds)

    def commit(self, batch: list[_Waiting]) -> None:
        """Run the jobs in one transaction: a conflict of one is no matter of the others. Nobody
        hears before COMMIT has returned."""
        try:
            full = self._full()
            connection = self._opened()
            taken = [waiting for waiting in batch if not (full and waiting.grows)]
            connection.execute("BEGIN IMMEDIATE")
            if not all(_done(connection, waiting) for waiting in taken):
                # One failed when it had written something already: all once more, with care.
                connection.execute("ROLLBACK")
                connection.execute("BEGIN IMMEDIATE")
                for waiting in taken:
                    _done_apart(connection, waiting)
            for waiting in batch:
                if full and waiting.grows:
                    waiting.failed = StoreError(full)
            connection.execute("COMMIT")
            self.unfolded = True
            self._scrub(connection, batch)
        except Exception as failed:
            for waiting in batch:
                waiting.failed = told(failed, self.path)
            self._forget()

    def _full(self) -> str:
        """Why nothing new is taken in; "" where there is room."""
        left = self.free(self.path)
        if left >= disk.LOW_WATER:
            return ""
        return (
            f"the disk that holds {self.path} is nearly full ({left >> 20} MB left): free some space. "
            "Until then nothing new is kept; what is recorded can still be read"
        )

    def _opened(self) -> apsw.Connection:
        if _identity(self.path) != self.itself:
            raise StoreError(
                f"{self.path} was taken away or replaced while it was in use: stop the server, put "
                "the record back (without -wal and -shm files of another), and start it again"
            )
        if self.connection is None:
            self.connection = connect(self.path)
        return self.connection

    def _scrub(self, connection: apsw.Connection, batch: list[_Waiting]) -> None:
        """Take what was deleted out of the write-ahead log too. A reader in another process can
        hold it back; then it is tried again after the next commit, when nothing is to be done, and
        at the latest on closing."""
        self.unscrubbed = self.unscrubbed or any(waiting.scrubs for waiting in batch)
        if self.unscrubbed:
            self.unscrubbed = not _folded(connection, "TRUNCATE")

    def fold(self) -> None:
        """Nothing waits: bring what is in the write-ahead log into the file, as far as readers
        let it, so that the next commits need not."""
        try:
            if self.connection is not None:
                whole = _folded(self.connection, "TRUNCATE" if self.unscrubbed else "PASSIVE")
                self.unscrubbed = self.unscrubbed and not whole
                self.unfolded = not whole
            else:
                self.unfolded = False
        except apsw.Error:  # the next commit says what is wrong
            self._forget()

    def close(self) -> None:
        self._forget()
        with suppress(apsw.Error):  # what was acknowledged is synced; only the last fold failed
            self.held.close(True)

    def _forget(self) -> None:
        connection, self.connection = self.connection, None
        if connection is None:
            return
        with suppress(apsw.Error):  # it is given up anyway
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        with suppress(apsw.Error):
            connection.close(True)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _folded(connection: apsw.Connection, how: str) -> bool:
    """Whether the whole log is in the file after a checkpoint."""
    connection.set_busy_timeout(200)
    try:
        ((busy, log, moved),) = connection.execute(f"PRAGMA wal_checkpoint({how})").fetchall()
    except (apsw.BusyError, apsw.LockedError):
        return False
    finally:
        connection.set_busy_timeout(sqlite_file.BUSY_MS)
    return not busy and log == moved


def _done(connection: apsw.Connection, waiting: _Waiting) -> bool:
    """Do a job; False where it failed and left something behind."""
    before = connection.total_changes()
    _try(connection, waiting)
    return waiting.failed is None or connection.total_changes() == before


def _done_apart(connection: apsw.Connection, waiting: _Waiting) -> None:
    """Do a job in a savepoint of its own, so that nothing is left where it fails."""
    connection.execute("SAVEPOINT move")
    _try(connection, waiting)
    if waiting.failed is not None:
        connection.execute("ROLLBACK TO move")
    connection.execute("RELEASE move")


def _try(connection: apsw.Connection, waiting: _Waiting) -> None:
    waiting.result, waiting.failed = None, None
    try:
        waiting.result = waiting.job(connection)
    except FingerpostError as refused:
        waiting.failed = refused
    except apsw.ConstraintError as wrong:
        waiting.failed = StoreError(f"this was kept before under the same name: {wrong}")
    except apsw.Error:
        raise
    except Exception as wrong:  # whatever it is, the writer goes on with the others
        waiting.failed = StoreError(f"this cannot be written down: {wrong}")
