"""Actions by HTTP: one client for everything that goes out.

What comes in is never trusted: no redirect is followed, no cookie kept, nothing unpacked, at most
256 kB read, and what does not fit the contract is a failure with a reason. Reasons hold no value
that anybody gave.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib import metadata
from typing import Any, Final

import httpx2

from engine.building import calls
from engine.model import Action, Noun
from web.actions.breaker import Breaker
from web.actions.settings import ActionSettings
from web.actions.transport import Guarded, NotAllowed, NotFound, Resolve, look_up

LARGEST: Final = 256_000  # bytes of an answer
TRIES: Final = 3  # of an action that is safe to repeat
_PAUSE: Final = 0.2  # seconds before the second try; four times that before the third
_BROKEN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})  # may be otherwise in a moment
_AGENT: Final = f"fingerpost/{metadata.version('fingerpost')}"
_NO_ADDRESS: Final = (
    httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, ValueError,
)  # fmt: skip
# These log each address that is called, and inputs stand in addresses.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)
_log = logging.getLogger("fingerpost.actions")


class Outcome(Noun, frozen=True):
    """What came of a call: its result, ``{"exit": EXIT, outputs ..}``, or the reason why not."""

    result: Mapping[str, Any] | None = None
    reason: str = ""
    again: bool = False  # worth another try
    broken: bool = False  # the other side is not well


@dataclass
class _Under:
    """A call under way: whether its turn has come, and whether anything of it has gone out."""

    going: bool = False
    sent: bool = False

    async def trace(self, event: str, info: Any) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = True


class Http:
    """Made when the server starts, closed when it stops."""

    def __init__(self, settings: ActionSettings, resolve: Resolve = look_up) -> None:
        self.settings = settings
        verify: ssl.SSLContext | bool = True
        if settings.ca:
            verify = ssl.create_default_context(cafile=settings.ca)
        self._client = httpx2.AsyncClient(
            transport=Guarded(settings.allow, verify, resolve), trust_env=False,
            follow_redirects=False, timeout=None,  # the deadline of the whole call stands for all
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )  # fmt: skip
        self._slots = asyncio.Semaphore(settings.at_once)
        self._breakers: dict[str, Breaker] = {}

    async def close(self) -> None:
        await self._client.aclose()

    async def call(self, action: Action, inputs: Mapping[str, Any], key: str) -> Outcome:
        """Call, once or, where that is safe, a few times, within the action's time."""
        try:
            sent = calls.sent(action.http, inputs)
        except ValueError:
            return Outcome(reason="not allowed")
        deadline = asyncio.get_running_loop().time() + calls.seconds(action.http)
        tries = TRIES if action.safe_to_repeat else 1
        found = Outcome(reason="not reached")
        for n in range(tries):
            found = await self._tried(action, sent, key, deadline)
            pause = _PAUSE * 4**n * random.uniform(0.75, 1.25)
            left = deadline - asyncio.get_running_loop().time()
            if not found.again or n + 1 == tries or left <= pause:
                break
            await asyncio.sleep(pause)
        return found

    async def post(
        self, address: str, body: bytes, headers: Mapping[str, str], seconds: float
    ) -> str:
        """Send a message to an address of the settings, once; why it did not arrive, or "". What
        is answered is not read: only whether it is a success."""
        named = {"user-agent": _AGENT, "accept-encoding": "identity", **headers}
        named["content-type"] = "application/json"
        try:
            async with asyncio.timeout(seconds), self._slots:
                request = self._client.build_request("POST", address, headers=named, content=body)
                response = await self._client.send(request, stream=True)
                await response.aclose()
        except TimeoutError:
            return "timeout"
        except (NotAllowed, *_NO_ADDRESS):
            return "not allowed"
        except (NotFound, httpx2.TransportError, httpx2.StreamError):
            return "not reached"
        return "" if 200 <= response.status_code < 300 else f"status {response.status_code}"

    async def _tried(self, action: Action, sent: calls.Sent, key: str, deadline: float) -> Outcome:
        base = self.settings.addresses[sent.setting]
        breaker = self._breakers.setdefault(base, Breaker(time.monotonic))
        if not breaker.lets():
            return Outcome(reason="circuit open")
        under, well = _Under(), None
        try:
            async with asyncio.timeout_at(deadline), self._slots:
                under.going = True
                found = await self._sent(action, base, sent, key, under)
            well = not found.broken
        except TimeoutError:
            reason = "timeout" if under.sent else "not reached" if under.going else "too busy"
            found = Outcome(reason=reason)
            well = False if under.going else None
        finally:
            breaker.went(well)
        return found

    async def _sent(
        self, action: Action, base: str, sent: calls.Sent, key: str, under: _Under
    ) -> Outcome:
        headers = {
            "accept": "application/json", "accept-encoding": "identity",
            "user-agent": _AGENT,
            **sent.headers, **self.settings.headers.get(sent.setting, {}), "idempotency-key": key,
        }  # fmt: skip
        body = b""
        if sent.method not in ("GET", "DELETE"):
            body = json.dumps(sent.body, ensure_ascii=False, default=str).encode()
            headers["content-type"] = "application/json"
        extensions = {"trace": under.trace, "fresh": not action.safe_to_repeat}
        try:
            request = self._client.build_request(
                sent.method, base + sent.rest, headers=headers, content=body or None,
                extensions=extensions,
            )  # fmt: skip
            if not _is_below(request.url, base):
                return Outcome(reason="not allowed")
            response = await self._client.send(request, stream=True)
            try:
                return await _read(action, response)
            finally:
                await response.aclose()
        except NotAllowed as host:
            _log.warning(
                "%s leads to an address that may not be called: add its network to `allow` in "
                "[actions] if it may", host,
            )  # fmt: skip
            return Outcome(reason="not allowed")
        except _NO_ADDRESS:
            return Outcome(reason="not allowed")
        except (NotFound, httpx2.ConnectError, httpx2.ConnectTimeout):
            return Outcome(reason="not reached", again=True, broken=True)
        except (httpx2.TransportError, httpx2.StreamError):
            reason = "cut off" if under.sent else "not reached"
            return Outcome(reason=reason, again=True, broken=True)


