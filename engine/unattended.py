"""What becomes of an action that nobody here can do: pages, API and terminal ask the same.

It is one rule in two places: what is done by hand is passed over by the verb ``run`` as a walk comes
to it, so that the checks see it; of a call over HTTP only whoever would make it knows that it
cannot be made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from engine.model import NOBODY, Action, Tree, Walk
from engine.walk import resolve


def action_of(tree: Tree, walk: Walk) -> Action | None:
    """The contract of the action that a walk waits for."""
    if walk.state.request is None:
        return None
    frame = walk.state.frames[-1]
    owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
    found: Action | None = getattr(owner.nodes[frame.node], "action", None)
    return found


def unattended(
    tree: Tree,
    walk: Walk,
    *,
    at: datetime,
    by: str = "server",
    performs: Callable[[Action], bool] = lambda action: False,
) -> Walk:
    """The walk once every action that nobody can do has taken its failed exit: none that a server
    ``performs``, and none that an agent or a team is there for."""
    while (request := walk.state.request) is not None:
        frame = walk.state.frames[-1]
        owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
        node = owner.nodes[frame.node]
        if request.begun or node.by_hand(walk.about.audience) or performs(node.action):
            break
        exit = {"exit": node.action.failed}
        walk = resolve(tree, walk, request.id, exit, at=at, by=by, reason=NOBODY)
    return walk
