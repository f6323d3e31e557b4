"""The pages in Chromium: by the keyboard alone, without script, judged by axe."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from engine.load import Examined
from engine.stores.memory import Memory
from tests.kinds import kinds
from tests.served import examined
from web.app import create_app
from web.desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip
_WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}


class Site:
    """A server on a thread of its own."""

    def __init__(self, trees: Examined) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        app = create_app(Desk(trees, Memory()))
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self.server.serve([self.socket])), daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    found = Site(examined())
    yield found
    found.stop()


@pytest.fixture(scope="module")
def every() -> Iterator[Site]:
    found = Site(kinds())
    yield found
    found.stop()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as p:
        found = p.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield found
        found.close()


class Tab:
    """A tab without script, and what it complained of."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.site = site
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda said: self.complaints.append(str(said)))

    def open(self, path: str) -> Tab:
        self.page.goto(self.site.address + path)
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def enter(self) -> None:
        """Enter, which sends the form."""
        with self.page.expect_navigation():
            self.press("Enter")

    def tab_to(self, selector: str) -> None:
        """Tab until it has the focus, which must be visible."""
        for _ in range(60):
            self.press("Tab")
            if self.page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"{selector} is not reached by Tab")

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def copy(self) -> str:
        """The page as it stands, to be looked at from elsewhere. (Read by a call that has a limit:
        without script, `content` may wait for ever.)"""
        root = self.page.locator("html")
        lang, direction = root.get_attribute("lang"), root.get_attribute("dir")
        inner = root.inner_html().replace("<head>", f'<head><base href="{self.site.address}/">')
        return f'<!doctype html><html lang="{lang}" dir="{direction}">{inner}</html>'

    def quiet(self) -> None:
        loud = [told for told in self.complaints if "status of 4" not in told]
        assert not loud, loud


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Tab]:
    context = browser.new_context(java_script_enabled=False)
    found = Tab(context, site)
    yield found
    found.quiet()
    context.close()


# ------------------------------------------------------------------------------- keyboard alone


def begin(tab: Tab, *more: str) -> None:
    tab.open("/start/internet_down")
    tab.tab_to("input[value=fibre]")
    tab.press("Space")
    tab.enter()


def test_a_walk_by_the_keyboard_alone(tab: Tab) -> None:
    tab.open("/")
    assert tab.page.locator("#q:focus").count() == 1
    tab.page.keyboard.type("router")
    tab.enter()
    tab.tab_to("a[href='/start/internet_down']")
    tab.enter()
    assert tab.heading == "Internet is down"
    tab.tab_to("input[value=fibre]")
    tab.press("Space")
    tab.enter()
    assert tab.page.locator("h1:focus").count() == 1  # what is to be said is read first
    tab.press("Tab")
    assert tab.page.locator("input[name='f.account']:focus").count() == 1
    tab.enter()  # nothing typed: refused, and the summary has the focus
    assert tab.page.locator(".mistakes:focus").count() == 1
    tab.press("Tab")
    tab.press("Enter")  # the link leads into the field
    assert tab.page.locator("input[name='f.account']:focus").count() == 1
    tab.page.keyboard.type("12345678")
    tab.enter()
    assert tab.heading.startswith("Find the customer's line")
    tab.press("Tab", "Space")
    assert tab.page.locator("input[value=found]:checked").count() == 1
    tab.press("ArrowDown")
    assert tab.page.locator("input[value=unknown]:checked").count() == 1
    tab.press("ArrowUp", "Tab")
    tab.page.keyboard.type("L-1")
    tab.press("Tab")
    tab.page.keyboard.type("Ana")
    tab.enter()
    assert tab.heading == "Am I speaking with Ana?"
    tab.press("Tab", "Space")
    tab.enter()
    tab.press("Tab", "Space")
    tab.enter()  # no outage
    assert tab.heading.startswith("What colour is the light")
    tab.press("Tab", "Space", "ArrowDown")
    tab.enter()  # amber
    assert tab.heading.startswith("Please switch the router off")
    tab.press("Tab")
    tab.enter()  # the first that is reached is "Go on"
    tab.press("Tab", "Space")
    tab.enter()
    assert tab.heading == "Great, you are back online."
    assert "Ended" in tab.page.title()


