"""Self-service in Chromium: on a small telephone, in the dark, from right to left, by the keyboard
alone, without script; judged by axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browsing import Site, Tab, sent
from tests.helped import written
from tests.signed_in import GOOD
from tests.test_browser import axe_of, wider
from web.desk import Desk
from web.signin.setup import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SIZES = {"phone": (320, 640), "desktop": (1280, 800)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = Site(written(tmp_path_factory.mktemp("trees")))
    yield found
    found.stop()


def on(tab: Tab, answer: str = "") -> None:
    if answer:
        tab.page.check(f"input[name=answer][value={answer}]")
    sent(tab.page, "#answer button.main")


def pages(tab: Tab) -> Iterator[str]:
    """Each page that a customer comes by."""
    yield tab.open("/help").page.url
    yield tab.open("/help?q=zebra").page.url
    yield tab.open("/help/lamp").page.url
    tab.page.fill("[name='f.phone']", "nonsense")
    sent(tab.page, ".asking button.main")
    yield "refused at the start"
    tab.page.fill("[name='f.phone']", "")
    sent(tab.page, ".asking button.main")
    yield "a question"
    sent(tab.page, "#answer button.main")
    yield "a question, unanswered"
    tab.page.click(".tongue summary")
    yield "the languages, open"
    on(tab, "no")
    yield "something to try"
    sent(tab.page, "button[formaction$='/tried']")
    on(tab, "no")
    on(tab)
    yield "a form"
    sent(tab.page, "#answer button.main")
    yield "a form, not filled in"
    tab.page.fill("[name='f.name']", "Eva")
    on(tab)
    sent(tab.page, ".person button")
    yield "a code"
    sent(tab.page, "main a.button")
    on(tab, "new")
    yield "an end with a scale from 0 to 10"
    sent(tab.page, ".survey button.main")
    yield "a survey, unanswered"
    tab.page.check("input[name=rating][value='9']")
    sent(tab.page, ".survey button.main")
    yield "a survey, answered"
    tab.open("/help/towel")
    sent(tab.page, ".asking button.main")
    on(tab, "yes")
    yield "a team is waited for"
    yield tab.open("/help/none").page.url


@pytest.mark.parametrize(
    ("scheme", "width", "language"),
    [("light", "phone", "en-GB"), ("dark", "desktop", "en-GB"), ("dark", "phone", "ar-EG")],
)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    browser: Browser, site: Site, scheme: Any, width: str, language: str
) -> None:
    size: Any = {"width": _SIZES[width][0], "height": _SIZES[width][1]}
    context = browser.new_context(
        viewport=size, color_scheme=scheme, java_script_enabled=False, locale=language
    )
    # axe is itself a script, which a tab without script cannot run: it judges a copy of the page.
    judge = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    tab, copy = Tab(context, site), judge.new_page()
    titles = set()
    for where in pages(tab):
        titles.add(tab.page.title())
        if language == "ar-EG":
            assert tab.page.locator("html").get_attribute("dir") in ("rtl", "ltr")
        copy.goto(site.address + "/healthz")
        copy.set_content(tab.copy())
        copy.wait_for_load_state()
        found = axe_of(copy)
        assert found.violations_count == 0, (where, found.generate_report())
        assert wider(copy) <= 0, (where, scheme, width)
        assert copy.locator("h1").count() == 1, where
    assert len(titles) > 9
    tab.quiet()


def test_arabic_begins_at_the_right(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False, locale="ar-EG"
    )
    tab = Tab(context, site).open("/help/lamp")
    sent(tab.page, ".asking button.main")
    assert tab.page.locator("html").get_attribute("dir") == "rtl"
    home = tab.page.locator(".home").bounding_box()
    tongue = tab.page.locator(".tongue").bounding_box()
    assert home
    assert tongue
    assert home["x"] > tongue["x"]


def test_by_the_keyboard_alone(browser: Browser, site: Site) -> None:
    tab = Tab(browser.new_context(), site).open("/help")
    tab.tab_to("a[href='/help/lamp']")
    tab.enter()
    tab.tab_to(".asking button.main")
    tab.enter()
    assert tab.page.evaluate("document.activeElement.id") == "question"  # read once, at each step
    tab.tab_to("input[name=answer]")
    tab.press("ArrowDown")
    assert tab.heading == "Is it plugged in?"  # nothing goes on because an answer is picked
    tab.tab_to("#answer button.main")
    tab.enter()
    assert tab.heading == "Plug it in."
    tab.tab_to("button[formaction$='/tried']")
    tab.enter()
    assert tab.heading == "Does it shine now?"
    tab.tab_to("input[name=answer]")
    tab.press("Space")
    tab.tab_to("#answer button.main")
    tab.enter()
    assert tab.heading == "It shines."
    tab.tab_to("input[name=rating]")
    tab.press("ArrowRight")
    tab.tab_to(".survey button.main")
    tab.enter()
    assert "Thank you" in tab.page.locator(".survey").inner_text()
    tab.quiet()


def test_on_paper_the_steps_stand_dark_on_white(browser: Browser, site: Site) -> None:
    tab = Tab(browser.new_context(color_scheme="dark"), site).open("/help/lamp")
    sent(tab.page, ".asking button.main")
    on(tab, "no")
    sent(tab.page, "button[formaction$='/tried']")
    on(tab, "yes")
    assert not tab.page.locator(".on-paper").is_visible()
    tab.page.emulate_media(media="print", color_scheme="dark")
    root = tab.page.locator("html")
    assert root.evaluate("e => getComputedStyle(e).colorScheme") == "light"
    assert tab.page.locator("body").evaluate("e => getComputedStyle(e).color") == "rgb(22, 29, 40)"
    seen = {name for name in (".on-paper", "h1", ".keep ol", ".foot", ".banner", ".survey", ".on-screen", "main .button") if tab.page.locator(name).first.is_visible()}  # fmt: skip
    assert seen == {".on-paper", "h1", ".keep ol"}
    assert tab.page.pdf(format="A4").startswith(b"%PDF")


def test_targets_are_large_enough_for_a_finger(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    tab = Tab(context, site).open("/help/lamp")
    sent(tab.page, ".asking button.main")
    for control in tab.page.locator("button:visible, .option:visible, summary:visible").all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 44, control.inner_text()


def test_from_the_customers_telephone_to_the_agents_console(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def people(desk: Desk) -> SignIn:
        signin = SignIn(desk.store.shelf, desk.clock, ways=frozenset(("accounts",)))
        ready = signin.ready

        async def with_ana() -> None:
            await ready()
            await signin.accounts.add("ana", GOOD, ("agent",), at=desk.clock())

        signin.ready = with_ana  # type: ignore[method-assign]
        return signin

    site = Site(written(tmp_path_factory.mktemp("trees")), signin=people)
    try:
        small = browser.new_context(
            viewport={"width": 320, "height": 640}, java_script_enabled=False
        )
        customer = Tab(small, site).open("/help/lamp")
        sent(customer.page, ".asking button.main")
        on(customer, "no")
        sent(customer.page, ".person button")
        code = customer.page.locator(".code [aria-hidden]").inner_text()
        agent = Tab(browser.new_context(), site).open("/sign-in?then=/codes")
        agent.page.fill("[name=name]", "ana")
        agent.page.fill("[name=password]", GOOD)
        sent(agent.page, "form button.main")
        agent.page.fill("#code", code)
        sent(agent.page, "main form button.main")
        assert agent.page.locator("#question").inner_text() == "Plug it in."
        assert "Smile." in agent.page.content()  # what only agents see
        assert "Is it plugged in?" in agent.page.locator(".path").inner_text()
        customer.page.reload()
        assert "A person has your answers now" in customer.page.content()
    finally:
        site.stop()
