"""A file of every earlier form is brought to the newest, whole, or stays as it was."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest

from engine.errors import StoreError
from engine.record import broken, chain, genesis, pack
from engine.stores import Call, Store, Version, open_store, sqlite_forms
from engine.stores.rows import micros
from engine.stores.sqlite_forms import MIGRATIONS, form_of
from tests.disks import Op, watched
from tests.power_cut import images
from tests.store_urls import NOON, append, begun, said, url_of, with_store

WALKS = 40
SECRET = {"name": "Ana Silva", "more": ["x", 1]}


def file_of(form: int, path: Path) -> None:
    """A file as that form had it, with walks in it, made by the code of its time."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    for number, migration in enumerate(MIGRATIONS[:form], 1):
        connection.execute("BEGIN")
        if isinstance(migration, str):
            connection.execute(migration)
        else:
            migration(connection)
        if number == 1:
            _fill(connection)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    connection.close()


def _fill(connection: apsw.Connection) -> None:
    """Walks as the first form kept them: private values in the clear."""
    connection.execute(
        "INSERT INTO trees VALUES ('l', 't', 'tree', 'one'), ('l', 'u', 'tree', 'two')"
    )
    for n in range(WALKS):
        walk = f"w{n:02}"
        events = [begun(), *(said(f"{n}.{k}" + "x" * 300) for k in range(3))]
        found = chain(walk, events, after=0, prev=genesis(walk))
        row = (walk, micros(NOON), micros(events[-1].at), 4, found[-1].hash, "ann", f"c{n}")
        head = ("t", "l", "asking", "n", "", "", "", "", "")
        connection.execute(f"INSERT INTO walks VALUES ({', '.join('?' * 16)})", (*row, *head))
        connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?)",
            [(walk, s.seq, bytes.fromhex(s.hash), pack(s.event).decode()) for s in found],
        )
        connection.execute("INSERT INTO calls VALUES (?, ?, 1, 'body')", (walk, f"c{n}"))
        connection.execute("INSERT INTO private VALUES (?, 'r', ?)", (walk, json.dumps(SECRET)))


async def whole(store: Store) -> None:
    """All that was put in is there, and the store goes on."""
    for n in range(WALKS):
        walk = f"w{n:02}"
        events, row = await store.events(walk), await store.walk(walk)
        assert row is not None
        assert len(events) == 4
        assert broken(walk, events, (row.seq, row.hash)) == ""
        assert (row.started, row.actor, row.client_id, row.erased) == (NOON, "ann", f"c{n}", None)
        assert await store.private(walk) == {"r": SECRET}
        assert await store.calls(walk) == {f"c{n}": Call(walk, 1, "body")}
    versions = [version async for version in store.versions()]
    assert versions == [Version("l", "t", "tree", "one"), Version("l", "u", "tree", "two")]
    assert len(await store.walks(limit=WALKS + 1)) == WALKS
    again = await append(store, "w00", begun(), after=0, client_id="c0", body="body")
    assert again.repeated


async def goes_on(store: Store) -> None:
    assert (await append(store, "w00", said("on"), after=4, private={"q": {"a": "b"}})).seq == 5
    assert await store.private("w00") == {"r": SECRET, "q": {"a": "b"}}
    assert await store.erase("w01", at=NOON, by="sue") == 1
    await store.shelf.put("a", "k", {})


@pytest.mark.parametrize("form", range(1, len(MIGRATIONS) + 1))
def test_every_form_is_read_whole_and_goes_on(form: int, tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    file_of(form, path)
    with_store(url_of("sqlite", tmp_path), whole)
    with_store(url_of("sqlite", tmp_path), goes_on)
    assert _form(path) == len(MIGRATIONS)


def test_private_values_of_the_first_form_leave_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    file_of(1, path)
    assert b"Ana Silva" in path.read_bytes()
    with_store(url_of("sqlite", tmp_path), whole)
    assert not [p.name for p in tmp_path.iterdir() if b"Ana Silva" in p.read_bytes()]


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.db"
    file_of(1, path)

    def fails(connection: apsw.Connection) -> None:
        connection.execute("DELETE FROM private")
        raise StoreError("it cannot be")

    monkeypatch.setattr(sqlite_forms, "MIGRATIONS", (*MIGRATIONS, fails))
    with pytest.raises(StoreError, match="it cannot be"):
        asyncio.run(open_store(url_of("sqlite", tmp_path)))
    assert _form(path) == 1
    monkeypatch.undo()
    with_store(url_of("sqlite", tmp_path), whole)


def _form(path: Path) -> int:
    connection = apsw.Connection(str(path))
    try:
        return form_of(connection, str(path))
    finally:
        connection.close()


def _asked(folder: Path) -> list[Op]:
    """All that migrating a file of the first form asks of the disk."""
    ops: list[Op] = []
    with watched(lambda op: ops.append(op) if op.name else None):
        store = asyncio.run(open_store(url_of("sqlite", folder)))
        asyncio.run(store.close())
    return [op for op in ops if op.kind not in ("open", "create", "read")]


@pytest.mark.slow
def test_a_migration_cut_short_by_a_power_cut_leaves_one_form_or_the_other(
    tmp_path: Path,
) -> None:
    old, rng = tmp_path / "old", Random(7)
    old.mkdir()
    file_of(1, old / "record.db")
    before = {"record.db": (old / "record.db").read_bytes()}
    ops = _asked(old)
    points = set(range(0, len(ops) + 1, max(len(ops) // 60, 1)))
    forms = set()
    for done, image in images(ops, points, rng, before):
        folder = tmp_path / f"cut{done}"
        folder.mkdir()
        for name, data in image.items():
            (folder / name).write_bytes(data)
        forms.add(_form(folder / "record.db"))
        with_store(url_of("sqlite", folder), whole)
    assert forms == {1, len(MIGRATIONS)}


@pytest.mark.slow
def test_a_migration_that_the_disk_fails_leaves_one_form_or_the_other(tmp_path: Path) -> None:
    count = 0

    def failing(at: int) -> Any:
        def ask(op: Op) -> None:
            nonlocal count
            if op.name and op.kind in ("write", "sync", "truncate"):
                count += 1
                if count == at:
                    raise apsw.FullError("full")

        return ask

    def migrated(folder: Path, at: int) -> bool:
        nonlocal count
        folder.mkdir()
        file_of(1, folder / "record.db")
        count = 0
        with watched(failing(at)):
            try:
                with_store(url_of("sqlite", folder), whole)
            except StoreError:
                pass
            else:
                return True
        assert _form(folder / "record.db") in (1, len(MIGRATIONS))
        with_store(url_of("sqlite", folder), whole)
        return False

    assert migrated(tmp_path / "none", 0)
    total = count
    outcomes = [migrated(tmp_path / str(at), at) for at in range(1, total + 1)]
    assert not all(outcomes)
