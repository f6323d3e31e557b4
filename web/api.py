"""The JSON API: the same resources as the pages, under ``/api/v1``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from engine import walk as walks
from engine.errors import Conflict, FingerpostError
from engine.formats.graph_json import graph
from engine.model import (
    Closed,
    Event,
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
from engine.record import as_json
from engine.replay import rebase
from web.desk import Desk, Moved, digest
from web.findings import as_json as finding_json
from web.transcript import transcript

_MOST_DEEP = 20
_BESIDE: Mapping[str, type[Event]] = {
    "noted": Noted,
    "parked": Parked,
    "resumed": Resumed,
    "handed_to": HandedTo,
    "jumped": Jumped,
    "language_set": LanguageSet,
    "surveyed": Surveyed,
    "closed": Closed,
}
_OURS = frozenset({"type", "seq", "client_id", "node", "answer", "request", "result"})


class BadRequest(FingerpostError):
    """The body of a call is not what this call takes."""


def api(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["Fingerpost"])
    calls = _Calls(desk)
    body = _body_of
    router.add_api_route(
        "/walks/{id}/events",
        calls.append,
        methods=["POST"],
        summary="Append an event: an answer, going back, a note …",
        openapi_extra=body(_EVENT),
    )
    router.add_api_route(
        "/walks",
        calls.start,
        methods=["POST"],
        status_code=201,
        summary="Start a walk",
        openapi_extra=body(_START),
    )
    router.add_api_route("/walks/{id}", calls.walk, methods=["GET"], summary="Where a walk stands")
    router.add_api_route(
        "/walks/{id}/rebase",
        calls.rebase,
        methods=["POST"],
        summary="What changing an answer would do, or the change",
        openapi_extra=body(_REBASE),
    )
    router.add_api_route(
        "/walks/{id}/path", calls.path, methods=["GET"], summary="The steps of the present path"
    )
    router.add_api_route(
        "/walks/{id}/path.csv", calls.path_csv, methods=["GET"], summary="The same as CSV"
    )
    router.add_api_route(
        "/walks/{id}/events", calls.events, methods=["GET"], summary="Everything that was recorded"
    )
    router.add_api_route(
        "/walks/{id}/transcript",
        calls.transcript,
        methods=["GET"],
        summary="What was asked and answered, as text",
    )
    router.add_api_route(
        "/trees", calls.trees, methods=["GET"], summary="The trees that can be walked"
    )
    router.add_api_route("/trees/{tree}", calls.tree, methods=["GET"], summary="One tree")
    router.add_api_route(
        "/trees/{tree}/graph", calls.graph, methods=["GET"], summary="Its nodes and exits"
    )
    router.add_api_route(
        "/trees/{tree}/findings", calls.findings, methods=["GET"], summary="What the checks found"
    )
    return router


class _Calls:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- trees

    async def trees(self) -> Response:
        return _json({"trees": [_tree(tree) for tree in self.desk.trees.values()]})

    async def tree(self, tree: str) -> Response:
        return _json(_tree(self.desk.tree(tree)))

    async def graph(self, tree: str) -> Response:
        return _json(graph(self.desk.tree(tree)))

    async def findings(self, tree: str) -> Response:
        found = [f for f in self.desk.examined.findings if f.tree == tree]
        if not found:
            self.desk.tree(tree)
        return _json({"findings": [finding_json(finding) for finding in found]})

    # -- walks

    async def start(self, request: Request) -> Response:
        data = await _read(request, _START)
        about = {
            "given": data.get("given") or {},
            "audience": data.get("audience"),
            "language": data.get("language"),
            "channel": data.get("channel") or "",
            "reference": data.get("reference") or "",
        }
        client_id = data.get("client_id") or ""
        walk = await self.desk.start(data["tree"], client_id=client_id, body=digest(data), **about)
        return _json(await self._standing(walk), 201)

    async def walk(self, id: str) -> Response:
        return _json(await self._standing(await self.desk.walk(id)))

    async def append(self, request: Request, id: str) -> Response:
        data = await _read(request, _EVENT)
        make = self._move(data)
        try:
            walk = await self.desk.move(
                id, make, seq=data["seq"], client_id=data.get("client_id") or "", body=digest(data)
            )
        except Conflict:
            newer = await self._standing(await self.desk.walk(id))
            return _json(newer, 409)
        return _json(await self._standing(walk))

    def _move(self, data: Mapping[str, Any]) -> Moved:
        kind, actor = data["type"], self.desk.actor
        client_id = data.get("client_id") or ""

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            common: dict[str, Any] = {"at": at, "by": actor, "client_id": client_id}
            node = data.get("node")
            if (
                node is not None
                and kind in ("answered", "continued", "action_finished")
                and node != walk.state.frames[-1].node
            ):
                raise Conflict(walk.id, data["seq"], walk.seq)
            if kind == "answered":
                return walks.answer(tree, walk, data.get("answer"), ref=ref, **common)
            if kind == "continued":
                return walks.answer(tree, walk, None, **common)
            if kind == "went_back":
                return walks.back(tree, walk, **common)
            if kind == "action_finished":
                result = data.get("result") or {}
                return walks.resolve(
                    tree, walk, str(data.get("request")), result, ref=ref, **common
                )
            return walks.record(tree, walk, _beside(kind, data, at, actor, client_id))

        return make

    async def rebase(self, request: Request, id: str, dry_run: bool = False) -> Response:
        data = await _read(request, _REBASE)
        told: dict[str, Any] = {}

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            found = rebase(
                tree, walk, data["target"], data.get("answer"), at=at, by=self.desk.actor,
                client_id=data.get("client_id") or "", ref=ref,
            )  # fmt: skip
            told.update(
                kept=found.kept, dropped=found.dropped, asked_again=found.asked_again or None,
                results_kept=found.results_kept, results_repeated=found.results_repeated,
            )  # fmt: skip
            return found.walk

        walk = await self.desk.walk(id)
        if dry_run:
            make(await self.desk.tree_of(walk), walk, self.desk.clock(), "")
            return _json({"dry_run": True, "consequences": told})
        walk = await self.desk.move(
            id, make, seq=data["seq"], client_id=data.get("client_id") or "", body=digest(data)
        )
        return _json({"dry_run": False, "consequences": told, **await self._standing(walk)})

    # -- the record

    async def path(self, id: str) -> Response:
        return _json({"steps": await self._steps(id)})

    async def path_csv(self, id: str) -> Response:
        out = io.StringIO()
        writer = csv.writer(out)
        names = ("tree", "node", "exit", "visit")
        writer.writerow(names)
        writer.writerows([step[name] for name in names] for step in await self._steps(id))
        return Response(out.getvalue(), media_type="text/csv; charset=utf-8")

    async def _steps(self, id: str) -> list[dict[str, Any]]:
        return [
            {"tree": s.tree, "node": s.node, "exit": s.exit, "visit": s.visit}
            for s in walks.steps(await self.desk.walk(id))
        ]

    async def events(self, id: str) -> Response:
        await self.desk.walk(id)
        return _json({"events": [as_json(stored) for stored in await self.desk.events(id)]})

    async def transcript(self, id: str) -> Response:
        walk = await self.desk.walk(id)
        tree = await self.desk.tree_of(walk)
        return PlainTextResponse(transcript(tree, walk))

    async def _standing(self, walk: Walk) -> dict[str, Any]:
        tree = await self.desk.tree_of(walk)
        shown, outcome, request = walks.prompt(tree, walk), walk.state.outcome, walk.state.request
        return {
            "id": walk.id,
            "tree": tree.id,
            "logic": tree.logic,
            "seq": walk.seq,
            "status": "waiting" if outcome is None else "ended",
            "prompt": None if shown is None else msgspec.to_builtins(shown),
            "request": None
            if request is None
            else {
                "id": request.id,
                "action": request.action,
                "how": request.how,
                "by": request.by or None,
            },
            "expects": msgspec.to_builtins(walks.expects(tree, walk)),
            "outcome": None
            if outcome is None
            else {
                "node": outcome.node,
                "disposition": outcome.disposition or None,
                "kpi": outcome.kpi or None,
                "hand_to": outcome.hand_to,
                "survey": outcome.survey or None,
                "words": walks.ending(tree, walk),
            },
        }


def _tree(tree: Tree) -> dict[str, Any]:
    return {
        "id": tree.id,
        "title": tree.title.source,
        "summary": tree.summary.source if tree.summary else None,
        "tags": tree.tags,
        "audience": tree.audience,
        "languages": tree.languages,
        "logic": tree.logic,
        "text": tree.text,
        "start": tree.start,
        "given": [
            {"name": f.name, "type": f.type, "required": f.required, "of": [o.id for o in f.of]}
            for f in tree.given
        ],
        "exits": None if tree.contract is None else list(tree.contract.exits),
    }


def _beside(kind: str, data: Mapping[str, Any], at: datetime, actor: str, client_id: str) -> Event:
    more = {name: value for name, value in data.items() if name not in _OURS}
    if kind in ("jumped", "noted") and "node" in data:
        more["node"] = data["node"]
    try:
        return msgspec.convert(
            {"type": kind, "at": at, "actor": actor, "client_id": client_id, **more}, _BESIDE[kind]
        )
    except msgspec.ValidationError as wrong:
        raise BadRequest(f"this event cannot be noted: {wrong}") from None


# ------------------------------------------------------------------------------- bodies

_TEXT = {"type": "string", "maxLength": 1_000}
_START: Mapping[str, Any] = {
    "type": "object",
    "required": ["tree"],
    "additionalProperties": False,
    "properties": {
        "tree": {**_TEXT, "description": "The tree's id."},
        "client_id": {
            **_TEXT,
            "description": "Your own id for this call: sent again, it gives the same walk.",
        },
        "given": {"type": "object", "description": "What is known before."},
        "audience": {**_TEXT, "description": "agent, customer or system."},
        "language": {**_TEXT, "description": "One of the tree's languages."},
        "channel": {**_TEXT, "description": "phone, chat, page, email, social, desk or api."},
        "reference": {**_TEXT, "description": "Your own reference, such as a case number."},
    },
}
_EVENT: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "seq"],
    "properties": {
        "type": {"enum": ["answered", "continued", "went_back", "action_finished", *_BESIDE]},
        "seq": {"type": "integer", "minimum": 0, "description": "The last event that you saw."},
        "client_id": {
            **_TEXT,
            "description": "Your own id for this call: sent again, it counts once.",
        },
        "node": {**_TEXT, "description": "The node that you answer."},
        "answer": {
            "description": "A choice's id, a list of ids, an object of fields, a row's id, {anytime: ID}."
        },
        "request": {**_TEXT, "description": "The action's request, for action_finished."},
        "result": {"type": "object", "description": "{exit, outputs ..}, for action_finished."},
    },
}
_REBASE: Mapping[str, Any] = {
    "type": "object",
    "required": ["target", "seq"],
    "additionalProperties": False,
    "properties": {
        "target": {
            "type": "integer",
            "minimum": 1,
            "description": "The seq of the answer to change.",
        },
        "answer": {"description": "The new answer."},
        "seq": {"type": "integer", "minimum": 0, "description": "The last event that you saw."},
        "client_id": dict(_TEXT),
    },
}


def _body_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": dict(schema)}},
        }
    }


async def _read(request: Request, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a call. Raises BadRequest, in words, for what is no such body."""
    raw = await request.body()
    try:
        data = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as wrong:
        raise BadRequest(f"the body is no JSON that can be read: {wrong}") from None
    if not isinstance(data, dict):
        raise BadRequest("the body is a JSON object")
    if _depth(data) > _MOST_DEEP:
        raise BadRequest(f"the body is nested more than {_MOST_DEEP} deep")
    for problem in _problems(data, schema):
        raise BadRequest(problem)
    return data


def _problems(data: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    from engine.shape import misfits

    return misfits(data, schema)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            waiting += [(inner, depth + 1) for inner in item.values()]
        elif isinstance(item, list):
            waiting += [(inner, depth + 1) for inner in item]
    return deepest


def _json(value: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(value, status, headers={"cache-control": "no-store"})
