"""A tree as a Mermaid flowchart: for wikis and pull requests."""

from __future__ import annotations

from engine.formats.drawing import arrows, boxes
from engine.model import Tree

_SHAPES = {
    "ask": ("(", ")"),
    "tell": ("[", "]"),
    "decide": ("{{", "}}"),
    "run": ("[[", "]]"),
    "use": ("[/", "/]"),
    "end": ("([", "])"),
}


def write(tree: Tree) -> str:
    lines = ["flowchart TD"]
    for box in boxes(tree):
        left, right = _SHAPES[box.verb]
        lines.append(f'  {_id(box.id)}{left}"{_text(f"{box.id}: {box.words}")}"{right}')
    for arrow in arrows(tree):
        label = f'|"{_text(arrow.label)}"|' if arrow.label else ""
        lines.append(f"  {_id(arrow.start)} -->{label} {_id(arrow.to)}")
    return "\n".join(lines) + "\n"


def _id(id: str) -> str:
    return f"n_{id}"  # `end` and `graph` are words of Mermaid's own


def _text(words: str) -> str:
    return (
        words.replace("&", "#amp;")
        .replace('"', "#quot;")
        .replace("<", "#lt;")
        .replace(">", "#gt;")
    )
