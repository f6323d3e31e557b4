"""Who did what: signing in and what was refused, people and keys changed, records taken out or away.

Lines are only added. None holds a secret: no password, token or key, nor a name that somebody typed
who is not known (people type passwords there).
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import datetime
from itertools import count
from secrets import token_hex
from typing import Any, Final

from engine.stores.rows import micros
from engine.stores.shelf import Shelf
from web.signin.people import asking

KIND: Final = "audit"


def on_this_machine() -> str:
    """Who works on the command line."""
    try:
        return f"shell:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name, as in containers
        return "shell"


class Audit:
    """``clock`` says when."""

    def __init__(self, shelf: Shelf, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._clock = clock
        self._count = count()  # in the same microsecond, one after the other

    async def told(self, what: str, *, who: str = "", **about: str | int) -> None:
        """Add a line: who did what, and with what (``about``). Raises StoreError."""
        at = self._clock()
        line: dict[str, Any] = {"at": at.isoformat(), "who": who or asking().person.id}
        line |= {"what": what, **{name: value for name, value in about.items() if value != ""}}
        key = f"{micros(at):017d}.{next(self._count):06d}{token_hex(4)}"
        await self._shelf.put(KIND, key, line, after=0)

    async def lines(self, limit: int = 100, before: str = "") -> list[dict[str, Any]]:
        """The latest lines, the latest first; ``before``: the id of the last one seen."""
        found = await self._shelf.listed(KIND, after=before, limit=limit, latest=True)
        return [{"id": kept.key, **kept.value} for kept in found]
