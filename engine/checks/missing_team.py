"""A team that is not in `library.yaml`.

`hand_to`, the `by` of a follow-up and the `by` of an action name teams.

    nodes:
      over: {end: "A colleague will call you.", hand_to: logistik}   # finding: did you mean 'logistics'?

    # right
    nodes:
      over: {end: "A colleague will call you.", hand_to: logistics}

Mend the name, or add the team under `teams` in `library.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.kit.builder import missing
from engine.model import Finding, Path

EXPLORES = False


def check(subject: Subject) -> Iterator[Finding]:
    known = subject.library.shared.teams
    for path, team in _teams(subject):
        if team and team not in known:
            yield subject.finding("missing-team", missing("team", team, known), path)


def _teams(subject: Subject) -> Iterator[tuple[Path, str]]:
    for id, node in subject.document.data["nodes"].items():
        at: Path = ("nodes", id)
        given = node.get("hand_to") or ()
        if isinstance(given, str):
            yield (*at, "hand_to"), given
        else:
            yield from (((*at, "hand_to", n), str(team)) for n, team in enumerate(given))
        promises = node.get("follow_up") or ()
        if isinstance(promises, dict):
            yield (*at, "follow_up", "by"), str(promises.get("by") or "")
        else:
            for n, promise in enumerate(promises):
                yield (*at, "follow_up", n, "by"), str(promise.get("by") or "")
