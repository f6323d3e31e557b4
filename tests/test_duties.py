"""What waits for somebody, in every store: kept with the events of the move that left it there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.errors import Conflict
from engine.stores import STORES, Duty, Store
from tests.store_urls import HEAD, NOON, append, begun, said, url_of, with_store


@pytest.fixture(params=list(STORES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


def duty(key: str, holder: str = "team:care", hours: float = 0, **more: Any) -> Duty:
    at = NOON + timedelta(hours=hours)
    return Duty(
        **{"key": key, "kind": "handed", "holder": holder, "at": at, "since": NOON, **more}
    )


async def keys(store: Store, *args: Any, **which: Any) -> list[str]:
    return [f"{held.row.id}/{held.duty.key}" for held in await store.duties(*args, **which)]


def test_a_duty_comes_back_as_it_went_in_with_its_walk(url: str) -> None:
    async def work(store: Store) -> None:
        whole = duty(
            "t.n.0", "person:p_ü", -2.5, kind="promise", due=True, day=True, why="ring: “é” 𝄞",
            by="p_1",
        )  # fmt: skip
        await append(store, "w", begun(), after=0, duties=[whole, duty("turn")])
        (first, second) = await store.duties()
        assert first.duty == whole
        assert second.duty == duty("turn")
        assert first.row == await store.walk("w")

    with_store(url, work)


def test_they_stay_until_others_are_put_in_their_place(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, duties=[duty("a"), duty("b")])
        await append(store, "w", said("x"), after=1)
        assert await keys(store) == ["w/a", "w/b"]
        await append(store, "w", said("y"), after=2, duties=[duty("b", hours=3), duty("c")])
        assert await keys(store) == ["w/c", "w/b"]
        await append(store, "w", said("z"), after=3, duties=[])
        assert await keys(store) == []

    with_store(url, work)


def test_a_refused_append_leaves_them_alone_and_so_does_a_repeated_one(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, duties=[duty("a")], client_id="c", body="1")
        with pytest.raises(Conflict):
            await append(store, "w", said("x"), after=5, duties=[duty("b")])
        again = await append(
            store, "w", begun(), after=0, duties=[duty("b")], client_id="c", body="1"
        )
        assert again.repeated
        assert await keys(store) == ["w/a"]

    with_store(url, work)


def test_they_are_listed_by_whom_they_wait_for_what_they_are_and_until_when(url: str) -> None:
    async def work(store: Store) -> None:
        await append(
            store, "w1", begun(), after=0,
            duties=[duty("a", hours=2), duty("b", "team:field"), duty("c", "person:p", 1, kind="parked")],
        )  # fmt: skip
        await append(store, "w2", begun(), after=0, duties=[duty("a", hours=1, kind="promise")])
        assert await keys(store) == ["w1/b", "w1/c", "w2/a", "w1/a"]
        assert await keys(store, ["team:care"]) == ["w2/a", "w1/a"]
        assert await keys(store, ["team:care", "person:p"]) == ["w1/c", "w2/a", "w1/a"]
        assert await keys(store, []) == []
        assert await keys(store, kinds=["parked", "promise"]) == ["w1/c", "w2/a"]
        assert await keys(store, walk="w2") == ["w2/a"]
        assert await keys(store, until=NOON + timedelta(hours=1)) == ["w1/b", "w1/c", "w2/a"]
        assert await store.counted() == {"handed": 2, "parked": 1, "promise": 1}
        assert await store.counted(["team:care"], until=NOON + timedelta(hours=1)) == {
            "promise": 1
        }
        assert await store.counted([]) == {}

    with_store(url, work)


def test_pages_of_them_leave_none_out_and_show_none_twice(url: str) -> None:
    async def work(store: Store) -> None:
        for n in range(7):
            owed = [duty("t.n.0", hours=n % 3 - 1e6), duty("t.n.1", hours=n % 3 - 1e6)]
            await append(store, f"w{n}", begun(), after=0, duties=owed)
        whole = await keys(store)
        assert len(whole) == 14
        for size in (1, 3, 14, 20):
            found: list[str] = []
            last = ""
            while page := await store.duties(after=last, limit=size):
                found += [f"{held.row.id}/{held.duty.key}" for held in page]
                last = page[-1].cursor
            assert found == whole
        assert await keys(store, after="no cursor") == whole

    with_store(url, work)


def test_they_go_with_their_walk_and_stay_when_its_values_are_erased(url: str) -> None:
    async def work(store: Store) -> None:
        for walk in ("w1", "w2"):
            private = {"r": {"name": "Ana"}}
            await append(store, walk, begun(), after=0, duties=[duty("a")], private=private)
        await store.erase("w1", at=NOON)
        await store.forget("w2")
        assert await keys(store) == ["w1/a"]

    with_store(url, work)


def test_they_can_be_put_down_anew_where_the_walk_has_not_moved(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), said("x"), after=0)
        assert not await store.charge("w", [duty("a")], after=1)
        assert not await store.charge("of nobody", [duty("a")], after=0)
        assert await keys(store) == []
        assert await store.charge("w", [duty("a")], after=2)
        assert await store.charge("w", [duty("b")], after=2)
        assert await keys(store) == ["w/b"]
        assert [stored.seq for stored in await store.events("w")] == [1, 2]

    with_store(url, work)


def test_walks_that_wait_are_those_that_have_not_ended(url: str) -> None:
    async def work(store: Store) -> None:
        for n, status in enumerate(("asking", "pending", "ended")):
            head = replace(HEAD, status=status)
            await append(store, status, begun("ann"), after=0, head=head)
            await append(store, f"b{n}", begun("bob"), after=0, head=head)
        found = [row.id for row in await store.walks(status="waiting")]
        assert sorted(found) == ["asking", "b0", "b1", "pending"]
        mine = await store.walks(status="waiting", actor="ann")
        assert sorted(row.id for row in mine) == ["asking", "pending"]
        await append(store, "asking", said("x"), after=1, head=replace(HEAD, status="ended"))
        await append(store, "ended", said("x"), after=1, head=replace(HEAD, status="asking"))
        mine = await store.walks(status="waiting", actor="ann")
        assert sorted(row.id for row in mine) == ["ended", "pending"]
        assert [row.id for row in await store.walks(status="ended", actor="ann")] == ["asking"]

    with_store(url, work)
