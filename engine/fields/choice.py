"""``choice``: one of the ids in ``of``."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.model import Field, Type

KEYS = frozenset({"of"})
INPUT = "radio"


def kind(field: Field) -> Type:
    return Type("choice", tuple(option.id for option in field.of))


def parse(field: Field, raw: Any) -> str:
    for option in field.of:
        if option.id == raw:
            return option.id
    raise ValueError(f"choose one of: {', '.join(option.id for option in field.of)}")


def bound(raw: str) -> str:
    raise ValueError("a choice has no bounds")


def sample(field: Field, day: date) -> str:
    return field.of[0].id
