"""What everybody is told before the first step: a known outage, a holiday.

fingerpost notices list
fingerpost notices add "We know of an outage in town." --tree internet_down --for 4h
fingerpost notices add "We know of it." --text fr="Nous le savons." --until 2026-11-25T18:00+01:00
fingerpost notices drop 1764072000000a1b2c3d4
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from web.cli import GOOD, Misuse
from web.notices import Notices, plain


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", metavar="ACTION", required=True, help="each has a --help of its own"
    )
    listing = actions.add_parser("list", help="all that are kept")
    adding = actions.add_parser("add", help="tell something")
    adding.add_argument("words", metavar="WORDS", help="what is told, in --language")
    adding.add_argument("--language", default="en", metavar="LANG", help="of WORDS (en)")
    adding.add_argument(
        "--text", action="append", default=[], type=_text, metavar="LANG=WORDS",
        help="the same in another language",
    )  # fmt: skip
    adding.add_argument("--tree", default="", metavar="ID", help="before this tree alone")
    adding.add_argument("--since", type=_moment, metavar="TIME", help="from then on (now)")
    ends = adding.add_mutually_exclusive_group()
    ends.add_argument("--until", type=_moment, metavar="TIME", help="until then")
    ends.add_argument("--for", dest="lasts", type=_lasts, metavar="TIME", help="30m, 4h, 2d")
    dropping = actions.add_parser("drop", help="take one away")
    dropping.add_argument("id", metavar="ID", help="of the notice, as `list` says")
    for each in (listing, adding, dropping):
        each.add_argument("--store", metavar="URL", help="the record of the server")
        each.add_argument("--settings", metavar="FILE", default="", help="fingerpost.toml")
        each.add_argument("--json", action="store_true", help="the same as JSON")


def _text(written: str) -> tuple[str, str]:
    language, equals, words = written.partition("=")
    if not equals or not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]+)?", language):
        raise argparse.ArgumentTypeError(
            f"{written!r} is no LANG=WORDS, like fr='Nous le savons.'"
        )
    return language, words


def _moment(written: str) -> datetime:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{written!r} is no time, like 2026-11-25T18:00+01:00 or 2026-11-25T18:00 (UTC)"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _lasts(written: str) -> timedelta:
    match = re.fullmatch(r"([1-9]\d{0,4})([mhd])", written)
    if match is None:
        raise argparse.ArgumentTypeError(f"{written!r} is no length of time: write 30m, 4h or 2d")
    return timedelta(**{{"m": "minutes", "h": "hours", "d": "days"}[match[2]]: int(match[1])})


@asynccontextmanager
async def _opened(args: argparse.Namespace) -> AsyncIterator[Notices]:
    from engine.stores import open_store
    from web.cli.record import address

    store = await open_store(address(args.store, args.settings))
    try:
        yield Notices(store.shelf, lambda: datetime.now(UTC))
    finally:
        await store.close()


def run(args: argparse.Namespace) -> int:
    from engine.errors import InvalidAnswer
    from web.cli.terminal import print_json

    try:
        found = asyncio.run(_done(args))
    except InvalidAnswer as wrong:
        raise Misuse(str(wrong)) from None
    if args.json:
        print_json({"notices": found})
        return GOOD
    if not found:
        print("nothing is told")
    for notice in found:
        where = notice["tree"] or "all trees"
        ends = f" until {notice['until']}" if notice["until"] else ""
        print(f"{notice['id']}  {where}  from {notice['since']}{ends}")
        for language, words in notice["texts"].items():
            print(f"    {language}: {words}")
    return GOOD


async def _done(args: argparse.Namespace) -> list[dict[str, Any]]:
    from web.signin.audit import on_this_machine

    async with _opened(args) as notices:
        if args.action == "add":
            until = args.until
            if args.lasts:
                until = (args.since or datetime.now(UTC)) + args.lasts
            await notices.add(
                {args.language: args.words, **dict(args.text)}, tree=args.tree,
                since=args.since, until=until, by=on_this_machine(),
            )  # fmt: skip
        elif args.action == "drop":
            await notices.drop(args.id)
        return [plain(notice) for notice in await notices.listed()]
