"""``email``: an e-mail address."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from engine.fields import words
from engine.fields.text import bound, kind
from engine.model import Field

__all__ = ["INPUT", "KEYS", "bound", "kind", "parse", "sample"]
KEYS = frozenset({"pattern", "message"})
INPUT = "email"
# What the HTML standard's <input type=email> takes, with a dot in the domain.
_FORM = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\Z")


def parse(field: Field, raw: Any) -> str:
    text = words.typed(raw)
    if len(text) > 254 or not _FORM.match(text):
        raise ValueError("write an e-mail address, like name@example.com")
    return words.matching(field, text)


def sample(field: Field, day: date) -> str:
    return "sample@example.com"
