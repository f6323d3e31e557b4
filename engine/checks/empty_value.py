"""On some route a value is read while it is empty.

Values come from answers, from results and from what is given. An action's outputs exist only on
the exits that give them, and an optional field may be left empty.

    known_outage: {end: "It will be repaired by {outage.eta}.", disposition: outage}
    # finding: outage.eta is read while it is empty, on the route outage=unavailable > known_outage

    # right
    outage: {run: outage_lookup, exits: {none: go_on, known: known_outage, unavailable: go_on}}

Route away from it, read it after `is set`, or make the field required. The route of the finding
shows the caller's answers that would break the script.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks import troubles
from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    yield from troubles.of(subject, "empty-value")
