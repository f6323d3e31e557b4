"""Pages within another's page: what their addresses begin with, and who may be around them.

A frame is known by the pass in its path (`signin/passes.py`). Here the pass is taken off, and the
language that may stand behind it, so that the routes are those of everybody; and what goes back is
led through the pass again: links, forms, redirects. Nothing of ours has to know that it stands in a
frame. Pure ASGI.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import MutableMapping
from typing import Any, Final

from markupsafe import Markup
from msgspec.structs import replace

from engine.errors import StoreError
from web.pages.preferred import known
from web.serving.guard import App, Headers, Receive, Refuse, Scope, Send, headers_of
from web.signin.passes import PREFIX, SPOKEN, Passes
from web.signin.people import Frame

# An address of this server in an attribute. (Text never looks so: its quotes are escaped.) What
# stands in /static is everybody's, and has one address, so that a browser keeps it.
_LEADS: Final = re.compile(rb'( (?:href|action|formaction|src)=")(/(?!/|static/))')
_HEAD: Final = Markup(
    '<meta name="fingerpost-host" content="{}"{}>\n'
    '  <script type="module" src="/static/embed.js"></script>\n</head>'
)
_OF_PACKING: Final = frozenset((b"content-length", b"vary"))
_OVER = (
    "This page stood within another, and its time is over, or it was closed. Nothing that was "
    "acknowledged is lost: reload the page around it."
)


class Framed:
    """``values``: whether the page around ours is told what was said, too."""

    def __init__(
        self, app: App, passes: Passes, refuse: Refuse, *, values: bool, over_https: bool
    ) -> None:
        self.app = app
        self.passes = passes
        self.refuse = refuse
        self.values = values
        self.over_https = over_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        given, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        token, _, language = given.partition(SPOKEN)
        try:
            frame = await self.passes.of(token)
        except StoreError as wrong:
            await self._refused(scope, send, 503, "The record cannot be read", str(wrong))
            return
        if frame is None:
            await self._refused(scope, send, 410, "This frame is over", _OVER)
            return
        if language := known(language):
            frame = replace(frame, begins=f"{PREFIX}{token}{SPOKEN}{language}", language=language)
        scope["path"], scope["frame"] = f"/{rest}", frame
        scope["raw_path"] = scope["path"].encode()
        # A page that came packed could not be led: it is packed here, once it is.
        packs = any(n == b"accept-encoding" and b"gzip" in v for n, v in scope["headers"])
        scope["headers"] = [one for one in scope["headers"] if one[0] != b"accept-encoding"]
        policy = headers_of(frame.host, over_https=self.over_https)[0]
        await self.app(scope, receive, _Led(send, frame, policy, self.values, packs).send)

    async def _refused(
        self, scope: Scope, send: Send, status: int, title: str, words: str
    ) -> None:
        scope["path"] = "/framed"
        kind, body = self.refuse(scope, status, title, words)
        headers = [
            (b"content-type", kind),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class _Led:
    """An answer on its way into a frame."""

    def __init__(
        self, send: Send, frame: Frame, policy: tuple[bytes, bytes], values: bool, packs: bool
    ) -> None:
        self.onward = send
        self.begins = frame.begins.encode()
        self.policy = policy
        self.packs = packs
        also = Markup(' data-values="yes"') if values else Markup("")
        self.head = _HEAD.format(frame.host, also).encode()
        self.start: MutableMapping[str, Any] | None = None
        self.body = b""

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = [self._led(*header) for header in message["headers"]]
            message["headers"] = [*headers, self.policy]
            if any(n == b"content-type" and v.startswith(b"text/html") for n, v in headers):
                self.start = message  # its length is known once the page is led
                return
        elif self.start is not None:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._page(self.start)
            return
        await self.onward(message)

    def _led(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """A header that leads to another address of this server leads there within the frame."""
        within = value.startswith(b"/") and not value.startswith((b"//", PREFIX.encode()))
        if name == b"location" and within:
            return name, self.begins + value
        if name == b"refresh":
            return name, value.replace(b"url=/", b"url=" + self.begins + b"/")
        return name, value

    async def _page(self, start: MutableMapping[str, Any]) -> None:
        body = _LEADS.sub(lambda found: found[1] + self.begins + found[2], self.body)
        body = body.replace(b"</head>", self.head, 1).replace(b"<body", b"<body data-framed", 1)
        headers: Headers = [h for h in start["headers"] if h[0] not in _OF_PACKING]
        if self.packs:
            body = gzip.compress(body, 5, mtime=0)
            headers += [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
        start["headers"] = [*headers, (b"content-length", b"%d" % len(body))]
        await self.onward(start)
        await self.onward({"type": "http.response.body", "body": body})
