"""The record that a command looks at. Not a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.stores import Store, open_store
from web import settings
from web.cli import Misuse
from web.vaults import vault_of


def settled(store: str | None, file: str = "") -> dict[str, settings.Setting]:
    """The settings, with the record that was named. Raises Misuse."""
    try:
        return settings.load({"store": store}, file=file)
    except settings.BadSettings as wrong:
        raise Misuse(str(wrong)) from None


def address(store: str | None, file: str = "") -> str:
    """The address of a record that is there: the one named, or that of `serve`. Looking at a
    record must not make one. Raises Misuse."""
    found = settled(store, file)["store"]
    url = str(found.value)
    kind, _, path = url.partition(":///")
    if kind == "sqlite" and not Path(path).is_file():
        raise Misuse(
            f"there is no record at {url} yet ({found.origin}): `fingerpost serve` begins one, "
            "and --store names another"
        )
    if kind.partition(":")[0] == "memory":
        raise Misuse(
            "a record in memory is gone with its server; name a file: --store sqlite:////path.db"
        )
    return url


@asynccontextmanager
async def opened(url: str, file: str = "") -> AsyncIterator[Store]:
    """The record at an address, with the server keys of the settings; made where there is none.
    Raises Misuse, StoreError."""
    try:
        vault = vault_of(settings.values(settled(None, file)))
    except settings.BadSettings as wrong:
        raise Misuse(str(wrong)) from None
    found = await open_store(url, vault)
    try:
        yield found
    finally:
        await found.close()


@asynccontextmanager
async def looked_at(store: str | None, file: str = "") -> AsyncIterator[Store]:
    """The record, open. Raises Misuse, StoreError."""
    async with opened(address(store, file), file) as found:
        yield found
