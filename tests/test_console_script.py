"""The console with script: keys, clocks, drafts that are kept as one types. (Without script it is
tested in test_browser.py; nothing here is needed to walk.)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route

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
def complaints() -> list[str]:
    """What the browser complained of: nothing, unless a test takes it away."""
    return []


@pytest.fixture
def page(context: BrowserContext, site: Site, complaints: list[str]) -> Iterator[Page]:
    found = context.new_page()
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


def test_a_cut_line_loses_nothing(
    page: Page, context: BrowserContext, complaints: list[str]
) -> None:
    ready(page)
    page.fill("input[name='f.account']", "12345678")
    page.fill("#text", "Written while the line was down.")
    context.set_offline(True)
    page.click("text=Go on")
    page.locator("#not-sent").wait_for(state="visible")
    assert "still here" in page.locator("#not-sent").inner_text()
    assert page.input_value("#text") == "Written while the line was down."
    page.click("text=Go on")  # and still nobody is there
    page.locator("#not-sent").wait_for(state="visible")
    context.set_offline(False)
    sent(page, "text=Go on")
    assert page.locator(".notes li").inner_text().startswith("Written while")
    assert page.locator(".path li").count() == 1
    assert not page.locator("#not-sent").is_visible()
    assert all("ERR_INTERNET_DISCONNECTED" in told for told in complaints)
    complaints.clear()


def test_a_step_is_one_round_trip_and_the_page_stays(page: Page) -> None:
    ready(page)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(f"{one.method} {one.resource_type}"))
    page.evaluate("window.still = true")
    first = page.url
    page.fill("input[name='f.account']", "12345678")
    sent(page, "text=Go on")
    ready(page)
    assert [
        one for one in asked if "walk" not in one and "image" not in one and "other" not in one
    ] == ["POST fetch"]
    assert page.evaluate("window.still") is True
    assert page.evaluate("scrollY") == 0
    assert page.locator("#question:focus").count() == 1
    assert page.title().startswith(page.locator("h1").inner_text()[:20])
    second = page.url
    assert second != first
    page.evaluate("document.querySelector('.skip').click()")  # within the step nothing is loaded
    page.wait_for_url("**#main")
    page.go_back()
    page.wait_for_url(second)
    assert page.evaluate("window.still") is True
    page.reload()  # its address is its own
    assert page.locator("h1").inner_text().startswith("Find the customer")
    key(page, "2")
    with page.expect_navigation():
        key(page, "Enter")
    with page.expect_navigation(url=second):
        page.go_back()
    page.locator("h1:has-text('I cannot find that number')").wait_for()  # the step that is over


def test_what_is_written_while_an_answer_is_on_its_way_is_kept(page: Page) -> None:
    number(page)
    page.check("input[value=unknown]")
    page.fill("#text", "He called")
    waiting: list[Route] = []
    page.route("**/answer", lambda one: waiting.append(one), times=1)
    page.click("#answer button.main")
    page.click("#text")
    page.keyboard.press("End")
    page.keyboard.type(" before, 2b sure")
    with page.expect_navigation():
        waiting[0].continue_()
    assert page.locator("h1").inner_text().startswith("I cannot find that number")
    assert page.locator(".notes li").inner_text().startswith("He called\n")
    assert page.input_value("#text") == "before, 2b sure"
    page.keyboard.type("!")  # and the keys are still letters
    assert page.input_value("#text") == "before, 2b sure!"


def test_another_language_is_the_page_s_at_once(page: Page) -> None:
    ready(page)
    assert page.locator("#question").evaluate("(e) => getComputedStyle(e).direction") == "ltr"
    page.select_option("#language", "ar")
    sent(page, "text=Change")
    assert page.locator("#question").evaluate("(e) => getComputedStyle(e).direction") == "rtl"
    assert page.locator("html").get_attribute("lang") == "ar"
    page.keyboard.press("?")
    assert page.locator("dialog#keys[open]").count() == 1


def test_a_refusal_that_is_no_step_is_told_beside_what_was_typed(
    page: Page, complaints: list[str]
) -> None:
    ready(page)
    page.fill("input[name='f.account']", "12345678")
    busy = "<main class=page><h1>Too busy</h1> <p>Try again in a moment.</p></main>"
    page.route("**/answer", lambda one: one.fulfill(status=503, body=busy, content_type="text/html"), times=1)  # fmt: skip
    page.click("text=Go on")
    page.locator("#not-sent:has-text('Too busy Try again in a moment.')").wait_for()
    assert page.input_value("input[name='f.account']") == "12345678"
    sent(page, "text=Go on")
    assert page.locator(".path li").count() == 1
    assert len(complaints) == 1
    complaints.clear()


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


def test_another_browser_finds_what_was_typed_and_a_stale_tab_hears_of_the_newer_step(
    page: Page, context: BrowserContext, browser: Browser
) -> None:
    ready(page)
    with page.expect_response(lambda one: one.url.endswith("/draft")) as kept:
        page.fill("input[name='f.account']", "1234")
    assert kept.value.status == 204
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(page.url)
    ready(elsewhere)
    assert elsewhere.input_value("input[name='f.account']") == "1234"
    tab = context.new_page()
    tab.goto(page.url)
    ready(tab)
    assert not tab.locator("#moved-on").is_visible()
    page.fill("input[name='f.account']", "12345678")
    sent(page, "text=Go on")
    tab.locator("#moved-on").wait_for(state="visible")
    tab.click("#moved-on a")
    tab.wait_for_url(page.url)
    # A browser that hears nothing of this one is told by the server, once something is typed there.
    elsewhere.fill("input[name='f.account']", "9")
    elsewhere.locator("#moved-on").wait_for(state="visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_axe_finds_nothing_with_script(
    browser: Browser, site: Site, scheme: Any, language: str, direction: str
) -> None:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(site.address + "/start/internet_down")
    page.check("input[value=fibre]")
    page.select_option("#language", language)
    sent(page, "button.main")
    ready(page)
    assert page.locator("html").get_attribute("dir") == direction
    page.fill("input[name='f.account']", "12345678")
    page.fill("#text", "A note.")
    sent(page, "#answer button.main")
    ready(page)
    clean(page)
    key(page, "Shift+?")
    page.locator("dialog#keys[open]").wait_for()
    clean(page)


def clean(page: Page) -> None:
    rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": rules})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_nothing_moves_from_step_to_step_and_the_answers_keep_their_place(
    browser: Browser, site: Site, width: int
) -> None:
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.add_init_script(_MOVED)
    page.goto(site.address + "/start/internet_down")
    page.check("input[value=fibre]")
    sent(page, "button.main")
    tops = []
    for answer in ("f.account", "found", "yes", "none"):
        ready(page)
        tops.append(page.locator(".answering").bounding_box())
        if answer == "f.account":
            page.fill("input[name='f.account']", "12345678")
        else:
            page.check(f"input[value={answer}]")
        for empty in page.locator(".exit:has(:checked) .outputs input").all():
            empty.fill("L-1")
        assert page.evaluate("moved") == 0, answer
        sent(page, "#answer button.main")
    ready(page)
    page.locator(".words > .picture").wait_for()  # a step with a picture and a hint
    tops.append(page.locator(".answering").bounding_box())
    if width > 1024:  # beside the record there is room to keep it
        assert len({top["y"] for top in tops if top is not None}) == 1, tops


_MOVED = """window.moved = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) moved += one.value; })
  .observe({ type: "layout-shift", buffered: true });"""


def test_script_record_and_case_stand_side_by_side(page: Page) -> None:
    number(page)

    def lefts() -> list[float]:
        boxes = [page.locator(name).bounding_box() for name in (".script", ".record", ".case")]
        return [box["x"] for box in boxes if box is not None]

    assert lefts() == sorted(set(lefts()))
    exits = page.locator("#anytime").bounding_box()
    page.set_viewport_size({"width": 1024, "height": 900})
    script, record, case = lefts()
    assert script < record == case
    page.set_viewport_size({"width": 390, "height": 900})
    assert len(set(lefts())) == 1
    page.set_viewport_size({"width": 1440, "height": 900})
    page.check("input[value=unknown]")
    sent(page, "text=Go on")
    ready(page)
    assert page.locator("#anytime").bounding_box() == exits  # at any time, at one place


def test_the_focus_goes_to_the_heading_once(page: Page) -> None:
    number(page)
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.press("Tab")
    page.locator("[data-clock=step]", has_text=re.compile(r"0:0[1-9]|0:[1-5]\d")).wait_for()
    assert (
        page.evaluate("document.activeElement.id") != "question"
    )  # the clock takes it from nobody
