"""Serve pages and API for a library of trees.

fingerpost serve                       trees/ on http://127.0.0.1:8000
fingerpost serve trees --port 8080 --store sqlite:////var/lib/fingerpost/record.db
fingerpost serve --show-settings       what is set, and where
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from web.cli import GOOD, WRONG, Misuse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trees", nargs="?", metavar="TREES", help="the library (trees)")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--store", metavar="URL", help="where walks are recorded")
    parser.add_argument("--settings", metavar="FILE", default="")
    parser.add_argument("--show-settings", action="store_true")


def run(args: argparse.Namespace) -> int:
    from web import settings

    flags = {name: getattr(args, name) for name in settings.DEFAULTS}
    try:
        found = settings.load(flags, file=args.settings)
    except settings.BadSettings as wrong:
        raise Misuse(str(wrong)) from None
    if args.show_settings:
        for name, setting in found.items():
            print(f"{name:8} {setting.value}   ({setting.origin})")
        return GOOD
    return _serve({name: setting.value for name, setting in found.items()})


def _serve(found: dict[str, Any]) -> int:
    import asyncio

    from engine.load import examine
    from web.cli.findings import told
    from web.cli.terminal import cache_folder, progress, progress_done

    examined = examine(Path(str(found["trees"])), cache=cache_folder(), progress=progress())
    progress_done()
    for finding in examined.errors:
        print(told(finding), file=sys.stderr)
    if not examined.libraries[0].trees:
        print(f"fingerpost: there is no tree to serve in {found['trees']}", file=sys.stderr)
        return WRONG
    return asyncio.run(_running(examined, found))


async def _running(examined: Any, found: dict[str, Any]) -> int:
    import uvicorn

    from engine.stores import open_store
    from web.app import create_app
    from web.desk import Desk
    from web.settings import is_local

    desk = Desk(examined, await open_store(str(found["store"])))
    app = create_app(desk, local=is_local(str(found["host"])))
    config = uvicorn.Config(
        app, host=str(found["host"]), port=int(found["port"]), timeout_keep_alive=75,
        server_header=False, access_log=False, log_level="warning",
    )  # fmt: skip
    server = uvicorn.Server(config)
    print(f"{len(desk.trees)} trees on http://{found['host']}:{found['port']}  (ctrl-C stops)")
    print(f"recording into {found['store']}", flush=True)
    await server.serve()
    return GOOD if server.started else WRONG
