"""Within another page, in Chromium: the page of docs/embed.md from another origin holds ours.

The host is `localhost`, we are `127.0.0.1`: other sites to a browser, so no cookie goes along.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browsing import Site
from tests.embedded import EMBEDDING, code_of_docs, shop, token
from web.desk import Desk
from web.signin.hosts import Embedding
from web.signin.setup import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class _Handler(BaseHTTPRequestHandler):
    """A host's server: the page and the script of the docs, and what signs tokens."""

    host: Host

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if path.path == "/token":
            body, kind = self.host.tokens.pop(0), "text/plain"
        elif path.path == "/host.js":
            body, kind = code_of_docs()["js"], "text/javascript"
        else:
            body, kind = code_of_docs()["html"], "text/html"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


class Host:
    """A page of another origin. ``tokens``: what its server signs, one after the other."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        handler = type("Handler", (_Handler,), {"host": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    found = Host()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def stranger() -> Iterator[Host]:
    found = Host()
    yield found
    found.stop()


def site_for(host: Host, embedding: Embedding = EMBEDDING) -> Site:
    def signin(desk: Desk) -> SignIn:
        return SignIn(
            desk.store.shelf, desk.clock, ways=frozenset(("accounts",)), embedding=embedding
        )

    return Site(shop(), signin, frames=host.address)


@pytest.fixture(scope="module")
def site(host: Host) -> Iterator[Site]:
    found = site_for(host)
    yield found
    found.stop()


class Crm:
    """A tab with the host's page, and what it was told."""

    def __init__(self, browser: Browser, host: Host, site: Site, **context: Any) -> None:
        self.page: Page = browser.new_context(**context).new_page()
        self.page.set_default_timeout(20_000)
        self.host, self.site = host, site
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda said: self.complaints.append(str(said)))
        self.page.on("console", lambda said: self.complaints.append(said.text))

    def open(self, tree: str = "lamp", **more: str) -> Crm:
        query = urlencode({"fingerpost": self.site.address, "tree": tree, **more})
        self.page.goto(f"{self.host.address}/?{query}")
        return self

    @property
    def frame(self) -> Any:
        return self.page.frame_locator("#guide")

    def inside(self) -> Frame:
        found = self.page.frames[-1]
        assert found.url.startswith(self.site.address)
        return found

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        """All that it was told, once the last of these kinds has come."""
        line = self.page.locator("#log li", has_text=f'"type":"{kinds[-1]}"')
        line.first.wait_for()
        found = [json.loads(text) for text in self.page.locator("#log li").all_inner_texts()]
        return [said for said in found if said["type"] in kinds]

    def answer(self, value: str) -> None:
        self.frame.locator(f"input[name=answer][value={value}]").check()
        self.frame.locator("#answer button.main").click()


STEPS = ("started", "step", "outcome")


def test_an_agent_s_console_by_token(browser: Browser, host: Host, site: Site) -> None:
    host.tokens = [token(given={"caller": "Zebulon Quince"}, reference="4711", case="c-9")]
    crm = Crm(browser, host, site).open(signed="1")
    crm.frame.get_by_role("heading", name="Is the lamp plugged in?").wait_for()
    expect(crm.frame.locator(".crumb")).to_contain_text("4711")
    crm.frame.locator("#text").fill("Quince calls again")
    crm.answer("yes")
    crm.frame.locator("h1:focus", has_text="Is the bulb new?").wait_for()  # led on as ever
    crm.answer("yes")
    crm.frame.get_by_role("heading", name="A colleague comes.").wait_for()
    said = crm.told(*STEPS)
    assert [one["type"] for one in said] == ["started", "step", "step", "outcome"]
    assert [one["node"] for one in said] == ["plug", "plug", "bulb", "hand"]
    assert len({one["walk"] for one in said}) == 1
    assert said[-1]["disposition"] == "done"
    assert said[-1]["handTo"] == ["field"]
    assert [one["seq"] for one in said] == sorted(one["seq"] for one in said)
    heard = crm.page.locator("#log").inner_text()
    assert "Quince" not in heard
    assert "4711" not in heard
    assert not crm.page.context.cookies(site.address)
    assert not [one for one in crm.complaints if "autofocus" not in one.lower()], crm.complaints
    # The same case after the host's page was opened anew: the walk where it stands.
    host.tokens = [token(case="c-9")]
    crm.open(signed="1")
    crm.frame.get_by_role("heading", name="A colleague comes.").wait_for()
    assert crm.told("outcome")[0]["walk"] == said[0]["walk"]


def test_an_agent_s_frame_after_parking_and_handing_over(
    browser: Browser, host: Host, site: Site
) -> None:
    host.tokens = [token()]
    crm = Crm(browser, host, site).open(signed="1")
    crm.frame.get_by_role("heading", name="Is the lamp plugged in?").wait_for()
    crm.frame.get_by_role("button", name="Park or hand over").click()
    for tongue, code in (("العربية", "ar"), ("English", "en")):  # no cookie of ours is kept here
        crm.frame.get_by_role("button", name=tongue).click()
        crm.frame.locator(f"html[lang={code}]").wait_for()
    crm.frame.locator("#reason").fill("He looks for the bulb")
    crm.frame.get_by_role("button", name="Park it").click()
    take = crm.frame.locator("form[action$='/take'] button")
    take.click()
    take.wait_for(state="detached")
    crm.frame.get_by_role("button", name="Park or hand over").click()
    crm.frame.locator("#to").select_option("field")
    crm.frame.get_by_role("button", name="Hand it over").click()
    crm.frame.get_by_text("Handed to Field service").wait_for()
    take.click()
    take.wait_for(state="detached")
    crm.answer("no")
    crm.frame.get_by_role("heading", name="Is the bulb new?").wait_for()
    crm.answer("no")
    crm.frame.get_by_role("heading", name="Goodbye.").wait_for()
    said = crm.told(*STEPS)
    assert [one["type"] for one in said] == ["started", *["step"] * (len(said) - 2), "outcome"]
    assert len({one["walk"] for one in said}) == 1
    assert [one["seq"] for one in said] == sorted(one["seq"] for one in said)


