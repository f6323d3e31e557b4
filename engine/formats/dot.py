"""A tree as a DOT graph: for Graphviz and everything that reads it."""

from __future__ import annotations

import json
import textwrap

from engine.formats.drawing import arrows, boxes
from engine.model import Tree

_SHAPES = {
    "ask": "box",
    "tell": "note",
    "decide": "diamond",
    "run": "component",
    "use": "folder",
    "end": "ellipse",
}


def write(tree: Tree) -> str:
    lines = [
        f"digraph {json.dumps(tree.id)} {{",
        "  node [fontname=sans];",
        "  edge [fontname=sans];",
    ]
    for box in boxes(tree):
        words = "\n".join([box.id, *textwrap.wrap(box.words, 30)])
        lines.append(
            f"  {json.dumps(box.id)} [shape={_SHAPES[box.verb]}, label={_quoted(words)}];"
        )
    for arrow in arrows(tree):
        label = f" [label={_quoted(arrow.label)}]" if arrow.label else ""
        lines.append(f"  {json.dumps(arrow.start)} -> {json.dumps(arrow.to)}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
