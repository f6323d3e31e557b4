"""Exactly once on PostgreSQL, with a network that cuts a connection after any byte, and loses the
answer to COMMIT: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from engine.errors import Conflict, StoreError
from engine.record import broken
from engine.stores import Appended, Store, postgres
from tests.postgres_server import shared
from tests.proxy import Proxy
from tests.store_urls import HEAD, append, begun, said

T = TypeVar("T")
SOAK = os.environ.get("FINGERPOST_SOAK") == "1"
Work = Callable[[postgres.Postgres, Proxy], Awaitable[T]]


def through(work: Work[T], *, patience: float = 60) -> T:
    """What some work gives in a store behind a proxy."""
    server = shared()
    url = server.url(connections="2")

    async def run() -> T:
        proxy = Proxy(server.port)
        await proxy.start()
        store = await postgres.open_(
            url.replace(f":{server.port}/", f":{proxy.port}/"), patience=patience
        )
        try:
            return await work(store, proxy)
        finally:
            proxy.cut_after, proxy.lose_commits = None, 0
            await store.close()
            await proxy.stop()

    return asyncio.run(run())


async def whole(store: Store, walk: str, answers: list[str]) -> None:
    """A walk has these answers, each once and in this order, and its chain is whole."""
    events = await store.events(walk)
    assert [getattr(stored.event, "answer", "") for stored in events] == ["", *answers]
    row = await store.walk(walk)
    assert row is not None
    assert broken(walk, events, (row.seq, row.hash)) == ""


@pytest.mark.parametrize("client_id", ["", "c"], ids=["without an id", "with an id"])
def test_an_answer_to_commit_that_is_lost_is_asked_for_again(client_id: str) -> None:
    async def work(store: postgres.Postgres, proxy: Proxy) -> None:
        proxy.lose_commits = 1
        assert await append(store, "w", begun(), after=0, client_id=client_id) == Appended(1)
        for n in range(1, 6):
            proxy.lose_commits = 1
            id = client_id and f"{client_id}{n}"
            secret = {f"r{n}": {"x": str(n)}}
            kept = await append(
                store, "w", said(str(n)), after=n, client_id=id, body=str(n), private=secret
            )
            assert kept == Appended(n + 1)
            if id:  # and a caller who did not hear it either calls again
                again = await append(
                    store, "w", said(str(n)), after=n, client_id=id, body=str(n), private=secret
                )
                assert again == Appended(n + 1, repeated=True, walk="w")
        assert proxy.lost == 6
        await whole(store, "w", ["1", "2", "3", "4", "5"])
        assert await store.private("w") == {f"r{n}": {"x": str(n)} for n in range(1, 6)}

    through(work)


def test_64_that_wait_together_are_each_there_once_after_a_lost_answer() -> None:
    async def work(store: postgres.Postgres, proxy: Proxy) -> None:
        for n in range(64):
            await append(store, f"w{n}", begun(), after=0)
        proxy.lose_commits = 1
        moves = [append(store, f"w{n}", said("x"), after=1) for n in range(64)]
        moves += [append(store, f"w{n}", said("late"), after=0) for n in range(4)]
        results = await asyncio.gather(*moves, return_exceptions=True)
        assert results[:64] == [Appended(2)] * 64
        assert [type(result) for result in results[64:]] == [Conflict] * 4
        assert proxy.lost == 1
        for n in range(64):
            await whole(store, f"w{n}", ["x"])

    through(work)


def test_whoever_lost_a_race_while_the_connection_was_lost_is_told_so() -> None:
    """Nothing was kept, and meanwhile another took the place: that is a conflict, though what it
    wrote looks much the same."""

    async def work(store: postgres.Postgres, proxy: Proxy) -> None:
        await append(store, "w", begun(), after=0)
        direct = store._link.address.url.replace(f":{proxy.port}/", f":{proxy.to}/")
        other = await postgres.open_(direct)
        try:
            to, proxy.to = proxy.to, 1  # nothing comes through until they are done
            proxy.cut()
            mine = asyncio.create_task(append(store, "w", said("mine"), after=1))
            assert await append(other, "w", said("theirs"), after=1) == Appended(2)
            proxy.to = to
            with pytest.raises(Conflict):
                await mine
        finally:
            await other.close()
        await whole(store, "w", ["theirs"])

    through(work)


@pytest.mark.slow
@pytest.mark.parametrize("asks", [False, True], ids=["of an answer", "of what is asked"])
def test_a_connection_cut_after_any_byte_loses_and_doubles_nothing(asks: bool) -> None:
    async def work(store: postgres.Postgres, proxy: Proxy) -> tuple[int, int]:
        proxy.asks = asks
        await append(store, "w", begun(), after=0)
        await append(store, "w", said("1"), after=1, private={"r1": {"x": "1"}})
        proxy.passed = 0
        await append(store, "w", said("2"), after=2, client_id="c2", private={"r2": {"x": "2"}})
        seq, total = 3, proxy.passed
        for at in range(1, total + 1, 1 if SOAK else max(total // 60, 1)):
            proxy.passed, proxy.cut_after = 0, at
            more: dict[str, Any] = {"client_id": f"c{seq}"} if at % 2 else {}
            kept = await append(
                store, "w", said(str(seq)), after=seq, private={f"r{seq}": {"x": "y"}}, **more
            )
            seq += 1
            assert kept == Appended(seq), f"cut after {at} bytes"
        await whole(store, "w", [str(n) for n in range(1, seq)])
        assert len(await store.private("w")) == seq - 1
        return proxy.lost, seq - 3

    lost, tried = through(work)
    assert tried >= 50
    assert lost >= 0.75 * tried  # a call without an id is shorter than the longest of these cuts


def test_a_server_that_stays_away_is_told_and_the_same_call_counts_once() -> None:
    async def work(store: postgres.Postgres, proxy: Proxy) -> None:
        await append(store, "w", begun(), after=0)
        to, proxy.to = proxy.to, 1
        proxy.cut()
        with pytest.raises(StoreError, match=r"127\.0\.0\.1.*cannot be reached.* press again"):
            await append(store, "w", said("x"), after=1, client_id="c", body="b")
        with pytest.raises(StoreError, match="cannot be reached"):
            await store.walk("w")
        proxy.to = to
        kept = await append(store, "w", said("x"), after=1, client_id="c", body="b")
        assert kept == Appended(2)
        await whole(store, "w", ["x"])

    through(work, patience=0.3)


def test_a_queue_that_is_full_says_so() -> None:
    async def work(store: postgres.Postgres, proxy: Proxy) -> None:
        await append(store, "w", begun(), after=0)
        to, proxy.to = proxy.to, 1
        proxy.cut()
        waiting = [
            asyncio.create_task(
                store.append(f"w{n}", (begun(),), after=0, head=HEAD, client_id=str(n))
            )
            for n in range(2_400)
        ]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        with pytest.raises(StoreError, match="too many answers wait to be kept"):
            done.pop().result()
        proxy.to = to
        results = await asyncio.gather(*waiting, return_exceptions=True)
        kept = [result for result in results if isinstance(result, Appended)]
        assert 2_000 <= len(kept) < 2_400
        assert {type(result) for result in results} == {Appended, StoreError}

    through(work)
