"""A walk within another's page: the page before it, and how it begins.

The page around ours says who sits there and what is known already: by a token that its server
signed, or by a message. With either, one form is sent from here to here; the walk begins, and goes
on at addresses of its own (`signin/passes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.errors import ClientIdReused, FingerpostError, InvalidAnswer, NotThere, StoreError
from engine.model import Noun, Tree, Walk
from web.chance import token as chance
from web.desk import Desk, digest
from web.limits import Limit
from web.pages import wording
from web.pages.forms import Typed
from web.pages.looks import page, redirect
from web.pages.preferred import preferred
from web.signin import cookies
from web.signin.hosts import may_hold, origin
from web.signin.introductions import Introduction, Unintroduced, introduced
from web.signin.people import CUSTOMER, STAFF, Asking, Frame, Person, Reach, asked_by, asking
from web.signin.setup import SignIn
from web.words import marked

_WORDS: Final[Mapping[str, str]] = {
    "host": marked("No page of that origin may hold this one. Whoever looks after this server names those that may, in the setting frame_ancestors."),
    "tree": marked("There is no such guide here, or it is not for you."),
    "expired": marked("The time to open this is over. Reload the page around it."),
    "used": marked("This was opened before. Reload the page around it."),
    "forged": marked("The page around this one is not known here."),
    "token": marked("Who you are is not known here. The page around this one has to say it."),
    "given": marked("What the page around this one says of the case is not accepted."),
    "claims": marked("What the page around this one says is not complete."),
}  # fmt: skip
_STATUS: Final = {"tree": 404, "given": 422, "claims": 422, "expired": 410, "used": 410}
_LIKE: Final = {"origin": "host", "audience": "forged"}  # codes that share their words


class EmbedPage(Noun, frozen=True, kw_only=True):
    """The page before a walk in a frame. ``refused``: why there is none, for programs; ``why``: the
    same in words; ``detail``: more of it, for whoever builds the page around. Shown by ``embed.html``."""

    title: str
    address: str = ""
    host: str = ""
    token: str = ""
    once: str = ""
    refused: str = ""
    why: str = ""
    detail: str = ""


class _About(Noun, frozen=True, kw_only=True):
    """What a page around ours may say of a case."""

    given: Mapping[str, Any] = {}
    language: str = ""
    reference: str = ""
    case: str = ""


def embed(desk: Desk, signin: SignIn, frames: str) -> list[Route]:
    """``frames``: the sites whose pages may hold ours."""
    here = _Embed(desk, signin, frames)
    return [
        Route("/embed/{tree}", here.before),
        Route("/embed/{tree}", here.begin, methods=["POST"]),
    ]


class _Embed:
    def __init__(self, desk: Desk, signin: SignIn, frames: str) -> None:
        self.desk = desk
        self.signin = signin
        self.frames = frames
        self.starts = Limit(40, 600)  # by message, from one address: as self-service has it

    # -- before

    async def before(self, request: Request) -> Response:
        """The page that waits for what is known. It says nothing of the tree, but to customers."""
        tree, host = request.path_params["tree"], self._host(request)
        if not self._held(host, request):
            return self._refused("", Unintroduced("host", _WORDS["host"]))
        self._seal(tree, host)
        found = self.desk.trees.get(tree)
        if found is None:
            return self._refused(host, Unintroduced("tree", _WORDS["tree"]))
        address = f"/embed/{tree}?host={quote(host, safe='')}"
        title = _title(found) if CUSTOMER in found.audience else "Fingerpost"
        signed = request.query_params.get("token", "")
        shown = EmbedPage(title=title, address=address, host=host, token=signed, once=chance())
        return page("embed.html", shown)

    def _host(self, request: Request) -> str:
        """The page around ours, as it says; where only one may be, it need not."""
        said = request.query_params.get("host", "")
        only = self.frames.split()
        return origin(said or (only[0] if len(only) == 1 else ""))

    def _held(self, host: str, request: Request) -> bool:
        own = self.signin.public_url or f"{request.url.scheme}://{request.url.netloc}"
        return may_hold(host, self.frames, own)

    def _seal(self, tree: str, host: str) -> None:
        """No cookie tells who sits there, so these forms are sealed for the page around them. (It
        is the browser's own word on who sends a form that keeps others out: `serving/guard.py`.)"""
        who = asking()
        asked_by(replace(who, seal=self.signin.seals.of("embed", f"{tree} {host}")))

    # -- beginning

    async def begin(self, request: Request) -> Response:
        tree, host = request.path_params["tree"], self._host(request)
        self._seal(tree, host)
        form = await Typed.of(request)
        try:
            if not self._held(host, request):
                raise Unintroduced("host", _WORDS["host"])
            return await self._begun(request, form, tree, host)
        except Unintroduced as why:
            about = {"tree": tree, "host": host, "why": why.code}
            await self.signin.audit.told("embed refused", **about)
            return self._refused(host, why)

    async def _begun(self, request: Request, form: Typed, tree: str, host: str) -> Response:
        once = form.word("once")[:100] or chance()
        person, about = await self._who(request, form, tree, host, once)
        if person.customer and not form.word("signed"):
            self.starts.take(request.client.host if request.client else "")
        asked_by(Asking(person, Reach.OWN, frame=Frame(person, host, "")))
        walk = await self._walk(tree, about, once)
        session = "" if person.customer or form.word("signed") else self._session(request)
        given = await self.signin.passes.given(person, host, session)
        if not person.customer:
            await self.signin.audit.told("embed", tree=tree, host=host, walk=walk.id)
        pages = "help/walks" if person.customer else "walks"
        return redirect(f"/framed/{given}/{pages}/{walk.id}")

    async def _who(
        self, request: Request, form: Typed, tree: str, host: str, once: str
    ) -> tuple[Person, _About]:
        """Who sits there, and what is known: by a token; else by a message, whose sender cannot
        say who that is."""
        signed = form.word("signed").strip()
        if not signed:
            return self._known(once), _said(form.word("context"))
        found = introduced(
            signed, self.signin.embedding.keys, tree=tree, host=host, now=self.desk.clock()
        )
        until = datetime.fromtimestamp(found.exp + 120, UTC)
        if not await self.signin.passes.once(found.iss, found.jti, once, until):
            raise Unintroduced("used", _WORDS["used"])
        about = _About(
            given=found.given, language=found.language, reference=found.reference, case=found.case
        )
        return self._introduced(found, once), about

    def _introduced(self, found: Introduction, once: str) -> Person:
        id = self.signin.seals.of("embed", f"{found.iss} {found.sub or once}")[:22]
        if found.audience == CUSTOMER:
            return Person(f"c_{id}", "", frozenset((CUSTOMER,)))
        return Person(f"e_{id}", found.name.strip(), frozenset(("agent",)))

    def _known(self, once: str) -> Person:
        """Whoever signed in with this browser, where the page around lets his cookie through; else
        a customer."""
        who, signin = asking().person, self.signin
        if who.roles & set(STAFF):
            return who
        if not signin.self_service:
            raise Unintroduced("token", _WORDS["token"])
        return Person(f"c_{signin.seals.of('embed', once)[:22]}", "", frozenset((CUSTOMER,)))

    def _session(self, request: Request) -> str:
        over_https = self.signin.over_https(request.scope)
        return cookies.read(request.cookies, cookies.SESSION, over_https)

    async def _walk(self, tree_id: str, about: _About, once: str) -> Walk:
        """The walk of this case, or a new one."""
        try:
            tree = self.desk.tree(tree_id)
            wanted = about.language.partition("-")[0] or preferred()
            language = wanted if wanted in tree.languages else tree.source_language
            common: dict[str, Any] = {
                "given": dict(about.given), "reference": about.reference.strip()[:200],
                "language": language, "audience": _audience(tree),
            }  # fmt: skip
            return await self.desk.start(
                tree_id, client_id=f"embed:{about.case or once}", body=digest([tree_id]), **common
            )
        except NotThere:
            raise Unintroduced("tree", _WORDS["tree"]) from None
        except ClientIdReused:
            raise Unintroduced("given", "this case was opened with another tree") from None
        except InvalidAnswer as wrong:
            told = "; ".join(f"{name}: {why}" for name, why in wrong.fields)
            raise Unintroduced("given", told) from None
        except StoreError:
            raise
        except FingerpostError as wrong:
            raise Unintroduced("given", str(wrong)) from None

    def _refused(self, host: str, why: Unintroduced) -> Response:
        code = why.code
        words = _WORDS[_LIKE.get(code, code)]
        detail = str(why) if str(why) != words else ""
        shown = EmbedPage(title="Fingerpost", host=host, refused=code, why=words, detail=detail)
        return page("embed.html", shown, _STATUS.get(code, 403))


def _said(context: str) -> _About:
    """What a message said. Raises Unintroduced."""
    try:
        return msgspec.json.decode(context or "{}", type=_About)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as wrong:
        raise Unintroduced("given", f"the message cannot be read: {wrong}") from None


def _audience(tree: Tree) -> str:
    wanted = CUSTOMER if asking().person.customer else "agent"
    return wanted if wanted in tree.audience else tree.audience[0]


def _title(tree: Tree) -> str:
    return wording.worded(tree, preferred(), tree.title)
