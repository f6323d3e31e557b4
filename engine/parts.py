"""Every text and expression of a tree, whatever part it stands in.

One walk over the frozen values of a tree serves what looks at all of them alike: names that are
read, hashes, translations. A new verb is seen without a line here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.model import Expr, Noun, Text, Tree

_OWN = ("title", "summary", "given", "facts", "texts", "anytime", "contract", "nodes")


def parts(of: Any) -> Iterator[Expr | Text]:
    """The texts and expressions in a node, a field, or (its own, not its subtrees') a tree."""
    if isinstance(of, Expr | Text):
        yield of
        return
    for value in _inside(of):
        if isinstance(value, _CONTAINERS):
            yield from parts(value)


_CONTAINERS = (Noun, Mapping, tuple)


def _inside(of: Any) -> Iterable[Any]:
    if isinstance(of, Noun):
        names = _OWN if isinstance(of, Tree) else of.__struct_fields__
        return [getattr(of, name) for name in names]
    if isinstance(of, Mapping):
        return of.values()
    return of if isinstance(of, tuple) else ()


def texts(of: Any) -> Iterator[Text]:
    return (part for part in parts(of) if isinstance(part, Text))


def exprs(of: Any) -> Iterator[Expr]:
    return (part for part in parts(of) if isinstance(part, Expr))
