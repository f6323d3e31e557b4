"""``yesno``: yes or no, a condition by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.fields import words
from engine.model import Field, Type

KEYS: frozenset[str] = frozenset()
INPUT = "radio"
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def kind(field: Field) -> Type:
    return Type("yesno")


def parse(field: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    value = _WORDS.get(words.scalar(raw).lower())
    if value is None:
        raise ValueError("answer yes or no")
    return value


def bound(raw: str) -> bool:
    raise ValueError("a yes or no has no bounds")


def sample(field: Field, day: date) -> bool:
    return True
