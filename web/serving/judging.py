"""Which trees of a folder may be served: one worker proves it, and the others are told.

To prove a changed tree can take seconds of a processor; by every worker at once, several times as
long. So whoever is the first to see a content claims it, on the store's shelf under the content's
hash, proves it, and puts the verdict there. The others, on whichever machine, have read the files
meanwhile, and take in what the verdict says. A claim shows signs of life: its version goes on.
Where it stands still, the next one takes it over; where the shelf cannot be read or written,
everyone proves for himself. So nobody ever serves what was not proved, and nobody waits in vain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final

from engine.errors import Changed, StoreError
from engine.files.collector import collector_off
from engine.library import Library, read_library
from engine.load import Examined, prove
from engine.stores import Shelf
from engine.verdicts import content, told, verdict
from web.desk import Desk
from web.logs import log

KIND: Final = "verdict"
EVERY: Final = 0.25  # seconds between two looks for a verdict
ALIVE: Final = 1.0  # … between two signs of life of whoever proves
DEAD: Final = 5.0  # … without one, after which another proves
MODESTY: Final = 1.0  # … that one waits who would have more to prove than another
KEPT_FOR: Final = timedelta(days=7)
Unchanged = Callable[[], Awaitable[bool]]


class Judge:
    """``every``: seconds between two looks."""

    def __init__(self, desk: Desk, cache: Path | None, clock: Callable[[], float] = monotonic) -> None:  # fmt: skip
        self.desk = desk
        self.every = EVERY
        self._cache = cache
        self._clock = clock

    async def examined(self, folder: Path, unchanged: Unchanged) -> Examined | None:
        """What is to be said of this folder; None where it did not stay as it was."""
        library, key = await asyncio.to_thread(self._read, folder)
        try:
            claim = await self._turn(library, key, unchanged)
        except StoreError:
            claim = 0
        if claim is None or isinstance(claim, Examined):
            return claim
        return await self._proved(library, key, claim, unchanged)

    def _read(self, folder: Path) -> tuple[Library, str]:
        with collector_off():
            library = read_library(folder, cache=self._cache, before=self.desk.library)
        return library, content(library)

    async def _turn(
        self, library: Library, key: str, unchanged: Unchanged
    ) -> Examined | int | None:
        """What the verdict says, once there is one; the claim, by its version, where it is for us
        to find out; None where the folder changed. Raises StoreError."""
        seen, since = 0, self._clock()
        while await unchanged():
            kept = await self._shelf.got(KIND, key)
            found = kept and told(library, kept.value, self.desk.examined)
            if found:
                return found
            stands = kept.version if kept else 0
            if stands != seen:
                seen, since = stands, self._clock()
            if self._clock() - since > (DEAD if stands else self._modesty()):
                with suppress(Changed):  # somebody was quicker
                    return await self._put(key, {}, stands)
            await asyncio.sleep(self.every)
        return None

    def _modesty(self) -> float:
        """Seconds for which whoever was told the last time leaves it to him who proved: that one
        has explored what is served, and need only look at what changed since."""
        explored, trees = self.desk.examined.explored, self.desk.trees.values()
        mine = all(tree.id in explored and explored[tree.id].tree is tree for tree in trees)
        return -1.0 if mine else MODESTY

    async def _proved(
        self, library: Library, key: str, claim: int, unchanged: Unchanged
    ) -> Examined | None:
        """What we find out ourselves, put down for the others. ``claim``: 0 for none."""
        work = asyncio.ensure_future(asyncio.to_thread(prove, library, self.desk.examined))
        try:
            while not (await asyncio.wait({work}, timeout=ALIVE))[0]:
                claim = await self._alive(key, claim)
            found = work.result() if await unchanged() else None
        except Exception:
            await self._left(key, claim)
            raise
        if found is None or not await self._said(key, claim, found):
            await self._left(key, claim)
        return found

    async def _said(self, key: str, claim: int, found: Examined) -> bool:
        """Put the verdict in the claim's place; whether that was done."""
        try:
            return bool(claim and await self._put(key, verdict(found)))
        except StoreError:
            log.warning("the record did not take what was proved: other workers prove it again")
            return False

    async def _alive(self, key: str, claim: int) -> int:
        """The claim as it stands after a sign of life; 0 where another has taken it over."""
        try:
            return await self._put(key, {}, claim) if claim else 0
        except Changed:
            return 0
        except StoreError:
            return claim

    async def _left(self, key: str, claim: int) -> None:
        """Leave the claim to whoever is next."""
        with suppress(StoreError):
            kept = await self._shelf.got(KIND, key) if claim else None
            if kept is not None and kept.version == claim:
                await self._shelf.dropped(KIND, key)

    async def _put(self, key: str, value: Mapping[str, Any], after: int | None = None) -> int:
        until = self.desk.clock() + KEPT_FOR
        return await self._shelf.put(KIND, key, value, after=after, until=until)

    @property
    def _shelf(self) -> Shelf:
        return self.desk.store.shelf
