"""What SQLite alone can lose, refuse or leave behind."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest

from engine.errors import Conflict, StoreError
from engine.model import Expected, Tree, Walk
from engine.record import Stored, broken, pack
from engine.stores import Appended, Store, open_store, sqlite, sqlite_commit, sqlite_disk
from engine.stores.sqlite_file import connect
from engine.stores.sqlite_forms import MIGRATIONS
from engine.walk import answer, expects, resolve
from tests.served import examined
from tests.store_urls import CANARY, NOON, append, begun, said, url_of, with_store
from web.desk import Desk, digest


def pragma(connection: apsw.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchall()[0][0]


def test_sqlite_is_set_to_keep_what_it_acknowledges(tmp_path: Path) -> None:
    connection = connect(str(tmp_path / "new" / "folder" / "record.db"), create=True)
    found = {
        name: pragma(connection, name)
        for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "mmap_size")
    }
    assert found == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1,
        "mmap_size": 0,
    }  # fmt: skip
    assert pragma(connection, "user_version") == len(MIGRATIONS)
    connection.close()


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2"])
def test_a_sqlite_that_can_lose_data_is_refused(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: version)
    with pytest.raises(
        StoreError, match=rf"SQLite {version} can lose .* upgrade the package apsw"
    ):
        asyncio.run(open_store(url_of("sqlite", tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with_store(url_of("sqlite", tmp_path), lambda store: append(store, "w", begun(), after=0))
    path = tmp_path / "record.db"
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer Fingerpost .form 99.*upgrade it"):
        asyncio.run(open_store(url_of("sqlite", tmp_path)))
    assert path.read_bytes() == before


def test_a_file_that_is_no_record_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    path.write_bytes(b"Dear diary,\n" * 400)
    with pytest.raises(StoreError, match="no record of Fingerpost: name another file"):
        asyncio.run(open_store(url_of("sqlite", tmp_path)))
    assert path.read_bytes() == b"Dear diary,\n" * 400


def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="no record of Fingerpost: name another file"):
        asyncio.run(open_store(url_of("sqlite", tmp_path)))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["record.db"]


MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /mnt rw - tmpfs tmpfs rw
40 22 0:50 / {folder} rw,relatime shared:5 - {kind} files.example:/ rw,vers=4.2
41 22 0:51 / {folder}/local rw - xfs /dev/vdb rw
"""


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_network_file_system_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "team files"
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(folder=str(folder).replace(" ", "\\040"), kind=kind))
    monkeypatch.setattr(sqlite_disk, "MOUNTS", str(mounts))
    with pytest.raises(StoreError, match=rf"network file system \({kind}\).*postgresql://"):
        asyncio.run(open_store(url_of("sqlite", folder)))
    assert not folder.exists()
    with_store(url_of("sqlite", folder / "local"), lambda s: append(s, "w", begun(), after=0))
    with_store(url_of("sqlite", tmp_path), lambda s: append(s, "w", begun(), after=0))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_the_file_system_of_this_machine_is_known() -> None:
    assert sqlite_disk.file_system("/proc/self/status") == "proc"
    assert sqlite_disk.file_system("/no/such/folder/record.db") not in ("", "proc")


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "record.db").mkdir()
    with pytest.raises(StoreError, match=r"record\.db cannot be opened"):
        asyncio.run(open_store(url_of("sqlite", tmp_path)))


def test_a_path_through_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match=r"cannot be (used|made)"):
        asyncio.run(open_store(f"sqlite:///{tmp_path}/file/record.db"))


_AS_NOBODY = """
import asyncio, os, sys
from engine.errors import StoreError
from engine.stores import open_store
if os.geteuid() == 0:  # root may write anywhere, so it looks as somebody else
    os.setegid(65534)
    os.seteuid(65534)
try:
    asyncio.run(open_store(sys.argv[1]))
except StoreError as told:
    print(told)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such permissions there")
@pytest.mark.parametrize("there", [False, True])
def test_a_folder_that_may_only_be_read_is_told(there: bool, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folder is closed to others
        if there:
            with_store(url_of("sqlite", Path(folder)), lambda s: append(s, "w", begun(), after=0))
        os.chmod(folder, 0o555)
        done = subprocess.run(
            [sys.executable, "-B", "-c", _AS_NOBODY, url_of("sqlite", Path(folder))],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        os.chmod(folder, 0o755)
    assert "let the server's user write" in done.stdout, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such permissions there")
def test_a_file_that_may_only_be_read_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with_store(url_of("sqlite", folder), lambda s: append(s, "w", begun(), after=0))
        os.chmod(folder, 0o777)
        os.chmod(folder / "record.db", 0o444)
        done = subprocess.run(
            [sys.executable, "-B", "-c", _AS_NOBODY, url_of("sqlite", folder)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert "record.db can only be read: let the server's user write it" in done.stdout, done.stderr


def test_an_error_of_the_disk_is_told_and_healed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody in the batch is acknowledged; the file is opened anew, and the same call made again
    counts once."""

    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0)
        real, failing = (
            sqlite_commit._try,
            [apsw.IOError("disk I/O error"), apsw.FullError("full")],
        )

        def broken_once(connection: apsw.Connection, waiting: Any) -> None:
            real(connection, waiting)
            if failing:
                raise failing.pop(0)

        monkeypatch.setattr(sqlite_commit, "_try", broken_once)
        for words in ("could not be written for sure: press again", "full: free some space"):
            with pytest.raises(StoreError, match=words):
                await append(store, "w", said("x"), after=1, client_id="c", body="b")
            assert len(await store.events("w")) == 1
        for _ in range(2):
            assert (await append(store, "w", said("x"), after=1, client_id="c", body="b")).seq == 2
        assert len(await store.events("w")) == 2

    with_store(url_of("sqlite", tmp_path), work)


