"""The file of the SQLite store: how it is opened, and what is said of its faults (not a store)."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

import apsw

from engine.errors import FingerpostError, StoreError
from engine.stores import sqlite_disk as disk
from engine.stores.sqlite_forms import form_of, migrate

# Every version from 3.7.0 to 3.51.2 can corrupt a WAL file when two connections race around a
# checkpoint (sqlite.org/wal.html, "the WAL-reset bug").
OLDEST: Final = (3, 51, 3)
BUSY_MS = 5_000
PRAGMAS: Final = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF",
    "mmap_size=0", "journal_size_limit=67108864", "secure_delete=ON",
)  # fmt: skip


def path_of(url: str) -> str:
    """The file that an address names. Raises StoreError."""
    path = url.removeprefix("sqlite://").removeprefix("/") if url.startswith("sqlite:///") else ""
    if not path:
        raise StoreError(f"{url!r} names no file: write sqlite:////absolute/path.db")
    return path


def connect(path: str, *, create: bool = False) -> apsw.Connection:
    """A connection to a file of ours, migrated to the newest form; ``create`` makes one where
    there is none. Raises StoreError, apsw.Error, OSError."""
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST:
        raise StoreError(
            f"SQLite {apsw.sqlite_lib_version()} can lose what it acknowledged; 3.51.3 or newer is needed: upgrade the package apsw"
        )
    kind = disk.file_system(path)
    if kind in disk.NETWORK:
        raise StoreError(
            f"{path} lies on a network file system ({kind}), where SQLite can lose what it acknowledged: "
            "name a file on a disk of this machine, or keep the record in PostgreSQL (--store postgresql://…)"
        )
    flags = apsw.SQLITE_OPEN_READWRITE
    if create:
        flags |= apsw.SQLITE_OPEN_CREATE
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not Path(path).exists():  # what people said is for the server's user alone
            Path(path).touch(mode=0o600)
    connection = apsw.Connection(path, flags=flags)
    try:
        connection.set_busy_timeout(BUSY_MS)
        form_of(connection, path)  # before anything is changed in a file that may not be ours
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        migrate(connection, path)
    except BaseException:
        connection.close(True)
        raise
    return connection


def told(failed: Exception, path: str) -> FingerpostError:
    """What went wrong with the file, in a sentence that says what to do."""
    if isinstance(failed, FingerpostError):
        return failed
    if isinstance(failed, OSError) and failed.errno == errno.ENOSPC:
        failed = apsw.FullError()
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
    (apsw.CantOpenError, "{path} cannot be opened: let the server's user write it and its folder"),
    (apsw.NotADBError, "{path} is no record of Fingerpost: name another file"),
    (apsw.CorruptError, "{path} is damaged: restore it from a backup"),
    (apsw.BusyError, "{path} is held by another program: wait, or stop that program"),
    (apsw.IOError, "{path} could not be written for sure: press again, it counts once"),
    (PermissionError, "{path} cannot be made: let the server's user write its folder"),
)
