"""A `use` whose tree is not in the library.

    nodes:
      who: {use: identify_caler, exits: {verified: go}}     # finding: did you mean 'identify_caller'?

    # right
    nodes:
      who: {use: identify_caller, exits: {verified: go, not_verified: stop}}

A tree's id is the name of its file without `.yaml`. Mend the name, or write the tree.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.kit.builder import missing
from engine.model import Finding

EXPLORES = False


def check(subject: Subject) -> Iterator[Finding]:
    known = subject.library.names
    for id, node in subject.document.data["nodes"].items():
        if "use" in node and str(node["use"]) not in known:
            message = missing("tree", str(node["use"]), known)
            yield subject.finding("missing-tree", message, ("nodes", id, "use"))