def test_enter_in_a_field_goes_on_and_never_back(tab: Tab) -> None:
    begin(tab)
    tab.page.fill("input[name='f.account']", "12345678")
    tab.page.focus("input[name='f.account']")
    tab.enter()
    tab.page.check("input[value=unknown]")
    tab.page.focus("input[value=unknown]")
    tab.enter()
    assert tab.heading.startswith("I cannot find that number")


# ---------------------------------------------------------------- back, notes, reload, two tabs


def test_back_notes_reload_and_nothing_typed_is_lost(tab: Tab) -> None:
    begin(tab)
    page = tab.page
    page.fill("input[name='f.account']", "123")
    page.fill("#text", "Third call this week.")
    page.click("text=Keep the note")
    assert page.input_value("input[name='f.account']") == "123"
    assert page.locator(".notes li").inner_text().startswith("Third call this week.")
    page.reload()
    assert page.input_value("input[name='f.account']") == "123"
    page.fill("input[name='f.account']", "12345678")
    page.fill("#text", "Kept with the answer.")
    page.click("text=Go on")
    assert page.locator(".notes li").count() == 2
    page.click("button:text-is('Back')")
    assert page.input_value("input[name='f.account']") == "12345678"


def test_a_double_click_counts_once(tab: Tab) -> None:
    begin(tab)
    tab.page.fill("input[name='f.account']", "12345678")
    tab.page.dblclick("text=Go on")
    tab.page.get_by_role("heading", name="Find the customer's line").wait_for()
    assert tab.page.locator(".path li").count() == 1


def test_two_tabs_are_one_walk(tab: Tab) -> None:
    begin(tab)
    other = tab.page.context.new_page()
    other.goto(tab.page.url)
    other.fill("input[name='f.account']", "87654321")
    other.click("text=Go on")
    tab.page.fill("input[name='f.account']", "12345678")
    tab.page.click("text=Go on")
    assert "That step is over" in tab.page.locator(".notice").first.inner_text()
    assert "12345678" in tab.copy()
    assert tab.heading.startswith("Find the customer's line")
    assert tab.page.locator(".path li").count() == 1


def test_the_browser_s_back_button_shows_where_the_walk_stands(tab: Tab) -> None:
    begin(tab)
    tab.page.fill("input[name='f.account']", "12345678")
    tab.page.click("text=Go on")
    tab.page.go_back()
    assert "That step is over" in tab.page.locator(".notice").first.inner_text()
    assert tab.heading.startswith("Find the customer's line")


def test_an_exit_at_any_time(tab: Tab) -> None:
    begin(tab)
    tab.page.click("text=The customer hung up")
    assert "The call has ended." in tab.heading
    assert "The customer hung up" in tab.page.locator(".facts").inner_text()


def test_a_french_walk_is_marked_french(tab: Tab) -> None:
    tab.open("/start/internet_down")
    tab.page.check("input[value=fibre]")
    tab.page.select_option("#language", "fr")
    tab.page.click("text=Start")
    assert tab.page.get_attribute("html", "lang") == "fr"
    assert tab.page.locator("button.main").inner_text() == "Continuer"


# -------------------------------------------------------------------- every page, in every dress


