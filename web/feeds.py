"""Calendars by a secret address: whoever has it reads what is due for one person, and nothing else.
Only its hash is kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final

from engine.stores import Shelf
from web.desk import Desk
from web.signin.people import LOCAL, Person, asking

KIND: Final = "feed"  # hash -> person
OF: Final = "feed_of"  # person -> hash


async def begin(shelf: Shelf, person: Person, at: datetime) -> str:
    """A new secret; the one before ends."""
    await end(shelf, person.id)
    secret = secrets.token_urlsafe(24)
    await shelf.put(KIND, _hash(secret), {"person": person.id, "made": at.isoformat()})
    await shelf.put(OF, person.id, {"hash": _hash(secret)})
    return secret


async def end(shelf: Shelf, person: str) -> None:
    kept = await shelf.got(OF, person)
    if kept is not None:
        await shelf.dropped(KIND, str(kept.value["hash"]))
        await shelf.dropped(OF, person)


async def has(shelf: Shelf, person: str) -> bool:
    return await shelf.got(OF, person) is not None


async def of(desk: Desk, secret: str) -> Person | None:
    """Whose calendar this is, as he is now; None for a secret that is none, and for somebody who is
    shut out."""
    kept = await desk.store.shelf.got(KIND, _hash(secret)) if 20 < len(secret) < 100 else None
    if kept is None:
        return None
    id = str(kept.value["person"])
    if id == LOCAL.id:  # he is nobody once people sign in
        return LOCAL if asking().person is LOCAL else None
    account = await desk.directory.account(id)
    return None if account is None or account.off else account.person


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
