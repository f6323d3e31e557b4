"""A file that cannot be read.

Files are UTF-8 and plain YAML 1.2: no tabs for indentation, no anchors, aliases, tags or merge
keys, no key twice, at most 1 MB. `yes`, `no`, `on`, `off`, times and dates are ordinary text.

A text is put in quotes when it begins with `{ [ * & ! > | @ ' " %` or `- `, when it holds `: ` or
` #`, and inside `{ }` when it holds a comma or `?`. The finding gives the line ready to paste:

    ask: Is it on: yes or no?           # finding; paste:  ask: "Is it on: yes or no?"

    # right
    ask: "Is it on: yes or no?"
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = False


def check(subject: Subject) -> Iterator[Finding]:
    """The reader finds these; nothing is left to look at here."""
    return iter(())
