"""A shelf of a store: small values by kind and key, for what is not a walk (not a store).

Accounts, sessions and keys of programs lie here, and the log of who did what. A value is plain JSON.
Each change gives it the next version, so that whoever changes what he read can say which version
that was. The shelf knows no clock: ``until`` is the time from which on a value is no longer wanted,
and ``swept`` takes those away that have come to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from engine.errors import Changed, StoreError
from engine.model import Noun


class Kept(Noun, frozen=True):
    """A value on the shelf."""

    kind: str
    key: str
    value: Mapping[str, Any]
    version: int = 1
    until: datetime | None = None


class Shelf(Protocol):
    """Values by kind and key. What has been put is kept once the call returns."""

    async def put(
        self,
        kind: str,
        key: str,
        value: Mapping[str, Any],
        *,
        after: int | None = None,
        until: datetime | None = None,
    ) -> int:
        """Keep a value in the place of the one that stands there; its version. ``after`` is the
        version that the caller read, 0 where there was none: raises Changed, and keeps nothing,
        where another stands there by now."""
        ...

    async def got(self, kind: str, key: str) -> Kept | None: ...
    async def listed(
        self, kind: str, *, after: str = "", limit: int = 100, latest: bool = False
    ) -> list[Kept]:
        """Values in the order of their keys, those behind ``after``; ``latest``: from the last one
        back."""
        ...

    async def kinds(self) -> list[str]:
        """The kinds that there is something of."""
        ...

    async def dropped(self, kind: str, key: str) -> bool:
        """Take a value away for good; whether it was there."""
        ...

    async def swept(self, at: datetime) -> int:
        """Take away every value that was wanted until then or earlier; how many there were."""
        ...


def next_version(kind: str, key: str, stands: int, after: int | None) -> int:
    """The rule of every put. Raises Changed."""
    if after is not None and after != stands:
        raise Changed(kind, key)
    return stands + 1


def written(value: Mapping[str, Any]) -> str:
    """A value as it is kept. Raises StoreError for what JSON has no word for."""
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as wrong:
        raise StoreError(f"this cannot be written down: {wrong}") from None
