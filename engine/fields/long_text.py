"""``long_text``: words over several lines (10,000 characters unless said)."""

from __future__ import annotations

from typing import Any

from engine.fields import words
from engine.fields.text import KEYS, bound, kind, sample
from engine.model import Field

__all__ = ["INPUT", "KEYS", "bound", "kind", "parse", "sample"]
INPUT = "textarea"
MOST = 10_000


def parse(field: Field, raw: Any) -> str:
    typed = words.typed(raw, lines=True)
    return words.matching(field, words.within(field, typed, MOST))
