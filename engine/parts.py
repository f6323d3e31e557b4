"""Every text and expression of a tree, whatever part it stands in.

One walk over the frozen values of a tree serves what looks at all of them alike: names that are
read, hashes, translations. A new verb is seen without a line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.model import Expr, Noun, Text, Tree

_OWN = ("title", "summary", "given", "facts", "texts", "anytime", "contract", "nodes")


def parts(of: Any) -> Iterator[Expr | Text]:
    """The texts and expressions in a node, a field, or (its own, not its subtrees') a tree."""
    if isinstance(of, Expr | Text):
        yield of
    elif isinstance(of, Tree):
        for name in _OWN:
            yield from parts(getattr(of, name))
    elif isinstance(of, Noun):
        for name in of.__struct_fields__:
            value = getattr(of, name)
            if isinstance(value, _CONTAINERS):
                yield from parts(value)
    elif isinstance(of, Mapping):
        for value in of.values():
            yield from parts(value)
    elif isinstance(of, tuple):
        for value in of:
            if isinstance(value, _CONTAINERS):
                yield from parts(value)


_CONTAINERS = (Noun, Mapping, tuple)


def texts(of: Any) -> Iterator[Text]:
    return (part for part in parts(of) if isinstance(part, Text))


def exprs(of: Any) -> Iterator[Expr]:
    return (part for part in parts(of) if isinstance(part, Expr))
