"""Prompts that are alike in every walk, made once: most steps show words alone, and no value.

What a step shows hangs on its tree, node, visit, language and audience; where neither its words nor
its choices, nor what is offered at any time, read a value, it hangs on nothing else.
"""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

from engine.model import Prompt, Text, Tree, Walk
from engine.parts import parts


class Fixed:
    """What is known of one tree (its own nodes, not its subtrees')."""

    def __init__(self, tree: Tree) -> None:
        self.prompts: dict[Any, Prompt] = {}
        self.ways = all(_reads_nothing(tree, way) for way in tree.anytime)
        self._nodes: dict[str, bool] = {}

    def shows(self, tree: Tree, node: str) -> bool:
        """Whether this node shows the same to everybody who comes to it for the same time."""
        found = self._nodes.get(node)
        if found is None:
            found = self._nodes[node] = _reads_nothing(tree, tree.nodes[node])
        return found


def fixed(tree: Tree) -> Fixed:
    found = _known.get(tree)
    return _known.setdefault(tree, Fixed(tree)) if found is None else found


_MOST_VISITS: Final = 3  # of one step, whose prompts are kept: they tell their number
_known: WeakKeyDictionary[Tree, Fixed] = WeakKeyDictionary()


def key_of(tree: Tree, walk: Walk) -> Any:
    """What the prompt of a walk hangs on, None where that is more than where it stands. The same key
    of one tree is the same prompt."""
    state = walk.state
    found: list[Any] = [state.language, walk.about.audience]
    for frame in state.frames:
        inner = tree if frame.tree == tree.id else tree.uses[frame.tree]
        if frame.stood is not None or not fixed(inner).ways:
            return None
        found += (frame.tree, frame.node)
    values, node = frame.values, frame.node
    if walk.draft is not None or not fixed(inner).shows(inner, node):
        return None
    if any(name in values for name in inner.gives[node]):  # a form comes filled in
        return None
    visit = values.get("visits." + node, 0)
    return (*found, visit) if visit <= _MOST_VISITS else None


def _reads_nothing(tree: Tree, part: Any) -> bool:
    """Whether a part is words without a placeholder, in each of its languages."""
    for found in parts(part):
        if type(found) is not Text or found.reads:
            return False
        for words in tree.translations.values():
            if found.address in words and words[found.address].reads:
                return False
    return True
