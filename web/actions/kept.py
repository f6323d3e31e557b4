"""What came of a call, on record: as the result that the walk waits for, or as a note beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from engine import walk as walks
from engine.errors import Conflict, FingerpostError, InvalidAnswer, Refused, StoreError
from engine.model import Action, Noted, Request, Tree, Walk
from web import metrics
from web.actions.http import Outcome
from web.actions.waiting import BY

if TYPE_CHECKING:
    from web.desk import Desk

_PAUSES: Final = (0.2, 1.0, 3.0, 10.0)  # seconds between tries; then as long as it takes
_LONGEST: Final = 30.0
_log = logging.getLogger("fingerpost.actions")


async def keep(desk: Desk, id: str, action: Action, begun: Request, outcome: Outcome) -> None:
    """Record what came of a call that was ``begun``, however long the store takes to be well."""
    why = [outcome.reason]

    def finish(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
        if not _waits_for(walk.state.request, begun):
            raise Refused("the walk does not wait for this action any more")
        return _resolved(tree, walk, action, outcome, at, ref, why)

    tries = 0
    while True:
        try:
            await desk.move(id, finish, seq=None)
            break
        except Refused:
            await _noted(desk, id, action, outcome)
            break
        except Conflict:  # note upon note, each a moment earlier
            await asyncio.sleep(_PAUSES[0])
        except StoreError as wrong:
            _log.error("the result of %s is not kept yet: %s", action.id, wrong)
            await asyncio.sleep(_PAUSES[tries] if tries < len(_PAUSES) else _LONGEST)
            tries += 1
        except Exception:  # the tree cannot go on from there: what was done is not forgotten
            await _noted(desk, id, action, outcome)
            raise
    metrics.action(action.id, _kind(why[0], outcome))


def _waits_for(now: Request | None, begun: Request) -> bool:
    """Whether the walk still waits for this very request, and for no later one of the same name."""
    if now is None or now.begun is None or begun.begun is None:
        return False
    return (now.id, now.begun.first) == (begun.id, begun.begun.first)


def _resolved(
    tree: Tree,
    walk: Walk,
    action: Action,
    outcome: Outcome,
    at: datetime,
    ref: str,
    why: list[str],
) -> Walk:
    """The walk after what came back, if that fits the contract; else by its failed exit, ``why``."""
    request = walk.state.request
    assert request is not None
    common: dict[str, Any] = {"at": at, "by": BY, "ref": ref}
    if outcome.result is not None:
        try:
            return walks.resolve(tree, walk, request.id, outcome.result, **common)
        except InvalidAnswer as wrong:  # its words may hold what came back; the names do not
            why[0] = f"does not fit: {_names(action, wrong.fields)}"
    failed = {"exit": action.failed}
    return walks.resolve(tree, walk, request.id, failed, reason=why[0], **common)


def _names(action: Action, fields: Any) -> str:
    known = {"exit", *(field.name for fields in action.exits.values() for field in fields)}
    named = [name for name, _ in fields if name in known]
    return ", ".join(dict.fromkeys(named)) or "it is too large, or has more than the contract"


def _kind(reason: str, outcome: Outcome) -> str:
    """The outcome as metrics count it."""
    if reason:
        return reason.partition(":")[0]
    result: Mapping[str, Any] = outcome.result or {}
    return str(result.get("exit"))


async def _noted(desk: Desk, id: str, action: Action, outcome: Outcome) -> None:
    """The result of what must not be done twice came when it could not be taken: a note says so."""
    if action.safe_to_repeat or outcome.result is None:
        return
    exit = outcome.result.get("exit")
    named = exit if exit in action.exits else "one that does not fit"
    words = f"{action.id}: its answer came and could not be taken; it is {named}"

    def note(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
        node = walk.state.frames[-1].node
        return walks.record(tree, walk, Noted(at=at, actor=BY, text=words, node=node))

    try:
        await desk.move(id, note, seq=None)
    except FingerpostError as wrong:
        _log.error("%s (not noted: %s)", words, type(wrong).__name__)
