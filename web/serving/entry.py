"""What every request passes first: it gets an id, is counted and timed, and is refused at once where
too many are under way. Pure ASGI, a few microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from web import logs, metrics
from web.pages import preferred
from web.serving.guard import App, Receive, Refuse, Scope, Send
from web.words import SOURCE

# What may come as X-Request-Id: nothing that could break a line or a page.
_SAFE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_METHODS: Final = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
# A probe that is refused because there is much to do would get the server killed.
_ALWAYS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_NO_ROUTE: Final = "(none)"
_BUSY: Final = (
    "More is asked for than can be answered just now. Nothing was done; try again in a moment."
)
_LEFT: Final = 499  # the status told where the caller went before there was an answer


@dataclass
class Service:
    """How this process serves: ``most`` requests at once; ``draining`` once it is to stop;
    ``language`` to whoever's browser names none that the pages have."""

    most: int = 250
    language: str = SOURCE
    draining: bool = False
    under_way: int = 0


class Entry:
    """``routes``: the templates of addresses by what answers them."""

    def __init__(
        self, app: App, refuse: Refuse, service: Service, routes: Mapping[Any, str]
    ) -> None:
        self.app = app
        self.refuse = refuse
        self.service = service
        self.routes = routes
        self._refusals: dict[tuple[bool, str], tuple[bytes, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        service, began, status = self.service, perf_counter(), _LEFT
        request = _given(scope["headers"]) or logs.new_reference()
        logs.begin(request)
        preferred.begin(scope, service.language)

        def told(message: MutableMapping[str, Any]) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                about = [*message["headers"], (b"x-request-id", request.encode())]
                if service.draining:
                    about.append((b"connection", b"close"))
                message["headers"] = about
            return send(message)

        service.under_way += 1
        metrics.UNDER_WAY.inc()
        try:
            if service.under_way > service.most and scope["path"] not in _ALWAYS:
                await self._shed(scope, told)
            else:
                await self.app(scope, receive, told)
        finally:
            service.under_way -= 1
            metrics.UNDER_WAY.dec()
            self._done(scope, status, perf_counter() - began, request)

    async def _shed(self, scope: Scope, send: Send) -> None:
        metrics.SHED.inc()
        # Made once: to say no must cost next to nothing, or saying it keeps the others waiting.
        look = scope["path"].startswith("/api/"), preferred.preferred()
        if look not in self._refusals:
            self._refusals[look] = self.refuse(scope, 503, "Too busy", _BUSY)
        kind, body = self._refusals[look]
        headers = [
            (b"content-type", kind),
            (b"content-length", b"%d" % len(body)),
            (b"retry-after", b"1"),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _done(self, scope: Scope, status: int, seconds: float, request: str) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = scope.get("route")
        template = route.path if route is not None else self._template(scope)
        metrics.request(method, template, status, seconds)
        if template not in _ALWAYS:  # asked every few seconds, and of no interest
            logs.told(method, template, status, seconds, request)

    def _template(self, scope: Scope) -> str:
        return self.routes.get(scope.get("endpoint"), _NO_ROUTE)


def templates(routes: Iterable[Any]) -> dict[Any, str]:
    """The template of each address, by what answers it (the first, where it answers several)."""
    found: dict[Any, str] = {}
    for route in routes:
        if hasattr(route, "endpoint"):
            found.setdefault(route.endpoint, route.path)
    return found


def _given(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id that the caller gave the request, if it is one that can be told again."""
    for name, value in headers:
        if name == b"x-request-id" and _SAFE.fullmatch(value):
            return value.decode()
    return ""
