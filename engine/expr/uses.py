"""Which names an expression reads, and what of them it can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.expr.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Has,
    IsSet,
    Literal,
    Logic,
    Member,
    Node,
    Not,
    Read,
)
from engine.model import Value


class Uses:
    """What has been seen of a tree so far."""

    def __init__(self) -> None:
        self.reads: set[str] = set()
        self.exact: set[str] = set()
        self.literals: dict[str, set[Value]] = {}

    def value(self, node: Node) -> None:
        """A part whose every value matters."""
        _USES[type(node)](self, node)

    def read(self, node: Read) -> None:
        self.reads.add(node.name)
        self.exact.add(node.name)

    def condition(self, node: Node) -> None:
        """A part that only decides: of a bare name it matters whether it is true."""
        if isinstance(node, Read):
            self.against(node, True)
        else:
            self.value(node)

    def against(self, node: Read, value: Value) -> None:
        self.reads.add(node.name)
        self.literals.setdefault(node.name, set()).add(value)

    def pair(self, one: Node, other: Node) -> None:
        """Two parts that are compared."""
        if isinstance(one, Literal):
            one, other = other, one
        if isinstance(one, Read) and isinstance(other, Literal):
            self.against(one, other.value)
        else:
            self.value(one)
            self.value(other)

    def logic(self, node: Logic) -> None:
        for part in node.parts:
            self.condition(part)

    def member(self, node: Member) -> None:
        for item in node.items:
            self.pair(node.left, item)

    def arithmetic(self, node: Arithmetic) -> None:
        self.value(node.first)
        for _op, _at, operand in node.rest:
            self.value(operand)

    def choose(self, node: Choose) -> None:
        self.condition(node.condition)
        self.value(node.then)
        self.value(node.other)

    def call(self, node: Call) -> None:
        for argument in node.arguments:
            self.value(argument)


_USES: Mapping[type[Node], Callable[[Uses, Any], object]] = {
    Literal: lambda uses, node: None,
    Read: Uses.read,
    Not: lambda uses, node: uses.condition(node.operand),
    Logic: Uses.logic,
    Compare: lambda uses, node: uses.pair(node.left, node.right),
    Member: Uses.member,
    Has: lambda uses, node: uses.pair(node.left, node.right),
    IsSet: lambda uses, node: uses.reads.add(node.name),
    Arithmetic: Uses.arithmetic,
    Choose: Uses.choose,
    Call: Uses.call,
}
