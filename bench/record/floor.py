"""The floor of an answer, its durable record and the next page: as small as it honestly can be.

It does what no server can leave out:

* reads the form, refuses an answer to another step than the one that the walk stands at;
* keeps a row of the same size as ours, committed together with what waits, ``synchronous=FULL``;
  it answers after COMMIT returned, with a 303;
* tells the browser with every answer what it may do with it, in the same headers as ours;
* gives the page of the next step, put together from parts that are ready, of the same bytes as
  ours, with the walk's id, numbers, a fresh id and the times of the answers in their places.

It does not do anything else: one tree and one way through it, no checks of what is answered, no
retries, no readers beside it, no errors that teach. Uvicorn has the settings of ours.

    python -m bench.record.floor PARTS FILE
"""

from __future__ import annotations

import asyncio
import json
import queue
import secrets
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import apsw

from bench.record.uvicorned import serve
from web.serving.guard import headers_of

_STORE = [
    (b"cache-control", b"no-store"),
    (b"content-type", b"text/html; charset=utf-8"),
    *headers_of(),
]
_AT_ONCE = (b"prefer", b"return=representation")


class Pages:
    """The pages of the way, each cut where something of a walk stands in it."""

    def __init__(self, file: Path) -> None:
        found = json.loads(file.read_text())
        self.pages = [[part.encode() for part in page] for page in found["pages"]]
        self.rows = [" " * size for size in found["rows"]]
        self.seqs = found["seqs"]


class Writer:
    """One thread; what waits together is committed together."""

    def __init__(self, file: str) -> None:
        self.waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.file = file
        self.loop: asyncio.AbstractEventLoop  # once there is one
        threading.Thread(target=self._write, daemon=True).start()

    def kept(self, *row: Any) -> asyncio.Future[None]:
        future: asyncio.Future[None] = self.loop.create_future()
        self.waiting.put((future, row))
        return future

    def _write(self) -> None:
        connection = apsw.Connection(self.file)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(
            "CREATE TABLE events (walk TEXT, seq INTEGER, event TEXT, PRIMARY KEY (walk, seq)) WITHOUT ROWID"
        )
        while True:
            batch = [self.waiting.get()]
            while not self.waiting.empty():
                batch.append(self.waiting.get())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?)", [row for _, row in batch]
            )
            connection.execute("COMMIT")
            self.loop.call_soon_threadsafe(_told, batch)


def _told(batch: list[Any]) -> None:
    for future, _ in batch:
        future.set_result(None)


class Floor:
    def __init__(self, pages: Pages, writer: Writer) -> None:
        self.pages = pages
        self.writer = writer
        self.walks: dict[str, list[bytes]] = {}  # times of the answers so far

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        _, kind, id, *_ = scope["path"].split("/")
        if scope["method"] == "GET":
            page = self._page(id) if kind == "walks" else b""
            head = [*_STORE, (b"content-length", b"%d" % len(page))]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": page})
            return
        body = (await receive())["body"]
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        where = await (self._start() if kind == "start" else self._answer(id, form))
        if where and kind != "start" and _AT_ONCE in scope["headers"]:
            page = self._page(id)
            length = (b"content-length", b"%d" % len(page))
            head = [*_STORE, length, (b"content-location", where.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": page})
            return
        head = [*_STORE, (b"content-length", b"0"), (b"location", where.encode())]
        await send(
            {"type": "http.response.start", "status": 303 if where else 409, "headers": head}
        )
        await send({"type": "http.response.body", "body": b""})

    async def _lifespan(self, receive: Any, send: Any) -> None:
        self.writer.loop = asyncio.get_running_loop()
        for answer in ("lifespan.startup.complete", "lifespan.shutdown.complete"):
            await receive()
            await send({"type": answer})

    async def _start(self) -> str:
        id = secrets.token_urlsafe(18)
        await self.writer.kept(id, 1, self.pages.rows[0])
        self.walks[id] = []
        return f"/walks/{id}/{self.pages.seqs[0]}"

    async def _answer(self, id: str, form: dict[str, str]) -> str:
        times = self.walks[id]
        step = len(times)
        if form["seq"] != str(self.pages.seqs[step]):
            return ""
        await self.writer.kept(id, self.pages.seqs[step + 1], self.pages.rows[step])
        at = datetime.now(UTC)
        times.append(f'"{at.isoformat()}">{at:%H:%M:%S}<'.encode())
        return f"/walks/{id}/{self.pages.seqs[step + 1]}"

    def _page(self, id: str) -> bytes:
        times = self.walks[id]
        step = len(times)
        holes = {
            b"{id}": id.encode(),
            b"{seq}": b"%d" % self.pages.seqs[step],
            b"{token}": secrets.token_urlsafe(12).encode(),
        } | {b"{time%d}" % n: time for n, time in enumerate(times)}
        find = holes.get
        return b"".join([find(part, part) for part in self.pages.pages[step]])


if __name__ == "__main__":
    serve(Floor(Pages(Path(sys.argv[1])), Writer(sys.argv[2])))
