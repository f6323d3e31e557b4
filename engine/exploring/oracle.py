"""Run a piece of the walker once for every way that its undecided conditions can turn out.

The piece asks the oracle; the oracle answers from a trail, and the piece is run again with the
next trail until all are done. What was said of a value once is held to for the rest of a run:
where ``due > 60`` was assumed, ``due <= 60`` is false, so rules that leave no gap are seen to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR
from typing import Any, TypeVar

from engine.expr import Unknown

T = TypeVar("T")
MOST_RUNS = 4_096  # of one piece; beyond, the explorer says that it did not look at everything


class TooMany(Exception):
    """More ways to turn out than anybody can look at."""


@dataclass
class Bounds:
    """What has been assumed of one value that has an order: where it lies, and what it is not.
    ``whole``: it is a whole number, so what lies between two of them is none."""

    low: Any = None
    low_open: bool = True
    high: Any = None
    high_open: bool = True
    holes: set[Any] = field(default_factory=set)
    whole: bool = False

    def can(self, op: str, other: Any) -> bool:
        """Whether ``value op other`` can still be."""
        below = self.low is None or self.low < other
        above = self.high is None or self.high > other
        at = other not in self.holes and self._holds(other) and self._fits(other)
        return {
            "<": below,
            "<=": below or at,
            ">": above,
            ">=": above or at,
            "==": at,
            "!=": below or above,
        }[op]

    def _fits(self, value: Any) -> bool:
        return not self.whole or bool(value == value.to_integral_value())

    def _holds(self, value: Any) -> bool:
        over = self.low is None or self.low < value or (self.low == value and not self.low_open)
        under = (
            self.high is None or self.high > value or (self.high == value and not self.high_open)
        )
        return over and under

    def plain(self, op: str, other: Any) -> tuple[str, Any]:
        """The same condition over whole numbers without ``<`` and ``>``."""
        if not self.whole or op in ("==", "!="):
            return op, other
        floor = other.to_integral_value(ROUND_FLOOR)
        if op in (">", "<="):
            return ("<=", floor) if op == "<=" else (">=", floor + 1)
        ceiling = floor if floor == other else floor + 1
        return (">=", ceiling) if op == ">=" else ("<=", ceiling - 1)

    def take(self, op: str, other: Any) -> None:
        """Assume that ``value op other``."""
        if op == "!=":
            self.holes.add(other)
        if op in ("<", "<=", "==") and (self.high is None or other <= self.high):
            self.high_open = op == "<" or (other == self.high and self.high_open and op != "==")
            self.high = other
        if op in (">", ">=", "==") and (self.low is None or other >= self.low):
            self.low_open = op == ">" or (other == self.low and self.low_open and op != "==")
            self.low = other
        while self.whole and self.low in self.holes:
            self.low += 1
        while self.whole and self.high in self.holes:
            self.high -= 1


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Oracle:
    """Answers for one run. ``assumed`` are the conditions that the run hangs on, in words."""

    __slots__ = ("_bounds", "_said", "assumed", "at", "trail")

    def __init__(self, trail: list[tuple[int, int]]) -> None:
        self.trail = trail
        self.at = 0
        self.assumed: list[str] = []
        self._bounds: dict[str, Bounds] = {}
        self._said: dict[tuple[str, str, str], bool] = {}

    def choose(self, count: int) -> int:
        """Which of ``count`` ways this run takes."""
        if self.at == len(self.trail):
            self.trail.append((0, count))
        chosen = self.trail[self.at][0]
        self.at += 1
        return chosen

    def learn(self, name: str, low: Any, high: Any, whole: bool) -> None:
        """What is certain of a value before anything is assumed of it."""
        if name not in self._bounds:
            self._bounds[name] = Bounds(low, low is None, high, high is None, set(), whole)

    def ask(self, name: str, op: str, other: Any) -> bool:
        """Whether ``name op other`` (model: expr.Unknown)."""
        if op in _OPPOSITE and not isinstance(other, Unknown):
            return self._ordered(name, op, other)
        if op in _OPPOSITE and other.name < name:
            return self._pair(other.name, _MIRROR[op], name)
        return self._pair(name, op, other.name) if op in _OPPOSITE else self._once(name, op, other)

    def _ordered(self, name: str, op: str, other: Any) -> bool:
        if isinstance(other, bool | tuple):
            return self._once(name, op, other)
        bounds = self._bounds.setdefault(name, Bounds())
        is_so = bounds.plain(op, other)
        is_not = bounds.plain(_OPPOSITE[op], other)
        can, cannot = bounds.can(*is_so), bounds.can(*is_not)
        if not (can and cannot):
            return can
        holds = self.choose(2) == 0
        self.assumed.append(f"{name} {op if holds else _OPPOSITE[op]} {other}")
        bounds.take(*(is_so if holds else is_not))
        return holds

    def _pair(self, name: str, op: str, other: str) -> bool:
        """Two values that nobody knows: of <, == and > those are kept that can still be."""
        if name == other:
            return op in ("==", "<=", ">=")
        left = [o for o in "<=>" if self._said.get((name, o, other), True)]
        fits = [o for o in left if o in _MEANS[op]]
        if not fits or len(fits) == len(left):
            return bool(fits)
        holds = self.choose(2) == 0
        self.assumed.append(f"{name} {op if holds else _OPPOSITE[op]} {other}")
        for o in left:
            if (o in fits) != holds:
                self._said[name, o, other] = False
        return holds

    def _once(self, name: str, op: str, other: Any) -> bool:
        key = (name, op, str(other))
        if op == "!=":
            return not self._once(name, "==", other)
        if key not in self._said:
            self._said[key] = self.choose(2) == 0
            self.assumed.append(f"{'' if self._said[key] else 'not '}{name} {op} {other}")
        return self._said[key]


_MEANS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "<>"}


def runs(piece: Callable[[Oracle], T]) -> Iterator[tuple[T, Oracle]]:
    """What the piece gives on each way that its conditions can turn out. Raises TooMany."""
    trail: list[tuple[int, int]] = []
    for _ in range(MOST_RUNS):
        oracle = Oracle(trail)
        yield piece(oracle), oracle
        while trail and trail[-1][0] + 1 == trail[-1][1]:
            trail.pop()
        if not trail:
            return
        chosen, count = trail[-1]
        trail[-1] = (chosen + 1, count)
    raise TooMany
