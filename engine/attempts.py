"""What self-service asks of a tree: whether a step is something to try, and what leads to a person."""

from __future__ import annotations

from typing import Any, Final

from engine.model import State, Tree
from engine.nodes.ask import Ask
from engine.nodes.decide import Decide
from engine.nodes.end import End
from engine.nodes.run import Run
from engine.nodes.tell import Tell

ATTEMPT: Final = "attempt"  # a tag of a step: it is one
_FAR: Final = 4  # silent steps between an exit and its end


def is_attempt(tree: Tree, state: State) -> bool:
    """Whether a walk stands at something to try that is asked about next: a `tell` that leads to a
    question with choices, and takes its time (`wait`), has points to do, or says so by its tag."""
    frame = state.frames[-1]
    owner = owner_of(tree, frame.tree)
    node: Any = owner.nodes[frame.node]
    if not isinstance(node, Tell):
        return False
    following = owner.nodes.get(node.exits[0].to)
    asks = isinstance(following, Ask) and bool(following.choices)
    return asks and bool(node.wait or node.checklist or ATTEMPT in node.tags)


def to_team(tree: Tree, state: State, anytime: str) -> bool:
    """Whether an exit that is offered at any time leads to an end that a team takes up."""
    for frame in reversed(state.frames):
        owner = owner_of(tree, frame.tree)
        known = next((one for one in owner.anytime if one.id == anytime), None)
        if known is not None:
            return _ends_with_team(owner, known.to, _FAR)
    return False


def owner_of(tree: Tree, id: str) -> Tree:
    return tree if id == tree.id else tree.uses[id]


def _ends_with_team(tree: Tree, id: str, far: int) -> bool:
    node = tree.nodes.get(id)
    if isinstance(node, End):
        return bool(node.hand_to)
    if isinstance(node, Decide | Run) and far:
        return any(_ends_with_team(tree, way.to, far - 1) for way in node.exits)
    return False
