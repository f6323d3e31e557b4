"""Closing a walk: what it counts as, what is taken along, and the message that tells other systems."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from engine.stores.memory import Memory
from tests.assisted import assisted
from tests.backend import Backend, answer, backend
from tests.served import Clock, Page, Served, served
from web.actions import Actions
from web.actions.outbox import DUE, SENT
from web.actions.settings import ActionSettings, Webhook, webhook, without_query
from web.desk import Desk
from web.pages.closing import Messages
from web.settings import BadSettings, load

HOSTILE = "<b onclick=x>{{ 7*7 }}</b> \u202e</textarea>"
SECRET = "a secret of some length"


def to_the_end(app: Served, caller: str = "Ms Quail", reference: str = "") -> Page:
    """A walk that has come to its end at a visit."""
    page = app.open("/start/lamp")
    page = page.press("lamp", f__caller=caller, reference=reference)
    page = page.press("answer", answer="desk").press("answer", answer="no").press("answer")
    page = page.press("answer", f__watt="40").press("answer", answer="yes")
    assert page.ended, page.text
    return page


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served(assisted()) as found:
        yield found


def events(app: Served, page: Page) -> list[Any]:
    found: list[Any] = app.call("GET", f"/walks/{page.path.split('/')[2]}/events").json()["events"]
    return found


# ----------------------------------------------------------------------------------- the page


def test_an_end_asks_what_it_counts_as_and_the_record_keeps_it(app: Served) -> None:
    page = to_the_end(app, reference="C-7")
    assert page.typed("disposition") == "visit"
    for words in ("Close the case", "Ring up the technician", "Field service", "As plain text"):
        assert words in page.text
    closed = page.press("close", disposition="mended", words="He bought a new one")
    assert closed.status == 200
    assert "Closed at" in closed.text
    assert "He bought a new one" in closed.text
    assert closed.typed("disposition") == "mended"
    last = events(app, closed)[-1]
    assert (last["type"], last["disposition"]) == ("closed", "mended")
    assert last["summary"] == "He bought a new one"
    stands = app.call("GET", f"/walks/{closed.path.split('/')[2]}").json()
    assert stands["outcome"]["disposition"] == "mended"
    row = app.client.portal.call(app.desk.store.walk, closed.path.split("/")[2])  # type: ignore[union-attr]
    assert row is not None
    assert row.head.disposition == "mended"


def test_a_closing_pressed_twice_counts_once_and_can_be_changed(app: Served) -> None:
    page = to_the_end(app)
    page.press("close", words="once")
    again = page.press("close", words="once")
    assert [event["type"] for event in events(app, again)].count("closed") == 1
    other = again.press("close", disposition="mended", words="other")
    assert [e["summary"] for e in events(app, other) if e["type"] == "closed"] == ["once", "other"]
    assert other.typed("disposition") == "mended"


def test_whoever_goes_back_opens_it_again(app: Served) -> None:
    page = to_the_end(app).press("close", disposition="mended", words="x")
    end = page.press("back").press("answer", answer="yes")
    assert end.ended
    assert "Closed at" not in end.text
    assert end.typed("disposition") == "visit"


def test_a_closing_of_an_end_that_was_left_keeps_what_was_typed(app: Served) -> None:
    page = to_the_end(app)
    page.press("back")
    late = page.press("close", words="typed in vain?")
    assert not late.ended
    assert late.typed("text") == "typed in vain?"
    assert "closed" not in [event["type"] for event in events(app, late)]


def test_what_is_no_disposition_and_what_is_too_long_are_refused(app: Served) -> None:
    page = to_the_end(app)
    form = page.form("close")
    sent = [(c.get("name"), c.get("value")) for c in form.controls if c.get("name")]
    bad = page.send(form.action, [*sent, ("disposition", "nonsense")])
    assert bad.status == 422
    assert "mended" in bad.text
    assert page.press("close", words="x" * 10_001).status == 422
    assert "closed" not in [event["type"] for event in events(app, page)]


def test_the_summary_says_what_a_case_is_filed_by(app: Served) -> None:
    page = to_the_end(app, reference="C-8")
    page = page.press("close", words="A note\nof two lines")
    words = app.client.get(f"/walks/{page.path.split('/')[2]}/summary.txt")
    assert words.headers["content-type"].startswith("text/plain")
    lines = words.text.splitlines()
    assert lines[:2] == ["A lamp is dark", "Reference: C-8"]
    for line in (
        "Outcome: A technician comes", "Goes to: Field service", "of two lines",
        "- Is it plugged in? No", "A technician comes.",
    ):  # fmt: skip
        assert line in lines, words.text
    assert any(line.startswith("Follow-up: Ring up the technician (due ") for line in lines)
    by_api = app.call("GET", f"/walks/{page.path.split('/')[2]}/summary")
    assert by_api.text == words.text
    (control,) = [c for f in [page] for c, _ in f._read.controls if c.get("id") == "summary"]
    assert control.text.strip() == words.text.strip()


def test_hostile_words_are_shown_as_words(app: Served) -> None:
    page = to_the_end(app, HOSTILE.replace("\u202e", ""), "<i>r").press("close", words=HOSTILE)
    assert page.status == 200
    assert "onclick=x" in page.text
    assert not [tag for tag in page.tags("b") if "onclick" in tag]
    assert page.typed("words") == HOSTILE


# -------------------------------------------------------------------------------- the message


def hook(there: Backend, **more: Any) -> Actions:
    return Actions(
        ActionSettings(allow=("127.0.0.1",)),
        webhook=Webhook(there.url + "/calls", SECRET, **more),
    )


def delivered(app: Served) -> None:
    """Every message under way has come to its end."""

    async def done() -> None:
        while app.desk.outbox._tasks:
            await asyncio.wait(app.desk.outbox._tasks)

    app.client.portal.call(done)  # type: ignore[union-attr]


def due(store: Memory) -> list[Any]:
    return asyncio.run(store.shelf.listed(DUE))


def test_a_closed_walk_is_sent_signed_with_a_key_of_its_own() -> None:
    with backend() as there, served(assisted(), actions=hook(there)) as app:
        page = to_the_end(app, reference="C-9").press("close", words="Hello ä")
        delivered(app)
        (asked,) = there.asked
        walk, seq = page.path.split("/")[2:4]
        assert (asked.method, asked.target) == ("POST", "/calls")
        assert asked.headers["content-type"] == "application/json"
        assert asked.headers["idempotency-key"] == f"{walk}.{seq}"
        stamp = asked.headers["fingerpost-timestamp"]
        mac = hmac.new(SECRET.encode(), stamp.encode() + b"." + asked.body, hashlib.sha256)
        assert asked.headers["fingerpost-signature"] == f"sha256={mac.hexdigest()}"
        told = asked.json
        assert (told["type"], told["walk"], str(told["seq"])) == ("closed", walk, seq)
        assert (told["tree"], told["reference"], told["node"]) == ("lamp", "C-9", "visit")
        assert (told["disposition"], told["hand_to"]) == ("visit", ["field"])
        assert told["follow_ups"][0]["why"] == "Ring up the technician"
        assert told["note"] == "Hello ä"
        assert told["summary"].startswith("A lamp is dark\nReference: C-9\n")
        again = app.open(f"/walks/{walk}/{seq}")
        assert "The message about it has arrived." in again.text


@pytest.mark.parametrize("personal", [False, True])
def test_personal_values_are_sent_where_the_settings_say_so(personal: bool) -> None:
    with backend() as there, served(assisted(), actions=hook(there, personal=personal)) as app:
        to_the_end(app).press("close")
        delivered(app)
        (asked,) = there.asked
        assert ("Ms Quail" in asked.json["summary"]) is personal
        assert personal or "(private)" in asked.json["summary"]


def test_what_is_closed_by_api_is_sent_too() -> None:
    with backend() as there, served(assisted(), actions=hook(there)) as app:
        walk = app.call("POST", "/walks", {"tree": "lamp", "given": {"caller": "x"}}).json()
        body = {"type": "closed", "seq": walk["seq"], "summary": "Hung up"}
        assert app.call("POST", f"/walks/{walk['id']}/events", body).status_code == 200
        delivered(app)
        assert there.asked[0].json["note"] == "Hung up"
        assert there.asked[0].json["disposition"] is None


def test_a_message_that_does_not_arrive_is_tried_again_later_and_later() -> None:
    clock, store = Clock(), Memory()
    with (
        backend() as there,
        served(assisted(), store=store, clock=clock, actions=hook(there)) as app,
    ):
        there.gives(answer({}, "503 Busy"), answer({}, "404 No"), answer({}))
        page = to_the_end(app).press("close")
        delivered(app)
        page = app.open(page.path)
        assert "did not arrive yet" in page.text
        assert due(store)[0].value["why"] == "status 503"

        def later(seconds: int) -> int:
            clock.now += timedelta(seconds=seconds)
            app.client.portal.call(app.desk.outbox.round)  # type: ignore[union-attr]
            return len(there.asked)

        assert [later(10), later(25), later(30), later(31)] == [1, 2, 2, 3]
        assert due(store) == []
        keys = {asked.headers["idempotency-key"] for asked in there.asked}
        assert len(keys) == 1
        assert later(7_200) == 3
        assert "has arrived" in app.open(page.path).text


def test_a_process_that_was_lost_before_it_sent_leaves_it_to_the_next() -> None:
    """The append is done, and nothing after it: what the next process finds is enough."""
    store, clock = Memory(), Clock()

    with backend() as there:
        with served(assisted(), store=store, clock=clock, actions=hook(there)) as app:
            app.desk.outbox.kept = lambda key: None  # type: ignore[method-assign]
            page = to_the_end(app).press("close", words="kept all the same")
            assert "Closed at" in page.text
        assert not there.asked
        clock.now += timedelta(minutes=1)
        with served(assisted(), store=store, clock=clock, actions=hook(there)) as app:
            assert there.came.wait(30)  # by the round that it begins with
            assert [asked.json["note"] for asked in there.asked] == ["kept all the same"]
        assert due(store) == []


def test_what_was_never_appended_is_struck_off_after_a_while_and_not_before() -> None:
    store, clock = Memory(), Clock()
    with (
        backend() as there,
        served(assisted(), store=store, clock=clock, actions=hook(there)) as app,
    ):
        page = to_the_end(app)
        walk, seq = page.path.split("/")[2], int(page.path.split("/")[3])
        now = clock.now.isoformat()
        value = {"walk": walk, "after": seq, "made": now, "tries": 0, "next": now}
        asyncio.run(store.shelf.put(DUE, f"{walk}.{seq}", value))
        for minutes, left in ((1, 1), (5, 1), (20, 0)):
            clock.now += timedelta(minutes=minutes)
            app.client.portal.call(app.desk.outbox.round)  # type: ignore[union-attr]
            assert len(due(store)) == left
        assert not there.asked


def test_two_processes_send_a_message_once() -> None:
    store, clock = Memory(), Clock()
    with backend() as there:

        async def both() -> None:
            desks = [Desk(assisted(), store, clock=clock, actions=hook(there)) for _ in range(2)]
            for desk in desks:
                desk.outbox.compose = Messages(desk).compose
            found = await desks[0].start("lamp", given={"caller": "x"})
            from engine.model import Closed
            from web.desk import noted

            await desks[0].move(found.id, noted(Closed(at=clock.now, summary="s")), seq=found.seq)
            while desks[0].outbox._tasks:
                await asyncio.wait(desks[0].outbox._tasks)
            there.asked.clear()
            now = clock.now.isoformat()
            value = {"walk": found.id, "after": 1, "made": now, "tries": 0, "next": now}
            await store.shelf.put(DUE, f"{found.id}.1", value)
            await asyncio.gather(*(desk.outbox.round() for desk in desks))
            for desk in desks:
                await desk.actions.close()

        asyncio.run(both())
        assert len(there.asked) == 1
        assert asyncio.run(store.shelf.listed(SENT))


def test_a_private_address_is_not_called_unless_it_may_be() -> None:
    store = Memory()
    with backend() as there:
        means = Actions(ActionSettings(), webhook=Webhook(there.url, SECRET))
        with served(assisted(), store=store, actions=means) as app:
            to_the_end(app).press("close")
            delivered(app)
        assert not there.asked
        assert due(store)[0].value["why"] == "not allowed"


def test_without_a_webhook_nothing_is_written_down() -> None:
    store = Memory()
    with served(assisted(), store=store) as app:
        to_the_end(app).press("close")
        assert due(store) == []


def test_an_answer_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.actions.outbox.SECONDS", 0.2)
    store = Memory()
    with backend() as there:
        there.hold.clear()
        with served(assisted(), store=store, actions=hook(there)) as app:
            to_the_end(app).press("close")
            delivered(app)
            there.hold.set()
        assert due(store)[0].value["why"] == "timeout"


# --------------------------------------------------------------------------------- the settings


def test_the_settings_say_where_to_and_want_a_secret() -> None:
    environment = {"FINGERPOST_WEBHOOK": "https://crm.example.org/hook?key=k"}
    with pytest.raises(BadSettings, match="webhook_secret"):
        load({}, environment)
    environment["FINGERPOST_WEBHOOK_SECRET"] = "short"
    with pytest.raises(BadSettings, match="16 characters"):
        load({}, environment)
    environment["FINGERPOST_WEBHOOK_SECRET"] = SECRET
    found = load({}, environment)
    assert found["webhook"].value == "https://crm.example.org/hook?key=k"
    from web.settings import shown

    words = json.dumps(shown(found))
    assert SECRET not in words
    assert "key=k" not in words


@pytest.mark.parametrize(
    "bad",
    ["ftp://x.example", "https://", "crm.example.org", "https://a:b@x.example", "https://x.example/#a",
     "https://x.example/ a", 7, "http://x.example:99999/"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"an address is like|no name or password"):
        webhook(bad)


def test_what_prints_a_webhook_prints_no_secret() -> None:
    assert SECRET not in repr(Webhook("https://x.example/?key=k", SECRET))
    assert without_query("https://x.example/a") == "https://x.example/a"
