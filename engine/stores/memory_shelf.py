"""The shelf of the store in memory (not a store)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.stores.shelf import Kept, next_version, written


class MemoryShelf:
    """Values in a dict; also the model that other shelves are tested against."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[str, int, datetime | None]] = {}

    async def put(
        self,
        kind: str,
        key: str,
        value: Mapping[str, Any],
        *,
        after: int | None = None,
        until: datetime | None = None,
    ) -> int:
        _, stands, _ = self._kept.get((kind, key), ("", 0, None))
        version = next_version(kind, key, stands, after)
        self._kept[kind, key] = written(value), version, until
        return version

    async def got(self, kind: str, key: str) -> Kept | None:
        found = self._kept.get((kind, key))
        return None if found is None else Kept(kind, key, json.loads(found[0]), *found[1:])

    async def listed(
        self, kind: str, *, after: str = "", limit: int = 100, latest: bool = False
    ) -> list[Kept]:
        keys = sorted((key for of, key in self._kept if of == kind), reverse=latest)
        if after:
            keys = [key for key in keys if (key < after if latest else key > after)]
        return [kept for key in keys[:limit] if (kept := await self.got(kind, key))]

    async def kinds(self) -> list[str]:
        return sorted({kind for kind, _ in self._kept})

    async def dropped(self, kind: str, key: str) -> bool:
        return self._kept.pop((kind, key), None) is not None

    async def swept(self, at: datetime) -> int:
        over = [key for key, (_, _, until) in self._kept.items() if until and until <= at]
        for key in over:
            del self._kept[key]
        return len(over)
