"""From which nodes of a tree a walk may come to a detour before anybody stands at a step again.

A detour is a ``use`` with a way ``here``. The walker asks this before it offers an exit of every
step (one that leads to a detour which is open now is not offered), and before it opens a subtree
(whether the last step will be asked for once it is left).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.model import HERE

Detours = Mapping[str, frozenset[str]]


def detours(nodes: Mapping[str, Any]) -> Detours:
    """By node, the detours that it may lead to so, itself among them; nodes without are left out."""
    found: dict[str, frozenset[str]] = {
        id: frozenset((id,))
        for id, node in nodes.items()
        if any(exit.to == HERE for exit in node.exits)
    }
    grown = bool(found)
    while grown:
        grown = False
        for id, node in nodes.items():
            before = found.get(id, frozenset())
            after = before.union(*(found.get(to, frozenset()) for to in _silently(node)))
            if after != before:
                found[id] = after
                grown = True
    return found


def _silently(node: Any) -> Iterator[str]:
    """Where it may lead with nobody standing at it."""
    if node.limit is not None:
        yield node.limit.then
    if not stops(node):
        yield from (exit.to for exit in node.exits)


def stops(node: Any) -> bool:
    """Whether somebody always stands at this node."""
    name = type(node).__name__
    asks = name == "Ask" and node.known is None and not any(f.known for f in node.fields)
    return asks or name == "Tell"
