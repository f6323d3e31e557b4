"""``month``: a month of a year, ``2026-11``."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from engine.fields import words
from engine.model import Field, Type

KEYS = frozenset({"min", "max"})
INPUT = "month"
_FORM = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])\Z", re.ASCII)


def kind(field: Field) -> Type:
    return Type("month")


def parse(field: Field, raw: Any) -> str:
    value = bound(raw)
    if field.min is not None and value < field.min:
        raise ValueError(f"{field.min} or later")
    if field.max is not None and value > field.max:
        raise ValueError(f"{field.max} or earlier")
    return value


def bound(raw: Any) -> str:
    text = words.scalar(raw)
    if not _FORM.match(text):
        raise ValueError("write a month as year-month, like 2026-11")
    return text


def sample(field: Field, day: date) -> str:
    value = day.isoformat()[:7]
    if field.min is not None and value < field.min:
        return str(field.min)
    return value if field.max is None or value <= field.max else str(field.max)
