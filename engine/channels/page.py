"""A web page: shows everything that a node can hold."""

from __future__ import annotations

from engine.model import Node


def cannot(node: Node) -> str:
    return ""
