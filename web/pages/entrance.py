"""Signing in and out, and what somebody is told who may not come in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from engine.errors import FingerpostError
from engine.model import Noun
from web.pages import leading, wording
from web.pages.forms import Typed
from web.pages.looks import page, redirect
from web.signin import cookies
from web.signin.accounts import Account, folded, key_at, key_of
from web.signin.gate import Gate
from web.signin.people import asking
from web.signin.provider import BACK
from web.signin.provider_link import ProviderFailed
from web.signin.setup import ACCOUNTS
from web.signin.tokens import Forged
from web.signin.tries import TooMany
from web.signin.turned import InSelfService, NotAllowed, NotSignedIn
from web.words import marked

_WRONG: Final = marked(
    "This name and this password do not belong together. Both are as you chose them: look at the capitals, and at the keyboard’s language."
)
_NOBODY: Final = marked(
    "No role is written down for you here. Ask whoever looks after Fingerpost."
)


class HeldPage(Noun, frozen=True):
    """A form of somebody who was signed out meanwhile, to be sent again. Shown by ``held.html``."""

    address: str
    sent: list[tuple[str, str]]


class EntrancePage(Noun, frozen=True, kw_only=True):
    """Where one signs in. Shown by ``sign-in.html``."""

    then: str  # where to go after
    accounts: bool
    provider: str  # its label, "" where there is none
    leave: str = ""  # where one signs out at the provider too
    name: str = ""
    notice: str = ""
    wrong: str = ""
    wait: tuple[str, int] | None = None  # how long: the words, and the number in them


def entrance(gate: Gate) -> list[Route]:
    here = Entrance(gate)
    return [
        Route("/sign-in", here.shown),
        Route("/sign-in", here.sign_in, methods=["POST"]),
        Route("/sign-in/provider", here.away),
        Route(BACK, here.back),
        Route("/sign-out", here.sign_out, methods=["POST"]),
    ]


class Entrance:
    """Who comes in, and who goes out."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.signin = gate.signin

    # -- with a password

    async def shown(self, request: Request) -> Response:
        if not self.signin.ways or not asking().person.customer:
            return redirect(within(request.query_params.get("then", "")))
        notice = _NOTICES.get(request.query_params.get("why", ""), "")
        leave = ""
        if notice == _OUT and self.signin.provider is not None:
            leave = await self.signin.provider.leaving(self._base(request))
        response = self._page(request, notice=notice, leave=leave)
        if asking().lapsed:
            self._forget(request, response)
        return response

    def _forget(self, request: Request, response: Response) -> None:
        """The cookie of a session that is over goes."""
        over_https = self.signin.over_https(request.scope)
        gone = cookies.written(cookies.SESSION, "", over_https, timedelta(0))
        response.headers.append("set-cookie", gone)

    def _page(self, request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        signin = self.signin
        then = more.pop("then", "") or within(request.query_params.get("then", ""))
        shown = EntrancePage(
            then=then, accounts=ACCOUNTS in signin.ways,
            provider=(signin.provider.settings.label or "OpenID Connect") if signin.provider else "",
            **more,
        )  # fmt: skip
        return page("sign-in.html", shown, status)

    async def sign_in(self, request: Request) -> Response:
        form = await Typed.of(request)
        signin, name, then = self.signin, form.word("name").strip(), within(form.word("then"))
        if ACCOUNTS not in signin.ways:
            return redirect("/sign-in")
        address = request.client.host if request.client else ""
        about = {"name": name[:100], "then": then}
        try:
            await signin.tries.allowed(folded(name), address)
        except TooMany as wait:
            await self._refused(name, "too many tries")
            response = self._page(request, 429, wait=_wait(wait.seconds), **about)
            response.headers["retry-after"] = str(wait.seconds)
            return response
        account = await signin.accounts.signing_in(name, form.word("password"))
        if account is None:
            await signin.tries.failed(folded(name), address)
            await self._refused(name, "wrong name or password")
            return self._page(request, 422, wrong=_WRONG, **about)
        await signin.tries.succeeded(folded(name))
        return await self.let_in(request, key_of(name), account, then)

    async def _refused(self, name: str, why: str) -> None:
        found = await self.signin.accounts.got(key_of(name[:100]))
        who = found[0].id if found else "nobody"
        await self.signin.audit.told("sign-in refused", who=who, why=why)

    async def let_in(self, request: Request, key: str, account: Account, then: str) -> Response:
        """A new session, whatever was before; and where he wanted to go."""
        signin, over_https = self.signin, self.signin.over_https(request.scope)
        await self._end(request)
        token = await signin.sessions.begin(key, account)
        how = "provider" if account.provider else "password"
        await signin.audit.told("signed in", who=account.id, how=how)
        response = redirect(then)
        cookie = cookies.written(cookies.SESSION, token, over_https, signin.sessions.most)
        response.headers.append("set-cookie", cookie)
        return response

    async def _end(self, request: Request) -> bool:
        over_https = self.signin.over_https(request.scope)
        before = cookies.read(request.cookies, cookies.SESSION, over_https)
        self.gate.forget(before)
        return bool(before) and await self.signin.sessions.end(before)

    # -- with a provider

    def _base(self, request: Request) -> str:
        """The address of this server as a browser knows it."""
        return self.signin.public_url or str(request.base_url).rstrip("/")

    async def away(self, request: Request) -> Response:
        signin, then = self.signin, within(request.query_params.get("then", ""))
        if signin.provider is None:
            return redirect("/sign-in")
        try:
            to = await signin.provider.begin(
                signin.seals, asking().seal, self._base(request), then
            )
        except ProviderFailed as failed:
            return await self._failed(request, failed)
        return redirect(to)

    async def back(self, request: Request) -> Response:
        signin = self.signin
        if signin.provider is None:
            return redirect("/sign-in")
        try:
            who, then = await signin.provider.finish(
                signin.seals, asking().seal, self._base(request), request.query_params
            )
        except ProviderFailed as failed:
            return await self._failed(request, failed)
        if not who.roles:
            await signin.audit.told("sign-in refused", who="nobody", why="no role")
            return self._page(request, 403, wrong=_NOBODY)
        key = key_at(who.issuer, who.subject)
        account = await signin.accounts.vouched(
            who.issuer, who.subject, name=who.name, roles=who.roles, teams=who.teams,
            at=signin.clock(),
        )  # fmt: skip
        if account.off:
            await signin.audit.told("sign-in refused", who=account.id, why="shut out")
            return self._page(request, 403, wrong=_NOBODY)
        return await self.let_in(request, key, account, within(then))

    async def _failed(self, request: Request, failed: ProviderFailed) -> Response:
        await self.signin.audit.told("sign-in refused", who="nobody", why=failed.reason)
        words = f"{str(failed)[:1].upper()}{str(failed)[1:]}."
        return self._page(request, 503 if failed.away else 422, wrong=words)

    # -- out

    async def sign_out(self, request: Request) -> Response:
        await Typed.of(request)  # only a form of ours signs somebody out
        who = asking().person
        if await self._end(request):
            await self.signin.audit.told("signed out", who=who.id)
        return await self.let_out(request)

    async def let_out(self, request: Request) -> Response:
        """To the entrance, without a session."""
        await self._end(request)
        response = redirect("/sign-in?why=out" if self.signin.ways else "/")
        self._forget(request, response)
        return response


_OUT: Final = marked("You are signed out.")
_NOTICES: Final[Mapping[str, str]] = {
    "out": _OUT,
    "lapsed": marked(
        "You were signed out, because nothing was asked for a while. Sign in again to go on where you were."
    ),
}


def _wait(seconds: int) -> tuple[str, int]:
    """How long to wait, in whole minutes where it is more than one."""
    return wording.duration(seconds if seconds < 60 else -(-seconds // 60) * 60)


def within(address: str) -> str:
    """An address of this server, to go on to; the first page for any other."""
    plain = address.isascii() and address.isprintable() and len(address) <= 500
    elsewhere = address[:2] in ("//", "/\\") or not address.startswith("/") or "\\" in address
    signing = address.startswith("/sign-")
    return "/" if not plain or elsewhere or signing else address


# ------------------------------------------------------------------------------- turned away


async def turned_away(request: Request, wrong: FingerpostError, told: Any) -> Response | None:
    """What somebody is answered who may not come in; None where it is about something else.
    ``told`` makes the answer of an error: status, title, words."""
    if isinstance(wrong, InSelfService):
        try:
            return await leading.to_walk(request, wrong.there)
        except Forged as forged:
            wrong = forged
    if isinstance(wrong, NotSignedIn):
        if not _program(request):
            return await _to_the_entrance(request, wrong)
        response: Response = told(401, "Not signed in", wording.sentence(str(wrong)))
        also = ', error="invalid_token"' if wrong.invalid else ""
        response.headers["www-authenticate"] = f'Bearer realm="fingerpost"{also}'
        return response
    if isinstance(wrong, NotAllowed):
        response = told(403, "Not for you", wording.sentence(str(wrong)))
        if wrong.scope:
            response.headers["www-authenticate"] = (
                f'Bearer realm="fingerpost", error="insufficient_scope", scope="{wrong.scope}"'
            )
        return response
    if isinstance(wrong, Forged):
        response = told(403, "Not from our page", wording.sentence(str(wrong)))
        return response
    return None


def _program(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/metrics"))


async def _to_the_entrance(request: Request, wrong: NotSignedIn) -> Response:
    """A page that is asked for is asked for again after signing in; a form that was filled in is
    given back, to be sent again: nothing that was typed is lost."""
    why = "&why=lapsed" if wrong.lapsed else ""
    if request.method == "POST":
        try:
            form = await Typed.of(request)
            return page("held.html", HeldPage(request.url.path, form.pairs), 401)
        except Forged:
            return redirect("/sign-in")
    then = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return redirect(f"/sign-in?then={quote(within(then), safe='/')}{why}")
