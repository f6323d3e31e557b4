"""The application: everything that a desk offers, on one FastAPI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import metadata
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from engine.errors import (
    Changed,
    ClientIdReused,
    Conflict,
    FingerpostError,
    InvalidAnswer,
    NotThere,
    Refused,
    StoreError,
)
from engine.stores.vault import Locked
from web import logs, metrics
from web.api.calls import api
from web.api.openapi import document
from web.api.reading import BadRequest
from web.desk import Desk
from web.limits import TooMuch
from web.pages.account import account
from web.pages.closing import Messages
from web.pages.embed import embed
from web.pages.entrance import entrance, turned_away
from web.pages.front import pages
from web.pages.looks import render
from web.pages.views import ErrorPage
from web.pages.wording import sentence
from web.serving.entry import Entry, Service, templates
from web.serving.framed import Framed
from web.serving.guard import Guard
from web.serving.hot import Hot
from web.serving.onward import Onward
from web.signin.gate import Gate
from web.signin.setup import SignIn
from web.signin.tries import TooMany

READY_WITHIN = 2.0  # seconds that the store has to answer in
_TITLES: tuple[tuple[type[Exception], int, str], ...] = (
    (InvalidAnswer, 422, "Not accepted"),
    (ClientIdReused, 422, "Not accepted"),
    (BadRequest, 422, "Not understood"),
    (Conflict, 409, "Somebody was first"),
    (Refused, 409, "Not possible here"),
    (Changed, 409, "Somebody was first"),
    (NotThere, 404, "Not there"),
    (TooMany, 429, "Too many tries"),
    (TooMuch, 429, "Too much at once"),
    (Locked, 503, "Personal values cannot be opened"),
    (StoreError, 503, "The record cannot be written"),
)


def create_app(
    desk: Desk, *, local: bool = True, service: Service | None = None,
    signin: SignIn | None = None, frames: str = "",
) -> Any:  # fmt: skip
    """The ASGI application of a desk. ``local``: only this machine's own names are served;
    ``service``: how much at once, and whether it is about to stop; ``signin``: how people sign in
    (nobody has to, without); ``frames``: the sites whose pages may hold ours."""
    service = service or Service()
    signin = signin or SignIn(desk.store.shelf, desk.clock)
    gate = Gate(signin)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await signin.ready()
        await desk.performing.start()
        await desk.outbox.start(Messages(desk).compose)
        yield
        await desk.outbox.stop()
        await desk.performing.stop()
        await desk.store.close()

    app = FastAPI(
        title="Fingerpost", version=metadata.version("fingerpost"),
        description="Trees, walks and their record.",
        openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None, lifespan=lifespan,
        redirect_slashes=False,
    )  # fmt: skip
    routes = (*pages(desk), *entrance(gate), *account(gate), *embed(desk, signin, frames))
    shown = [gate.over(route) for route in routes]
    app.router.routes.extend(shown)
    app.include_router(api(desk, gate.api_route))
    app.openapi = partial(document, app)  # type: ignore[method-assign]
    app.router.route_class = gate.api_route
    app.add_api_route("/healthz", _alive, include_in_schema=False)
    app.add_api_route("/readyz", _ready(desk, service), include_in_schema=False)
    app.add_api_route("/metrics", _metrics(desk), include_in_schema=False)
    app.add_exception_handler(FingerpostError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _fault)
    hot = Hot(app, shown, _failed)
    inside = Framed(
        Onward(gate.around(hot)), signin.passes, _told, values=signin.embedding.values,
        over_https=signin.public_url.startswith("https:"),
    )  # fmt: skip
    guard = Guard(inside, _told, local, public_url=signin.public_url, frames=frames)
    return Entry(guard, _told, service, templates(app.routes))


async def _alive() -> dict[str, str]:
    return {"status": "alive"}


def _ready(desk: Desk, service: Service) -> Any:
    async def ready() -> Response:
        why = "it is about to stop" if service.draining else await _not_ready(desk)
        if why:
            return JSONResponse({"status": "not ready", "why": why}, 503)
        return JSONResponse({"status": "ready", "trees": len(desk.trees)})

    return ready


async def _not_ready(desk: Desk) -> str:
    """What keeps this desk from serving, or nothing."""
    if not desk.trees:
        return "no tree is without errors"
    try:
        async with asyncio.timeout(READY_WITHIN):
            await desk.store.walks(limit=1)
            await desk.published.keep_again()
    except StoreError as wrong:
        return str(wrong)
    except TimeoutError:
        return "the store does not answer"
    return ""


def _metrics(desk: Desk) -> Any:
    async def figures() -> Response:
        desk.measured()
        return Response(metrics.page(), media_type=metrics.CONTENT_TYPE)

    return figures


async def _refused(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, FingerpostError)
    turned = await turned_away(request, wrong, partial(_response, request.scope))
    if turned is not None:
        return turned
    for kind, status, title in _TITLES:
        if isinstance(wrong, kind):
            fields = dict(wrong.fields) if isinstance(wrong, InvalidAnswer | BadRequest) else None
            status = wrong.status if isinstance(wrong, BadRequest) else status
            response = _response(request.scope, status, title, sentence(str(wrong)), fields)
            if status == 503 or isinstance(wrong, TooMuch):
                wait = wrong.seconds if isinstance(wrong, TooMuch) else 5
                response.headers["retry-after"] = str(wait)
            return response
    return await _fault(request, wrong)


async def _failed(request: Request, wrong: Exception) -> Response:
    """What the handlers above say of whatever was raised, for routes that the framework does not see."""
    if isinstance(wrong, FingerpostError):
        return await _refused(request, wrong)
    handler = _http if isinstance(wrong, HTTPException) else _fault
    return await handler(request, wrong)


async def _fault(request: Request, wrong: Exception) -> Response:
    """A fault inside: nobody is shown a traceback, and everybody can name it."""
    if isinstance(wrong, ClientDisconnect):  # gone before all of the request was here
        return Response(status_code=499)
    reference = logs.reference()
    logs.log.error("fault", method=request.method, exc_info=wrong)
    words = f"Nothing that was acknowledged is lost. Try again; if it stays, tell us the reference {reference}."
    return _response(request.scope, 500, "Something went wrong here", words)


async def _http(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    title, words = _HTTP.get(wrong.status_code, (str(wrong.detail), str(wrong.detail)))
    response = _response(request.scope, wrong.status_code, title, words)
    response.headers.update(wrong.headers or {})
    return response


_HTTP = {
    400: ("Not understood", "What was sent is no form that can be read."),
    404: ("There is no such page", "The address leads nowhere. The library lists what there is."),
    405: ("Not this way", "This address takes other calls."),
    413: ("Too large", "At most 1 MB can be sent at once."),
}


async def _invalid(request: Request, wrong: Exception) -> Response:
    return _response(
        request.scope, 422, "Not understood", "A part of the address is not what it should be."
    )


def _response(
    scope: Any, status: int, title: str, words: str, fields: dict[str, str] | None = None
) -> Response:
    if scope["path"].startswith("/api/"):
        return JSONResponse(
            _problem(status, title, words, fields), status, media_type="application/problem+json"
        )
    page = render("error.html", ErrorPage(title, words))
    return HTMLResponse(page, status, headers={"cache-control": "no-store"})


def _problem(
    status: int, title: str, words: str, fields: dict[str, str] | None = None
) -> dict[str, Any]:
    """Problem details (RFC 9457)."""
    found: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": words,
        "reference": logs.reference(),
    }
    return found | ({"fields": fields} if fields is not None else {})


def _told(scope: Any, status: int, title: str, words: str) -> tuple[bytes, bytes]:
    """A refusal of the guard's, in the form that the caller reads."""
    if scope["path"].startswith("/api/"):
        return b"application/problem+json", json.dumps(_problem(status, title, words)).encode()
    return b"text/html; charset=utf-8", render("error.html", ErrorPage(title, words)).encode()
