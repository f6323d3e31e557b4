"""One route through each shipped tree, in Chromium on the console's pages, scripts and all, against the
demo back end; and through each that is the customer's on the pages for customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.crawling import Stage, Told, stage, told
from tests.served import TREES, examined
from tests.test_crawl import THEIRS, as_customer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIBRARY = examined().libraries[0]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("crawl"), TREES) as found:
        yield found


def route(id: str, audience: str) -> Told:
    """The shortest story to an end that says more than to leave at once."""
    tree = LIBRARY.trees[id]
    own = [
        s for s in LIBRARY.stories[id].data if (s.get("audience") or tree.audience[0]) == audience
    ]
    found = [own_one for s in own if "anytime" not in str((own_one := told(tree, s)).sends)]
    lived = (as_customer(id, s) for s in LIBRARY.stories[id].data)
    found = found or [one for one in lived if one is not None]
    walked = [one for one in found if one.ended and len(one.sends) > 1] or found
    return min(walked, key=lambda one: ("anytime" in str(one.sends), len(one.sends)))


# A tree that nobody walks has no pages.
PEOPLE = sorted(id for id in LIBRARY.stories if LIBRARY.trees[id].audience != ("system",))


@pytest.mark.parametrize("id", PEOPLE)
def test_a_route_in_the_console(browser: Browser, there: Stage, id: str) -> None:
    story = route(id, "agent" if "agent" in LIBRARY.trees[id].audience else "customer")
    tab = opened(browser, there, f"/start/{id}", story)
    if len(LIBRARY.trees[id].audience) > 1:
        tab.check(f"input[name=audience][value={story.about['audience']}]")
    led(tab, there, story, ".task:has-text('Ended')")


# Those that are started on the pages for customers: no subtrees.
@pytest.mark.parametrize("id", [id for id in THEIRS if not LIBRARY.trees[id].contract])
def test_a_route_of_a_customer(browser: Browser, there: Stage, id: str) -> None:
    story = route(id, "customer")
    tab = opened(browser, there, f"/help/{id}", story)
    led(tab, there, story, "section.keep")


def opened(browser: Browser, there: Stage, path: str, story: Told) -> Page:
    there.prepare(story)
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    page.on("console", lambda said: complain(page, said.text))
    page.on("pageerror", lambda said: complain(page, str(said)))
    page.goto(there.serve.address + path)
    fill(page, story.about["given"])
    return page


COMPLAINTS: dict[Page, list[str]] = {}


def complain(page: Page, text: str) -> None:
    if "Autofocus processing was blocked" not in text:
        COMPLAINTS.setdefault(page, []).append(text)


def led(page: Page, there: Stage, story: Told, end: str) -> None:
    """Leads a tab from the start along a story to its end: the steps are those that were told."""
    sent(page, "main form button.main")
    for event in story.sends:
        page.wait_for_selector("form#answer")
        move(page, event)
    page.wait_for_selector(end)
    walk = page.url.split("/walks/")[1].split("/")[0]
    path = there.serve.good("GET", f"/api/v1/walks/{walk}/path")["steps"]
    assert path[-1]["node"] == story.ended
    assert {(s["tree"], s["node"], s["exit"] or "end") for s in path} <= set(story.passed)
    assert not COMPLAINTS.get(page)


def move(page: Page, event: Mapping[str, Any]) -> None:
    """What a person does on the page to send this."""
    said = event.get("answer", event.get("result"))
    if event["type"] == "went_back":
        return sent(page, "form.back button")
    if "row" in event:
        page.locator("#answer input[name=answer]").nth(event["row"]).check()
    elif isinstance(said, dict) and "anytime" in said:
        return sent(page, f"button[name=anytime][value={said['anytime']}]")
    elif event["type"] == "action_finished":
        page.check(f"#answer input[name=answer][value={said['exit']}]")
        fill(page, {f"{said['exit']}.{k}": v for k, v in said.items() if k != "exit"})
    elif event["type"] == "continued":
        for box in page.locator("#answer input[name=done]").all():
            box.check()
    else:
        answer(page, said)
    return sent(page, "#answer button.main")


def answer(page: Page, said: Any) -> None:
    if said == {"none_of_these": True}:
        said = "none_of_these"
    if isinstance(said, dict):
        return fill(page, said)
    for one in said if isinstance(said, list) else [said]:
        value = {True: "yes", False: "no"}.get(one, one) if isinstance(one, bool) else one
        page.check(f"#answer input[name=answer][value='{value}']")
    return None


def fill(page: Page, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        field = page.locator(f"[name='f.{name}']").first
        if field.get_attribute("type") in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                plain = {"True": "yes", "False": "no"}.get(str(one), one)
                page.check(f"[name='f.{name}'][value='{plain}']")
        else:
            field.fill(str(value))


def sent(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.click(button)
