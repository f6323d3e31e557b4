"""A chat: short typed messages, pictures and links, one thing at a time."""

from __future__ import annotations

from typing import Any

from engine.model import Node

MOST_FIELDS = 1


def cannot(node: Node) -> str:
    fields: tuple[Any, ...] = getattr(node, "fields", ())
    if len(fields) > MOST_FIELDS:
        return f"a chat asks for one thing at a time, and this form has {len(fields)} fields; ask them one by one"
    return ""
