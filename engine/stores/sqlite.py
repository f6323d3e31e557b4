"""A store in one SQLite file: the default.

Its address is ``sqlite:////absolute/path.db``. One thread writes, and commits together what waits
together; an append is acknowledged after COMMIT returned, with ``synchronous=FULL``. Readers use a
connection of their own beside it (WAL).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import apsw

from engine.model import Event
from engine.record import Stored
from engine.stores import sqlite_disk as disk
from engine.stores import sqlite_duties as owed
from engine.stores import sqlite_private as sealed
from engine.stores import sqlite_rows as rows
from engine.stores.rows import (
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
    cursor,
)
from engine.stores.sqlite_file import path_of
from engine.stores.sqlite_reader import Reader
from engine.stores.sqlite_shelf import SqliteShelf
from engine.stores.sqlite_writer import Writer
from engine.stores.vault import Vault

PAGE: Final = 200  # events in memory, where all are read
FEW: Final = 50  # events that are read at once


class Sqlite:
    """The store interface over one file. Made by ``open_``."""

    def __init__(self, path: str, free: disk.Free = disk.free, vault: Vault | None = None) -> None:
        self.path = path
        self._vault = vault or Vault()
        self._writer = Writer(path, free)
        self._reader = Reader(path)
        self._read, self._look = self._reader.read, self._reader.look
        self.shelf = SqliteShelf(self._read, self._writer)

    def start(self) -> None:
        """Open the file. Raises StoreError."""
        self._writer.start()

    def observed(self, grouped: Grouped) -> None:
        self._writer.grouped = grouped

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
        duties: Sequence[Duty] | None = None,
    ) -> Appended:
        body = self._vault.mark(body)

        def job(connection: apsw.Connection) -> Appended:
            place, call = rows.place_of(connection, walk, events, client_id)
            found = admitted(
                walk, place, call, events, after=after, client_id=client_id, body=body
            )
            if isinstance(found, Appended):
                return found
            rows.keep_head(connection, walk, place, head, found, client_id)
            rows.keep_events(connection, walk, found)
            if client_id:
                connection.execute(
                    "INSERT INTO calls VALUES (?, ?, ?, ?)", (walk, client_id, found[-1].seq, body)
                )
            sealed.keep(connection, self._vault, walk, private)
            if duties is not None:
                owed.keep(connection, walk, duties)
            return Appended(found[-1].seq)

        appended: Appended = await self._writer.written(job, grows=bool(events))
        return appended

    async def events(self, walk: str, *, after: int = 0) -> list[Stored]:
        found = await self._look(partial(rows.events_of, walk=walk, after=after, most=FEW))
        if len(found) == FEW:
            found += await self._read(partial(rows.events_of, walk=walk, after=found[-1].seq))
        return found

    async def private(self, walk: str) -> Mapping[str, Any]:
        key, found = await self._look(lambda connection: sealed.values(connection, walk))
        return self._vault.open(walk, key, found)

    async def walk(self, walk: str) -> WalkRow | None:
        return await self._look(lambda connection: rows.walk_of(connection, walk))

    async def begun(self, actor: str, client_id: str) -> WalkRow | None:
        return await self._read(lambda connection: rows.begun_by(connection, actor, client_id))

    async def walks(
        self, *, tree: str = "", status: str = "", actor: str = "", limit: int = 50,
        before: str = "",
    ) -> list[WalkRow]:  # fmt: skip
        wanted = {"tree": tree, "status": "" if status == WAITING else status, "actor": actor}
        named = {name: value for name, value in wanted.items() if value}
        where = "".join(f"AND {name} = ? " for name in named)
        if status == WAITING:  # said in the query itself: an index is of these alone, and is few
            where = where.replace("AND tree", "AND +tree") + "AND status <> 'ended' "
        query = f"{rows.SELECT} WHERE (started, id) < (?, ?) {where}ORDER BY started DESC, id DESC LIMIT ?"
        values = (*cursor(before), *named.values(), limit)
        found = await self._read(lambda c: list(c.execute(query, values)))
        return [rows.row_of(row) for row in found]

    async def duties(
        self, holders: Collection[str] | None = None, *, kinds: Collection[str] = (),
        walk: str = "", until: datetime | None = None, after: str = "", limit: int = 50,
    ) -> list[Held]:  # fmt: skip
        return await self._read(
            partial(
                owed.found, holders=holders, kinds=kinds, walk=walk, until=until, after=after,
                limit=limit,
            )
        )  # fmt: skip

    async def counted(
        self, holders: Collection[str] | None = None, *, until: datetime | None = None
    ) -> Mapping[str, int]:
        return await self._read(partial(owed.counted, holders=holders, until=until))

    async def charge(self, walk: str, duties: Sequence[Duty], *, after: int) -> bool:
        job = partial(owed.charge, walk=walk, duties=duties, after=after)
        charged: bool = await self._writer.written(job)
        return charged

    async def all_events(self, *, tree: str = "") -> AsyncIterator[Stored]:
        last: Stored | None = None
        while page := await self._read(
            partial(rows.events_behind, last=last, tree=tree, most=PAGE)
        ):
            for stored in page:
                yield stored
            last = page[-1]

    async def keep_tree(self, logic: str, text: str, tree: str, source: str) -> None:
        query = "INSERT INTO trees VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        await self._writer.written(
            lambda c: c.execute(query, (logic, text, tree, source)) and None
        )

    async def tree(self, logic: str) -> str | None:
        query = "SELECT source FROM trees WHERE logic = ? ORDER BY rowid DESC LIMIT 1"
        found = await self._read(lambda c: list(c.execute(query, (logic,))))
        return str(found[0][0]) if found else None

    async def versions(self) -> AsyncIterator[Version]:
        last = 0
        while found := await self._read(partial(rows.version_after, number=last)):
            last, version = found
            yield version

    async def calls(self, walk: str) -> Mapping[str, Call]:
        return await self._read(lambda connection: rows.calls_of(connection, walk))

    async def erase(
        self, walk: str, *, at: datetime, by: str = "", before: datetime | None = None
    ) -> int:
        job = partial(sealed.erase, walk=walk, at=at, by=by, before=before)
        erased: int = await self._writer.written(job, grows=False, scrubs=True)
        return erased

    async def forget(self, walk: str, *, before: datetime | None = None) -> bool:
        job = partial(sealed.forget, walk=walk, before=before)
        forgotten: bool = await self._writer.written(job, grows=False, scrubs=True)
        return forgotten

    async def aged(
        self,
        before: datetime,
        *,
        private: bool = False,
        tree: str = "",
        but: Collection[str] = (),
        limit: int = 500,
    ) -> list[str]:
        return await self._read(
            partial(sealed.aged, before=before, private=private, tree=tree, but=but, limit=limit)
        )

    async def rekey(self) -> int:
        every, last = 0, ""
        while True:
            job = partial(sealed.rekey, vault=self._vault, after=last)
            last, count = await self._writer.written(job, grows=False)
            every += int(count)
            if not last:
                return every

    async def close(self) -> None:
        """Finish what waits, then close."""
        if not await self._writer.close():
            return
        await self._reader.close()


async def open_(url: str, vault: Vault | None = None) -> Sqlite:
    """The store in the file that the address names. Raises StoreError."""
    store = Sqlite(path_of(url), vault=vault)
    await asyncio.get_running_loop().run_in_executor(None, store.start)
    return store
