"""What all typed words have in common (not a field type)."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

from engine.model import Field

_MOST_BITS = 100
# They turn the order of what follows, and can make a name read as another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def scalar(raw: Any) -> str:
    """A single value as it would be typed, trimmed; "" for what is none (a list, true, NaN)."""
    if isinstance(raw, str):
        return raw.strip()
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return ""
    if isinstance(raw, int) and raw.bit_length() > _MOST_BITS:
        return ""  # nobody types that, and Python takes long to spell it
    number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    return format(number, "f") if number.is_finite() else ""


def typed(raw: Any, *, lines: bool = False) -> str:
    """The text of an answer, trimmed. Raises ValueError for what nobody can have typed."""
    text = scalar(raw)
    if not text and not isinstance(raw, str):
        raise ValueError("write it as words")
    for letter in text:
        if letter in _TURNING:
            raise ValueError("it holds a mark that turns the direction of writing; type it anew")
        if unicodedata.category(letter) in ("Cc", "Cs") and not (lines and letter in "\r\n\t"):
            raise ValueError("it holds a character that cannot be typed; type it anew")
    return text.replace("\r\n", "\n").replace("\r", "\n") if lines else text


def within(field: Field, text: str, most: int) -> str:
    """The text, if its length is within the field's bounds. Raises ValueError."""
    longest = most if field.max is None else int(field.max)
    if len(text) > longest:
        raise ValueError(f"at most {longest} characters; this has {len(text)}")
    if field.min is not None and len(text) < int(field.min):
        raise ValueError(f"at least {int(field.min)} characters")
    return text


def matching(field: Field, text: str) -> str:
    """The text, if the whole of it matches the field's pattern. (RE2: linear time, whatever the
    author's pattern and the caller's text.)"""
    if field.pattern is None:
        return text
    import re2

    if re2.fullmatch(field.pattern, text) is None:
        said = field.message.source if field.message is not None else ""
        raise ValueError(said or "it does not have the form that is wanted here")
    return text


def length(raw: str) -> int:
    """A bound on a length. Raises ValueError."""
    if not (raw.isascii() and raw.isdigit()):
        raise ValueError(f"a whole number of characters is wanted, not {raw!r}")
    return int(raw)


def clipped(field: Field, text: str) -> str:
    """A sample cut or filled up to the field's bounds."""
    least = int(field.min) if field.min is not None else 0
    most = int(field.max) if field.max is not None else len(text) + least
    return text.ljust(least, "x")[:most]
