"""The routes that are asked for most, found by looking at the address instead of trying one route
after another, and answered without the framework's layers: those cost more than the answer does.

What is not found here, or asked for in another way, goes on to the application as ever; it has the
same routes, so nothing is served here alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.serving.guard import App, Receive, Scope, Send

# Answers for what a route raised.
Fail = Callable[[Request, Exception], Awaitable[Response]]


class Hot:
    """Routes of the forms ``/walks/{id}/NAME`` (POST) and ``/walks/{id}/{seq}`` (GET)."""

    def __init__(self, app: App, routes: Iterable[Route], fail: Fail) -> None:
        self.app = app
        self.fail = fail
        self.posts: dict[str, Route] = {}
        self.step: Route | None = None
        for route in routes:
            *before, name = route.path.split("/")
            if before == ["", "walks", "{id}"] and name == "{seq}":
                self.step = route
            elif before == ["", "walks", "{id}"] and route.methods == {"POST"}:
                self.posts[name] = route

    def _found(self, scope: Scope) -> tuple[Route | None, dict[str, str]]:
        parts = scope["path"].split("/") if scope["type"] == "http" else []
        if len(parts) != 4 or parts[1] != "walks" or not parts[2] or not parts[3]:
            return None, {}
        _, _, id, name = parts
        if scope["method"] == "POST":
            return self.posts.get(name), {"id": id}
        if scope["method"] == "GET" and name.isdigit():  # there are pages by name beside the steps
            return self.step, {"id": id, "seq": name}
        return None, {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route, params = self._found(scope)
        if route is None:
            await self.app(scope, receive, send)
            return
        scope["route"], scope["path_params"] = route, params
        request = Request(scope, receive)
        try:
            response: Response = await route.endpoint(request)
        except Exception as wrong:
            response = await self.fail(request, wrong)
        await response(scope, receive, send)
