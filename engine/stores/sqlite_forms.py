"""The form of the SQLite store's file, and how an older one is brought up to date (not a store)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import apsw

from engine.errors import StoreError
from engine.stores.sqlite_private import seal_all

# Forward only: the file's user_version counts those that it has had. What stands here has been
# released, and is never changed: a new form is a new entry. One that needs more than SQL is a
# function of the connection. All that a file lacks run in one transaction.
MIGRATIONS: Final[tuple[str | Callable[[apsw.Connection], None], ...]] = (
    """
    CREATE TABLE walks (
      id TEXT PRIMARY KEY, started INTEGER NOT NULL, updated INTEGER NOT NULL,
      seq INTEGER NOT NULL, hash TEXT NOT NULL, actor TEXT NOT NULL, client_id TEXT NOT NULL,
      tree TEXT NOT NULL, logic TEXT NOT NULL, status TEXT NOT NULL, node TEXT NOT NULL,
      disposition TEXT NOT NULL, audience TEXT NOT NULL, channel TEXT NOT NULL,
      language TEXT NOT NULL, reference TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX walks_started ON walks (started, id);
    CREATE INDEX walks_tree ON walks (tree, started, id);
    CREATE UNIQUE INDEX walks_client ON walks (actor, client_id) WHERE client_id <> '';
    CREATE TABLE events (
      walk TEXT NOT NULL REFERENCES walks, seq INTEGER NOT NULL, hash BLOB NOT NULL,
      event TEXT NOT NULL, PRIMARY KEY (walk, seq)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE calls (
      walk TEXT NOT NULL REFERENCES walks, client_id TEXT NOT NULL, seq INTEGER NOT NULL,
      body TEXT NOT NULL, PRIMARY KEY (walk, client_id)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE private (
      walk TEXT NOT NULL REFERENCES walks, ref TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (walk, ref)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE trees (
      logic TEXT NOT NULL, text TEXT NOT NULL, tree TEXT NOT NULL, source TEXT NOT NULL,
      PRIMARY KEY (logic, text)
    ) STRICT;
    """,
    seal_all,
    """
    CREATE TABLE shelf (
      kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL,
      until INTEGER, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX shelf_until ON shelf (until) WHERE until IS NOT NULL;
    """,
    "CREATE INDEX walks_actor ON walks (actor, started, id)",
    # The few walks that wait for an action, found among all that ever were.
    "CREATE INDEX walks_pending ON walks (started, id) WHERE status = 'pending'",
    # What waits for somebody; and the walks that have not ended, of all and of each.
    """
    CREATE TABLE duties (
      walk TEXT NOT NULL REFERENCES walks, key TEXT NOT NULL, kind TEXT NOT NULL,
      holder TEXT NOT NULL, at INTEGER NOT NULL, since INTEGER NOT NULL, due INTEGER NOT NULL,
      day INTEGER NOT NULL, why TEXT NOT NULL, giver TEXT NOT NULL, PRIMARY KEY (walk, key)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX duties_holder ON duties (holder, at, walk, key);
    CREATE INDEX duties_at ON duties (at, walk, key);
    CREATE INDEX walks_open ON walks (started, id) WHERE status <> 'ended';
    CREATE INDEX walks_own ON walks (actor, started, id) WHERE status <> 'ended';
    """,
)


def form_of(connection: apsw.Connection, path: str) -> int:
    """The form of the file; 0 where nothing is in it yet. Changes nothing. Raises StoreError for
    a file of somebody else, and for one that a newer version wrote."""
    ((form,),) = connection.execute("PRAGMA user_version").fetchall()
    assert isinstance(form, int)
    tables = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if tables and not (form and {"walks", "events"} <= tables):
        raise StoreError(f"{path} is no record of Fingerpost: name another file")
    if form > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer Fingerpost (form {form}); this one knows form {len(MIGRATIONS)}: upgrade it"
        )
    return form


def migrate(connection: apsw.Connection, path: str) -> None:
    """Bring the file to the newest form, or leave it as it was. Raises StoreError, apsw.Error."""
    if form_of(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in MIGRATIONS[form_of(connection, path) :]:  # another may have been first
            if isinstance(migration, str):
                connection.execute(migration)
            else:
                migration(connection)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
        # What was dropped is not to stand in the write-ahead log either.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
