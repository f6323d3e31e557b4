"""How much is taken from one address of those who need not sign in.

Counted in this process and forgotten with it: it keeps a flood from filling the record, and lets a
household, an office or a school behind one address go on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

from engine.errors import FingerpostError

_MOST: Final = 10_000  # addresses that are remembered


class TooMuch(FingerpostError):
    """``seconds``: how long to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__("too much was asked for from here: wait a few minutes, then go on")


class Limit:
    """``most`` at once, and as many again in ``seconds``."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._each = seconds / most
        self._clock = clock
        self._full: OrderedDict[str, float] = OrderedDict()  # when each is as if he had not come

    def take(self, who: str) -> None:
        """One more. Raises TooMuch.

        >>> limit = Limit(2, 60, lambda: 0.0)
        >>> limit.take("here"), limit.take("here")
        (None, None)
        >>> limit.take("here")
        Traceback (most recent call last):
        web.limits.TooMuch: too much was asked for from here: wait a few minutes, then go on
        """
        now = self._clock()
        after = max(now, self._full.pop(who, now)) + self._each
        wait = after - now - self._most * self._each
        self._full[who] = after if wait <= 1e-9 else after - self._each
        while len(self._full) > _MOST:
            self._full.popitem(last=False)
        if wait > 1e-9:
            raise TooMuch(max(1, -int(-wait // 1)))
