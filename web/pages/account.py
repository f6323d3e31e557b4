"""One's own account: another password, and signing out everywhere."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.model import Noun
from web.pages.entrance import Entrance
from web.pages.forms import Typed
from web.pages.looks import page, redirect
from web.signin import cookies
from web.signin.accounts import Account, folded, key_at, key_of
from web.signin.gate import Gate
from web.signin.passwords import LONGEST, SHORTEST, Weak
from web.signin.tries import TooMany
from web.words import marked

_OLD: Final = marked("This is not the password that you have now")
_TWO: Final = marked("The two are not the same")
_WAIT: Final = marked("Too many tries failed: wait a moment, then try again")
_DONE: Final = marked("You have another password. Everywhere else you are signed out.")


class AccountPage(Noun, frozen=True, kw_only=True):
    """One's own account. Shown by ``account.html``."""

    name: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    provider: bool  # a provider vouches for him: there is no password here
    done: str = ""
    wrong: dict[str, str] = {}
    shortest: int = SHORTEST
    longest: int = LONGEST


def account(gate: Gate) -> list[Route]:
    here = _Own(gate)
    return [
        Route("/account", here.shown),
        Route("/account/password", here.password, methods=["POST"]),
        Route("/account/sessions", here.everywhere, methods=["POST"]),
    ]


class _Own:
    def __init__(self, gate: Gate) -> None:
        self.signin = gate.signin
        self.entrance = Entrance(gate)

    async def _account(self, request: Request) -> Account | None:
        """The account of whoever asks; None where nobody signs in."""
        over_https = self.signin.over_https(request.scope)
        session = cookies.read(request.cookies, cookies.SESSION, over_https)
        return await self.signin.sessions.of(session) if session else None

    async def shown(self, request: Request) -> Response:
        found = await self._account(request)
        if found is None:
            return redirect("/")
        done = _DONE if request.query_params.get("done") else ""
        return self._page(request, found, done=done)

    def _page(self, request: Request, of: Account, status: int = 200, **more: Any) -> Response:
        shown = AccountPage(
            name=of.name, roles=of.roles, teams=of.teams, provider=bool(of.provider), **more,
        )  # fmt: skip
        return page("account.html", shown, status)

    async def password(self, request: Request) -> Response:
        form, found = await Typed.of(request), await self._account(request)
        if found is None or found.provider:
            return redirect("/account")
        wrong = await self._wrong(request, form, found)
        if wrong:
            return self._page(request, found, 422, wrong=wrong)
        try:
            changed = await self.signin.accounts.change(found.name, password=form.word("new"))
        except Weak as weak:
            return self._page(request, found, 422, wrong={"new": str(weak)})
        await self.signin.audit.told("password changed", about=found.id)
        return await self.entrance.let_in(request, key_of(found.name), changed, "/account?done=1")

    async def _wrong(self, request: Request, form: Typed, of: Account) -> dict[str, str]:
        """What is wrong with what was typed; somebody at a screen that was left open does not
        get to try passwords for ever."""
        signin, address = self.signin, request.client.host if request.client else ""
        try:
            await signin.tries.allowed(folded(of.name), address)
        except TooMany:
            return {"old": _WAIT}
        if await signin.accounts.signing_in(of.name, form.word("old")) is None:
            await signin.tries.failed(folded(of.name), address)
            return {"old": _OLD}
        return {"again": _TWO} if form.word("new") != form.word("again") else {}

    async def everywhere(self, request: Request) -> Response:
        """All sessions end, this one too."""
        await Typed.of(request)
        found = await self._account(request)
        if found is not None:
            at = key_at(found.provider, found.name) if found.provider else key_of(found.name)
            await self.signin.accounts.end_sessions(at)
            await self.signin.audit.told("signed out everywhere", who=found.id)
        return await self.entrance.let_out(request)
