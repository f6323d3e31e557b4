"""The shape of a tree and of its explored states. The one door networkx comes in by.

What is asked of thousands of states (reachability, strongly connected components) is done on
plain lists: on a graph of 1,000 nodes networkx took five times as long, and importing it longer
than most checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.model import HERE, Tree


def edges(tree: Tree, *, anytime: bool = True) -> dict[str, list[str]]:
    """Where each node leads, whatever the values; names that lead nowhere are left out."""
    found: dict[str, list[str]] = {}
    for id, node in tree.nodes.items():
        to = [exit.to for exit in node.exits if exit.to != HERE]
        if node.limit is not None:
            to.append(node.limit.then)
        if anytime and type(node).__name__ in ("Ask", "Tell"):
            to += [way.to for way in tree.anytime]
        found[id] = [target for target in to if target in tree.nodes]
    return found


def reachable(starts: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Every node that these lead to, themselves among them."""
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def backward(ends: Iterable[int], onward: Sequence[Sequence[int]]) -> set[int]:
    """Every state from which one of these can be reached."""
    before: list[list[int]] = [[] for _ in onward]
    for at, targets in enumerate(onward):
        for target in targets:
            before[target].append(at)
    seen = set(ends)
    waiting = list(seen)
    while waiting:
        for earlier in before[waiting.pop()]:
            if earlier not in seen:
                seen.add(earlier)
                waiting.append(earlier)
    return seen


def rounds(onward: Sequence[Sequence[int]]) -> list[list[int]]:
    """The strongly connected components that go round: more than one state, or one that leads to
    itself. States that lead out of every round are put aside first, which mostly leaves few."""
    left = _going_round(onward)
    if not left:
        return []
    index = {at: n for n, at in enumerate(left)}
    inner = [[index[to] for to in onward[at] if to in index] for at in left]
    parts = (part for part in components(inner) if len(part) > 1 or part[0] in inner[part[0]])
    return [[left[n] for n in part] for part in parts]


def _going_round(onward: Sequence[Sequence[int]]) -> list[int]:
    """The states from which some round can be reached."""
    ways = [len(targets) for targets in onward]
    before: list[list[int]] = [[] for _ in onward]
    for at, targets in enumerate(onward):
        for target in targets:
            before[target].append(at)
    waiting = [at for at, count in enumerate(ways) if not count]
    while waiting:
        for earlier in before[waiting.pop()]:
            ways[earlier] -= 1
            if not ways[earlier]:
                waiting.append(earlier)
    return [at for at, count in enumerate(ways) if count]


def components(onward: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Strongly connected components (Kosaraju and Sharir 1981): in the order in which a walk
    forward leaves the states, what a walk backward reaches belongs together."""
    before: list[list[int]] = [[] for _ in onward]
    for at, targets in enumerate(onward):
        for target in targets:
            before[target].append(at)
    seen = [False] * len(onward)
    order: list[int] = []
    for root in range(len(onward)):
        if not seen[root]:
            order += _left(root, onward, seen)
    seen = [False] * len(onward)
    for root in reversed(order):
        if not seen[root]:
            yield _left(root, before, seen)


def _left(root: int, onward: Sequence[Sequence[int]], seen: list[bool]) -> list[int]:
    """The states not yet seen that a state leads to, in the order in which they are left."""
    seen[root] = True
    left: list[int] = []
    work = [(root, iter(onward[root]))]
    while work:
        at, targets = work[-1]
        target = next((t for t in targets if not seen[t]), None)
        if target is None:
            left.append(at)
            work.pop()
        else:
            seen[target] = True
            work.append((target, iter(onward[target])))
    return left
