"""A tree's nodes and exits as JSON: for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from engine.formats.drawing import PLAIN, Arrow, Box, Marks, boxes
from engine.model import Tree


def graph(tree: Tree, marks: Marks = PLAIN) -> dict[str, Any]:
    """Nodes with their verb and words, exits with their name and where they lead."""
    exits: list[dict[str, Any]] = [
        {"node": id, "exit": name, "to": to}
        for id, node in tree.nodes.items()
        for name, to in _ways(node)
    ]
    if marks.traffic is not None:
        exits = [{**e, "count": marks.traffic.get((e["node"], e["exit"]), 0)} for e in exits]
    if marks.ways or marks.nodes or marks.gone or marks.gone_ways:
        exits = [{**e, "change": marks.ways.get((e["node"], e["to"])) or None} for e in exits]
    return {
        "tree": tree.id,
        "logic": tree.logic,
        "start": tree.start,
        "nodes": [_node(box) for box in boxes(tree, marks)],
        "exits": [*exits, *map(_gone, marks.gone_ways)],
        "anytime": [{"exit": way.id, "to": way.to} for way in tree.anytime],
    }


def _ways(node: Any) -> Iterator[tuple[str, str]]:
    yield from ((exit.name, exit.to) for exit in node.exits)
    if node.limit is not None:
        yield "limit", node.limit.then


def _node(box: Box) -> dict[str, Any]:
    change = {"change": box.change} if box.change else {}
    return {"id": box.id, "verb": box.verb, "words": box.words, **change}


def _gone(arrow: Arrow) -> dict[str, Any]:
    return {"node": arrow.start, "exit": arrow.label, "to": arrow.to, "change": "gone"}


def write(tree: Tree, marks: Marks = PLAIN) -> str:
    return json.dumps(graph(tree, marks), indent=2, ensure_ascii=False) + "\n"
