"""Names and types: a parsed tree into one whose names are found, whose literals have values and
whose type is known. Everything that can be wrong with it is said here, or was by the parser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.expr.arguments import suited
from engine.expr.error import ExpressionError
from engine.expr.kinds import (
    NUMBER,
    ORDERED,
    TEXT,
    YESNO,
    assignable,
    common,
    comparable,
    describe,
    ids,
    item_of,
)
from engine.expr.look import look, refuse_always_set
from engine.expr.sums import combined
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
    Read,
)
from engine.expr.values import fit
from engine.model import Names, Type

Typed = tuple[Node, Type]

_ORDERLESS: Mapping[str, str] = {
    "text": "text has no order",
    "choice": "a choice has no order; write in [..] for several of them",
    "yesno": "yes and no have no order",
    "list": "a list has no order; compare its count(..)",
}


def completed(node: Node, names: Names, want: Type | None) -> Typed:
    """The tree completed, and its type. Raises ExpressionError, also if it is not ``want``."""
    inference = Inference(names)
    if want is not None and want.kind == "yesno":
        return inference.condition(node), YESNO
    complete, type = inference.value(node, want)
    if want is not None and not assignable(type, want):
        message = f"this is {describe(type)}, and {describe(want)} is due"
        raise ExpressionError(message, node.column)
    return complete, type


class Inference:
    """Over the names of one place of a tree. ``want`` is the type that a literal in quotes takes;
    what is no such literal has a type of its own."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def value(self, node: Node, want: Type | None = None) -> Typed:
        return _RULES[type(node)](self, node, want)

    def condition(self, node: Node) -> Node:
        """A part that must be yes or no by itself: there is no truthiness."""
        typed, type = self.value(node)
        if type.kind != "yesno":
            raise ExpressionError(_no_condition(type), node.column)
        return typed

    def together(self, nodes: Sequence[Node], want: Type | None = None) -> list[Typed]:
        """Parts that stand side by side: literals take the type of the first that has one."""
        typed: dict[int, Typed] = {}
        for index, node in enumerate(nodes):
            if not self.is_loose(node):
                typed[index] = self.value(node, want)
                want = want or typed[index][1]
        return [typed.get(i) or self.value(node, want) for i, node in enumerate(nodes)]

    def is_loose(self, node: Node) -> bool:
        """Has it no type of its own? Literals in quotes, and texts among the constants."""
        if isinstance(node, Choose):
            return self.is_loose(node.then) and self.is_loose(node.other)
        if isinstance(node, Name):
            return isinstance(self.names.constant(node.name), str)
        return isinstance(node, Literal) and node.quoted

    # ---- leaves

    def literal(self, node: Literal, want: Type | None) -> Typed:
        if isinstance(node.value, bool):
            return node, YESNO
        if not node.quoted:
            return node, NUMBER
        if want is None:
            return node, TEXT
        value = fit(node, want)
        closed = want.kind == "choice" and not want.open
        typed = Literal(node.column, value, node.spelling)
        return typed, Type("choice", of=(value,)) if closed else want

    def name(self, node: Name, want: Type | None) -> Typed:
        found, type = look(node, self.names, want)
        if isinstance(found, Literal) and found.quoted:
            return self.literal(found, want if type.kind == "text" else type)
        return found, type

    # ---- conditions

    def negation(self, node: Not, _want: Type | None) -> Typed:
        return Not(node.column, self.condition(node.operand)), YESNO

    def logic(self, node: Logic, _want: Type | None) -> Typed:
        parts = tuple(self.condition(part) for part in node.parts)
        return Logic(node.column, node.op, parts), YESNO

    def comparison(self, node: Compare, _want: Type | None) -> Typed:
        (left, one), (right, other) = self.together((node.left, node.right))
        if node.op not in ("==", "!=") and one.kind not in ORDERED:
            raise ExpressionError(_ORDERLESS[one.kind], node.at)
        if not comparable(one, other):
            raise ExpressionError(_incomparable(right, one, other), node.at)
        _refuse_empty(left, right, node)
        return Compare(node.column, node.op, node.at, left, right), YESNO

    def member(self, node: Member, _want: Type | None) -> Typed:
        (left, type), *items = self.together((node.left, *node.items))
        if type.kind == "list":
            raise ExpressionError("a list is not in a list; write .. has ..", node.at)
        for item, other in items:
            if not comparable(type, other):
                raise ExpressionError(_incomparable(item, type, other), item.column)
        parts = tuple(item for item, _ in items)
        return Member(node.column, node.at, left, parts, node.negated), YESNO

    def has(self, node: Has, _want: Type | None) -> Typed:
        left, type = self.value(node.left)
        if type.kind != "list":
            raise ExpressionError(
                f"'has' looks into a list, and this is {describe(type)}", node.at
            )
        item = item_of(type)
        if item is None or item.kind == "list":
            raise ExpressionError(f"'has' cannot look into {describe(type)}; count it", node.at)
        right, other = self.value(node.right, item)
        if not comparable(item, other):
            raise ExpressionError(_incomparable(right, item, other), right.column)
        return Has(node.column, node.at, left, right), YESNO

    def is_set(self, node: IsSet, _want: Type | None) -> Typed:
        fields = self.names.form(node.name)
        if fields:
            return _form_is_set(node, fields), YESNO
        found, _type = look(Name(node.column, node.name), self.names, None)
        refuse_always_set(found)
        return node, YESNO

    # ---- values

    def arithmetic(self, node: Arithmetic, _want: Type | None) -> Typed:
        first, type = self.value(node.first)
        rest: list[tuple[str, int, Node]] = []
        for op, at, operand in node.rest:
            right, other = self.value(operand)
            type = combined(op, at, type, other, right)
            rest.append((op, at, right))
        return Arithmetic(node.column, first, tuple(rest)), type

    def choose(self, node: Choose, want: Type | None) -> Typed:
        condition = self.condition(node.condition)
        (then, one), (other, two) = self.together((node.then, node.other), want)
        type = common(one, two)
        if type is None:
            kinds = f"{describe(one)} and {describe(two)}"
            message = f"both sides of 'if' must be of one kind; these are {kinds}"
            raise ExpressionError(message, node.other.column)
        return Choose(node.column, then, condition, other), type

    def call(self, node: Call, _want: Type | None) -> Typed:
        return suited(self, node)


