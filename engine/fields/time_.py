"""``time``: a time of day, ``19:30``."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from engine.fields import words
from engine.model import Field, Type

KEYS = frozenset({"min", "max"})
INPUT = "time"
_FORM = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:[0-5]\d)?\Z", re.ASCII)


def kind(field: Field) -> Type:
    return Type("time")


def parse(field: Field, raw: Any) -> str:
    value = bound(raw)
    if field.min is not None and value < field.min:
        raise ValueError(f"{field.min} or later")
    if field.max is not None and value > field.max:
        raise ValueError(f"{field.max} or earlier")
    return value


def bound(raw: Any) -> str:
    found = _FORM.match(words.scalar(raw))
    if found is None:
        raise ValueError("write a time as hours:minutes, like 9:30 or 17:05")
    return f"{int(found[1]):02}:{found[2]}"


def sample(field: Field, day: date) -> str:
    value = "12:00"
    if field.min is not None and value < field.min:
        return str(field.min)
    return value if field.max is None or value <= field.max else str(field.max)
