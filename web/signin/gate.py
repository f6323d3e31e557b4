"""The gate before every address: it finds out who asks, and whether he may come in.

It stands around each route's own answer, so an address is known without being looked for twice; a
route that `rights.py` has no line for cannot be passed through it, and the server does not start.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.limits import TooMuch
from web.signin import cookies, rights, tokens
from web.signin.people import (
    CUSTOMER,
    LOCAL,
    NOBODY,
    Asking,
    Frame,
    Person,
    Reach,
    asked_by,
    asking,
)
from web.signin.setup import SignIn
from web.signin.turned import InSelfService, NotAllowed, NotSignedIn

App = Callable[[Any, Any, Any], Awaitable[None]]
Answers = Callable[[Request], Awaitable[Response]]
_NOBODY: Final = Asking(NOBODY, Reach.NONE)
_SURE_FOR: Final = 2.0  # seconds for which a session is not looked up again
_MOST_SURE: Final = 2_000
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class _Closed:
    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            asked_by(_NOBODY)
        await self.app(scope, receive, send)


class Gate:
    def __init__(self, signin: SignIn) -> None:
        self.signin = signin
        self._refused: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._sure: OrderedDict[str, tuple[float, Person]] = OrderedDict()

    # -- around everything

    def around(self, app: App) -> App:
        """The application, where nobody may do anything before he has passed the gate: what stood
        beside it by mistake would show nothing."""
        return _Closed(app) if self.signin.ways else app

    # -- around routes

    def over(self, route: Route) -> Route:
        """The route, behind the gate. Raises KeyError where no right to it is written down."""
        methods = sorted((route.methods or {"GET"}) - {"HEAD"})
        (method,) = methods
        address = f"{method} {route.path}"
        return Route(route.path, self._guarded(address, route.endpoint), methods=methods)

    def _guarded(self, address: str, answers: Answers) -> Answers:
        public = rights.reach(address, ()) is Reach.ALL
        if public and address.startswith("GET ") and not address.startswith("GET /sign-in"):
            return answers  # the same for everybody, and without a form

        async def guarded(request: Request) -> Response:
            new = await self.enter(request, address)
            response = await answers(request)
            if new:
                response.headers.append("set-cookie", new)
            return response

        return guarded

    @property
    def api_route(self) -> type[APIRoute]:
        """Routes of the framework, behind the gate."""
        gate = self

        class Gated(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                answers = super().get_route_handler()
                address = f"{next(iter(self.methods or ('GET',)))} {self.path}"
                if rights.reach(address, ()) is Reach.ALL:
                    return answers

                async def guarded(request: Request) -> Response:
                    await gate.enter(request, address)
                    return await answers(request)

                return guarded

        return Gated

    # -- who asks

    async def enter(self, request: Request, address: str) -> str:
        """Finds out who asks; gives the cookie to set for a browser that comes for the first time.
        Raises NotSignedIn, NotAllowed, TooMuch, StoreError."""
        try:
            return await self._entered(request, address)
        except NotAllowed:
            await self._told(address)
            raise
        except TooMuch:
            await self._told(address, why="too many calls")
            raise

    async def _told(self, address: str, **about: str) -> None:
        """That somebody was refused: once a minute for the same person at the same address."""
        key, now = (asking().person.id, address), monotonic()
        if now - self._refused.get(key, -60.0) >= 60.0:
            self._refused[key] = now
            while len(self._refused) > _MOST_SURE:
                self._refused.popitem(last=False)
            await self.signin.audit.told("refused", address=address, **about)

    async def _entered(self, request: Request, address: str) -> str:
        signin = self.signin
        frame = request.scope.get("frame")
        if frame is not None:
            self._framed(frame, address)
            return ""
        if not signin.ways:
            asked_by(Asking(LOCAL, Reach.ALL, signin.seals.here))
            return ""
        given = request.headers.get("authorization", "")
        if given[:7].lower() == "bearer ":
            await self._program(given[7:].strip(), address)
            return ""
        return await self._browser(request, address)

    def _framed(self, frame: Frame, address: str) -> None:
        """Somebody within another's page: his own walks, and nothing beside them."""
        reach = min(rights.reach(address, frame.person.roles), Reach.OWN)
        seal = self.signin.seals.of("form", frame.begins)
        asked_by(Asking(frame.person, reach, seal, frame=frame))
        if reach is Reach.NONE:
            _led(frame.person, address)
        if reach is Reach.NONE or not rights.framed(address):
            raise NotAllowed("this is not shown within another page: open it in a tab of its own")

    async def _program(self, secret: str, address: str) -> None:
        key = await self.signin.keys.of(secret)
        if key is None:
            raise NotSignedIn(invalid=True)
        asked_by(Asking(key.person, Reach.NONE))
        self.signin.calls.take(key.id)
        self._admit(key.person, address, "", False)

    async def _browser(self, request: Request, address: str) -> str:
        signin, over_https = self.signin, self.signin.over_https(request.scope)
        session = cookies.read(request.cookies, cookies.SESSION, over_https)
        browser, new = cookies.read(request.cookies, cookies.BROWSER, over_https), ""
        if not browser and not address.partition(" ")[2].startswith("/api/"):
            browser = secrets.token_urlsafe(24)
            new = cookies.written(cookies.BROWSER, browser, over_https, cookies.KNOWN_FOR)
        person = await self._signed_in(session) if session else None
        if person is not None:
            self._same_origin(request, address)
        lapsed = bool(session) and person is None
        seal = signin.seals.of("form", browser) if browser else ""
        self._admit(person or self._customer(browser), address, seal, lapsed)
        return new

    async def _signed_in(self, session: str) -> Person | None:
        now = monotonic()
        sure = self._sure.get(session)
        if sure is not None and now - sure[0] < _SURE_FOR:
            return sure[1]
        account = await self.signin.sessions.of(session)
        if account is None:
            self._sure.pop(session, None)
            return None
        self._sure[session] = now, account.person
        while len(self._sure) > _MOST_SURE:
            self._sure.popitem(last=False)
        return account.person

    def forget(self, session: str) -> None:
        """A session that has just ended."""
        self._sure.pop(session, None)

    def _customer(self, browser: str) -> Person:
        """Whoever sits at a browser that nobody signed in with: his walks are this browser's. What
        the record says of him is no cookie of his, and leads to none."""
        roles = {CUSTOMER} if self.signin.self_service and browser else ()
        id = f"c_{self.signin.seals.of('customer', browser)[:22]}" if browser else NOBODY.id
        return Person(id, "", frozenset(roles))

    def _admit(self, person: Person, address: str, seal: str, lapsed: bool) -> None:
        reach = rights.reach(address, person.roles)
        asked_by(Asking(person, reach, seal, lapsed))
        if lapsed and rights.EVERYONE not in rights.RIGHTS[address]:
            raise NotSignedIn(lapsed=True)
        if reach is not Reach.NONE:
            return
        if person.program:
            needs = [role for role in rights.RIGHTS[address] if ":" in role or role == "walk"]
            raise NotAllowed("this key is not for that", " ".join(needs) or "admin")
        _led(person, address)
        if not person.customer:
            raise NotAllowed("your roles do not lead here: ask whoever gives them out")
        raise NotSignedIn

    def _same_origin(self, request: Request, address: str) -> None:
        """A call of the API by cookie comes from a page of ours, and the browser says so: there is
        no form that could hold a seal."""
        if request.method in _SAFE or "/api/" not in address:
            return
        if request.headers.get("sec-fetch-site") == "same-origin":
            return
        host = request.headers.get("host", "")
        if not host or request.headers.get("origin", "").partition("://")[2] != host:
            raise tokens.Forged


def _led(person: Person, address: str) -> None:
    """Raises InSelfService for a customer, where that is what he wants."""
    if CUSTOMER in person.roles and person.customer and address in rights.IN_SELF_SERVICE:
        raise InSelfService(rights.IN_SELF_SERVICE[address])
