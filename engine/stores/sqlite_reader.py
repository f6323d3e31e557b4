"""Those that read the SQLite file beside its writer (not a store).

A thread with a connection of its own reads what may be much. A few rows are read at once, where
they are asked for: handing them to a thread costs ten times what they take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import apsw

from engine.stores.sqlite_file import connect, told

T = TypeVar("T")
Job = Callable[[apsw.Connection], T]


class Reader:
    """Reads for any loop. After a fault of the disk the next to read opens the file anew."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(1, "fingerpost-read")
        self._connection: apsw.Connection | None = None  # the thread's
        self._quick: apsw.Connection | None = None

    async def read(self, job: Job[T]) -> T:
        """What the job gives. Raises what the job raises, StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._reading, job)

    async def look(self, job: Job[T]) -> T:
        """The same for a job that reads a few rows. It never waits for another program: where the
        file cannot be read at once, the thread does it."""
        if self._quick is None:
            self._quick = await self.read(lambda _: self._open_quick())
        try:
            return job(self._quick)
        except apsw.Error:
            self._close_quick()
            return await self.read(job)

    async def close(self) -> None:
        self._close_quick()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._forget)
        self._thread.shutdown()

    def _open_quick(self) -> apsw.Connection:
        connection = connect(self.path)
        connection.set_busy_timeout(0)
        return connection

    def _close_quick(self) -> None:
        connection, self._quick = self._quick, None
        _close(connection)

    # -- in the thread

    def _reading(self, job: Job[T]) -> T:
        try:
            if self._connection is None:
                self._connection = connect(self.path)
            return job(self._connection)
        except apsw.Error as failed:
            self._forget()
            raise told(failed, self.path) from failed

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        _close(connection)


def _close(connection: apsw.Connection | None) -> None:
    if connection is not None:
        with suppress(apsw.Error):
            connection.close(True)
