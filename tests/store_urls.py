"""Stores as tests want them: an address of each kind, and events to put in.

A store of the registry is held to the whole contract by one line in ADDRESSES: how a test gets an
address of its own, in a folder of its own, where nothing has been kept yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from engine.model import Answered, Event, Started
from engine.stores import Appended, Head, Store, open_store
from tests import postgres_server

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEAD = Head(tree="t", logic="l", status="asking", node="n")
CANARY = "canary-4f1e7 Ünsel +4420794600"
T = TypeVar("T")

ADDRESSES: Mapping[str, Callable[[Path], str]] = {
    "memory": lambda folder: "memory:",
    "sqlite": lambda folder: f"sqlite:///{folder}/record.db",
    "postgresql": lambda folder: postgres_server.shared().url(),
    # The other name of the same store, and its tables as a cluster has them that parts by itself.
    "postgres": lambda folder: postgres_server.shared().url(tables="plain").replace("ql:", ":", 1),
}


def url_of(kind: str, folder: Path) -> str:
    return ADDRESSES[kind](folder)


def with_store(url: str, work: Callable[[Store], Awaitable[T]]) -> T:
    """What some work in a store gives; the store is opened for it and closed after."""

    async def run() -> T:
        store = await open_store(url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def begun(actor: str = "ann", at: datetime = NOON) -> Started:
    return Started(at=at, actor=actor, tree="t", logic="l")


def said(answer: Any, n: int = 1, actor: str = "ann") -> Answered:
    return Answered(at=NOON + timedelta(seconds=n), actor=actor, node="n", answer=answer)


async def append(store: Store, walk: str, *events: Event, after: int, **more: Any) -> Appended:
    return await store.append(walk, events, after=after, **{"head": HEAD, **more})
