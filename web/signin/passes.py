"""Passes: what a page of ours in another's frame is known by.

A browser sends no cookie of ours from within another site's page, or keeps it from us there as long
as it can. So a frame is known by its address: a pass of chance in the path, which is given out when
the walk begins. The shelf keeps its hash alone. It leads to walks of its owner and nowhere else,
and ends as a session does.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from engine.errors import Changed
from engine.stores.shelf import Kept, Shelf
from web.signin import sessions
from web.signin.people import Frame, Person
from web.signin.sessions import digest

KIND: Final = "pass"
USED: Final = "introduction"  # tokens that were used, until they would have ended
PREFIX: Final = "/framed/"
# Between a pass and the language that was chosen: a frame has no cookie for it.
SPOKEN: Final = "."
_SURE_FOR: Final = 2.0  # seconds for which a pass is not looked up again
_MOST_SURE: Final = 2_000
_SELDOM: Final = 10  # of these parts of its idle time, one passes before its use is written down


def speaking(frame: Frame, language: str, address: str) -> str:
    """An address of ours within this frame, its pages in another language."""
    return f"{frame.begins.partition(SPOKEN)[0]}{SPOKEN}{language}{address}"


class Passes:
    """``idle`` and ``most``: how long one lasts unused, and at all."""

    def __init__(
        self, shelf: Shelf, clock: Callable[[], datetime], idle: timedelta, most: timedelta
    ) -> None:
        self._shelf = shelf
        self._clock = clock
        self.idle = idle
        self.most = most
        self._sure: OrderedDict[str, tuple[float, Frame]] = OrderedDict()

    async def once(self, host: str, jti: str, page: str, until: datetime) -> bool:
        """Whether a token is used for the first time, or again by the very page that used it (a
        button pressed twice)."""
        key, value = digest(f"{host} {jti}"), {"page": digest(page)}
        with suppress(Changed):
            await self._shelf.put(USED, key, value, after=0, until=until)
            return True
        kept = await self._shelf.got(USED, key)
        return kept is not None and kept.value == value

    async def given(self, person: Person, host: str, session: str = "") -> str:
        """A new pass for a frame that this host's page holds. ``session``: that of somebody who had
        signed in; it ends with it."""
        token, now = secrets.token_urlsafe(32), self._clock()
        await self._shelf.swept(now)
        value = {
            "id": person.id, "name": person.name, "roles": sorted(person.roles), "host": host,
            "session": digest(session) if session else "", "began": now.isoformat(),
        }  # fmt: skip
        await self._keep(digest(token), value, now, 0)
        return token

    async def of(self, token: str) -> Frame | None:
        """Whose pass this is, if it is one still. Raises StoreError."""
        key, now = digest(token), monotonic()
        sure = self._sure.get(key)
        if sure is not None and now - sure[0] < _SURE_FOR:
            return sure[1]
        self._sure.pop(key, None)
        kept = await self._lasting(key)
        if kept is None:
            return None
        said = kept.value
        person = Person(said["id"], said["name"], frozenset(said["roles"]))
        found = Frame(person, said["host"], f"{PREFIX}{token}")
        self._sure[key] = now, found
        while len(self._sure) > _MOST_SURE:
            self._sure.popitem(last=False)
        return found

    async def _lasting(self, key: str) -> Kept | None:
        now, kept = self._clock(), await self._shelf.got(KIND, key)
        if kept is None or kept.until is None or kept.until <= now:
            return None
        session = kept.value["session"]
        if session and await self._shelf.got(sessions.KIND, session) is None:
            await self._shelf.dropped(KIND, key)
            return None
        if self._end(kept.value, now) - kept.until >= self.idle / _SELDOM:
            with suppress(Changed):
                await self._keep(key, kept.value, now, kept.version)
        return kept

    def _end(self, value: Any, now: datetime) -> datetime:
        return min(now + self.idle, datetime.fromisoformat(value["began"]) + self.most)

    async def _keep(self, key: str, value: Any, now: datetime, after: int) -> None:
        await self._shelf.put(KIND, key, value, after=after, until=self._end(value, now))
