"""Several answers at once: what lies ahead, and how far it carries."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.ahead import MOST, UNSAID, ahead, along
from engine.errors import Refused
from engine.model import Tree, Walk
from engine.stores.memory import Memory
from engine.walk import answer, start, steps
from tests.assisted import assisted
from tests.served import Clock, Page, Served, examined, served
from web.published import served as sound
from web.unsent import dropped

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
LAMP = assisted().libraries[0].trees["lamp"]


def begun(tree: Tree = LAMP, **given: Any) -> Walk:
    given = given or {f.name: f.of[0].id if f.of else "x" for f in tree.given if f.required}
    return start(tree, id="w", at=AT, given=given)


def all_trees() -> list[Tree]:
    return [tree for tree in sound(examined()).values() if tree.contract is None]


# ------------------------------------------------------------------------------ what lies ahead


def test_the_nearest_come_first_and_what_is_not_known_is_not_said() -> None:
    found = ahead(LAMP, begun(), AT)
    places = [one.place for one in found]
    assert places[:2] == ["lamp.kind", "lamp.plugged"]
    assert set(places) == {"lamp.kind", "lamp.plugged", "lamp.plug_in", "lamp.bulb", "lamp.glows"}
    words = {one.place: one.prompt.say for one in found}
    assert words["lamp.glows"] == f"Does a {UNSAID} watt bulb glow elsewhere?"
    assert words["lamp.plug_in"] == "Please plug it in, x."  # that is known


def test_what_is_known_at_the_start_is_not_asked() -> None:
    found = ahead(LAMP, begun(caller="x", kind_seen="desk"), AT)
    assert "lamp.kind" not in [one.place for one in found]


@pytest.mark.parametrize("tree", all_trees(), ids=lambda tree: tree.id)
def test_of_every_tree_a_few_lie_ahead_and_no_sample_is_said(tree: Tree) -> None:
    try:
        walk = begun(tree)
    except Exception:
        pytest.skip("what it is given wants a pattern")
    found = ahead(tree, walk, AT)
    asks = [one for one in found if one.expected.type == "answered"]
    assert len(asks) <= MOST
    assert all(one.prompt.say for one in found)
    for one in found:
        assert "sample" not in one.prompt.say.lower(), one.prompt.say
        assert not one.prompt.checklist
        assert not any(field.columns for field in one.prompt.fields)
    assert steps(walk) == steps(begun(tree))  # nothing moved


# --------------------------------------------------------------------------------- how far


def test_a_walk_goes_as_far_as_the_answers_carry_it() -> None:
    given = {"lamp.kind": "desk", "plugged": "no", "lamp.plug_in": None, "lamp.glows": "no"}
    found = along(LAMP, begun(), given, at=AT, by="ann", client_id="c", ref="r")
    assert found.used == ("lamp.kind", "lamp.plugged", "lamp.plug_in")
    assert (found.at, dict(found.kept), found.wrong) == ("lamp.bulb", {"lamp.glows": "no"}, ())
    events = found.walk.new[1:]
    assert [type(event).__name__ for event in events] == ["Answered", "Answered", "Continued"]
    assert [event.client_id for event in events] == ["c", "", ""]
    one = begun()
    for said in ("desk", "no", None):
        one = answer(LAMP, one, said, at=AT, by="ann")
    assert one.state == found.walk.state  # the same moves as one at a time


def test_it_stops_at_what_does_not_fit_and_keeps_the_rest() -> None:
    given = {"kind": "desk", "plugged": "yes", "bulb": {"watt": "300"}, "glows": "yes"}
    found = along(LAMP, begun(), given, at=AT)
    assert found.used == ("lamp.kind", "lamp.plugged")
    assert found.at == "lamp.bulb"
    assert found.wrong == (("watt", "at most 100"),)
    assert dict(found.kept) == {"bulb": {"watt": "300"}, "glows": "yes"}


def test_what_is_told_and_not_said_stops_it() -> None:
    found = along(LAMP, begun(), {"kind": "desk", "plugged": "no", "glows": "yes"}, at=AT)
    assert found.at == "lamp.plug_in"


def test_it_goes_to_the_end_and_no_further() -> None:
    given = {"kind": "desk", "plugged": "yes", "bulb": {"watt": 40}, "glows": "yes", "other": "x"}
    found = along(LAMP, begun(), given, at=AT)
    assert found.walk.state.status == "ended"
    assert dict(found.kept) == {"other": "x"}
    with pytest.raises(Refused):
        answer(LAMP, found.walk, "x", at=AT)
    assert along(LAMP, found.walk, given, at=AT).used == ()


# ------------------------------------------------------------------------------------ the page


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served(assisted()) as found:
        yield found


def first(app: Served) -> Page:
    return app.open("/start/lamp").press("lamp", f__caller="Ms <i>Quail</i>")


def opened(page: Page) -> Page:
    (link,) = [link for link in page.links if link.endswith("/ahead")]
    return page.served.open(link)


def types(app: Served, page: Page) -> list[str]:
    id = page.path.split("/")[2]
    return [e["type"] for e in app.call("GET", f"/walks/{id}/events").json()["events"]]


def fill(page: Page, **typed: Any) -> Page:
    return page.press("ahead", **{name.replace("__", "."): said for name, said in typed.items()})


def test_an_agent_answers_what_he_was_told_and_stands_at_the_first_open_question(
    app: Served,
) -> None:
    page = opened(first(app))
    for words in ("Several answers at once", "Which lamp is it?", "Is it plugged in?", "Said already", "Watt"):  # fmt: skip
        assert words in page.text
    assert not page.tags("i")
    there = fill(page, a__lamp__kind="floor", a__lamp__plugged="yes", a__lamp__glows="yes")
    assert there.title.startswith("Which bulb is in it?")
    assert "Answers used: 2. Kept until their questions come: 1." in there.text
    assert types(app, there) == ["started", "answered", "answered"]
    then = there.press("answer", f__watt="40")
    assert then.typed("answer") == "yes"  # what was kept is filled in
    end = then.press("answer")
    assert end.ended
    assert "A technician comes" in end.text


def test_an_answer_that_does_not_fit_stands_at_its_step_with_why(app: Served) -> None:
    page = opened(first(app))
    there = fill(page, a__lamp__kind="floor", a__lamp__plugged="yes", f__lamp__bulb__watt="300")
    assert there.title.startswith("Mistake: Which bulb is in it?")
    assert "At most 100" in there.text
    assert there.typed("f.watt") == "300"
    good = there.press("answer", f__watt="30")
    assert "Does a 30 watt bulb" in good.text


def test_the_first_answer_that_does_not_fit_comes_back_with_all_that_was_typed(
    app: Served,
) -> None:
    page = opened(first(app).press("answer", answer="desk").press("answer", answer="yes"))
    bad = fill(
        page, f__lamp__bulb__watt="many", f__lamp__bulb__maker="<b>x</b>", a__lamp__glows="no"
    )
    assert bad.status == 422
    assert bad.typed("f.lamp.bulb.watt") == "many"
    assert bad.typed("f.lamp.bulb.maker") == "<b>x</b>"
    assert bad.typed("a.lamp.glows") == "no"
    assert not bad.tags("b")
    nothing = fill(opened(first(app)))
    assert nothing.status == 422
    assert "Fill in at least one answer" in nothing.text


def test_what_is_asked_later_alone_is_kept(app: Served) -> None:
    page = fill(opened(first(app)), a__lamp__plugged="no")
    assert page.title.startswith("Which lamp is it?")
    assert types(app, page) == ["started"]
    page = page.press("answer", answer="desk")
    assert page.typed("answer") == "no"
    assert opened(page).typed("a.lamp.plugged") == "no"


def test_pressed_twice_counts_once_and_an_old_page_keeps_what_was_typed(app: Served) -> None:
    page = opened(first(app))
    answers: dict[str, Any] = {"a__lamp__kind": "floor", "a__lamp__plugged": "yes"}
    fill(page, **answers)
    again = fill(page, **answers)
    assert types(app, again) == ["started", "answered", "answered"]
    old = fill(page, a__lamp__kind="floor", a__lamp__glows="no")
    assert types(app, old) == ["started", "answered", "answered"]
    then = old.press("answer", f__watt="40")
    assert then.typed("answer") == "no"


def test_another_worker_knows_what_was_kept_and_what_was_used_of_it() -> None:
    store = Memory()
    with served(assisted(), store=store) as one, served(assisted(), store=store) as two:
        there = fill(opened(first(one)), a__lamp__kind="floor", f__lamp__bulb__watt="7", a__lamp__glows="yes")  # fmt: skip
        assert there.title.startswith("Is it plugged in?")
        page = two.open(there.path)
        page = two.open(page.press("answer", answer="yes").path)
        assert page.typed("f.watt") == "7"
        two.client.post(page.path, data={})
        then = page.press("answer")
        assert one.open(then.path).typed("answer") == "yes"
        assert "glows" not in str(
            store.shelf._kept["early", then.path.split("/")[2]][0]
        )  # it is sealed
        one.open(then.path).press("answer")
        assert ("early", then.path.split("/")[2]) not in store.shelf._kept


def test_what_was_kept_goes_with_the_walks_values_and_after_a_day() -> None:
    store, clock = Memory(), Clock()
    with served(assisted(), store=store, clock=clock) as app:
        page = fill(opened(first(app)), a__lamp__plugged="no")
        id, unsent = page.path.split("/")[2], app.desk.unsent
        assert asyncio.run(unsent.early(id)) == {"lamp.plugged": "no"}
        clock.now += timedelta(days=2)
        assert asyncio.run(unsent.early(id)) == {}
        clock.now -= timedelta(days=2)
        asyncio.run(dropped(store.shelf, id))
        assert asyncio.run(unsent.early(id)) == {}


def test_an_end_has_nothing_ahead(app: Served) -> None:
    page = first(app)
    end = fill(opened(page), a__lamp__kind="desk", a__lamp__plugged="yes", f__lamp__bulb__watt="4", a__lamp__glows="no")  # fmt: skip
    assert end.ended
    assert not [link for link in end.links if link.endswith("/ahead")]
    assert app.open(f"/walks/{end.path.split('/')[2]}/ahead").ended


# ------------------------------------------------------------------------------------- the API


def test_a_program_sees_what_lies_ahead_and_sends_it_at_once(app: Served) -> None:
    walk = app.call("POST", "/walks", {"tree": "lamp", "given": {"caller": "x"}}).json()
    seen = app.call("GET", f"/walks/{walk['id']}/ahead").json()
    assert seen["seq"] == walk["seq"]
    assert [step["place"] for step in seen["steps"]][:2] == ["lamp.kind", "lamp.plugged"]
    body = {
        "seq": walk["seq"], "client_id": "c1",
        "answers": {"lamp.kind": "desk", "plugged": "no", "plug_in": None, "glows": "yes"},
    }  # fmt: skip
    done = app.call("POST", f"/walks/{walk['id']}/ahead", body)
    assert done.status_code == 200
    found = done.json()
    assert found["used"] == ["lamp.kind", "lamp.plugged", "lamp.plug_in"]
    assert (found["left"], found["wrong"]) == (["glows"], {})
    assert (found["prompt"]["node"], found["seq"]) == ("bulb", 4)
    again = app.call("POST", f"/walks/{walk['id']}/ahead", body).json()
    assert (again["seq"], again["used"]) == (4, None)
    other = app.call("POST", f"/walks/{walk['id']}/ahead", {**body, "client_id": "c2"})
    assert (other.status_code, other.json()["prompt"]["node"]) == (409, "bulb")


def test_what_a_program_sends_in_vain_is_told(app: Served) -> None:
    walk = app.call("POST", "/walks", {"tree": "lamp", "given": {"caller": "x"}}).json()
    path = f"/walks/{walk['id']}/ahead"

    def sent(**answers: Any) -> Any:
        return app.call("POST", path, {"seq": walk["seq"], "answers": answers})

    assert sent(kind="nonsense").status_code == 422
    assert sent(glows="yes").status_code == 409
    assert "lamp.kind" in sent(glows="yes").json()["detail"]
    assert sent().status_code == 422
    assert app.call("POST", path, {"answers": {"kind": "desk"}}).status_code == 422
    half = sent(kind="desk", plugged="nonsense")
    assert half.status_code == 200
    assert half.json()["used"] == ["lamp.kind"]
    assert list(half.json()["wrong"]) == [""]


def test_a_program_says_that_a_step_is_wrong_and_another_what_became_of_it(app: Served) -> None:
    walk = app.call("POST", "/walks", {"tree": "lamp", "given": {"caller": "x"}}).json()
    body = {"walk": walk["id"], "remark": "Say lights", "client_id": "r1"}
    made = app.call("POST", "/remarks", body)
    assert made.status_code == 201
    remark = made.json()
    assert (remark["tree"], remark["node"], remark["state"]) == ("lamp", "kind", "open")
    assert app.call("POST", "/remarks", body).json()["id"] == remark["id"]
    assert remark["id"] in [
        r["id"] for r in app.call("GET", "/remarks?state=open").json()["remarks"]
    ]
    reply = {"state": "changed", "reply": "Done", "version": 1}
    path = f"/remarks/{remark['id']}/reply"
    assert app.call("POST", path, reply).json()["reply"] == "Done"
    assert app.call("POST", path, reply).status_code == 409
    assert app.call("POST", path, {"state": "nonsense", "version": 2}).status_code == 422
    assert app.call("POST", "/remarks/none/reply", reply).status_code == 404
    assert app.call("POST", "/remarks", {**body, "seq": 99, "client_id": ""}).status_code == 409
    assert app.call("POST", "/remarks", {**body, "walk": "w0-none"}).status_code == 404
    assert app.call("GET", "/remarks?state=open&tree=lamp").json()["before"] is None
