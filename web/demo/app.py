"""The demo back end over HTTP: its calls as JSON, and a page that shows what it knows and what it
was asked.

    POST /crm/outages            and so on: one address for each action
    POST /demo/plan              {"outage_lookup": ["known", "fails with 500"]}: what calls come to
    POST /demo/reset             {"seed": 2}: as it began
    GET  /demo/state             all of it as JSON
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from web.demo import page
from web.demo.answering import CALLS, Answer, Backend, BadCall
from web.demo.world import SLOW
from web.serving.guard import Guard

_FILES: Final = Path(__file__).parent / "static"
_LONGEST: Final = 300.0  # seconds that a request is left without an answer; nobody waits for more


def create_app(backend: Backend, today: Callable[[], date]) -> Guard:
    """The ASGI application of a back end. ``today``: the day that a reset begins on."""
    at = _Demo(backend, today)
    routes = [
        Route("/", at.shown),
        Route("/live", at.live),
        Route("/reset", at.reset_pressed, methods=["POST"]),
        Route("/plan", at.plan_pressed, methods=["POST"]),
        Route("/demo/state", at.state),
        Route("/demo/plan", at.plan, methods=["POST"]),
        Route("/demo/reset", at.reset, methods=["POST"]),
        *(Route(f"/{path}", at.call, methods=["POST"]) for path in CALLS),
        *(Route(f"/static/{name}", _file(name)) for name in ("demo.css", "demo.js")),
    ]
    return Guard(Starlette(routes=routes, exception_handlers={BadCall: _refused}), _told)


class _Demo:
    def __init__(self, backend: Backend, today: Callable[[], date]) -> None:
        self.backend = backend
        self.today = today

    # -- what trees call

    async def call(self, request: Request) -> Response:
        key = request.headers.get("idempotency-key", "")
        answer = self.backend.answer(request.url.path[1:], key, await _body(request))
        if answer.fault == SLOW:
            await _silence(request)
        return _response(answer)

    # -- what a test or a demonstration asks for

    async def state(self, request: Request) -> Response:
        return JSONResponse(as_plain(self.backend))

    async def plan(self, request: Request) -> Response:
        for action, results in (await _body(request)).items():
            self.backend.plan(action, results if isinstance(results, list) else [results])
        return JSONResponse({"planned": _planned(self.backend)})

    async def reset(self, request: Request) -> Response:
        self._begin((await _body(request)).get("seed", self.backend.seed))
        return JSONResponse({"seed": self.backend.seed})

    def _begin(self, seed: Any) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise BadCall("a seed is a whole number")
        self.backend.reset(seed, self.today())

    # -- the page

    async def shown(self, request: Request) -> Response:
        here = str(request.base_url).rstrip("/")
        headers = {"content-security-policy": _POLICY, **_NOT_KEPT}
        return HTMLResponse(page.whole(self.backend, here), headers=headers)

    async def live(self, request: Request) -> Response:
        if request.query_params.get("version") == str(self.backend.version):
            return Response(status_code=204, headers=_NOT_KEPT)
        told = {"x-version": str(self.backend.version), **_NOT_KEPT}
        return HTMLResponse(page.live(self.backend), headers=told)

    async def reset_pressed(self, request: Request) -> Response:
        self._begin(self.backend.seed)
        return RedirectResponse("/", 303)

    async def plan_pressed(self, request: Request) -> Response:
        action, _, result = str((await request.form()).get("plan", "")).partition(":")
        self.backend.plan(action, [result])
        return RedirectResponse("/", 303)


_NOT_KEPT: Final = {"cache-control": "no-store"}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _response(answer: Answer) -> Response:
    if isinstance(answer.body, str):  # nonsense, which says that it is JSON
        return Response(answer.body, answer.status, media_type="application/json")
    return JSONResponse(answer.body, answer.status)


async def _silence(request: Request) -> None:
    """No answer, until whoever asked has gone."""
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(_LONGEST):
            while not await request.is_disconnected():
                await asyncio.sleep(0.1)


async def _body(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body() or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadCall("what is sent here is a JSON object")
    return found


def _planned(backend: Backend) -> dict[str, list[str]]:
    return {action: [one.words for one in told] for action, told in backend.planned.items()}


def as_plain(backend: Backend) -> dict[str, Any]:
    """All that it knows, as JSON."""
    seen = [
        {"action": one.action, "inputs": one.inputs, "said": one.said, "why": one.why}
        for one in backend.seen
    ]
    return {
        "seed": backend.seed, "today": str(backend.today), "planned": _planned(backend),
        "requests": seen, "tables": {n: list(t.values()) for n, t in backend.world.tables.items()},
    }  # fmt: skip


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def file(request: Request) -> Response:
        return FileResponse(_FILES / name, headers={"cache-control": "no-cache"})

    return file


async def _refused(request: Request, wrong: Exception) -> Response:
    return JSONResponse({"error": str(wrong)}, 422)


def _told(scope: Mapping[str, Any], status: int, title: str, words: str) -> tuple[bytes, bytes]:
    return b"application/json", json.dumps({"error": words}).encode()
