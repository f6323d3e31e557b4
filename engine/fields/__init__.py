"""The types that a field can have. To add one: write its module, add its line here.

A field type reads what a person typed or a program sent (``parse``), in plain JSON: numbers,
money and dates may come as strings. It refuses with a ValueError whose words are for the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from engine.fields import (
    choice,
    choices,
    date_,
    email,
    integer,
    list_,
    long_text,
    money,
    month,
    number,
    phone,
    text,
    time_,
    yesno,
)
from engine.model import Field, Type, Value


class FieldType(Protocol):
    """A module of this folder. ``KEYS``: the bounds that it takes; ``INPUT``: what a page asks
    with (an HTML input type, or ``textarea``, ``radio``, ``checkbox``)."""

    KEYS: frozenset[str]
    INPUT: str

    def kind(self, field: Field) -> Type: ...
    def parse(self, field: Field, raw: Any) -> Value:
        """The value. Raises ValueError with words for the person who typed it."""
        ...

    def bound(self, raw: str) -> Value:
        """A ``min`` or ``max`` as it is written in the file. Raises ValueError."""
        ...

    def sample(self, field: Field, day: date) -> Value:
        """A fixed value for stories that leave it out."""
        ...


FIELDS: Mapping[str, FieldType] = {
    "text": text,
    "long_text": long_text,
    "integer": integer,
    "number": number,
    "money": money,
    "phone": phone,
    "email": email,
    "date": date_,
    "month": month,
    "time": time_,
    "yesno": yesno,
    "choice": choice,
    "choices": choices,
    "list": list_,
}


def type_of(field: Field) -> Type:
    """What the language knows of the field's value."""
    if field.type == "list":
        columns = tuple((column.name, type_of(column)) for column in field.columns)
        return Type("list", columns=columns)
    return FIELDS[field.type].kind(field)


def parse_field(field: Field, raw: Any) -> Value:
    """The value of what came in for a field. Raises ValueError with words for the person."""
    if field.type == "list":
        return tuple(_row(field, row) for row in list_.rows(raw))
    return FIELDS[field.type].parse(field, raw)


def _row(field: Field, raw: Any) -> Mapping[str, Value]:
    if not isinstance(raw, Mapping):
        raise ValueError("each row is an object with a value for each column")
    found = {}
    for column in field.columns:
        if is_empty(raw.get(column.name)):
            if column.required:
                raise ValueError(f"each row needs {column.name!r}")
            continue
        found[column.name] = parse_field(column, raw[column.name])
    return found


def sample(field: Field, day: date) -> Value:
    """A fixed value for stories that leave this one out: a list has one row, with the id ``1``."""
    if field.type != "list":
        return FIELDS[field.type].sample(field, day)
    row = {column.name: sample(column, day) for column in field.columns}
    first = field.columns[0].name if field.columns else ""
    return ({**row, first: list_.FIRST_ID},) if first else ()


def is_empty(raw: Any) -> bool:
    """Whether nothing came in: no value, blank text, an empty list."""
    if isinstance(raw, str):
        return not raw.strip()
    return raw is None or (isinstance(raw, Sequence) and not raw)


def to_plain(value: Value) -> Any:
    """A value as plain JSON: decimals and dates as strings, lists as arrays."""
    match value:
        case bool() | str() | int() | None:
            return value
        case Decimal():
            return number.plain(value)
        case datetime() | date():
            return value.isoformat()
        case tuple() | list():
            return [to_plain(item) for item in value]
        case Mapping():
            return {name: to_plain(item) for name, item in value.items()}
        case _:
            raise TypeError(f"{type(value).__name__} is no value of a walk")
