"""From here no end can be reached.

Every route has to come to an `end`. `anytime` exits do not count: a caller who can only hang up is
in a dead end.

    wait_more: {tell: "Please wait.", next: still_waiting}
    still_waiting: {ask: "Is it back?", choices: {no: wait_more}}     # finding: no end from here

    # right
    still_waiting: {ask: "Is it back?", choices: {yes: fine, no: wait_more}}

Give the loop a way out.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.exploring.explored import Explored
from engine.graph import backward, edges, reachable, rounds
from engine.model import Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    explored = subject.explored
    if explored is None or not explored.complete:
        yield from _by_edges(subject)
        return
    ended = [n for n, place in enumerate(explored.places) if place.ended]
    silent = [[edge.to for edge in place.edges if not edge.person] for place in explored.places]
    round_ = [n for part in rounds(silent) for n in part]  # silent-loop says it
    fine = backward([*ended, *explored.stuck, *round_], onward(explored, anytime=False))
    reported: set[str] = set()
    for n, place in enumerate(explored.places):
        top = place.state.frames[-1]
        root = place.state.frames[0].node
        if n in fine or root in reported or top.tree != subject.tree.id:
            continue
        reported.add(root)
        message = "from here no end can be reached"
        yield subject.finding(
            "no-end", message, ("nodes", root), key=True, route=explored.route(n)
        )
        return  # everything behind it has no end either; one finding shows the way in


def onward(explored: Explored, *, anytime: bool) -> list[list[int]]:
    """Where each state leads."""
    return [
        [edge.to for edge in place.edges if anytime or not edge.anytime]
        for place in explored.places
    ]


def _by_edges(subject: Subject) -> Iterator[Finding]:
    """Without the states: what the edges alone show."""
    tree = subject.tree
    forward = edges(tree, anytime=False)
    before: dict[str, list[str]] = {id: [] for id in forward}
    for id, targets in forward.items():
        for target in targets:
            before[target].append(id)
    final = [
        id
        for id, n in tree.nodes.items()
        if type(n).__name__ in ("End", "Use") and not forward[id]
    ]
    fine = reachable(final, before)
    for id in tree.nodes:
        if id not in fine:
            message = "from here no end can be reached"
            yield subject.finding("no-end", message, ("nodes", id), key=True)
            return