def pages(tab: Tab) -> Iterator[str]:
    """Leads a tab over a page of every kind; says where it is."""
    page = tab.page
    tab.open("/")
    yield "library"
    tab.open("/?q=kind")
    yield "search"
    tab.open("/nowhere")
    yield "unknown address"
    tab.open("/start/kinds")
    yield "start"
    page.click("button:text-is('Start')")
    yield "start refused"
    page.check("input[value=red]")
    page.fill("#reference", "CASE-4711 with rather a long reference of somebody else's making")
    page.click("button:text-is('Start')")
    yield "tell with a checklist"
    page.click("text=Go on")
    yield "checklist refused"
    page.check("input[name=done][value='1']")
    page.check("input[name=done][value='2']")
    page.click("text=Go on")
    yield "word for word"
    page.click("text=Go on")
    yield "form"
    page.click("text=Go on")
    yield "form refused"
    page.fill("input[name='f.word']", "Donaudampfschiff")
    page.fill("input[name='f.whole']", "5")
    page.check("input[name='f.sure'][value=yes]")
    page.fill("#text", "A note about it")
    page.click("text=Go on")
    yield "several choices"
    page.check("input[value=fast]")
    page.click("text=Go on")
    yield "action by hand"
    page.check("input[value=found]")
    yield "action by hand, filled in"
    page.fill("input[name='f.found.day']", "2026-03-02")
    page.fill("input[name='f.found.options.0.slot']", "s1")
    page.fill("input[name='f.found.options.0.label']", "Monday morning")
    page.fill("input[name='f.found.options.0.on']", "2026-03-02")
    page.click("text=Go on")
    yield "rows"
    other = page.context.new_page()
    other.goto(page.url)
    other.click("button:text-is('Back')")
    other.close()
    page.check("input[value=s1]")
    page.click("text=Go on")
    yield "stale"
    page.click(
        "text=Go on"
    )  # from the choices, which are still ticked; the action is not repeated
    page.check("input[value=none_of_these]")
    page.click("text=Go on")
    yield "waiting for a team"
    page.check("input[value=approved]")
    page.click("text=Go on")
    yield "outcome"
    page.click("summary")
    yield "outcome with its summary"
    tab.open("/walks")
    yield "walks"
    tab.open("/start/salam")
    page.click("button:text-is('Start')")
    yield "right to left"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", _WIDTHS)
def test_axe_finds_nothing_on_any_page(
    browser: Browser, every: Site, scheme: Any, width: str
) -> None:
    wide, high = _WIDTHS[width]
    context = browser.new_context(
        viewport={"width": wide, "height": high}, color_scheme=scheme, java_script_enabled=False
    )
    # axe is itself a script, which a tab without script cannot run: it judges a copy of the page.
    judge = browser.new_context(
        viewport={"width": wide, "height": high}, color_scheme=scheme, bypass_csp=True
    )
    tab, copy = Tab(context, every), judge.new_page()
    seen = 0
    for where in pages(tab):
        seen += 1
        copy.goto(every.address + "/healthz")
        copy.set_content(tab.copy())
        copy.wait_for_load_state()
        found = Axe().run(
            copy,
            options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]},
        )
        assert found.violations_count == 0, (where, found.generate_report())
        assert wider(copy) <= 0, (where, scheme, width)
    assert seen == 20
    tab.quiet()
    context.close()
    judge.close()


def wider(page: Page) -> int:
    """By how much the page is wider than what is looked at."""
    found: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


def test_nothing_scrolls_sideways_on_the_smallest_phone(browser: Browser, every: Site) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False
    )
    judge = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    tab, copy = Tab(context, every), judge.new_page()
    for where in pages(tab):
        copy.goto(every.address + "/healthz")
        copy.set_content(tab.copy())
        copy.wait_for_load_state()
        assert wider(copy) <= 0, where
        small = copy.evaluate(_SMALL)
        assert not small, (where, small)
    context.close()
    judge.close()


# What can be pressed, and is smaller than a finger. (Links within a line are as high as the line.)
_SMALL = """() => [...document.querySelectorAll(
  'button, .button, input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea, .option, nav a, summary')]
  .filter(e => e.offsetParent !== null)
  .map(e => [e.tagName + ' ' + (e.innerText || e.name || '').slice(0, 30), e.getBoundingClientRect()])
  .filter(([_, r]) => r.height < 43.5 || r.width < 43.5)
  .map(([name, r]) => `${name}: ${r.width} x ${r.height}`)"""
