"""A node that no route reaches.

    nodes:
      light: {ask: "Is it on?", choices: {yes: fine, no: power}}
      old_step: {tell: "Press reset.", next: fine}           # finding: no route leads here

    # right
    nodes:
      light: {ask: "Is it on?", choices: {yes: fine, no: old_step}}
      old_step: {tell: "Press reset.", next: fine}

Lead to it from somewhere, or delete it. If it can be reached only with an answer that cannot come
(a rule that never holds), look at that rule first.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.graph import edges, reachable
from engine.model import Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    explored, tree = subject.explored, subject.tree
    linked = reachable([tree.start], edges(tree))
    reached = (
        {node for owner, node in explored.reached if owner == tree.id} if explored else linked
    )
    if explored is None or not explored.complete:
        reached = linked
    else:
        reached |= reachable(explored.stuck_nodes(tree.id), edges(tree))
    for id in tree.nodes:
        if id not in reached:
            message = "no route leads here: lead to it, or delete it"
            if id in linked:
                message = "no route leads here: what leads here can never be taken"
            yield subject.finding("unreachable", message, ("nodes", id), key=True)
