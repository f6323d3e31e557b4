"""Faults of the disk under the SQLite store: nothing acknowledged is lost, what cannot be kept is
refused in words, and the service resumes by itself once the cause is gone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest

from engine.errors import StoreError
from engine.record import Stored, broken
from engine.stores import Appended, Store, open_store, sqlite_disk, sqlite_file, sqlite_writer
from engine.stores.sqlite import Sqlite
from tests.disks import Op, watched
from tests.served import served
from tests.store_urls import NOON, append, begun, said, url_of, with_store

T = TypeVar("T")
BEGIN = {"tree": "internet_down", "given": {"plan": "fibre"}}
SOAK = os.environ.get("FINGERPOST_SOAK") == "1"


def io_error(extended: int) -> Callable[[], Exception]:
    def made() -> Exception:
        error = apsw.IOError("the disk failed")
        error.extendedresult = extended  # type: ignore[attr-defined]
        return error

    return made


FAULTS: dict[str, tuple[Callable[[], Exception], str]] = {
    "sync": (io_error(apsw.SQLITE_IOERR_FSYNC), "could not be written for sure: press again"),
    "write": (io_error(apsw.SQLITE_IOERR_WRITE), "could not be written for sure: press again"),
    "full": (apsw.FullError, "full: free some space"),
}


class Breaking:
    """A disk that fails while it is ``broken`` (with what kind of fault), in what writes."""

    def __init__(self) -> None:
        self.broken = ""
        self.asked: list[Op] = []

    def __call__(self, op: Op) -> None:
        self.asked.append(op)
        kind = "sync" if self.broken == "sync" else "write"
        if self.broken and op.kind == kind and op.name.endswith("-wal"):
            raise FAULTS[self.broken][0]()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_that_fails_acknowledges_nobody_and_is_used_again(
    fault: str, tmp_path: Path
) -> None:
    disk = Breaking()

    async def work(store: Store) -> None:
        for n in range(8):
            await append(store, f"w{n}", begun(), after=0)
        disk.broken = fault
        calls = [append(store, f"w{n}", said("x"), after=1, client_id="c") for n in range(8)]
        refused = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(error) for error in refused} == {StoreError}
        assert all(FAULTS[fault][1] in str(error) for error in refused)
        for n in range(8):  # reading goes on
            assert len(await store.events(f"w{n}")) == 1
        disk.broken = ""
        calls = [append(store, f"w{n}", said("x"), after=1, client_id="c") for n in range(8)]
        assert {done.seq for done in await asyncio.gather(*calls)} == {2}
        for n in range(8):
            assert broken(f"w{n}", await store.events(f"w{n}")) == ""

    with watched(disk):
        with_store(url_of("sqlite", tmp_path), work)


def test_what_cannot_be_read_is_told_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = False

    def ask(op: Op) -> None:
        if fails and op.kind in ("read", "open"):
            raise io_error(apsw.SQLITE_IOERR_READ)()

    url = url_of("sqlite", tmp_path)
    with_store(url, lambda s: append(s, "w", begun(), *[said("x" * 9_000)] * 9, after=0))

    async def work(store: Store) -> list[Stored]:
        nonlocal fails
        fails = True
        with pytest.raises(StoreError, match=r"record\.db"):
            await store.events("w")
        fails = False
        return await store.events("w")

    with watched(ask):
        assert len(with_store(url, work)) == 10


async def insists(call: Callable[[], Awaitable[T]]) -> T:
    for _ in range(2):
        try:
            return await call()
        except StoreError:
            continue
    return await call()


async def _insisted(url: str) -> None:
    """Three walks at once, each call made again until it is acknowledged; then all is there."""
    store = await insists(lambda: open_store(url))

    async def walked(walk: str) -> None:
        for seq, event in enumerate((begun(walk), *[said("x" * 3_000)] * 4)):
            more: dict[str, Any] = {"client_id": f"c{seq}", "private": {f"r{seq}": {"x": "y"}}}
            done = await insists(partial(append, store, walk, event, after=seq, **more))
            assert done.seq == seq + 1

    await asyncio.gather(*(walked(f"w{n}") for n in range(3)))
    await insists(lambda: store.erase("w1", at=NOON))
    await store.close()
    store = await insists(lambda: open_store(url))
    for n in range(3):
        row, events = await store.walk(f"w{n}"), await store.events(f"w{n}")
        assert row is not None
        assert len(events) == 5
        assert broken(f"w{n}", events, (row.seq, row.hash)) == ""
        assert len(await store.private(f"w{n}")) == (0 if n == 1 else 5)
    await store.close()


def _swept(folder: Path, fail_at: int, fault: str) -> int:
    """A run with one fault, at that operation; how many operations there were."""
    folder.mkdir()
    count = 0

    def ask(op: Op) -> None:
        nonlocal count
        if op.kind in ("write", "sync", "truncate", "delete") and op.name:
            count += 1
            if count == fail_at:
                raise FAULTS[fault][0]()

    with watched(ask):
        asyncio.run(_insisted(url_of("sqlite", folder)))
    return count


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_operation_loses_nothing_and_doubles_nothing(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each operation of a run fails once, from the making of the file on; every call is made
    again until it is acknowledged."""
    pragmas = (*sqlite_file.PRAGMAS, "wal_autocheckpoint=10")
    monkeypatch.setattr(sqlite_file, "PRAGMAS", pragmas)
    count = _swept(tmp_path / "none", 0, fault)
    assert count > 100
    for at in range(1, count + 1, 1 if SOAK else 7):
        _swept(tmp_path / str(at), at, fault)


