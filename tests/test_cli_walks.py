"""`fingerpost walks`: what was recorded comes out whole, harmless, and without personal values."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.load import examine
from engine.model import Noted
from engine.stores import open_store
from engine.walk import answer, record
from tests.command import refused, run
from web.desk import Desk
from web.exports import COLUMNS

LIBRARY = """\
format: 1
dispositions: {done: {label: Done}}
"""
TREE = """\
format: 1
title: Change of address & more
start: who
anytime: {leave: {label: Leave, next: gone}}
nodes:
  who:
    ask: Who are you?
    fields:
      name: {type: text, private: true}
      note: {type: text, required: false}
    next: sure
  sure:
    ask: Is that right, {who.name}?
    choices: {yes: done, no: who}
  done: {end: "It is changed, {who.name}.", disposition: done}
  gone: {end: Goodbye., disposition: done}
allow: [{check: untold, why: A test has no stories.}, {check: endless, why: They may ask again.}]
"""
SECRET = "Ana Silva"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    (folder / "library.yaml").write_text(LIBRARY)
    (folder / "address.yaml").write_text(TREE)
    (folder / "other.yaml").write_text(TREE.replace("Change of address", "Other"))
    return folder


@pytest.fixture(scope="module")
def store(library: Path) -> str:
    """A record of three walks: one whole, one that waits, one of another tree."""
    url = f"sqlite:///{library / 'record.db'}"
    asyncio.run(_recorded(library, url))
    return url


async def _recorded(library: Path, url: str) -> None:
    times: Iterator[datetime] = (NOON + timedelta(minutes=n) for n in range(1_000))
    ids = iter(("walk-a", "walk-b", "walk-c"))
    store = await open_store(url)
    desk = Desk(examine(library), store, clock=lambda: next(times), new_id=lambda at: next(ids))

    async def say(id: str, seq: int, value: object) -> None:
        await desk.move(
            id, lambda tree, walk, at, ref: answer(tree, walk, value, at=at, ref=ref), seq=seq
        )

    await desk.start("address", reference="CASE-7")
    await say("walk-a", 1, {"name": SECRET, "note": '=HYPERLINK("http://x")'})
    await desk.move(
        "walk-a",
        lambda tree, walk, at, ref: record(
            tree, walk, Noted(at=at, text="@called, twice\nat noon")
        ),
        seq=2,
    )
    await say("walk-a", 3, "yes")
    await desk.start("address")
    await say("walk-b", 1, {"name": SECRET})
    await desk.start("other")
    await say("walk-c", 1, {"anytime": "leave"})
    await store.close()


# ------------------------------------------------------------------------------------- list


def test_the_latest_come_first(store: str) -> None:
    lines = run("walks", "list", "--store", store).out.splitlines()
    assert [line.split()[0] for line in lines] == ["walk-c", "walk-b", "walk-a"]
    assert lines[0] == "walk-c  2026-03-02 12:06  other  ended at gone (done)"
    assert lines[1] == "walk-b  2026-03-02 12:04  address  waits at sure"


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--tree", "address"], ["walk-b", "walk-a"]),
        (["--status", "ended"], ["walk-c", "walk-a"]),
        (["--status", "waiting"], ["walk-b"]),
        (["--limit", "1"], ["walk-c"]),
        (["--limit", "1", "--status", "waiting"], ["walk-b"]),
        (["--tree", "other", "--status", "waiting"], []),
    ],
)
def test_some_of_them(store: str, options: list[str], ids: list[str]) -> None:
    found = run("walks", "list", "--json", "--store", store, *options).json
    assert [walk["id"] for walk in found["walks"]] == ids
    text = run("walks", "list", "--store", store, *options).out
    assert text.splitlines()[0].split()[0] == (ids[0] if ids else "no")


def test_a_walk_as_json(store: str) -> None:
    walk = run("walks", "list", "--json", "--store", store).json["walks"][2]
    assert walk.pop("logic")
    assert walk == {
        "id": "walk-a", "tree": "address", "status": "ended", "node": "done",
        "disposition": "done", "started": "2026-03-02T12:00:00+00:00",
        "updated": "2026-03-02T12:03:00+00:00", "seq": 4, "actor": "local", "audience": "agent",
        "channel": "phone", "language": "en", "reference": "CASE-7",
    }  # fmt: skip


# ------------------------------------------------------------------------------------- show


SAID = """\
Change of address & more
started 2 Mar 2026 12:00 pm UTC

12:01:00  Who are you?
          Name: {name}; Note: =HYPERLINK("http://x")
12:02:00  (note)
          @called, twice
          at noon
12:03:00  Is that right, {name}?
          Yes

