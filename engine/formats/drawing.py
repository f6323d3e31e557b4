"""What every picture of a tree draws: boxes and arrows, in a stable order. Not a format."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from engine.model import HERE, Noun, Tree

_MARKS = re.compile(r"\\([!-/:-@\[-`{-~])|[*_`]|\]\([^)]*\)|\[|\{\{|\}\}")


class Box(Noun, frozen=True):
    id: str
    verb: str
    words: str


class Arrow(Noun, frozen=True):
    start: str
    to: str
    label: str


def boxes(tree: Tree) -> list[Box]:
    """The nodes, as the file orders them."""
    return [Box(id, type(node).__name__.lower(), _words(node)) for id, node in tree.nodes.items()]


def arrows(tree: Tree) -> list[Arrow]:
    """The exits; those that lead alike from one node are one arrow."""
    found: dict[tuple[str, str], list[str]] = {}
    for id, node in tree.nodes.items():
        for exit in node.exits:
            if exit.to != HERE and exit.to in tree.nodes:
                found.setdefault((id, exit.to), []).append(_label(exit.name))
        if node.limit is not None:
            found.setdefault((id, node.limit.then), []).append(f"after {node.limit.visits}")
    return [Arrow(start, to, _joined(labels)) for (start, to), labels in found.items()]


def _label(name: str) -> str:
    if name == "next":
        return ""
    return name.replace("rule_", "rule ").replace("_", " ")


def _joined(labels: Iterable[str]) -> str:
    kept = [label for label in labels if label]
    return ", ".join(kept[:3]) + (f" +{len(kept) - 3}" if len(kept) > 3 else "")


def _words(node: object) -> str:
    say = getattr(node, "say", None)
    if say is not None:
        return textwrap.shorten(_MARKS.sub(lambda m: m[1] or "", say.source), 90, placeholder=" …")
    action = getattr(node, "action", None)
    if action is not None:
        return str(action.id).replace("_", " ")
    uses = getattr(node, "uses", None)
    if uses:
        return str(uses).replace("_", " ")
    rules = getattr(node, "rules", ())
    return "; ".join(rule.when.source for rule in rules if rule.when is not None)[:90]
