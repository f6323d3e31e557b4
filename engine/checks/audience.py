"""One audience reaches what is not for it, or is left without an answer to give.

    audience: [agent, customer]
    nodes:
      note_down: {tell: "Note the serial number.", only: agent, next: fine}
      # finding: it is for the agent only, and this route brings the customer here

    # right
    nodes:
      who: {decide: [{when: audience == "agent", next: note_down}], otherwise: fine}
      note_down: {tell: "Note the serial number.", only: agent, next: fine}

Decide by `audience` before it: `when: audience == "agent"`. With `audience: [system]` nobody is
there to be asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks import troubles
from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    yield from troubles.of(subject, "audience")
