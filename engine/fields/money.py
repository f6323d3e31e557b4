"""``money``: an amount in the library's currency, with two decimals at most."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.fields import number
from engine.fields.number import INPUT, KEYS, bound, sample
from engine.model import Field, Type

__all__ = ["INPUT", "KEYS", "bound", "kind", "parse", "sample"]


def kind(field: Field) -> Type:
    return Type("money")


def parse(field: Field, raw: Any) -> Decimal:
    value = number.exact(raw)
    if value != round(value, 2):
        raise ValueError("write an amount with two decimals at most, like 12.50")
    return number.bounded(field, value)
