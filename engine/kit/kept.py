"""What was done by actions that are not safe to repeat, once the path no longer holds it.

Going back undoes a path, not the world: a booked visit stays booked. Its result is kept, taken
again where the same action is asked for the same, and told to a person where it is asked for
something else. Every result is on the present path or kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.expr import Unknown
from engine.kit.moves import AnyValue
from engine.model import Done, Kept

Key = tuple[str, str]


def alike(inputs: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Whether an action is asked for the same. Of erased inputs nobody knows; then the steps
    that were recorded say so (see engine.again)."""
    if inputs.keys() != others.keys():
        return False
    return all(_alike(value, others[name]) for name, value in inputs.items())


def _alike(value: Any, other: Any) -> bool:
    for one in (value, other):
        if isinstance(one, Unknown):
            return one.ask(one.name, "is", "as before")
    return isinstance(value, AnyValue) or isinstance(other, AnyValue) or bool(value == other)


def left(kept: Kept, key: Key, n: int = 0) -> Kept:
    """What is kept once the ``n``-th result at this key is taken."""
    done = kept[key]
    return kept.set(key, done[:n] + done[n + 1 :]) if len(done) > 1 else kept.delete(key)


def put_back(kept: Kept, key: Key, done: Done) -> Kept:
    """What is kept with this result before those of later visits."""
    return kept.set(key, (done, *kept.get(key, ())))


def taken(before: Kept, after: Kept) -> tuple[tuple[Key, Done], ...]:
    """The results that a move took: to be put back when it is undone."""
    if before is after:
        return ()
    return tuple(
        (key, done) for key, had in before.items() for done in _less(had, after.get(key, ()))
    )


def _less(had: Iterable[Done], has: Iterable[Done]) -> list[Done]:
    left = list(had)
    for done in has:
        if done in left:
            left.remove(done)
    return left
