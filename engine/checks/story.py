"""A story that names what is not there, or does not come true.

    - story: back after a restart
      answers: {lights: amber, online: yes}
      expect: {end: fixed}                       # finding: it ends at 'contact', not at 'fixed'

    # right
    - story: not back after a restart
      answers: {lights: amber, online: no}
      expect: {end: contact}

The finding says where the walk went. Mend the tree, or the story if the tree is right.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.model import Finding, Passage, Path

EXPLORES = True


def check(subject: Subject) -> Iterator[Finding]:
    document = subject.library.stories.get(subject.tree.id)
    if document is None:
        return
    for n, told in enumerate(subject.told):
        steps = told.steps if told.end else ()  # where it stands still, the message says so
        route = tuple(Passage(step.tree, step.node, step.exit) for step in steps) or None
        for problem in told.problems:
            path: Path = (n, *_keys(problem.key, document.data[n]))
            message = f"{told.name!r}: {problem.message}"
            yield subject.finding("story", message, path, key=True, route=route, document=document)


def _keys(key: str, story: object) -> Path:
    """The way to ``answers.identify.confirm``, whose second part is one key with a dot in it."""
    head, _, rest = key.partition(".")
    if isinstance(story, dict) and isinstance(story.get(head), dict) and rest in story[head]:
        return (head, rest)
    return (head,) if head else ()
