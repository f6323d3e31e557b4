"""How much is taken from one address of those who need not sign in, and from one key.

Counted in this process and forgotten with it: it keeps a flood from filling the record, and lets a
household, an office or a school behind one address go on; and a program that calls without end
keeps nobody else waiting.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

from engine.errors import FingerpostError

_MOST: Final = 10_000  # addresses, or keys, that are remembered
KEY_CALLS: Final = 6_000  # in a minute: a fifteenth of what a processor answers
_FROM_HERE: Final = "too much was asked for from here: wait a few minutes, then go on"
_BY_KEY: Final = (
    "this key makes more calls than it may: wait as long as Retry-After says, then go on"
)


class TooMuch(FingerpostError):
    """``seconds``: how long to wait."""

    def __init__(self, seconds: int, words: str = _FROM_HERE) -> None:
        self.seconds = seconds
        super().__init__(words)


class Limit:
    """``most`` at once, and as many again in ``seconds``. ``words``: what is said beyond."""

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = monotonic,
        words: str = _FROM_HERE,
    ) -> None:  # fmt: skip
        self._words = words
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
            raise TooMuch(max(1, -int(-wait // 1)), self._words)


class Calls(Limit):
    """Calls of one key: so many in a minute, a sixth of them at once; 0 without a bound."""

    def __init__(self, in_a_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._bounded = in_a_minute > 0
        most = max(1, in_a_minute // 6)
        super().__init__(most, most * 60 / max(1, in_a_minute), clock, _BY_KEY)

    def take(self, who: str) -> None:
        """One more call. Raises TooMuch."""
        if self._bounded:
            super().take(who)
