"""The description of the JSON API, from the declarations that read and write its bodies."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from web.api import bodies, shown
from web.notices import Notice
from web.remarks import Remark
from web.signin.people import SCOPES
from web.signin.rights import RIGHTS

_KEY = "A key of `fingerpost keys add`; without sign-in, this machine needs none. One of the scopes is enough."
_REF = "#/components/schemas/{name}"
_KINDS: list[Any] = [
    bodies.StartCall, bodies.Send, bodies.RebaseCall, bodies.Reply, shown.Standing, shown.TextShown, shown.RebaseTold,
    shown.RebaseDone, shown.PathShown, shown.EventsShown, shown.TreesShown, shown.TreeShown,
    shown.GraphShown, shown.FindingsShown, shown.Problem, bodies.AheadCall, shown.AheadShown, shown.AheadDone,
    bodies.RemarkCall, bodies.RemarkReply, shown.RemarksShown, Remark,
    bodies.NoticeCall, shown.NoticesShown, Notice, shown.WalksShown, shown.WaitingShown,
]  # fmt: skip
_PROBLEMS = {
    "400": "The body is no JSON.",
    "401": "Nobody is signed in, and there is no key.",
    "403": "The key, or the role, is not for that; or another site's page sent it.",
    "404": "There is no such thing.",
    "413": "The body is too large.",
    "422": "Not accepted: `fields` says what and why.",
    "429": "This key makes more calls than it may; `Retry-After` says how many seconds to wait.",
    "503": "The record cannot be written just now; the same call again counts once.",
}


def describe(
    status: int,
    gives: Any,
    *,
    body: Any = None,
    conflict: bool = False,
    refuses: bool = False,
) -> dict[str, Any]:
    """What a call takes and gives, for the description. ``gives`` is a declaration, several
    of them, or the media type of what is no JSON. ``conflict``: it gives the newer state where
    somebody was first; ``refuses``: it says so as a problem."""
    responses: dict[str, Any] = {str(status): _answer(gives)}
    if conflict:
        responses["409"] = {
            "description": "Somebody was first, or it is not possible here: where the walk stands.",
            "content": {"application/json": {"schema": _schema(shown.Standing)}},
        }
    problem = {"application/problem+json": {"schema": _schema(shown.Problem)}}
    problems = {"409": "Somebody was first, or it is not possible here."} if refuses else {}
    for code, words in (_PROBLEMS | problems).items():
        responses[code] = {"description": words, "content": problem}
    told: dict[str, Any] = {"responses": responses}
    if body is not None:
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _schema(body)}},
        }
    return told


def _answer(gives: Any) -> dict[str, Any]:
    content: dict[str, Any]
    if isinstance(gives, str):
        content = {gives: {"schema": {"type": "string"}}}
    elif isinstance(gives, tuple):
        either = {"anyOf": [_schema(kind) for kind in gives]}
        content = {"application/json": {"schema": either}}
    else:
        content = {"application/json": {"schema": _schema(gives)}}
    return {"description": "Done.", "content": content}


def _schema(kind: Any) -> dict[str, Any]:
    (found,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return dict(found)


def document(app: FastAPI) -> dict[str, Any]:
    """The whole description (OpenAPI 3.1)."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _, components = msgspec.json.schema_components(_KINDS, ref_template=_REF)
        key = {"type": "http", "scheme": "bearer", "description": _KEY}
        made["components"] = {"schemas": components, "securitySchemes": {"key": key}}
        for path, calls in made["paths"].items():
            for method, call in calls.items():
                call["security"] = [{"key": _scopes(f"{method.upper()} {path}")}, {}]
                for answer in call["responses"].values():
                    _no_ghosts(answer.get("content", {}))
        app.openapi_schema = made
    return app.openapi_schema


def _scopes(address: str) -> list[str]:
    """The scopes of which a key needs one."""
    right = RIGHTS.get(address, {})
    return [scope for scope in SCOPES if scope in right]


def _no_ghosts(content: dict[str, Any]) -> None:
    """The framework adds answers of its own, which are never given."""
    if len(content) > 1:
        content.pop("application/json", None)
