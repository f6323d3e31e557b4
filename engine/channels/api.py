"""A program: it takes everything as data."""

from __future__ import annotations

from engine.model import Node


def cannot(node: Node) -> str:
    return ""
