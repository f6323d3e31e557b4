"""A store in one SQLite file: the default.

Its address is ``sqlite:////absolute/path.db``. One thread writes, and commits together what waits
together; an append is acknowledged after COMMIT returned, with ``synchronous=FULL``. Readers use a
connection of their own beside it (WAL).
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import apsw
import msgspec

from engine.errors import FingerpostError, StoreError
from engine.model import Event
from engine.record import Stored, genesis, pack, unpack
from engine.stores.rows import Appended, Call, Head, WalkRow, admitted, cursor, micros, moment
from engine.stores.sqlite_file import BUSY_MS, connect, told

T = TypeVar("T")
Job = Callable[[apsw.Connection], Any]
MOST_TOGETHER: Final = 256  # appends in one commit
MOST_WAITING: Final = 2_000
_HEAD: Final = (
    "tree", "logic", "status", "node", "disposition", "audience", "channel", "language",
    "reference",
)  # fmt: skip
_ROW: Final = ("id", "started", "updated", "seq", "hash", "actor", "client_id", *_HEAD)
_SELECT: Final = f"SELECT {', '.join(_ROW)} FROM walks"


class Sqlite:
    """The store interface over one file. Made by ``open_``."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MOST_WAITING)
        self._reader = ThreadPoolExecutor(1, "fingerpost-read")
        self._read_connection: apsw.Connection | None = None
        self._ready = threading.Event()
        self._failed: Exception | None = None
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="fingerpost-write", daemon=True)

    # -- the one that writes

    def start(self) -> None:
        self._writer.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed

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

    async def _written(self, job: Job, *, scrubs: bool = False) -> Any:
        waiting = _Waiting(job, asyncio.get_running_loop(), scrubs)
        if self._closed:
            raise StoreError(f"{self.path} is closed: open it again")
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full:
            raise StoreError("too many answers wait to be kept; try again in a moment") from None
        return await waiting.future

    # -- those that read

    async def _read(self, job: Callable[[apsw.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._reading, job)

    def _reading(self, job: Callable[[apsw.Connection], T]) -> T:
        try:
            if self._read_connection is None:
                self._read_connection = connect(self.path)
            return job(self._read_connection)
        except apsw.Error as failed:
            raise told(failed, self.path) from failed

    # -- the interface

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
    ) -> Appended:
        def job(connection: apsw.Connection) -> Appended:
            row = _walk(connection, walk)
            call = _call(connection, walk, row, events, client_id) if client_id else None
            found = admitted(walk, row, call, events, after=after, client_id=client_id, body=body)
            if isinstance(found, Appended):
                return found
            _keep_head(connection, walk, row, head, found, client_id)
            connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?)",
                [(walk, s.seq, bytes.fromhex(s.hash), pack(s.event).decode()) for s in found],
            )
            if client_id:
                connection.execute(
                    "INSERT INTO calls VALUES (?, ?, ?, ?)", (walk, client_id, found[-1].seq, body)
                )
            connection.executemany(
                "INSERT INTO private VALUES (?, ?, ?)",
                [(walk, ref, json.dumps(value)) for ref, value in (private or {}).items()],
            )
            return Appended(found[-1].seq)

        appended: Appended = await self._written(job)
        return appended

    async def events(self, walk: str, *, after: int = 0) -> list[Stored]:
        return await self._read(lambda connection: list(_events(connection, walk, after)))

    async def private(self, walk: str) -> Mapping[str, Any]:
        rows = await self._read(
            lambda c: list(c.execute("SELECT ref, value FROM private WHERE walk = ?", (walk,)))
        )
        return {ref: json.loads(value) for ref, value in rows}

    async def walk(self, walk: str) -> WalkRow | None:
        return await self._read(lambda connection: _walk(connection, walk))

    async def begun(self, actor: str, client_id: str) -> WalkRow | None:
        return await self._read(lambda connection: _begun(connection, actor, client_id))

    async def walks(
        self, *, tree: str = "", status: str = "", limit: int = 50, before: str = ""
    ) -> list[WalkRow]:
        query = (
            f"{_SELECT} WHERE (started, id) < (?, ?) AND (? = '' OR tree = ?) "
            "AND (? = '' OR status = ?) ORDER BY started DESC, id DESC LIMIT ?"
        )
        values = (*cursor(before), tree, tree, status, status, limit)
        return [_row(row) for row in await self._read(lambda c: list(c.execute(query, values)))]

    async def all_events(self, *, tree: str = "") -> AsyncIterator[Stored]:
        last = ""
        while ids := await self._ids(last, tree):
            for id in ids:
                for stored in await self.events(id):
                    yield stored
            last = ids[-1]

    async def _ids(self, after: str, tree: str) -> list[str]:
        query = "SELECT id FROM walks WHERE id > ? AND (? = '' OR tree = ?) ORDER BY id LIMIT 100"
        rows = await self._read(lambda c: list(c.execute(query, (after, tree, tree))))
        return [str(row[0]) for row in rows]

    async def keep_tree(self, logic: str, text: str, tree: str, source: str) -> None:
        query = "INSERT INTO trees VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        await self._written(lambda c: c.execute(query, (logic, text, tree, source)) and None)

    async def tree(self, logic: str) -> str | None:
        query = "SELECT source FROM trees WHERE logic = ? ORDER BY rowid DESC LIMIT 1"
        rows = await self._read(lambda c: list(c.execute(query, (logic,))))
        return str(rows[0][0]) if rows else None

    async def erase(self, walk: str) -> int:
        def job(connection: apsw.Connection) -> int:
            connection.execute("DELETE FROM private WHERE walk = ?", (walk,))
            return connection.changes()

        erased: int = await self._written(job, scrubs=True)
        return erased

    async def close(self) -> None:
        """Finish what waits, then close."""
        if self._closed:
            return
        self._closed = True
        self._waiting.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._writer.join)
        if self._read_connection is not None:
            await self._read(lambda connection: connection.close())
        self._reader.shutdown()


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


