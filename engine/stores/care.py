"""Looking after a record: what each kind of store can say of itself beside the walks (not a store).

A store in memory has nothing to look after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from engine.stores import postgres_care, sqlite_care


class Care(Protocol):
    """A module beside a store. Each function takes the store's address and raises StoreError."""

    async def form(self, url: str) -> tuple[int, int]:
        """The form that the record has, 0 where there is none yet, and the newest. Changes nothing."""
        ...

    async def size(self, url: str) -> int:
        """Bytes that it takes."""
        ...

    async def faults(self, url: str) -> list[str]:
        """What the store itself finds wrong with its tables, below what walks and events say."""
        ...

    async def backup(self, url: str, to: Path, said: Callable[[str], None]) -> None:
        """Copy the record as it is at one moment into a new file, while it is in use; ``said`` is
        told how far it is."""
        ...


CARE: Mapping[str, Care] = {
    "sqlite": sqlite_care,
    "postgresql": postgres_care,
    "postgres": postgres_care,
}
