"""What was typed and not sent: kept while one looks elsewhere, so that nobody types it twice.

In memory, and not part of the record: it is gone with the process, and with the answer.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from engine.model import Noun, Walk

MOST = 2_000


class Draft(Noun, frozen=True):
    """An answer as a form had it, and a note."""

    said: Any = None
    note: str = ""


NOTHING = Draft()


class Drafts:
    """Drafts by walk and by the place where each was typed; the oldest give way."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Draft] = OrderedDict()

    def keep(self, walk: Walk, draft: Draft) -> None:
        key = _place(walk)
        self._kept.pop(key, None)
        if draft.said or draft.note:
            self._kept[key] = draft
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def of(self, walk: Walk) -> Draft:
        return self._kept.get(_place(walk), NOTHING) if self._kept else NOTHING

    def drop(self, walk: Walk) -> None:
        self._kept.pop(_place(walk), None)


def _place(walk: Walk) -> tuple[Any, ...]:
    frame = walk.state.frames[-1]
    visit = frame.values.get("visits." + frame.node)
    return walk.id, *((f.tree, f.node) for f in walk.state.frames), visit
