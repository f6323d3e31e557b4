"""A circuit breaker: what has failed again and again is left alone for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FAILURES: Final = 5  # in a row, until it opens
REST: Final = 15.0  # seconds that it stays open; each trial that fails doubles them
LONGEST: Final = 120.0


@dataclass
class Breaker:
    """Of one address. Closed it lets every call through; open none; after a rest one at a time
    is tried, and the first that succeeds closes it."""

    clock: Callable[[], float]
    failures: int = 0
    rest: float = REST
    until: float = 0.0
    trying: bool = False

    @property
    def is_open(self) -> bool:
        return self.failures >= FAILURES

    def lets(self) -> bool:
        """Whether a call may go out now. Whoever asks and may says later how it went."""
        if not self.is_open:
            return True
        if self.trying or self.clock() < self.until:
            return False
        self.trying = True
        return True

    def went(self, well: bool | None) -> None:
        """How a call went; None: nobody knows, for it was given up."""
        trial, self.trying = self.trying, False
        if well is None:
            return
        if well:
            self.failures, self.rest = 0, REST
            return
        self.failures += 1
        if self.is_open:
            self.rest = min(self.rest * 2, LONGEST) if trial else self.rest
            self.until = self.clock() + self.rest
