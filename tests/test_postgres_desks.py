"""Two desks, as two workers have them, on one PostgreSQL: a walk goes on at either; the loser of a
race is shown where the walk stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from engine import walk as walks
from engine.errors import ClientIdReused, Conflict
from engine.load import examine
from engine.record import born, broken
from engine.stores import open_store
from tests.killing import TREE
from tests.kinds import write
from tests.postgres_server import shared
from web.desk import Desk, Moved

T = TypeVar("T")


def two(folder: Path, work: Callable[[Desk, Desk], Awaitable[T]]) -> T:
    write(folder, {"library.yaml": "format: 1\n", "round.yaml": TREE})
    trees, url = examine(folder), shared().url()

    async def run() -> T:
        stores = [await open_store(url) for _ in range(2)]
        try:
            return await work(*(Desk(trees, store) for store in stores))
        finally:
            for store in stores:
                await store.close()

    return asyncio.run(run())


def says(choice: str, client_id: str = "") -> Moved:
    return lambda tree, walk, at, ref: walks.answer(
        tree, walk, choice, at=at, by="ann", client_id=client_id, ref=ref
    )


def test_a_walk_begun_at_one_goes_on_at_the_other(tmp_path: Path) -> None:
    async def work(one: Desk, other: Desk) -> None:
        walk = await one.start("round", audience="agent")
        assert born(walk.id) == int(f"{one.clock():%Y%m}")
        desks = (one, other)
        for seq in range(1, 12):
            moved = await desks[seq % 2].move(walk.id, says("again"), seq=seq)
            assert moved.seq == seq + 1
            assert moved.state.frames[-1].node == ("one", "two")[seq % 2]
        await one.walk(walk.id)  # the page right after one's own answer may be that answer's,
        assert (await one.walk(walk.id)).seq == 12  # the next is what the store has
        assert (await one.walk(walk.id)).state == (await other.walk(walk.id)).state
        log = await one.events(walk.id)
        assert len(log) == 12
        assert broken(walk.id, log) == ""

    two(tmp_path, work)


def test_two_agents_in_one_walk_and_the_loser_is_shown_the_newer_state(tmp_path: Path) -> None:
    async def work(one: Desk, other: Desk) -> None:
        walk = await one.start("round", audience="agent")
        await other.walk(walk.id)
        for seq in range(1, 20):
            results = await asyncio.gather(
                one.move(walk.id, says("again"), seq=seq),
                other.move(walk.id, says("again"), seq=seq),
                return_exceptions=True,
            )
            lost = [result for result in results if isinstance(result, Conflict)]
            assert len(lost) == 1
            assert (lost[0].expected, lost[0].actual) == (seq, seq + 1)
            for desk in (one, other):
                assert (await desk.walk(walk.id)).seq == seq + 1
        assert broken(walk.id, await one.events(walk.id)) == ""

    two(tmp_path, work)


def test_a_call_made_again_at_the_other_counts_once(tmp_path: Path) -> None:
    async def work(one: Desk, other: Desk) -> None:
        begun = await asyncio.gather(
            *(desk.start("round", client_id="s", audience="agent") for desk in (one, other) * 3)
        )
        assert len({walk.id for walk in begun}) == 1
        id = begun[0].id
        call = {"client_id": "c", "body": "b"}
        moved = await asyncio.gather(
            *(desk.move(id, says("again", "c"), seq=1, **call) for desk in (one, other) * 3)
        )
        assert {walk.seq for walk in moved} == {2}
        await other.move(id, says("again"), seq=2)
        again = await one.move(id, says("again", "c"), seq=1, **call)
        assert again.seq == 2  # what it gave at first
        with pytest.raises(ClientIdReused):
            await other.move(id, says("stop", "c"), seq=1, client_id="c", body="another")
        assert len(await one.events(id)) == 3

    two(tmp_path, work)
