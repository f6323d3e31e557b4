"""Every page there is, with hostile words in every place that holds words: a world for tests that look
at all pages, and the crawler that finds them.

Pages are found, not listed: by the table of rights, filled in with what there is, and by following
every link. A page that is added is visited as well, or the test says that no link leads to it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page as TabPage

from engine.load import Examined, examine
from tests.browsing import Site
from tests.kinds import write
from tests.served import Page, Served
from tests.signed_in import GOOD
from web.desk import Desk
from web.signin.rights import RIGHTS
from web.signin.setup import SignIn

# What an author can write: the checker refuses raw HTML, but not what is spelt as entities.
SPELT: Final = '&lt;x-evil onclick=alert(1)>&lt;script>alert(2)&lt;/script> {{{{ 77777 * 3 }}}} {{% raise %}} "q"'
# What somebody can type, and what only some places keep: marks that turn the direction of writing.
TYPED: Final = "<x-evil onclick=alert(3)></textarea></title><script>alert(4)</script><img src=x onerror=alert(5)> {{ 77777 * 3 }} {% raise %} [x](javascript:alert(6)) '\"> &amp; null None"
LONG: Final = "Donaudampfschifffahrtsgesellschaftskapitän" * 3
TURNED: Final = f"\u202eturned {TYPED} \u2067{LONG}"

_FILES: Final[Mapping[str, str]] = {
    "library.yaml": """
format: 1
currency: EUR
teams:
  seniors: {label: 'SPELT seniors'}
dispositions:
  done: {label: 'SPELT done'}
  other: {label: 'SPELT other'}
actions:
  approve:
    label: 'SPELT approve'
    by: seniors
    takes: {case: text}
    exits: {approved: {}, refused: {reason: text}}
""",
    "evil/evil.yaml": """
format: 1
title: 'SPELT title LONG'
summary: 'SPELT summary'
owner: 'SPELT owner'
tags: ['SPELT tag']
audience: [agent, customer]
given:
  who: {type: text, label: 'SPELT who', help: 'SPELT help', required: false}
start: first
anytime:
  gone: {label: 'SPELT gone', next: over}
nodes:
  first:
    ask: 'SPELT first LONG'
    hint: 'SPELT hint'
    help: 'SPELT help'
    choices:
      one: {label: 'SPELT one', next: form}
      two: {label: 'SPELT two LONG', next: form}
  form:
    ask: 'SPELT form {who}'
    fields:
      word: {type: text, label: 'SPELT word', help: 'SPELT help'}
      story: {type: long_text, label: 'SPELT story', required: false}
      price: {type: money, label: 'SPELT price', required: false}
      day: {type: date, label: 'SPELT day', required: false}
      sure: {type: yesno, label: 'SPELT sure', required: false}
      some: {type: choices, of: {x: 'SPELT x', y: 'SPELT y'}, label: 'SPELT some', required: false}
    next: told
  told:
    tell: 'SPELT told {form.word}'
    checklist: ['SPELT point', 'SPELT other point']
    next: hand
  hand:
    run: approve
    with: {case: form.word}
    exits: {approved: over, refused: over}
  over:
    end: 'SPELT over {form.word}'
    disposition: done
    hand_to: seniors
    survey: csat
    follow_up: {due: 'later(today, 2, "days")', why: 'SPELT why', by: seniors}
""".replace("'SPELT form {who}'", "'SPELT form'").replace("SPELT over {form.word}", "SPELT over"),
    "evil/salam.yaml": """
format: 1
title: سلام
audience: [agent, customer]
languages: {source: ar}
start: hello
nodes:
  hello: {ask: هل يعمل الإنترنت؟, choices: {yes: bye, no: bye}}
  bye: {end: شكراً.}
""",
    "evil/plain.yaml": """
format: 1
title: A plain tree
audience: [agent, customer]
start: only
nodes:
  only: {ask: Is it plain?, choices: {yes: bye, no: bye}}
  bye: {end: Goodbye., disposition: done}
