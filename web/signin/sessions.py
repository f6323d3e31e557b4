"""Sessions of people who signed in. A browser has a cookie of chance, the shelf its hash alone.

A session ends when nothing was asked for a while, some hours after it began whatever was asked,
when its owner signs out, and when his account gets another password or is shut out.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from engine.errors import Changed
from engine.stores.shelf import Kept, Shelf
from web.signin.accounts import Account, Accounts

KIND: Final = "session"
_SELDOM: Final = (
    10  # of these parts of its idle time, one passes before it is written that it is used
)


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


class Sessions:
    """``idle`` and ``most``: how long one lasts unused, and at all."""

    def __init__(
        self,
        shelf: Shelf,
        accounts: Accounts,
        clock: Callable[[], datetime],
        *,
        idle: timedelta = timedelta(minutes=60),
        most: timedelta = timedelta(hours=12),
    ) -> None:
        self._shelf = shelf
        self._accounts = accounts
        self._clock = clock
        self.idle = idle
        self.most = most

    async def begin(self, account_key: str, account: Account) -> str:
        """A new session; the token for its cookie, which is kept nowhere."""
        token, now = secrets.token_urlsafe(32), self._clock()
        await self._shelf.swept(now)
        value = {"account": account_key, "epoch": account.epoch, "began": now.isoformat()}
        await self._keep(digest(token), value, now, 0)
        return token

    async def of(self, token: str) -> Account | None:
        """Whose session this is, if it is one still."""
        key, now = digest(token), self._clock()
        kept = await self._shelf.got(KIND, key)
        if kept is None or kept.until is None or kept.until <= now:
            return None
        found = await self._accounts.got(str(kept.value["account"]))
        if found is None or found[0].off or found[0].epoch != kept.value["epoch"]:
            await self._shelf.dropped(KIND, key)
            return None
        if self._due(kept, now):
            with suppress(Changed):  # signed out meanwhile, or used elsewhere as well
                await self._keep(key, kept.value, now, kept.version)
        return found[0]

    def _due(self, kept: Kept, now: datetime) -> bool:
        """Whether it has been used for a while without that being written down."""
        assert kept.until is not None
        return self._end(kept.value, now) - kept.until >= self.idle / _SELDOM

    def _end(self, value: Any, now: datetime) -> datetime:
        return min(now + self.idle, datetime.fromisoformat(value["began"]) + self.most)

    async def _keep(self, key: str, value: Any, now: datetime, after: int) -> None:
        await self._shelf.put(KIND, key, value, after=after, until=self._end(value, now))

    async def end(self, token: str) -> bool:
        """Sign out; whether there was such a session."""
        return await self._shelf.dropped(KIND, digest(token))
