"""``choices``: several of the ids in ``of``; ``min`` and ``max`` bound how many."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.fields import words
from engine.model import Field, Type

KEYS = frozenset({"of", "min", "max"})
INPUT = "checkbox"


def kind(field: Field) -> Type:
    ids = tuple(option.id for option in field.of)
    return Type("list", ids, item=Type("choice", ids))


def parse(field: Field, raw: Any) -> tuple[str, ...]:
    ticked = [raw] if isinstance(raw, str) else raw
    known = [option.id for option in field.of]
    if not isinstance(ticked, list | tuple) or any(id not in known for id in ticked):
        raise ValueError(f"tick among: {', '.join(known)}")
    found = tuple(id for id in known if id in ticked)
    if field.min is not None and len(found) < field.min:
        raise ValueError(f"tick at least {field.min}")
    if field.max is not None and len(found) > field.max:
        raise ValueError(f"tick at most {field.max}")
    return found


def bound(raw: str) -> int:
    return words.length(raw)


def sample(field: Field, day: date) -> tuple[str, ...]:
    least = 1 if field.min is None else max(1, int(field.min))
    return tuple(option.id for option in field.of[:least])
