"""A way to a server that loses what a network loses: it cuts a connection after any byte, or takes
a message there and loses the answer. It speaks PostgreSQL's protocol just enough to see what
commits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

_COMMIT: Final = b"Q\x00\x00\x00\x0bCOMMIT\x00"
_READY: Final = b"Z\x00\x00\x00\x05"
# The answer to a batch in one statement: a row with the number 1, and then the end.
_DONE: Final = (
    b"D\x00\x00\x00\x0e\x00\x01\x00\x00\x00\x04\x00\x00\x00\x01C\x00\x00\x00\x0dSELECT 1\x00"
)


class Proxy:
    """Stands before a server of this machine; ``port`` is its own.

    ``cut_after`` bytes of the server's answers (``asks``: of what it is asked) every connection is
    cut, once; ``lose_commits`` counts the commits whose answers are still to be lost."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.port = 0
        self.cut_after: int | None = None
        self.asks = False
        self.lose_commits = 0
        self.lost = 0  # what was cut or lost so far
        self.passed = 0  # bytes of answers (or of what was asked) since it was set to 0
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Every connection, now, without a word."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.transport.abort()
            return
        way = _Way(self, writer, onward)
        self._open |= {writer, onward}
        try:
            await asyncio.gather(
                _pump(reader, onward, way.asked), _pump(there, writer, way.answered)
            )
        finally:
            self._open -= {writer, onward}
            for end in (writer, onward):
                end.transport.abort()

    def counted(self, data: bytes, *, asks: bool) -> bytes | None:
        """What of the data may pass; None for all of it."""
        if asks != self.asks:
            return None
        start, self.passed = self.passed, self.passed + len(data)
        if self.cut_after is None or self.passed < self.cut_after:
            return None
        passes, self.cut_after = data[: max(self.cut_after - start, 0)], None
        self.lost += 1
        return passes


class _Way:
    """One connection through the proxy."""

    def __init__(
        self, proxy: Proxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        self.proxy, self.ends = proxy, (client, server)
        self.losing = False

    def asked(self, data: bytes) -> bytes:
        if self.proxy.lose_commits and data.endswith(_COMMIT):
            self.proxy.lose_commits -= 1
            self.losing = True
        passes = self.proxy.counted(data, asks=True)
        if passes is None:
            return data
        raise _Cut(passes)

    def answered(self, data: bytes) -> bytes:
        if self.proxy.lose_commits and _DONE in data:
            self.proxy.lose_commits -= 1
            self.losing = True
        if self.losing:
            if _READY not in data:
                return b""
            self.proxy.lost += 1
            raise _Cut(b"")
        passes = self.proxy.counted(data, asks=False)
        if passes is None:
            return data
        raise _Cut(passes)


class _Cut(Exception):
    """Only this much passes; then the connection is cut."""

    def __init__(self, passes: bytes) -> None:
        self.passes = passes


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, see: Callable[[bytes], bytes]
) -> None:
    try:
        while data := await reader.read(65_536):
            try:
                writer.write(see(data))
            except _Cut as cut:
                writer.write(cut.passes)
                await writer.drain()
                break
            await writer.drain()
    except OSError:
        pass
    finally:
        # What was written before is on its way; after it comes the end.
        writer.close()
