"""Signing in with Chromium: by the keyboard alone, without script, on a phone, judged by axe."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import provider as away
from tests.browsing import Site, Tab, sent
from tests.signed_in import GOOD
from tests.test_browser import axe_of, wider
from tests.test_provider import settings
from tests.test_rights import lamps
from web.desk import Desk
from web.signin.setup import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "Ana María de la Concepción"


@pytest.fixture(scope="module")
def provider() -> Iterator[away.Provider]:
    found = away.Provider()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def site(provider: away.Provider) -> Iterator[Site]:
    def signin(desk: Desk) -> SignIn:
        ways = frozenset(("accounts", "oidc"))
        found = SignIn(desk.store.shelf, desk.clock, ways=ways, provider=settings(provider))
        asyncio.run(found.accounts.add("ana", GOOD, ["agent"], at=desk.clock(), shown=NAME))
        return found

    found = Site(lamps(), signin)
    yield found
    found.stop()


def test_in_by_the_keyboard_alone_and_out_again(browser: Browser, site: Site) -> None:
    tab = Tab(browser.new_context(java_script_enabled=False), site).open("/walks")
    assert tab.heading == "Sign in"
    assert tab.page.locator("#name:focus").count() == 1  # one can type at once
    tab.page.keyboard.type("ana")
    tab.press("Tab")
    assert tab.page.locator("#password:focus").count() == 1
    tab.page.keyboard.type("not the right one")
    tab.enter()
    wrong = tab.page.locator("[role=alert]")
    assert "do not belong together" in wrong.inner_text()
    assert tab.page.locator("#password:focus").count() == 1  # the name is there still
    described = tab.page.locator("#password").get_attribute("aria-describedby")
    assert described == wrong.get_attribute("id")
    assert tab.page.locator("#password").input_value() == ""
    tab.page.keyboard.type(GOOD)
    tab.enter()
    assert tab.page.url.endswith("/walks")
    assert tab.page.locator(".who").inner_text().startswith(NAME)
    tab.tab_to(".who button")
    tab.enter()
    assert tab.heading == "Sign in"
    assert tab.page.get_by_role("status").inner_text().startswith("You are signed out.")
    tab.open("/walks")
    assert tab.heading == "Sign in"
    tab.quiet()


def test_by_the_provider_and_back(browser: Browser, site: Site) -> None:
    """Over two sites: the cookies come along on the way back."""
    tab = Tab(browser.new_context(java_script_enabled=False), site).open("/start/inside")
    assert tab.page.title().startswith("Not there")
    tab.open("/")
    with tab.page.expect_navigation():
        tab.page.get_by_role("link", name="Sign in with Example").click()
    tab.page.wait_for_url(site.address + "/")
    assert "Jane Doe" in tab.page.locator(".who").inner_text()
    tab.open("/start/inside")
    sent(tab.page, "main button.main")
    assert "Does the caller shout?" in tab.heading
    tab.quiet()


def test_the_back_button_after_signing_out_shows_no_walk(browser: Browser, site: Site) -> None:
    tab = Tab(browser.new_context(java_script_enabled=False), site).open("/start/lamp")
    tab.open("/sign-in?then=/start/inside")
    tab.page.fill("#name", "ana")
    tab.page.fill("#password", GOOD)
    sent(tab.page, "main button.main")
    sent(tab.page, "main button.main")
    assert "Does the caller shout?" in tab.heading
    sent(tab.page, ".who button")
    assert tab.heading == "Sign in"
    tab.page.go_back()
    assert "Does the caller shout?" not in tab.page.locator("body").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_at_the_entrance(
    browser: Browser, site: Site, scheme: str, width: int, language: str
) -> None:
    about = {
        "viewport": {"width": width, "height": 800},
        "color_scheme": scheme,
        "locale": language,
    }
    tab = Tab(browser.new_context(java_script_enabled=False, **about), site)  # type: ignore[arg-type]
    copy = browser.new_context(bypass_csp=True, **about).new_page()  # type: ignore[arg-type]
    for name in ("fresh", "wrong", "signed in", "account", "out"):
        if name == "fresh":
            tab.open("/")
        elif name in ("wrong", "signed in"):
            tab.page.fill("#name", "ana")
            tab.page.fill("#password", GOOD if name == "signed in" else "not the right one")
            sent(tab.page, "main button.main")
        elif name == "account":
            tab.open("/account")
        else:
            sent(tab.page, ".who button")
        copy.goto(site.address + "/healthz")
        copy.set_content(tab.copy())
        copy.wait_for_load_state()
        found = axe_of(copy)
        assert not found.response["violations"], (name, found.generate_report())
        assert wider(copy) <= 0, name
        targets = "main button, main a.button, main input:not([type=hidden])"
        boxes = [target.bounding_box() for target in copy.locator(targets).all()]
        low = [box for box in boxes if box is not None and box["height"] < 24]
        assert not low, name
        where = os.environ.get("FINGERPOST_PICTURES")
        if where:
            path = Path(where) / f"entrance-{name}-{width}-{scheme}-{language}.png"
            tab.page.screenshot(path=path)
    tab.quiet()
