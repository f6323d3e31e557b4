"""Keys of programs: ``Authorization: Bearer fp_…``, each for some of what there is to do.

A key is 32 bytes of chance and shown once; kept is its hash, so that a copy of the record opens
nothing. (Chance of that size needs no slow hash, as passwords do.)
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from engine.errors import NotThere
from engine.model import Noun
from engine.stores.shelf import Shelf
from web.signin.accounts import Misnamed
from web.signin.people import SCOPES, Person
from web.signin.sessions import digest

KIND: Final = "key"
PREFIX: Final = "fp_"
_LONGEST: Final = 200  # of what is taken for a key at all


class Key(Noun, frozen=True, kw_only=True):
    """What is known of a key. ``id`` names it in lists and in the record; it opens nothing."""

    id: str
    name: str
    scopes: tuple[str, ...]
    made: str
    until: str = ""

    @property
    def person(self) -> Person:
        return Person(f"key:{self.id}", self.name, frozenset(self.scopes), program=True)


class Keys:
    def __init__(self, shelf: Shelf, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._clock = clock

    async def add(self, name: str, scopes: Iterable[str], days: int = 0) -> tuple[Key, str]:
        """A new key, and its secret, which nobody can show again. ``days``: that it lasts; 0 for
        ever. Raises Misnamed."""
        secret, now = PREFIX + secrets.token_urlsafe(32), self._clock()
        until = now + timedelta(days=days) if days else None
        key = Key(
            id="k_" + secrets.token_urlsafe(6), name=" ".join(name.split())[:100],
            scopes=_checked(scopes), made=now.isoformat(), until=until.isoformat() if until else "",
        )  # fmt: skip
        await self._shelf.put(KIND, digest(secret), msgspec.to_builtins(key), after=0, until=until)
        return key, secret

    async def of(self, secret: str) -> Key | None:
        """What a secret is the key to, if it is one and still good."""
        if not secret.startswith(PREFIX) or len(secret) > _LONGEST:
            return None
        kept = await self._shelf.got(KIND, digest(secret))
        if kept is None or (kept.until is not None and kept.until <= self._clock()):
            return None
        return msgspec.convert(kept.value, Key)

    async def all(self) -> list[Key]:
        return sorted((key for _, key in await self._every()), key=lambda key: key.made)

    async def _every(self) -> list[tuple[str, Key]]:
        found: list[tuple[str, Key]] = []
        last = ""
        while page := await self._shelf.listed(KIND, after=last, limit=500):
            found += [(kept.key, msgspec.convert(kept.value, Key)) for kept in page]
            last = page[-1].key
        return found

    async def revoke(self, id: str) -> Key:
        """Raises NotThere."""
        every = await self._every()
        for place, key in every:
            if key.id == id:
                await self._shelf.dropped(KIND, place)
                return key
        raise NotThere("key", id, [key.id for _, key in every])


def _checked(scopes: Iterable[str]) -> tuple[str, ...]:
    found = tuple(scope for scope in SCOPES if scope in set(scopes))
    for scope in scopes:
        if scope not in SCOPES:
            raise Misnamed(f"there is no scope {scope!r}: write {', '.join(SCOPES)}")
    if not found:
        raise Misnamed(f"a key is for something: write one or more of {', '.join(SCOPES)}")
    return found
