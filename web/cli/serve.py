"""Serve pages and API for a library of trees.

fingerpost serve                       trees/ on http://127.0.0.1:8000
fingerpost serve trees --port 8080 --store sqlite:////var/lib/fingerpost/record.db
fingerpost serve --show-settings       what is set, and where
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from web.cli import GOOD, WRONG, Misuse


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

    flags = {name: getattr(args, name) for name in settings.DEFAULTS}
    try:
        found = settings.load(flags, file=args.settings)
    except settings.BadSettings as wrong:
        raise Misuse(str(wrong)) from None
    if args.show_settings:
        return _show({name: (_shown(s.value), s.origin) for name, s in found.items()}, args.json)
    return _serve({name: setting.value for name, setting in found.items()})


def _show(found: dict[str, tuple[str, str]], as_json: bool) -> int:
    from web.cli.terminal import print_json

    if as_json:
        print_json(
            {name: {"value": value, "origin": origin} for name, (value, origin) in found.items()}
        )
        return GOOD
    for name, (value, origin) in found.items():
        print(f"{name:8} {value}   ({origin})")
    return GOOD


def _shown(value: Any) -> str:
    """A setting without the password that an address may hold."""
    return re.sub(r"(://[^:/@\s]*:)[^@\s]*@", r"\1…@", str(value))


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
