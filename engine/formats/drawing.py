"""What every picture of a tree draws: boxes and arrows, in a stable order. Not a format."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from engine.model import HERE, Noun, Tree

_MARKS = re.compile(r"\\([!-/:-@\[-`{-~])|[*_`]|\]\([^)]*\)|\[|\{\{|\}\}")


class Box(Noun, frozen=True):
    """A node. ``change``: new, changed, gone, or "" against another version."""

    id: str
    verb: str
    words: str
    change: str = ""


class Arrow(Noun, frozen=True):
    """The exits that lead alike from a node; ``count`` how often they were taken, None where
    nobody asks."""

    start: str
    to: str
    label: str
    change: str = ""
    count: int | None = None


class Marks(Noun, frozen=True):
    """What a picture shows beside the tree. ``nodes`` and ``ways`` (node, to): what changed;
    ``gone``: nodes of the other version that are not there any more, with their ways;
    ``traffic``: how often each (node, exit) was taken, None where nobody asks."""

    nodes: Mapping[str, str] = {}
    ways: Mapping[tuple[str, str], str] = {}
    gone: tuple[Box, ...] = ()
    gone_ways: tuple[Arrow, ...] = ()
    traffic: Mapping[tuple[str, str], int] | None = None


PLAIN = Marks()


def boxes(tree: Tree, marks: Marks = PLAIN) -> list[Box]:
    """The nodes, as the file orders them."""
    found = [
        Box(id, type(node).__name__.lower(), _words(node), marks.nodes.get(id, ""))
        for id, node in tree.nodes.items()
    ]
    return found + [replace(box, change="gone") for box in marks.gone]


def arrows(tree: Tree, marks: Marks = PLAIN) -> list[Arrow]:
    """The exits; those that lead alike from one node are one arrow."""
    found = [_marked(arrow, names, marks) for arrow, names in _arrows(tree)]
    return found + [replace(arrow, change="gone") for arrow in marks.gone_ways]


def _marked(arrow: Arrow, names: Iterable[str], marks: Marks) -> Arrow:
    change = marks.ways.get((arrow.start, arrow.to), "")
    if marks.traffic is None:
        return replace(arrow, change=change)
    count = sum(marks.traffic.get((arrow.start, name), 0) for name in names)
    label = f"{arrow.label} ({count})" if arrow.label else f"({count})"
    return replace(arrow, change=change, label=label, count=count)


def _arrows(tree: Tree) -> Iterator[tuple[Arrow, list[str]]]:
    """Each arrow with the names of its exits."""
    found: dict[tuple[str, str], list[str]] = {}
    limits: dict[tuple[str, str], int] = {}
    for id, node in tree.nodes.items():
        for exit in node.exits:
            if exit.to != HERE and exit.to in tree.nodes:
                found.setdefault((id, exit.to), []).append(exit.name)
        if node.limit is not None and node.limit.then in tree.nodes:
            found.setdefault((id, node.limit.then), []).append("limit")
            limits[id, node.limit.then] = node.limit.visits
    for (start, to), names in found.items():
        labels = [
            f"after {limits[start, to]}" if name == "limit" else _label(name) for name in names
        ]
        yield Arrow(start, to, _joined(labels)), names


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
