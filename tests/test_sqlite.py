"""What SQLite alone can lose, refuse or leave behind."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.errors import Conflict, StoreError
from engine.model import Answered
from engine.record import Stored, broken
from engine.stores import Store, open_store, sqlite_writer
from engine.stores.sqlite_file import connect
from engine.stores.sqlite_forms import MIGRATIONS
from tests.store_urls import CANARY, NOON, append, begun, said, url_of, with_store


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


def test_an_error_of_the_disk_is_told_and_healed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody in the batch is acknowledged; the file is opened anew, and the same call made again
    counts once."""

    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0)
        real, failing = (
            sqlite_writer._try,
            [apsw.IOError("disk I/O error"), apsw.FullError("full")],
        )

        def broken_once(connection: apsw.Connection, waiting: Any) -> None:
            real(connection, waiting)
            if failing:
                raise failing.pop(0)

        monkeypatch.setattr(sqlite_writer, "_try", broken_once)
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


# --------------------------------------------------------------------- several processes, killed


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


@pytest.mark.slow
def test_two_processes_write_one_file(tmp_path: Path) -> None:
    url, count = url_of("sqlite", tmp_path), 60
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


_KILLED = """
import asyncio, sys
from tests.store_urls import append, begun, said
from engine.stores import open_store

async def run():
    store = await open_store(sys.argv[1])
    round_ = sys.argv[2]
    async def one(name):
        await append(store, name, begun(name), after=0)
        print(name, 1, flush=True)
        for n in range(1, 100_000):
            await append(store, name, said(str(n)), after=n, client_id=str(n))
            print(name, n + 1, flush=True)
    await asyncio.gather(*(one(f"{round_}.{n}") for n in range(4)))

asyncio.run(run())
"""


def _acknowledged(url: str, name: str, lines: int) -> Iterator[tuple[str, int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, url, name], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for n, line in enumerate(process.stdout):
            walk, _, seq = line.strip().partition(" ")
            if seq:
                yield walk, int(seq)
            if n == lines:
                process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_what_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    """Ten rounds on one file, each killed after another number of answers."""
    url = url_of("sqlite", tmp_path)
    acknowledged: dict[str, int] = {}
    for round_ in range(10):
        acknowledged.update(_acknowledged(url, str(round_), 20 + 37 * round_))

    async def work(store: Store) -> None:
        for walk, seq in acknowledged.items():
            events = await store.events(walk)
            assert len(events) >= seq
            assert broken(walk, events) == ""
            answers = [s.event.answer for s in events if isinstance(s.event, Answered)]
            assert answers == [str(n) for n in range(1, len(events))]

    assert len(acknowledged) == 40
    with_store(url, work)
