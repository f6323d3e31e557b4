"""Social media: short public or direct messages, where nothing personal is asked for."""

from __future__ import annotations

from typing import Any

from engine.model import Node


def cannot(node: Node) -> str:
    fields: tuple[Any, ...] = getattr(node, "fields", ())
    private = [field.name for field in fields if field.private]
    if private:
        return f"personal values ({', '.join(private)}) are not asked for on social media; move to another channel first"
    return ""
