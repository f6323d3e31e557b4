"""How an action stands that a walk waits for. Pure: it looks at the record, the means and the time."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from engine.kit.moves import AnyValue
from engine.model import Request, Tree, Walk
from engine.unattended import action_of
from web.actions import Actions

BY: Final = "server"  # the actor of what it begins and finishes
MOST_TRIES: Final = 3  # times that a safe action is begun, if it never comes to a result

# ``by_hand``: no server does it; ``due``: to be begun, or begun again; ``under_way``; ``unsure``:
# begun, not safe to repeat, and nobody knows how it went; ``lost``: safe, and begun often enough.
Stand = Literal["none", "by_hand", "due", "under_way", "unsure", "lost"]


def stands(actions: Actions, tree: Tree, walk: Walk, now: datetime) -> Stand:
    request, action = walk.state.request, action_of(tree, walk)
    if request is None or action is None:
        return "none"
    begun, performs = request.begun, bool(actions.how(action)) and not _is_erased(request)
    if begun is None or not begun.how:
        # What was done before with other inputs is told to a person, not done once more.
        return "due" if begun is None and not request.done and performs else "by_hand"
    # A clock that was set back makes nobody wait for an hour.
    if abs((now - begun.at).total_seconds()) <= actions.patience(action):
        return "under_way"
    if not request.safe_to_repeat:
        return "unsure"
    return "due" if begun.tries < MOST_TRIES and performs else "lost"


def _is_erased(request: Request) -> bool:
    """Whether a personal value that it would be given is gone: nobody can call with that."""
    return any(isinstance(value, AnyValue) for value in request.inputs.values())


def alone(tree: Tree, walk: Walk) -> bool:
    """Whether nobody walks who could do the action by hand, or say how it went."""
    action = action_of(tree, walk)
    return walk.about.audience != "agent" and action is not None and action.how != "by"


def key_of(walk: Walk, request: Request) -> str:
    """What a call is known by on the other side: the same each time that this request is begun,
    and of no other. It says nothing of the walk."""
    first = request.begun.first if request.begun is not None else walk.seq
    return sha256(f"{walk.id} {request.id} {first}".encode()).hexdigest()[:32]
