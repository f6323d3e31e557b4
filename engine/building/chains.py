"""Names that are made of names: circles, and how deep they go.

>>> circle({"a": ["b"], "b": ["c"], "c": ["a"], "d": []})
['a', 'b', 'c', 'a']
>>> deepest({"a": ["b"], "b": ["c"], "c": []})
['a', 'b', 'c']
>>> sizes({"a": ["b", "b"], "b": ["c"], "c": []})["a"]
5
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter

Reads = Mapping[str, Collection[str]]


def circle(reads: Reads) -> list[str]:
    """A circle, from its first name in the order of ``reads`` back to it; [] where there is none."""
    try:
        TopologicalSorter(reads).prepare()
    except CycleError as found:
        around = list(reversed(found.args[1]))[:-1]
        first = min(map(list(reads).index, around))
        at = around.index(list(reads)[first])
        return [*around[at:], *around[: at + 1]]
    return []


def deepest(reads: Reads) -> list[str]:
    """The longest way down. There must be no circle."""
    ways: dict[str, list[str]] = {}
    for name in TopologicalSorter(reads).static_order():
        below = max((ways[other] for other in reads.get(name, ())), key=len, default=[])
        ways[name] = [name, *below]
    return max(ways.values(), key=len, default=[])


def sizes(reads: Reads) -> dict[str, int]:
    """How many names each comes to, itself and all below, each as often as it is read."""
    found: dict[str, int] = {}
    for name in TopologicalSorter(reads).static_order():
        found[name] = 1 + sum(found[other] for other in reads.get(name, ()))
    return found
