"""Every event of the PostgreSQL store, page by page (not a store): each query goes on where the last
one ended, so that none holds the server for long, and no more than a page is in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

Fetch = Callable[..., Awaitable[list[Any]]]
TOGETHER: Final = 500
_WALKS: Final = 100

_EVENTS: Final = (
    "SELECT born, walk, seq, hash, event FROM events "
    "WHERE born {month} $1 AND (born, walk, seq) > ($1, $2, $3) {of} "
    f"ORDER BY born, walk, seq LIMIT {TOGETHER}"
)
_ALL: Final = _EVENTS.format(month=">=", of="")
_OF_WALKS: Final = _EVENTS.format(month="=", of="AND walk = ANY($4::text[])")
_OF_TREE: Final = (
    "SELECT born, id FROM walks WHERE born >= $1 AND (born, id) > ($1, $2) AND tree = $3 "
    f"ORDER BY born, id LIMIT {_WALKS}"
)


async def pages(fetch: Fetch, tree: str) -> AsyncIterator[list[Any]]:
    """Rows of events, walk by walk; of a tree, if one is named."""
    if tree:
        async for page in _of_tree(fetch, tree):
            yield page
        return
    last: tuple[Any, ...] = (-1, "", 0)
    while page := await fetch(_ALL, *last):
        yield page
        last = tuple(page[-1])[:3]


async def _of_tree(fetch: Fetch, tree: str) -> AsyncIterator[list[Any]]:
    after: tuple[Any, ...] = (-1, "")
    while walks := await fetch(_OF_TREE, *after, tree):
        for month in sorted({row[0] for row in walks}):
            ids = [row[1] for row in walks if row[0] == month]
            last: tuple[Any, ...] = (month, "", 0)
            while page := await fetch(_OF_WALKS, *last, ids):
                yield page
                last = tuple(page[-1])[:3]
        after = tuple(walks[-1])
