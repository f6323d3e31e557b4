"""Every text and expression of a tree, whatever part it stands in.

One walk over the frozen values of a tree serves what looks at all of them alike: names that are
read, hashes, translations. A new verb is seen without a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any

from engine.model import Expr, Noun, Text, Tree

_OWN = ("title", "summary", "given", "facts", "texts", "anytime", "contract", "nodes")


def parts(of: Any) -> list[Expr | Text]:
    """The texts and expressions in a node, a field, or (its own, not its subtrees') a tree."""
    found: list[Expr | Text] = []
    _gather(of, found)
    return found


def _gather(of: Any, found: list[Expr | Text]) -> None:
    kind = type(of)
    if kind is Text or kind is Expr:
        found.append(of)
        return
    inside = _INSIDE.get(kind)
    if inside is None:
        inside = _INSIDE[kind] = _inside(kind)
    for value in inside(of):
        kind = type(value)
        if kind is Text or kind is Expr:
            found.append(value)
        elif value and kind not in _PLAIN:
            _gather(value, found)


# Asked first, since most of what stands in a tree is one of these: nothing stands in them.
_PLAIN = frozenset({str, int, bool, type(None), Decimal})
_INSIDE: dict[type, Callable[[Any], Iterable[Any]]] = {}  # how to come to what stands in a kind


def _inside(kind: type) -> Callable[[Any], Iterable[Any]]:
    if issubclass(kind, tuple):
        return iter
    if issubclass(kind, Noun):
        names = _OWN if kind is Tree else kind.__struct_fields__
        held = [name for name in names if name != "at"]  # a place in a file holds words alone
        if len(held) > 1:
            return attrgetter(*held)
        return lambda of: [getattr(of, name) for name in held]
    return _values if issubclass(kind, Mapping) else _nothing


def _values(of: Mapping[Any, Any]) -> Iterable[Any]:
    return of.values()


def _nothing(of: Any) -> Iterable[Any]:
    return ()


def texts(of: Any) -> Iterator[Text]:
    return (part for part in parts(of) if isinstance(part, Text))


def exprs(of: Any) -> Iterator[Expr]:
    return (part for part in parts(of) if isinstance(part, Expr))
