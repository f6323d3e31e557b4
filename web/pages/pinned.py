"""The trees that somebody works with: those that he pinned, and those that he walked last."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.errors import Changed, InvalidAnswer, StoreError
from engine.stores import Shelf
from web.desk import Desk
from web.pages.entrance import within
from web.pages.forms import Typed
from web.pages.looks import redirect, unconfirmed

KIND: Final = "pins"
MOST: Final = 40  # trees that one person pins
RECENT: Final = 6
_LOOKED_AT: Final = 40  # of the walks that he began last
_TRIES: Final = 5


def pinned(desk: Desk) -> list[Route]:
    async def pin(request: Request) -> Response:
        form = await Typed.of(request)
        try:
            if form.has("pin"):
                tree = desk.tree(form.word("pin"))
                await change(desk.store.shelf, desk.actor, tree.id, on=True)
            elif form.has("unpin"):
                await change(desk.store.shelf, desk.actor, form.word("unpin"), on=False)
        except StoreError as failed:
            return unconfirmed(request, form, failed, "/")
        return redirect(within(form.word("then")))

    return [Route("/pins", pin, methods=["POST"])]


async def pins(shelf: Shelf, person: str) -> list[str]:
    """The trees that a person pinned, in that order."""
    kept = await shelf.got(KIND, _key(person))
    return [] if kept is None else [str(id) for id in kept.value["trees"]]


async def change(shelf: Shelf, person: str, tree: str, *, on: bool) -> None:
    """Pin a tree, or take the pin away. Raises InvalidAnswer where there are too many, Changed."""
    for _ in range(_TRIES):
        kept = await shelf.got(KIND, _key(person))
        before = [] if kept is None else [str(id) for id in kept.value["trees"]]
        after = [id for id in before if id != tree] + ([tree] if on else [])
        if on and tree in before:
            return
        if len(after) > MOST:
            raise InvalidAnswer("tree", f"at most {MOST} trees: take a pin away first")
        try:
            await shelf.put(
                KIND, _key(person), {"trees": after}, after=kept.version if kept else 0
            )
        except Changed:  # another tab
            continue
        return
    raise Changed(KIND, person)


async def recent(desk: Desk) -> list[str]:
    """The trees that whoever asks began to walk last, the latest first."""
    rows = await desk.store.walks(actor=desk.actor, limit=_LOOKED_AT)
    return list(dict.fromkeys(row.head.tree for row in rows))


def _key(person: str) -> str:
    return quote(person, safe="")
