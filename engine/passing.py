"""Values that pass from one side of a contract to the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import EmptyValue
from engine.fields import to_plain
from engine.model import Expr, Field, Value
from engine.scope import Scope


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
        if field.private and ref:
            secret[field.name] = plain
            plain = {"private": ref}
        said[field.name] = plain
    return said, secret
