"""A `run` whose action is not in `library.yaml`.

    nodes:
      look: {run: outage_lokup, exits: {none: lights}}     # finding: did you mean 'outage_lookup'?

    # right
    nodes:
      look: {run: outage_lookup, exits: {none: lights, known: known_outage, unavailable: lights}}

Mend the name, or write the action's contract under `actions` in `library.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.kit.builder import missing
from engine.model import Finding

EXPLORES = False


def check(subject: Subject) -> Iterator[Finding]:
    known = subject.library.shared.actions
    for id, node in subject.document.data["nodes"].items():
        if "run" in node and str(node["run"]) not in known:
            message = missing("action", str(node["run"]), known)
            yield subject.finding("missing-action", message, ("nodes", id, "run"))