def _form_is_set(node: IsSet, fields: Sequence[str]) -> Node:
    """A form is no value of its own: it is set where one of its fields is."""
    parts = tuple(IsSet(node.column, name, node.negated) for name in fields)
    if len(parts) == 1:
        return parts[0]
    return Logic(node.column, "and" if node.negated else "or", parts)


def _no_condition(type: Type) -> str:
    if type.kind in ("text", "choice"):
        return f"{describe(type)} is no condition; write x == .., or x in [.., ..] for several"
    if type.kind == "list":
        return f"{describe(type)} is no condition; write .. has .., or count(..) > 0"
    return f"{describe(type)} is no condition; compare it with something"


def _incomparable(right: Node, one: Type, other: Type) -> str:
    if "list" in (one.kind, other.kind):
        return "a list is not compared; write .. has .., or compare its count(..)"
    if {one.kind, other.kind} == {"date", "moment"}:
        return "a date cannot be compared with a moment; compare with today, or hour_of(..)"
    if isinstance(right, Literal) and one.kind in ("choice", "text"):
        return _unquoted(right, one)
    message = f"{describe(one)} cannot be compared with {describe(other)}"
    if one.kind == other.kind == "choice":
        return f"they are never the same: {message}"
    return message


def _unquoted(literal: Literal, type: Type) -> str:
    text = literal.spelling
    if type.kind == "choice":
        yes_or_no = {"true": "yes", "false": "no"}.get(text, text)
        text = yes_or_no if yes_or_no in type.of else text
        message = f"{literal.spelling} is not one of its choices ({ids(type)})"
        return f'{message}; write "{text}", in quotes' if text in type.of else message
    return f'a text is compared with texts; write "{text}", in quotes'


def _refuse_empty(left: Node, right: Node, node: Compare) -> None:
    for side, against in ((left, right), (right, left)):
        if isinstance(side, Literal) and side.value == "" and isinstance(against, Read):
            wanted = f"{against.name} is {'not ' if node.op == '==' else ''}set"
            message = f"an empty text is not set; write '{wanted}'"
            raise ExpressionError(message, side.column)


_RULES: Mapping[type[Node], Callable[[Inference, Any, Type | None], Typed]] = {
    Literal: Inference.literal,
    Name: Inference.name,
    Not: Inference.negation,
    Logic: Inference.logic,
    Compare: Inference.comparison,
    Member: Inference.member,
    Has: Inference.has,
    IsSet: Inference.is_set,
    Arithmetic: Inference.arithmetic,
    Choose: Inference.choose,
    Call: Inference.call,
}
