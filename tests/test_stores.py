"""The contract of every store.

Stores come from the registry: one more of them is held to all of this by one line in
``tests/store_urls.py``.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ClientIdReused, Conflict, NotThere, StoreError
from engine.record import Stored, broken, genesis
from engine.stores import STORES, Appended, Call, Head, Store, Version, open_store
from tests.store_urls import CANARY, HEAD, NOON, append, begun, said, url_of, with_store


@pytest.fixture(params=list(STORES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


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
        assert await store.erase("w", at=NOON, by="eve") == 2
        assert await store.private("w") == {}
        assert await store.events("w") == log
        assert await store.private("v") == {"r1": {"x": "y"}}
        assert await store.erase("w", at=NOON, by="eve") == 0
        assert await store.erase("of nobody", at=NOON) == 0

    with_store(url, work)


def test_an_erasure_is_told_by_the_row_and_by_nothing_else(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, private={"r1": {"x": "y"}})
        await append(store, "v", begun(), after=0)
        before = await store.walk("w")
        log = await store.events("w")
        assert before is not None
        assert (before.erased, before.erased_by) == (None, "")
        later = NOON + timedelta(days=90)
        assert await store.erase("w", at=later, by="eve") == 1
        assert await store.erase("v", at=later, by="eve") == 0
        after = await store.walk("w")
        assert after is not None
        assert (after.erased, after.erased_by) == (later, "eve")
        assert (after.seq, after.hash, after.updated) == (before.seq, before.hash, before.updated)
        assert await store.events("w") == log
        assert await store.walks() == [after, await store.walk("v")]
        # Nothing more to erase: what is told is when something was.
        assert await store.erase("w", at=later + timedelta(days=1), by="bob") == 0
        assert await store.walk("w") == after

    with_store(url, work)


def test_an_erasure_takes_what_could_be_found_out_by_trying(url: str) -> None:
    """The digest of a call says what was said to whoever tries every telephone number."""

    async def work(store: Store) -> None:
        for walk, actor in (("w", "ann"), ("v", "bob")):
            await append(store, walk, begun(actor), after=0, client_id="a", body="1")
            more = {"r": {"x": walk}}
            await append(store, walk, said("x"), after=1, client_id="b", body="2", private=more)
        assert {id: call.body for id, call in (await store.calls("w")).items()} == {
            "a": "1",
            "b": "2",
        }
        await store.erase("w", at=NOON)
        assert {call.body for call in (await store.calls("w")).values()} == {"-"}
        assert {id: call.body for id, call in (await store.calls("v")).items()} == {
            "a": "1",
            "b": "2",
        }
        # A call that comes again is taken as the same, for there is nothing to compare.
        for body in ("2", "other"):
            again = await append(store, "w", said("x"), after=1, client_id="b", body=body)
            assert (again.seq, again.repeated) == (2, True)
        first = await append(store, "w2", begun("ann"), after=0, client_id="a", body="1")
        assert (first.walk, first.repeated) == ("w", True)
        with pytest.raises(ClientIdReused):
            await append(store, "v", said("x"), after=1, client_id="b", body="other")

    with_store(url, work)


def test_a_walk_is_forgotten_whole_and_no_other(url: str) -> None:
    async def work(store: Store) -> None:
        for walk, actor in (("w", "ann"), ("v", "bob")):
            await append(
                store, walk, begun(actor), said("x"), after=0, client_id="c", body="b",
                private={"r1": {"x": "y"}},
            )  # fmt: skip
        kept = await store.walk("v"), await store.events("v")
        assert await store.forget("w") is True
        assert await store.forget("w") is False
        assert await store.forget("of nobody") is False
        assert await store.walk("w") is None
        assert await store.events("w") == []
        assert await store.private("w") == {}
        assert await store.calls("w") == {}
        assert await store.begun("ann", "c") is None
        assert [s.walk async for s in store.all_events()] == ["v", "v"]
        assert (await store.walk("v"), await store.events("v")) == kept
        assert await store.private("v") == {"r1": {"x": "y"}}
        # Its name and its calls are free again.
        assert await append(store, "w", begun("ann"), after=0, client_id="c") == Appended(1)
        assert await store.private("w") == {}

    with_store(url, work)


def test_what_is_older_than_it_may_be_is_found(url: str) -> None:
    async def work(store: Store) -> None:
        for n, tree in enumerate("aabbc"):
            head = Head(tree=tree, logic="l", status="ended", node="n")
            private = {"r": {"x": "y"}} if n != 1 else None
            at = NOON + timedelta(days=n)
            await append(store, f"w{n}", begun(at=at), after=0, head=head, private=private)
        # An old walk that somebody moved lately is not old.
        await append(store, "w0", said("x", 86_400 * 10), after=1, head=HEAD)

        async def aged(days: float, **some: Any) -> list[str]:
            return await store.aged(NOON + timedelta(days=days), **some)

        assert await aged(0) == []
        assert await aged(1) == []
        assert await aged(1.5) == ["w1"]
        assert await aged(20) == ["w0", "w1", "w2", "w3", "w4"]
        assert await aged(20, limit=2) == ["w0", "w1"]
        assert await aged(9, private=True) == ["w2", "w3", "w4"]
        assert await aged(9, tree="b") == ["w2", "w3"]
        assert await aged(9, but=["b", "x"]) == ["w1", "w4"]
        assert await aged(9, but=["b"], private=True) == ["w4"]
        assert await store.erase("w3", at=NOON) == 1
        assert await aged(9, private=True, tree="b") == ["w2"]
        # Somebody moved it since it was found: it stays.
        await append(store, "w2", said("x", 86_400 * 10), after=1, head=HEAD)
        old = NOON + timedelta(days=9)
        assert await store.erase("w2", at=NOON, before=old) == 0
        assert await store.forget("w2", before=old) is False
        assert await store.private("w2") == {"r": {"x": "y"}}
        assert await store.erase("w4", at=NOON, before=old) == 1
        assert await store.forget("w4", before=old) is True
        assert [row.id for row in await store.walks()] == ["w3", "w2", "w1", "w0"]

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
        assert [version async for version in store.versions()] == [
            Version("l1", "t1", "tree", "one"),
            Version("l1", "t2", "tree", "two"),
            Version("l2", "t1", "tree", "three"),
        ]

    with_store(url, work)


def test_the_calls_that_moved_a_walk_can_be_copied(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), said("x"), after=0, client_id="a", body="1")
        await append(store, "w", said("y"), after=2)
        await append(store, "w", said("z"), after=3, client_id="b", body="2")
        await append(store, "v", begun("bob"), after=0, client_id="a")
        assert await store.calls("w") == {"a": Call("w", 2, "1"), "b": Call("w", 4, "2")}
        assert await store.calls("of nobody") == {}

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


def test_an_address_of_no_store_is_told() -> None:
    with pytest.raises(NotThere, match=r"kind of store 'sqlit'.*Did you mean 'sqlite'"):
        asyncio.run(open_store("sqlit:////x"))
    for url in ("sqlite:", "sqlite://x", "sqlite:///"):
        with pytest.raises(StoreError, match="names no file"):
            asyncio.run(open_store(url))


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


def test_how_much_is_kept_together_is_told_to_whoever_asks(url: str) -> None:
    told: list[int] = []

    async def work(store: Store) -> None:
        store.observed(told.append)
        await asyncio.gather(*(append(store, f"w{n}", begun(), after=0) for n in range(20)))

    with_store(url, work)
    assert sum(told) == (0 if url.startswith("memory") else 20)
    assert all(1 <= count <= 20 for count in told)
