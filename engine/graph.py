"""The shape of a tree and of its explored states. The one door networkx comes in by.

What is asked of thousands of states (reachability, strongly connected components) is done on
plain lists: on a graph of 1,000 nodes networkx took five times as long, and importing it longer
than most checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
    itself (Tarjan 1972, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    found: list[list[int]] = []
    for root in range(len(onward)):
        if root in index:
            continue
        work = [(root, 0)]
        while work:
            at, n = work.pop()
            if n == 0:
                index[at] = low[at] = len(index)
                stack.append(at)
                on_stack.add(at)
            targets = onward[at]
            if n < len(targets):
                work.append((at, n + 1))
                target = targets[n]
                if target not in index:
                    work.append((target, 0))
                elif target in on_stack:
                    low[at] = min(low[at], index[target])
                continue
            if low[at] == index[at]:
                part = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    part.append(member)
                    if member == at:
                        break
                if len(part) > 1 or at in onward[at]:
                    found.append(part)
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[at])
    return found
