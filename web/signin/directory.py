"""The people of this server by their ids: what they are called, and whom a walk can be handed to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Final

from engine.stores.shelf import Shelf
from web.signin.accounts import Account, Accounts
from web.signin.people import Reach, asking
from web.signin.rights import reach

_FRESH: Final = 30.0  # seconds for which nobody is looked up again: a page asks for many names


class Directory:
    """Read from the shelf now and then."""

    def __init__(self, shelf: Shelf) -> None:
        self._accounts = Accounts(shelf)
        self._found: Mapping[str, Account] = {}
        self._until = 0.0
        self._reading = asyncio.Lock()

    async def people(self) -> Mapping[str, Account]:
        if monotonic() >= self._until:
            async with self._reading:
                if monotonic() >= self._until:
                    self._found = {
                        account.id: account for _, account in await self._accounts.all()
                    }
                    self._until = monotonic() + _FRESH
        return self._found

    async def account(self, id: str) -> Account | None:
        """One who was made a moment ago is found too."""
        found = (await self.people()).get(id)
        if found is None and id.startswith("p_"):
            self._until = 0.0
            found = (await self.people()).get(id)
        return found

    async def names(self) -> dict[str, str]:
        """What each is called, by id."""
        return {id: called(account) for id, account in (await self.people()).items()}

    async def named(self, name: str) -> Account | None:
        """By the name that he signs in with, or is shown by where that is his alone."""
        wanted, found = name.strip().casefold(), (await self.people()).values()
        signs = [account for account in found if account.name.casefold() == wanted]
        shown = [account for account in found if account.shown.casefold() == wanted]
        return signs[0] if signs else shown[0] if len(shown) == 1 else None

    async def colleagues(self) -> list[Account]:
        """Those whom a walk can be handed to, by name."""
        me, found = asking().person.id, (await self.people()).values()
        able = [account for account in found if account.id != me and can_take(account)]
        return sorted(able, key=lambda account: called(account).casefold())


def called(account: Account) -> str:
    return account.shown or account.name


def can_take(account: Account) -> bool:
    return not account.off and reach("POST /walks/{id}/take", account.roles) > Reach.NONE
