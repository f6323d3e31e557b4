"""The record of a server, for commands on who may come in. Not a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.stores import open_store
from web import settings
from web.cli import Misuse
from web.cli.record import address
from web.signin.audit import on_this_machine
from web.signin.people import Asking, Person, asked_by
from web.signin.setup import SignIn


@asynccontextmanager
async def signing_in(
    store: str | None, file: str = "", *, make: bool = True
) -> AsyncIterator[SignIn]:
    """Accounts, keys and audit log of a record; ``make``: a record that is not there yet is begun,
    for the first user comes before the first walk. Raises Misuse, StoreError."""
    found = await open_store(_begun(store, file) if make else address(store, file))
    try:
        asked_by(Asking(Person(on_this_machine())))
        yield SignIn(found.shelf)
    finally:
        await found.close()


def _begun(store: str | None, file: str) -> str:
    try:
        url = str(settings.load({"store": store}, file=file)["store"].value)
    except settings.BadSettings as wrong:
        raise Misuse(str(wrong)) from None
    return address(store, file) if url.startswith("memory:") else url
