"""A name that leads to no node.

Every `next`, `then`, `start` and way names a node of the same tree. A name that is not there would
strand the caller.

    nodes:
      light: {ask: "Is it on?", choices: {yes: fine, no: pwoer}}   # finding: did you mean 'power'?

    # right
    nodes:
      light: {ask: "Is it on?", choices: {yes: fine, no: power}}
      power: {tell: "Please plug it in.", next: light}

Mend the name, or write the node. In `renamed` the new id must exist, and the old one must not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.building.definitions import ID
from engine.checks.subject import Subject
from engine.formats.quoting import quote
from engine.kit.builder import missing
from engine.model import HERE, Finding, Path
from engine.nodes.use import Use

EXPLORES = False
_HERE = "there is no node 'here': it is the way back of an exit of a `use`, and of nothing else"
_MOST_HINTS = 20


def check(subject: Subject) -> Iterator[Finding]:
    nodes = subject.tree.nodes
    for n, (path, to) in enumerate(p for p in _names(subject) if p[1] not in nodes):
        near = nodes if n < _MOST_HINTS else ()  # looking for the nearest costs with every node
        message = _HERE if to == HERE else missing("node", to, near) + _label(path, to)
        yield subject.finding("missing-node", message, path)
    for old in subject.tree.renamed:
        if old in subject.tree.nodes:
            message = f"{old!r} is still a node; `renamed` names ids that are gone"
            yield subject.finding("missing-node", message, ("renamed", old), key=True)


def _label(path: Path, to: str) -> str:
    """What is no id, as the way of a choice, was meant as its label."""
    if path[2:3] != ("choices",) or re.fullmatch(ID, to):
        return ""
    return f"; a label stands beside its way: {path[3]}: {{label: {quote(to)}, next: NODE}}"


def _names(subject: Subject) -> Iterator[tuple[Path, str]]:
    tree = subject.tree
    yield ("start",), tree.start
    for node in tree.nodes.values():
        at: Path = ("nodes", node.id)
        for exit in node.exits:
            if exit.to != HERE or not isinstance(node, Use):
                yield exit.at, exit.to
        if node.limit is not None:
            yield (*at, "limit", "then"), node.limit.then
    yield from ((way.at, way.to) for way in tree.anytime)
    for old, new in tree.renamed.items():
        yield ("renamed", old), new
    yield from _accepted(subject)


def _accepted(subject: Subject) -> Iterator[tuple[Path, str]]:
    for n, allowed in enumerate(subject.document.data.get("allow") or ()):
        if allowed.get("node"):
            yield ("allow", n, "node"), str(allowed["node"])
