"""Face to face, an agent at the screen: everything can be said or shown."""

from __future__ import annotations

from engine.model import Node


def cannot(node: Node) -> str:
    return ""