def _row(row: Any) -> WalkRow:
    values = dict(zip(_ROW, row, strict=True))
    head = Head(**{name: values.pop(name) for name in _HEAD})
    started, updated = moment(values.pop("started")), moment(values.pop("updated"))
    return WalkRow(head=head, started=started, updated=updated, **values)


def _walk(connection: apsw.Connection, walk: str) -> WalkRow | None:
    rows = list(connection.execute(f"{_SELECT} WHERE id = ?", (walk,)))
    return _row(rows[0]) if rows else None


def _call(
    connection: apsw.Connection,
    walk: str,
    row: WalkRow | None,
    events: Sequence[Event],
    client_id: str,
) -> Call | None:
    if row is None and events:
        first = _begun(connection, events[0].actor, client_id)
        walk = walk if first is None else first.id
    query = "SELECT walk, seq, body FROM calls WHERE walk = ? AND client_id = ?"
    rows = list(connection.execute(query, (walk, client_id)))
    return Call(str(rows[0][0]), int(rows[0][1]), str(rows[0][2])) if rows else None


def _begun(connection: apsw.Connection, actor: str, client_id: str) -> WalkRow | None:
    query = f"{_SELECT} WHERE actor = ? AND client_id = ? AND client_id <> ''"
    rows = list(connection.execute(query, (actor, client_id)))
    return _row(rows[0]) if rows else None


def _keep_head(
    connection: apsw.Connection,
    walk: str,
    row: WalkRow | None,
    head: Head,
    found: list[Stored],
    client_id: str,
) -> None:
    first, last = found[0].event, found[-1]
    values = [getattr(head, name) for name in _HEAD]
    if row is None:
        start = (walk, micros(first.at), micros(last.event.at), last.seq, last.hash)
        marks = ", ".join("?" * len(_ROW))
        connection.execute(
            f"INSERT INTO walks ({', '.join(_ROW)}) VALUES ({marks})",
            (*start, first.actor, client_id, *values),
        )
        return
    sets = ", ".join(f"{name} = ?" for name in _HEAD)
    updated = max(micros(row.updated), micros(last.event.at))
    connection.execute(
        f"UPDATE walks SET updated = ?, seq = ?, hash = ?, {sets} WHERE id = ?",
        (updated, last.seq, last.hash, *values, walk),
    )


def _events(connection: apsw.Connection, walk: str, after: int) -> list[Stored]:
    query = "SELECT seq, hash, event FROM events WHERE walk = ? AND seq >= ? ORDER BY seq"
    found: list[Stored] = []
    prev = genesis(walk)
    for seq, hash, event in connection.execute(query, (walk, max(after, 0))):
        if seq > after:
            found.append(Stored(walk, seq, prev, hash.hex(), _unpacked(walk, seq, event)))
        prev = hash.hex()
    return found


def _unpacked(walk: str, seq: int, event: str) -> Event:
    try:
        return unpack(event)
    except msgspec.MsgspecError as wrong:
        raise StoreError(f"event {seq} of walk {walk} is no event: it was altered") from wrong


async def open_(url: str) -> Sqlite:
    """The store in the file that the address names. Raises StoreError."""
    path = url.removeprefix("sqlite://").removeprefix("/") if url.startswith("sqlite:///") else ""
    if not path:
        raise StoreError(f"{url!r} names no file: write sqlite:////absolute/path.db")
    store = Sqlite(path)
    await asyncio.get_running_loop().run_in_executor(None, store.start)
    return store
