"""A tree's nodes and exits as JSON: for programs."""

from __future__ import annotations

import json
from typing import Any

from engine.formats.drawing import boxes
from engine.model import Tree


def graph(tree: Tree) -> dict[str, Any]:
    """Nodes with their verb and words, exits with their name and where they lead."""
    return {
        "tree": tree.id,
        "logic": tree.logic,
        "start": tree.start,
        "nodes": [{"id": box.id, "verb": box.verb, "words": box.words} for box in boxes(tree)],
        "exits": [
            {"node": id, "exit": exit.name, "to": exit.to}
            for id, node in tree.nodes.items()
            for exit in node.exits
        ]
        + [
            {"node": id, "exit": "limit", "to": node.limit.then}
            for id, node in tree.nodes.items()
            if node.limit is not None
        ],
        "anytime": [{"exit": way.id, "to": way.to} for way in tree.anytime],
    }


def write(tree: Tree) -> str:
    return json.dumps(graph(tree), indent=2, ensure_ascii=False) + "\n"
