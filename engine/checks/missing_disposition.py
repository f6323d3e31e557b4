"""A disposition or kpi that is not in `library.yaml`.

Reports count walks by their disposition, so a misspelled one would be a line of its own.

    nodes:
      fixed: {end: "All is well.", disposition: resolvd}     # finding: did you mean 'resolved'?

    # right
    nodes:
      fixed: {end: "All is well.", disposition: resolved}

Mend the name, or add it under `dispositions` (or `kpis`) in `library.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.kit.builder import missing
from engine.model import Finding

EXPLORES = False


def check(subject: Subject) -> Iterator[Finding]:
    shared = subject.library.shared
    for id, node in subject.document.data["nodes"].items():
        for key, known in (("disposition", shared.dispositions), ("kpi", shared.kpis)):
            name = node.get(key)
            if name is not None and str(name) not in known:
                message = missing(key, str(name), known)
                yield subject.finding("missing-disposition", message, ("nodes", id, key))
