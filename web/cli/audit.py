"""Who did what: signing in and what was refused, users and keys changed, records taken out or away.

fingerpost audit list
fingerpost audit list --limit 1000 --json
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from web.cli import GOOD


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", metavar="list", required=True, help="it has a --help of its own"
    )
    listing = actions.add_parser("list", description="The latest lines, the latest first.")
    listing.add_argument("--store", metavar="URL", help="the record of the server")
    listing.add_argument("--settings", metavar="FILE", default="", help="fingerpost.toml")
    listing.add_argument("--limit", type=_count, default=50, metavar="N", help="at most (50)")
    listing.add_argument(
        "--before", default="", metavar="ID", help="only older lines than this one"
    )
    listing.add_argument("--json", action="store_true", help="the same as JSON")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000000")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from web.cli.people import signing_in
    from web.cli.terminal import print_json

    async def work() -> list[dict[str, Any]]:
        async with signing_in(args.store, args.settings, make=False) as signin:
            return await signin.audit.lines(args.limit, args.before)

    lines = asyncio.run(work())
    if args.json:
        print_json({"lines": lines})
        return GOOD
    if not lines:
        print("nothing has been written down yet")
    for line in lines:
        about = [f"{name}={value}" for name, value in line.items() if name not in _FIRST]
        print("  ".join((line["at"][:19].replace("T", " "), line["who"], line["what"], *about)))
    return GOOD


_FIRST = frozenset(("id", "at", "who", "what"))
