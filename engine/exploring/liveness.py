"""What a tree can still tell apart from each of its nodes on.

The explorer keeps of a state only this, so that states which no expression or text ahead can
tell apart are one: that is what keeps their number small without losing anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from engine.model import Tree
from engine.parts import exprs, parts

OTHER = "·"  # stands for every choice that nothing ahead tells from another


@dataclass(frozen=True)
class Plan:
    """For one tree: the names alive on coming to each node, and on leaving it; how far visits
    need counting; and which ids of a choice matter (for ``exact`` names all do)."""

    coming: Mapping[str, frozenset[str]]
    leaving: Mapping[str, frozenset[str]]
    count: Mapping[str, int]
    tell_apart: Mapping[str, frozenset[Any]]
    exact: frozenset[str]


def plan(tree: Tree) -> Plan:
    reads = _Reads(tree)
    coming, leaving = _alive(tree, reads)
    exact: set[str] = set()
    literals: dict[str, set[Any]] = {}
    for expr in exprs(tree):
        exact |= expr.exact
        for name, found in expr.literals.items():
            literals.setdefault(name, set()).update(found)
    count = {
        name: max((int(n) for n in found if not isinstance(n, str)), default=0) + 1
        for name, found in literals.items()
        if name.startswith("visits.")
    }
    for id, node in tree.nodes.items():
        name = "visits." + id
        if node.limit is not None:
            count[name] = max(count.get(name, 0), node.limit.visits)
        if getattr(node, "once", False):
            count[name] = max(count.get(name, 0), 2)
    return Plan(
        coming,
        leaving,
        count,
        {name: frozenset(found) for name, found in literals.items() if name not in exact},
        frozenset(exact),
    )


class _Reads:
    """The names that a part reads, through facts and named texts."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._closed: dict[str, frozenset[str]] = {}

    def of(self, part: Any) -> frozenset[str]:
        found: set[str] = set()
        for piece in parts(part):
            for name in piece.reads:
                found |= self.name(name)
        return frozenset(found)

    def name(self, name: str) -> frozenset[str]:
        if name not in self._closed:
            self._closed[name] = frozenset()  # a circle adds nothing
            self._closed[name] = self._name(name)
        return self._closed[name]

    def _name(self, name: str) -> frozenset[str]:
        tree = self.tree
        if name.startswith("text."):
            return self.of(tree.texts.get(name[5:], ()))
        if name in tree.facts:
            return self.of(tree.facts[name])
        return frozenset((name,))


def _alive(
    tree: Tree, reads: _Reads
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """What is alive on coming to and on leaving each node: a backward data-flow analysis, until
    nothing changes."""
    edges = _Edges(tree)
    own = {
        id: _read_on_coming(tree, reads, node) | _limited(id, node)
        for id, node in tree.nodes.items()
    }
    asked = _union(reads.of(way) for way in tree.anytime)
    coming = dict(own)
    leaving: dict[str, frozenset[str]] = {id: frozenset() for id in tree.nodes}
    waiting = list(tree.nodes)
    queued = set(waiting)
    while waiting:
        id = waiting.pop()
        queued.discard(id)
        after = _union(coming[target] for target in edges.onward[id])
        aside = _union(coming[target] for target in edges.aside(id))
        if id in edges.stops:
            aside |= asked
        leaving[id] = after | aside
        # Where the limit sends, what the node gave on an earlier visit still stands.
        past = frozenset().union(*(coming[target] for target in edges.past(tree.nodes[id])))
        now = own[id] | (after - frozenset(tree.gives[id])) | aside | past
        if now != coming[id]:
            coming[id] = now
            again = edges.before[id] - queued
            queued |= again
            waiting += sorted(again)
    return coming, leaving


def _read_on_coming(tree: Tree, reads: _Reads, node: Any) -> frozenset[str]:
    """What a node reads of before. The rules of a form read its own fields as they are sent."""
    fields = getattr(node, "fields", ())
    rules = tuple(field.must for field in fields if field.must is not None)
    if not rules:
        return reads.of(node)
    bare = replace(node, fields=tuple(replace(field, must=None) for field in fields))
    return reads.of(bare) | (reads.of(rules) - frozenset(tree.gives[node.id]))


class _Edges:
    """Where each node leads and what leads to it, exits of every step (``anytime``) apart."""

    def __init__(self, tree: Tree) -> None:
        nodes = tree.nodes
        self.stops = {id for id, n in nodes.items() if type(n).__name__ not in ("Decide", "End")}
        self.onward = {id: list(_onward(tree, node)) for id, node in nodes.items()}
        self.anytime = [way.to for way in tree.anytime if way.to in nodes]
        self.before: dict[str, set[str]] = {id: set() for id in nodes}
        for id, node in nodes.items():
            for target in self.past(node):
                self.before[target].add(id)
        for id, targets in self.onward.items():
            for target in targets:
                self.before[target].add(id)
        for target in self.anytime:
            self.before[target] |= self.stops

    def past(self, node: Any) -> list[str]:
        """Where its limit sends instead of coming to it."""
        return [node.limit.then] if node.limit and node.limit.then in self.onward else []

    def aside(self, id: str) -> list[str]:
        return self.anytime if id in self.stops else []


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _limited(id: str, node: Any) -> frozenset[str]:
    counted = node.limit is not None or getattr(node, "once", False)
    return frozenset((f"visits.{id}",)) if counted else frozenset()


def _onward(tree: Tree, node: Any) -> Iterable[str]:
    # `here` leads back to a step whose own needs the explorer keeps while the detour is open.
    yield from (exit.to for exit in node.exits if exit.to in tree.nodes)
