"""States that nothing ahead can tell apart are one.

What is kept of a stack of frames is what is still alive in it (``liveness``), cut down to what can
be told apart. Each frame that is left so has a number, which is the same for all that are alike:
comparing states is comparing a few numbers, and a frame is made only when it is new.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from immutables import Map

from engine.exploring.liveness import OTHER, Plan
from engine.kit.moves import ANY, UNSET, AnyValue, Possible
from engine.model import Frame, Value

Stack = tuple[Frame, ...]
Numbers = tuple[int, ...]
Names = frozenset[str]


class Merging:
    """The frames kept so far. ``plans`` are those of the trees that may stand on a stack."""

    def __init__(self, plans: Mapping[str, Plan]) -> None:
        self.plans = plans
        self._frames: list[Frame] = []  # by number
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._own: set[int] = set()  # the same frames, by identity
        self._again: dict[tuple[int, Names], int] = {}  # what becomes of one of those
        self._stood: dict[int, Numbers] = {}  # stacks that need nothing more, by identity
        self._stacks: dict[Numbers, Stack] = {}
        self._unmoved: dict[tuple[int, ...], Numbers] = {}  # what lies below a tree, by identity
        self._unions: dict[tuple[Names, str, str], Names] = {}

    def stack(self, numbers: Numbers) -> Stack:
        """The frames of these numbers: the same stack for the same numbers."""
        found = self._stacks.get(numbers)
        if found is None:
            found = self._stacks[numbers] = tuple(self._frames[n] for n in numbers)
        return found

    def kept(self, frames: Stack, stood: Stack | None) -> Numbers:
        """The frames with what can still be told apart, and nothing else; with what the step
        that a detour comes back to needs, too."""
        top, depth = frames[-1], len(frames) - 1
        backs = _backs(stood)
        alive = self._alive(self.plans[top.tree].coming[top.node], top, depth, backs)
        number = self._number(top, alive, depth)
        if not depth:
            return (number,)
        if backs:
            return (*self._below(frames, backs), number)
        # While a walk moves in the topmost tree, what lies below stays the very same.
        key = (*map(id, frames[:-1]), id(top.stood))
        below = self._unmoved.get(key)
        if below is None:
            below = self._below(frames, ())
            if self._own.issuperset(key[:-1]) and (top.stood is None or key[-1] in self._stood):
                self._unmoved[key] = below
        return (*below, number)

    def _below(self, frames: Stack, backs: tuple[Stack, ...]) -> Numbers:
        """The frames under the topmost; ``backs`` are where somebody stood, as those above know."""
        found = []
        for depth in range(len(frames) - 2, -1, -1):
            frame, above = frames[depth], frames[depth + 1]
            backs = (*backs, *_backs(above.stood))
            alive = self._alive(self.plans[frame.tree].leaving[frame.node], frame, depth, backs)
            found.append(self._number(frame, alive, depth))
        return tuple(reversed(found))

    def _alive(self, own: Names, frame: Frame, depth: int, backs: tuple[Stack, ...]) -> Names:
        """What is alive in a frame, with what the steps come back to need."""
        for back in backs:
            if depth < len(back) and back[depth].tree == frame.tree:
                own = self._with(own, frame.tree, back[depth].node)
        return own

    def stood(self, stood: Stack, depth: int) -> Numbers:
        """Where somebody stood, as a detour from the tree below ``depth`` comes back to it: with
        what that tree and those below know by then."""
        numbers = self._stood.get(id(stood))
        if numbers is None:
            below = [self._found(frame, {}, None) for frame in stood[:depth]]
            numbers = (*below, *self.kept(stood, None)[depth:])
            # The stack is kept as long as this is, so no other has its identity.
            self._stood[id(self.stack(numbers))] = numbers
        return numbers

    def _with(self, alive: Names, tree: str, node: str) -> Names:
        """And what is alive on coming to and on leaving this node."""
        key = (alive, tree, node)
        found = self._unions.get(key)
        if found is None:
            p = self.plans[tree]
            found = self._unions[key] = alive | p.coming[node] | p.leaving[node]
        return found

    def _number(self, frame: Frame, alive: Names, depth: int) -> int:
        key = (id(frame), alive)
        number = self._again.get(key)
        if number is None:
            values = merged(frame.values, alive, self.plans[frame.tree])
            inner = None if frame.stood is None else self.stood(frame.stood, depth)
            number = self._found(frame, values, inner)
            if id(frame) in self._own:
                self._again[key] = number
        return number

    def _found(self, frame: Frame, values: dict[str, Value], inner: Numbers | None) -> int:
        key = (frame.tree, frame.node, frozenset(values.items()), inner)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._frames)
            stood = None if inner is None else self.stack(inner)
            made = Frame(frame.tree, frame.node, Map(values), stood)
            self._frames.append(made)
            self._own.add(id(made))
        return number


def _backs(stood: Stack | None) -> tuple[Stack, ...]:
    """Where a detour comes back to, and where those come back to that were open there."""
    if stood is None:
        return ()
    further = (back for frame in stood for back in _backs(frame.stood))
    return (stood, *further)


def merged(values: Map[str, Value], alive: Names, p: Plan) -> dict[str, Value]:
    """The values that can still be told apart, as far as they can."""
    found: dict[str, Value] = {}
    for name in alive:
        value = values.get(name)
        if value is None:
            continue
        kind = type(value)
        if kind is AnyValue:
            found[name] = ANY
        elif kind is int and name.startswith("visits."):
            found[name] = min(value, p.count.get(name, 0))
        elif kind is not tuple or not name.startswith("every."):  # that list is always "any"
            found[name] = _stand_in(value, name, p)
    return found


def _stand_in(value: Value, name: str, p: Plan) -> Value:
    if isinstance(value, Possible):
        seen = {
            _stand_in(option, name, p) if option is not UNSET else UNSET: None
            for option in value.options
        }
        options = tuple(seen)
        return Possible(options) if len(options) > 1 else options[0]
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if name in p.exact:
            return value
        return value if value in p.tell_apart.get(name, ()) else OTHER
    return ANY
