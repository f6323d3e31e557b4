"""A tree as a Mermaid flowchart: for wikis and pull requests."""

from __future__ import annotations

from engine.formats.drawing import PLAIN, Marks, arrows, boxes
from engine.model import Tree

_SHAPES = {
    "ask": ("(", ")"),
    "tell": ("[", "]"),
    "decide": ("{{", "}}"),
    "run": ("[[", "]]"),
    "use": ("[/", "/]"),
    "end": ("([", "])"),
}


_STYLES = {
    "new": "stroke:#1b6e3c,stroke-width:3px",
    "changed": "stroke:#b06000,stroke-width:3px",
    "gone": "stroke:#b3261e,stroke-width:2px,stroke-dasharray:5 4",
}


def write(tree: Tree, marks: Marks = PLAIN) -> str:
    lines = ["flowchart TD"]
    for box in boxes(tree, marks):
        left, right = _SHAPES[box.verb]
        head = f"{box.id} ({box.change})" if box.change else box.id
        kind = f":::{box.change}" if box.change else ""
        lines.append(f'  {_id(box.id)}{left}"{_text(f"{head}: {box.words}")}"{right}{kind}')
    styled = []
    for n, arrow in enumerate(arrows(tree, marks)):
        label = f'|"{_text(arrow.label)}"|' if arrow.label else ""
        lines.append(f"  {_id(arrow.start)} -->{label} {_id(arrow.to)}")
        if arrow.change:
            styled.append(f"  linkStyle {n} {_STYLES[arrow.change]}")
    used = {box.change for box in boxes(tree, marks)}
    classes = [f"  classDef {name} {style}" for name, style in _STYLES.items() if name in used]
    return "\n".join([*lines, *styled, *classes]) + "\n"


def _id(id: str) -> str:
    return f"n_{id}"  # `end` and `graph` are words of Mermaid's own


def _text(words: str) -> str:
    return (
        words.replace("&", "#amp;")
        .replace('"', "#quot;")
        .replace("<", "#lt;")
        .replace(">", "#gt;")
    )
