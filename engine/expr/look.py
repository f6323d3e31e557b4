"""What a name stands for at one place of a tree."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.errors import near
from engine.expr.error import ExpressionError, Slip
from engine.expr.functions import FUNCTIONS
from engine.expr.kinds import NUMBER, TEXT, YESNO
from engine.expr.tree import Literal, Name, Node, Read
from engine.expr.values import spelt
from engine.model import Names, Type, Value

# Values of the walk itself: always there.
ABOUT = frozenset({"audience", "channel", "language", "started", "now", "today"})

_LONGEST = 130  # two ids of the longest, and a dot: what is looked up in "did you mean"
_ALWAYS_SET: Mapping[str, str] = {
    "fact": "a fact is computed, not set",
    "visits": "visits are always set; compare them with a number",
    "every": "it is always set, perhaps empty; write count(..) > 0",
    "about": "this is always set",
}


def look(node: Name, names: Names, want: Type | None) -> tuple[Node, Type]:
    """The constant or the read that a name is. Raises ExpressionError if it is nothing."""
    constant = names.constant(node.name)
    if constant is not None:
        return _constant(node, constant, names)
    type = names.type_of(node.name)
    if type is None:
        raise _missing(node, names, want)
    return _read(node, names), type


def _constant(node: Name, value: Value, names: Names) -> tuple[Node, Type]:
    """A text among the constants is as one in quotes: what it means depends on the other side."""
    type = names.type_of(node.name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = Decimal(str(value))
    literal = Literal(node.column, value, spelt(value), quoted=isinstance(value, str))
    if isinstance(value, bool):
        return literal, YESNO
    return literal, type or (TEXT if literal.quoted else NUMBER)


def _read(node: Name, names: Names) -> Read:
    name = node.name
    prefix, _, key = name.partition(".")
    if prefix == "visits":
        return Read(node.column, name, "visits", key)
    if prefix == "every":
        return Read(node.column, name, "every", key)
    if name in ABOUT:
        return Read(node.column, name, "about", name)
    return Read(node.column, name, "fact" if names.is_fact(name) else "get", name)


def refuse_always_set(node: Node) -> None:
    """``is set`` is asked of what may be empty only."""
    if isinstance(node, Literal):
        raise ExpressionError("a constant is always set", node.column)
    if isinstance(node, Read) and node.how in _ALWAYS_SET:
        raise ExpressionError(_ALWAYS_SET[node.how], node.column)


def _missing(node: Name, names: Names, want: Type | None) -> ExpressionError:
    name = node.name
    fields = names.form(name)
    if fields:
        message = f"{name!r} is a form; write a field of it, like {fields[0]}, or {name} is set"
        return ExpressionError(message, node.column)
    nothing = f"nothing is called {name!r}"
    if want is not None and name in want.of:
        return Slip(f'{nothing} (write "{name}", in quotes)', node.column, name, f'"{name}"')
    if name in FUNCTIONS:
        usage = FUNCTIONS[name].usage
        return ExpressionError(f"{nothing} (it is a function; write {usage})", node.column)
    right = _meant(name, names)
    if right:
        return Slip(f"{nothing}. Did you mean {right!r}?", node.column, name, right)
    return ExpressionError(nothing + _instead(name), node.column)


def _meant(name: str, names: Names) -> str:
    """The nearest name, or "". Within a prefix only the rest counts: "visits." is near itself."""
    prefix, dot, rest = name.partition(".")
    known = [*names.known(), *ABOUT]
    if prefix in ("visits", "every", "constants"):
        known = [n.removeprefix(prefix + dot) for n in known if n.startswith(prefix + dot)]
        hint = near(rest[:_LONGEST], known)
        return prefix + dot + hint.split("'")[1] if hint else ""
    hint = near(name[:_LONGEST], known)
    return hint.split("'")[1] if hint else ""


def _instead(name: str) -> str:
    first, _, rest = name.partition(".")
    if first in ("visits", "every"):
        return " (there is no such node)" if rest else f" (write {name}.NODE)"
    if name == "constants":
        return " (write constants.NAME)"
    if first == "facts" and rest:
        return f" (a fact is read by its bare name: {rest})"
    if name in ("yes", "no"):
        right = "true" if name == "yes" else "false"
        return f' (write {right}, or "{name}" for a choice of that name)'
    return ""
