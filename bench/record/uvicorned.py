"""An application under uvicorn with the settings that ``fingerpost serve`` has."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn


def serve(app: Any) -> None:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(2_048)
    print(f"on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", timeout_keep_alive=75, timeout_graceful_shutdown=5,
        server_header=False, access_log=False, log_level="warning",
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])
