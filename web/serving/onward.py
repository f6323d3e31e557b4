"""A move and the page that it leads to, in one answer, for whoever asks for that.

A browser that sends a form is led on by a 303, and asks again: two round trips a step, and a reload
repeats nothing. A script of ours has no reload to fear, so it says ``Prefer: return=representation``
(RFC 7240) and gets the page at once; ``Content-Location`` says whose it is (RFC 9110, 8.7). The page
is asked for here as the browser would, through all that stands inside: nothing is decided twice.
Pure ASGI.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from web.serving.guard import App, Headers, Receive, Scope, Send

_ASKED: Final = (b"prefer", b"return=representation")
_WALK: Final = b"/walks/"
_OF_A_BODY: Final = frozenset(
    (b"content-type", b"content-length", b"transfer-encoding", _ASKED[0])
)


class Onward:
    """Follows where a move within a walk leads; whatever leads elsewhere goes to the caller."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _wanted(scope):
            await self.app(scope, receive, send)
            return
        after = _after(scope)
        led: MutableMapping[str, Any] | None = None

        async def told(message: MutableMapping[str, Any]) -> None:
            nonlocal led
            if message["type"] == "http.response.start" and _where(message).startswith(_WALK):
                led = message
            if led is None:
                await send(message)

        await self.app(scope, receive, told)
        if led is not None:
            await self._page(after, led, receive, send)

    async def _page(
        self, scope: Scope, led: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        where = _where(led)
        raw, _, query = where.partition(b"#")[0].partition(b"?")
        page = {**scope, "raw_path": raw, "path": unquote(raw.decode()), "query_string": query}
        more: Headers = [h for h in led["headers"] if h[0] == b"set-cookie"]
        more += [(b"content-location", where), (b"preference-applied", _ASKED[1])]
        read = False

        async def nothing() -> MutableMapping[str, Any]:
            nonlocal read
            if read:
                return await receive()  # that the caller left
            read = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def told(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(page, nothing, told)


def _wanted(scope: Scope) -> bool:
    """Whether the caller asks for it. In a frame the browser is led, through the frame's pass."""
    return (
        scope["type"] == "http"
        and scope["method"] == "POST"
        and _ASKED in scope["headers"]
        and "frame" not in scope
    )


def _after(scope: Scope) -> dict[str, Any]:
    """What to ask for the page with: taken before the move, which leaves its own marks."""
    headers = [h for h in scope["headers"] if h[0] not in _OF_A_BODY]
    return {**scope, "method": "GET", "headers": headers}


def _where(message: MutableMapping[str, Any]) -> bytes:
    if message["status"] != 303:
        return b""
    return next((bytes(v) for n, v in message["headers"] if n == b"location"), b"")
