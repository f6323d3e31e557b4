"""A move and its page in one answer, for whoever prefers that; for everybody else as ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kinds import kinds
from tests.served import Page, Served, served

PREFERS = {"prefer": "return=representation"}


@pytest.fixture
def app() -> Iterator[Served]:
    with served(kinds()) as found:
        yield found


def begun(app: Served) -> Page:
    """At a step that is only to be gone on from."""
    page = app.open("/start/kinds").press("kinds", f__colour="red")
    return page.press("answer", done=["1", "2"])


def form(page: Page, what: str, **typed: str) -> tuple[str, dict[str, Any]]:
    found, button = page.button(what)
    fields = {c.get("name"): c.get("value") or "" for c in found.controls if c.get("name")}
    return button.get("formaction") or found.action, fields | typed


def sent(app: Served, page: Page, what: str, *, prefers: bool = True, **typed: str) -> Any:
    to, fields = form(page, what, **typed)
    headers = PREFERS if prefers else {}
    return app.client.post(to, data=fields, headers=headers, follow_redirects=False)


def alike(html: str) -> str:
    """A page without what is of one showing alone: ids of the forms, the time of day."""
    html = re.sub(r'(name="client_id" value=")[^"]+', r"\1", html)
    return re.sub(r"\d\d:\d\d(:\d\d)?", "", html)


def test_a_move_is_answered_with_the_page_that_it_leads_to(app: Served) -> None:
    page = begun(app)
    answer = sent(app, page, "answer")
    assert answer.status_code == 200
    where = answer.headers["content-location"]
    assert re.fullmatch(r"/walks/[^/]+/\d+", where)
    assert answer.headers["preference-applied"] == "return=representation"
    assert "location" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert len(answer.headers.get_list("x-request-id")) == 1
    assert alike(answer.text) == alike(app.client.get(where).text)


def test_it_is_one_event_and_the_same_page_when_it_comes_again(app: Served) -> None:
    page = begun(app)
    first, again = (sent(app, page, "answer") for _ in range(2))
    assert first.headers["content-location"] == again.headers["content-location"]
    assert alike(first.text) == alike(again.text)


def test_without_the_wish_a_browser_is_led_on(app: Served) -> None:
    answer = sent(app, begun(app), "answer", prefers=False)
    assert answer.status_code == 303
    assert answer.text == ""
    assert "content-location" not in answer.headers


def test_what_is_not_accepted_is_shown_as_ever(app: Served) -> None:
    page = Page(app, sent(app, begun(app), "answer"))
    refused = sent(app, page, "answer")
    assert refused.status_code == 422
    assert "content-location" not in refused.headers
    assert alike(refused.text) == alike(sent(app, page, "answer", prefers=False).text)


def test_what_leads_away_from_walks_is_left_to_the_caller(app: Served) -> None:
    page = begun(app)
    _, fields = form(page, "answer")
    fields["then"] = "/"
    answer = app.client.post(
        "/language", data=fields | {"lang": "fr"}, headers=PREFERS, follow_redirects=False
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
