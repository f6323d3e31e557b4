"""What everybody is told before the first step: a known outage, a strike, a holiday.

A notice lies on the store's shelf; all workers show it within seconds, and it goes by itself when
its time is over. Its words are those of whoever wrote it, by language: who reads another one is
shown the first.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, Final

import msgspec

from engine.errors import InvalidAnswer, NotThere
from engine.model import Noun
from engine.stores import Shelf

KIND: Final = "notice"
MOST: Final = 1_000  # characters
MOST_AT_ONCE: Final = 50
FRESH_FOR: Final = 3.0  # seconds; so long a page may lag behind


class Notice(Noun, frozen=True, kw_only=True):
    """``tree``: before which tree, "" before all; ``texts``: by language; shown from ``since`` until
    ``until`` (None: until it is taken away)."""

    id: str
    tree: str = ""
    texts: Mapping[str, str]
    since: datetime
    until: datetime | None = None
    by: str = ""

    def stands(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def words(self, language: str) -> tuple[str, str]:
        """What it says to whoever reads this language, and the language that it says it in."""
        base = language.partition("-")[0]
        own = next((one for one in (language, base) if one in self.texts), None)
        own = next(iter(self.texts)) if own is None else own
        return self.texts[own], own


class Notices:
    def __init__(self, shelf: Shelf, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._clock = clock
        self._known: list[Notice] = []
        self._looked = -FRESH_FOR

    async def before(self, tree: str = "") -> list[Notice]:
        """What stands now before a tree; without one, what stands before all."""
        if monotonic() - self._looked >= FRESH_FOR:
            self._known = await self.listed()
            self._looked = monotonic()
        now = self._clock()
        return [n for n in self._known if n.tree in ("", tree) and n.stands(now)]

    async def listed(self) -> list[Notice]:
        """All that are kept, the first written first."""
        found = await self._shelf.listed(KIND, limit=MOST_AT_ONCE)
        return [msgspec.convert(dict(kept.value), Notice) for kept in found]

    async def add(
        self, texts: Mapping[str, str], *, tree: str = "", since: datetime | None = None,
        until: datetime | None = None, by: str = "",
    ) -> Notice:  # fmt: skip
        """A new notice. Raises InvalidAnswer."""
        now = self._clock()
        since = since or now
        said = {language: words.strip() for language, words in texts.items() if words.strip()}
        if not said:
            raise InvalidAnswer("text", "is needed")
        if any(len(words) > MOST for words in said.values()):
            raise InvalidAnswer("text", f"at most {MOST:,} characters")
        if until is not None and until <= max(since, now):
            raise InvalidAnswer("until", "is over before it begins")
        if len(await self.listed()) >= MOST_AT_ONCE:
            raise InvalidAnswer("text", f"at most {MOST_AT_ONCE} at once: take one away first")
        id = f"{int(now.timestamp() * 1000):013d}{secrets.token_hex(4)}"
        found = Notice(id=id, tree=tree, texts=said, since=since, until=until, by=by)
        await self._shelf.put(KIND, id, msgspec.to_builtins(found), after=0, until=until)
        self._looked = -FRESH_FOR
        return found

    async def drop(self, id: str) -> None:
        """Raises NotThere."""
        if not await self._shelf.dropped(KIND, id):
            raise NotThere("notice", id)
        self._looked = -FRESH_FOR


def shown(notices: Iterable[Notice], language: str) -> list[tuple[str, str]]:
    """The words of each, and their language."""
    return [notice.words(language) for notice in notices]


def plain(notice: Notice) -> dict[str, Any]:
    """A notice as programs read it."""
    found: dict[str, Any] = msgspec.to_builtins(notice)
    return found
