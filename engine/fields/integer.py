"""``integer``: a whole number, ``-2`` .. ``80``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.fields import number
from engine.fields.number import INPUT, KEYS, kind, sample
from engine.model import Field

__all__ = ["INPUT", "KEYS", "bound", "kind", "parse", "sample"]


def parse(field: Field, raw: Any) -> Decimal:
    return number.bounded(field, bound(raw))


def bound(raw: Any) -> Decimal:
    value = number.exact(raw)
    if value != value.to_integral_value():
        raise ValueError("write a whole number, without decimals")
    return value.to_integral_value()
