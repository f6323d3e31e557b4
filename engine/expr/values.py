"""Literals: what a text in quotes means beside a value of some type, and how values are spelt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.errors import near
from engine.expr.error import ExpressionError, Slip
from engine.expr.kinds import describe, ids
from engine.expr.tree import Literal
from engine.model import Kind, Type, Value


def fit(literal: Literal, wanted: Type) -> Value:
    """The value of a quoted literal where ``wanted`` is due. Raises ExpressionError."""
    text = str(literal.value)
    if wanted.kind == "text" or (wanted.kind == "choice" and wanted.open):
        return text
    if wanted.kind == "choice":
        return _choice(literal, text, wanted)
    if wanted.kind in _READERS:
        return _read(literal, text, wanted.kind)
    raise _unquoted(literal, text, wanted)


def _choice(literal: Literal, text: str, wanted: Type) -> str:
    if text in wanted.of:
        return text
    hint = near(text, wanted.of) or near(text.lower().replace(" ", "_"), wanted.of)
    message = f"{text!r} is not one of its choices ({ids(wanted)}){hint}"
    if not hint:
        raise ExpressionError(message, literal.column)
    right = hint.split("'")[1]
    raise Slip(message, literal.column, literal.spelling, f'"{right}"')


def _read(literal: Literal, text: str, kind: Kind) -> Value:
    pattern, read, like = _READERS[kind]
    try:
        if pattern.fullmatch(text):
            return read(text)
    except ValueError:
        pass
    message = f"{text!r} is not {describe(Type(kind))} (write it like {like})"
    raise ExpressionError(message, literal.column)


def _unquoted(literal: Literal, text: str, wanted: Type) -> ExpressionError:
    column = literal.column
    if wanted.kind == "yesno":
        right = {"yes": "true", "true": "true", "no": "false", "false": "false"}.get(text.lower())
        message = f"{text!r} is a text; yes and no are written true and false, without quotes"
        return _slip(message, literal, right)
    if wanted.kind == "list":
        return ExpressionError(f"a list is not a text; write .. has {literal.spelling}", column)
    right = text if re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", text) else None
    return _slip(f"{text!r} is a text; a number is written without quotes", literal, right)


def _slip(message: str, literal: Literal, right: str | None) -> ExpressionError:
    if right is None:
        return ExpressionError(message, literal.column)
    return Slip(message, literal.column, literal.spelling, right)


def _month(text: str) -> str:
    date.fromisoformat(text + "-01")
    return text


_READERS: Mapping[Kind, tuple[re.Pattern[str], Callable[[str], Value], str]] = {
    "date": (re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), date.fromisoformat, '"2026-11-24"'),
    "month": (re.compile(r"\d{4}-\d\d", re.ASCII), _month, '"2026-11"'),
    "time": (re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII), str, '"19:30"'),
    "moment": (
        re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)", re.ASCII),
        datetime.fromisoformat,
        '"2026-11-24T19:30+01:00"',
    ),
}


def spelt(value: Any) -> str:
    """A value as an expression would write it.

    >>> spelt("red"), spelt(True), spelt(Decimal("1.50")), spelt(date(2026, 11, 24))
    ('"red"', 'true', '1.50', '"2026-11-24"')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'" if '"' in value else f'"{value}"'
    if isinstance(value, date | datetime):
        return f'"{value.isoformat()}"'
    if isinstance(value, Decimal) and -40 < value.adjusted() < 40:
        return f"{value:f}"
    return str(value)
