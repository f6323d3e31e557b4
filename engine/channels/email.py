"""E-mail: one message, then hours until the answer; nobody waits in between."""

from __future__ import annotations

from engine.model import Node


def cannot(node: Node) -> str:
    if getattr(node, "wait", 0):
        return "nobody waits beside an e-mail while a countdown runs; say what to do and to write back"
    return ""
