"""How one of several workers takes connections from the port that they share: one at a time.

An event loop takes all that wait at once, and so whichever worker woke first would get every
connection of a burst, while the others have nothing to do. Who takes one, then looks after what it
has, and comes back for the next takes as many as it can serve.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

from web.logs import log

FULL: Final = 0.5  # seconds until it is tried again, where no file can be opened any more


class Door:
    """What a server needs of a listener: it can be closed, and waited for."""

    def __init__(self, listening: socket.socket, protocol: Callable[[], Any]) -> None:
        self.listening = listening
        self.protocol = protocol
        self.loop = asyncio.get_running_loop()
        self.entering: set[asyncio.Task[Any]] = set()
        listening.setblocking(False)
        self._open()

    def _open(self) -> None:
        if self.listening.fileno() >= 0:
            self.loop.add_reader(self.listening.fileno(), self._one)

    def _one(self) -> None:
        try:
            taken, _ = self.listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker was quicker, or the caller has gone
        except OSError as wrong:
            log.error("no connection can be taken", why=wrong.strerror)
            self.loop.remove_reader(self.listening.fileno())
            self.loop.call_later(FULL, self._open)
            return
        taken.setblocking(False)
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self.loop.create_task(self.loop.connect_accepted_socket(self.protocol, taken))
        self.entering.add(task)
        task.add_done_callback(self.entering.discard)

    def close(self) -> None:
        """Take nobody any more."""
        if self.listening.fileno() >= 0:
            self.loop.remove_reader(self.listening.fileno())
            self.listening.close()

    async def wait_closed(self) -> None:
        """Until whoever was taken last is in."""
        if self.entering:
            await asyncio.wait(self.entering)
