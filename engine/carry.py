"""A walk that somebody else goes on with: a new walk of the same tree, taken as far as what was said
in the old one carries it.

Every answer is given again at its own step, by whoever gave it; the result of an action is taken
again where the same is asked for. So nobody is asked twice, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.errors import FingerpostError
from engine.kit.kept import alike
from engine.model import ActionFinished, Answered, Changed, Continued, Noun, Tree, Walk
from engine.rebase import place, standing
from engine.walk import answer, resolve, unsealed
from engine.walking.past import Past


class Carried(Noun, frozen=True):
    """``walk``: the new one; ``left``: the answers that its way has not come to, by ``TREE.NODE``."""

    walk: Walk
    left: Mapping[str, Any]


def carried(tree: Tree, walk: Walk, old: Walk, *, at: datetime, ref: Callable[[], str]) -> Carried:
    """``walk``, which has just begun, taken along by the moves of ``old``. ``ref``: a new reference
    for the private values of each. What leads out at any time is not taken again."""
    left = [past for past in standing(old) if not _leaves(past)]
    while walk.state.status != "ended":
        past = next((p for p in left if place(p.state) == place(walk.state)), None)
        moved = None if past is None else _again(tree, walk, old, past, at, ref())
        if past is None or moved is None:
            break
        walk = moved
        left.remove(past)
    return Carried(walk, _answers(left, old))


def _leaves(past: Past) -> bool:
    said = getattr(past.event, "answer", None)
    return isinstance(said, Mapping) and said.keys() == {"anytime"}


def _again(tree: Tree, walk: Walk, old: Walk, past: Past, at: datetime, ref: str) -> Walk | None:
    """The walk after a move made again; None where it is not accepted here."""
    event = past.event
    common: dict[str, Any] = {"at": at, "by": event.actor, "ref": ref}
    try:
        if isinstance(event, ActionFinished):
            return _result(tree, walk, old, past, common)
        if isinstance(event, Answered | Changed | Continued):
            said = unsealed(getattr(event, "answer", None), old.secrets)
            return answer(tree, walk, said, **common)
    except FingerpostError:
        return None
    return None


def _result(
    tree: Tree, walk: Walk, old: Walk, past: Past, common: Mapping[str, Any]
) -> Walk | None:
    event, now, then = past.event, walk.state.request, past.state.request
    if now is None or then is None or not isinstance(event, ActionFinished):
        return None
    if now.action != then.action or not alike(now.inputs, then.inputs):
        return None
    result = {"exit": event.exit, **unsealed(event.outputs, old.secrets)}
    return resolve(tree, walk, now.id, result, reason=event.reason, **common)


def _answers(left: list[Past], old: Walk) -> dict[str, Any]:
    """What was answered at steps that were not come to, the last word of each."""
    found: dict[str, Any] = {}
    for past in left:
        if isinstance(past.event, Answered | Changed):
            frame = past.state.frames[-1]
            said = unsealed(past.event.answer, old.secrets)
            found[f"{frame.tree}.{frame.node}"] = said
    return found
