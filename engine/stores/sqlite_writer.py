"""The one thread that writes the SQLite file (not a store).

What waits together is committed together, each job in a savepoint of its own; nobody hears before
COMMIT has returned, with ``synchronous=FULL``.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, Final

import apsw

from engine.errors import FingerpostError, StoreError
from engine.stores.sqlite_file import BUSY_MS, connect, told

Job = Callable[[apsw.Connection], Any]
MOST_TOGETHER: Final = 256  # appends in one commit
MOST_WAITING: Final = 2_000


class Writer:
    """Takes jobs from any loop, and gives what they gave once it is kept."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MOST_WAITING)
        self._ready = threading.Event()
        self._failed: Exception | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="fingerpost-write", daemon=True)

    def start(self) -> None:
        """Open the file. Raises StoreError."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed

    async def written(self, job: Job, *, scrubs: bool = False) -> Any:
        """What the job gave, once it is kept for good. ``scrubs``: what it deletes must be gone
        from the file, not only from its tables. Raises what the job raises, StoreError."""
        waiting = _Waiting(job, asyncio.get_running_loop(), scrubs)
        if self._closed:
            raise StoreError(f"{self.path} is closed: open it again")
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full:
            raise StoreError("too many answers wait to be kept; try again in a moment") from None
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
            file = _File(self.path)
        except (apsw.Error, OSError, StoreError) as failed:
            self._failed = told(failed, self.path)
            self._ready.set()
            return
        self._ready.set()
        while batch := self._next():
            file.commit(batch)
            for waiting in batch:
                waiting.done()
        file.close()

    def _next(self) -> list[_Waiting]:
        """Everything that waits, once something does; nothing at the end."""
        first = self._waiting.get()
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


class _Waiting:
    """A job for the writer, and who waits for it. ``scrubs``: what it deletes must be gone from
    the file, not only from its tables."""

    def __init__(self, job: Job, loop: asyncio.AbstractEventLoop, scrubs: bool) -> None:
        self.job = job
        self.scrubs = scrubs
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.failed: Exception | None = None

    def done(self) -> None:
        def settle() -> None:
            if self.future.cancelled():
                return
            if self.failed is not None:
                self.future.set_exception(self.failed)
            else:
                self.future.set_result(self.result)

        try:
            self.loop.call_soon_threadsafe(settle)
        except (
            RuntimeError
        ):  # its loop is closed: nobody waits any more, and what was kept is kept
            return


class _File:
    """The one connection that writes. After a failure it is opened anew: what SQLite holds in
    memory is not to be trusted then."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.connection: apsw.Connection | None = connect(path)
        self.unscrubbed = False

    def commit(self, batch: list[_Waiting]) -> None:
        """Run the jobs in one transaction, each in a savepoint of its own: a conflict of one is
        no matter of the others. Nobody hears before COMMIT has returned."""
        try:
            connection = self.connection = self.connection or connect(self.path)
            connection.execute("BEGIN IMMEDIATE")
            for waiting in batch:
                _try(connection, waiting)
            connection.execute("COMMIT")
            self._scrub(connection, batch)
        except (apsw.Error, OSError, StoreError) as failed:
            for waiting in batch:
                waiting.failed = told(failed, self.path)
            self.close()

    def _scrub(self, connection: apsw.Connection, batch: list[_Waiting]) -> None:
        """Take what was deleted out of the write-ahead log too. A reader in another process can
        hold it back; then it is tried again after the next commit, and at the latest on closing."""
        self.unscrubbed = self.unscrubbed or any(waiting.scrubs for waiting in batch)
        if not self.unscrubbed:
            return
        connection.set_busy_timeout(200)
        try:
            ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self.unscrubbed = bool(busy)
        except (apsw.BusyError, apsw.LockedError):
            pass
        connection.set_busy_timeout(BUSY_MS)

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is None:
            return
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except apsw.Error:
            pass  # it is given up anyway
        connection.close(True)


def _try(connection: apsw.Connection, waiting: _Waiting) -> None:
    connection.execute("SAVEPOINT move")
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
    if waiting.failed is not None:
        connection.execute("ROLLBACK TO move")
    connection.execute("RELEASE move")
