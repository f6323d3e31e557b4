"""Many agents at once, each with a connection that is kept open: an answer, and the page that
follows it. With script a browser asks for both at once (``Prefer: return=representation``); without,
it posts, follows the 303, and gets.

As little as a client can be; its CPU is not what is measured. Headers are those of a browser.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from itertools import cycle
from typing import Any, NamedTuple, TypeVar

import uvloop

from bench.record import line

T = TypeVar("T")
WALKERS = 64
_SEAL = re.compile(rb'name="token" value="([^"]+)"')
_HEADERS = (
    b"Host: 127.0.0.1:%d\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    # Not packed: the floor packs nothing, and both are to send the same bytes. What packing costs is
    # the length of a page alone (bench/pages.py has its bytes).
    b"Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: identity\r\n"
    b"Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n"
    b"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-User: ?1\r\n"
)
_AT_ONCE = b"Prefer: return=representation\r\n"


class Reply(NamedTuple):
    status: int
    location: str  # where it leads, or where what it holds is
    body: bytes


class Connection(asyncio.Protocol):
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self.headers = _HEADERS % port
        self.origin = b"Origin: http://127.0.0.1:%d\r\n" % port
        self._got = b""
        self._waits: asyncio.Future[Reply] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, wrong: Exception | None) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_exception(wrong or ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, blank, body = self._got.partition(b"\r\n\r\n")
        if not blank or self._waits is None:
            return
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        if len(body) >= int(fields.get("content-length", 0)):
            self._got = b""
            status = int(lines[0].split(" ", 2)[1])
            where = fields.get("location") or fields.get("content-location", "")
            self._waits.set_result(Reply(status, where, body))

    async def get(self, path: str) -> Reply:
        return await self._asked(b"GET %s HTTP/1.1\r\n" % path.encode() + self.headers + b"\r\n")

    async def post(self, path: str, form: bytes, *, at_once: bool = False) -> Reply:
        """``at_once``: with the page that follows."""
        about = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
        return await self._asked(
            b"POST %s HTTP/1.1\r\n" % path.encode() + self.headers + self.origin
            + (_AT_ONCE if at_once else b"") + about % len(form) + form
        )  # fmt: skip

    async def _asked(self, what: bytes) -> Reply:
        self._waits = asyncio.get_running_loop().create_future()
        self._transport.write(what)
        return await self._waits

    def close(self) -> None:
        self._transport.close()


async def connect(port: int, count: int = WALKERS) -> list[Connection]:
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(port), "127.0.0.1", port)
        for _ in range(count)
    ]
    return [connection for _, connection in made]


async def seal(connection: Connection) -> str:
    """What our forms are sealed with; "" where they are not."""
    found = _SEAL.search((await connection.get(f"/start/{line.TREE}")).body)
    return found[1].decode() if found else ""


async def start(connection: Connection, seal: str) -> str:
    """Start a walk: the address where it stands."""
    form = line.start_form(secrets.token_urlsafe(9), seal)
    reply = await connection.post(f"/start/{line.TREE}", form)
    assert reply.status == 303, reply
    return reply.location


async def walked(
    connections: Sequence[Connection], at: str, seal: str, typed: list[line.Typed],
    keep: Callable[[float, bytes], None], *, script: bool = True,
) -> str:  # fmt: skip
    """Give these answers one by one; ``keep`` is told how long each took with its page. Each call
    goes over the next connection. ``script``: as the page does where scripts run."""
    calls = cycle(connections)
    for said in typed:
        _, _, id, seq = at.split("/")
        form = line.form(seq, said, seal)
        begun = time.perf_counter()
        page = await next(calls).post(f"/walks/{id}/answer", form, at_once=script)
        at = page.location
        if not script:
            assert page.status == 303, (page, said)
            page = await next(calls).get(at)
        keep(time.perf_counter() - begun, page.body)
        assert page.status == 200, (page, said)
    return at


class Load(NamedTuple):
    """What came of one round."""

    answers: int
    cpu: float  # seconds of the server's processes, while the answers were given
    latencies: list[float]

    @property
    def each(self) -> float:
        return self.cpu / self.answers


async def round_of(
    port: int, cpu: Callable[[], float], walks: int = 2, each: int = 1, *, script: bool = True
) -> Load:
    """Every walker takes so many walks from their start to their end, over ``each`` connections in
    turn. Starting is not measured."""
    connections = [await connect(port, each) for _ in range(WALKERS)]
    typed, taken, sealed = line.answers(), list[float](), await seal(connections[0][0])
    starts = [[await start(ways[0], sealed) for _ in range(walks)] for ways in connections]

    def keep(seconds: float, page: bytes) -> None:
        taken.append(seconds)

    async def walker(ways: list[Connection], addresses: list[str]) -> None:
        for at in addresses:
            await walked(ways, at, sealed, typed, keep, script=script)

    before = cpu()
    await asyncio.gather(*(walker(c, s) for c, s in zip(connections, starts, strict=True)))
    spent = cpu() - before
    for ways in connections:
        for connection in ways:
            connection.close()
    return Load(len(taken), spent, taken)


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
