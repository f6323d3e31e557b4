"""Accounts: those of this server, with a password, and those that a provider vouches for.

An account lies under what its owner signs in with: ``name:ana``, or the hash of a provider's issuer
and subject. What the record says of him is his ``id``, which is made once and tells nothing.
``epoch`` counts what ends all his sessions: another password, being shut out.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from engine.errors import Changed, NotThere
from engine.model import Noun
from engine.stores.shelf import Shelf
from web.signin import passwords
from web.signin.people import STAFF, Person

KIND: Final = "account"
MOST_NAME: Final = 100


class Account(Noun, frozen=True, kw_only=True):
    """Somebody who may sign in. ``provider``: the issuer that vouches for him, "" for a password
    of this server's."""

    id: str
    name: str
    shown: str = ""
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    password: str = ""  # its hash
    provider: str = ""
    made: str = ""
    off: bool = False
    epoch: int = 0

    @property
    def person(self) -> Person:
        return Person(
            self.id, self.shown or self.name, frozenset(self.roles), frozenset(self.teams)
        )


class Misnamed(Exception):
    """A name, role or team that cannot be: what is wrong with it."""


def folded(name: str) -> str:
    """A name as it is looked up: without case, and however its letters are put together."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def key_of(name: str) -> str:
    return f"name:{folded(name)}"


def key_at(issuer: str, subject: str) -> str:
    """Two providers, or two subjects of one, never have the same."""
    return "provider:" + sha256(f"{len(issuer)}:{issuer}{subject}".encode()).hexdigest()


def new_id() -> str:
    return "p_" + secrets.token_urlsafe(9)


class Accounts:
    """Everybody who may sign in, on a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._places = asyncio.Semaphore(passwords.AT_ONCE)

    async def got(self, key: str) -> tuple[Account, int] | None:
        """An account and its version."""
        kept = await self._shelf.got(KIND, key)
        return None if kept is None else (msgspec.convert(kept.value, Account), kept.version)

    async def named(self, name: str) -> tuple[Account, int]:
        """The account with this name. Raises NotThere."""
        found = await self.got(key_of(name))
        if found is None:
            raise NotThere("user", name, [account.name for _, account in await self.all()])
        return found

    async def all(self) -> list[tuple[str, Account]]:
        """Every account under its key, in the order of those."""
        found: list[tuple[str, Account]] = []
        last = ""
        while page := await self._shelf.listed(KIND, after=last, limit=500):
            found += [(kept.key, msgspec.convert(kept.value, Account)) for kept in page]
            last = page[-1].key
        return found

    async def add(
        self,
        name: str,
        password: str,
        roles: Iterable[str],
        *,
        at: datetime,
        shown: str = "",
        teams: Iterable[str] = (),
    ) -> Account:
        """A new account with a password. Raises Misnamed, passwords.Weak, Changed where there is
        one of that name."""
        name = _checked_name(name)
        passwords.judge(password, name, shown)
        account = Account(
            id=new_id(), name=name, shown=_plain(shown), roles=checked_roles(roles),
            teams=tuple(sorted(teams)), password=passwords.hashed(password), made=at.isoformat(),
        )  # fmt: skip
        await self.keep(key_of(name), account, 0)
        return account

    async def keep(self, key: str, account: Account, after: int) -> None:
        """Raises Changed where the account is not as it was read."""
        await self._shelf.put(KIND, key, msgspec.to_builtins(account), after=after)

    async def change(self, name: str, **to: Any) -> Account:
        """An account with something else in it. ``password`` is taken in clear; with it, and with
        ``off``, all sessions end. Raises NotThere, passwords.Weak, Misnamed, Changed."""
        account, version = await self.named(name)
        if "password" in to:
            passwords.judge(to["password"], account.name, account.shown)
            to["password"] = passwords.hashed(to["password"])
        if "roles" in to:
            to["roles"] = checked_roles(to["roles"])
        ends = "password" in to or "off" in to
        changed = msgspec.structs.replace(account, epoch=account.epoch + ends, **to)
        await self.keep(key_of(name), changed, version)
        return changed

    async def end_sessions(self, key: str) -> None:
        """Sign an account out everywhere. Raises Changed."""
        found = await self.got(key)
        if found is not None:
            account, version = found
            ended = msgspec.structs.replace(account, epoch=account.epoch + 1)
            await self.keep(key, ended, version)

    async def signing_in(self, name: str, password: str) -> Account | None:
        """The account of this name and password; None for a wrong password, and for a name that is
        none or is shut out, after just as much work."""
        found = await self.got(key_of(name)) if len(name) <= MOST_NAME else None
        password = password[: passwords.LONGEST + 1]
        account, version = found or (None, 0)
        async with self._places:  # on a thread: the others are answered meanwhile
            kept = account.password if account else ""
            right = await asyncio.to_thread(passwords.fits, password, kept)
        if account is None or not right or account.off:
            return None
        if passwords.outdated(account.password):
            anew = msgspec.structs.replace(account, password=passwords.hashed(password))
            try:
                await self.keep(key_of(name), anew, version)
            except Changed:  # somebody else was quicker; it is made anew the next time
                return account
        return account

    async def vouched(
        self, issuer: str, subject: str, *, name: str, roles: Iterable[str], teams: Iterable[str],
        at: datetime,
    ) -> Account:  # fmt: skip
        """The account of somebody whom a provider vouches for, as it says today: made when he
        first comes. Raises Changed where it is changed again and again meanwhile."""
        key, tries = key_at(issuer, subject), 3
        while True:
            found = await self.got(key)
            account, version = found or (
                Account(id=new_id(), name=subject, provider=issuer, made=at.isoformat()),
                0,
            )
            today = msgspec.structs.replace(
                account, shown=_plain(name), roles=tuple(sorted(roles)), teams=tuple(sorted(teams))
            )
            if today == account and version:
                return today
            try:
                await self.keep(key, today, version)
                return today
            except Changed:  # he signs in in two tabs at once
                tries -= 1
                if not tries:
                    raise


def checked_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """Raises Misnamed for a role that is none."""
    found = tuple(sorted(set(roles)))
    for role in found:
        if role not in STAFF:
            raise Misnamed(f"there is no role {role!r}: write {', '.join(STAFF)}")
    if not found:
        raise Misnamed(f"a user has at least one role: {', '.join(STAFF)}")
    return found


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= MOST_NAME or not re.fullmatch(r"[\w.@+-]+", name):
        raise Misnamed(
            f"{name[:40]!r} cannot be a name to sign in with: letters, digits and . _ @ + - (at most {MOST_NAME})"
        )
    return name


def _plain(words: str) -> str:
    """A name that is shown: one line, and nothing that turns the text around it."""
    seen = (sign for sign in words if unicodedata.category(sign)[0] != "C" or sign == " ")
    return " ".join("".join(seen).split())[:MOST_NAME]