def test_a_disk_that_is_nearly_full_takes_nothing_new_and_is_read(tmp_path: Path) -> None:
    left = 1 << 40

    async def run() -> None:
        nonlocal left
        store = Sqlite(f"{tmp_path}/record.db", free=lambda path: left)
        store.start()
        await append(store, "w", begun(), after=0, client_id="a", private={"r": {"x": "y"}})
        left = sqlite_disk.LOW_WATER - 1
        with pytest.raises(StoreError, match=r"nearly full \(63 MB left\): free some space"):
            await append(store, "w", said("x"), after=1)
        with pytest.raises(StoreError, match="nearly full"):
            await store.keep_tree("l", "t", "tree", "source")
        assert len(await store.events("w")) == 1
        # A call that came before gives its answer, and what gives room is done.
        again = await append(store, "w", after=1, client_id="a")
        assert (again.seq, again.repeated) == (1, True)
        assert await store.erase("w", at=NOON) == 1
        left = sqlite_disk.LOW_WATER
        assert await append(store, "w", said("x"), after=1) == Appended(2)
        await store.close()

    asyncio.run(run())


def test_a_file_held_by_another_program_is_told_and_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_MS", 50)

    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0)
        other = apsw.Connection(f"{tmp_path}/record.db")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="held by another program: wait, or stop"):
            await append(store, "w", said("x"), after=1, client_id="c")
        assert len(await store.events("w")) == 1
        other.execute("ROLLBACK")
        other.close()
        assert await append(store, "w", said("x"), after=1, client_id="c") == Appended(2)

    with_store(url_of("sqlite", tmp_path), work)


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_that_is_taken_away_while_in_use_is_told_at_once(how: str, tmp_path: Path) -> None:
    path = tmp_path / "record.db"

    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0)
        path.rename(tmp_path / "aside")
        if how == "replaced":
            path.write_bytes((tmp_path / "aside").read_bytes())
        for _ in range(2):
            with pytest.raises(StoreError, match="taken away or replaced while it was in use"):
                await append(store, "w", said("x"), after=1)
        (tmp_path / "aside").rename(path)
        assert await append(store, "w", said("x"), after=1) == Appended(2)

    with_store(url_of("sqlite", tmp_path), work)


