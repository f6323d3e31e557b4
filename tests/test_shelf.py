"""The contract of every store's shelf: what is not a walk."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import Changed, StoreError
from engine.stores import Kept, Store
from tests.store_urls import ADDRESSES, NOON, url_of, with_store

ODD = {"text": "é “x” \u2028 𝄞 \0 \ud800", "list": [1, None, True], "under": {"a": "1.50"}}


@pytest.fixture(params=list(ADDRESSES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


def test_a_value_comes_back_as_it_was_put(url: str) -> None:
    async def work(store: Store) -> None:
        assert await store.shelf.got("a", "k") is None
        assert await store.shelf.put("a", "k", ODD, until=NOON) == 1
        assert await store.shelf.got("a", "k") == Kept("a", "k", ODD, 1, NOON)
        assert await store.shelf.got("b", "k") is None
        assert await store.shelf.put("a", "k", {}) == 2
        assert await store.shelf.got("a", "k") == Kept("a", "k", {}, 2, None)
        assert await store.shelf.kinds() == ["a"]

    with_store(url, work)


def test_whoever_read_an_older_version_changes_nothing(url: str) -> None:
    async def work(store: Store) -> None:
        shelf = store.shelf
        assert await shelf.put("a", "k", {"n": 1}, after=0) == 1
        for after in (0, 2, -1, 7):
            with pytest.raises(Changed):
                await shelf.put("a", "k", {"n": 9}, after=after, until=NOON)
        with pytest.raises(Changed):
            await shelf.put("a", "new", {}, after=1)
        assert await shelf.got("a", "k") == Kept("a", "k", {"n": 1}, 1)
        assert await shelf.got("a", "new") is None
        assert await shelf.put("a", "k", {"n": 2}, after=1) == 2

    with_store(url, work)


def test_of_many_who_change_the_same_each_wins_once(url: str) -> None:
    async def work(store: Store) -> None:
        async def add() -> None:
            while True:
                kept = await store.shelf.got("count", "k")
                value, after = (kept.value["n"], kept.version) if kept else (0, 0)
                try:
                    await store.shelf.put("count", "k", {"n": value + 1}, after=after)
                    return
                except Changed:
                    continue

        await asyncio.gather(*(add() for _ in range(12)))
        kept = await store.shelf.got("count", "k")
        assert kept is not None
        assert (kept.value, kept.version) == ({"n": 12}, 12)

    with_store(url, work)


def test_values_are_listed_by_kind_in_the_order_of_their_keys(url: str) -> None:
    async def work(store: Store) -> None:
        keys = ["a", "B", "ä", "10", "9", "aa"]
        for key in keys:
            await store.shelf.put("k", key, {"key": key})
        await store.shelf.put("other", "a0", {})
        right = sorted(keys)
        found = await store.shelf.listed("k")
        assert [kept.key for kept in found] == right
        assert [kept.value["key"] for kept in found] == right
        for latest in (False, True):
            every: list[str] = []
            while page := await store.shelf.listed(
                "k", after=every[-1] if every else "", limit=4, latest=latest
            ):
                every += [kept.key for kept in page]
            assert every == sorted(keys, reverse=latest)
        assert await store.shelf.listed("none") == []

    with_store(url, work)


def test_what_is_dropped_is_gone_and_can_be_put_anew(url: str) -> None:
    async def work(store: Store) -> None:
        await store.shelf.put("a", "k", {})
        assert await store.shelf.dropped("a", "k")
        assert not await store.shelf.dropped("a", "k")
        assert await store.shelf.got("a", "k") is None
        assert await store.shelf.put("a", "k", {}, after=0) == 1

    with_store(url, work)


def test_only_what_has_come_to_its_end_is_swept(url: str) -> None:
    async def work(store: Store) -> None:
        shelf = store.shelf
        for n in range(4):
            await shelf.put("a", str(n), {}, until=NOON + timedelta(microseconds=n))
        await shelf.put("a", "for ever", {})
        assert await shelf.swept(NOON + timedelta(microseconds=1)) == 2
        assert [kept.key for kept in await shelf.listed("a")] == ["2", "3", "for ever"]
        assert await shelf.swept(NOON) == 0

    with_store(url, work)


@pytest.mark.parametrize("bad", [{"a": object()}, {"a": float("nan")}, {"a": {1, 2}}])
def test_what_json_has_no_word_for_is_refused(url: str, bad: dict[str, object]) -> None:
    async def work(store: Store) -> None:
        with pytest.raises(StoreError, match="cannot be written down"):
            await store.shelf.put("a", "k", bad)
        assert await store.shelf.got("a", "k") is None

    with_store(url, work)


def test_a_shelf_is_there_after_the_store_is_opened_anew(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)

    async def put(store: Store) -> None:
        await store.shelf.put("a", "k", {"x": "y"}, until=NOON)

    async def look(store: Store) -> None:
        assert await store.shelf.got("a", "k") == Kept("a", "k", {"x": "y"}, 1, NOON)

    with_store(url, put)
    with_store(url, look)
