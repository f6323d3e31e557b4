"""How many questions a walk is likely to have ahead of it, from the graph of its tree.

Each way out of a question counts as likely as the others. Of an action or a subtree those that end
at once count a quarter: as a rule it does not fail. What only another audience is offered, and what
can be taken at any time, does not count. So the figure of a step is that of its tree: it is
worked out once, and falls as one goes on, but where an answer leads to the longer way.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from engine.model import State, Tree
from engine.nodes.ask import Ask
from engine.nodes.run import Run
from engine.nodes.use import Use

_ROUNDS: Final = 200
_EXACT: Final = 0.01
_FAILS: Final = 0.25
MOST: Final = 99  # beyond it a tree goes round and round


def remaining(tree: Tree, state: State, audience: str) -> int:
    """About how many more questions follow the step where a walk stands; that one not counted."""
    known = _figures(tree, audience)
    *below, top = state.frames
    found = known[top.tree][top.node] - _asks(_owner(tree, top.tree).nodes[top.node])
    for frame in below:
        node = _owner(tree, frame.tree).nodes[frame.node]
        found += _mean(node, known[frame.tree], audience)
    return min(MOST, max(0, round(found)))


def _owner(tree: Tree, id: str) -> Tree:
    return tree if id == tree.id else tree.uses[id]


@lru_cache(maxsize=500)
def _figures(tree: Tree, audience: str) -> Mapping[str, Mapping[str, float]]:
    """Questions from each node to an end, that of the node itself counted: by tree and node."""
    known: dict[str, dict[str, float]] = {}
    for owner in (tree, *tree.uses.values()):
        _work_out(tree, owner, audience, known)
    return known


def _work_out(
    tree: Tree, owner: Tree, audience: str, known: dict[str, dict[str, float]]
) -> Mapping[str, float]:
    if owner.id in known:
        return known[owner.id]
    found = dict.fromkeys(owner.nodes, 0.0)
    own = {id: _asks(node) for id, node in owner.nodes.items()}
    for id, node in owner.nodes.items():
        if isinstance(node, Use) and node.uses in tree.uses:
            used = tree.uses[node.uses]
            own[id] += _work_out(tree, used, audience, known)[used.start]
    for _ in range(_ROUNDS):
        moved = 0.0
        for id in reversed(list(owner.nodes)):
            now = min(float(MOST), own[id] + _mean(owner.nodes[id], found, audience))
            moved, found[id] = max(moved, abs(now - found[id])), now
        if moved < _EXACT:
            break
    known[owner.id] = found
    return found


def _asks(node: Any) -> float:
    return 1.0 if isinstance(node, Ask) else 0.0


def _mean(node: Any, known: Mapping[str, float], audience: str) -> float:
    """What lies behind a node, over its ways out."""
    others = {c.id for c in getattr(node, "choices", ()) if c.only not in ("", audience)}
    ways = [
        known[way.to]
        for way in node.exits
        if way.to in known and way.name != "limit" and way.name not in others
    ]
    least = _FAILS if isinstance(node, Run | Use) else 1.0
    weights = [1.0 if left else least for left in ways]
    return sum(ways) / sum(weights) if ways else 0.0
