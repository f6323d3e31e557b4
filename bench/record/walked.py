"""One walk as a store is given it, move by move, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from secrets import token_urlsafe
from typing import NamedTuple

from msgspec.structs import replace

from bench.record import parts
from engine.model import Event
from engine.record import walk_id
from engine.stores import Head, Store
from web.desk import head


class Moves(NamedTuple):
    """The events of a walk, each with what the store lists after it."""

    events: list[Event]
    heads: list[Head]

    async def keep(self, store: Store, id: str, first: int = 0, last: int | None = None) -> None:
        """Append the moves ``first`` to ``last``, one after the other."""
        for n, event in list(enumerate(self.events))[first:last]:
            named = replace(event, client_id=f"{id[-10:]}-{n}")
            await store.append(
                id, [named], after=n, head=self.heads[n], client_id=named.client_id, body="x" * 64
            )


def moves(trees: Path) -> Moves:
    """Those of the walk through the tree of this library."""
    tree, standing = parts.walked(trees)
    return Moves([walk.new[-1] for walk in standing], [head(tree, walk) for walk in standing])


def ids(after: int = 0) -> Iterator[str]:
    """Ids of walks, as the desk makes them: a thousand in each minute. ``after``: minutes before
    the first."""
    for n in count():
        at = parts.AT + timedelta(minutes=after + n // 1_000)
        yield walk_id(at, token_urlsafe(18))
