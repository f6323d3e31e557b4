"""Keys with which programs call the API, each for some of what there is to do.

fingerpost keys add crm --scope walk --scope read:trees --days 365
fingerpost keys list
fingerpost keys revoke k_1f9Xa0Qz

A key is shown once, when it is made. Scopes: read:trees, walk (and read what was walked with this
key), read:walks (everybody's), reports, admin.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from web.cli import GOOD, Misuse

if TYPE_CHECKING:
    from web.signin.keys import Key
    from web.signin.setup import SignIn


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action",
        metavar="add|list|revoke",
        required=True,
        help="each has a --help of its own",
    )

    def action(name: str, words: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, description=words, help=words)
        sub.add_argument("--store", metavar="URL", help="the record of the server")
        sub.add_argument("--settings", metavar="FILE", default="", help="fingerpost.toml")
        sub.add_argument("--json", action="store_true", help="the same as JSON")
        return sub

    adding = action("add", "A new key, shown this once.")
    adding.add_argument("name", metavar="NAME", help="of the program, for lists")
    adding.add_argument("--scope", action="append", metavar="SCOPE", help="several are fine")
    adding.add_argument(
        "--days", type=_days, default=0, metavar="N", help="that it lasts (for ever)"
    )
    action("list", "The keys that there are, without their secrets.")
    action("revoke", "A key opens nothing any more.").add_argument("id", metavar="ID")


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from web.cli.people import signing_in
    from web.signin.accounts import Misnamed

    async def work() -> None:
        async with signing_in(args.store, args.settings) as signin:
            await _ACTIONS[args.action](signin, args)

    try:
        asyncio.run(work())
    except Misnamed as wrong:
        raise Misuse(str(wrong)) from None
    return GOOD


async def _add(signin: SignIn, args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json

    key, secret = await signin.keys.add(args.name, args.scope or (), args.days)
    await signin.audit.told("key added", about=key.id, scopes=" ".join(key.scopes))
    if args.json:
        print_json({**_as_json(key), "key": secret})
        return
    print(secret)
    print(
        f"{key.id} for {', '.join(key.scopes)}; the key is shown this once: keep it where secrets are kept"
    )


async def _list(signin: SignIn, args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json

    keys = await signin.keys.all()
    if args.json:
        print_json({"keys": [_as_json(key) for key in keys]})
        return
    if not keys:
        print("no keys yet: `fingerpost keys add NAME --scope walk`")
    for key in keys:
        until = f"until {key.until[:10]}" if key.until else "for ever"
        print("  ".join((key.id, key.name, ", ".join(key.scopes), until)))


async def _revoke(signin: SignIn, args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json

    key = await signin.keys.revoke(args.id)
    await signin.audit.told("key revoked", about=key.id)
    if args.json:
        print_json(_as_json(key))
    else:
        print(f"{key.id} ({key.name}) opens nothing any more")


def _as_json(key: Key) -> dict[str, Any]:
    return {
        "id": key.id, "name": key.name, "scopes": list(key.scopes), "made": key.made,
        "until": key.until or None,
    }  # fmt: skip


_ACTIONS: dict[str, Callable[[SignIn, argparse.Namespace], Awaitable[None]]] = {
    "add": _add,
    "list": _list,
    "revoke": _revoke,
}