def test_an_event_altered_in_the_file_shows(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)
    with_store(url, lambda s: append(s, "w", begun(), said("yes"), said("no"), after=0))

    def altered(statement: str) -> tuple[list[Stored], tuple[int, str]]:
        async def work(store: Store) -> tuple[list[Stored], tuple[int, str]]:
            row = await store.walk("w")
            assert row is not None
            return await store.events("w"), (row.seq, row.hash)

        connection = apsw.Connection(str(tmp_path / "record.db"))
        with connection:
            connection.execute(statement)
        connection.close()
        return with_store(url, work)

    events, last = altered("UPDATE events SET event = replace(event, 'yes', 'no') WHERE seq = 2")
    assert broken("w", events, last) == "walk w: event 2 was altered"
    events, last = altered("DELETE FROM events WHERE seq = 3")
    assert broken("w", events[:1], last) == "walk w: event 2 is missing"
    with pytest.raises(StoreError, match="event 2 of walk w is no event: it was altered"):
        altered("UPDATE events SET event = '{}' WHERE seq = 2")


@pytest.mark.parametrize("reading", [False, True], ids=["alone", "beside a reader"])
def test_an_erased_value_is_nowhere_in_the_file(
    reading: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even sealed: what an old key could open is gone with it."""
    caplog.set_level(logging.DEBUG)
    sought = [CANARY.encode(), CANARY.encode("utf-16-le"), b"canary-4f1e7"]

    def found() -> set[str]:
        return {
            path.name
            for path in tmp_path.iterdir()
            if any(place in path.read_bytes() for place in sought)
        }

    async def work(store: Store) -> None:
        private = {"r1": {"name": CANARY, "more": "x" * 9_000 + CANARY}}
        await append(store, "w", begun(), after=0)
        await append(store, "w", said({"name": {"private": "r1"}}), after=1, private=private)
        await append(store, "v", begun(), after=0, private={"r": {"name": "Bo"}})
        assert found() == set()
        other = apsw.Connection(str(tmp_path / "record.db"))
        rows = "SELECT value FROM private WHERE walk = 'w' UNION SELECT key FROM keys WHERE walk = 'w'"
        kept = [bytes(row[0]) for row in other.execute(rows)]
        sought.extend(part for row in kept for part in (row[:40], row[-40:]))
        assert found() - {"record.db-shm"}  # it is there, so the search can find it
        held = other.execute("SELECT * FROM private") if reading else other.cursor()
        await store.erase("w", at=NOON)
        if not reading:
            assert found() == set()
        held.close()
        other.close()
        await append(store, "v", said("x"), after=1)  # the next commit makes good what was held
        assert found() == set()
        assert CANARY not in str([stored.event for stored in await store.events("w")])
        assert await store.private("v") == {"r": {"name": "Bo"}}

    with_store(url_of("sqlite", tmp_path), work)
    assert found() == set()
    assert CANARY not in caplog.text


def test_a_closed_store_says_so_instead_of_waiting_for_ever(tmp_path: Path) -> None:
    async def run() -> None:
        store = await open_store(url_of("sqlite", tmp_path))
        await store.close()
        await store.close()
        with pytest.raises(StoreError, match="closed"):
            await asyncio.wait_for(append(store, "w", begun(), after=0), 2)

    asyncio.run(run())


# ------------------------------------------------------------------------------------- room


def _said(expected: Expected, rng: Random) -> Any:
    """Something that is accepted here; "" for nothing."""
    if expected.exits:
        plain = [exit for exit, fields in expected.exits.items() if not fields]
        return {"exit": rng.choice(plain)} if plain else ""
    if expected.fields:
        return {field.name: "12345678" for field in expected.fields if field.required}
    if expected.type == "continued":
        return None
    return rng.choice(expected.choices) if expected.choices else ""


def _answered(tree: Tree, walk: Walk, at: datetime, ref: str, *, value: Any, id: str) -> Walk:
    about: dict[str, Any] = {"at": at, "by": "local", "client_id": id, "ref": ref}
    if walk.state.request is not None:
        return resolve(tree, walk, walk.state.request.id, value, **about)
    return answer(tree, walk, value, **about)


def test_an_event_takes_little_more_room_than_its_json(tmp_path: Path) -> None:
    """Walks of a tree as it is shipped, each moved beside the others as in a centre: the file, with
    its indexes, calls, rows about walks and versions, is at most 3 times the events' own JSON."""
    rng = Random(3)

    async def moved(desk: Desk) -> None:
        walk = await desk.start(
            "internet_down", given={"plan": "fibre"}, client_id=f"{rng.random()}", body=digest("")
        )
        for _ in range(12):
            value, id = (
                _said(expects(await desk.tree_of(walk), walk), rng),
                f"client-{rng.random()}",
            )
            if value == "":
                return
            make = partial(_answered, value=value, id=id)
            walk = await desk.move(walk.id, make, seq=walk.seq, client_id=id, body=digest(id))

    async def work(store: Store) -> int:
        desk = Desk(examined(), store)
        for _ in range(4):
            await asyncio.gather(*(moved(desk) for _ in range(40)))
        return sum([len(pack(stored.event)) async for stored in store.all_events()])

    own = with_store(url_of("sqlite", tmp_path), work)
    size = (tmp_path / "record.db").stat().st_size
    assert own > 200_000
    print(f"{size / own:.2f} times the events' own JSON")
    assert size <= 3 * own, f"{size / own:.2f} times"


# ----------------------------------------------------------------------------- several processes


def _write_many(url: str, name: str, count: int) -> None:
    async def run() -> None:
        store = await open_store(url)
        for n in range(count):
            await append(store, f"{name}{n}", begun(name), after=0)
            done = False
            while not done:  # both move one walk: the loser looks again
                row = await store.walk("shared")
                assert row is not None
                try:
                    await append(store, "shared", said(name, actor=name), after=row.seq)
                    done = True
                except Conflict:
                    continue
        await store.close()

    asyncio.run(run())


def _open_at_once(url: str, barrier: Any) -> None:
    barrier.wait(120)
    with_store(
        url, lambda store: append(store, f"w{os.getpid()}", begun(f"{os.getpid()}"), after=0)
    )


@pytest.mark.slow
def test_processes_that_make_one_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, url = context.Barrier(3), url_of("sqlite", tmp_path)
    all_ = [context.Process(target=_open_at_once, args=(url, barrier)) for _ in range(3)]
    for process in all_:
        process.start()
    for process in all_:
        process.join(120)
    assert [process.exitcode for process in all_] == [0] * 3
    assert len(with_store(url, lambda store: store.walks())) == 3


@pytest.mark.slow
def test_two_processes_write_one_file(tmp_path: Path) -> None:
    url, count = url_of("sqlite", tmp_path), 30
    with_store(url, lambda store: append(store, "shared", begun(), after=0))
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_write_many, args=(url, name, count)) for name in "ab"]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]

    async def work(store: Store) -> tuple[list[Stored], int]:
        return await store.events("shared"), len(await store.walks(limit=1_000))

    events, walks = with_store(url, work)
    assert walks == 2 * count + 1
    assert len(events) == 2 * count + 1
    assert broken("shared", events) == ""
    assert {e.event.actor for e in events} == {"ann", "a", "b"}


