"""What is found of a step for a customer: the way to a person, and whether it is an attempt that he
may have made before.
"""

from __future__ import annotations

from typing import Any, Final

from engine.model import Prompt, Tree, Walk
from engine.nodes.ask import Ask
from engine.nodes.decide import Decide
from engine.nodes.end import End
from engine.nodes.run import Run
from engine.nodes.tell import Tell
from web.pages.help.shown import Person

ATTEMPT: Final = "attempt"  # a tag of a step: it is one
_FAR: Final = 4  # silent steps between an exit and its end


def to_person(tree: Tree, walk: Walk, prompt: Prompt | None) -> Person:
    """The exit of the tree that leads to a team, the first that is offered here; none, where a code
    is the way."""
    for way in () if prompt is None else prompt.anytime:
        for frame in reversed(walk.state.frames):
            owner = owner_of(tree, frame.tree)
            known = next((one for one in owner.anytime if one.id == way.id), None)
            if known is not None:
                if _leads_to_team(owner, known.to, _FAR):
                    return Person(way.id, way.label)
                break
    return Person()


def owner_of(tree: Tree, id: str) -> Tree:
    return tree if id == tree.id else tree.uses[id]


def _leads_to_team(tree: Tree, id: str, far: int) -> bool:
    node = tree.nodes.get(id)
    if isinstance(node, End):
        return bool(node.hand_to)
    if isinstance(node, Decide | Run) and far:
        return any(_leads_to_team(tree, way.to, far - 1) for way in node.exits)
    return False


def is_attempt(tree: Tree, walk: Walk) -> bool:
    """Whether a step is something to try that is asked about next: a `tell` that leads to a question
    with choices, and takes its time (`wait`), has points to do, or says so by its tag."""
    frame = walk.state.frames[-1]
    owner = owner_of(tree, frame.tree)
    node: Any = owner.nodes[frame.node]
    if not isinstance(node, Tell):
        return False
    following = owner.nodes.get(node.exits[0].to)
    asks = isinstance(following, Ask) and bool(following.choices)
    return asks and bool(node.wait or node.checklist or ATTEMPT in node.tags)
