"""Steps repeat with no person, no `wait`, no `by` and no `limit` in between.

    check: {run: line_check, exits: {ok: fine, busy: check}}     # finding: asks again and again

    # right
    check: {run: line_check, exits: {ok: fine, busy: hold}}
    hold: {tell: "It is still being measured.", wait: 30s, next: check}

The walk would go round for ever before anybody sees anything. Put a question, a `wait` or a
`limit` into the loop.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks import troubles
from engine.checks.subject import Subject
from engine.exploring.explored import Explored
from engine.graph import rounds
from engine.model import MAX_AUTOMATIC, Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    explored = subject.explored
    if explored is None:
        return
    yield from troubles.of(subject, "silent-loop")
    silent = [[edge.to for edge in place.edges if not edge.person] for place in explored.places]
    found = list(_rounds(subject, explored, silent))
    yield from found
    if not found:
        yield from _too_long(subject, explored)


def _rounds(subject: Subject, explored: Explored, silent: list[list[int]]) -> Iterator[Finding]:
    seen: set[tuple[str, ...]] = set()
    for part in rounds(silent):
        places = [explored.places[n].state for n in part]
        nodes = sorted({s.frames[-1].node for s in places if s.frames[-1].tree == subject.tree.id})
        if not nodes or tuple(nodes) in seen:
            continue
        seen.add(tuple(nodes))
        order = [id for id in subject.tree.nodes if id in nodes]
        first = min(n for n in part if explored.places[n].state.frames[-1].node == order[0])
        message = (
            f"goes round without a person: {' > '.join([*order, order[0]])}; "
            "put a question, a `wait` or a `limit` into the loop"
        )
        yield subject.finding(
            "silent-loop", message, ("nodes", order[0]), key=True, route=explored.route(first)
        )


def _too_long(subject: Subject, explored: Explored) -> Iterator[Finding]:
    """More steps in a row than the walker takes by itself, though they do not go round."""
    length = [0] * len(explored.places)
    waiting = [n for n, place in enumerate(explored.places) if place.edges]
    while waiting:
        at = waiting.pop()
        for edge in explored.places[at].edges:
            steps = edge.automatic + (0 if edge.waits else length[at])
            if steps > MAX_AUTOMATIC:
                node = explored.places[edge.to].state.frames[0].node
                message = (
                    f"more than {MAX_AUTOMATIC} steps in a row without a person lead here: "
                    "a walk takes no more by itself"
                )
                route = explored.route(edge.to)
                yield subject.finding(
                    "silent-loop", message, ("nodes", node), key=True, route=route
                )
                return
            if steps > length[edge.to]:
                length[edge.to] = steps
                waiting.append(edge.to)
