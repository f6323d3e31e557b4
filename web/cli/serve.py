"""Serve pages and API for a library of trees.

fingerpost serve                       trees/ on http://127.0.0.1:8000
fingerpost serve trees --port 8080 --store sqlite:////var/lib/fingerpost/record.db
fingerpost serve --show-settings       what is set, and where
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import signal
import socket
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from web.cli import GOOD, INTERRUPTED, WRONG, Misuse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trees", nargs="?", metavar="TREES", help="the library (trees)")
    parser.add_argument("--host", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="(8000)")
    parser.add_argument("--store", metavar="URL", help="where walks are recorded")
    parser.add_argument("--settings", metavar="FILE", default="", help="(fingerpost.toml)")
    parser.add_argument(
        "--show-settings", action="store_true", help="print each, and where it is set"
    )
    parser.add_argument("--json", action="store_true", help="the settings as JSON")


def run(args: argparse.Namespace) -> int:
    from web import settings

    flags = {name: getattr(args, name, None) for name in settings.SETTINGS}
    try:
        found = settings.load(flags, file=args.settings)
    except settings.BadSettings as wrong:
        raise Misuse(str(wrong)) from None
    if args.show_settings:
        return _show(settings.shown(found), args.json)
    return _serve(settings.values(found))


def _show(found: dict[str, tuple[str, str]], as_json: bool) -> int:
    from web.cli.terminal import print_json

    if as_json:
        print_json(
            {name: {"value": value, "origin": origin} for name, (value, origin) in found.items()}
        )
        return GOOD
    for name, (value, origin) in found.items():
        print(f"{name:14} {value}   ({origin})")
    return GOOD


def _serve(found: dict[str, Any]) -> int:
    from engine.load import examine
    from web.cli.findings import told
    from web.cli.terminal import cache_folder, progress, progress_done

    trees = str(found["trees"])
    # Taken before anything is read: a port that is in use is said at once.
    with _listening(str(found["host"]), int(found["port"])) as socket:
        examined = examine(Path(trees), cache=cache_folder(), progress=progress())
        progress_done()
        for finding in examined.errors:
            print(told(finding), file=sys.stderr)
        library = examined.libraries[0]
        if not library.trees:
            print(f"fingerpost: {_nothing(trees, bool(examined.errors))}", file=sys.stderr)
            return WRONG
        return _loop(_running(examined, found, socket))


def _nothing(trees: str, wrong: bool) -> str:
    """Why there is no tree to serve, and what to do."""
    if wrong:
        return f"no tree in {trees} can be served: mend what is named above, then serve again"
    return f"there is no tree in {trees}: `fingerpost new shop/return_an_article --in {trees}` begins one"


def _listening(host: str, port: int) -> socket.socket:
    """The socket of the server. Raises Misuse where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(2_048)
    except OSError as wrong:
        found.close()
        if wrong.errno == errno.EADDRINUSE:
            raise Misuse(
                f"port {port} is in use: stop what listens there, or take another with --port "
                "(FINGERPOST_PORT)"
            ) from None
        raise Misuse(f"{host}:{port} cannot be listened on: {wrong.strerror}") from None
    return found


def _loop(running: Coroutine[Any, Any, int]) -> int:
    """Run it on the fastest loop that is installed."""
    import asyncio

    try:
        from uvloop import new_event_loop
    except ImportError:  # there is none for Windows
        return asyncio.run(running)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(running)


async def _running(examined: Any, found: dict[str, Any], socket: socket.socket) -> int:
    import asyncio

    import uvicorn

    from engine.stores import open_store
    from web.app import create_app
    from web.cli.findings import told as told_of
    from web.cli.terminal import cache_folder
    from web.desk import Desk
    from web.settings import is_local, without_password
    from web.watching import watch

    desk = Desk(examined, await open_store(str(found["store"])))
    app = create_app(desk, local=is_local(str(found["host"])))
    config = uvicorn.Config(
        app, timeout_keep_alive=75, timeout_graceful_shutdown=5,  # an agent thinks longer than 5 s
        server_header=False, access_log=False, log_level="warning",
    )  # fmt: skip
    server = uvicorn.Server(config)
    told: list[int] = []

    def stop(sign: int) -> None:
        server.force_exit = bool(told)  # asked twice
        server.should_exit = True
        told.append(sign)

    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop, sign)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    host, port = socket.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    missing = len(desk.library.trees) - len(desk.trees)
    also = f"; {missing} with errors not served, see above" if missing else ""
    trees = f"{len(desk.trees)} tree{'' if len(desk.trees) == 1 else 's'}"
    print(f"{trees} on http://{name}:{port}{also}  (ctrl-C stops)")
    print(f"recording into {without_password(found['store'])}", flush=True)
    folder = Path(desk.library.root)
    watcher = asyncio.create_task(watch(desk, folder, cache_folder(), told_of))
    await server.serve(sockets=[socket])
    watcher.cancel()
    return INTERRUPTED if signal.SIGINT in told else GOOD
