"""One audience reaches what is not for it, or is left without an answer to give.

    audience: [agent, customer]
    nodes:
      note_down: {tell: "Note the serial number.", only: agent, next: fine}
      # finding: it is for the agent only, and this route brings the customer here

Decide by `audience` before it: `when: audience == "agent"`. With `audience: [system]` nobody is
there to be asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks import troubles
from engine.checks.subject import Subject
from engine.model import Finding
from engine.nodes.use import Use

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    for node in subject.tree.nodes.values():
        if isinstance(node, Use):
            used = subject.tree.uses[node.uses]
            for audience in subject.tree.audience:
                if audience not in used.audience:
                    message = f"{node.uses!r} is for {' and '.join(used.audience)}, and here the {audience} walks too"
                    yield subject.finding("audience", message, ("nodes", node.id, "use"))
    yield from troubles.of(subject, "audience")
