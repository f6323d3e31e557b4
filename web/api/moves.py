"""From an event that a call sends to the move that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from engine import walk as walks
from engine.errors import InvalidAnswer, Refused
from engine.model import (
    ActionStarted,
    Closed,
    Event,
    FollowedUp,
    HandedTo,
    Jumped,
    LanguageSet,
    Noted,
    Parked,
    Resumed,
    Surveyed,
    Tree,
    Walk,
)
from engine.rebase import rebase
from web.desk import Moved
from web.teams import following, handing, taking

_AT_THE_NODE = ("answered", "continued", "action_finished", "action_started")


def move_of(call: Any, actor: str) -> Moved:
    """The move that an event asks for."""
    kind = call.__struct_config__.tag
    make = _MOVES.get(kind, _noted_beside)

    def checked(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
        stands = walk.state.frames[-1].node
        if kind in _AT_THE_NODE and call.node is not None and call.node != stands:
            raise Refused(f"the walk stands at {stands!r}, not at {call.node!r}")
        common = {"at": at, "by": actor, "client_id": call.client_id}
        return make(tree, walk, call, common, ref)

    return checked


Common = Mapping[str, Any]


def _answer(tree: Tree, walk: Walk, call: Any, common: Common, ref: str) -> Walk:
    return walks.answer(tree, walk, call.answer, ref=ref, **common)


def _continue(tree: Tree, walk: Walk, call: Any, common: Common, ref: str) -> Walk:
    return walks.answer(tree, walk, None, **common)


def _back(tree: Tree, walk: Walk, call: Any, common: Common, ref: str) -> Walk:
    return walks.back(tree, walk, **common)


def _finish(tree: Tree, walk: Walk, call: Any, common: Common, ref: str) -> Walk:
    result = call.result if call.result is not None else call.answer
    if result is None:
        result = {"exit": call.exit or "", **(call.outputs or {})}
    result = {"exit": result} if isinstance(result, str) else result
    request = call.request if call.request is not None else _waited(walk)
    return walks.resolve(tree, walk, request, result, ref=ref, **common)


def _waited(walk: Walk) -> str:
    return walk.state.request.id if walk.state.request is not None else ""


def _change(tree: Tree, walk: Walk, call: Any, common: Common, ref: str) -> Walk:
    return rebase(tree, walk, call.target, call.answer, ref=ref, **common).walk


_MOVES: Mapping[str, Callable[[Tree, Walk, Any, Common, str], Walk]] = {
    "answered": _answer,
    "continued": _continue,
    "went_back": _back,
    "action_finished": _finish,
    "changed": _change,
}


def _noted_beside(tree: Tree, walk: Walk, call: Any, common: Common, ref: str) -> Walk:
    kind = call.__struct_config__.tag
    noted = {"at": common["at"], "actor": common["by"], "client_id": common["client_id"]}
    return walks.record(tree, walk, _BESIDE[kind](tree, walk, call, noted))


def _started_action(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    waiting = walk.state.request
    if waiting is None or call.request not in (None, waiting.id):
        raise Refused("the walk does not wait for this action (any more)")
    return ActionStarted(request=waiting.id, action=waiting.action, **noted)


def _note(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    return Noted(text=call.text, node=call.node or walk.state.frames[-1].node, **noted)


def _close(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    if call.disposition and call.disposition not in tree.dispositions:
        raise InvalidAnswer("disposition", f"one of {', '.join(tree.dispositions)}")
    return Closed(disposition=call.disposition, summary=call.summary, **noted)


def _tongue(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    if call.language not in tree.languages:
        raise InvalidAnswer("language", f"this tree is in {', '.join(tree.languages)}")
    return LanguageSet(language=call.language, **noted)


def _jump(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    nodes = {*tree.nodes, *(n for frame in walk.state.frames for n in _nodes(tree, frame.tree))}
    if call.node not in nodes:
        raise InvalidAnswer("node", f"there is no node {call.node!r} in this tree")
    return Jumped(node=call.node, reason=call.reason, **noted)


def _nodes(tree: Tree, id: str) -> Iterable[str]:
    owner = tree if id == tree.id else tree.uses[id]
    return owner.nodes


def _park(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    return Parked(reason=call.reason, until=call.until, **noted)


def _resume(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    return taking(walk, Resumed(**noted))


def _hand(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    return handing(tree, HandedTo(to=call.to, reason=call.reason, **noted))


def _follow(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    result = {"promise": call.promise, "result": call.result, "until": call.until}
    return following(walk, FollowedUp(note=call.note, **result, **noted))


def _survey(tree: Tree, walk: Walk, call: Any, noted: dict[str, Any]) -> Event:
    return Surveyed(survey=call.survey, rating=call.rating, comment=call.comment, **noted)


_BESIDE: Mapping[str, Callable[[Tree, Walk, Any, dict[str, Any]], Event]] = {
    "action_started": _started_action,
    "noted": _note,
    "jumped": _jump,
    "language_set": _tongue,
    "closed": _close,
    "parked": _park,
    "resumed": _resume,
    "handed_to": _hand,
    "followed_up": _follow,
    "surveyed": _survey,
}
