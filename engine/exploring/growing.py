"""The graph of states while it grows: what the explorer adds to it, and what it notes on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from engine.errors import EmptyValue
from engine.exploring.explored import Edge, Explored, Place, Trouble
from engine.exploring.liveness import plan
from engine.exploring.merging import Merging
from engine.exploring.oracle import Oracle
from engine.exploring.tentative import Tentative
from engine.model import About, State, Tree
from engine.nodes.decide import NoRule
from engine.walking.mover import Mover, NoEnd, NowhereBack, TooDeep

SOME_TIME: Final = datetime(2000, 1, 3, 12, tzinfo=UTC)


class Growing:
    """What is found so far; ``queue`` are the states that nobody has looked at yet."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.found = Explored(tree)
        self.queue: deque[int] = deque()
        self._trees = {t.id: t for t in (tree, *tree.uses.values())}
        self._detours = {id: t.detours for id, t in self._trees.items()}
        plans = {id: plan(t) for id, t in self._trees.items()}
        self._exact = {id: p.exact for id, p in plans.items()}
        self._merging = Merging(plans)
        self._index: dict[tuple[Any, ...], int] = {}
        self._seen: set[tuple[str, str, str, str]] = set()

    def mover(self, state: State, about: About, oracle: Oracle) -> Mover:
        make = Tentative.maker(oracle, self._exact.__getitem__)
        return Mover(self.tree, about, state, SOME_TIME, make)

    def tree_of(self, id: str) -> Tree:
        return self._trees[id]

    # -- states and edges

    def add(self, mover: Mover, stands: bool, parent: int) -> tuple[int, bool]:
        """The state that the mover is in, and whether it is a new one."""
        about, ended = mover.about, mover.status == "ended"
        top = mover.frames[-1]
        # Where a detour may begin before anybody stands again, it matters where somebody stood last.
        detour = not ended and top.node in self._detours[top.tree]
        aside = mover.stood if detour else None
        numbers = self._merging.kept(mover.frames, aside)
        stood = None if aside is None else self._merging.stood(aside, len(numbers))
        key = (about.audience, about.channel, mover.language, stands, ended, numbers, stood)
        at = self._index.get(key)
        if at is not None:
            return at, False
        at = self._index[key] = len(self.found.places)
        frames = self._merging.stack(numbers)
        back = None if stood is None else self._merging.stack(stood)
        kept = State(frames, mover.status, SOME_TIME, mover.language, stood=back)
        self.found.places.append(Place(kept, about, stands, parent, ended=ended))
        self.found.reached.add((top.tree, top.node))
        self.queue.append(at)
        return at, True

    def edge(
        self,
        at: int,
        mover: Mover,
        assumed: list[str],
        *,
        person: bool,
        anytime: bool = False,
        waits: bool = True,
        stands: bool = False,
    ) -> None:
        """A way from the state ``at`` to the one that the mover is in."""
        steps = tuple(mover.made)
        self._passed(mover)
        to, new = self.add(mover, stands, at)
        assuming = " and ".join(assumed)
        made = Edge(to, steps, person, anytime, assuming, waits, mover.automatic)
        self.found.places[at].edges.append(made)
        if new:
            self.found.places[to].by = made

    def _passed(self, mover: Mover) -> None:
        for step in mover.made:
            if step.exit is None:
                continue
            way = (step.tree, step.node, step.exit)
            if way not in self.found.taken:
                self.found.taken.add(way)
                self.found.reached.add((step.tree, step.node))

    # -- what goes wrong

    def guarded(
        self, at: int, oracle: Oracle, mover: Mover, piece: Callable[[], Any]
    ) -> Any | None:
        """The piece's result, or None with the trouble noted."""
        try:
            return piece()
        except _WRONG as wrong:
            self._went_wrong(at, oracle, mover, wrong)
            return None

    def went(
        self, at: int, oracle: Oracle, mover: Mover, move: Callable[..., None], *args: Any
    ) -> bool:
        """Whether the mover could make this move; else the trouble is noted."""
        try:
            move(*args)
        except _WRONG as wrong:
            self._went_wrong(at, oracle, mover, wrong)
            return False
        return True

    def _went_wrong(self, at: int, oracle: Oracle, mover: Mover, wrong: Exception) -> None:
        match wrong:
            case EmptyValue():
                self.trouble("empty-value", at, mover, oracle, empty_value(wrong.name))
            case NoRule():
                self.trouble("no-rule", at, mover, oracle, _NO_RULE)
            case NowhereBack():
                self.trouble("contract", at, mover, oracle, _NOWHERE)
            case TooDeep():
                self.trouble("recursion", at, mover, oracle, str(wrong))
            case NoEnd():
                self.trouble("silent-loop", at, mover, oracle, _LIMITS_ROUND)

    def trouble(self, what: str, at: int, mover: Mover, oracle: Oracle, message: str) -> None:
        """Note what goes wrong in the state ``at``, or (-1) where a walk begins."""
        top = mover.frames[mover.reading]
        key = (what, top.tree, top.node, message)
        self._passed(mover)
        if at >= 0:
            self.found.stuck.add(at)
        if key in self._seen:
            return
        self._seen.add(key)
        if at < 0:  # a walk that cannot even begin: its place is kept, and leads nowhere
            at, _ = self.add(mover, False, -1)
            self.queue.remove(at)
            self.found.stuck.add(at)
        assuming = " and ".join(oracle.assumed)
        self.found.troubles.append(Trouble(what, top.tree, top.node, message, at, assuming))


_WRONG = (EmptyValue, NoRule, NowhereBack, TooDeep, NoEnd)
_NO_RULE = "on this route no rule applies: close the gap, or say `otherwise`"
_NOWHERE = (
    "'here' leads back to the last step of this tree that somebody stood at, and on this route "
    "there was none: say which node comes next"
)
_LIMITS_ROUND = "every limit here leads to the next, and round again: lead one of them out"


def empty_value(name: str) -> str:
    """What is said where a value is read that is not set."""
    return (
        f"{name} is read while it is empty: come to know it on every route that leads here, "
        f"or test `{name} is set` before"
    )
