"""What ``+ - * /`` make of which types."""

from __future__ import annotations

from engine.expr.error import ExpressionError
from engine.expr.kinds import MONEY, NUMBER, NUMBERS, describe
from engine.expr.tree import Literal, Node
from engine.model import Type


def combined(op: str, at: int, left: Type, right: Type, operand: Node) -> Type:
    """The type of ``left op right``. Raises ExpressionError at the operator or the operand."""
    if left.kind not in NUMBERS or right.kind not in NUMBERS:
        raise ExpressionError(_no_numbers(op, left, right), at)
    if op == "*":
        return _product(at, left, right)
    if op == "/":
        return _quotient(left, right, operand)
    return MONEY if "money" in (left.kind, right.kind) else NUMBER


def _product(at: int, left: Type, right: Type) -> Type:
    if left.kind == right.kind == "money":
        raise ExpressionError("money is not multiplied by money", at)
    return MONEY if "money" in (left.kind, right.kind) else NUMBER


def _quotient(left: Type, right: Type, operand: Node) -> Type:
    if not isinstance(operand, Literal) or right.kind != "number":
        raise ExpressionError("only a number written out can stand after '/'", operand.column)
    if operand.value == 0:
        raise ExpressionError("nothing can be divided by 0", operand.column)
    return left


def _no_numbers(op: str, left: Type, right: Type) -> str:
    kinds = {left.kind, right.kind}
    if kinds & {"text", "choice"}:
        return (
            f"{op!r} counts with numbers; texts are put together in texts, with {{placeholders}}"
        )
    if kinds == {"date"} and op == "-":
        return "'-' counts with numbers; write days_between(FIRST, SECOND)"
    if "date" in kinds and op in "+-":
        return f'{op!r} counts with numbers; write later(DATE, NUMBER, "days")'
    if "list" in kinds:
        return f"{op!r} counts with numbers; write sum(LIST) or count(LIST)"
    other = left if left.kind not in NUMBERS else right
    return f"{op!r} counts with numbers, and this is {describe(other)}"
