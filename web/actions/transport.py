"""Connections that lead only where they may.

A name is looked up once, every address that it has is judged, and the connection goes to one of
those very addresses: a name that means something else a moment later leads nowhere. Certificates
are still those of the name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

import httpx2

from web.actions.addresses import permitted

Resolve = Callable[[str, int], Awaitable[list[str]]]


class NotAllowed(Exception):
    """An address that may not be called."""


class NotFound(Exception):
    """A name that has no address."""


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which to try them. Raises NotFound."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFound(host) from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Guarded(httpx2.AsyncBaseTransport):
    """One pool of connections for each host: what a certificate has vouched for is not used for
    another name at the same address. Calls with the extension ``fresh`` have connections of their
    own: one that was kept may be closed as it is used, and then nobody knows whether it was."""

    def __init__(
        self, allow: tuple[str, ...], verify: ssl.SSLContext | bool, resolve: Resolve = look_up
    ) -> None:
        self.allow = allow
        self.verify = verify
        self.resolve = resolve
        self._pools: dict[tuple[str, int | None, bool], httpx2.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await self.resolve(url.host, port)
        if not addresses or not all(permitted(one, self.allow) for one in addresses):
            raise NotAllowed(url.host)
        extensions = {**request.extensions, "sni_hostname": url.host}
        pool = self._pool(url.host, port, bool(extensions.pop("fresh", False)))
        for n, address in enumerate(addresses, 1):
            pinned = httpx2.Request(
                request.method, url.copy_with(host=address), headers=request.headers,
                stream=request.stream, extensions=extensions,
            )  # fmt: skip
            try:
                return await pool.handle_async_request(pinned)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if n == len(addresses):
                    raise
        raise NotFound(url.host)  # never: there was an address

    def _pool(self, host: str, port: int, fresh: bool) -> httpx2.AsyncHTTPTransport:
        key = (host, port, fresh)
        if key not in self._pools:
            limits = httpx2.Limits(
                max_connections=None, max_keepalive_connections=0 if fresh else 10
            )
            self._pools[key] = httpx2.AsyncHTTPTransport(
                verify=self.verify, trust_env=False, limits=limits
            )
        return self._pools[key]

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()
