"""(warning) No story that comes true covers this exit, rule, limit or end.

Stories are the tests of a tree. `anytime` exits are not asked for, and what can never be taken is
not counted.

    choices: {green: line_test, amber: reboot}      # warning: no story takes 'green'

    # right
    - story: the light is green
      answers: {lights: green}
      expect: {shown: [line_test]}

Write a story that goes there: walk it, and `fingerpost walk TREE --story` prints the walk as one.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.model import Finding, Path
from engine.stories import coverage

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    if subject.explored is None or not subject.explored.complete:
        return
    order = {id: n for n, id in enumerate(subject.tree.nodes)}
    found = coverage(subject.explored, subject.told_anywhere)
    for node, exit in sorted(found.untold, key=lambda pair: order[pair[0]]):
        at: Path = ("nodes", node)
        if exit == "end":
            message = f"no story ends at {node!r}"
        elif exit == "limit":
            message, at = f"no story meets the limit of {node!r}", (*at, "limit")
        else:
            message = f"no story takes {_named(exit)} of {node!r}"
            at = subject.exits.get((node, exit), at)
        yield subject.finding("untold", message, at, key=True, severity="warning")


def _named(exit: str) -> str:
    return f"rule {exit[5:]}" if exit.startswith("rule_") else repr(exit)
