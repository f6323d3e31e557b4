"""What is typed at a step and not sent yet, kept beside the walk while one types: whoever comes back
to that step finds it, after a crash of the browser or of the server, in another browser or worker.

It is no part of the record: it lies on the store's shelf for a day, sealed as private values are
(anything may be typed), and counts only while the walk stands at the very event that it was typed at.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from engine.errors import StoreError
from engine.model import Walk
from engine.stores import Kept, Shelf, Vault
from web.drafts import Draft

KIND: Final = "draft"
EARLY: Final = "early"  # answers that were given before their questions came
KEPT_FOR: Final = timedelta(days=1)
_SWEPT_EVERY: Final = timedelta(hours=1)
_REF: Final = "draft"


class Unsent:
    def __init__(self, shelf: Shelf, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._vault = vault
        self._clock = clock
        self._sweeps: datetime | None = None

    async def keep(self, walk: Walk, draft: Draft) -> None:
        """In the place of what was kept of this walk before; nothing typed drops it."""
        if not (draft.said or draft.note):
            await self._shelf.dropped(KIND, walk.id)
            return
        typed = {"said": draft.said, "note": draft.note}
        await self._put(KIND, walk.id, _bound(walk), typed, seq=walk.seq)

    async def _put(self, kind: str, walk: str, bound: str, typed: Any, **beside: Any) -> None:
        now = self._clock()
        await self._swept(now)
        key, sealed = self._vault.seal(bound, None, {_REF: typed})
        value = {
            **beside,
            "key": b64encode(key).decode(),
            "sealed": b64encode(sealed[_REF]).decode(),
        }
        await self._shelf.put(kind, walk, value, until=now + KEPT_FOR)

    async def keep_early(self, walk: str, answers: Mapping[str, Any]) -> None:
        """Answers by ``TREE.NODE``, for when their questions come; those kept before give way."""
        if answers:
            await self._put(EARLY, walk, f"{walk}/{EARLY}", dict(answers))
        else:
            await self._shelf.dropped(EARLY, walk)

    async def early(self, walk: str) -> Mapping[str, Any]:
        """The answers of this walk whose questions have not come."""
        found = self._opened(await self._shelf.got(EARLY, walk), f"{walk}/{EARLY}")
        return found if isinstance(found, dict) else {}

    async def of(self, walk: Walk) -> Draft | None:
        """What stands typed where the walk stands. What cannot be read is as if it were not there:
        it is a convenience."""
        kept = await self._shelf.got(KIND, walk.id)
        if kept is None or kept.value["seq"] != walk.seq:
            return None
        typed = self._opened(kept, _bound(walk))
        return None if typed is None else Draft(typed["said"], typed["note"])

    def _opened(self, kept: Kept | None, bound: str) -> Any:
        """What was sealed; None where it is not there, too old, or cannot be read."""
        if kept is None or (kept.until is not None and kept.until <= self._clock()):
            return None
        sealed = {_REF: b64decode(kept.value["sealed"])}
        try:
            return self._vault.open(bound, b64decode(kept.value["key"]), sealed)[_REF]
        except StoreError:
            return None

    async def _swept(self, now: datetime) -> None:
        if self._sweeps is None or self._sweeps <= now:
            self._sweeps = now + _SWEPT_EVERY
            await self._shelf.swept(now)


async def dropped(shelf: Shelf, walk: str) -> None:
    """Drop what is kept of a walk that is erased."""
    for kind in (KIND, EARLY):
        await shelf.dropped(kind, walk)


def _bound(walk: Walk) -> str:
    """Sealed for this walk and event alone."""
    return f"{walk.id}/{walk.seq}"
