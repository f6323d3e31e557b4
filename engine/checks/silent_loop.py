"""Steps repeat with no person, no `wait`, no `by` and no `limit` in between.

    check: {run: line_check, exits: {ok: fine, busy: check}}     # finding: asks again and again

The walk would go round for ever before anybody sees anything. Put a question, a `wait` or a
`limit` into the loop.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.graph import rounds
from engine.model import Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    explored = subject.explored
    if explored is None:
        return
    silent = [[edge.to for edge in place.edges if not edge.person] for place in explored.places]
    seen: set[tuple[str, ...]] = set()
    for part in rounds(silent):
        places = [explored.places[n].state for n in part]
        nodes = sorted({s.frames[-1].node for s in places if s.frames[-1].tree == subject.tree.id})
        if not nodes or tuple(nodes) in seen:
            continue
        seen.add(tuple(nodes))
        order = [id for id in subject.tree.nodes if id in nodes]
        first = min(n for n in part if explored.places[n].state.frames[-1].node == order[0])
        message = f"goes round without a person: {' > '.join([*order, order[0]])}"
        yield subject.finding(
            "silent-loop", message, ("nodes", order[0]), key=True, route=explored.route(first)
        )
