"""Values that pass from one side of a contract to the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import EmptyValue
from engine.fields import parse_field, to_plain
from engine.kit.moves import AnyValue
from engine.kit.scope import Scope
from engine.model import Expr, Field, Value


def passed(exprs: Mapping[str, Expr], fields: Iterable[Field], scope: Scope) -> dict[str, Value]:
    """The values of ``with`` or ``returns``. An optional field takes an empty value as empty."""
    optional = {field.name for field in fields if not field.required}
    found: dict[str, Value] = {}
    for name, expr in exprs.items():
        try:
            found[name] = expr.run(scope)
        except EmptyValue:
            if name not in optional:
                raise
    return found


def accepted_before(field: Field, raw: Any) -> Value:
    """The value of what was accepted for a field before; what was erased stays erased."""
    return raw if isinstance(raw, AnyValue) else parse_field(field, raw)


def is_private(field: Field) -> bool:
    """Whether a field's value stands apart from the log: it is personal, or a column of it is."""
    return field.private or any(column.private for column in field.columns)


def secret_or_plain(
    fields: Iterable[Field], values: Mapping[str, Value], ref: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values as they are recorded, and the private ones among them, which stand apart under
    ``ref``. Without a ``ref`` nothing is kept apart (stories, previews: nobody's values)."""
    said: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    for field in fields:
        if field.name not in values:
            continue
        plain = to_plain(values[field.name])
        if ref and is_private(field):
            secret[field.name] = plain
            plain = {"private": ref}
        said[field.name] = plain
    return said, secret
