"""What is known already: filled in from an address, its question skipped, and both shown."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.assisted import assisted
from tests.served import Page, Served, served
from tests.signed_in import office

HOSTILE = "<b>Quail</b> {{ 7*7 }}"


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served(assisted()) as found:
        yield found


def panel(page: Page) -> str:
    """What the page says is known."""
    _, found, rest = page.html.partition('id="known"')
    return rest.partition("</section>")[0] if found else ""


def test_an_address_fills_in_what_another_system_knows(app: Served) -> None:
    query = urlencode({"kind_seen": "floor", "caller": HOSTILE, "reference": HOSTILE, "language": "de", "nonsense": "x"})  # fmt: skip
    page = app.open(f"/start/lamp?{query}")
    assert page.typed("f.kind_seen") == "floor"
    assert page.typed("f.caller") == ""  # what is personal is taken from no address
    assert page.typed("reference") == HOSTILE
    assert page.typed("language") == "de"
    assert not page.tags("b")
    odd = app.open("/start/lamp?kind_seen=nonsense&language=xx&audience=yy")
    assert (odd.typed("f.kind_seen"), odd.typed("language")) == ("", "en")
    assert odd.press("lamp", f__caller="x").title.startswith("Which lamp is it?")


def test_the_question_is_skipped_and_shown_as_known(app: Served) -> None:
    page = app.open("/start/lamp?kind_seen=floor").press("lamp", f__caller=HOSTILE)
    assert page.title.startswith("Is it plugged in?")
    found = panel(page)
    for words in ("Kind of lamp", "A floor lamp", "known at the start", "Which lamp is it?", "known from: Kind of lamp"):  # fmt: skip
        assert words in found, found
    assert "&lt;b&gt;Quail" in found
    page = page.press("answer", answer="yes")
    assert "Which lamp is it?" in panel(page)
    back = page.press("back")
    assert panel(back) == panel(page)


def test_nothing_is_shown_where_nothing_was_known_and_no_walk_shows_anothers(app: Served) -> None:
    known = app.open("/start/lamp").press("lamp", f__caller="Ann").press("answer", answer="desk")
    other = app.open("/start/lamp").press("lamp", f__caller="Bob").press("answer", answer="desk")
    assert "Ann" in panel(known)
    assert "Bob" in panel(other)
    assert "Ann" not in other.html
    assert "known from" not in panel(other)
    with served() as plain:
        page = plain.open("/start/first_contact").press("first_contact")
        assert panel(page) == ""


def test_it_is_said_in_the_language_of_the_walk(app: Served) -> None:
    page = app.open("/start/lamp?kind_seen=floor").press("lamp", f__caller="x", language="de")
    assert "Eine Stehlampe" in panel(page)
    page = page.press("language", language="en")
    assert "A floor lamp" in panel(page)
    assert "Stehlampe" not in page.html


def test_where_it_came_from_is_said() -> None:
    with office(assisted()) as at:
        at.add("boss", "supervisor")
        key = {"authorization": f"Bearer {at.key('walk')}"}
        program = at.browser()
        body = {"tree": "lamp", "given": {"caller": "Ann", "kind_seen": "desk"}}
        walk = program.client.post("/api/v1/walks", json=body, headers=key).json()
        page = at.signed_in("boss").open(f"/walks/{walk['id']}")
        assert "from another system" in panel(page)
        assert "known from: Kind of lamp" in panel(page)
