"""(warning) Steps can repeat without limit.

    online: {ask: "Are you back online?", choices: {yes: fixed, no: reboot}}
    reboot: {tell: "Switch it off and on.", next: online}        # warning: for ever, if it stays no

    # right
    reboot:
      tell: Switch it off and on.
      next: online
      limit: {visits: 3, then: contact}

Put `limit: {visits: 3, then: …}` on one of the steps, or decide by `visits.NODE`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.no_end import onward
from engine.checks.subject import Subject
from engine.graph import rounds
from engine.model import Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    explored = subject.explored
    if explored is None:
        return
    order = {id: n for n, id in enumerate(subject.tree.nodes)}
    seen: set[str] = set()
    for part in rounds(onward(explored, anytime=False)):
        states = [explored.places[n] for n in part]
        if not any(edge.person for place in states for edge in place.edges if edge.to in part):
            continue  # silent-loop says it
        nodes = sorted({p.state.frames[0].node for p in states}, key=order.__getitem__)
        inner = {p.state.frames[-1].tree for p in states} == {states[0].state.frames[-1].tree}
        if len(nodes) == 1 and inner and states[0].state.frames[-1].tree != subject.tree.id:
            continue  # a loop inside a subtree is found there
        if nodes[0] in seen:
            continue
        seen.add(nodes[0])
        message = f"these steps can repeat without limit: {' > '.join([*nodes[:6], nodes[0]])}"
        yield subject.finding(
            "endless",
            message,
            ("nodes", nodes[0]),
            key=True,
            severity="warning",
            route=explored.route(min(part)),
        )
