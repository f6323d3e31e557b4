"""``date``: a day, ``2026-03-02``."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from engine.fields import words
from engine.model import Field, Type

KEYS = frozenset({"min", "max"})
INPUT = "date"
_FORM = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


def kind(field: Field) -> Type:
    return Type("date")


def parse(field: Field, raw: Any) -> date:
    value = bound(raw)
    if field.min is not None and value < field.min:
        raise ValueError(f"{field.min.isoformat()} or later")
    if field.max is not None and value > field.max:
        raise ValueError(f"{field.max.isoformat()} or earlier")
    return value


def bound(raw: Any) -> date:
    text = words.scalar(raw)
    if not _FORM.match(text):
        raise ValueError("write a day as year-month-day, like 2026-03-02")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no day {text}") from None


def sample(field: Field, day: date) -> date:
    if field.min is not None and day < field.min:
        return date.fromisoformat(field.min.isoformat())
    return day if field.max is None or day <= field.max else date.fromisoformat(str(field.max))
