"""Walks that are held in memory between two answers; all others are replayed from the store."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import Final, NamedTuple

from engine.model import Event, Tree, Walk

MOST_EVENTS = 8_000  # of all that are held: about 1.4 kB each; to replay one takes 30 us
_MOST_LAST: Final = 20  # events of a walk that are at hand
_SURE_FOR: Final = (
    1.0  # seconds for which what was kept here is shown once without a look at the store
)


class Standing(NamedTuple):
    """Where a walk stands, on the version of its tree that it is pinned to, and who began it."""

    walk: Walk
    tree: Tree
    began: str


class Holding:
    """A walk that is held, and its last events. ``erased``: when private values of it were last
    erased, as far as it knows."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.erased: datetime | None = None
        self._last: Sequence[Event] = ()
        self._upto = 0  # the number of the last of them
        self._kept_at = -_SURE_FOR

    def happened(self, after: int, events: Sequence[Event], *, kept: bool) -> None:
        """What came of it behind event ``after``: it was kept here just now, or read to follow
        another process."""
        goes_on = self._upto == after and len(self._last) <= _MOST_LAST
        self._last = (*self._last, *events) if goes_on else tuple(events)
        self._upto = after + len(events)
        self._kept_at = monotonic() if kept else -_SURE_FOR

    def since(self, after: int, upto: int) -> Sequence[Event] | None:
        """The events behind ``after`` as far as ``upto``; None where they are not all at hand."""
        many = upto - after
        if self._upto != upto or not 0 <= many <= len(self._last):
            return None
        return self._last[len(self._last) - many :]

    def shown_now(self) -> bool:
        """Whether it is as it was kept here, and is shown for the first time since: the page after
        an answer."""
        at, self._kept_at = self._kept_at, -_SURE_FOR
        return self._upto == self.standing.walk.seq and monotonic() - at < _SURE_FOR


class Held:
    """Those that were asked for longest ago give way."""

    def __init__(self) -> None:
        self._walks: OrderedDict[str, Holding] = OrderedDict()
        self._events = 0

    def __len__(self) -> int:
        return len(self._walks)

    def get(self, id: str) -> Holding | None:
        return self._walks.get(id)

    def used(self, id: str) -> None:
        """Somebody asked for it."""
        self._walks.move_to_end(id)

    def put(self, standing: Standing) -> Holding:
        """Hold a walk as it stands now."""
        walk = standing.walk
        held = self._walks.pop(walk.id, None)
        self._events += walk.seq
        if held is None:
            held = Holding(standing)
        else:
            self._events -= held.standing.walk.seq
            held.standing = standing
        self._walks[walk.id] = held
        while self._events > MOST_EVENTS and len(self._walks) > 1:
            self.drop(next(iter(self._walks)))
        return held

    def drop(self, id: str) -> None:
        held = self._walks.pop(id, None)
        if held is not None:
            self._events -= held.standing.walk.seq

    def clear(self) -> None:
        self._walks.clear()
        self._events = 0
