"""What waits for whom, in a record on disk: listed, proved, copied, and worked out anew."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.errors import Refused
from engine.model import FollowedUp, HandedTo, Parked, Resumed
from engine.stores import Store, open_store
from engine.walk import answer, record
from tests.command import run
from tests.store_urls import url_of, with_store
from tests.test_teams import library
from web.desk import Desk, Moved, noted
from web.teams import taking

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def _recorded(url: str) -> None:
    times = iter(NOON + timedelta(minutes=n) for n in range(1_000))
    ids = iter(f"walk-{n}" for n in range(99))
    store = await open_store(url)
    desk = Desk(library(), store, clock=lambda: next(times), new_id=lambda *at: next(ids))

    async def begun(*answers: Any, **about: Any) -> str:
        walk = await desk.start("lamp", **about)
        for value in answers:
            walk = await desk.move(walk.id, says(value), seq=walk.seq)
        return walk.id

    async def beside(id: str, *events: Any) -> None:
        for event in events:
            await desk.move(id, noted(event), seq=None)

    await begun()
    await beside(await begun(), HandedTo(at=NOON, actor="local", to="care", reason="x"))
    await beside(await begun(), Parked(at=NOON, actor="local", until=NOON + timedelta(hours=2)))
    await begun("no")
    await begun("both")
    promised = await begun("ring", {"name": "Ana", "day": "2026-11-30"}, None, None)
    taken = await begun()
    await beside(
        taken, HandedTo(at=NOON, actor="local", to="care"), Resumed(at=NOON, actor="p_bob")
    )
    await beside(
        promised, FollowedUp(at=NOON, actor="p_bob", promise="lamp.promised.0", result="done")
    )
    await store.close()


def says(value: Any) -> Moved:
    return lambda tree, walk, at, ref: answer(tree, walk, value, at=at, ref=ref)


EXPECTED = [
    ("walk-1", "turn", "handed", "team:care"), ("walk-2", "turn", "parked", "person:local"),
    ("walk-3", "action", "action", "team:bosses"), ("walk-4", "turn.care", "ended", "team:care"),
    ("walk-4", "turn.field", "ended", "team:field"), ("walk-5", "lamp.also.0", "promise", "person:local"),
    ("walk-6", "turn", "taken", "person:p_bob"),
]  # fmt: skip


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    found = url_of("sqlite", tmp_path_factory.mktemp("record"))
    asyncio.run(_recorded(found))
    return found


async def waiting(store: Store) -> list[tuple[str, ...]]:
    found = await store.duties(limit=100)
    return sorted((h.row.id, h.duty.key, h.duty.kind, h.duty.holder) for h in found)


def test_all_that_waits_is_listed_and_proved(url: str) -> None:
    assert with_store(url, waiting) == EXPECTED
    assert run("store", "check", "--store", url).status == 0


def test_a_copy_has_it_too(url: str, tmp_path: Path) -> None:
    to = url_of("sqlite", tmp_path)
    assert run("store", "copy", "--store", url, "--to", to).status == 0
    assert with_store(to, waiting) == EXPECTED


def test_what_is_lost_or_altered_shows_and_is_listed_anew(url: str, tmp_path: Path) -> None:
    to = url_of("sqlite", tmp_path)
    assert run("store", "copy", "--store", url, "--to", to).status == 0
    connection = apsw.Connection(to.removeprefix("sqlite:///"))
    connection.execute("DELETE FROM duties WHERE walk = 'walk-1'")
    connection.execute("UPDATE duties SET holder = 'person:eve' WHERE walk = 'walk-5'")
    connection.close()
    told = run("store", "check", "--store", to)
    assert told.status == 1
    assert told.out.count("fingerpost store queues") == 2
    mended = run("store", "queues", "--store", to)
    assert "7 walks looked at; what waits was listed otherwise for 2" in mended.out
    assert with_store(to, waiting) == EXPECTED
    assert run("store", "check", "--store", to).status == 0
    assert "otherwise for 0" in run("store", "queues", "--store", to).out


def test_the_list_of_walks_that_wait_is_the_pages(url: str) -> None:
    waits = run("walks", "list", "--store", url, "--status", "waiting").out
    over = run("walks", "list", "--store", url, "--status", "ended").out
    assert [f"walk-{n}" in waits for n in range(7)] == [True, True, True, True, False, False, True]
    assert [f"walk-{n}" in over for n in range(7)] == [False] * 4 + [True, True, False]


def takes(who: str) -> Moved:
    event = Resumed(at=NOON, actor=who)
    return lambda tree, walk, at, ref: record(tree, walk, taking(walk, event))


def test_of_two_servers_that_take_one_walk_at_once_one_has_it(tmp_path: Path) -> None:
    """Each server holds the walk as it was handed over."""

    async def race() -> None:
        store = await open_store(url_of("sqlite", tmp_path))
        desks = [Desk(library(), store, clock=lambda: NOON) for _ in range(4)]
        for n in range(5):
            walk = await desks[0].start("lamp")
            handed = HandedTo(at=NOON, actor="local", to="care")
            await desks[0].move(walk.id, noted(handed), seq=None)
            for desk in desks:
                await desk.walk(walk.id)

            done = await asyncio.gather(
                *(desk.move(walk.id, takes(f"p_{k}"), seq=None) for k, desk in enumerate(desks)),
                return_exceptions=True,
            )
            lost = [one for one in done if isinstance(one, Refused)]
            assert len(lost) == 3, done
            assert {str(one) for one in lost} == {"somebody else has taken this already"}
            owners = {(await desk.walk(walk.id)).turn.owner for desk in desks}  # type: ignore[union-attr]
            assert len(owners) == 1, n
        await store.close()

    asyncio.run(race())