""",
}  # fmt: skip


def _hostile(text: str) -> str:
    return text.replace("SPELT", SPELT.replace("'", "''")).replace("LONG", LONG)


@cache
def evil() -> Examined:
    files = {name: _hostile(text) for name, text in _FILES.items()}
    found = examine(write(Path(mkdtemp()), files))
    assert not found.errors, "\n".join(f"{f.mark}: {f.message}" for f in found.errors)
    return found


def put(page: Page, what: str, **typed: str) -> Page:
    """Press a button with those of these words that its form has a place for."""
    form, _ = page.button(what)
    names = {control.get("name").replace(".", "__") for control in form.controls}
    return page.press(what, **{name: words for name, words in typed.items() if name in names})


class World:
    """A server on which everything has been done that leaves something to be shown."""

    def __init__(self) -> None:
        def signin(desk: Desk) -> SignIn:
            self.desk = desk
            self.signin = SignIn(desk.store.shelf, desk.clock, ways=frozenset(("accounts",)))
            asyncio.run(self._people())
            return self.signin

        self.site = Site(evil(), signin, frames="https://crm.example.org")
        self.walks: dict[str, str] = {}  # what was done with it -> its address
        self.agent = self._browser()
        self.agent.open("/sign-in").press("sign-in", name="ana", password=GOOD)
        self.customer = self._browser()
        self._walked(self.agent, "")
        self._walked(self.customer, "customer ")

    async def _people(self) -> None:
        at = self.signin.clock()
        roles = ("agent", "author", "supervisor", "admin")
        await self.signin.accounts.add(
            "ana", GOOD, roles, at=at, shown=TURNED[:100], teams=["seniors"]
        )
        await self.signin.accounts.add("bob", GOOD, ("agent",), at=at, shown=TYPED[:100])

    def _browser(self) -> Served:
        client: Any = httpx2.Client(
            base_url=self.site.address, follow_redirects=True, timeout=60,
            headers={"sec-fetch-site": "same-origin"},
        )  # fmt: skip
        return Served(self.desk, client)

    def _walked(self, who: Served, whose: str) -> None:
        """Walks that stand everywhere a walk can stand, with words in every place that takes some."""

        def kept(what: str, page: Page) -> Page:
            assert page.status in (200, 422), (what, page.status, page.text[:500])
            self.walks[whose + what] = page.path
            return page

        def begun() -> Page:
            start = who.open("/help/evil" if whose else "/start/evil")
            return put(start, "evil", f__who=TYPED, reference=TURNED[:190])

        kept("first", begun())
        page = begun() if whose else begun().press("notes", text=TURNED)
        page = kept("form", page.press("answer", answer="two"))
        page = begun().press("answer", answer="one")
        page = page.press("answer", f__word=TYPED, f__story=TYPED + LONG, f__sure="yes")
        kept("told", page)
        page = begun().press("answer", answer="one").press("answer", f__word=LONG)
        page = kept("task", page.press("answer", done=["1", "2"]))
        page = kept("ended", begun().press("anytime", "gone"))
        if whose:
            kept("handed", page.press("person"))
            put(who.open(self.walks["customer ended"]), "survey", comment=TURNED)
        else:
            kept("closed", page.press("close", words=TURNED))
            who.open(self.walks["first"]).press("answer", answer="one", remark=TURNED)
            self._left(begun, kept)

    def _left(self, begun: Callable[[], Page], kept: Callable[[str, Page], Page]) -> None:
        """Walks that wait for somebody, and what everybody is told before the first step."""
        later = (self.desk.clock() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
        parked, handed = begun(), begun()
        parked.press("leave").press("park", until=later, reason=TURNED)
        walk = parked.path.rpartition("/")[0]
        kept("parked", self.agent.open(walk))
        handed.press("leave").press("hand-over", to="seniors", reason=TURNED)
        kept("taken", self.agent.open(handed.path).press("take"))
        kept("hand-over", self.agent.open(f"{walk}/hand-over"))
        told = self.agent.open("/notices")
        told = told.press("notices", text__en=TURNED, text__ar=f"سلام {TURNED}", tree="evil")
        assert told.press("notices", text__en="Closed.", since=later).status == 200

    def stop(self) -> None:
        self.agent.client.close()
        self.customer.client.close()
        self.site.stop()


# ------------------------------------------------------------------------------------- the crawler

# Addresses that are no page to look at, each with its reason.
NO_PAGES: Final = {
    "/sign-in/provider": "leads to the provider",
    "/sign-in/back": "comes from the provider",
    "/static/{name}": "no page",
    "/media/{path:path}": "a picture",
    "/walks/{id}": "leads to the step",
    "/follow-ups.ics": "a calendar, by a secret address",
}


def templates() -> dict[str, re.Pattern[str]]:
    """The addresses that show something, as they are written in the table, and what fits each."""
    found = {}
    for address in RIGHTS:
        method, _, path = address.partition(" ")
        if method == "GET" and not path.startswith(("/api/", "/metrics", "/healthz", "/readyz")):
            fits = re.sub(r"\\\{(\w+)\\\}", r"[^/]+", re.escape(path))
            found[path] = re.compile(re.sub(r"\\\{\w+:(int|path)\\\}", r".+", fits) + r"\Z")
    # What is written out comes before what stands for anything.
    return dict(sorted(found.items(), key=lambda item: item[0].count("{")))


def template_of(address: str) -> str:
    path = urlsplit(address).path
    return next((name for name, fits in templates().items() if fits.match(path)), "")


def filled(world: World, whose: str) -> Iterator[str]:
    """The table's addresses with the trees and walks that there are in their places."""
    walks = [path for what, path in world.walks.items() if what.startswith("customer") == (whose == "customer")]  # fmt: skip
    ids = sorted({path.split("/walks/")[1].split("/")[0] for path in walks})
    yield from walks
    for template in templates():
        names = set(re.findall(r"\{(\w+)", template))
        if template in NO_PAGES:
            continue
        if names <= {"tree"}:
            for tree in ("evil", "plain"):
                yield template.replace("{tree}", tree)
        elif names == {"id"} and "/walks/" in template:
            for id in ids:
                yield template.replace("{id}", id)


