"""Exactly once, over sockets: a call is one event however often it comes, and whoever comes second is
shown the newer state. What one process can show of it is in test_pages.py and test_api.py."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine import walk as walks
from engine.record import broken
from engine.stores import Store
from tests.cutting import answer, cut, form, parts, request, unfinished
from tests.kinds import kinds
from tests.served import served
from tests.servers import Server, lamp, serving
from tests.store_urls import url_of, with_store
from web.desk import Desk

SOAK = bool(os.environ.get("FINGERPOST_SOAK"))
STEP = 1 if SOAK else 17  # of the bytes that a connection is cut at; the first 20 are all tried
ROUNDS = 300 if SOAK else 15


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers over one file: what comes again may come to the other."""
    folder = tmp_path_factory.mktemp("once")
    with serving(folder, lamp(folder / "trees"), "--workers", "2") as found:
        yield found
        assert not [line for line in found.log() if line["level"] == "error"]


def begun(server: Server) -> dict[str, Any]:
    status, walk, _ = server.call("POST", "/api/v1/walks", {"tree": "lamp", "audience": "agent"})
    assert status == 201
    found: dict[str, Any] = walk
    return found


def stands(server: Server, id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.get(f"/api/v1/walks/{id}")
    return found


def call_of(walk: dict[str, Any], client_id: str, said: str = "no") -> tuple[str, dict[str, Any]]:
    body = {
        "type": "answered", "node": walk["prompt"]["node"], "answer": said, "seq": walk["seq"],
        "client_id": client_id,
    }  # fmt: skip
    return f"/api/v1/walks/{walk['id']}/events", body


def form_of(server: Server, walk: dict[str, Any], said: str = "no") -> bytes:
    """The form of the page where a walk stands, as a browser sends it."""
    page = server.get(f"/walks/{walk['id']}/{walk['seq']}")
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    names = dict(hidden)
    assert {"seq", "client_id", "node"} <= names.keys(), names
    return form(f"/walks/{walk['id']}/answer", [*hidden, ("answer", said)])


def bytes_of(whole: int) -> list[int]:
    """Where to cut something of this length."""
    return sorted({*range(min(20, whole)), *range(0, whole, STEP), whole - 1, whole})


def events(server: Server, id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get(f"/api/v1/walks/{id}/events")["events"]
    return found


@pytest.mark.slow
def test_an_answer_that_is_cut_at_any_byte_comes_again_the_same(server: Server) -> None:
    """The API: the first answer, whole, whatever of it was lost before; and one event."""
    walk = begun(server)
    path, body = call_of(walk, "first")
    whole = answer(
        server.port, request("POST", path, json.dumps(body).encode(), "application/json")
    )
    assert parts(whole)[0] == 200
    for n, after in enumerate(bytes_of(len(whole))):
        before = stands(server, walk["id"])
        path, body = call_of(before, f"call-{n}")
        sent = request("POST", path, json.dumps(body).encode(), "application/json")
        got = cut(server.port, sent, after)
        status, _, told = parts(answer(server.port, sent))
        assert status == 200, told
        first = json.loads(told)
        assert first["seq"] == before["seq"] + 1
        again = parts(answer(server.port, sent))[2]
        assert again == told
        if b"\r\n\r\n" in got:  # what came of it is what comes again
            assert told.startswith(got.partition(b"\r\n\r\n")[2])
    log = events(server, walk["id"])
    ids = [event["client_id"] for event in log]
    assert len(ids) == len(set(ids)) == stands(server, walk["id"])["seq"]
    assert len(log) == 2 + len(bytes_of(len(whole)))


@pytest.mark.slow
def test_a_form_whose_answer_is_cut_at_any_byte_is_sent_again_and_counts_once(
    server: Server,
) -> None:
    walk = begun(server)
    whole = answer(server.port, form_of(server, walk))
    assert parts(whole)[0] == 303
    for after in bytes_of(len(whole)):
        before = stands(server, walk["id"])
        sent = form_of(server, before)
        cut(server.port, sent, after)
        status, about, _ = parts(answer(server.port, sent))
        assert (status, about["location"]) == (303, f"/walks/{walk['id']}/{before['seq'] + 1}")
        assert stands(server, walk["id"])["seq"] == before["seq"] + 1


@pytest.mark.slow
def test_a_request_that_is_cut_at_any_byte_does_nothing_or_all_of_it(server: Server) -> None:
    walk = begun(server)
    for n, length in enumerate(bytes_of(320)):
        before = stands(server, walk["id"])
        path, body = call_of(before, f"part-{n}")
        sent = request("POST", path, json.dumps(body).encode(), "application/json")
        unfinished(server.port, sent[:length])
        status, _, told = parts(answer(server.port, sent))
        assert status == 200, told
        assert json.loads(told)["seq"] == before["seq"] + 1
    assert stands(server, walk["id"])["seq"] == 1 + len(bytes_of(320))


@pytest.mark.slow
def test_a_start_that_is_cut_gives_the_same_walk_again(server: Server) -> None:
    body = {"tree": "lamp", "audience": "agent", "client_id": "probe"}
    sent = request("POST", "/api/v1/walks", json.dumps(body).encode(), "application/json")
    whole = answer(server.port, sent)
    for n, after in enumerate(bytes_of(len(whole))):
        body["client_id"] = f"start-{n}"
        sent = request("POST", "/api/v1/walks", json.dumps(body).encode(), "application/json")
        cut(server.port, sent, after)
        one, other = (json.loads(parts(answer(server.port, sent))[2])["id"] for _ in range(2))
        assert one == other
        assert len(events(server, one)) == 1
    listed = server.get("/walks").count("/walks/w")
    assert listed > 0


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Calls of several people in the same moment."""
    gate = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        gate.wait(60)
        return call()

    with ThreadPoolExecutor(len(calls)) as people:
        return [found.result() for found in [people.submit(one, call) for call in calls]]


@pytest.mark.slow
def test_a_double_click_is_one_event_and_one_page(server: Server) -> None:
    walk = begun(server)
    for _ in range(ROUNDS):
        before = stands(server, walk["id"])
        sent = form_of(server, before)
        found = [parts(got) for got in at_once([lambda sent=sent: answer(server.port, sent)] * 3)]  # type: ignore[misc]
        assert {(status, about["location"]) for status, about, _ in found} == {
            (303, f"/walks/{walk['id']}/{before['seq'] + 1}")
        }
        assert stands(server, walk["id"])["seq"] == before["seq"] + 1


@pytest.mark.slow
def test_a_double_click_on_start_is_one_walk(server: Server) -> None:
    for _ in range(ROUNDS):
        page = server.get("/start/lamp")
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
        sent = form("/start/lamp", [*hidden, ("audience", "agent")])
        found = [parts(got) for got in at_once([lambda sent=sent: answer(server.port, sent)] * 3)]  # type: ignore[misc]
        assert {status for status, _, _ in found} == {303}
        assert len({about["location"] for _, about, _ in found}) == 1


@pytest.mark.slow
def test_of_two_agents_one_is_first_and_the_other_is_shown_what_it_led_to(server: Server) -> None:
    """Four people answer one step at once, each with an id of their own, at either worker."""
    walk = begun(server)
    for n in range(ROUNDS):
        before = stands(server, walk["id"])
        path, _ = call_of(before, "")
        bodies = [call_of(before, f"agent-{n}-{k}")[1] for k in range(4)]
        found = at_once([lambda b=body, p=path: server.call("POST", p, b) for body in bodies])  # type: ignore[misc]
        assert sorted(status for status, _, _ in found) == [200, 409, 409, 409]
        for _, told, _ in found:  # the losers are shown where the winner's answer led
            assert told["seq"] == before["seq"] + 1
            assert told["prompt"]["node"] != before["prompt"]["node"]
        assert all(told["detail"] for status, told, _ in found if status == 409)
        assert stands(server, walk["id"])["seq"] == before["seq"] + 1


@pytest.mark.slow
def test_of_two_tabs_the_second_sees_the_newer_step_and_what_it_said(server: Server) -> None:
    walk = begun(server)
    one, other = form_of(server, walk, "no"), form_of(server, walk, "no")
    found = sorted(
        at_once(
            [lambda: parts(answer(server.port, one)), lambda: parts(answer(server.port, other))]
        ),
        key=lambda got: got[0],
    )
    assert [status for status, _, _ in found] == [303, 409]
    assert "Is it plugged in?" in found[1][2].decode()
    assert len(events(server, walk["id"])) == 2


@pytest.mark.slow
def test_the_back_button_and_a_reload_do_nothing_twice(server: Server) -> None:
    walk = begun(server)
    sent = form_of(server, walk)
    to = parts(answer(server.port, sent))[1]["location"]
    for _ in range(3):  # reload what came of it, and send the old page again
        assert server.call("GET", to)[0] == 200
        assert parts(answer(server.port, sent))[1]["location"] == to
    later = form_of(server, stands(server, walk["id"]))
    assert parts(answer(server.port, later))[0] == 303
    # The old page is an old page now: its own answer is given again, and nothing is done.
    assert parts(answer(server.port, sent))[1]["location"] == to
    assert server.call("GET", to)[0] == 200
    body = sent.replace(b"answer=no", b"answer=yes").partition(b"\r\n\r\n")[2]
    edited = request(
        "POST", f"/walks/{walk['id']}/answer", body, "application/x-www-form-urlencoded"
    )
    assert parts(answer(server.port, edited))[0] == 409
    assert len(events(server, walk["id"])) == 3


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_a_clock_that_is_set_back_an_hour_breaks_nothing(kind: str, tmp_path: Path) -> None:
    """Numbers order events, not times: the walk goes on, its chain is whole, no time is negative."""
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    times = iter([now, now - timedelta(hours=1), now - timedelta(hours=2), now])

    async def work(store: Store) -> None:
        desk = Desk(kinds(), store, clock=lambda: next(times, now))
        walk = await desk.start("salam", audience="agent")
        walk = await desk.move(
            walk.id, lambda tree, w, at, ref: walks.answer(tree, w, "yes", at=at, by="x", ref=ref),
            seq=walk.seq, client_id="a",
        )  # fmt: skip
        log, row = await store.events(walk.id), await store.walk(walk.id)
        assert row is not None
        assert [stored.seq for stored in log] == [1, 2]
        assert log[1].event.at < log[0].event.at
        assert broken(walk.id, log, (row.seq, row.hash)) == ""
        assert row.updated >= row.started
        again = await Desk(kinds(), store).walk(walk.id)
        assert again.state.outcome is not None
        assert [one.id for one in await store.walks(limit=5)] == [walk.id]

    with_store(url_of(kind, tmp_path), work)


def test_pages_of_a_walk_whose_clock_was_set_back() -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    times = (now - timedelta(minutes=20 * n) for n in count())
    with served(kinds(), clock=lambda: next(times)) as app:
        walk = app.call(
            "POST", "/walks", {"tree": "kinds", "given": {"colour": "red"}, "audience": "agent"}
        ).json()  # fmt: skip
        for node in ("greet", "consent"):
            sent = {"type": "continued", "node": node, "seq": walk["seq"], "client_id": node}
            walk = app.call("POST", f"/walks/{walk['id']}/events", sent).json()
        page = app.open(f"/walks/{walk['id']}/{walk['seq']}")
        assert page.status == 200
        assert not re.search(r"-\d+ (second|minute|hour)", page.text)
        assert app.client.get(f"/api/v1/walks/{walk['id']}/transcript").status_code == 200
        assert app.open("/walks").status == 200
