"""``phone``: a telephone number of 5 to 15 digits (ITU-T E.164), with or without ``+``."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from engine.fields import words
from engine.fields.text import bound, kind
from engine.model import Field

__all__ = ["INPUT", "KEYS", "bound", "kind", "parse", "sample"]
KEYS = frozenset({"pattern", "message"})
INPUT = "tel"
_BETWEEN = re.compile(r"[\s().\-/]+")
_FORM = re.compile(r"\+?\d{5,15}\Z", re.ASCII)


def parse(field: Field, raw: Any) -> str:
    digits = _BETWEEN.sub("", words.typed(raw))
    if not _FORM.match(digits):
        raise ValueError("write a telephone number of 5 to 15 digits, like +44 20 7946 0000")
    return words.matching(field, digits)


def sample(field: Field, day: date) -> str:
    return "+442079460000"
