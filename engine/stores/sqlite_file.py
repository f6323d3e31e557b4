"""The file of the SQLite store: how it is opened, brought up to date, and what is said of its faults
(not a store)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from engine.errors import FingerpostError, StoreError

# Every version from 3.7.0 to 3.51.2 can corrupt a WAL file when two connections race around a
# checkpoint (sqlite.org/wal.html, "the WAL-reset bug").
OLDEST: Final = (3, 51, 3)
BUSY_MS: Final = 5_000

# Migrations, forward only: the file's user_version counts those that it has had.
MIGRATIONS: Final = (
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
)


def connect(path: str) -> apsw.Connection:
    """A connection to a file of ours, migrated to the newest form. Raises StoreError, apsw.Error."""
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST:
        raise StoreError(
            f"SQLite {apsw.sqlite_lib_version()} can lose what it acknowledged; 3.51.3 or newer is needed: upgrade the package apsw"
        )
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    connection = apsw.Connection(path)
    connection.set_busy_timeout(BUSY_MS)
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF",
        "mmap_size=0", "journal_size_limit=67108864", "secure_delete=ON",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}").fetchall()
    _migrate(connection, path)
    return connection


def _form(connection: apsw.Connection) -> int:
    ((form,),) = connection.execute("PRAGMA user_version").fetchall()
    assert isinstance(form, int)
    return form


def _migrate(connection: apsw.Connection, path: str) -> None:
    has = _form(connection)
    if has > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer Fingerpost (form {has}); this one knows form {len(MIGRATIONS)}: upgrade it"
        )
    if has == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    has = _form(connection)  # another may have been first
    for migration in MIGRATIONS[has:]:
        connection.execute(migration)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")


def told(failed: Exception, path: str) -> FingerpostError:
    """What went wrong with the file, in a sentence that says what to do."""
    if isinstance(failed, FingerpostError):
        return failed
    for kind, words in _WORDS:
        if isinstance(failed, kind):
            return StoreError(words.format(path=path))
    return StoreError(f"{path} cannot be used: {failed}")


_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (
        apsw.FullError,
        "the disk that holds {path} is full: free some space, and press again; it counts once",
    ),
    (apsw.ReadOnlyError, "{path} can only be read: let the server's user write it and its folder"),
    (apsw.CantOpenError, "{path} cannot be opened: let the server's user write its folder"),
    (apsw.NotADBError, "{path} is no record of Fingerpost: name another file"),
    (apsw.CorruptError, "{path} is damaged: restore it from a backup"),
    (apsw.BusyError, "{path} is held by another program: wait, or stop that program"),
    (apsw.IOError, "{path} could not be written for sure: press again, it counts once"),
    (PermissionError, "{path} cannot be made: let the server's user write its folder"),
)
