"""Whether exploring could tell two versions of a tree apart.

The explorer reads the names that a text shows, and never its words (`tentative.Tentative.say`). So
a tree of which only words are others has the same states, and need not be explored again. All else
counts, and what is not known here is another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.model import Expr, Noun, Text, Tree

# What is left out: words, by their hash; and what an expression does, which its source says, read
# with the names and constants of its tree.
_LEFT_OUT: Final[Mapping[type, frozenset[str]]] = {
    Text: frozenset({"source", "blocks"}),
    Tree: frozenset({"text"}),
    Expr: frozenset({"run"}),
}


def alike(one: Any, other: Any) -> bool:
    """Whether these trees, or parts of trees, are the same in everything but their words.

    >>> alike(Text("Hello", "a"), Text("Good day", "a"))
    True
    >>> alike(Text("Hello", "a"), Text("Hello {name}", "a", reads=("name",)))
    False
    """
    return _alike(one, other, set())


def _alike(one: Any, other: Any, known: set[tuple[int, int]]) -> bool:
    """``known``: the trees that were compared before, by pairs: a tree is used by many."""
    kind = type(one)
    if one is other or kind is not type(other):
        return one is other
    if issubclass(kind, Noun):
        pair = (id(one), id(other))
        if pair in known:
            return True
        if kind is Tree:
            known.add(pair)
        out = _LEFT_OUT.get(kind, ())
        names = (name for name in kind.__struct_fields__ if name not in out)
        return all(_alike(getattr(one, name), getattr(other, name), known) for name in names)
    if issubclass(kind, Mapping):  # in their order, in which states are found
        return list(one) == list(other) and _each(one.values(), other.values(), known)
    if issubclass(kind, tuple | list):
        return len(one) == len(other) and _each(one, other, known)
    return bool(one == other)


def _each(some: Iterable[Any], others: Iterable[Any], known: set[tuple[int, int]]) -> bool:
    return all(_alike(one, other, known) for one, other in zip(some, others, strict=True))
