"""One commit of the SQLite store: the jobs that are done in it, and the log that it lands in (not a
store).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from engine.errors import FingerpostError, StoreError
from engine.stores import sqlite_disk as disk
from engine.stores import sqlite_file
from engine.stores.sqlite_file import connect, told

Job = Callable[[apsw.Connection], Any]


class Waiting:
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


class File:
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

    def commit(self, batch: list[Waiting]) -> None:
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

    def _scrub(self, connection: apsw.Connection, batch: list[Waiting]) -> None:
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


def _done(connection: apsw.Connection, waiting: Waiting) -> bool:
    """Do a job; False where it failed and left something behind."""
    before = connection.total_changes()
    _try(connection, waiting)
    return waiting.failed is None or connection.total_changes() == before


def _done_apart(connection: apsw.Connection, waiting: Waiting) -> None:
    """Do a job in a savepoint of its own, so that nothing is left where it fails."""
    connection.execute("SAVEPOINT move")
    _try(connection, waiting)
    if waiting.failed is not None:
        connection.execute("ROLLBACK TO move")
    connection.execute("RELEASE move")


def _try(connection: apsw.Connection, waiting: Waiting) -> None:
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
