"""Private values in the SQLite store: sealed by the vault, erased and forgotten (not a store)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import apsw

from engine.stores.rows import ERASED_BODY, micros
from engine.stores.vault import Vault

_KEYS_AT_ONCE: Final = 500


def keep(
    connection: apsw.Connection, vault: Vault, walk: str, private: Mapping[str, Any] | None
) -> None:
    """Add values to a walk's. Raises StoreError, apsw.ConstraintError for a reference used before."""
    if not private:
        return
    had = _key(connection, walk)
    key, sealed = vault.seal(walk, had, private)
    if had is None:
        connection.execute(
            "INSERT INTO keys SELECT id, ?, started, tree FROM walks WHERE id = ?", (key, walk)
        )
    connection.executemany(
        "INSERT INTO private VALUES (?, ?, ?)",
        [(walk, ref, value) for ref, value in sealed.items()],
    )


def values(connection: apsw.Connection, walk: str) -> tuple[bytes | None, dict[str, bytes]]:
    """A walk's key and its sealed values, as one moment has them."""
    query = (
        "SELECT ref, value, (SELECT key FROM keys WHERE keys.walk = private.walk) "
        "FROM private WHERE walk = ?"
    )
    found = list(connection.execute(query, (walk,)))
    key = found[0][2] if found else None
    return key, {str(ref): bytes(value) for ref, value, _ in found}


def _key(connection: apsw.Connection, walk: str) -> bytes | None:
    for (key,) in connection.execute("SELECT key FROM keys WHERE walk = ?", (walk,)):
        assert isinstance(key, bytes)
        return key
    return None


def _idle(connection: apsw.Connection, walk: str, before: datetime | None) -> bool:
    """Whether there is such a walk, and nothing has come to it since."""
    query = "SELECT 1 FROM walks WHERE id = ? AND updated < ?"
    until = 2**62 if before is None else micros(before)
    return bool(list(connection.execute(query, (walk, until))))


def erase(
    connection: apsw.Connection, walk: str, at: datetime, by: str, before: datetime | None
) -> int:
    if not _idle(connection, walk, before):
        return 0
    connection.execute("DELETE FROM private WHERE walk = ?", (walk,))
    count = connection.changes()
    connection.execute("DELETE FROM keys WHERE walk = ?", (walk,))
    if count:
        connection.execute(
            "UPDATE walks SET erased = ?, erased_by = ? WHERE id = ?", (micros(at), by, walk)
        )
        connection.execute("UPDATE calls SET body = ? WHERE walk = ?", (ERASED_BODY, walk))
    return count


def forget(connection: apsw.Connection, walk: str, before: datetime | None) -> bool:
    if not _idle(connection, walk, before):
        return False
    for table in ("private", "keys", "calls", "duties", "events"):
        connection.execute(f"DELETE FROM {table} WHERE walk = ?", (walk,))
    connection.execute("DELETE FROM walks WHERE id = ?", (walk,))
    return True


def aged(
    connection: apsw.Connection,
    before: datetime,
    private: bool,
    tree: str,
    but: Collection[str],
    limit: int,
) -> list[str]:
    """See the interface. By an index that begins with when a walk began: it is never changed before
    that, and few are left of those that are older than what is kept."""
    table = "keys JOIN walks ON walks.id = keys.walk" if private else "walks"
    of = "keys" if private else "walks"
    query = (
        f"SELECT walks.id FROM {table} WHERE {of}.started < ?1 AND updated < ?1 "
        f"AND (?2 = '' OR {of}.tree = ?2) AND {of}.tree NOT IN (SELECT value FROM json_each(?3)) "
        f"ORDER BY {of}.started, walks.id LIMIT ?4"
    )
    found = connection.execute(query, (micros(before), tree, json.dumps(list(but)), limit))
    return [str(id) for (id,) in found]


def rekey(connection: apsw.Connection, vault: Vault, after: str) -> tuple[str, int]:
    """Put the next keys under the first server key: the last walk looked at ("" at the end), and
    how many were not."""
    query = "SELECT walk, key FROM keys WHERE walk > ? ORDER BY walk LIMIT ?"
    last, count = "", 0
    for last, key in list(connection.execute(query, (after, _KEYS_AT_ONCE))):
        new = vault.rewrapped(last, key)
        if new is not None:
            connection.execute("UPDATE keys SET key = ? WHERE walk = ?", (new, last))
            count += 1
    return last, count


def seal_all(connection: apsw.Connection) -> None:
    """The migration from values that stood in the clear to sealed ones. It knows no server key
    (``rekey`` puts the walks' keys under one); the pages that held the old values are overwritten
    (secure_delete), and the write-ahead log is folded in after it."""
    connection.execute(
        """
        CREATE TABLE keys (
          walk TEXT NOT NULL PRIMARY KEY REFERENCES walks, key BLOB NOT NULL,
          started INTEGER NOT NULL, tree TEXT NOT NULL
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX keys_aged ON keys (started, walk, tree);
        ALTER TABLE private RENAME TO plain;
        CREATE TABLE private (
          walk TEXT NOT NULL REFERENCES walks, ref TEXT NOT NULL, value BLOB NOT NULL,
          PRIMARY KEY (walk, ref)
        ) WITHOUT ROWID, STRICT;
        ALTER TABLE walks ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE walks ADD COLUMN erased_by TEXT NOT NULL DEFAULT '';
        """
    )
    vault, last = Vault(), ""
    while found := list(
        connection.execute("SELECT walk FROM plain WHERE walk > ? ORDER BY walk LIMIT 1", (last,))
    ):
        last = str(found[0][0])
        rows = connection.execute("SELECT ref, value FROM plain WHERE walk = ?", (last,))
        keep(connection, vault, last, {str(ref): json.loads(str(v)) for ref, v in rows})
    connection.execute("DROP TABLE plain")