def _is_below(url: httpx2.URL, base: str) -> bool:
    """Whether an address is the setting's own or below it: the last of several walls."""
    begins = httpx2.URL(base)
    same = (url.scheme, url.host, url.port) == (begins.scheme, begins.host, begins.port)
    inside = url.path.startswith(begins.path.rstrip("/") + "/") or url.path == begins.path
    return same and inside and not url.userinfo


async def _read(action: Action, response: httpx2.Response) -> Outcome:
    status = response.status_code
    if 300 <= status < 400:
        return Outcome(reason="redirect")
    if not 200 <= status < 300:
        broken = status in _BROKEN
        return Outcome(reason=f"status {status}", again=broken, broken=broken)
    if response.headers.get("content-encoding", "identity") != "identity":
        return Outcome(reason="not JSON")
    read = bytearray()
    async for part in response.aiter_raw():
        read += part
        if len(read) > LARGEST:
            return Outcome(reason="too large")
    try:
        answer = _json(bytes(read))
    except (ValueError, RecursionError):
        return Outcome(reason="not JSON")
    try:
        return Outcome(calls.result(action, answer))
    except calls.Misfit as wrong:
        return Outcome(reason=f"does not fit: {wrong}")


def _json(read: bytes) -> Any:
    """JSON as the standard has it. Raises ValueError for what two readers might read differently."""
    found = json.loads(read.decode(), parse_constant=_refused, object_pairs_hook=_once)
    json.dumps(found, ensure_ascii=False).encode()  # half a character can be kept nowhere
    return found


def _refused(word: str) -> Any:
    raise ValueError(word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
