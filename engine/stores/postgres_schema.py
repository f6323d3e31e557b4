"""The tables of the PostgreSQL store: made, brought up to date, and parted by month (not a store).

Every row carries ``born``, the month in which its *walk* began, which the walk's id fixes; and every
unique constraint holds the walk. So a walk lies in one place, wherever that is: a month can be put
away by detaching its tables, and the tables can be spread by walk over a cluster. Only ``starts``
speaks of more walks than one: by whom and with which client_id a walk was begun.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from engine.errors import StoreError

# Migrations, forward only: `fingerpost.form` counts those that it has had. {text}: text in the
# order of its bytes, which no upgrade of the system's languages changes under an index.
FORMS: Final = (
    """
    CREATE TABLE walks (
      born integer NOT NULL, id {text} NOT NULL, started bigint NOT NULL, updated bigint NOT NULL,
      seq integer NOT NULL, hash bytea NOT NULL, actor text NOT NULL, client_id text NOT NULL,
      tree text NOT NULL, logic text NOT NULL, status text NOT NULL, node text NOT NULL,
      disposition text NOT NULL, audience text NOT NULL, channel text NOT NULL,
      language text NOT NULL, reference text NOT NULL, erased bigint,
      erased_by text NOT NULL DEFAULT '', PRIMARY KEY (born, id)
    ) {by_month};
    CREATE INDEX walks_started ON walks (started, id);
    CREATE INDEX walks_tree ON walks (tree, started, id);
    CREATE INDEX walks_actor ON walks (actor, started, id);
    CREATE TABLE events (
      born integer NOT NULL, walk {text} NOT NULL, seq integer NOT NULL, hash bytea NOT NULL,
      event text NOT NULL, client_id {text}, body text, PRIMARY KEY (born, walk, seq)
    ) {by_month};
    CREATE UNIQUE INDEX events_calls ON events (born, walk, client_id)
      WHERE client_id IS NOT NULL;
    CREATE TABLE private (
      born integer NOT NULL, walk {text} NOT NULL, ref {text} NOT NULL, value bytea NOT NULL,
      PRIMARY KEY (born, walk, ref)
    ) {by_month};
    CREATE TABLE keys (
      born integer NOT NULL, walk {text} NOT NULL, key bytea NOT NULL, PRIMARY KEY (born, walk)
    ) {by_month};
    CREATE TABLE starts (
      client_id {text} NOT NULL, actor {text} NOT NULL, born integer NOT NULL,
      walk text NOT NULL, seq integer NOT NULL, body text NOT NULL,
      PRIMARY KEY (client_id, actor)
    );
    CREATE TABLE trees (
      logic {text} NOT NULL, text {text} NOT NULL, tree text NOT NULL, source text NOT NULL,
      kept bigint NOT NULL, PRIMARY KEY (logic, text)
    );
    CREATE TABLE shelf (
      kind {text} NOT NULL, key {text} NOT NULL, value text NOT NULL, version integer NOT NULL,
      until bigint, PRIMARY KEY (kind, key)
    );
    CREATE INDEX shelf_until ON shelf (until) WHERE until IS NOT NULL;
    """,
    # The few walks that wait for an action, found among all that ever were.
    "CREATE INDEX walks_pending ON walks (started, id) WHERE status = 'pending'",
    # What waits for somebody; and the walks that have not ended, of all and of each.
    """
    CREATE TABLE duties (
      born integer NOT NULL, walk {text} NOT NULL, key {text} NOT NULL, kind text NOT NULL,
      holder {text} NOT NULL, at bigint NOT NULL, since bigint NOT NULL, due boolean NOT NULL,
      day boolean NOT NULL, why text NOT NULL, giver text NOT NULL, PRIMARY KEY (born, walk, key)
    );
    CREATE INDEX duties_holder ON duties (holder, at, walk, key);
    CREATE INDEX duties_at ON duties (at, walk, key);
    CREATE INDEX walks_open ON walks (started, id) WHERE status <> 'ended';
    CREATE INDEX walks_own ON walks (actor, started, id) WHERE status <> 'ended';
    """,
)
BY_MONTH: Final = ("walks", "events", "private", "keys")
_LOCK: Final = 0x66696E676572  # "finger": one at a time changes tables, of all that serve
_WORDS: Final[dict[str, dict[str, str]]] = {
    "months": {"text": 'text COLLATE "C"', "by_month": "PARTITION BY LIST (born)"},
    "plain": {"text": "text", "by_month": ""},
}
_UNKNOWN_TABLE: Final = "42P01"


async def migrate(connection: Any, place: str, tables: str = "months") -> None:
    """Bring the tables to the newest form. ``tables``: parted by month, or "plain" where the server
    parts them by itself. Raises StoreError for a newer form, and for a word that is none."""
    if tables not in _WORDS:
        raise StoreError(f"tables={tables} is none: write tables=months or tables=plain")
    if await form_of(connection, place) == len(FORMS):
        return
    async with _alone(connection):
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS fingerpost (form integer NOT NULL PRIMARY KEY)"
        )
        has = await form_of(connection, place)  # another may have been first
        for form in FORMS[has:]:
            await connection.execute(form.format(**_WORDS[tables]))
        await connection.execute("DELETE FROM fingerpost")
        await connection.execute(f"INSERT INTO fingerpost VALUES ({len(FORMS)})")


async def form_of(connection: Any, place: str) -> int:
    """The form of the tables; 0 where there are none. Raises StoreError for a newer one."""
    try:
        has = int(await connection.fetchval("SELECT form FROM fingerpost") or 0)
    except Exception as failed:
        if getattr(failed, "sqlstate", "") != _UNKNOWN_TABLE:
            raise
        return 0
    if has > len(FORMS):
        raise StoreError(
            f"the record at {place} was written by a newer Fingerpost (form {has}); this one knows form {len(FORMS)}: upgrade it"
        )
    return has


# ---------------------------------------------------------------------------------- months


async def months(connection: Any) -> frozenset[int] | None:
    """The months that there are tables for; None where the tables are plain."""
    rows = await connection.fetch(
        "SELECT c.relkind, p.relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhparent = c.oid "
        "LEFT JOIN pg_class p ON p.oid = i.inhrelid WHERE c.oid = to_regclass('events')"
    )
    if not any(row[0] in ("p", b"p") for row in rows):
        return None
    found = (re.fullmatch(r"events_([0-9]+)", row[1] or "") for row in rows)
    return frozenset(int(name[1]) for name in found if name)


async def this_month(connection: Any) -> int:
    """By the server's clock."""
    return int(
        await connection.fetchval("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')::integer")
    )


