"""On some route no rule of a `decide` applies.

`otherwise` may be left out only where the rules leave no gap:

    by_price:
      decide:
        - {when: item.price <= 30, next: refund}
        - {when: item.price > 30 and item.price < 60, next: offer}
        - {when: item.price > 60, next: manager}        # finding: nothing holds at exactly 60

    # right
    by_price:
      decide:
        - {when: item.price <= 30, next: refund}
        - {when: item.price <= 60, next: offer}
      otherwise: manager

Close the gap, or say `otherwise`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks import troubles
from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    yield from troubles.of(subject, "no-rule")
