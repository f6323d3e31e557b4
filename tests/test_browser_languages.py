"""The pages in Arabic, in Chromium: from right to left, in both widths and schemes, judged by axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import Site, Tab, sent
from tests.kinds import kinds
from tests.test_browser import axe_of, wider

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SIZES = {"wide": (1280, 900), "narrow": (320, 640)}


@pytest.fixture(scope="module")
def every() -> Iterator[Site]:
    found = Site(kinds())
    yield found
    found.stop()


def pages(tab: Tab) -> Iterator[str]:
    """Each page that an Arab agent comes by, with one walk in Arabic and one in English."""
    yield tab.open("/").page.url
    yield tab.open("/nowhere").page.url
    tab.open("/start/kinds")
    yield "start"
    sent(tab.page, "form.card button.main")
    tab.open("/start/salam").page.fill("#reference", "A-12 (3) عميل")
    sent(tab.page, "form.card button.main")
    yield "step"
    sent(tab.page, "#answer button.main")
    yield "refused"
    tab.page.fill("#text", "router TX-3: أعيد تشغيله")
    sent(tab.page, "button[formaction$='/notes']")
    yield "noted"
    tab.page.check("input[name=answer][value=yes]")
    sent(tab.page, "#answer button.main")
    yield "outcome"
    yield tab.open("/walks").page.url


def mirrored(page: Page) -> bool:
    """Whether the page begins at the right: the brand stands right of where one goes from it."""
    brand, nav = page.locator(".brand").bounding_box(), page.locator(".top nav").bounding_box()
    assert brand
    assert nav
    return brand["x"] > nav["x"]


@pytest.mark.parametrize(("scheme", "width"), [("light", "narrow"), ("dark", "wide")])
def test_arabic_from_right_to_left(browser: Browser, every: Site, scheme: Any, width: str) -> None:
    size: Any = {"width": _SIZES[width][0], "height": _SIZES[width][1]}
    context = browser.new_context(
        viewport=size, color_scheme=scheme, java_script_enabled=False, locale="ar-EG"
    )
    # axe is itself a script, which a tab without script cannot run: it judges a copy of the page.
    judge = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    tab, copy = Tab(context, every), judge.new_page()
    seen = 0
    for where in pages(tab):
        seen += 1
        root = tab.page.locator("html")
        assert (root.get_attribute("lang"), root.get_attribute("dir")) == ("ar", "rtl"), where
        if width == "wide":
            assert mirrored(tab.page), where
        copy.goto(every.address + "/healthz")
        copy.set_content(tab.copy())
        copy.wait_for_load_state()
        found = axe_of(copy)
        assert found.violations_count == 0, (where, found.generate_report())
        assert wider(copy) <= 0, (where, scheme, width)
    assert seen == 8
    tab.quiet()


def test_another_language_is_chosen_at_the_foot_by_keyboard(browser: Browser, every: Site) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    tab = Tab(context, every).open("/walks")
    tab.tab_to(".tongues button[lang=ar]")
    box = tab.page.locator(".tongues button[lang=ar]").bounding_box()
    assert box
    assert box["height"] >= 44
    tab.enter()
    assert tab.page.url.endswith("/walks")
    assert tab.page.locator("html").get_attribute("dir") == "rtl"
    assert tab.heading == "المسارات"
    assert tab.page.locator(".tongues [aria-current]").inner_text() == "العربية"
    tab.open("/")
    assert tab.page.locator("html").get_attribute("lang") == "ar"