def test_what_fails_half_done_leaves_nothing_and_the_others_are_kept(tmp_path: Path) -> None:
    """All in one commit: those before it, it, and those behind it."""

    async def work(store: Store) -> None:
        assert isinstance(store, sqlite.Sqlite)
        busy, go = threading.Event(), threading.Event()

        def hold(connection: apsw.Connection) -> None:
            busy.set()
            go.wait(60)

        def half_done(connection: apsw.Connection) -> None:
            connection.execute("INSERT INTO trees VALUES ('l', 't', 'tree', '')")
            raise StoreError("half done")

        commits: list[int] = []
        store.observed(commits.append)
        first = asyncio.create_task(store._writer.written(hold))
        while not busy.is_set():
            await asyncio.sleep(0)
        others = [append(store, walk, begun(), after=0) for walk in ("a", "b")]
        done = asyncio.gather(others[0], store._writer.written(half_done), others[1], return_exceptions=True)  # fmt: skip
        while not store._writer._waiting.qsize():  # what one turn of the loop brought is one entry
            await asyncio.sleep(0)
        go.set()
        await first
        kept, failed, also = await done
        assert isinstance(kept, Appended)
        assert isinstance(also, Appended)
        assert (kept.seq, also.seq, str(failed)) == (1, 1, "half done")
        assert commits[-1] == 3
        assert await store.tree("l") is None
        assert {row.id for row in await store.walks()} == {"a", "b"}

    with_store(url_of("sqlite", tmp_path), work)
