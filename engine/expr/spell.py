"""A tree back into words: the one canonical spelling, which hashes and the formatter use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.expr.parse import AND, CHOOSE, COMPARE, NOT, OR, PRODUCT, SUM
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
    Name,
    Node,
    Not,
)
from engine.expr.values import spelt

_ATOM = PRODUCT + 1


def spell(node: Node, rank: int = CHOOSE) -> str:
    """The expression with single spaces, double quotes and no parentheses that change nothing."""
    own, words = _SPELLINGS[type(node)](node)
    return words if own >= rank else f"({words})"


def _literal(node: Literal) -> tuple[int, str]:
    return _ATOM, spelt(node.value) if node.quoted else node.spelling


def _name(node: Name) -> tuple[int, str]:
    return _ATOM, node.name


def _not(node: Not) -> tuple[int, str]:
    return NOT, f"not {spell(node.operand, NOT)}"


def _logic(node: Logic) -> tuple[int, str]:
    rank = AND if node.op == "and" else OR
    return rank, f" {node.op} ".join(spell(part, rank) for part in node.parts)


def _compare(node: Compare) -> tuple[int, str]:
    return COMPARE, f"{spell(node.left, SUM)} {node.op} {spell(node.right, SUM)}"


def _member(node: Member) -> tuple[int, str]:
    word = "not in" if node.negated else "in"
    items = ", ".join(spell(item, SUM) for item in node.items)
    return COMPARE, f"{spell(node.left, SUM)} {word} [{items}]"


def _has(node: Has) -> tuple[int, str]:
    return COMPARE, f"{spell(node.left, SUM)} has {spell(node.right, SUM)}"


def _is_set(node: IsSet) -> tuple[int, str]:
    return COMPARE, f"{node.name} is {'not ' if node.negated else ''}set"


def _arithmetic(node: Arithmetic) -> tuple[int, str]:
    rank = SUM if node.rest[0][0] in "+-" else PRODUCT
    rest = "".join(f" {op} {spell(operand, rank + 1)}" for op, _, operand in node.rest)
    return rank, spell(node.first, rank + 1) + rest


def _choose(node: Choose) -> tuple[int, str]:
    then, condition = spell(node.then, OR), spell(node.condition, OR)
    return CHOOSE, f"{then} if {condition} else {spell(node.other, CHOOSE)}"


def _call(node: Call) -> tuple[int, str]:
    return _ATOM, f"{node.function}({', '.join(spell(a) for a in node.arguments)})"


_SPELLINGS: Mapping[type[Node], Callable[[Any], tuple[int, str]]] = {
    Literal: _literal,
    Name: _name,
    Not: _not,
    Logic: _logic,
    Compare: _compare,
    Member: _member,
    Has: _has,
    IsSet: _is_set,
    Arithmetic: _arithmetic,
    Choose: _choose,
    Call: _call,
}
