"""What becomes of an open walk on a new version of its tree.

``migrate`` replays the walk there and says how it comes out; what it says is a dry run, and the
walk that it gives is the migration, once its new event is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from engine.again import is_erased, is_tainted
from engine.errors import FingerpostError, InvalidAnswer
from engine.model import (
    ActionFinished,
    Answered,
    Continued,
    Event,
    Migrated,
    Move,
    Noun,
    Started,
    Tree,
    Walk,
)
from engine.rebase import Redone, new_place, onto, place
from engine.replay import replay

Verdict = Literal["same logic", "clean", "asks again", "stays"]


class Migration(Noun, frozen=True, kw_only=True):
    """How a walk comes out on the new version.

    ``same logic``: only words differ; they are shown at once, and there is nothing to do.
    ``clean``: it goes on at the same place; ``drops`` are answers that the new version does not
    ask for. ``asks again``: it stands at ``at``, the first of ``asks``; the others were passed
    before and come again if the new way comes to them, like the actions in ``repeats``, all safe
    to repeat. ``stays``: it is left on its version; ``why`` says why.

    ``walk`` is the walk after it, its ``migrated`` event in ``walk.new``; for *same logic* and
    *stays* it is the walk as it was.
    """

    verdict: Verdict
    walk: Walk
    at: str = ""
    asks: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    why: str = ""


def migrate(
    old: Tree,
    new: Tree,
    events: Iterable[Event],
    *,
    id: str = "",
    private: Mapping[str, Any] | None = None,
    versions: Mapping[str, Tree] | None = None,
    at: datetime | None = None,
    by: str = "",
) -> Migration:
    """What becomes of the walk with these events. ``versions``: trees by logic hash, where it was
    migrated before. ``at`` is the time of the migration (of its last event unless said). Raises
    Fault where the events do not give a walk on ``old``."""
    log = list(events)
    trees = {**(versions or {}), old.logic: old}
    walk = replay(trees, id, log, private)
    if old.logic == new.logic:
        return Migration(verdict="same logic", walk=walk, at=walk.state.frames[-1].node)
    why = _cannot(walk, log)
    if why:
        return Migration(verdict="stays", walk=walk, why=why)
    event = Migrated(at=at or log[-1].at, actor=by, old=old.logic, new=new.logic)
    began = log[0]
    assert isinstance(began, Started)
    try:
        made = onto(new, walk, began, event)
    except InvalidAnswer as refused:
        return Migration(verdict="stays", walk=walk, why=f"the new version is given {refused}")
    except FingerpostError as refused:
        return Migration(verdict="stays", walk=walk, why=str(refused))
    return _verdict(new, walk, made)


def _cannot(walk: Walk, log: Iterable[Event]) -> str:
    """Why a walk stays, whatever the new version is; "" where nothing speaks against it."""
    if walk.state.status == "ended":
        return "it has ended"
    moves = (event for event in log if isinstance(event, Move))
    if is_tainted(walk) or any(is_erased(event, walk.secrets) for event in moves):
        return "personal values were erased, so it cannot be walked again"
    return ""


def _verdict(new: Tree, walk: Walk, made: Redone) -> Migration:
    why = _under_way(walk, made.walk) or _done(new, made)
    if why:
        return Migration(verdict="stays", walk=walk, why=why)
    at = made.walk.state.frames[-1].node
    dropped = made.nodes(made.dropped, Answered, Continued)
    if place(made.walk.state) == new_place(new, walk.state):
        return Migration(verdict="clean", walk=made.walk, at=at, drops=dropped)
    return Migration(
        verdict="asks again",
        walk=made.walk,
        at=at,
        asks=tuple(dict.fromkeys((at, *dropped))),
        repeats=made.nodes(made.dropped, ActionFinished, safe=True),
    )


def _under_way(walk: Walk, made: Walk) -> str:
    """An action that may be happening now must not be asked for a second time."""
    old, now = walk.state.request, made.state.request
    if old is None or old.safe_to_repeat:
        return ""
    if not old.unsure and now is not None and (now.action, now.inputs) == (old.action, old.inputs):
        return ""
    return f"the action {old.action!r} is under way, and may not be asked for twice"


def _done(new: Tree, made: Redone) -> str:
    """An action that is not safe to repeat is never forgotten."""
    done = [*made.nodes(made.dropped, ActionFinished, safe=False)]
    for tree, node in made.walk.state.kept:
        owner = new if tree == new.id else new.uses.get(tree)
        if owner is None or node not in owner.nodes:
            done.append(node)
    if not done:
        return ""
    return f"what was done at {', '.join(dict.fromkeys(done))} cannot be undone, and the new way does not hold it"
