"""What is certain of the numbers that a tree is told: where they lie, and that they are whole.

Only what is held to at every door counts: what a form takes (without a default, which nobody
checks) and what an action returns. So ``count <= 3`` and ``count >= 4`` leave no gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.model import Field, Noun

_NUMBERS = ("integer", "number", "money")


class Span(Noun, frozen=True):
    """Where a number lies; None is no bound."""

    low: Any = None
    high: Any = None
    whole: bool = False


def spans(nodes: Mapping[str, Any]) -> Mapping[str, Span]:
    """By dotted name. A name that is told in two ways has none, unless they are alike."""
    found: dict[str, Span | None] = {}
    for name, field in _told(nodes):
        span = Span(field.min, field.max, field.type == "integer")
        found[name] = span if found.get(name, span) == span else None
    return {name: span for name, span in found.items() if span is not None and span != Span()}


def _told(nodes: Mapping[str, Any]) -> Iterator[tuple[str, Field]]:
    for id, node in nodes.items():
        action = getattr(node, "action", None)
        outputs = action.exits.values() if action is not None else ()
        for field in (*getattr(node, "fields", ()), *(f for fields in outputs for f in fields)):
            if field.type in _NUMBERS and field.default is None:
                yield f"{id}.{field.name}", field
