"""Who may sign in with a password of this server's, and as what.

fingerpost users add ana --role agent --role author      asks for the password
fingerpost users list
fingerpost users role ana supervisor                     instead of the roles that ana had
fingerpost users password ana                            and ends ana's sessions
fingerpost users disable ana                             shut out at once; `enable` lets back in

A password is asked for without being shown. A program gives it on standard input:
fingerpost users add ana --role agent < file
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from web.cli import GOOD, Misuse

if TYPE_CHECKING:
    from web.signin.accounts import Account
    from web.signin.setup import SignIn

_ROLES = "agent, author, supervisor, admin"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", metavar="add|list|password|role|disable|enable", required=True,
        help="each has a --help of its own",
    )  # fmt: skip

    def action(name: str, words: str, *, of: bool = True) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, description=words, help=words)
        if of:
            sub.add_argument("name", metavar="NAME", help="what one signs in with")
        sub.add_argument("--store", metavar="URL", help="the record of the server")
        sub.add_argument("--settings", metavar="FILE", default="", help="fingerpost.toml")
        sub.add_argument("--json", action="store_true", help="what was done as JSON")
        return sub

    adding = action("add", "A new user; asks for the password.")
    action("list", "Everybody who may sign in.", of=False)
    action("password", "Another password; ends all sessions.")
    roles = action("role", "Other roles, instead of those before.")
    action("disable", "Shut out, at once.")
    action("enable", "Let in again.")
    adding.add_argument(
        "--role", action="append", metavar="ROLE", help=f"{_ROLES}; several are fine"
    )
    roles.add_argument("role", nargs="+", metavar="ROLE", help=_ROLES)
    adding.add_argument("--shown", default="", metavar="NAME", help="the name that others see")
    for sub in (adding, roles):
        sub.add_argument(
            "--team", action="append", metavar="TEAM", help="of a tree's teams; several are fine"
        )


def run(args: argparse.Namespace) -> int:
    from web.cli.people import signing_in
    from web.signin.accounts import Misnamed
    from web.signin.passwords import Weak

    async def work() -> None:
        async with signing_in(args.store, args.settings) as signin:
            await _ACTIONS[args.action](signin, args)

    try:
        asyncio.run(work())
    except (Misnamed, Weak) as wrong:
        raise Misuse(str(wrong)) from None
    return GOOD


def _password(name: str) -> str:
    """Asked for twice where somebody types it; the first line where a program gives it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("Once more: ") != first:
        raise Misuse("the two are not the same: nothing was changed")
    return first


async def _add(signin: SignIn, args: argparse.Namespace) -> None:
    from engine.errors import Changed
    from web.signin import passwords
    from web.signin.accounts import checked_roles

    checked_roles(args.role or ())  # before a password is asked for
    password = _password(args.name)
    passwords.judge(password, args.name, args.shown)
    try:
        account = await signin.accounts.add(
            args.name, password, args.role or (), at=signin.clock(),
            shown=args.shown, teams=args.team or (),
        )  # fmt: skip
    except Changed:
        raise Misuse(
            f"there is a user {args.name!r} already: `fingerpost users password` or `role` changes it"
        ) from None
    await signin.audit.told("user added", about=account.id, roles=" ".join(account.roles))
    _told(args, account, f"{account.name} may sign in as {', '.join(account.roles)}")


async def _change(
    signin: SignIn, args: argparse.Namespace, what: str, words: str, **to: Any
) -> None:
    account = await signin.accounts.change(args.name, **to)
    about = {"roles": " ".join(account.roles)} if "roles" in to else {}
    await signin.audit.told(what, about=account.id, **about)
    _told(args, account, words.format(name=account.name, roles=", ".join(account.roles)))


async def _set_password(signin: SignIn, args: argparse.Namespace) -> None:
    await signin.accounts.named(args.name)
    to = {"password": _password(args.name)}
    await _change(signin, args, "password changed", "{name} has another password", **to)


async def _set_roles(signin: SignIn, args: argparse.Namespace) -> None:
    to: dict[str, Any] = {"roles": args.role}
    if args.team is not None:
        to["teams"] = tuple(sorted(args.team))
    await _change(signin, args, "roles changed", "{name} is now {roles}", **to)


async def _disable(signin: SignIn, args: argparse.Namespace) -> None:
    await _change(signin, args, "user shut out", "{name} is shut out", off=True)


async def _enable(signin: SignIn, args: argparse.Namespace) -> None:
    await _change(signin, args, "user let in", "{name} may sign in again", off=False)


async def _list(signin: SignIn, args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json

    accounts = [account for _, account in await signin.accounts.all()]
    if args.json:
        print_json({"users": [_as_json(account) for account in accounts]})
        return
    if not accounts:
        print("no users yet: `fingerpost users add NAME --role agent`")
    for account in accounts:
        also = [f"in {', '.join(account.teams)}"] if account.teams else []
        also += [f"by {account.provider}"] if account.provider else []
        also += ["shut out"] if account.off else []
        print("  ".join((account.id, account.name, ", ".join(account.roles), *also)))


def _told(args: argparse.Namespace, account: Account, words: str) -> None:
    from web.cli.terminal import print_json

    if args.json:
        print_json(_as_json(account))
    else:
        print(words)


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "id": account.id, "name": account.name, "shown": account.shown or None,
        "roles": list(account.roles), "teams": list(account.teams),
        "provider": account.provider or None, "made": account.made, "disabled": account.off,
    }  # fmt: skip


_ACTIONS: dict[str, Callable[[SignIn, argparse.Namespace], Awaitable[None]]] = {
    "add": _add,
    "list": _list,
    "password": _set_password,
    "role": _set_roles,
    "disable": _disable,
    "enable": _enable,
}
