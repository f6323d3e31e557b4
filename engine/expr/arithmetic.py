"""Exact arithmetic: the one decimal context of the language.

The context of the thread is somebody else's: it keeps 28 digits and raises. This one keeps more
than the fields of a form can hold multiplied with each other, and raises never.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from typing import Any

PRECISION = 100
CONTEXT = Context(
    prec=PRECISION,
    rounding=ROUND_HALF_UP,
    Emin=MIN_EMIN,
    Emax=MAX_EMAX,
    capitals=1,
    clamp=0,
    traps=[],
)

# Numbers are tried first, because they are what is there at run time; only the explorer's
# Unknown falls through, and does the operator itself.


def add(left: Any, right: Any) -> Any:
    try:
        return CONTEXT.add(left, right)
    except TypeError:
        return left + right


def subtract(left: Any, right: Any) -> Any:
    try:
        return CONTEXT.subtract(left, right)
    except TypeError:
        return left - right


def multiply(left: Any, right: Any) -> Any:
    try:
        return CONTEXT.multiply(left, right)
    except TypeError:
        return left * right


def divide(left: Any, right: Any) -> Any:
    try:
        return CONTEXT.divide(left, right)
    except TypeError:
        return left / right


def half_up(number: Decimal | int, digits: Decimal | int = 0) -> Decimal:
    """``number`` with so many digits after the point, a 5 rounded away from zero.

    >>> half_up(Decimal("2.5")), half_up(Decimal("-2.5")), half_up(Decimal("1.005"), 2)
    (Decimal('3'), Decimal('-3'), Decimal('1.01'))
    """
    value, places = CONTEXT.plus(number), int(digits)
    if value.adjusted() + places >= PRECISION - 1:  # it has no digits there to lose
        return value
    return CONTEXT.quantize(value, Decimal(1).scaleb(-places))


def total(numbers: tuple[Any, ...]) -> Any:
    """Their sum; 0 of none."""
    if not numbers:
        return Decimal(0)
    result = numbers[0]
    for number in numbers[1:]:
        result = add(result, number)
    return result
