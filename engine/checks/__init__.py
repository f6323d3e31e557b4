"""What can be wrong with a tree. To add a check: write its module, add its line here.

A check's docstring is its help page: what it finds, an example, what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from engine.checks import (
    allow,
    audience,
    channel,
    contract,
    empty_value,
    endless,
    expression,
    missing_action,
    missing_disposition,
    missing_media,
    missing_node,
    missing_team,
    missing_tree,
    never_taken,
    no_end,
    no_rule,
    recursion,
    shape,
    silent_loop,
    story,
    translation,
    unreachable,
    untold,
    wording,
    yaml,
)
from engine.checks.subject import Subject
from engine.model import Finding

__all__ = ["CHECKS", "Check", "Subject"]


class Check(Protocol):
    """A module of this folder. ``EXPLORES``: it looks at the tree's states, so it comes only once
    nothing is wrong with its parts."""

    EXPLORES: bool

    def check(self, subject: Subject) -> Iterator[Finding]: ...


CHECKS: Mapping[str, Check] = {
    "yaml": yaml,
    "shape": shape,
    "missing-node": missing_node,
    "missing-action": missing_action,
    "missing-tree": missing_tree,
    "missing-team": missing_team,
    "missing-disposition": missing_disposition,
    "missing-media": missing_media,
    "recursion": recursion,
    "contract": contract,
    "expression": expression,
    "translation": translation,
    "channel": channel,
    "wording": wording,
    "audience": audience,
    "empty-value": empty_value,
    "no-rule": no_rule,
    "unreachable": unreachable,
    "never-taken": never_taken,
    "no-end": no_end,
    "silent-loop": silent_loop,
    "endless": endless,
    "story": story,
    "untold": untold,
    "allow": allow,
}
