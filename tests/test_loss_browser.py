"""What goes wrong in the middle of a call, in Chromium: the server is killed and started again, an
answer arrives and its page does not, somebody presses twice, works in two tabs, goes back. The agent
goes on where he was, with all that he had written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.browsing import sent
from tests.servers import Server, lamp, serving, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTE = "Half a note, while the line was bad"


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lamp(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def server(trees: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("record"), trees) as found:
        yield found


@pytest.fixture(params=[True, False], ids=["with script", "without"])
def context(browser: Browser, request: pytest.FixtureRequest) -> BrowserContext:
    return browser.new_context(java_script_enabled=request.param)


def begun(context: BrowserContext, server: Server) -> Page:
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"http://127.0.0.1:{server.port}/start/lamp")
    sent(page, "form.card button.main")
    assert page.locator("h1").inner_text() == "Is the lamp on?"
    return page


def answered(server: Server, page: Page) -> list[str]:
    """What the record says was answered."""
    id = page.url.split("/walks/")[1].split("/")[0]
    events = server.get(f"/api/v1/walks/{id}/events")["events"]
    return [event["answer"] for event in events if event["type"] == "answered"]


def notes(server: Server, page: Page) -> list[str]:
    id = page.url.split("/walks/")[1].split("/")[0]
    events = server.get(f"/api/v1/walks/{id}/events")["events"]
    return [event["text"] for event in events if event["type"] == "noted"]


def test_the_server_is_killed_and_started_again_in_the_middle_of_a_call(
    browser: Browser, trees: Path, tmp_path: Path
) -> None:
    context = browser.new_context()
    with serving(tmp_path, trees) as first:
        page = begun(context, first)
        page.fill("#text", "A whole note")
        page.check("input[value=no]")
        sent(page, "#answer button.main")
        assert page.locator("h1").inner_text() == "Is it plugged in?"
        page.check("input[value=yes]")
        page.fill("#text", NOTE)
        first.process.kill()
        first.process.wait()
        port = first.port
        page.click("#answer button.main")  # nobody is there
        page.locator("#not-sent").wait_for(state="visible")
    with serving(tmp_path, trees, "--port", str(port)) as again:
        until(lambda: again.get("/readyz"))
        page.reload()
        assert page.locator("h1").inner_text() == "Is it plugged in?"
        assert page.locator("input[value=yes]").is_checked()
        assert page.input_value("#text") == NOTE
        assert page.locator(".notes li").first.inner_text().startswith("A whole note")
        sent(page, "#answer button.main")
        assert page.locator("h1").inner_text() == "Done."
        assert answered(again, page) == ["no", "yes"]
        assert notes(again, page) == ["A whole note", NOTE]


def test_an_answer_arrives_and_its_page_does_not(
    context: BrowserContext, server: Server, request: pytest.FixtureRequest
) -> None:
    page = begun(context, server)
    page.check("input[value=no]")
    page.fill("#text", NOTE)

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.route("**/answer", lose, times=1)
    page.click("#answer button.main")
    if "without" in request.node.name:  # the browser says it, on a page of its own
        page.wait_for_url("chrome-error://**")
        page.go_back()
        page.wait_for_url("**/walks/**")
    else:
        page.locator("#not-sent").wait_for(state="visible")
    if page.locator("h1").inner_text() == "Is the lamp on?":  # as the browser had kept it
        sent(page, "#answer button.main")
    assert page.locator("h1").inner_text() == "Is it plugged in?"
    assert answered(server, page) == ["no"]
    assert notes(server, page) == [NOTE]


def test_pressed_twice_reloaded_and_gone_back(context: BrowserContext, server: Server) -> None:
    page = begun(context, server)
    page.check("input[value=no]")
    page.fill("#text", NOTE)
    page.dblclick("#answer button.main")
    page.get_by_role("heading", name="Is it plugged in?").wait_for()
    page.reload()
    assert page.locator("h1").inner_text() == "Is it plugged in?"
    assert answered(server, page) == ["no"]
    assert notes(server, page) == [NOTE]
    page.go_back()
    page.get_by_role("heading", name="Is it plugged in?").wait_for()
    page.check("input[value=yes]")
    sent(page, "#answer button.main")
    assert answered(server, page) == ["no", "yes"]


def test_two_tabs_are_one_walk_and_nothing_typed_is_lost(
    context: BrowserContext, server: Server
) -> None:
    page = begun(context, server)
    other: Any = context.new_page()
    other.goto(page.url)
    other.check("input[value=no]")
    sent(other, "#answer button.main")
    page.check("input[value=yes]")
    page.fill("#text", NOTE)
    sent(page, "#answer button.main")
    assert page.locator("h1").inner_text() == "Is it plugged in?"
    assert "That step is over" in page.locator(".notice").first.inner_text()
    assert page.input_value("#text") == NOTE
    assert answered(server, page) == ["no"]
    page.check("input[value=yes]")
    sent(page, "#answer button.main")
    assert notes(server, page) == [NOTE]
