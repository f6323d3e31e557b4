"""The pages of an action that is being done, in Chromium, without script: they come again by
themselves, and axe finds nothing wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.acting import acting, actions
from tests.backend import Backend, backend
from tests.browsing import Site, Tab, sent
from tests.test_browser import _SMALL, _WIDTHS, axe_of, wider
from tests.test_performing import Clock

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def there() -> Iterator[Backend]:
    with backend() as found:
        yield found


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def site(there: Backend, clock: Clock) -> Iterator[Site]:
    found = Site(acting(), actions=actions(there.url), clock=clock)
    yield found
    there.hold.set()
    found.stop()


def pages(tab: Tab, there: Backend, clock: Clock) -> Iterator[str]:
    """Each page of a walk that waits, twice; nobody presses anything in between."""
    page = tab.page
    there.gives({"status": "none"}, {"exit": "paid", "id": "R1"})
    there.hold.clear()
    tab.open("/start/acting")
    sent(page, "button:text-is('Start')")
    page.fill("input[name='f.id']", "C1")
    sent(page, "text=Go on")
    assert tab.heading == "Look for a known outage"
    yield "it waits"
    clock.later(6)
    page.wait_for_selector("text=Do it by hand", timeout=60_000)
    yield "it waits for long"
    there.hold.set()
    page.wait_for_selector("text=Pay the refund?", timeout=60_000)
    there.hold.clear()
    page.check("input[value=yes]")
    sent(page, "text=Go on")
    assert tab.heading == "Pay the refund"
    assert not page.locator("text=Do it by hand").count()
    yield "it waits for what must not be done twice"
    clock.later(60)
    page.wait_for_selector("text=We do not know whether this was done.", timeout=60_000)
    yield "nobody knows"
    page.check("input[value=paid]")
    sent(page, "text=Go on")
    yield "nobody knows, and something is missing"
    there.hold.set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", _WIDTHS)
def test_what_is_waited_for_comes_by_itself(
    browser: Browser, site: Site, there: Backend, clock: Clock, scheme: Any, width: str
) -> None:
    wide, high = _WIDTHS[width]
    about: dict[str, Any] = {"viewport": {"width": wide, "height": high}, "color_scheme": scheme}
    tab = Tab(browser.new_context(java_script_enabled=False, **about), site)
    copy = browser.new_context(bypass_csp=True, **about).new_page()
    for where in pages(tab, there, clock):
        copy.goto(site.address + "/healthz")
        copy.set_content(tab.copy())
        copy.wait_for_load_state()
        found = axe_of(copy)
        assert found.violations_count == 0, (where, found.generate_report())
        assert wider(copy) <= 0, where
        small = copy.evaluate(_SMALL)
        assert not small, (where, small)
    tab.quiet()


def test_it_comes_by_itself_with_script_too(
    browser: Browser, site: Site, there: Backend, clock: Clock
) -> None:
    """A step is put in the place of the last one, but a page that waits has to be loaded."""
    tab = Tab(browser.new_context(), site)
    assert len(list(pages(tab, there, clock))) == 5
