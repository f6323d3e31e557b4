"""A tree that uses itself, at any depth.

    a.yaml:  again: {use: b, exits: {done: fine}}
    b.yaml:  more:  {use: a, exits: {done: fine}}        # finding: a > b > a

    # right
    a.yaml:  again: {use: b, exits: {done: fine}}
    b.yaml:  more:  {ask: "Once more?", choices: {yes: first, no: done}}

A walk could go down without end. Lead back to a node of the same tree instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks import troubles
from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    """Circles are found when the library puts its trees in order; here, trees too deep in one another."""
    yield from troubles.of(subject, "recursion")
