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
_SHOWN_FOR: Final = 1.0  # seconds for which what was kept here is shown once, and not looked up
# … for which one goes on with a walk that is held: values of it may have been erased elsewhere.
SURE_FOR: Final = 5.0


class Standing(NamedTuple):
    """Where a walk stands, on the version of its tree that it is pinned to; who began it; when
    private values of it were last erased, as far as it knows."""

    walk: Walk
    tree: Tree
    began: str
    erased: datetime | None = None


class Holding:
    """A walk that is held, and its last events."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self._looked_at = monotonic()
        self._last: Sequence[Event] = ()
        self._upto = 0  # the number of the last of them
        self._kept_at = -_SHOWN_FOR

    def happened(self, after: int, events: Sequence[Event], *, kept: bool) -> None:
        """What came of it behind event ``after``: it was kept here just now, or read to follow
        another process."""
        goes_on = self._upto == after and len(self._last) <= _MOST_LAST
        self._last = (*self._last, *events) if goes_on else tuple(events)
        self._upto = after + len(events)
        self._kept_at = monotonic() if kept else -_SHOWN_FOR

    def since(self, after: int, upto: int) -> Sequence[Event] | None:
        """The events behind ``after`` as far as ``upto``; None where they are not all at hand."""
        many = upto - after
        if self._upto != upto or not 0 <= many <= len(self._last):
            return None
        return self._last[len(self._last) - many :]

    def looked_up(self) -> None:
        """It stands as the store has it."""
        self._looked_at = monotonic()

    @property
    def sure(self) -> bool:
        """Whether it was looked up so lately that one may go on with it."""
        return monotonic() - self._looked_at < SURE_FOR

    def shown_now(self) -> bool:
        """Whether it is as it was kept here, and is shown for the first time since: the page after
        an answer."""
        at, self._kept_at = self._kept_at, -_SHOWN_FOR
        kept = self._upto == self.standing.walk.seq and monotonic() - at < _SHOWN_FOR
        return kept and self.sure


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
        """Somebody asked for it, and it stands as the store has it."""
        self._walks.move_to_end(id)
        self._walks[id].looked_up()

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
