"""How often one may try to sign in: by account, and by the address that asks.

Only what failed is counted. The counts lie on the shelf, so that several workers count together and
a restart forgives nothing; while somebody has to wait nothing is written, however often he tries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from engine.errors import Changed, FingerpostError
from engine.stores.shelf import Shelf

KIND: Final = "tries"
FREE: Final = 5  # failures of an account before one has to wait
FREE_ADDRESS: Final = 50  # of an address: a whole call centre may come from one
FIRST: Final = 15  # seconds; each failure more doubles them
LONGEST: Final = 900
FORGOTTEN: Final = timedelta(hours=1)  # without a failure
_MOST: Final = 40  # of the doublings


class TooMany(FingerpostError):
    """``seconds``: how long to wait before trying again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many tries failed: wait {in_words(seconds)}, then try again")


def in_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"{seconds} seconds" if seconds < 60 else f"{minutes} minute{'s' * (minutes > 1)}"


class Tries:
    def __init__(self, shelf: Shelf, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._clock = clock

    async def allowed(self, account: str, address: str) -> None:
        """Raises TooMany while this account, or this address, has to wait."""
        wait = max([await self._wait(key) for key, _ in _keys(account, address)])
        if wait > 0:
            raise TooMany(wait)

    async def failed(self, account: str, address: str) -> None:
        """One more failure of both."""
        for key, free in _keys(account, address):
            await self._count(key, free)

    async def succeeded(self, account: str) -> None:
        """The account begins anew. (The address does not: whoever owns one account must not try at
        all the others for ever.)"""
        await self._shelf.dropped(KIND, _digest("account", account))

    async def _wait(self, key: str) -> int:
        kept = await self._shelf.got(KIND, key)
        if kept is None:
            return 0
        left = datetime.fromisoformat(kept.value["not before"]) - self._clock()
        return max(0, -(-left // timedelta(seconds=1)))  # a second that has begun counts whole

    async def _count(self, key: str, free: int) -> None:
        for _ in range(5):
            now = self._clock()
            kept = await self._shelf.got(KIND, key)
            stale = kept is None or (kept.until is not None and kept.until <= now)
            count = 1 if kept is None or stale else int(kept.value["count"]) + 1
            wait = min(LONGEST, FIRST * 2 ** min(count - free, _MOST)) if count >= free else 0
            value = {"count": count, "not before": (now + timedelta(seconds=wait)).isoformat()}
            after = 0 if kept is None else kept.version
            try:
                await self._shelf.put(KIND, key, value, after=after, until=now + FORGOTTEN)
                return
            except Changed:  # somebody else failed at the same moment: both count
                continue


def _keys(account: str, address: str) -> tuple[tuple[str, int], ...]:
    return (
        (_digest("account", account), FREE),
        (_digest("address", address), FREE_ADDRESS),
    )


def _digest(kind: str, name: str) -> str:
    """A name that somebody typed may be a password; an address is personal: neither is kept."""
    return sha256(f"{kind}:{name}".encode()).hexdigest()
