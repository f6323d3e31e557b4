"""What agents say of a step that is wrong, and what became of it.

A remark lies on the store's shelf, and holds what its author needs: where it was, in which version,
and the words that stood there (as they are written, where they could hold personal values). It is
open until somebody answers it; then its writer is told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from engine.errors import Changed, InvalidAnswer, NotThere
from engine.model import Noun
from engine.stores import Kept, Shelf
from engine.stores.rows import micros

KIND: Final = "remark"
BY: Final = "remark_by"  # whose it is: PERSON/ID
NEWS: Final = "remark_news"  # answered, and not yet seen by its writer: PERSON/ID
_CALLS: Final = "remark_call"  # that a call came before
_COUNTS_ONCE: Final = timedelta(days=2)
_PAGE: Final = 200
MOST: Final = 2_000  # characters of a remark, and of what is replied

State = Literal["open", "changed", "answered", "declined"]
STATES: Final[tuple[State, ...]] = ("open", "changed", "answered", "declined")


class Remark(Noun, frozen=True, kw_only=True):
    """``by`` whom, on which step of which version (``logic``, ``text``), with the ``words`` that
    stood there. ``state``: what became of it: the tree was changed, it was answered, or declined."""

    id: str
    tree: str
    node: str
    logic: str
    text: str
    owner: str
    walk: str
    seq: int
    language: str
    words: str
    remark: str
    by: str
    name: str = ""  # of whoever wrote it, then
    at: datetime
    state: State = "open"
    reply: str = ""
    replied_by: str = ""
    replied_at: datetime | None = None
    version: int = 1


class Remarks:
    def __init__(self, shelf: Shelf, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._clock = clock

    async def add(self, client_id: str = "", **what: Any) -> Remark:
        """A new remark, kept. The same ``client_id`` of the same person gives the same remark.
        Raises InvalidAnswer."""
        _sized("remark", what["remark"], needed=True)
        at = self._clock()
        call = sha256(f"{what['by']}\n{client_id}\n{what['walk']}\n{what['remark']}".encode("utf-8", "replace")).hexdigest()  # fmt: skip
        id = f"{micros(at):017d}{call[:12]}"
        if client_id:
            try:
                await self._shelf.put(_CALLS, call, {"id": id}, after=0, until=at + _COUNTS_ONCE)
            except Changed:
                before = await self._shelf.got(_CALLS, call)
                id = str(before.value["id"]) if before is not None else id
                with suppress(NotThere):
                    return await self.get(id)
        found = Remark(id=id, at=at, **what)
        await self._shelf.put(BY, _key(found.by, id), {})
        await self._put(found, after=0)
        return found

    async def get(self, id: str) -> Remark:
        """Raises NotThere."""
        kept = await self._shelf.got(KIND, id)
        if kept is None:
            raise NotThere("remark", id)
        return _read(kept)

    async def reply(self, id: str, state: str, reply: str, by: str, after: int) -> Remark:
        """Say what became of it; its writer is told. ``after``: its version that was read. Raises
        InvalidAnswer, NotThere, Changed where somebody else was first."""
        if state not in STATES:
            raise InvalidAnswer("state", f"one of {', '.join(STATES)}")
        _sized("reply", reply, needed=state == "declined")
        found = await self.get(id)
        if found.version != after:
            raise Changed(KIND, id)
        told = state != "open"
        found = msgspec.structs.replace(
            found, state=state, reply=reply, replied_by=by if told else "",
            replied_at=self._clock() if told else None,
        )  # fmt: skip
        version = await self._put(found, after=after)
        if told and found.by != by:
            await self._shelf.put(NEWS, _key(found.by, id), {})
        else:
            await self._shelf.dropped(NEWS, _key(found.by, id))
        return msgspec.structs.replace(found, version=version)

    async def listed(
        self, *, state: str = "", tree: str = "", by: str = "", before: str = "", limit: int = 50
    ) -> list[Remark]:
        """Remarks, the latest first; ``before``: the id of the last one seen."""
        found: list[Remark] = []
        async for remark in self._of(by, before) if by else self._all(before):
            if state in ("", remark.state) and tree in ("", remark.tree):
                found.append(remark)
                if len(found) == limit:
                    break
        return found

    async def news(self, person: str, limit: int = 20) -> list[str]:
        """The remarks of a person that were answered since he looked, by id."""
        start = _key(person, "")
        found = await self._shelf.listed(NEWS, after=start, limit=limit)
        return [kept.key.removeprefix(start) for kept in found if kept.key.startswith(start)]

    async def seen(self, person: str) -> None:
        """He has looked."""
        while found := await self.news(person, _PAGE):
            for id in found:
                await self._shelf.dropped(NEWS, _key(person, id))

    async def _all(self, before: str) -> AsyncIterator[Remark]:
        page = await self._shelf.listed(KIND, after=before, limit=_PAGE, latest=True)
        while page:
            for kept in page:
                yield _read(kept)
            page = await self._shelf.listed(KIND, after=page[-1].key, limit=_PAGE, latest=True)

    async def _of(self, person: str, before: str) -> AsyncIterator[Remark]:
        start = _key(person, "")
        after = start + (before or "~")  # ids begin with digits
        while True:
            page = await self._shelf.listed(BY, after=after, limit=_PAGE, latest=True)
            for kept in page:
                if not kept.key.startswith(start):
                    return
                with suppress(NotThere):  # a process was lost between the two
                    yield await self.get(kept.key.removeprefix(start))
            if len(page) < _PAGE:
                return
            after = page[-1].key

    async def _put(self, remark: Remark, after: int) -> int:
        return await self._shelf.put(KIND, remark.id, msgspec.to_builtins(remark), after=after)


def _key(person: str, id: str) -> str:
    return f"{quote(person, safe='')}/{id}"


def _read(kept: Kept) -> Remark:
    return msgspec.convert({**kept.value, "version": kept.version}, Remark)


def _sized(field: str, words: str, *, needed: bool) -> None:
    if needed and not words.strip():
        raise InvalidAnswer(field, "is needed")
    if len(words) > MOST:
        raise InvalidAnswer(field, f"at most {MOST:,} characters")
