"""``text``: one line of words. ``min`` and ``max`` bound its length (1,000 unless said)."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.fields import words
from engine.model import Field, Type

KEYS = frozenset({"min", "max", "pattern", "message"})
INPUT = "text"
MOST = 1_000


def kind(field: Field) -> Type:
    return Type("text")


def parse(field: Field, raw: Any) -> str:
    return words.matching(field, words.within(field, words.typed(raw), MOST))


def bound(raw: str) -> int:
    return words.length(raw)


def sample(field: Field, day: date) -> str:
    return words.clipped(field, "sample")