_LINKS: Final = "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"


class Crawler:
    """Leads a tab to every page. ``each``: how many of one template are looked at (and every walk
    that was made for it); more of the same shows nothing new."""

    def __init__(self, world: World, tab: TabPage, whose: str, each: int = 2) -> None:
        self.world = world
        self.tab = tab
        self.whose = whose
        self.each = each
        self.answered: set[str] = set()  # the templates that gave a page or a file

    def pages(self) -> Iterator[str]:
        """The address of each page, while the tab is there."""
        waiting, made = [*filled(self.world, self.whose)], set(self.world.walks.values())
        seen: set[str] = set()
        count: dict[str, int] = {}
        while waiting:
            address = waiting.pop(0)
            name = template_of(address)
            enough = count.get(name, 0) >= self.each and address not in made
            if address in seen or not name or name in NO_PAGES or enough:
                continue
            seen.add(address)
            if not self._goes(address, name):
                continue
            shown = self.tab.url.removeprefix(self.world.site.address)
            if shown != address and shown in seen:  # it led to another page
                continue
            seen.add(shown)
            name = template_of(shown)
            count[name] = count.get(name, 0) + 1
            waiting += [href for href in self.tab.evaluate(_LINKS) if href.startswith("/")]
            yield shown

    def _goes(self, address: str, name: str) -> bool:
        """Whether a page is shown there (a download is none)."""
        try:
            answer = self.tab.goto(self.world.site.address + address)
        except Exception as wrong:
            if "Download is starting" in str(wrong) or "ERR_ABORTED" in str(wrong):
                self.answered.add(name)
                return False
            raise
        assert answer is not None
        assert answer.status < 500, (address, answer.status)
        kind = answer.headers.get("content-type", "")
        good = answer.status in (200, 422)
        if good:
            self.answered |= {name, template_of(self.tab.url)}
        return good and kind.startswith("text/html")


def signed_in(world: World, context: BrowserContext) -> TabPage:
    """A tab in which she who may do everything has signed in."""
    tab = context.new_page()
    tab.set_default_timeout(30_000)
    tab.goto(world.site.address + "/sign-in")
    tab.fill("#name", "ana")
    tab.fill("#password", GOOD)
    with tab.expect_navigation():
        tab.click("main button")
    return tab


def as_customer(world: World, context: BrowserContext) -> TabPage:
    """A tab with the customer's own cookies."""
    client: Any = world.customer.client
    for name, value in client.cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": world.site.address}])
    tab = context.new_page()
    tab.set_default_timeout(30_000)
    return tab
