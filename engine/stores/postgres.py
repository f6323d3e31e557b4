"""A store on a PostgreSQL server: for more machines than one.

Its address is ``postgresql://user:password@host:5432/database``. Any number of workers on any number
of machines write beside each other; each commits together what waits together in it. An append is
acknowledged after COMMIT was answered, with ``synchronous_commit`` on (and by its standbys, where
the server has been given synchronous ones); unique constraints decide between workers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, get_args

from engine.errors import StoreError
from engine.model import Event, Status
from engine.record import Stored, born, genesis
from engine.stores import postgres_duties as owed
from engine.stores import postgres_private as apart
from engine.stores import postgres_rows as sql
from engine.stores import postgres_schema as schema
from engine.stores.postgres_batch import confirm
from engine.stores.postgres_link import PATIENCE, Link, address, sqlstate
from engine.stores.postgres_moves import Move
from engine.stores.postgres_pages import pages
from engine.stores.postgres_shelf import PostgresShelf
from engine.stores.postgres_writer import Writer
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
    micros,
)
from engine.stores.vault import Vault

_MAY_NOT: Final = "42501"
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class Postgres:
    """The store interface over one database. Made by ``open_``."""

    def __init__(self, link: Link, vault: Vault) -> None:
        self._link = link
        self._vault = vault
        self.shelf = PostgresShelf(link)
        self._writer: Writer | None = None

    async def start(self) -> None:
        """Connect, and bring the tables up to date. Raises StoreError."""
        await self._link.open()
        try:
            months = await self._link.read(self._prepared)
        except BaseException:
            await self._link.close()
            raise
        self._writer = Writer(self._link, self._vault, months)

    async def _prepared(self, connection: Any) -> frozenset[int] | None:
        """The months that there are tables for: with this one and the next, where they may be
        made; whoever only reads needs neither."""
        to = self._link.address
        await schema.migrate(connection, to.place, to.tables)
        months = await schema.months(connection)
        if months is not None:
            ahead = schema.with_next(await schema.this_month(connection))
            if not ahead <= months:
                try:
                    months = await schema.make(connection, ahead)
                except Exception as failed:
                    if sqlstate(failed) != _MAY_NOT:
                        raise
        return months

    def observed(self, grouped: Grouped) -> None:
        if self._writer is not None:
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
        if not events:
            return await self._asked(walk, after, client_id, body)
        if self._writer is None:
            raise StoreError(f"the record at {self._link.address.place} is closed: open it again")
        return await self._writer.kept(
            Move(
                walk, events, after=after, head=head,
                client_id=client_id, body=body, private=private, duties=duties,
            )
        )  # fmt: skip

    async def _asked(self, walk: str, after: int, client_id: str, body: str) -> Appended:
        """What a call gave that came before, if it did."""

        async def work(connection: Any) -> Appended:
            row = await apart.walk_of(connection, walk)
            calls = [] if not client_id else await connection.fetch(
                sql.CALLS, born(walk), [walk], [client_id]
            )  # fmt: skip
            call = next((Call(walk, seq, said) for _, _, seq, said in calls), None)
            found = admitted(walk, row, call, (), after=after, client_id=client_id, body=body)
            assert isinstance(found, Appended)
            if found.repeated:
                await confirm(connection)
            return found

        return await self._link.read(work)

    async def _fetch(self, query: str, *values: Any) -> list[Any]:
        found: list[Any] = await self._link.read(lambda c: c.fetch(query, *values))
        return found

    async def events(self, walk: str, *, after: int = 0) -> list[Stored]:
        rows = await self._fetch(sql.EVENTS, born(walk), walk, _integer(max(after, 0)))
        return sql.events_of(walk, rows, after)

    async def private(self, walk: str) -> Mapping[str, Any]:
        rows = await self._fetch(sql.PRIVATE, born(walk), walk)
        key = rows[0][2] if rows else None
        return self._vault.open(walk, key, {ref: value for ref, value, _ in rows})

    async def walk(self, walk: str) -> WalkRow | None:
        row = await self._link.read(lambda c: apart.walk_of(c, walk))
        if row is not None and self._writer is not None:
            self._writer.seen(row)
        return row

    async def begun(self, actor: str, client_id: str) -> WalkRow | None:
        async def work(connection: Any) -> WalkRow | None:
            rows = await connection.fetch(sql.STARTS, [actor], [client_id])
            return await apart.walk_of(connection, rows[0][2]) if rows else None

        return await self._link.read(work) if client_id else None

    async def walks(
        self, *, tree: str = "", status: str = "", actor: str = "", limit: int = 50,
        before: str = "",
    ) -> list[WalkRow]:  # fmt: skip
        values: list[Any] = [*cursor(before)]
        wanted = ["(started, id) < ($1, $2)"]
        if status == WAITING:
            wanted.append("status <> 'ended'")
        elif status in get_args(Status):  # said in the query itself: an index is of one of them
            wanted.append(f"status = '{status}'")
        elif status:
            return []
        for name, value in (("tree", tree), ("actor", actor)):
            if value:
                values.append(value)
                wanted.append(f"{name} = ${len(values)}")
        query = f"{sql.SELECT} WHERE {' AND '.join(wanted)} ORDER BY started DESC, id DESC LIMIT {int(limit)}"
        rows = await self._fetch(query, *values)
        return [sql.row_of(row) for row in rows]

    async def duties(
        self, holders: Collection[str] | None = None, *, kinds: Collection[str] = (),
        walk: str = "", until: datetime | None = None, after: str = "", limit: int = 50,
    ) -> list[Held]:  # fmt: skip
        return await owed.found(
            self._fetch, holders=holders, kinds=kinds, walk=walk, until=until, after=after,
            limit=limit,
        )  # fmt: skip

    async def counted(
        self, holders: Collection[str] | None = None, *, until: datetime | None = None
    ) -> Mapping[str, int]:
        return await owed.counted(self._fetch, holders, until)

    async def charge(self, walk: str, duties: Sequence[Duty], *, after: int) -> bool:
        return await self._link.read(lambda c: owed.charge(c, walk, duties, after))

    async def all_events(self, *, tree: str = "") -> AsyncIterator[Stored]:
        walk = prev = ""
        async for page in pages(self._fetch, tree):
            for _, of, seq, hash, event in page:
                if of != walk:
                    walk, prev = of, genesis(of)
                yield Stored(walk, seq, prev, hash.hex(), sql.unpacked(walk, seq, event))
                prev = hash.hex()

    async def keep_tree(self, logic: str, text: str, tree: str, source: str) -> None:
        query = f"INSERT INTO trees VALUES ($1, $2, $3, $4, {_NOW}) ON CONFLICT DO NOTHING"
        await self._link.read(lambda c: c.execute(query, logic, text, tree, source))

    async def tree(self, logic: str) -> str | None:
        query = "SELECT source FROM trees WHERE logic = $1 ORDER BY kept DESC LIMIT 1"
        found: str | None = await self._link.read(lambda c: c.fetchval(query, logic))
        return found

    async def versions(self) -> AsyncIterator[Version]:
        query = "SELECT logic, text FROM trees ORDER BY kept, logic, text"
        one = "SELECT logic, text, tree, source FROM trees WHERE logic = $1 AND text = $2"
        for names in await self._fetch(query):
            yield Version(*(await self._fetch(one, *names))[0])

    async def calls(self, walk: str) -> Mapping[str, Call]:
        query = (
            "SELECT client_id, seq, body FROM events "
            "WHERE born = $1 AND walk = $2 AND client_id IS NOT NULL"
        )
        rows = await self._fetch(query, born(walk), walk)
        return {client_id: Call(walk, seq, body) for client_id, seq, body in rows}

    async def erase(
        self, walk: str, *, at: datetime, by: str = "", before: datetime | None = None
    ) -> int:
        counts = [0]  # of each try: the one whose COMMIT nobody answered may have been done
        await self._link.read(lambda c: apart.erase(c, walk, at, by, before, counts.append))
        return max(counts)

    async def forget(self, walk: str, *, before: datetime | None = None) -> bool:
        found: list[str] = []
        await self._link.read(lambda c: apart.forget(c, walk, before, found.append))
        return bool(found)

    async def aged(
        self,
        before: datetime,
        *,
        private: bool = False,
        tree: str = "",
        but: Collection[str] = (),
        limit: int = 500,
    ) -> list[str]:
        query = f"{apart.AGED} LIMIT {int(limit)}"
        values = (micros(before), tree, list(but), private)
        return [str(row[0]) for row in await self._fetch(query, *values)]

    async def rekey(self) -> int:
        return await apart.rekey(self._fetch, self._vault)

    async def close(self) -> None:
        """Finish what waits, then close."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()
            await self._link.close()


def _integer(number: int) -> int:
    return min(number, 2**31 - 1)


async def open_(url: str, vault: Vault | None = None, *, patience: float = PATIENCE) -> Postgres:
    """The store in the database that the address names. Raises StoreError."""
    store = Postgres(Link(address(url), patience=patience), vault or Vault())
    await store.start()
    return store
