"""``number``: an exact decimal, ``1.5``. ``min`` and ``max`` bound it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from engine.fields import words
from engine.model import Field, Type

KEYS = frozenset({"min", "max"})
INPUT = "text"  # with inputmode=decimal: browsers' number inputs swallow what they do not like
_FORM = re.compile(r"[+-]?(\d{1,18})(\.\d{1,10})?\Z", re.ASCII)


def kind(field: Field) -> Type:
    return Type("number")


def parse(field: Field, raw: Any) -> Decimal:
    return bounded(field, exact(raw))


def exact(raw: Any) -> Decimal:
    """A decimal as typed or sent. Raises ValueError."""
    text = words.scalar(raw)
    if not _FORM.match(text):
        hint = " (write the decimal point as a point)" if "," in text else ""
        raise ValueError(f"write a number, like 12 or 12.50{hint}")
    return Decimal(text) + 0  # a minus before nothing is nothing


def bounded(field: Field, value: Decimal) -> Decimal:
    """The value, if it is within the field's bounds. Raises ValueError."""
    if field.min is not None and value < field.min:
        raise ValueError(f"at least {plain(field.min)}")
    if field.max is not None and value > field.max:
        raise ValueError(f"at most {plain(field.max)}")
    return value


def plain(value: Decimal) -> str:
    """Its spelling without an exponent."""
    return format(value, "f")


def bound(raw: str) -> Decimal:
    return exact(raw)


def sample(field: Field, day: date) -> Decimal:
    value = Decimal(1)
    if field.min is not None and value < field.min:
        value = Decimal(field.min)
    if field.max is not None and value > field.max:
        value = Decimal(field.max)
    return value