def test_a_customer_s_walk_by_message(browser: Browser, host: Host, site: Site) -> None:
    crm = Crm(browser, host, site, viewport={"width": 390, "height": 844}, color_scheme="dark")
    crm.open(given=json.dumps({"caller": "Zebulon"}))
    crm.frame.get_by_role("heading", name="Is the lamp plugged in?").wait_for()
    crm.page.reload()  # of the page around: another walk of another customer
    crm.frame.get_by_role("heading", name="Is the lamp plugged in?").wait_for()
    crm.frame.locator("button[name=anytime]").click()
    crm.frame.get_by_role("heading", name="Goodbye.").wait_for()
    said = crm.told(*STEPS)
    assert [one["type"] for one in said] == ["started", "step", "outcome"]
    assert "Zebulon" not in crm.page.locator("#log").inner_text()
    assert crm.told("height")[0]["height"] > 100


def test_a_reload_of_the_frame_and_its_back_button_lose_nothing(
    browser: Browser, host: Host, site: Site
) -> None:
    host.tokens = [token()]
    crm = Crm(browser, host, site).open(signed="1")
    crm.frame.get_by_role("heading", name="Is the lamp plugged in?").wait_for()
    crm.answer("no")
    crm.frame.get_by_role("heading", name="Is the bulb new?").wait_for()
    crm.inside().evaluate("location.reload()")
    crm.page.locator("#log li", has_text='"node":"bulb"').nth(1).wait_for()
    crm.frame.locator("button:text-is('Back')").click()
    crm.frame.get_by_role("heading", name="Is the lamp plugged in?").wait_for()
    assert crm.frame.locator("input[value=no]").is_checked()


def refused(crm: Crm) -> str:
    crm.frame.locator("#refused").wait_for()
    return str(crm.told("refused")[-1]["reason"])


def test_tokens_that_are_refused(browser: Browser, host: Host, site: Site) -> None:
    good = token()
    crm = Crm(browser, host, site)
    for signed, why in (
        (token(iat=1_700_000_000, exp=1_700_000_060), "expired"),
        (token("not the secret that was agreed upon"), "forged"),
        (token(tree="inside"), "tree"),
    ):
        host.tokens = [signed]
        assert refused(crm.open(signed="1")) == why
        assert crm.frame.locator("#refused").inner_text()
    host.tokens = [good]
    crm.open(signed="1").frame.get_by_role("heading", name="Is the lamp plugged in?").wait_for()
    host.tokens = [good]
    assert refused(crm.open(signed="1")) == "used"


def test_a_page_of_another_origin_is_not_let_in(
    browser: Browser, host: Host, stranger: Host, site: Site
) -> None:
    crm = Crm(browser, stranger, site)
    with crm.page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        crm.open()
    assert crm.page.locator("#log li").count() == 0
    # Nor when it calls itself by another's name: the browser knows better.
    honest = f"{site.address}/embed/lamp?{urlencode({'host': host.address})}"
    with crm.page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        crm.page.evaluate("address => document.getElementById('guide').src = address", honest)
    assert crm.page.locator("#log li").count() == 0


def test_a_message_of_another_window_begins_nothing(
    browser: Browser, host: Host, site: Site
) -> None:
    """The page opens in a tab of its own: whoever opened it may write to it, and is not heard."""
    crm = Crm(browser, host, site)
    crm.page.goto(f"{host.address}/host.js")
    address = f"{site.address}/embed/lamp?{urlencode({'host': host.address})}"
    with crm.page.context.expect_page() as opened:
        crm.page.evaluate("address => { window.theirs = window.open(address) }", address)
    other = opened.value
    other.wait_for_load_state()
    crm.page.evaluate("window.theirs.postMessage({fingerpost: 1, type: 'begin'}, '*')")
    other.evaluate("window.postMessage({fingerpost: 1, type: 'begin'}, '*')")
    other.evaluate("() => new Promise(done => { onmessage = done; window.postMessage(1, '*') })")
    assert urlsplit(other.url).path == "/embed/lamp"
    assert parse_qs(urlsplit(other.url).query)["host"] == [host.address]


def test_without_script_one_presses_start(browser: Browser, host: Host, site: Site) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{host.address}/host.js")
    query = urlencode({"host": host.address, "token": token()})
    page.goto(f"{site.address}/embed/lamp?{query}")
    with page.expect_navigation():
        page.click("button.main")
    assert page.locator("h1").inner_text() == "Is the lamp plugged in?"
    assert "token=" not in page.url


def test_the_summary_is_told_where_the_setting_says_so(browser: Browser, host: Host) -> None:
    site = site_for(host, Embedding(EMBEDDING.keys, values=True))
    try:
        host.tokens = [token(reference="4711")]
        crm = Crm(browser, host, site).open(signed="1")
        crm.frame.get_by_role("heading", name="Is the lamp plugged in?").wait_for()
        crm.answer("no")
        crm.frame.get_by_role("heading", name="Is the bulb new?").wait_for()
        crm.answer("no")
        crm.frame.get_by_role("heading", name="Goodbye.").wait_for()
        (said,) = crm.told("outcome")
        assert "A lamp is dark" in said["summary"]
        assert "4711" in said["summary"]
    finally:
        site.stop()
