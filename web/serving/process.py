"""One process that serves: its store, its desk, its application on a socket, until it is told to
stop.

Stopping loses nothing that was begun: /readyz says no, every answer closes its connection, nobody
new is let in, what is under way is answered, and only then the store is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from socket import socket
from typing import Any, Final

import uvicorn

from engine.load import Examined
from engine.stores import open_store
from web import logs, metrics
from web.actions import Actions
from web.actions.python import installed
from web.actions.settings import Webhook
from web.desk import Desk
from web.keeping.expiring import keep
from web.published import served
from web.serving.app import create_app
from web.serving.door import Door
from web.serving.entry import Service
from web.serving.judging import Judge
from web.serving.watching import Stamps, Tell, stamps, watch
from web.settings import is_local
from web.signin.accounts import KIND
from web.signin.setup import ACCOUNTS, SignIn, as_set
from web.vaults import tried, vault_of

KEEP_ALIVE: Final = 75  # seconds: an agent thinks longer than uvicorn's 5
LINGER: Final = 0.25  # seconds for what is on its way over connections that are open


class Work:
    """What is served: ``examined`` as ``seen`` was read, by these settings, on these sockets."""

    def __init__(
        self,
        examined: Examined,
        seen: Stamps,
        found: Mapping[str, Any],
        sockets: list[socket],
        cache: Path | None,
        told: Tell,
    ) -> None:
        self.examined = examined
        self.seen = seen
        self.found = found
        self.sockets = sockets
        self.cache = cache
        self.told = told

    @property
    def folder(self) -> Path:
        return Path(self.examined.libraries[0].root)

    @property
    def served(self) -> int:
        """How many trees may be walked."""
        return len(served(self.examined))

    def run(self, started: Callable[[], None], worker: int = 0, lifeline: int = -1) -> list[int]:
        """Serve until a signal says to stop; the signals. ``lifeline``: a pipe that closes when
        whoever started this process is gone. Raises StoreError."""
        logs.set_up(self.found["log_format"], self.found["log_level"], worker)
        return _loop(self._serve(started, worker, lifeline))

    async def _serve(self, started: Callable[[], None], worker: int, lifeline: int) -> list[int]:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(logs.unheard)
        hook = Webhook(
            self.found["webhook"], self.found["webhook_secret"],
            self.found["webhook_personal"] == "yes",
        )  # fmt: skip
        actions = Actions(self.found["actions"], installed(), webhook=hook)
        vault = vault_of(self.found)
        store = await open_store(str(self.found["store"]), vault)
        store.observed(metrics.APPEND_GROUP.observe)
        desk = Desk(
            self.examined, store, actions=actions, retention=self.found["retention"], vault=vault
        )
        seen = await self._newest(desk)
        service = Service(self.found["most_requests"], self.found["language"])
        local = is_local(str(self.found["host"]))
        signin = as_set(self.found, store.shelf, desk.clock)
        app = create_app(
            desk, local=local, service=service, signin=signin, frames=self.found["frame_ancestors"]
        )
        await _warned(signin, local)
        server = _Server(self._config(app), started, shared=worker > 0)
        stopping = _Stopping(server, service, self.found["drain"])
        for sign in (signal.SIGTERM,) if worker else (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stopping.told, sign)
        if lifeline >= 0:
            loop.add_reader(lifeline, stopping.orphaned, lifeline)
        metrics.taken_in(len(desk.trees))
        watcher = asyncio.create_task(
            watch(desk, self.folder, self.cache, self.told, seen=seen, first=worker < 2)
        )
        tasks = [watcher]
        if worker < 2:
            tasks.append(asyncio.create_task(keep(desk, self.found["retention"])))
            tasks.append(asyncio.create_task(tried(desk.store, desk.clock())))
        await server.serve(sockets=self.sockets)
        for task in tasks:
            task.cancel()
        logs.flush()
        return stopping.signs

    async def _newest(self, desk: Desk) -> Stamps:
        """The folder as the desk has it. A worker that is started again finds changed trees."""
        now = stamps(self.folder)

        async def unchanged() -> bool:
            return stamps(self.folder) == now

        if now == self.seen:
            return now
        examined = await Judge(desk, self.cache).examined(self.folder, unchanged)
        if examined is None:
            return self.seen  # it is being changed: that is for the watcher
        desk.take_in(examined)
        return now

    def _config(self, app: Any) -> uvicorn.Config:
        return uvicorn.Config(
            app, ws="none", lifespan="on", log_config=None, access_log=False, server_header=False,
            timeout_keep_alive=KEEP_ALIVE, timeout_graceful_shutdown=self.found["grace"],
        )  # fmt: skip


async def _warned(signin: SignIn, local: bool) -> None:
    """What whoever set this up would want to know before others find it out."""
    if not local and not signin.public_url.startswith("https:"):
        logs.log.warning(
            "passwords and walks travel in clear unless a proxy before this server speaks https: "
            "set public_url to the address that people open"
        )
    if ACCOUNTS in signin.ways and not await signin.shelf.listed(KIND, limit=1):
        logs.log.warning("nobody can sign in yet: fingerpost users add NAME --role admin")


class _Server(uvicorn.Server):
    """``begun`` is called once connections are taken; ``shared``: from a port that other workers
    have too."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None], shared: bool) -> None:
        super().__init__(config)
        self.begun = begun
        self.shared = shared
        # Signals are ours.
        self.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]

    async def startup(self, sockets: list[socket] | None = None) -> None:
        if self.shared:
            await super().startup([])
            self.servers += [Door(one, self._protocol) for one in sockets or []]  # type: ignore[misc]
        else:
            await super().startup(sockets)
        self.begun()

    def _protocol(self) -> Any:
        kind: Any = self.config.http_protocol_class
        return kind(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state,
            _loop=asyncio.get_running_loop(),
        )  # fmt: skip

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        if not self.force_exit:
            await asyncio.sleep(LINGER)
        await super().shutdown(sockets)


class _Stopping:
    """Told once, it drains and stops; told twice, it stops at once."""

    def __init__(self, server: uvicorn.Server, service: Service, drain: float) -> None:
        self.server = server
        self.service = service
        self.drain = drain
        self.signs: list[int] = []

    def told(self, sign: int) -> None:
        self.service.draining = True
        if self.signs:
            self.server.force_exit = True
            self._stop()
        else:
            asyncio.get_running_loop().call_later(self.drain, self._stop)
        self.signs.append(sign)

    def orphaned(self, lifeline: int) -> None:
        asyncio.get_running_loop().remove_reader(lifeline)
        logs.log.error("whoever started this worker is gone: it stops")
        self.told(signal.SIGTERM)

    def _stop(self) -> None:
        self.server.should_exit = True


def _loop(running: Coroutine[Any, Any, list[int]]) -> list[int]:
    """Run it on the fastest loop that is installed."""
    gc.freeze()  # the trees are here to stay: the collector need not look at them
    # An answer makes some thousand objects, and hardly a cycle among them: looking for one after
    # every 700, as Python does, is a tenth of what a server has to do.
    gc.set_threshold(20_000, 10, 50)
    try:
        from uvloop import new_event_loop
    except ImportError:  # there is none for Windows
        return asyncio.run(running)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(running)