It is changed, {name}.
"""


def test_what_was_said_as_text(store: str, library: Path) -> None:
    shown = run("walks", "show", "walk-a", "--store", store)
    assert shown.out == SAID.format(name="(private)")
    shown = run("walks", "show", "walk-a", "--private", "--store", store)
    assert shown.out == SAID.format(name=SECRET)


def test_all_that_was_recorded_as_json(store: str) -> None:
    shown = run("walks", "show", "walk-a", "--json", "--store", store).json
    assert [event["type"] for event in shown["events"]] == [
        "started",
        "answered",
        "noted",
        "answered",
    ]
    assert [event["seq"] for event in shown["events"]] == [1, 2, 3, 4]
    assert shown["status"] == "ended"
    assert SECRET not in json.dumps(shown)


def test_a_walk_that_is_not_there(store: str) -> None:
    assert "there is no walk 'walk-z'" in refused("walks", "show", "walk-z", "--store", store)


# ----------------------------------------------------------------------------------- export


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_as_csv(store: str) -> None:
    found = rows(run("walks", "export", "--format", "csv", "--store", store).out)
    assert list(found[0]) == list(COLUMNS)
    assert [(row["walk"], row["seq"]) for row in found[:4]] == [
        ("walk-a", str(n)) for n in range(1, 5)
    ]
    assert {row["tree"] for row in found if row["walk"] == "walk-a"} == {"address"}
    answered = found[1]
    assert json.loads(answered["answer"]) == {
        "name": "(private)",
        "note": '=HYPERLINK("http://x")',
    }
    assert answered["node"] == "who"
    assert answered["exit"] == "next"
    assert answered["path"] == "who=next"
    assert found[2]["note"] == "'@called, twice\nat noon"
    assert found[3]["answer"] == "yes"
    assert found[3]["path"] == "sure=yes > done"
    assert found[3]["reached"] == "address.done"
    assert found[3]["reference"] == "CASE-7"
    assert len(found) == 8


def test_as_jsonl(store: str) -> None:
    text = run("walks", "export", "--format", "jsonl", "--store", store).out
    found = [json.loads(line) for line in text.splitlines()]
    assert [event["type"] for event in found][:4] == ["started", "answered", "noted", "answered"]
    assert {(event["walk"], event["tree"]) for event in found} == {
        ("walk-a", "address"), ("walk-b", "address"), ("walk-c", "other"),
    }  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_personal_values_are_never_exported(store: str, form: str) -> None:
    ran = run("walks", "export", "--format", form, "--store", store)
    assert SECRET not in ran.out
    assert "HYPERLINK" in ran.out


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_one_tree_into_a_file(store: str, form: str, tmp_path: Path) -> None:
    file = tmp_path / "out"
    ran = run(
        "walks", "export", "--format", form, "--tree", "other", "--store", store, "--output", file
    )
    assert ran.out == ""
    assert "2 events written" in ran.err
    direct = run("walks", "export", "--format", form, "--tree", "other", "--store", store).out
    assert file.read_bytes().decode() == direct
    assert list(tmp_path.iterdir()) == [file]


# ---------------------------------------------------------------------- what cannot be looked at


def test_a_record_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    for action in (["list"], ["show", "x"], ["export"]):
        said = refused("walks", *action, "--store", url)
        assert "there is no record" in said
        assert "--store" in said
    assert not list(tmp_path.iterdir())


def test_the_record_of_serve_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert str(tmp_path / "fingerpost" / "record.db") in refused("walks", "list")
    monkeypatch.setenv("FINGERPOST_STORE", f"sqlite:///{tmp_path / 'mine.db'}")
    assert "mine.db" in refused("walks", "list")
    assert "FINGERPOST_STORE" in refused("walks", "list")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("memory:", "in memory"),
        ("oracle:///x", "there is no kind of store 'oracle'"),
        ("sqlite:x", "names no file"),
    ],
)
def test_addresses_that_are_none(url: str, says: str) -> None:
    assert says in refused("walks", "list", "--store", url)


def test_files_that_are_no_record(tmp_path: Path, store: str) -> None:
    import apsw

    text = tmp_path / "text.db"
    text.write_text("This is no database at all, however long it may go on. " * 100)
    assert "is no record of Fingerpost" in refused("walks", "list", "--store", f"sqlite:///{text}")
    newer = tmp_path / "newer.db"
    connection = apsw.Connection(str(newer))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    said = refused("walks", "list", "--store", f"sqlite:///{newer}")
    assert "newer Fingerpost" in said
    there = tmp_path / "nowhere" / "out.csv"
    assert "cannot be written" in refused("walks", "export", "--store", store, "--output", there)


def test_calls_that_are_wrong(store: str) -> None:
    assert "0" in refused("walks", "list", "--limit", "0", "--store", store)
    assert "list|show|export|migrate|erase|expire" in refused("walks")
    assert "invalid choice" in refused("walks", "export", "--format", "xls", "--store", store)
