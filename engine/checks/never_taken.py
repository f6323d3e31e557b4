"""An exit, a rule, a choice or a limit that can never be taken.

    triage:
      decide:
        - {when: visits.reboot < 3, next: reboot}
        - {when: visits.reboot < 2, next: power}       # finding: whenever it holds, the rule above does
      otherwise: contact

    # right
    triage:
      decide:
        - {when: visits.reboot < 2, next: power}
        - {when: visits.reboot < 3, next: reboot}
      otherwise: contact

A promise that the tree does not keep. Delete it, or mend what keeps it from being taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.checks.subject import Subject
from engine.model import Finding
from engine.nodes.ask import Ask
from engine.nodes.decide import Decide

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    explored, tree = subject.explored, subject.tree
    if explored is None or not explored.complete:
        return
    reached = {node for owner, node in explored.reached if owner == tree.id}
    taken = {(node, exit) for owner, node, exit in explored.taken if owner == tree.id}
    stuck = explored.stuck_nodes(tree.id)
    for node in tree.nodes.values():
        if node.id in reached and node.id not in stuck:
            yield from _exits(subject, node, taken)
            if isinstance(node, Ask) and node.next:
                yield from _choices(subject, node, explored.offered)
    offered = {exit for _, _, exit in explored.taken}
    for way in tree.anytime:
        if f"anytime.{way.id}" not in offered:
            message = f"{way.id!r} is never offered: no step that is reached offers it"
            yield subject.finding("never-taken", message, ("anytime", way.id), key=True)


def _exits(subject: Subject, node: Any, taken: set[tuple[str, str]]) -> Iterator[Finding]:
    for exit in node.exits:
        if (node.id, exit.name) not in taken:
            what = _WHAT.get(type(node), "exit")
            message = f"the {what} {_named(exit.name)} can never be taken"
            yield subject.finding("never-taken", message, exit.at or ("nodes", node.id))
    if node.limit is not None and (node.id, "limit") not in taken:
        message = f"this limit is never met: the node comes at most {node.limit.visits} times"
        yield subject.finding("never-taken", message, ("nodes", node.id, "limit"), key=True)


def _choices(subject: Subject, node: Ask, offered: set[tuple[str, str, str]]) -> Iterator[Finding]:
    for choice in node.choices:
        if (subject.tree.id, node.id, choice.id) not in offered:
            at = ("nodes", node.id, "choices", choice.id)
            message = f"the choice {choice.id!r} is never offered"
            yield subject.finding("never-taken", message, at, key=True)


_WHAT: Mapping[type, str] = {Decide: "rule", Ask: "choice"}


def _named(name: str) -> str:
    return name.replace("rule_", "") if name.startswith("rule_") else repr(name)
