"""An expression, or a placeholder in a text, that does not make sense.

    when: ligths == "red"                # finding: nothing is called 'ligths'. Did you mean 'lights'?
    when: lights = "red"                 # unexpected '=' (write == to compare)
    when: note < "a"                     # text has no order

    # right
    when: lights == "red"
    when: note == "a"

Expressions are checked for names, types and choices before anybody walks. The column in the
message counts within the expression.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = False


def check(subject: Subject) -> Iterator[Finding]:
    """The builder finds these when it compiles the tree; nothing is left to look at here."""
    return iter(())
