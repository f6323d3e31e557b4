"""Where events are kept. To add a store: write its module, add its line here.

A store knows no trees: it keeps the events of a walk in their order, all events of one move or
none, and a row about each walk (its head) that a caller hands in with them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from engine.errors import NotThere
from engine.model import Event
from engine.record import Stored
from engine.stores import memory, postgres, sqlite
from engine.stores.rows import Appended, Call, Duty, Grouped, Head, Held, Version, WalkRow
from engine.stores.shelf import Kept, Shelf
from engine.stores.vault import Vault


class Store(Protocol):
    """Keeps events. An append is acknowledged once it returns: then it survives a crash. On its
    ``shelf`` lies what is not a walk."""

    @property
    def shelf(self) -> Shelf: ...
    def observed(self, grouped: Grouped) -> None:
        """From now on, tell of each commit how much of what waited it keeps together."""
        ...

    async def append(
        self,
        walk: str,
        events: Sequence[Event],
        *,
        after: int,
        head: Head,
        client_id: str = "",
        body: str = "",
        private: Mapping[str, Any] | None = None,
        duties: Sequence[Duty] | None = None,
    ) -> Appended:
        """Keep the events of one move behind event ``after``, or none of them. ``duties``: what waits
        for somebody because of the walk from then on, all of it; None: what did so before.

        The same ``client_id`` again with the same ``body`` (a digest of the call) gives the first
        answer; it is looked at before ``after``. Raises Conflict where the walk stands at another
        event, ClientIdReused where the body is another, StoreError where nothing can be kept.
        """
        ...

    async def events(self, walk: str, *, after: int = 0) -> list[Stored]: ...
    async def private(self, walk: str) -> Mapping[str, Any]:
        """The private values of a walk, by the reference that its events hold."""
        ...

    async def walk(self, walk: str) -> WalkRow | None: ...
    async def begun(self, actor: str, client_id: str) -> WalkRow | None:
        """The walk that this caller started with this client_id."""
        ...

    async def walks(
        self, *, tree: str = "", status: str = "", actor: str = "", limit: int = 50,
        before: str = "",
    ) -> list[WalkRow]:  # fmt: skip
        """Walks, the latest started first; ``before`` is the cursor of the last row seen. ``actor``:
        those that he began; ``status``: one of a head's, or ``waiting`` for all that have not ended."""
        ...

    async def duties(
        self, holders: Collection[str] | None = None, *, kinds: Collection[str] = (),
        walk: str = "", until: datetime | None = None, after: str = "", limit: int = 50,
    ) -> list[Held]:  # fmt: skip
        """What waits, the first first: for these holders (None: for whomever), of these kinds, because
        of this walk, until then. ``after`` is the cursor of the last one seen."""
        ...

    async def counted(
        self, holders: Collection[str] | None = None, *, until: datetime | None = None
    ) -> Mapping[str, int]:
        """How much waits, by kind."""
        ...

    async def charge(self, walk: str, duties: Sequence[Duty], *, after: int) -> bool:
        """Put down anew what waits because of a walk, if ``after`` is its last event still."""
        ...

    def all_events(self, *, tree: str = "") -> AsyncIterator[Stored]:
        """Every event, walk by walk, in bounded memory."""
        ...

    async def keep_tree(self, logic: str, text: str, tree: str, source: str) -> None:
        """Keep a version of a tree for as long as a walk may refer to it."""
        ...

    async def tree(self, logic: str) -> str | None:
        """The source of the latest wording of a version, by its logic hash."""
        ...

    def versions(self) -> AsyncIterator[Version]:
        """Every version of a tree that was kept, in the order in which they came."""
        ...

    async def calls(self, walk: str) -> Mapping[str, Call]:
        """The calls that moved a walk, by their client_id: for a copy of the whole record."""
        ...

    async def erase(
        self, walk: str, *, at: datetime, by: str = "", before: datetime | None = None
    ) -> int:
        """Drop the private values of a walk, and its key, for good; how many there were. If any,
        the walk's row says when and by whom. ``before``: only if its last event came before."""
        ...

    async def forget(self, walk: str, *, before: datetime | None = None) -> bool:
        """Drop all that is kept of a walk for good; False where there is none, or where its last
        event did not come ``before``."""
        ...

    async def aged(
        self,
        before: datetime,
        *,
        private: bool = False,
        tree: str = "",
        but: Collection[str] = (),
        limit: int = 500,
    ) -> list[str]:
        """Walks whose last event came before, the first started first; ``private``: that hold
        private values; ``tree``: of this one; ``but``: of none of these."""
        ...

    async def rekey(self) -> int:
        """Put every walk's key under the first server key; how many were not. Raises Locked."""
        ...

    async def close(self) -> None: ...


STORES: Mapping[str, Callable[[str, Vault], Awaitable[Store]]] = {
    "memory": memory.open_,
    "sqlite": sqlite.open_,
    "postgresql": postgres.open_,
    "postgres": postgres.open_,
}


async def open_store(url: str, vault: Vault | None = None) -> Store:
    """The store at this address: ``sqlite:////absolute/path`` or ``memory:``. The vault seals its
    private values: without one, under keys of the walks' own alone. Raises NotThere for a kind that
    there is none of, StoreError where it cannot be opened."""
    kind = url.partition(":")[0]
    if kind not in STORES:
        raise NotThere("kind of store", kind, STORES)
    return await STORES[kind](url, vault or Vault())


__all__ = [
    "STORES",
    "Appended",
    "Call",
    "Duty",
    "Head",
    "Held",
    "Kept",
    "Shelf",
    "Store",
    "Vault",
    "Version",
    "WalkRow",
    "open_store",
]
