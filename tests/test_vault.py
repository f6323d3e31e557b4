"""Private values at rest: sealed, bound to their place, opened by the right keys alone, and gone once erased."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.errors import ClientIdReused, StoreError
from engine.stores import STORES, Store, open_store
from engine.stores.sqlite_forms import MIGRATIONS
from engine.stores.vault import Locked, Vault, server_keys
from tests.store_urls import CANARY, NOON, append, begun, said, url_of, with_store

ONE, TWO, THREE = (bytes([n]) * 32 for n in (1, 2, 3))
VALUES = {"r1": {"name": CANARY, "n": "1.10"}, "r2": {}, "r3": {"": "row 7"}}


# ------------------------------------------------------------------------------------- the vault


@pytest.mark.parametrize("keys", [(), (ONE,), (ONE, TWO)])
def test_what_was_sealed_is_opened(keys: tuple[bytes, ...]) -> None:
    vault = Vault(keys)
    key, sealed = vault.seal("w", None, VALUES)
    again, more = vault.seal("w", key, {"r4": {"x": "y"}})
    assert again == key
    assert Vault(keys).open("w", key, sealed | more) == VALUES | {"r4": {"x": "y"}}
    assert Vault(keys).open("w", None, {}) == {}
    data = key + b"".join(sealed.values())
    for part in (CANARY.encode(), b"canary", b"1.10", b"row 7"):
        assert part not in data


def test_nothing_is_alike_twice() -> None:
    vault = Vault([ONE])
    (a, first), (b, second) = (vault.seal("w", None, VALUES) for _ in range(2))
    assert a != b
    assert not set(first.values()) & set(second.values())
    assert vault.seal("w", a, VALUES)[1]["r1"] != first["r1"]


def test_a_value_opens_only_in_its_place() -> None:
    vault = Vault([ONE])
    key, sealed = vault.seal("w", None, VALUES)
    other, _ = vault.seal("v", None, {})
    moved: list[tuple[str, bytes, dict[str, bytes]]] = [
        ("w", key, {"r2": sealed["r1"]}),  # under another reference
        ("v", key, sealed),  # in another walk, with its key
        ("v", other, sealed),  # in another walk
        ("w", other, {}),  # (nothing to open: the key is not looked at)
    ]
    for walk, row, rows in moved[:3]:
        with pytest.raises(StoreError, match="were altered in the record: restore it from a back"):
            vault.open(walk, row, rows)


@pytest.mark.parametrize("keys", [(), (ONE,)])
def test_each_altered_byte_shows(keys: tuple[bytes, ...]) -> None:
    vault = Vault(keys)
    key, sealed = vault.seal("w", None, {"r": {"x": "y"}})
    for row, which in ((key, 0), (sealed["r"], 1)):
        for at in range(len(row)):
            altered = row[:at] + bytes([row[at] ^ 1]) + row[at + 1 :]
            rows = [key, sealed["r"]]
            rows[which] = altered
            with pytest.raises(StoreError):
                vault.open("w", rows[0], {"r": rows[1]})
            rows[which] = row[:at]
            with pytest.raises(StoreError):
                vault.open("w", rows[0], {"r": rows[1]})


def test_another_server_key_is_told_and_never_opens() -> None:
    key, sealed = Vault([ONE]).seal("w", None, VALUES)
    with pytest.raises(Locked, match="not among those set here: add it to private_key") as told:
        Vault([TWO, THREE]).open("w", key, sealed)
    with pytest.raises(Locked, match="not set here"):
        Vault().open("w", key, sealed)
    with pytest.raises(Locked):
        Vault([TWO]).seal("w", key, VALUES)
    assert ONE.hex() not in str(told.value)
    # What is under no server key opens with any.
    key, sealed = Vault().seal("w", None, VALUES)
    assert Vault([ONE]).open("w", key, sealed) == VALUES


def test_a_server_key_is_changed_for_another() -> None:
    key, sealed = Vault([ONE]).seal("w", None, VALUES)
    both = Vault([TWO, ONE])
    assert both.open("w", key, sealed) == VALUES
    new = both.rewrapped("w", key)
    assert new is not None
    assert both.rewrapped("w", new) is None
    assert Vault([TWO]).open("w", new, sealed) == VALUES
    with pytest.raises(Locked):
        Vault([ONE]).open("w", new, sealed)
    bare, sealed = Vault().seal("w", None, VALUES)
    assert Vault().rewrapped("w", bare) is None
    wrapped = Vault([ONE]).rewrapped("w", bare)
    assert wrapped is not None
    with pytest.raises(Locked):
        Vault().open("w", wrapped, sealed)
    with pytest.raises(Locked):
        Vault().rewrapped("w", wrapped)


def test_a_key_that_is_gone_is_told() -> None:
    _, sealed = Vault().seal("w", None, VALUES)
    with pytest.raises(StoreError, match="the key to the private values of walk w is gone"):
        Vault().open("w", None, sealed)


def test_server_keys_are_read_as_they_are_written() -> None:
    one, odd = base64.b64encode(ONE).decode(), bytes([251, 239, 190]) * 10 + b"xy"
    assert server_keys("") == ()
    assert server_keys(f"{one}, {one}\n") == (ONE, ONE)
    assert server_keys(base64.urlsafe_b64encode(odd).decode()) == (odd,)
    for wrong in ("short", one[:-4], f"{one},{one}x", "é" * 44, one + one):
        with pytest.raises(
            ValueError, match=r"key \d is not 32 bytes in base64: `openssl"
        ) as told:
            server_keys(wrong)
        assert wrong not in str(told.value)
    with pytest.raises(ValueError, match="32 bytes"):
        Vault([b"short"])


# ------------------------------------------------------------------------------------ every store


@pytest.fixture(params=list(STORES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


def opened(url: str, *keys: bytes) -> Any:
    return asyncio.run(_private(url, keys))


async def _private(url: str, keys: tuple[bytes, ...]) -> Any:
    store = await open_store(url, Vault(keys))
    try:
        return await store.private("w")
    finally:
        await store.close()


def test_a_store_asks_for_the_key_it_was_written_with(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)

    async def work(*keys: bytes) -> int:
        store = await open_store(url, Vault(keys))
        try:
            if not await store.events("w"):
                await append(store, "w", begun(), after=0, private=VALUES)
                await append(store, "v", begun("bob"), after=0, private={"r": {"x": "y"}})
            return await store.rekey()
        finally:
            await store.close()

    assert asyncio.run(work(ONE)) == 0
    assert opened(url, ONE) == VALUES
    assert opened(url, TWO, ONE) == VALUES
    for keys in ((), (TWO,)):
        with pytest.raises(Locked, match="private_key"):
            opened(url, *keys)
        with pytest.raises(Locked):
            asyncio.run(work(*keys))
    # Everything else is read and moved without it.
    rows = with_store(url, lambda store: store.walks())
    assert len(rows) == 2
    assert with_store(url, lambda store: append(store, "w", said("x"), after=1)).seq == 2
    with pytest.raises(Locked):
        with_store(url, lambda s: append(s, "w", said("x"), after=2, private={"r9": {"x": "y"}}))
    assert asyncio.run(work(TWO, ONE)) == 2
    assert asyncio.run(work(TWO, ONE)) == 0
    assert opened(url, TWO) == VALUES
    with pytest.raises(Locked):
        opened(url, ONE)


def test_the_digest_of_a_call_is_keyed_where_there_is_a_server_key(tmp_path: Path) -> None:
    assert Vault().mark("digest") == "digest"
    marked = Vault([ONE]).mark("digest")
    assert marked == Vault([ONE, TWO]).mark("digest") == Vault([ONE]).mark(marked)
    assert marked != Vault([TWO]).mark("digest")
    assert "digest" not in marked
    assert [Vault([ONE]).mark(body) for body in ("", "-")] == ["", "-"]
    url = url_of("sqlite", tmp_path)

    async def work() -> None:
        store = await open_store(url, Vault([ONE]))
        for _ in range(2):
            done = await append(store, "w", begun(), after=0, client_id="c", body="digest")
            assert done.seq == 1
        with pytest.raises(ClientIdReused):
            await append(store, "w", begun(), after=0, client_id="c", body="other")
        assert (await store.calls("w"))["c"].body == marked
        await store.close()

    asyncio.run(work())
    assert not holding(tmp_path, "digest")


def test_a_walk_erased_goes_on_under_a_new_key(url: str) -> None:
    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, private={"r1": {"x": "old"}})
        assert await store.erase("w", at=NOON, by="eve") == 1
        await append(store, "w", said("x"), after=1, private={"r2": {"x": "new"}})
        assert await store.private("w") == {"r2": {"x": "new"}}

    with_store(url, work)


# --------------------------------------------------------------------------------- the file of SQLite


def holding(folder: Path, *parts: str) -> set[str]:
    """The files that hold one of these, in any spelling."""
    places = [part.encode(code) for part in parts for code in ("utf-8", "utf-16-le")]
    places += [json.dumps(part)[1:-1].encode() for part in parts]
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(place in path.read_bytes() for place in places)
    }


def test_no_byte_of_the_file_is_ever_a_value(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)
    private = {f"r{n}": {"name": f"{CANARY} {n}", "more": "x" * 9_000 + CANARY} for n in range(20)}

    async def work(store: Store) -> None:
        await append(store, "w", begun(), after=0, private=private)
        assert holding(tmp_path, "canary-4f1e7", CANARY) == set()
        assert await store.private("w") == private
        assert holding(tmp_path, "ann")  # what is not private is found

    with_store(url, work)
    assert holding(tmp_path, "canary-4f1e7", CANARY) == set()


def test_values_that_stood_in_the_clear_are_sealed_by_the_migration(tmp_path: Path) -> None:
    """As form 1 kept them: every value is there after, and in no byte of the file."""
    url, path = url_of("sqlite", tmp_path), tmp_path / "record.db"
    old = apsw.Connection(str(path))
    old.execute("PRAGMA journal_mode=WAL").fetchall()
    first = MIGRATIONS[0]
    assert isinstance(first, str)
    old.execute(first)
    walk = "INSERT INTO walks VALUES (?, 1, 1, 1, 'h', 'ann', '', 't', 'l', 'asking', 'n', '', '', '', '', '')"
    with old:
        for n in range(40):
            old.execute(walk, (f"w{n}",))
            for ref in ("a", "b"):
                value = json.dumps({"name": f"{CANARY} {n}{ref}", "long": CANARY * 200 * (n == 7)})
                old.execute("INSERT INTO private VALUES (?, ?, ?)", (f"w{n}", ref, value))
    old.execute("PRAGMA user_version = 1")
    assert holding(tmp_path, "canary-4f1e7")
    old.close()

    async def work(store: Store) -> None:
        for n in range(40):
            kept = await store.private(f"w{n}")
            assert [value["name"] for value in kept.values()] == [f"{CANARY} {n}{r}" for r in "ab"]
            row = await store.walk(f"w{n}")
            assert row is not None
            assert row.erased is None
        assert holding(tmp_path, "canary-4f1e7", CANARY) == set()
        assert await store.erase("w3", at=NOON) == 2

    with_store(url, work)
    assert holding(tmp_path, "canary-4f1e7", CANARY) == set()
    assert opened(url) == {}
