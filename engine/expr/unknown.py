"""A value that may be anything: what the explorer walks with."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from engine.expr.values import spelt

Ask = Callable[[str, str, Any], bool]

_LONGEST = 400  # of a name; facts of facts of facts would double it each time
_SUM, _PRODUCT, _ATOM = 1, 2, 3


class Unknown:
    """Stands for any value; decides nothing itself.

    Whatever would turn it into a yes or no calls ``ask(name, op, other)`` and takes the answer:
    ``== != < <= > >=`` with the other side (a literal's value, or another Unknown), ``has`` with
    the item, and as a condition ``==`` with True. ``in [..]`` asks ``==`` of each item in turn.
    What is computed from it is an Unknown again, named as it would be written: "due - paid".
    Hashed by identity, and equal to nothing without being asked.
    """

    __slots__ = ("_rank", "ask", "name")

    def __init__(self, name: str, ask: Ask, _rank: int = _ATOM) -> None:
        self.name, self.ask, self._rank = _bounded(name), ask, _rank

    def __repr__(self) -> str:
        return self.name

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self.ask(self.name, "==", True)

    def __eq__(self, other: object) -> bool:
        return self.ask(self.name, "==", other)

    def __ne__(self, other: object) -> bool:
        return self.ask(self.name, "!=", other)

    def __lt__(self, other: Any) -> bool:
        return self.ask(self.name, "<", other)

    def __le__(self, other: Any) -> bool:
        return self.ask(self.name, "<=", other)

    def __gt__(self, other: Any) -> bool:
        return self.ask(self.name, ">", other)

    def __ge__(self, other: Any) -> bool:
        return self.ask(self.name, ">=", other)

    def __contains__(self, item: Any) -> bool:
        return self.ask(self.name, "has", item)

    def __add__(self, other: Any) -> Unknown:
        return _joined(self, "+", other, self.ask)

    def __radd__(self, other: Any) -> Unknown:
        return _joined(other, "+", self, self.ask)

    def __sub__(self, other: Any) -> Unknown:
        return _joined(self, "-", other, self.ask)

    def __rsub__(self, other: Any) -> Unknown:
        return _joined(other, "-", self, self.ask)

    def __mul__(self, other: Any) -> Unknown:
        return _joined(self, "*", other, self.ask)

    def __rmul__(self, other: Any) -> Unknown:
        return _joined(other, "*", self, self.ask)

    def __truediv__(self, other: Any) -> Unknown:
        return _joined(self, "/", other, self.ask)


def _joined(left: Any, op: str, right: Any, ask: Ask) -> Unknown:
    rank = _SUM if op in "+-" else _PRODUCT
    name = f"{_operand(left, rank)} {op} {_operand(right, rank + 1)}"
    return Unknown(name, ask, rank)


def _operand(value: Any, rank: int) -> str:
    if isinstance(value, Unknown):
        return f"({value.name})" if value._rank < rank else value.name
    return spelt(value)


def _bounded(name: str) -> str:
    """Cut where it is too long, and still another name for another value."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[:_LONGEST]}… ({sha256(name.encode()).hexdigest()[:12]})"


def called(function: str, arguments: tuple[Any, ...]) -> Unknown | None:
    """What a function gives that is called with an Unknown; None if it is called with none."""
    for argument in arguments:
        if isinstance(argument, Unknown):
            name = f"{function}({', '.join(_operand(a, 0) for a in arguments)})"
            return Unknown(name, argument.ask)
    return None
