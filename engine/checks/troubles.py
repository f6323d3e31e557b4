"""What goes wrong in a state that some route reaches, as findings.

Shared by the checks whose trouble the explorer meets on its way.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.exploring.explored import Trouble
from engine.model import CHANNEL_NAMES, Finding, Path


def of(subject: Subject, check: str) -> Iterator[Finding]:
    """The findings for what a check is named by, each with its shortest route."""
    explored = subject.explored
    if explored is None:
        return
    for trouble in explored.troubles:
        if trouble.what == check and (place := _place(subject, trouble)) is not None:
            route = explored.route(trouble.state, trouble.assuming)
            yield subject.finding(check, trouble.message, place, key=True, route=route)


def _place(subject: Subject, trouble: Trouble) -> Path | None:
    """Where it shows in this tree's file: the node, or the `use` below which it happens. What a
    subtree does wrong by itself is found in its own file; what it does only here (for an audience,
    on a channel, in a language that it does not name, or too deep) is found here."""
    if trouble.tree == subject.tree.id:
        return ("nodes", trouble.node)
    assert subject.explored is not None
    tree, used = subject.tree, subject.tree.uses[trouble.tree]
    alike = (
        set(tree.audience) <= set(used.audience)
        and set(tree.channels or CHANNEL_NAMES) <= set(used.channels or CHANNEL_NAMES)
        and set(tree.languages) <= set(used.languages)
    )
    if alike and trouble.what != "recursion":
        return None
    return ("nodes", subject.explored.places[trouble.state].state.frames[0].node)
