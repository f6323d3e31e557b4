"""Every text and expression of a tree, whatever part it stands in.

One walk over the frozen values of a tree serves what looks at all of them alike: names that are
read, hashes, translations. A new verb is seen without a line here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

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
    for value in _inside(of, kind):
        if type(value) not in _PLAIN:
            _gather(value, found)


# Asked first, since most of what stands in a tree is one of these: nothing stands in them.
_PLAIN = frozenset({str, int, bool, type(None), Decimal})


def _inside(of: Any, kind: type) -> Iterable[Any]:
    if kind is tuple:
        return cast(tuple[Any, ...], of)
    if issubclass(kind, Noun):
        names = _OWN if kind is Tree else of.__struct_fields__
        return [getattr(of, name) for name in names]
    return of.values() if isinstance(of, Mapping) else ()


def texts(of: Any) -> Iterator[Text]:
    return (part for part in parts(of) if isinstance(part, Text))


def exprs(of: Any) -> Iterator[Expr]:
    return (part for part in parts(of) if isinstance(part, Expr))
