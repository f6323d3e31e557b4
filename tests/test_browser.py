"""The pages in Chromium: by the keyboard alone, without script, judged by axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browsing import Site, Tab, sent
from tests.kinds import kinds
from tests.served import examined

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}


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


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Tab]:
    context = browser.new_context(java_script_enabled=False)
    found = Tab(context, site)
    yield found
    found.quiet()


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
    sent(page, "text=Keep the note")
    assert page.input_value("input[name='f.account']") == "123"
    assert page.locator(".notes li").inner_text().startswith("Third call this week.")
    page.reload()
    assert page.input_value("input[name='f.account']") == "123"
    page.fill("input[name='f.account']", "12345678")
    page.fill("#text", "Kept with the answer.")
    sent(page, "text=Go on")
    assert page.locator(".notes li").count() == 2
    sent(page, "button:text-is('Back')")
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
    sent(other, "text=Go on")
    tab.page.fill("input[name='f.account']", "12345678")
    sent(tab.page, "text=Go on")
    assert "That step is over" in tab.page.locator(".notice").first.inner_text()
    assert "12345678" in tab.copy()
    assert tab.heading.startswith("Find the customer's line")
    assert tab.page.locator(".path li").count() == 1


def test_the_browser_s_back_button_shows_where_the_walk_stands(tab: Tab) -> None:
    begin(tab)
    tab.page.fill("input[name='f.account']", "12345678")
    sent(tab.page, "text=Go on")
    tab.page.go_back()
    assert "That step is over" in tab.page.locator(".notice").first.inner_text()
    assert tab.heading.startswith("Find the customer's line")


def test_an_exit_at_any_time(tab: Tab) -> None:
    begin(tab)
    sent(tab.page, "text=The customer hung up")
    assert "The call has ended." in tab.heading
    assert "The customer hung up" in tab.page.locator(".facts").inner_text()


def test_a_french_walk_is_marked_french(tab: Tab) -> None:
    tab.open("/start/internet_down")
    tab.page.check("input[value=fibre]")
    tab.page.select_option("#language", "fr")
    sent(tab.page, "text=Start")
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
    sent(page, "button:text-is('Start')")
    yield "start refused"
    page.check("input[value=red]")
    page.fill("#reference", "CASE-4711 with rather a long reference of somebody else's making")
    sent(page, "button:text-is('Start')")
    yield "tell with a checklist"
    sent(page, "text=Go on")
    yield "checklist refused"
    page.check("input[name=done][value='1']")
    page.check("input[name=done][value='2']")
    sent(page, "text=Go on")
    yield "word for word"
    sent(page, "text=Go on")
    yield "form"
    sent(page, "text=Go on")
    yield "form refused"
    page.fill("input[name='f.word']", "Donaudampfschiff")
    page.fill("input[name='f.whole']", "5")
    page.check("input[name='f.sure'][value=yes]")
    page.fill("#text", "A note about it")
    sent(page, "text=Go on")
    yield "several choices"
    page.check("input[value=fast]")
    sent(page, "text=Go on")
    yield "action by hand"
    page.check("input[value=found]")
    yield "action by hand, filled in"
    page.fill("input[name='f.found.day']", "2026-03-02")
    page.fill("input[name='f.found.options.0.slot']", "s1")
    page.fill("input[name='f.found.options.0.label']", "Monday morning")
    page.fill("input[name='f.found.options.0.on']", "2026-03-02")
    sent(page, "text=Go on")
    yield "rows"
    other = page.context.new_page()
    other.goto(page.url)
    sent(other, "button:text-is('Back')")
    page.check("input[value=s1]")
    sent(page, "text=Go on")
    yield "stale"
    sent(
        page, "text=Go on"
    )  # from the choices, which are still ticked; the action is not repeated
    page.check("input[value=none_of_these]")
    sent(page, "text=Go on")
    yield "waiting for a team"
    with page.expect_navigation():
        page.locator("a.change").first.click()
    yield "change"
    page.fill("input[name='f.word']", "Another word")
    sent(page, "text=Change it")
    yield "what it changes"
    sent(page, "text=Leave it as it is")
    page.check("input[value=approved]")
    sent(page, "text=Go on")
    yield "outcome"
    page.click("summary")
    yield "outcome with its summary"
    tab.open("/walks")
    yield "walks"
    tab.open("/start/salam")
    sent(page, "button:text-is('Start')")
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
        found = axe_of(copy)
        assert found.violations_count == 0, (where, found.generate_report())
        assert wider(copy) <= 0, (where, scheme, width)
    assert seen == 22
    tab.quiet()


def axe_of(page: Page) -> Any:
    """What axe finds on a page."""
    rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
    return Axe().run(page, options={"runOnly": rules})


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


# What can be pressed, and is smaller than a finger. (Links within a line are as high as the line.)
_SMALL = """() => [...document.querySelectorAll(
  'button, .button, input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea, .option, nav a, summary')]
  .filter(e => e.offsetParent !== null)
  .map(e => [e.tagName + ' ' + (e.innerText || e.name || '').slice(0, 30), e.getBoundingClientRect()])
  .filter(([_, r]) => r.height < 43.5 || r.width < 43.5)
  .map(([name, r]) => `${name}: ${r.width} x ${r.height}`)"""
