"""The nouns of an expression: what the parser makes, inference completes, and code comes from.

``column`` is where a part begins, ``at`` where its operator stands; both count from 1. The parser
makes ``Name`` where inference puts ``Read`` (or the constant itself, as a ``Literal``).
"""

from __future__ import annotations

from typing import Literal as OneOf

from engine.model import Noun, Value


class Node(Noun, frozen=True):
    column: int


class Literal(Node, frozen=True):
    """A value written out. ``quoted``: one in quotes, which takes the type of the other side."""

    value: Value
    spelling: str
    quoted: bool = False


class Name(Node, frozen=True):
    name: str


class Read(Node, frozen=True):
    """A name that inference has found: ``how`` is the method of the scope that knows ``key``."""

    name: str
    how: OneOf["get", "fact", "visits", "every", "about"]
    key: str


class Not(Node, frozen=True):
    operand: Node


class Logic(Node, frozen=True):
    """``and`` or ``or`` over two or more parts: flat, so that a long one is not a deep one."""

    op: str
    parts: tuple[Node, ...]


class Compare(Node, frozen=True):
    op: str
    at: int
    left: Node
    right: Node


class Member(Node, frozen=True):
    """``left in [items]``."""

    at: int
    left: Node
    items: tuple[Node, ...]
    negated: bool


class Has(Node, frozen=True):
    at: int
    left: Node
    right: Node


class IsSet(Node, frozen=True):
    name: str
    negated: bool


class Arithmetic(Node, frozen=True):
    """Operators of one rank from left to right: flat, as in ``Logic``."""

    first: Node
    rest: tuple[tuple[str, int, Node], ...]  # operator, its column, operand


class Choose(Node, frozen=True):
    then: Node
    condition: Node
    other: Node


class Call(Node, frozen=True):
    function: str
    arguments: tuple[Node, ...]
