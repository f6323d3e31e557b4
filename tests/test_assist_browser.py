"""What helps an agent along, in Chromium: by the keyboard alone and without script, and what script adds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.assisted import assisted
from tests.browsing import Site, Tab, sent
from tests.test_browser import axe_of, wider

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    found = Site(assisted())
    yield found
    found.stop()


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Tab]:
    found = Tab(browser.new_context(java_script_enabled=False), site)
    yield found
    found.quiet()


def begin(tab: Tab, more: str = "") -> Page:
    tab.open(f"/start/lamp?reference=C-1{more}")
    tab.page.fill("input[name='f.caller']", "Ms Quail")
    sent(tab.page, "form[action$='/start/lamp'] button.main")
    return tab.page


def test_answers_ahead_and_a_closing_by_the_keyboard_alone_without_script(tab: Tab) -> None:
    begin(tab)
    tab.tab_to("a[href$='/ahead']")
    tab.enter()
    assert tab.heading == "Several answers at once"
    tab.tab_to("input[name='a.lamp.kind']")
    tab.press("Space")
    tab.tab_to("input[name='a.lamp.plugged']")
    tab.press("Space")  # yes
    tab.tab_to("input[name='f.lamp.bulb.watt']")
    tab.page.keyboard.type("40")
    tab.tab_to("form.ahead button.main")
    tab.enter()
    assert tab.heading == "Does a 40 watt bulb glow elsewhere?"
    assert "Answers used: 3." in tab.page.locator(".notice").first.inner_text()
    tab.tab_to(".answering input[value=yes]")
    tab.press("Space")
    tab.enter()
    assert tab.heading == "A technician comes."
    tab.tab_to("#disposition")
    tab.press("Home")  # the first: mended
    tab.tab_to("#words")
    tab.page.keyboard.type("Mended after all")
    tab.tab_to(".closing button.main")
    tab.enter()
    assert "Closed at" in tab.page.locator(".closing").inner_text()
    assert "Mended on the phone" in tab.page.locator(".facts").inner_text()
    assert tab.page.locator("[data-copies]").is_hidden()  # it needs script; the file does not
    assert "Mended after all" in tab.page.locator("#summary").input_value()
    assert tab.page.locator("a[href$='/summary.txt']").is_visible()


def test_one_key_copies_the_summary(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.address)
    tab = Tab(context, site)
    page = begin(tab, "&kind_seen=desk")
    for answer in ("yes", None, "no"):
        if answer is None:
            page.fill("input[name='f.watt']", "40")
        else:
            page.check(f".answering input[value={answer}]")
        sent(page, ".answer button.main")
    page.locator("[data-copies]:not([hidden])").wait_for()
    page.locator("#question").focus()
    page.keyboard.press("c")
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#summary").input_value()
    assert copied.startswith("A lamp is dark")
    page.locator("#words").focus()
    page.keyboard.press("c")  # whoever writes, writes
    assert page.locator("#words").input_value() == "c"
    tab.quiet()


def test_another_language_at_a_step_keeps_what_was_typed(tab: Tab) -> None:
    page = begin(tab, "&kind_seen=desk")
    page.check(".answering input[value=no]")
    page.fill("#text", "half a note")
    page.select_option("#language", "de")
    sent(page, "button[formaction$='/language']")
    assert tab.heading == "Steckt der Stecker?"
    assert page.get_attribute("html", "lang") == "de"
    assert page.locator(".answering input[value=no]").is_checked()
    assert "Eine Tischlampe" in page.locator(".known").inner_text()
    assert "half a note" in page.locator(".record").inner_text()  # a note is kept with any move
    sent(page, ".answer button.main")
    assert tab.heading == "Bitte einstecken, Ms Quail."


def test_a_remark_goes_to_its_author_and_back_on_a_small_phone(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 320, "height": 640}
    )
    tab = Tab(context, site)
    page = begin(tab)
    page.click(".remark summary")
    page.fill("#remark", "<b>Which</b> lamps?")
    sent(page, ".remark button")
    assert "Your remark was sent" in page.locator(".notice").first.inner_text()
    tab.open("/studio/remarks")
    page.locator("select[name=state]").last.select_option("declined")
    page.fill("textarea[name=reply]", "All of them")
    sent(page, ".remarks form button")
    tab.open("/remarks")
    words = page.locator(".remarks").inner_text()
    for told in ("<b>Which</b> lamps?", "All of them", "declined"):
        assert told in words
    tab.quiet()


def test_a_pin_by_the_keyboard_and_by_a_finger(tab: Tab) -> None:
    tab.open("/")
    tab.tab_to("button.pin")
    tab.enter()
    assert tab.page.locator("#pinned").is_visible()
    sent(tab.page, ".own button.pin")
    assert not tab.page.locator("#pinned").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing(browser: Browser, site: Site, scheme: Any, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    tab = Tab(context, site)

    def judged(where: str) -> None:
        found = axe_of(tab.page)
        assert found.violations_count == 0, (where, found.generate_report())
        assert wider(tab.page) <= 0, where

    page = begin(tab, "&kind_seen=floor")
    page.click(".remark summary")
    judged("a step with what is known, and a remark being written")
    page.fill("#remark", "Hm")
    sent(page, ".remark button")
    sent(page, "a[href$='/ahead']")
    judged("answers ahead")
    page.check("input[name='a.lamp.plugged'][value=yes]")
    page.fill("input[name='f.lamp.bulb.watt']", "many")
    sent(page, "form.ahead button.main")
    judged("an answer that did not fit")
    page.fill("input[name='f.watt']", "4")
    sent(page, ".answer button.main")
    page.check(".answering input[value=yes]")
    sent(page, ".answer button.main")
    judged("an end")
    page.fill("#words", "Well")
    sent(page, ".closing button.main")
    judged("closed")
    tab.open("/studio/remarks")
    judged("remarks for authors")
    page.locator("select[name=state]").last.select_option("declined")
    sent(page, ".remarks form button >> nth=0")
    judged("a reply that is not accepted")
    tab.open("/remarks")
    judged("remarks of one's own")
    tab.open("/")
    sent(page, "button.pin >> nth=0")
    judged("pinned")