def test_a_clock_that_was_set_back_orders_nothing(tmp_path: Path) -> None:
    """Time is a label: events are in the order in which they were kept, and nothing lasts less
    than no time."""
    now = datetime(2026, 10, 25, 1, 59, tzinfo=UTC)
    store = Sqlite(f"{tmp_path}/record.db")
    store.start()
    with served(store=store, clock=lambda: now) as app:
        walk = app.call("POST", "/walks", BEGIN).json()["id"]
        now -= timedelta(hours=1)
        app.call("POST", f"/walks/{walk}/events", {"type": "noted", "text": "later", "seq": 1, "client_id": "n"})  # fmt: skip
        told = app.call("GET", f"/walks/{walk}/events").json()["events"]
        assert [event["seq"] for event in told] == [1, 2]
        assert told[0]["at"] > told[1]["at"]
        listed = app.client.portal.call(store.walk, walk)  # type: ignore[union-attr]
        assert listed is not None
        assert listed.updated >= listed.started
        app.desk.held.clear()  # read back from the store, it is the same walk
        assert app.call("GET", f"/walks/{walk}").json()["seq"] == 2


def test_a_fault_of_the_disk_as_people_see_it(tmp_path: Path) -> None:
    """A page with words and a button that sends the same again, once."""
    disk, left = Breaking(), 1 << 40
    with watched(disk):
        store = Sqlite(f"{tmp_path}/record.db", free=lambda path: left)
        store.start()
        with served(store=store) as app:
            walk = app.call("POST", "/walks", BEGIN).json()["id"]
            page = app.open(f"/walks/{walk}")
            for fault, (_, words) in FAULTS.items():
                disk.broken = fault
                refused = page.press("notes", text=f"about {fault}")
                assert refused.status == 503
                assert refused.headers["retry-after"] == "5"
                assert words.partition(":")[0] in refused.text
                assert app.open(page.path).status == 200  # reading goes on
                disk.broken = ""
                page = refused.press("notes")
                assert page.status == 200
                assert page.text.count(f"about {fault}") == 1
            left = 0
            told = app.call("POST", "/walks", BEGIN)
            assert told.status_code == 503
            assert "nearly full" in told.json()["detail"]
            assert app.open(page.path).status == 200
            left = 1 << 40
            assert app.call("POST", "/walks", BEGIN).status_code == 201  # fmt: skip
            events = app.client.portal.call(store.events, walk)  # type: ignore[union-attr]
            assert len(events) == 1 + len(FAULTS)


_SMALL_FILES = """
import asyncio, resource, signal, sys
from engine.errors import StoreError
from engine.stores import open_store
from tests.store_urls import NOON, append, begun, said

async def run():
    store = await open_store(sys.argv[1])
    await append(store, "w", begun(), after=0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, most))
    seq, told = 1, ""
    while not told:
        try:
            await append(store, "w", said("x" * 9_000), after=seq, client_id=str(seq))
            seq += 1
        except StoreError as refused:
            told = str(refused)
    print(seq, len(await store.events("w")), told)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    print((await append(store, "w", said("x"), after=seq, client_id=str(seq))).seq)
    await store.close()

asyncio.run(run())
"""


def test_a_file_that_may_grow_no_more_is_told_and_goes_on_when_it_may(tmp_path: Path) -> None:
    """By a real limit of the system, on the real disk."""
    done = subprocess.run(
        [sys.executable, "-c", _SMALL_FILES, url_of("sqlite", tmp_path)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    seq, there, told = first.split(" ", 2)
    assert seq == there
    assert "could not be written for sure: press again" in told
    assert int(second) == int(seq) + 1


def test_what_was_written_is_folded_into_the_file_when_nothing_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "IDLE", 0.01)
    disk = Breaking()

    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0)
        deadline = time.monotonic() + 60
        while not [op for op in disk.asked if op.kind == "sync" and op.name == "record.db"][1:]:
            assert time.monotonic() < deadline, "the log was not folded"
            await asyncio.sleep(0.01)
        assert await append(store, "w", said("x"), after=1) == Appended(2)

    with watched(disk):
        with_store(url_of("sqlite", tmp_path), work)
