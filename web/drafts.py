"""What was typed and not sent, or answered before its question came: kept while one looks elsewhere,
so that nobody types it twice.

In memory, and not part of the record: it is gone with the process, and with the answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from engine.model import Noun, Walk

MOST = 2_000


class Draft(Noun, frozen=True):
    """An answer as a form had it, and a note. ``wrong``: why it was not accepted, by field;
    ``early``: it was given before its question came."""

    said: Any = None
    note: str = ""
    wrong: tuple[tuple[str, str], ...] = ()
    early: bool = False


NOTHING = Draft()


class Drafts:
    """Drafts by walk and by the place where each was typed; the oldest give way."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Draft] = OrderedDict()
        self._early: OrderedDict[str, Mapping[str, Any]] = OrderedDict()  # walk -> place -> answer

    def keep(self, walk: Walk, draft: Draft) -> None:
        key = _place(walk)
        self._kept.pop(key, None)
        if draft.said or draft.note:
            self._kept[key] = draft
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def early(self, walk: str, answers: Mapping[str, Any]) -> None:
        """Answers by ``TREE.NODE``, for when their questions come; those kept before give way."""
        self._early.pop(walk, None)
        if answers:
            self._early[walk] = dict(answers)
        while len(self._early) > MOST:
            self._early.popitem(last=False)

    def of(self, walk: Walk) -> Draft:
        found = self._kept.get(_place(walk), NOTHING) if self._kept else NOTHING
        if found is NOTHING and self._early and walk.id in self._early:
            frame = walk.state.frames[-1]
            said = self._early[walk.id].get(f"{frame.tree}.{frame.node}")
            return NOTHING if said is None else Draft(said, early=True)
        return found

    def left(self, walk: str) -> Mapping[str, Any]:
        """The answers of this walk whose questions have not come."""
        return self._early.get(walk, {})

    def drop(self, walk: Walk) -> bool:
        """What was typed here was sent; whether it had been given before its question came."""
        self._kept.pop(_place(walk), None)
        if not self._early or walk.id not in self._early:
            return False
        frame = walk.state.frames[-1]
        rest = {**self._early[walk.id]}
        rest.pop(f"{frame.tree}.{frame.node}", None)
        self.early(walk.id, rest)
        return True


def _place(walk: Walk) -> tuple[Any, ...]:
    frame = walk.state.frames[-1]
    visit = frame.values.get("visits." + frame.node)
    return walk.id, *((f.tree, f.node) for f in walk.state.frames), visit
