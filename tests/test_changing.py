"""An earlier answer is changed on the page: asked again, told what that does, done once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.kinds import kinds
from tests.served import Page, Served, served
from tests.test_pages import at_lights, events, sound, standing


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served() as found:
        yield found


def changes(page: Page) -> list[str]:
    return [link for link in page.links if "/change/" in link]


def types(page: Page) -> list[str]:
    return [event["type"] for event in events(page)]


def at_reboot(app: Served) -> Page:
    return sound(at_lights(app).press("answer", answer="amber"))


def test_every_answer_can_be_changed_and_nothing_else_can(app: Served) -> None:
    page = at_reboot(app)
    assert len(changes(page)) == 3  # the account, yes, amber: an action has no answer
    before = standing(page)
    for link in changes(page):
        sound(app.open(link))
    for number in (1, 3, 99):  # the start, an action, nothing
        sound(app.open(f"/walks/{before['id']}/change/{number}"), 404)
    assert standing(page) == before


def test_the_old_answer_stands_in_the_form(app: Served) -> None:
    page = at_reboot(app)
    assert sound(app.open(changes(page)[0])).typed("f.account") == "12345678"
    assert sound(app.open(changes(page)[2])).typed("answer") == "amber"


def test_a_change_that_drops_nothing_is_made_at_once(app: Served) -> None:
    page = at_reboot(app)
    form = app.open(changes(page)[2])
    after = sound(form.press(form.path.rpartition("/")[2], answer="off"))
    assert "power plug" in after.title
    assert types(after)[-1] == "changed"


def test_what_a_change_drops_is_read_before_it_is_dropped(app: Served) -> None:
    page = at_reboot(app)
    form = app.open(changes(page)[0])
    number = form.path.rpartition("/")[2]
    told = sound(form.press(number, f__account="87654321"))
    for words in (
        "12345678", "87654321", "These answers are dropped", "What colour is the light",
        "This is done once more, if the walk comes to it", "Find the customer's line",
    ):  # fmt: skip
        assert words in told.text
    assert "changed" not in types(page)
    assert standing(page)["prompt"]["node"] == "reboot"
    after = sound(told.press(number))
    assert "Find the customer" in after.title
    assert types(after)[-1] == "changed"
    assert "87654321" in after.text
    assert "12345678" not in after.text


def test_the_same_answer_again_changes_nothing_that_counts(app: Served) -> None:
    page = at_reboot(app)
    form = app.open(changes(page)[0])
    after = sound(form.press(form.path.rpartition("/")[2]))
    assert "switch the router off" in after.title


def test_an_answer_that_is_not_accepted_is_told_at_its_field(app: Served) -> None:
    page = at_reboot(app)
    form = app.open(changes(page)[0])
    refused = sound(form.press(form.path.rpartition("/")[2], f__account="12"), 422)
    assert refused.typed("f.account") == "12"
    assert "Mistake" in refused.title
    assert "changed" not in types(page)


def test_a_change_pressed_twice_is_made_once(app: Served) -> None:
    page = at_reboot(app)
    form = app.open(changes(page)[2])
    number = form.path.rpartition("/")[2]
    first, second = (form.press(number, answer="red") for _ in range(2))
    assert first.path == second.path
    assert types(first).count("changed") == 1


def test_whoever_is_second_is_shown_what_the_change_would_do_now(app: Served) -> None:
    page = at_reboot(app)
    form = app.open(changes(page)[0])
    number = form.path.rpartition("/")[2]
    told = form.press(number, f__account="87654321")
    page.press("answer")  # somebody else goes on meanwhile
    newer = sound(told.press(number), 409)
    assert "The walk was changed meanwhile" in newer.text
    assert "changed" not in types(page)
    after = sound(newer.press(number))
    assert types(after)[-1] == "changed"


def test_a_note_typed_beside_a_change_is_kept_with_it(app: Served) -> None:
    page = at_reboot(app)
    form = app.open(changes(page)[2])
    after = form.press(form.path.rpartition("/")[2], answer="red", text="She looked again.")
    assert types(after)[-2:] == ["noted", "changed"]
    assert "She looked again." in after.text
    told = app.open(changes(after)[0]).press(
        changes(after)[0].rpartition("/")[2], f__account="87654321", text="Another account."
    )
    assert told.typed("text") == "Another account."
    last = told.press(told.path.rpartition("/")[2])
    assert types(last).count("noted") == 2


def test_an_unknown_walk_has_nothing_to_change(app: Served) -> None:
    sound(app.open("/walks/w2611nobody/change/2"), 404)
    sound(app.open("/walks/w2611nobody/change/x"), 404)


def test_each_kind_of_answer_comes_back_into_its_form() -> None:
    with served(kinds()) as app:
        page = app.open("/start/kinds").press("kinds", f__colour="red")
        page = page.press("answer", done=["1", "2"]).press("answer")
        said: dict[str, Any] = {"f.word": "seven", "f.whole": "5", "f.sure": "yes"}
        page = page.press("answer", **said).press("answer", answer=["fast", "good"])
        links = changes(sound(page))
        assert len(links) == 2
        form = sound(app.open(links[0]))
        assert {name: form.typed(name) for name in said} == said
        assert 'value="fast" checked' in sound(app.open(links[1])).html
