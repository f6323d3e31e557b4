"""The parts of a prompt that every verb shows alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from engine.errors import EmptyValue
from engine.fields import to_plain, type_of
from engine.kit.scope import Scope
from engine.model import Expr, Field, Node, PromptChoice, PromptField, Value
from engine.speak import speak


def shown(node: Node, scope: Scope) -> dict[str, Any]:
    """What every prompt has. The agent alone sees hints, the customer alone sees helps."""
    say = scope.say
    agent = scope.who.audience == "agent"
    return {
        "tree": scope.tree.id,
        "node": node.id,
        "visit": scope.visits(node.id),
        "say": say(node.say),
        "hint": say(node.hint) if agent and node.hint else "",
        "help": "" if agent or not node.help else say(node.help),
        "image": (node.image.file, say(node.image.alt)) if node.image else None,
        "link": (say(node.link.to), say(node.link.label)) if node.link else None,
        "expect": node.expect,
        "verbatim": node.verbatim,
        "only": node.only,
    }


def shown_fields(
    fields: Iterable[Field], scope: Scope, prefix: str = ""
) -> tuple[PromptField, ...]:
    """Fields as they are shown, filled in beforehand where a value is known."""
    return tuple(_field(field, scope, prefix) for field in fields)


def _field(field: Field, scope: Scope, prefix: str) -> PromptField:
    say = scope.say
    value = scope.values.get(prefix + field.name) if prefix else None
    if value is None:
        value = known_value(field.known, scope)
    default = default_value(field, scope)
    if value is None:
        value = default
    return PromptField(
        name=field.name,
        type=field.type,
        label=say(field.label) or field.name,
        help=say(field.help),
        required=field.required and default is None,
        private=field.private,
        choices=tuple(_choices(field, scope)),
        value=None if value is None else to_plain(value),
        min="" if field.min is None else str(to_plain(field.min)),
        max="" if field.max is None else str(to_plain(field.max)),
        pattern=field.pattern or "",
        message=say(field.message),
        columns=shown_fields(field.columns, scope),
    )


def _choices(field: Field, scope: Scope) -> Iterator[PromptChoice]:
    if field.type == "yesno":
        for id, value in (("yes", True), ("no", False)):
            yield PromptChoice(id, speak(value, type_of(field), scope.language, ""))
    for option in field.of:
        yield PromptChoice(option.id, scope.say(option.label))


def default_value(field: Field, scope: Scope) -> Value | None:
    """What a field comes to if it is left empty. The default of a required field may itself be
    empty: then somebody has to fill it in."""
    if field.default is None:
        return None
    return known_value(field.default, scope) if field.required else field.default.run(scope)


def known_value(expr: Expr | None, scope: Scope) -> Value | None:
    """The value of a ``known``, or None: here alone an empty value is an answer, not a fault."""
    if expr is None:
        return None
    try:
        value = expr.run(scope)
    except EmptyValue:
        return None
    return None if value is None or (isinstance(value, str) and not value) else value
