"""A small back end on this machine, so that one sees what the actions of trees do.

fingerpost demo-backend                         on http://127.0.0.1:8090, with a page to watch
fingerpost demo-backend --settings demo.toml    the same, and how to connect as a settings file:
fingerpost serve --settings demo.toml           in another terminal
fingerpost demo-backend --seed 2                other customers beside those that are always there
fingerpost demo-backend --guide outage_lookup   what to type for each exit of an action (or of all)

Everything in it is invented, and forgotten when it stops.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from web.cli import GOOD, Misuse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8090, help="(8090; 0: any that is free)")
    parser.add_argument("--seed", type=int, default=1, help="which customers there are (1)")
    parser.add_argument(
        "--guide", nargs="?", const="", metavar="ACTION", help="print what to type for each exit"
    )
    parser.add_argument(
        "--settings", metavar="FILE", default="", help="write how to connect, for `serve`"
    )


def run(args: argparse.Namespace) -> int:
    if args.guide is not None:
        return _guide(args.guide, args.seed)
    import asyncio

    import uvicorn

    from web.cli.serve import listening
    from web.demo import settings
    from web.demo.answering import Backend
    from web.demo.app import create_app

    with listening("127.0.0.1", args.port) as taken:
        here = f"http://127.0.0.1:{taken.getsockname()[1]}"
        if args.settings:
            _write(Path(args.settings), settings.table(here))
        print(_greeting(here, args.settings), flush=True)
        app = create_app(Backend(args.seed, date.today()), date.today)
        config = uvicorn.Config(
            app, ws="none", lifespan="off", log_config=None, access_log=False,
            server_header=False, timeout_keep_alive=75, timeout_graceful_shutdown=1,
        )  # fmt: skip
        asyncio.run(uvicorn.Server(config).serve(sockets=[taken]))
    return GOOD


def _guide(action: str, seed: int) -> int:
    from web.demo.first_day import world
    from web.demo.guide import ways

    told = [way for way in ways(world(seed, date.today())) if action in ("", way.action)]
    if not told:
        raise Misuse(f"there is no action {action!r} here. `--guide` alone lists them all")
    wide = max(len(f"{way.action}: {way.exit}") for way in told)
    for way in told:
        print(f"{f'{way.action}: {way.exit}':{wide}}  {way.words}")
    return GOOD


def _greeting(here: str, file: str) -> str:
    from web.demo import settings

    if file:
        connect = f"To have trees call it:  fingerpost serve --settings {file}"
    else:
        lines = settings.environment(here).replace("\n", "\n  ")
        connect = (
            f"To have trees call it, in the shell where `fingerpost serve` is started:\n  {lines}"
        )
    return f"demo back end on {here}  (ctrl-C stops)\n{connect}"


def _write(file: Path, text: str) -> None:
    first = "# Written by `fingerpost demo-backend`: fingerpost serve --settings THIS\n"
    if file.exists() and not file.read_text("utf-8").startswith(first):
        raise Misuse(f"{file} is there already, and not ours: name another file for --settings")
    file.write_text(first + text, "utf-8")
