"""Where a walk stands, as every call that moves one answers."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi.responses import Response
from msgspec.structs import replace

from engine import walk as walks
from engine.model import Tree, Walk
from web.actions.waiting import key_of
from web.api import shown
from web.desk import Desk

NO_STORE = {"cache-control": "no-store"}


async def stands(desk: Desk, walk: Walk) -> shown.Standing:
    """Where a walk stands, with what this server does for it."""
    tree, performing = await desk.tree_of(walk), desk.performing
    performing.attend(tree, walk)
    found = standing(tree, walk)
    if walk.state.request is None:
        return found
    if performing.is_pending(tree, walk):
        return replace(found, status="pending")
    unsure = performing.stands(tree, walk) == "unsure"
    return replace(found, request=_request(walk, unsure))


def standing(tree: Tree, walk: Walk) -> shown.Standing:
    """The same, as the record alone has it."""
    about, state = walk.about, walk.state
    return shown.Standing(
        id=walk.id, tree=tree.id, logic=tree.logic, seq=walk.seq,
        status="waiting" if state.outcome is None else "ended",
        started=about.started, audience=about.audience, language=state.language,
        channel=about.channel, reference=about.reference,
        prompt=walks.prompt(tree, walk), request=_request(walk),
        expects=walks.expects(tree, walk), outcome=_outcome(tree, walk),
    )  # fmt: skip


def _request(walk: Walk, unsure: bool = False) -> shown.RequestShown | None:
    request = walk.state.request
    if request is None:
        return None
    begun = request.begun if request.begun and request.begun.how else None
    return shown.RequestShown(
        id=request.id, action=request.action, how=request.how, by=request.by or None,
        inputs=walks.inputs(walk),
        safe_to_repeat=request.safe_to_repeat, begun=begun.at if begun else None, unsure=unsure,
        key=key_of(walk, request) if begun else None,
    )  # fmt: skip


def _outcome(tree: Tree, walk: Walk) -> shown.OutcomeShown | None:
    outcome = walk.state.outcome
    if outcome is None:
        return None
    follow_ups = [
        shown.FollowUpShown(due=p.due.isoformat(), why=p.why, by=p.by or None)
        for p in walk.state.promises
    ]
    return shown.OutcomeShown(
        tree=outcome.tree, node=outcome.node, disposition=outcome.disposition or None,
        kpi=outcome.kpi or None, hand_to=outcome.hand_to, survey=outcome.survey or None,
        follow_ups=follow_ups, words=walks.ending(tree, walk),
    )  # fmt: skip


def as_answer(value: Any, status: int = 200) -> Response:
    """A value as the JSON of an answer."""
    return Response(
        msgspec.json.encode(value), status, media_type="application/json", headers=NO_STORE
    )
