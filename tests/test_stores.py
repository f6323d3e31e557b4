"""The contract of every store, and what SQLite alone can lose.

Stores come from the registry: one more of them is held to all of this without a line here.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.errors import ClientIdReused, Conflict, NotThere, StoreError
from engine.model import Answered, Event, Started
from engine.record import Stored, broken, genesis
from engine.stores import STORES, Appended, Head, Store, open_store
from engine.stores import sqlite_writer as sqlite
from engine.stores.sqlite_file import MIGRATIONS, connect

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEAD = Head(tree="t", logic="l", status="asking", node="n")
T = TypeVar("T")


def url_of(kind: str, folder: Path) -> str:
    return {"memory": "memory:", "sqlite": f"sqlite:///{folder}/record.db"}[kind]


@pytest.fixture(params=list(STORES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


def with_store(url: str, work: Callable[[Store], Awaitable[T]]) -> T:
    """What some work in a store gives; the store is opened for it and closed after."""

    async def run() -> T:
        store = await open_store(url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def begun(actor: str = "ann", at: datetime = NOON) -> Started:
    return Started(at=at, actor=actor, tree="t", logic="l")


def said(answer: Any, n: int = 1, actor: str = "ann") -> Answered:
    return Answered(at=NOON + timedelta(seconds=n), actor=actor, node="n", answer=answer)


async def append(store: Store, walk: str, *events: Event, after: int, **more: Any) -> Appended:
    return await store.append(walk, events, after=after, **{"head": HEAD, **more})


# ------------------------------------------------------------------------------- the contract


def test_events_come_back_as_they_went_in_and_in_their_order(url: str) -> None:
    async def work(store: Store) -> list[Stored]:
        assert await append(store, "w", begun(), after=0) == Appended(1)
        await append(store, "w", said("é “x” \u2028 𝄞"), said({"a": ["1", True, None]}), after=1)
        return await store.events("w")

    found = with_store(url, work)
    assert [stored.seq for stored in found] == [1, 2, 3]
    assert [stored.event for stored in found[1:]] == [
        said("é “x” \u2028 𝄞"),
        said({"a": ["1", True, None]}),
    ]
    assert found[0].prev == genesis("w")
    assert broken("w", found, (3, found[-1].hash)) == ""


def test_events_are_read_from_any_number_on(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), *(said(str(n)) for n in range(4)), after=0)
        whole = await store.events("w")
        for after in range(-1, 8):
            assert await store.events("w", after=after) == whole[max(after, 0) :]
        assert await store.events("of nobody") == []

    with_store(url, work)


def test_an_append_behind_another_event_is_a_conflict_and_keeps_nothing(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0)
        before = await store.events("w"), await store.walk("w")
        for after in (0, 2, -1, 7):
            with pytest.raises(Conflict) as conflict:
                await append(
                    store, "w", said("b"), after=after, client_id="c", private={"r": {"x": "y"}}
                )
            assert (conflict.value.expected, conflict.value.actual) == (after, 1)
        with pytest.raises(Conflict):
            await append(store, "new", begun(), after=3)
        assert (await store.events("w"), await store.walk("w")) == before
        assert await store.private("w") == {}
        assert await store.walk("new") is None
        # The client_id of what was refused is free: nothing of the call was kept.
        assert await append(store, "w", said("b"), after=1, client_id="c") == Appended(2)

    with_store(url, work)


def test_a_call_that_comes_again_gives_its_first_answer(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, client_id="a", body="1")
        await append(store, "w", said("x"), said("y"), after=1, client_id="b", body="2")
        await append(store, "w", said("z"), after=3)
        again = await append(store, "w", said("x"), after=1, client_id="b", body="2")
        assert (again.seq, again.repeated) == (3, True)
        first = await append(store, "w", begun(), after=0, client_id="a", body="1")
        assert (first.seq, first.repeated) == (1, True)
        asked = await append(store, "w", after=9, client_id="b", body="2")
        assert (asked.seq, asked.repeated) == (3, True)
        assert len(await store.events("w")) == 4
        with pytest.raises(ClientIdReused):
            await append(store, "w", said("x"), after=4, client_id="b", body="other")
        assert len(await store.events("w")) == 4
        # In another walk the same id is another call.
        assert await append(store, "v", begun("bob"), after=0, client_id="b") == Appended(1)

    with_store(url, work)


def test_one_walk_for_one_client_id_of_one_caller(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w1", begun(), after=0, client_id="a", body="1")
        again = await append(store, "w2", begun(), after=0, client_id="a", body="1")
        assert again == Appended(1, repeated=True, walk="w1")
        with pytest.raises(ClientIdReused):
            await append(store, "w3", begun(), after=0, client_id="a", body="2")
        assert await store.walk("w2") is None
        assert await store.events("w3") == []
        row = await store.begun("ann", "a")
        assert row is not None
        assert row.id == "w1"
        await append(store, "w4", begun("bob"), after=0, client_id="a", body="2")
        await append(store, "w5", begun(), after=0)
        await append(store, "w6", begun(), after=0)
        assert await store.begun("ann", "") is None
        assert await store.begun("eve", "a") is None

    with_store(url, work)


def test_a_row_about_each_walk_follows_its_events(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, client_id="c")
        ended = Head(
            tree="t", logic="l2", status="ended", node="e", disposition="done", audience="agent",
            channel="phone", language="fr", reference="case 7",
        )  # fmt: skip
        await append(store, "w", said("x", 60), after=1, head=ended)
        row = await store.walk("w")
        last = (await store.events("w"))[-1]
        assert row is not None
        assert (row.head, row.seq, row.hash) == (ended, 2, last.hash)
        assert (row.started, row.updated) == (NOON, NOON + timedelta(minutes=1))
        assert (row.actor, row.client_id) == ("ann", "c")
        # A clock that was set back moves nothing back.
        await append(store, "w", said("y", -600), after=2)
        row = await store.walk("w")
        assert row is not None
        assert row.updated == NOON + timedelta(minutes=1)

    with_store(url, work)


def test_walks_are_listed_page_by_page_the_latest_first(url: str) -> None:
    async def work(store: Store) -> None:
        for n in range(7):
            head = Head(
                tree="ab"[n % 2], logic="l", status=("asking", "ended")[n % 3 == 0], node="n"
            )
            at = NOON + timedelta(minutes=n // 2)  # some begin in the same moment
            await append(store, f"w{n}", begun(at=at), after=0, head=head)
        names, before = [], ""
        while rows := await store.walks(limit=2, before=before):
            names += [row.id for row in rows]
            before = rows[-1].cursor
        assert names == ["w6", "w5", "w4", "w3", "w2", "w1", "w0"]
        assert [row.id for row in await store.walks(tree="a")] == ["w6", "w4", "w2", "w0"]
        assert [r.id for r in await store.walks(tree="b", status="ended")] == ["w3"]
        assert [row.id for row in await store.walks(before="rubbish", limit=1)] == ["w6"]
        every = [s.walk async for s in store.all_events(tree="b")]
        assert every == ["w1", "w3", "w5"]
        assert [s.walk async for s in store.all_events()] == [f"w{n}" for n in range(7)]

    with_store(url, work)


def test_all_events_come_walk_by_walk_for_any_number_of_walks(url: str) -> None:
    async def work(store: Store) -> None:
        for n in range(230):
            await append(store, f"w{n:03}", begun(), said("x"), after=0)
        found = [(stored.walk, stored.seq) async for stored in store.all_events()]
        assert found == [(f"w{n:03}", seq) for n in range(230) for seq in (1, 2)]

    with_store(url, work)


def test_private_values_stand_apart_and_go_for_good(url: str) -> None:
    async def work(store: Store) -> None:
        secret = {"mobile": "+4420", "tags": ["a", "b"], "n": "1.10"}
        await append(store, "w", begun(), after=0, private={"r1": secret})
        await append(store, "w", said({"m": {"private": "r2"}}), after=1, private={"r2": {}})
        await append(store, "v", begun(), after=0, private={"r1": {"x": "y"}})
        assert await store.private("w") == {"r1": secret, "r2": {}}
        log = await store.events("w")
        assert await store.erase("w") == 2
        assert await store.private("w") == {}
        assert await store.events("w") == log
        assert await store.private("v") == {"r1": {"x": "y"}}
        assert await store.erase("w") == 0
        assert await store.erase("of nobody") == 0

    with_store(url, work)


def test_private_values_are_never_written_over(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, private={"r": {"x": "first"}})
        with pytest.raises(StoreError):
            await append(store, "w", said("x"), after=1, private={"r": {"x": "second"}})
        assert await store.private("w") == {"r": {"x": "first"}}
        assert len(await store.events("w")) == 1

    with_store(url, work)


@pytest.mark.parametrize("what", ["\ud800", object(), 1 << 80, [1] * 3])
def test_what_cannot_be_written_down_is_refused_and_the_store_goes_on(url: str, what: Any) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0)
        try:
            await append(store, "w", said(what), after=1)
        except StoreError:
            assert len(await store.events("w")) == 1
        after = len(await store.events("w"))
        try:
            await append(store, "w", said("x"), after=after, private={"r": {"x": what}})
        except StoreError:
            assert len(await store.events("w")) == after
        after = len(await store.events("w"))
        assert await append(store, "w", said("fine"), after=after) == Appended(after + 1)
        assert broken("w", await store.events("w")) == ""

    with_store(url, work)


def test_a_version_of_a_tree_is_kept_and_its_latest_wording_given(url: str) -> None:
    async def work(store: Store) -> None:
        await store.keep_tree("l1", "t1", "tree", "one")
        await store.keep_tree("l1", "t2", "tree", "two")
        await store.keep_tree("l1", "t1", "tree", "one again")
        await store.keep_tree("l2", "t1", "tree", "three")
        assert await store.tree("l1") == "two"
        assert await store.tree("l2") == "three"
        assert await store.tree("l3") is None

    with_store(url, work)


def test_64_at_once_lose_nothing_and_a_conflict_harms_nobody_else(url: str) -> None:
    async def work(store: Store) -> None:
        calls = [append(store, f"w{n}", begun(), after=0) for n in range(64)]
        calls += [append(store, f"w{n}", said("x"), after=5) for n in range(8)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert results[:64] == [Appended(1)] * 64
        assert all(isinstance(result, Conflict) for result in results[64:])
        walks = [append(store, "one", begun(), after=0, client_id=f"c{n}") for n in range(8)]
        raced = await asyncio.gather(*walks, return_exceptions=True)
        assert [type(result) for result in raced].count(Appended) == 1
        assert len(await store.walks(limit=100)) == 65
        for n in range(64):
            assert len(await store.events(f"w{n}")) == 1

    with_store(url, work)


def test_a_closed_store_says_so_instead_of_waiting_for_ever(tmp_path: Path) -> None:
    async def run() -> None:
        store = await open_store(url_of("sqlite", tmp_path))
        await store.close()
        await store.close()
        with pytest.raises(StoreError, match="closed"):
            await asyncio.wait_for(append(store, "w", begun(), after=0), 2)

    asyncio.run(run())


def test_an_address_of_no_store_is_told() -> None:
    with pytest.raises(NotThere, match=r"kind of store 'sqlit'.*Did you mean 'sqlite'"):
        asyncio.run(open_store("sqlit:////x"))
    for url in ("sqlite:", "sqlite://x", "sqlite:///"):
        with pytest.raises(StoreError, match="names no file"):
            asyncio.run(open_store(url))


# ------------------------------------------------------------------- any order of any calls


class Interleaved(RuleBasedStateMachine):
    """Every store at once, beside a model of lists and dicts: they agree after any calls."""

    walks = st.sampled_from(["w", "v"])
    clients = st.sampled_from(["", "c1", "c2"])
    bodies = st.sampled_from(["1", "2"])

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.urls = {kind: url_of(kind, Path(self.folder.name)) for kind in STORES}

    @initialize()
    def open(self) -> None:
        self.stores = {kind: self.run(open_store(url)) for kind, url in self.urls.items()}
        self.log: dict[str, list[Event]] = {}
        self.calls: dict[tuple[str, str], tuple[int, str]] = {}
        self.private: dict[str, dict[str, Any]] = {}
        self.refs = 0

    def run(self, work: Awaitable[T]) -> T:
        async def inner() -> T:
            return await work

        return self.loop.run_until_complete(inner())

    @rule(
        walk=walks, client=clients, body=bodies, count=st.integers(0, 2),
        off=st.sampled_from([0, 0, 0, 1, -1]), secret=st.booleans(),
    )  # fmt: skip
    def append(
        self, walk: str, client: str, body: str, count: int, off: int, secret: bool
    ) -> None:
        log = self.log.get(walk, [])
        first: list[Event] = [begun(actor=walk)] if not log else []
        events = [*first, *(said(f"{len(log)}.{n}") for n in range(count))][: count or None]
        if not count:
            events = []
        self.refs += secret
        private = {f"r{self.refs}": {"x": self.refs}} if secret else {}
        want = self._expected(walk, events, len(log) + off, client, body)
        for kind, store in self.stores.items():
            work = store.append(
                walk, events, after=len(log) + off, head=HEAD, client_id=client, body=body,
                private=private if want == "kept" else {},
            )  # fmt: skip
            assert self._outcome(work) == (
                ("kept", len(log) + len(events)) if want == "kept" else want
            ), kind
        if want == "kept":
            self.log[walk] = [*log, *events]
            self.private.setdefault(walk, {}).update(private)
            if client:
                self.calls[walk, client] = (len(self.log[walk]), body)

    def _expected(self, walk: str, events: list[Event], after: int, client: str, body: str) -> Any:
        log = self.log.get(walk, [])
        if (walk, client) in self.calls:
            seq, was = self.calls[walk, client]
            return ("repeated", seq) if was == body else ClientIdReused
        if not events:
            return ("kept", len(log))
        return "kept" if after == len(log) else Conflict

    def _outcome(self, work: Awaitable[Appended]) -> Any:
        try:
            done = self.run(work)
        except (Conflict, ClientIdReused) as refused:
            return type(refused)
        return ("repeated" if done.repeated else "kept", done.seq)

    @rule(walk=walks)
    def erase(self, walk: str) -> None:
        gone = len(self.private.pop(walk, {}))
        for kind, store in self.stores.items():
            assert self.run(store.erase(walk)) == gone, kind

    @rule()
    def restart(self) -> None:
        self.run(self.stores["sqlite"].close())
        self.stores["sqlite"] = self.run(open_store(self.urls["sqlite"]))

    @rule(walk=walks, after=st.integers(0, 5))
    def read(self, walk: str, after: int) -> None:
        for kind, store in self.stores.items():
            found = self.run(store.events(walk, after=after))
            assert [s.event for s in found] == self.log.get(walk, [])[after:], kind

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "stores"):
            return
        for kind, store in self.stores.items():
            for walk in ("w", "v"):
                found = self.run(store.events(walk))
                assert [s.event for s in found] == self.log.get(walk, []), kind
                assert broken(walk, found) == "", kind
                assert self.run(store.private(walk)) == self.private.get(walk, {}), kind
        rows = [self.run(store.walks()) for store in self.stores.values()]
        assert all(row == rows[0] for row in rows)

    def teardown(self) -> None:
        for store in self.stores.values() if hasattr(self, "stores") else ():
            self.run(store.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


# ------------------------------------------------------------------------------ SQLite alone


def pragma(connection: apsw.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchall()[0][0]


def test_sqlite_is_set_to_keep_what_it_acknowledges(tmp_path: Path) -> None:
    connection = connect(str(tmp_path / "new" / "folder" / "record.db"))
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
        real, failing = sqlite._try, [apsw.IOError("disk I/O error"), apsw.FullError("full")]

        def broken_once(connection: apsw.Connection, waiting: Any) -> None:
            real(connection, waiting)
            if failing:
                raise failing.pop(0)

        monkeypatch.setattr(sqlite, "_try", broken_once)
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


CANARY = "canary-4f1e7 Ünsel +4420794600"


@pytest.mark.parametrize("reading", [False, True], ids=["alone", "beside a reader"])
def test_an_erased_value_is_nowhere_in_the_file(
    reading: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def found() -> set[str]:
        places = {CANARY.encode(), CANARY.encode("utf-16-le"), b"canary-4f1e7"}
        return {
            path.name
            for path in tmp_path.iterdir()
            if any(place in path.read_bytes() for place in places)
        }

    async def work(store: Store) -> None:
        private = {"r1": {"name": CANARY, "more": "x" * 9_000 + CANARY}}
        await append(store, "w", begun(), after=0)
        await append(store, "w", said({"name": {"private": "r1"}}), after=1, private=private)
        await append(store, "v", begun(), after=0, private={"r": {"name": "Bo"}})
        assert found() - {"record.db-shm"}  # it is there, so the search can find it
        other = apsw.Connection(str(tmp_path / "record.db"))
        held = other.execute("SELECT * FROM private") if reading else other.cursor()
        await store.erase("w")
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


def test_a_refused_call_tells_no_private_value(url: str) -> None:
    async def work(store: Store) -> list[str]:
        secret = {"r": {"name": CANARY}}
        await append(store, "w", begun(), after=0, client_id="a", body="1", private=secret)
        told = []
        calls: tuple[dict[str, Any], ...] = (
            {"after": 5, "private": {"q": {"name": CANARY}}},
            {"after": 1, "private": secret},
            {"after": 1, "client_id": "a", "body": "2", "private": {"q": {"name": CANARY}}},
            {"after": 1, "private": {"q": {"name": CANARY, "other": object()}}},
        )
        for more in calls:
            with pytest.raises((Conflict, StoreError, ClientIdReused)) as refused:
                await append(store, "w", said("x"), **more)
            told.append(repr(refused.value) + str(refused.value))
        return told

    assert not [words for words in with_store(url, work) if "canary" in words]


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
from tests.test_stores import append, begun, said
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
