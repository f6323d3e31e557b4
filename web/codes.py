"""Short codes by which a customer's walk is taken up by somebody else: said on the telephone, typed
at the console.

A code is no key to the walk's page: it serves whoever works here, for half an hour, and the tries of
each are counted (`signin/tries.py`). It is made of letters that no one takes for another, and that
make no word.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from engine.errors import Changed, NotThere
from engine.model import Noun
from engine.stores import Shelf

KIND: Final = "code"  # code -> walk
OF: Final = "code_of"  # walk -> code
LETTERS: Final = "BCDFGHJKLMNPQRTVWXZ"  # 47 million codes
LENGTH: Final = 6
LASTS: Final = timedelta(minutes=30)
_TRIES: Final = 5


class Code(Noun, frozen=True):
    """A code for ``walk``, until then. ``taken``: somebody has it."""

    code: str
    walk: str
    until: datetime
    taken: bool = False

    @property
    def shown(self) -> str:
        """As it is read out: in two halves."""
        return f"{self.code[:3]} {self.code[3:]}"


def folded(typed: str) -> str:
    """What was typed, as codes are kept.

    >>> folded(" bcd-fgh ")
    'BCDFGH'
    """
    return "".join(sign for sign in typed[:40].upper() if sign.isalnum())


class Codes:
    def __init__(self, shelf: Shelf, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._clock = clock

    async def give(self, walk: str) -> Code:
        """The code of a walk: the one that it has, while that serves, or a new one. Raises
        StoreError."""
        found = await self.of(walk)
        if found is not None:
            return found
        until = self._clock() + LASTS
        for _ in range(_TRIES):
            code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
            kept = await self._shelf.got(KIND, code)
            if kept is not None and not self._over(kept.until):
                continue
            value = {"walk": walk, "taken": False}
            after = 0 if kept is None else kept.version
            try:
                await self._shelf.put(KIND, code, value, after=after, until=until)
            except Changed:  # somebody else got the same
                continue
            await self._shelf.put(OF, walk, {"code": code}, until=until)
            return Code(code, walk, until)
        raise Changed(KIND, "a new one")

    async def of(self, walk: str) -> Code | None:
        """The code that a walk has."""
        kept = await self._shelf.got(OF, walk)
        if kept is None or self._over(kept.until):
            return None
        try:
            return await self.find(str(kept.value["code"]))
        except NotThere:
            return None

    async def find(self, typed: str) -> Code:
        """Raises NotThere where no walk has this code (any more)."""
        code = folded(typed)
        kept = await self._shelf.got(KIND, code) if len(code) == LENGTH else None
        if kept is None or kept.until is None or self._over(kept.until):
            raise NotThere("code", code)
        return Code(code, str(kept.value["walk"]), kept.until, bool(kept.value["taken"]))

    async def take(self, code: Code) -> None:
        """Somebody has it now; it goes on serving, for whoever pressed twice."""
        value = {"walk": code.walk, "taken": True}
        await self._shelf.put(KIND, code.code, value, until=code.until)

    def _over(self, until: datetime | None) -> bool:
        return until is not None and until <= self._clock()
