"""Whether the arguments of a call suit its function."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from engine.expr.error import ExpressionError
from engine.expr.functions import FUNCTIONS, Function, Parameter
from engine.expr.kinds import describe, item_of
from engine.expr.tree import Call, Literal, Node
from engine.model import Type

_MOST_DIGITS = 12  # that `round` keeps, or drops before the point


class Infers(Protocol):
    def together(
        self, nodes: Sequence[Node], want: Type | None = None
    ) -> list[tuple[Node, Type]]: ...


def suited(inference: Infers, node: Call) -> tuple[Node, Type]:
    """The call with its arguments completed, and what it gives. Raises ExpressionError."""
    function = FUNCTIONS[node.function]
    parameters = _parameters(function, node)
    typed = _completed(inference, function, parameters, node)
    for parameter, (argument, type) in zip(parameters, typed, strict=True):
        _refuse_unsuited(function, node, parameter, argument, type)
    gives = function.gives([type for _, type in typed])
    if gives is None:
        kinds = " and ".join(dict.fromkeys(describe(type) for _, type in typed))
        raise ExpressionError(
            f"{node.function} takes values of one kind, not {kinds}", node.column
        )
    return Call(node.column, node.function, tuple(a for a, _ in typed)), gives


def _parameters(function: Function, node: Call) -> tuple[Parameter, ...]:
    given, takes = len(node.arguments), function.takes
    too_few = given < len(takes) - function.optional
    if too_few or (given > len(takes) and not function.more):
        raise ExpressionError(f"write {function.usage}", node.column)
    return (*takes[:given], *(takes[-1:] * (given - len(takes))))


def _completed(
    inference: Infers, function: Function, parameters: tuple[Parameter, ...], node: Call
) -> list[tuple[Node, Type]]:
    if function.more:
        return inference.together(node.arguments)
    return [
        inference.together((argument,), _wanted(parameter))[0]
        for parameter, argument in zip(parameters, node.arguments, strict=True)
    ]


def _wanted(parameter: Parameter) -> Type | None:
    """The type that a literal in quotes takes here. A list has none, and no several."""
    if len(parameter.kinds) != 1 or "list" in parameter.kinds:
        return None
    return Type(next(iter(parameter.kinds)), of=parameter.of)


def _refuse_unsuited(
    function: Function, node: Call, parameter: Parameter, argument: Node, type: Type
) -> None:
    column = argument.column
    if parameter.written and not isinstance(argument, Literal):
        raise ExpressionError(f"this must be written out; write {function.usage}", column)
    item = item_of(type)
    unsuited = type.kind not in parameter.kinds or (
        parameter.items and (item is None or item.kind not in parameter.items)
    )
    if unsuited:
        message = f"{node.function} does not take {describe(type)}; write {function.usage}"
        raise ExpressionError(message, column)
    if parameter.written and isinstance(argument, Literal) and not parameter.of:
        _refuse_digits(argument)


def _refuse_digits(argument: Literal) -> None:
    digits = Decimal(argument.value)
    if digits != digits.to_integral_value() or abs(digits) > _MOST_DIGITS:
        message = f"digits are a whole number from -{_MOST_DIGITS} to {_MOST_DIGITS}"
        raise ExpressionError(message, argument.column)
