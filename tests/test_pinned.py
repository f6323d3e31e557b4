"""The trees that somebody works with stand first: pinned by himself, walked last."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from engine.errors import InvalidAnswer
from engine.stores.memory import Memory
from tests.served import Page, Served, examined, served
from tests.signed_in import office
from web.pages.pinned import MOST, change, pins


@pytest.fixture
def app() -> Iterator[Served]:
    with served() as found:
        yield found


def first(page: Page, section: str) -> list[str]:
    """The trees in a section of the first page."""
    _, found, rest = page.html.partition(f'<h2 id="{section}">')
    inside = rest.partition("</section>")[0] if found else ""
    return [part.partition('"')[0] for part in inside.split('href="/start/')[1:]]


def test_a_pinned_tree_stands_first_until_the_pin_is_taken_away(app: Served) -> None:
    page = app.open("/")
    assert first(page, "pinned") == []
    page = page.press("pins", "internet_down").press("pins", "first_contact")
    assert page.path == "/"
    assert first(page, "pinned") == ["internet_down", "first_contact"]
    assert page.html.index('id="pinned"') < page.html.index('id="folder-1"')
    found = app.open("/?q=internet")
    assert "★" in found.text
    back = found.press("pins", "internet_down")
    assert back.path == "/"
    assert "☆" in back.text
    assert first(app.open("/"), "pinned") == ["first_contact"]


def test_what_was_walked_last_stands_behind_it(app: Served) -> None:
    for tree in ("internet_down", "first_contact", "internet_down"):
        app.open(f"/start/{tree}")
        app.client.post("/api/v1/walks", json={"tree": tree, "given": _given(tree)})
    page = app.open("/")
    assert first(page, "walked") == ["internet_down", "first_contact"]
    page = page.press("pins", "internet_down")
    assert first(page, "walked") == ["first_contact"]


def _given(tree: str) -> dict[str, str]:
    found = examined().libraries[0].trees[tree]
    return {f.name: f.of[0].id for f in found.given if f.required and f.of}


def test_each_has_pins_of_his_own() -> None:
    with office() as at:
        at.add("ann", "agent")
        at.add("bob", "agent")
        ann, bob = at.signed_in("ann"), at.signed_in("bob")
        ann.open("/").press("pins", "internet_down")
        assert first(ann.open("/"), "pinned") == ["internet_down"]
        assert first(bob.open("/"), "pinned") == []


def test_what_is_no_tree_is_not_pinned_and_one_that_is_gone_is_not_shown(app: Served) -> None:
    page = app.open("/")
    assert page.send("/pins", [("pin", "<b>nonsense</b>")]).status == 404
    asyncio.run(change(app.desk.store.shelf, "local", "gone", on=True))
    assert first(app.open("/"), "pinned") == []
    assert page.send("/pins", []).status == 200


def test_pins_have_a_bound_and_two_tabs_lose_none() -> None:
    async def work() -> None:
        shelf = Memory().shelf
        await asyncio.gather(*(change(shelf, "a/b", str(n), on=True) for n in range(3)))
        assert sorted(await pins(shelf, "a/b")) == ["0", "1", "2"]
        assert await pins(shelf, "a") == []
        for n in range(3, MOST):
            await change(shelf, "a/b", str(n), on=True)
        with pytest.raises(InvalidAnswer):
            await change(shelf, "a/b", "more", on=True)
        await change(shelf, "a/b", "5", on=True)
        assert len(await pins(shelf, "a/b")) == MOST

    asyncio.run(work())


def test_a_pin_leads_back_into_our_own_pages_only(app: Served) -> None:
    page = app.open("/").send("/pins", [("pin", "internet_down"), ("then", "//evil.example/")])
    assert page.path == "/"
