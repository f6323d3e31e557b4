"""What stands before every request: whose page asks, how much it sends, what goes back with it.

Pure ASGI: a middleware of the framework's own costs half a request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException

from web import logs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Refuse = Callable[[Scope, int, str, str], tuple[bytes, bytes]]  # -> content type, body

MOST_BODY = 1_000_000
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; "
    "frame-ancestors {frames}"
)
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]
_OVER_HTTPS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def headers_of(frames: str = "", *, over_https: bool = False) -> Headers:
    """What every answer tells the browser. ``frames``: the sites whose pages may hold ours."""
    policy = _POLICY.format(frames=frames or "'none'").encode()
    found = [(b"content-security-policy", policy), *_HEADERS]
    if not frames:
        found.append((b"x-frame-options", b"DENY"))
    if over_https:
        found.append(_OVER_HTTPS)
    return found


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _from_elsewhere(headers: dict[bytes, bytes], hosts: frozenset[str]) -> bool:
    """Whether another site's page sent this. Browsers say so; programs say nothing."""
    if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
        return True
    origin = headers.get(b"origin", b"").decode("latin-1")
    return bool(origin) and origin.partition("://")[2] not in hosts


class Guard:
    """``local``: served on this machine alone, so only its own names may be asked for (a page
    elsewhere could point a name of its own at 127.0.0.1). ``public_url``: what people open, where
    they are served elsewhere; ``frames``: the sites whose pages may hold ours."""

    def __init__(
        self,
        app: App,
        refuse: Refuse,
        local: bool = True,
        *,
        public_url: str = "",
        frames: str = "",
    ) -> None:
        self.app = app
        self.refuse = refuse
        self.local = local
        host = public_url.partition("://")[2].partition("/")[0]
        self.public = frozenset((host,)) if host else frozenset()
        self.headers = headers_of(frames, over_https=public_url.startswith("https:"))
        self.names = frozenset(name for name, _ in self.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        problem = self._problem(scope, headers)
        if problem is not None:
            await self._answer(scope, send, *problem)
            return
        await self._served(scope, receive, send)

    def _problem(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, str, str] | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if self.local and host not in self.public and _name(host) not in _OWN_NAMES:
            words = f"This server is asked for as 127.0.0.1, not as {host[:100]!r}."
            return 421, "Not served here", words
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and _from_elsewhere(
            headers, self.public | {host}
        ):
            words = "Another site sent this. Use the form on our own page."
            return 403, "Asked from elsewhere", words
        size = headers.get(b"content-length", b"0")
        if not size.isdigit() or len(size) > 12 or int(size) > MOST_BODY:
            words = f"At most {MOST_BODY // 1_000_000} MB can be sent at once."
            return 413, "Too large", words
        return None

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False
        read = 0

        async def limited() -> MutableMapping[str, Any]:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BODY:
                raise HTTPException(413)
            return message

        def told(message: MutableMapping[str, Any]) -> Awaitable[None]:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = self._with_ours(message["headers"])
            return send(message)

        try:
            await self.app(scope, limited, told)
        except HTTPException as refused:
            await self._answer(scope, send, refused.status_code, "Too large", "This is too large.")
        except Exception as wrong:
            if not begun:  # the app answers its own faults; this is the last resort
                logs.log.error("fault", method=scope["method"], exc_info=wrong)
                words = (
                    "Nothing that was acknowledged is lost. Go back and try again; if it stays, "
                    f"tell us the reference {logs.reference()}."
                )
                await self._answer(scope, send, 500, "Something went wrong here", words)

    def _with_ours(self, given: Iterable[tuple[bytes, bytes]]) -> Headers:
        """The headers of an answer and ours. What it says itself, it says for itself."""
        headers = list(given)
        said = {name for name, _ in headers if name in self.names}
        return headers + ([h for h in self.headers if h[0] not in said] if said else self.headers)

    async def _answer(self, scope: Scope, send: Send, status: int, title: str, words: str) -> None:
        kind, body = self.refuse(scope, status, title, words)
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