def with_next(month: int) -> set[int]:
    """The month, and the one after it.

    >>> sorted(with_next(202612)), with_next(0)
    ([202612, 202701], {0})
    """
    year, number = divmod(month, 100)
    return {month, month + 1 if number < 12 else 100 * (year + 1) + 1} if month else {0}


async def make(connection: Any, wanted: Iterable[int]) -> frozenset[int]:
    """Make the tables of these months, unless another has; every month that there then is.

    A table is made beside and then attached: that waits for no reader, and lets none wait, as a
    backup that runs for an hour is one.
    """
    async with _alone(connection):
        there = await months(connection) or frozenset()
        for month in sorted(set(wanted) - there):
            for table in BY_MONTH:
                await connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {table}_{month} (LIKE {table} INCLUDING ALL) WITH (fillfactor = {80 if table == 'walks' else 100})"
                )
                await connection.execute(
                    f"ALTER TABLE {table} ATTACH PARTITION {table}_{month} FOR VALUES IN ({month})"
                )
        return there | set(wanted)


class _alone:
    """A transaction that only one at a time is in, of all that serve."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def __aenter__(self) -> None:
        await self.connection.execute("BEGIN")
        await self.connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")

    async def __aexit__(self, kind: type[BaseException] | None, *more: object) -> None:
        if kind is None:
            await self.connection.execute("COMMIT")
        elif not self.connection.is_closed():
            await self.connection.execute("ROLLBACK")
