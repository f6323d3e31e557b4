"""Hand-over and teams in Chromium: by the keyboard alone, without script, two people, phone and desktop,
dark, judged by axe."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browsing import Site, Tab, sent
from tests.signed_in import GOOD
from tests.test_browser import axe_of, wider
from tests.test_teams import library
from web.desk import Desk
from web.signin.setup import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"width": 320, "height": 700}
DESKTOP = {"width": 1280, "height": 900}
PEOPLE = {
    "ann": (["agent"], ["care"]), "bob": (["agent"], ["care"]), "boss": (["agent"], ["bosses"]),
}  # fmt: skip


@pytest.fixture
def site() -> Iterator[Site]:
    def signin(desk: Desk) -> SignIn:
        found = SignIn(desk.store.shelf, desk.clock, ways=frozenset(("accounts",)))

        async def hire() -> None:
            for name, (roles, teams) in PEOPLE.items():
                common: dict[str, Any] = {
                    "teams": teams,
                    "at": desk.clock(),
                    "shown": name.title(),
                }
                await found.accounts.add(name, GOOD, roles, **common)

        with ThreadPoolExecutor(1) as apart:  # Playwright has a loop in this thread
            apart.submit(lambda: asyncio.run(hire())).result()
        return found

    found = Site(library(), signin)
    yield found
    found.stop()


def tab_of(
    browser: Browser, site: Site, name: str, *, script: bool = False, **more: object
) -> Tab:
    tab = Tab(browser.new_context(java_script_enabled=script, **more), site)  # type: ignore[arg-type]
    tab.open("/sign-in")
    tab.page.fill("#name", name)
    tab.page.fill("#password", GOOD)
    sent(tab.page, "main button")
    return tab


def looked_at(tab: Tab, judge: Browser, name: str) -> None:
    """Nothing for axe, nothing wider than the window; and a picture for whoever wants one."""
    folder = os.environ.get("FINGERPOST_LOOK")
    if folder:
        tab.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    # A copy is judged: a tab without script runs none of a judge's either.
    context = judge.new_context(viewport=tab.page.viewport_size, bypass_csp=True)
    copy = context.new_page()
    copy.goto(tab.site.address + "/healthz")
    copy.set_content(tab.copy())
    assert wider(copy) == 0
    found = axe_of(copy)
    assert found.violations_count == 0, found.generate_report()
    context.close()


def begun(tab: Tab, reference: str = "") -> None:
    tab.open("/start/lamp")
    tab.page.fill("[name=reference]", reference)
    sent(tab.page, "main button")
    tab.settled()


@pytest.mark.parametrize("script", [False, True])
def test_a_walk_goes_from_one_to_another_with_what_was_typed(
    browser: Browser, site: Site, script: bool
) -> None:
    ann = tab_of(browser, site, "ann", script=script, viewport=DESKTOP)
    begun(ann, "CASE-7")
    ann.page.check("input[value=ring]")
    sent(ann.page, "form#answer button.main")
    ann.page.fill("[name='f.name']", "Ana Silva")
    ann.page.fill("#text", "speaks softly")
    sent(ann.page, "button[formaction$='/leave']")
    assert ann.heading == "Park or hand over"
    looked_at(ann, browser, f"hand-over-{script}")
    ann.page.select_option("#to", "care")
    ann.page.fill("#why", "knows <b>lamps</b> & more")
    sent(ann.page, "form[action$='/hand-over'] button")

    bob = tab_of(browser, site, "bob", script=script, viewport=PHONE, color_scheme="dark")
    assert bob.open("/").page.locator("nav .count").inner_text().startswith("1")
    bob.open("/queues")
    assert "knows <b>lamps</b> & more" in bob.page.locator(".turn").inner_text()
    looked_at(bob, browser, f"queue-phone-{script}")
    ann.open("/queues")
    looked_at(ann, browser, f"queue-{script}")
    sent(bob.page, "form[action$='/take'] button")
    assert bob.settled().heading == "When may we ring, and whom?"
    assert bob.page.input_value("[name='f.name']") == "Ana Silva"
    assert bob.page.input_value("#text") == "speaks softly"
    assert "Taken by you" in bob.page.locator("aside.case").inner_text()
    looked_at(bob, browser, f"taken-phone-{script}")
    sent(ann.page, "form[action$='/take'] button")  # too late
    assert "Somebody else has taken this already" in ann.page.locator("[role=alert]").inner_text()
    assert ann.complaints == [] or all("409" in said for said in ann.complaints)


def test_parked_by_the_keyboard_alone_and_taken_up_again(browser: Browser, site: Site) -> None:
    ann = tab_of(browser, site, "ann", viewport=DESKTOP)
    begun(ann)
    ann.tab_to("button[formaction$='/leave']")
    ann.enter()
    ann.tab_to("#reason")
    ann.page.keyboard.type("looks for the bill")
    ann.enter()
    assert "looks for the bill" in ann.page.locator(".turn").inner_text()
    looked_at(ann, browser, "parked")
    ann.tab_to("form[action$='/take'] button")
    ann.enter()
    assert ann.heading == "Is it lit?"


@pytest.mark.parametrize("script", [False, True])
def test_by_the_keyboard_alone_from_a_queue_to_parked_and_back(
    browser: Browser, site: Site, script: bool
) -> None:
    ann = tab_of(browser, site, "ann", viewport=DESKTOP)
    begun(ann, "CASE-9")
    sent(ann.page, "button[formaction$='/leave']")
    ann.page.select_option("#to", "care")
    sent(ann.page, "form[action$='/hand-over'] button")

    bob = tab_of(browser, site, "bob", script=script, viewport=DESKTOP)
    bob.tab_to("nav a[href='/queues']")
    bob.enter()
    bob.tab_to("form[action$='/take'] button")
    bob.enter()
    assert bob.heading == "Is it lit?"
    bob.tab_to("button[formaction$='/leave']")
    bob.enter()
    bob.tab_to("#reason")
    bob.page.keyboard.type("the customer looks for the bill")
    bob.tab_to("form[action$='/park'] button")
    bob.enter()
    assert "the customer looks for the bill" in bob.page.locator(".turn").inner_text()
    bob.tab_to(
        ".turn h2 a"
    )  # to look at it first: why it waits stands before all else of the case
    bob.enter()
    assert bob.heading == "Is it lit?"
    first = bob.page.locator("aside.case > *").first.inner_text()
    assert "the customer looks for the bill" in first
    looked_at(bob, browser, f"parked-walk-{script}")
    bob.tab_to("form[action$='/take'] button")
    bob.enter()
    assert "Taken by you" in bob.page.locator("aside.case").inner_text()
    bob.tab_to("input[value=yes]")
    bob.press("Space")
    bob.tab_to("form#answer button.main")
    bob.enter()
    assert bob.page.locator("h1").inner_text().startswith("Fine.")


def test_from_right_to_left_all_begins_at_the_right(browser: Browser, site: Site) -> None:
    ann = tab_of(browser, site, "ann", viewport=DESKTOP, locale="ar-EG")
    begun(ann, "CASE-10")
    ann.open(ann.page.url.removeprefix(site.address).rpartition("/")[0] + "/hand-over")
    assert ann.page.locator("html").get_attribute("dir") == "rtl"
    looked_at(ann, browser, "hand-over-ar")
    for form in ann.page.locator(".sides form").all():  # fields are as wide as their form
        wide = form.bounding_box()
        assert wide
        for control in form.locator("select, input:not([type=hidden])").all():
            box = control.bounding_box()
            assert box
            assert abs(box["width"] - wide["width"]) < 1
    ann.page.select_option("#to", "care")
    ann.page.fill("#why", "knows lamps")
    sent(ann.page, "form[action$='/hand-over'] button")
    ann.open("/queues")
    looked_at(ann, browser, "queue-ar")
    ends = [
        box["x"] + box["width"]
        for part in (".turn h2 a", ".turn .said bdi")
        if (box := ann.page.locator(part).bounding_box())
    ]
    assert len(ends) == 2
    assert abs(ends[0] - ends[1]) < 1  # what is written in English begins where the rest does


def test_a_team_decides_and_a_promise_is_kept(browser: Browser, site: Site) -> None:
    ann = tab_of(browser, site, "ann", viewport=DESKTOP)
    begun(ann, "CASE-8")
    ann.page.check("input[value=no]")
    sent(ann.page, "form#answer button.main")
    looked_at(ann, browser, "waits-for-team")
    boss = tab_of(browser, site, "boss", viewport=DESKTOP).open("/queues")
    looked_at(boss, browser, "decide")
    sent(boss.page, "button[value=approved]")
    assert "the walk goes on" in boss.page.locator("main").inner_text()

    begun(ann)
    ann.page.check("input[value=ring]")
    sent(ann.page, "form#answer button.main")
    ann.page.fill("[name='f.name']", "Ana")
    ann.page.fill("[name='f.day']", "2026-01-05")
    for _ in range(3):
        sent(ann.page, "form#answer button.main")
    ann.open("/follow-ups")
    assert ann.page.locator(".turn").count() == 2
    looked_at(ann, browser, "follow-ups")
    phone = tab_of(browser, site, "bob", viewport=PHONE).open("/follow-ups")
    phone.page.click("summary >> nth=0")
    looked_at(phone, browser, "follow-ups-phone")
    phone.page.fill("[name=note]", "rang out")
    sent(phone.page, "button[value=again]")
    assert phone.page.locator("[name=until]:focus").count() == 1  # where it is wrong
    phone.page.fill("[name=until]", "2026-01-06T10:00")
    sent(phone.page, "button[value=not_reached]")
    assert "10:00" in phone.page.locator(".turn").inner_text()
    phone.page.click("summary >> nth=0")
    sent(phone.page, "button[value=done]")
    assert phone.page.locator(".turn").count() == 0
    looked_at(phone, browser, "nothing-due-phone")
