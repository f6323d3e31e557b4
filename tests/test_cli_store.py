"""`fingerpost store`: made, proved, counted, backed up and copied; and what was tampered with shows."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.errors import StoreError
from engine.load import examine
from engine.stores import Store, open_store
from engine.stores.sqlite_forms import MIGRATIONS
from engine.walk import answer
from tests.command import Ran, refused, run
from tests.store_urls import ADDRESSES, url_of, with_store
from web.desk import Desk
from web.keeping.proof import Proof, rows

LIBRARY = "format: 1\ndispositions: {done: {label: Done}}\n"
TREE = """\
format: 1
title: Change of address
start: who
nodes:
  who:
    ask: Who are you?
    fields:
      name: {type: text, private: true}
      street: {type: text}
    next: sure
  sure:
    ask: Is that right, {who.name}?
    choices: {yes: done, no: who}
  done: {end: "It is changed, {who.name}.", disposition: done}
allow: [{check: untold, why: A test has no stories.}, {check: endless, why: They may ask again.}]
"""
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    (folder / "library.yaml").write_text(LIBRARY)
    (folder / "address.yaml").write_text(TREE)
    return folder


async def _recorded(library: Path, url: str) -> None:
    """Three walks: one that ended, one that waits, one whose private values were erased."""
    times: Iterator[datetime] = (NOON + timedelta(minutes=n) for n in range(1_000))
    ids = iter(("walk-a", "walk-b", "walk-c"))
    store = await open_store(url)
    desk = Desk(examine(library), store, clock=lambda: next(times), new_id=lambda *at: next(ids))

    async def say(id: str, seq: int, value: object) -> None:
        def make(tree: Any, walk: Any, at: datetime, ref: str) -> Any:
            return answer(tree, walk, value, at=at, ref=ref, client_id=f"c{seq}")

        await desk.move(id, make, seq=seq, client_id=f"c{seq}", body=f"body {seq}")

    for id in ("walk-a", "walk-b", "walk-c"):
        await desk.start("address", client_id=id if id != "walk-b" else "", body="begin")
        await say(id, 1, {"name": "Ana Silva", "street": "Long Lane"})
        await say(id, 2, "no")
        await say(id, 3, {"name": "Ana Sousa", "street": "Long Lane"})
    await say("walk-a", 4, "yes")
    await store.erase("walk-c", at=NOON, by="sue")
    await store.close()


@pytest.fixture
def url(library: Path, tmp_path: Path) -> str:
    url = url_of("sqlite", tmp_path)
    asyncio.run(_recorded(library, url))
    return url


def store(*words: object) -> Ran:
    return run("store", *words)


# ------------------------------------------------------------------------------ init, migrate


def test_a_record_is_made_once(tmp_path: Path) -> None:
    url, form = url_of("sqlite", tmp_path / "new"), len(MIGRATIONS)
    assert store("init", "--store", url).out == f"made {url} (form {form})\n"
    assert store("init", "--store", url).out == f"{url} is there already (form {form})\n"
    mode = stat.S_IMODE((tmp_path / "new" / "record.db").stat().st_mode)
    assert mode == 0o600
    assert refused("store", "init", "--store", "memory:").startswith("'memory' is no kind")
    assert "no record at" in refused("store", "migrate", "--store", f"{url}x")


def test_an_older_record_is_brought_to_the_newest_form(tmp_path: Path) -> None:
    url, path = url_of("sqlite", tmp_path), tmp_path / "record.db"
    connection = apsw.Connection(str(path))
    assert isinstance(MIGRATIONS[0], str)
    connection.execute(MIGRATIONS[0])
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    newest = len(MIGRATIONS)
    told = store("migrate", "--store", url).out
    assert told == f"{url} was brought from form 1 to form {newest}\n"
    assert store("migrate", "--store", url).out == f"{url} has the newest form ({newest})\n"


# ------------------------------------------------------------------------------------- check


def test_a_whole_record_is_said_to_be_whole(url: str) -> None:
    ran = store("check", "--store", url)
    assert (ran.status, ran.out) == (0, "whole: 3 walks, 13 events\n")
    assert store("check", "--store", url, "--json").json == {
        "walks": 3, "events": 13, "not_replayed": 0, "breaks": [], "faults": [],
    }  # fmt: skip


# What somebody does to the file, and the one line that must name it.
TAMPERED = {
    "an event altered": (
        "UPDATE events SET event = replace(event, 'yes', 'no') WHERE walk = 'walk-a' AND seq = 5",
        "walk walk-a: event 5 was altered",
    ),
    "an event that is none": (
        "UPDATE events SET event = '{}' WHERE walk = 'walk-a' AND seq = 2",
        "walk walk-a: event 2 is no event: it was altered",
    ),
    "an event removed in the middle": (
        "DELETE FROM events WHERE walk = 'walk-a' AND seq = 3",
        "walk walk-a: event 3 is missing",
    ),
    "the last event removed": (
        "DELETE FROM events WHERE walk = 'walk-b' AND seq = 4",
        "walk walk-b: event 4 is missing",
    ),
    "two events swapped": (
        "UPDATE events SET seq = seq + 100 WHERE walk = 'walk-b' AND seq IN (2, 3); "
        "UPDATE events SET seq = 105 - seq WHERE walk = 'walk-b' AND seq > 100",
        "walk walk-b: event 2 was altered",
    ),
    "an event put in behind": (
        "INSERT INTO events SELECT walk, 5, hash, event FROM events WHERE walk = 'walk-b' AND seq = 4",
        "walk walk-b: event 5 was altered",
    ),
    "another last event in the row": (
        "UPDATE walks SET hash = replace(hash, substr(hash, 1, 1), 'z') WHERE id = 'walk-b'",
        "walk walk-b: event 4 is not the one that was kept last",
    ),
    "another outcome in the row": (
        "UPDATE walks SET disposition = 'sold' WHERE id = 'walk-a'",
        "walk walk-a: the row says disposition 'sold'; its events give 'done'",
    ),
    "another person in the row": (
        "UPDATE walks SET actor = 'eve' WHERE id = 'walk-a'",
        "walk walk-a: the row says who began it: eve; its events say local",
    ),
    "a private value altered": (
        "UPDATE private SET value = zeroblob(40) WHERE walk = 'walk-a'",
        "walk walk-a: its private values are not as they were sealed",
    ),
    "a row removed": (
        "DELETE FROM walks WHERE id = 'walk-c'",
        "rows of events belong to no row of walks: it was removed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_named(what: str, url: str, tmp_path: Path) -> None:
    statement, told = TAMPERED[what]
    connection = apsw.Connection(f"{tmp_path}/record.db")
    connection.execute(statement)
    assert connection.total_changes() > 0
    connection.close()
    ran = store("check", "--store", url)
    assert ran.status == 1
    assert told in ran.out.splitlines()
    assert ran.out.splitlines()[-1].partition(" in ")[0] in ("1 break", "2 breaks")
    found = store("check", "--store", url, "--json")
    assert found.status == 1
    assert [b["what"] for b in found.json["breaks"]] + found.json["faults"]


def test_events_that_were_made_up_whole_do_not_give_the_walk(url: str, tmp_path: Path) -> None:
    """Whoever can compute the chain anew is found by the replay: his events lead elsewhere."""

    async def forged(store: Store) -> None:
        log = await store.events("walk-a")
        row = await store.walk("walk-a")
        assert row is not None
        events = [stored.event for stored in log]
        events[3] = type(events[3])(**{**_fields(events[3]), "reached": "done"})
        calls = {"after": 0, "head": row.head, "client_id": "x"}
        await store.append("walk-forged", events, **calls)  # type: ignore[arg-type]

    with_store(url, forged)
    ran = store("check", "--store", url)
    assert ran.status == 1
    assert ran.out.startswith("walk walk-forged: event 4 does not follow from those before it")
    assert store("check", "--no-replay", "--store", url).status == 0


def _fields(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def test_walks_that_cannot_be_replayed_are_counted(url: str, tmp_path: Path) -> None:
    connection = apsw.Connection(f"{tmp_path}/record.db")
    connection.execute("DELETE FROM trees")
    connection.close()
    ran = store("check", "--store", url)
    assert ran.status == 0
    assert ran.out.startswith("whole: 3 walks, 13 events; 3 not replayed: a version of the tree")


# ------------------------------------------------------------------------------------- stats


def test_what_is_in_it_is_counted(url: str, tmp_path: Path) -> None:
    found = store("stats", "--store", url, "--json").json
    size = found.pop("bytes")
    assert size >= (tmp_path / "record.db").stat().st_size > 0
    (version,) = found.pop("versions")
    assert (version["tree"], version["walks"], version["open"]) == ("address", 3, 2)
    assert version["wordings"] == 1
    assert found == {
        "store": url, "form": len(MIGRATIONS), "walks": 3, "open": 2, "erased": 1, "events": 13,
        "bytes_per_event": size // 13, "oldest": "2026-03-02T12:00:00+00:00",
        "latest": found["latest"],
    }  # fmt: skip
    assert "3 walks, 2 of them open, 13 events" in store("stats", "--store", url).out


# ------------------------------------------------------------------------------------ backup


def test_a_backup_is_taken_while_it_is_written_to(url: str, tmp_path: Path) -> None:
    output = tmp_path / "backup.db"

    async def busy(store: Store) -> Ran:
        row = await store.walk("walk-b")
        assert row is not None
        words = ("store", "backup", "--store", url, "--output", output)
        done = asyncio.create_task(asyncio.to_thread(run, *words))
        number = 0
        first = (await store.events("walk-a"))[0].event
        while not done.done():
            number += 1
            await store.append(f"n{number}", [first], after=0, head=row.head)
        return await done

    ran = with_store(url, busy)
    assert ran.status == 0, ran.out
    assert ran.out.startswith(f"{output}: ")
    assert ran.out.endswith("events, proved\n")
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    copy = f"sqlite:///{output}"
    assert store("check", "--no-replay", "--store", copy).status == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["backup.db", "record.db"]


def test_a_backup_of_a_broken_record_is_not_kept(url: str, tmp_path: Path) -> None:
    output = tmp_path / "backup.db"
    assert store("backup", "--store", url, "--output", output).status == 0
    good = output.read_bytes()
    connection = apsw.Connection(f"{tmp_path}/record.db")
    connection.execute("DELETE FROM events WHERE walk = 'walk-a' AND seq = 3")
    connection.close()
    ran = store("backup", "--store", url, "--output", output)
    assert ran.status == 1
    assert ran.out.splitlines()[0] == "walk walk-a: event 3 is missing"
    assert output.read_bytes() == good
    assert sorted(p.name for p in tmp_path.iterdir()) == ["backup.db", "record.db"]


def test_a_backup_writes_over_nothing_else(url: str, tmp_path: Path) -> None:
    other = tmp_path / "diary.txt"
    other.write_text("Dear diary,\n" * 400)
    args = ("store", "backup", "--store", url, "--output")
    assert "no record of Fingerpost" in refused(*args, other)
    assert "is the record itself" in refused(*args, tmp_path / "record.db")
    assert "there is no folder" in refused(*args, tmp_path / "none" / "b.db")
    assert "is no file" in refused(*args, tmp_path)
    assert other.read_text() == "Dear diary,\n" * 400


# -------------------------------------------------------------------------------------- copy

KINDS = [kind for kind in ADDRESSES if kind != "memory"]


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_a_record_is_copied_into_a_store_of_any_kind(
    kind: str, url: str, tmp_path: Path
) -> None:
    (tmp_path / "to").mkdir()
    to = url_of(kind, tmp_path / "to")
    with_store(url, lambda s: s.shelf.put("account", "ann", {"role": "agent"}))
    ran = store("copy", "--store", url, "--to", to)
    assert (ran.status, ran.out.endswith("3 walks, 13 events, proved\n")) == (0, True), ran.err

    async def all_of(store: Store) -> dict[str, Any]:
        walks = [row async for row in rows(store)]
        return {
            "walks": walks,
            "events": [stored async for stored in store.all_events()],
            "private": {row.id: await store.private(row.id) for row in walks},
            "calls": {row.id: await store.calls(row.id) for row in walks},
            "versions": [version async for version in store.versions()],
            "shelf": await store.shelf.listed("account"),
        }

    there = with_store(to, all_of)
    assert there == with_store(url, all_of)
    assert there["private"]["walk-c"] == {}
    assert len(there["private"]["walk-b"]) == 2
    assert "has something in it already" in refused("store", "copy", "--store", url, "--to", to)

    async def proved(store: Store) -> tuple[int, int]:
        proof = Proof(store)
        assert [wrong async for wrong in proof.breaks() if wrong] == []
        return proof.walks, proof.unplayed

    assert with_store(to, proved) == (3, 0)
    back = url_of("sqlite", tmp_path / "back")
    (tmp_path / "back").mkdir()
    assert store("copy", "--store", to, "--to", back).status == 0
    assert with_store(back, all_of) == there


def test_a_copy_that_fails_leaves_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web.cli import copying

    async def failing(source: Store, target: Store, row: Any) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(copying, "_walk", failing)
    (tmp_path / "to").mkdir()
    refused("store", "copy", "--store", url, "--to", url_of("sqlite", tmp_path / "to"))
    assert list((tmp_path / "to").iterdir()) == []
