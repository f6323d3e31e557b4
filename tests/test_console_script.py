"""The console with script: keys, clocks, drafts that are kept as one types. (Without script it is
tested in test_browser.py; nothing here is needed to walk.)"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browsing import Site, sent
from tests.served import examined

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    found = Site(examined())
    yield found
    found.stop()


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1440, "height": 900})


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Iterator[Page]:
    found = context.new_page()
    complaints: list[str] = []
    found.on("console", lambda said: complaints.append(said.text))
    found.on("pageerror", lambda said: complaints.append(str(said)))
    found.goto(site.address + "/start/internet_down")
    found.check("input[value=fibre]")
    sent(found, "button.main")
    yield found
    assert complaints == []


def ready(page: Page) -> None:
    """Once the script has begun: its clock goes."""
    page.locator("[data-clock=call]:not(:empty)").wait_for()


def number(page: Page, said: str = "12345678") -> None:
    ready(page)
    page.fill("input[name='f.account']", said)
    sent(page, "text=Go on")
    ready(page)


def key(page: Page, *keys: str) -> None:
    for one in keys:
        page.keyboard.press(one)


def test_a_call_by_keys_alone(page: Page) -> None:
    number(page)
    key(page, "2")
    assert page.locator("input[value=unknown]").is_checked()  # and nothing moved on by itself
    with page.expect_navigation():
        key(page, "Enter")
    ready(page)
    assert page.locator("h1").inner_text().startswith("I cannot find that number")
    with page.expect_navigation():
        key(page, "b")
    ready(page)
    assert page.locator("h1").inner_text().startswith("What is the account number")
    assert page.input_value("input[name='f.account']") == "12345678"
    key(page, "n")
    page.keyboard.type("2b or not 2b?/")  # in a field keys are letters
    assert page.input_value("#text") == "2b or not 2b?/"
    key(page, "Escape")
    assert page.locator("#question:focus").count() == 1
    key(page, "/")
    page.keyboard.type("printer")
    with page.expect_navigation():
        key(page, "Enter")
    assert "q=printer" in page.url


def test_the_list_of_keys_and_the_switch_that_turns_them_off(page: Page) -> None:
    number(page)
    key(page, "Shift+?")
    assert page.locator("dialog#keys[open]").count() == 1
    key(page, "1")
    assert page.locator("input[value=found]:checked").count() == 0  # the list has the keyboard
    page.uncheck("#keys-on")
    key(page, "Escape", "1")
    assert page.locator("dialog#keys[open]").count() == 0
    assert page.locator("input[value=found]:checked").count() == 0
    page.reload()
    ready(page)
    key(page, "1")
    assert page.locator("input[value=found]:checked").count() == 0
    page.click("text=Keys")
    page.check("#keys-on")
    key(page, "Escape", "1")
    assert page.locator("input[value=found]:checked").count() == 1


def test_what_is_typed_survives_a_reload_another_tab_and_a_closed_one(
    page: Page, context: BrowserContext
) -> None:
    ready(page)
    page.fill("input[name='f.account']", "1234")
    page.fill("#text", "Speaks quietly; third call.")
    page.reload()
    ready(page)
    assert page.input_value("input[name='f.account']") == "1234"
    assert page.input_value("#text") == "Speaks quietly; third call."
    assert "was kept" in page.locator("[data-kept]").inner_text()
    address = page.url
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(address)
    ready(again)
    assert again.input_value("input[name='f.account']") == "1234"
    assert again.input_value("#text") == "Speaks quietly; third call."
    again.fill("input[name='f.account']", "12345678")
    sent(again, "text=Go on")
    ready(again)
    assert again.locator(".notes li").inner_text().startswith("Speaks quietly")
    assert again.input_value("#text") == ""  # it arrived, so it is kept no more
    assert again.evaluate("Object.keys(localStorage).filter(n => n.includes('draft'))") == []


def test_a_cut_line_loses_nothing(page: Page, context: BrowserContext) -> None:
    ready(page)
    page.fill("input[name='f.account']", "12345678")
    page.fill("#text", "Written while the line was down.")
    address = page.url
    context.set_offline(True)
    page.click("text=Go on")
    page.wait_for_url("chrome-error://**")
    context.set_offline(False)
    page.goto(address)
    ready(page)
    assert page.input_value("input[name='f.account']") == "12345678"
    sent(page, "text=Go on")
    assert page.locator(".notes li").inner_text().startswith("Written while")
    assert page.locator(".path li").count() == 1


def test_a_draft_of_another_step_is_not_put_into_this_one(
    page: Page, context: BrowserContext
) -> None:
    number(page)
    page.check("input[value=found]")
    page.fill("#text", "Not kept yet.")
    other = context.new_page()
    other.goto(page.url)
    ready(other)
    other.check("input[value=unknown]")
    sent(other, "text=Go on")
    ready(other)
    assert other.locator("h1").inner_text().startswith("I cannot find that number")
    assert other.locator(":checked:not(option, #keys-on)").count() == 0


def test_the_layout_does_not_move_while_a_step_loads_or_an_answer_is_chosen(page: Page) -> None:
    ready(page)
    page.fill("input[name='f.account']", "12345678")
    sent(page, "text=Go on")
    ready(page)
    key(page, "2")
    shift = page.evaluate(
        """new Promise((done) => { let sum = 0; new PerformanceObserver((list) => {
             for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
           }).observe({ type: "layout-shift", buffered: true }); setTimeout(() => done(sum), 400); })"""
    )
    assert shift == 0
