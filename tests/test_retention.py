"""How long things are kept: what has come of age goes, by a server or a command, and nothing else."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreError
from engine.model import Answered, Started
from engine.stores import STORES, Head, Store, open_store
from engine.stores.memory import Memory
from tests.command import refused, run
from tests.kinds import kinds
from tests.logged import Logged, logged
from tests.store_urls import url_of, with_store
from web import retention, settings
from web.desk import Desk
from web.keeping import expiring
from web.retention import Ages, Retention

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def record(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/record.db"


# ------------------------------------------------------------------------------------ retention

DAY = timedelta(days=1)
READ = {
    "private": "90d",
    "walks": "730d",
    "trees": {"a": {"private": "12h"}, "b": {"walks": "forever"}},
}


def test_ages_are_read_as_they_are_written() -> None:
    found = retention.read(READ)
    assert found == Retention(
        Ages(90 * DAY, 730 * DAY), {"a": Ages(DAY / 2, 730 * DAY), "b": Ages(90 * DAY, None)}
    )
    assert retention.shown(found) == (
        "private 90d, walks 730d; a: private 0.5d, walks 730d; b: private 90d, walks forever"
    )
    assert not Retention()
    assert not retention.read({})
    assert retention.read({"trees": {"a": {"private": "1d"}}})


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"privat": "1d"}, "there is no privat: write private, walks, trees"),
        ({"private": 90}, 'private is days or hours, "90d" or "12h", or "forever", not 90'),
        ({"walks": "0d"}, "walks is days or hours"),
        ({"walks": "2 years"}, "walks is days or hours"),
        ({"trees": {"a": "7d"}}, "trees.a is a table"),
        ({"trees": "a"}, "trees is a table of trees"),
        ({"trees": {"a": {"trees": {}}}}, "there is no trees.a.trees: write private, walks"),
        ({"trees": {"a": {"private": "-1d"}}}, "trees.a.private is days or hours"),
    ],
)
def test_ages_that_cannot_be_are_named(written: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(settings.BadSettings) as wrong:
        settings.load({}, {"FINGERPOST_RETENTION": json.dumps(written)})
    assert str(wrong.value).startswith(f"FINGERPOST_RETENTION: {says}")


async def _aged(store: Store) -> None:
    """Walks of trees a, b, c: one of each begun 0, 1 … 9 days after NOON."""
    for tree in "abc":
        for n in range(10):
            at = NOON + n * DAY
            head = Head(tree=tree, logic="l", status="ended", node="n")
            await store.append(
                f"{tree}{n}", [Started(at=at, tree=tree)], after=0, head=head,
                private={"r": {"x": "Zuleika"}},
            )  # fmt: skip
    # a0 is moved late.
    head = Head(tree="a", logic="l", status="ended", node="n")
    event = Answered(at=NOON + 9 * DAY, node="n", answer="x")
    await store.append("a0", [event], after=1, head=head)


@pytest.mark.parametrize("kind", list(STORES))
def test_what_has_come_of_age_goes_and_nothing_else(kind: str, tmp_path: Path) -> None:
    rules = retention.read(
        {
            "private": "5d",
            "walks": "8d",
            "trees": {"a": {"private": "2d"}, "b": {"private": "forever"}},
        }
    )
    now = NOON + 10 * DAY

    async def work(store: Store) -> None:
        await _aged(store)
        told = await expiring.due(store, rules, now)
        done = await expiring.expire(store, rules, now)
        assert done == told
        # Whole: begun on day 0 and 1, but a0. Values: of a those of days 2 to 7, of c 2 to 4.
        assert done == expiring.Expired(private=9, walks=5)
        left = {row.id for row in await store.walks(limit=100)}
        assert left == {f"{t}{n}" for t in "abc" for n in range(2, 10)} | {"a0"}
        held = {id for id in left if await store.private(id)}
        assert held == {
            "a0",
            "a8",
            "a9",
            *(f"b{n}" for n in range(2, 10)),
            *(f"c{n}" for n in range(5, 10)),
        }
        row = await store.walk("c3")
        assert row is not None
        assert (row.erased, row.erased_by) == (now, "retention")
        assert await expiring.expire(store, rules, now) == expiring.Expired()
        assert await expiring.due(store, rules, now) == expiring.Expired()

    with_store(url_of(kind, tmp_path), work)


def test_several_servers_may_do_it_at_once(record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiring, "BATCH", 3)
    rules, now = Retention(Ages(5 * DAY, 8 * DAY)), NOON + 10 * DAY

    async def work(store: Store) -> None:
        await _aged(store)
        others = [await open_store(record) for _ in range(2)]
        due = await expiring.due(store, rules, now)
        done = await asyncio.gather(*(expiring.expire(s, rules, now) for s in (store, *others)))
        for other in others:
            await other.close()
        assert sum(each.walks for each in done) == due.walks == 5
        assert sum(each.private for each in done) == due.private == 9
        assert await expiring.due(store, rules, now) == expiring.Expired()

    with_store(record, work)


def test_a_server_does_it_while_it_runs() -> None:
    async def work(out: Logged) -> None:
        store = Memory()
        await _aged(store)
        desk = Desk(kinds(), store, clock=lambda: NOON + 10 * DAY)
        rules = Retention(Ages(5 * DAY), {"gone": Ages(DAY)})
        keeping = asyncio.create_task(expiring.keep(desk, rules, first=0))
        while "erased by age" not in out.text:
            await asyncio.sleep(0.01)
        keeping.cancel()
        await expiring.keep(desk, Retention())  # nothing to do: it ends

    with logged() as out:
        asyncio.run(asyncio.wait_for(work(out), 60))
    named = out.events["retention names a tree that is not in the library"]
    assert named["tree"] == "gone"
    done = out.events["erased by age"]
    assert (done["private"], done["walks"]) == (14, 0)


def test_a_record_that_cannot_be_written_is_tried_again() -> None:
    class Full(Memory):
        async def aged(self, *_: Any, **__: Any) -> list[str]:
            raise StoreError("the disk is full")

    async def work(out: Logged) -> None:
        desk = Desk(kinds(), Full(), clock=lambda: NOON)
        keeping = asyncio.create_task(expiring.keep(desk, Retention(Ages(DAY)), first=0))
        while "put off" not in out.text:
            await asyncio.sleep(0.01)
        assert not keeping.done()
        keeping.cancel()

    with logged() as out:
        asyncio.run(asyncio.wait_for(work(out), 60))
    assert out.events["retention is put off"]["why"] == "the disk is full"


def test_expire_is_for_cron(record: str, tmp_path: Path) -> None:
    with_store(record, _aged)
    file = tmp_path / "fingerpost.toml"
    expire = ("walks", "expire", "--store", record, "--settings", str(file))
    file.write_text("")
    assert "nothing says how long anything is kept" in refused(*expire)
    file.write_text('[retention]\nprivate = "5d"\n\n[retention.trees.b]\nwalks = "3650d"\n')
    said = "the personal values of 30 walks, and 0 walks whole"
    for _ in range(2):
        ran = run(*expire, "--dry-run")
        assert ran.out.splitlines() == [
            "kept: private 5d, walks forever; b: private 5d, walks 3650d",
            f"would be erased: {said}",
        ]
    assert run(*expire).out.splitlines()[-1] == f"erased: {said}"
    assert run(*expire, "--json").json["private"] == 0
    noted = run("audit", "list", "--json", "--store", record).json["lines"]
    (line,) = [line for line in noted if line["what"] == "erased by age"]
    assert (line["who"], line["private"], line["walks"]) == ("retention", 30, 0)
