"""``list``: rows that an action returns. The first column is the row's id; ``label`` is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from engine.model import Field, Type

KEYS = frozenset({"list", "min"})
INPUT = "textarea"
MOST_ROWS = 200
FIRST_ID = "1"


def rows(raw: Any) -> Sequence[Any]:
    """The rows of a list as it came in. Raises ValueError."""
    if not isinstance(raw, list | tuple):
        raise ValueError("a list of rows is wanted here")
    if len(raw) > MOST_ROWS:
        raise ValueError(f"at most {MOST_ROWS} rows; these are {len(raw)}")
    return raw


def kind(field: Field) -> Type:
    return Type("list")  # its columns are in `engine.fields.type_of`, which knows all types


def parse(field: Field, raw: Any) -> tuple[Any, ...]:
    return tuple(rows(raw))  # each row is parsed by `engine.fields.parse_field`


def bound(raw: str) -> int:
    return int(raw)


def sample(field: Field, day: date) -> tuple[Any, ...]:
    return ()
