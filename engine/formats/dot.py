"""A tree as a DOT graph: for Graphviz and everything that reads it."""

from __future__ import annotations

import json
import textwrap

from engine.formats.drawing import PLAIN, Marks, arrows, boxes
from engine.model import Tree

_SHAPES = {
    "ask": "box",
    "tell": "note",
    "decide": "diamond",
    "run": "component",
    "use": "folder",
    "end": "ellipse",
}


_COLOURS = {"new": "darkgreen", "changed": "darkorange", "gone": "red"}


def write(tree: Tree, marks: Marks = PLAIN) -> str:
    lines = [
        f"digraph {json.dumps(tree.id)} {{",
        "  node [fontname=sans];",
        "  edge [fontname=sans];",
    ]
    for box in boxes(tree, marks):
        head = f"{box.id} ({box.change})" if box.change else box.id
        words = "\n".join([head, *textwrap.wrap(box.words, 30)])
        lines.append(
            f"  {json.dumps(box.id)} [shape={_SHAPES[box.verb]}, label={_quoted(words)}{_colour(box.change)}];"
        )
    for arrow in arrows(tree, marks):
        about = f"label={_quoted(arrow.label)}" if arrow.label else ""
        about = f"{about}{_colour(arrow.change)}".removeprefix(", ")
        shown = f" [{about}]" if about else ""
        lines.append(f"  {json.dumps(arrow.start)} -> {json.dumps(arrow.to)}{shown};")
    return "\n".join([*lines, "}"]) + "\n"


def _colour(change: str) -> str:
    if not change:
        return ""
    style = ", style=dashed" if change == "gone" else ""
    return f", color={_COLOURS[change]}, penwidth=2{style}"


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
