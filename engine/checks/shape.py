"""A file whose shape is wrong: a verb missing or doubled, an unknown key, a wrong kind of value.

Every node has exactly one verb of `ask tell decide run use end`, and it is the node's first key.
Ids are small letters, digits and `_`, begin with a letter, and have at most 64.

    light: {ask: "Is it on?", choises: {yes: a, no: b}}    # finding: did you mean 'choices'?

    # right
    light: {ask: "Is it on?", choices: {yes: a, no: b}}

The finding says which key stands where it cannot, and the nearest one that can.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = False


def check(subject: Subject) -> Iterator[Finding]:
    """The schema finds these when the file is read; nothing is left to look at here."""
    return iter(())
