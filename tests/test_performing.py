"""Actions performed: acknowledged first, begun once, never repeated where that does harm, never
forgotten."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine import walk as walks
from engine.errors import Conflict, Refused, StoreError
from engine.migrate import migrate
from engine.model import ActionStarted, Walk
from engine.replay import replay
from engine.stores import open_store
from engine.stores.memory import Memory
from engine.stories import rehearse, story_of
from tests.acting import acting, actions, folder
from tests.backend import Backend, answer, backend
from tests.command import run
from tests.served import Page, Served, served
from tests.terminal import Terminal
from tests.test_pages import events, sound
from web.actions import Actions
from web.actions.http import Outcome
from web.desk import Desk

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def there() -> Iterator[Backend]:
    with backend() as found:
        yield found


class Clock:
    """A clock that goes on when told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@contextmanager
def acted(there: Backend, **desk: Any) -> Iterator[Served]:
    with served(acting(), actions=actions(there.url), **desk) as found:
        yield found


def begun(app: Served, **typed: str) -> Page:
    page = app.open("/start/acting").press("acting")
    return page.press("answer", f__id="C1", **typed)


def until(page: Page, met: Callable[[Page], bool], tries: int = 100) -> Page:
    """The walk's page, opened again until it is as it should be."""
    for _ in range(tries):
        if met(page):
            return page
        page = page.served.open(f"/walks/{page.path.split('/')[2]}")
        time.sleep(0.05)
    raise AssertionError(page.text)


def kinds(page: Page) -> list[str]:
    return [event["type"] for event in events(page)]


# ------------------------------------------------------------------------------ the usual way


def test_the_result_is_there_at_once_where_it_comes_soon(there: Backend) -> None:
    there.gives({"status": "known", "details": {"eta": "17:30"}})
    with acted(there) as app:
        page = until(begun(app), lambda page: "It is known until 17:30." in page.text)
        sound(page)
        started, finished = events(page)[-2:]
        assert kinds(page) == ["started", "answered", "action_started", "action_finished"]
        assert started["action"] == "look_up"
        assert started["how"] == "http"
        assert (started["actor"], finished["actor"]) == ("server", "server")
        assert finished["outputs"] == {"eta": "17:30"}
        assert "reason" not in finished or not finished["reason"]
        assert "A known outage" in page.text
    (asked,) = there.asked
    assert asked.json == {"case": "C1"}
    assert len(asked.headers["idempotency-key"]) == 32


def test_an_action_is_begun_on_record_before_anything_goes_out(there: Backend) -> None:
    seen: list[list[str]] = []
    with acted(there) as app:

        def look(asked: Any) -> bytes:
            found = asyncio.run(_events(app.desk))
            seen.append(found)
            return answer({"status": "none"})

        there.answers = look
        until(begun(app), lambda page: "Pay the refund?" in page.text)
    assert seen == [["started", "answered", "action_started"]]


async def _events(desk: Desk) -> list[str]:
    (row,) = await desk.store.walks()
    return [str(stored.event.__struct_config__.tag) for stored in await desk.store.events(row.id)]


def test_a_page_waits_and_comes_again_by_itself(there: Backend) -> None:
    there.gives({"status": "none"})
    there.hold.clear()
    with acted(there) as app:
        page = begun(app)
        sound(page)
        assert "One moment" in page.text
        assert "Look for a known outage" in page.text
        seconds, _, address = page.headers["refresh"].partition("; url=")
        assert int(seconds) >= 1
        assert address in page.links
        assert "Do it by hand" not in page.text
        assert not [form for form in page.forms if form.action.endswith("/answer")]
        standing = app.call("GET", f"/walks/{page.path.split('/')[2]}").json()
        assert standing["status"] == "pending"
        assert standing["request"]["begun"]
        there.hold.set()
        assert until(page, lambda page: "Pay the refund?" in page.text)
    assert len(there.asked) == 1


def test_what_takes_long_may_be_done_by_hand_where_that_is_safe(there: Backend) -> None:
    clock = Clock()
    there.hold.clear()
    with acted(there, clock=clock) as app:
        page = begun(app)
        clock.later(6)
        page = sound(app.open(page.path))
        (by_hand,) = [link for link in page.links if link.endswith("?by_hand")]
        page = sound(app.open(by_hand))
        assert "To do by hand" in page.text
        page = page.press("answer", answer="none")
        assert "Pay the refund?" in page.text
        there.hold.set()
        there.gives({"status": "known", "details": {"eta": "1"}})
        page = until(page, lambda page: len(app.desk.performing._tasks) == 0)
        assert "Pay the refund?" in page.text  # what came later moved nothing
        assert kinds(page)[-2:] == ["action_started", "action_finished"]


def test_a_doubled_click_while_it_is_done(there: Backend) -> None:
    there.gives({"status": "none"})
    there.hold.clear()
    with acted(there) as app:
        first = app.open("/start/acting").press("acting")
        pages = [first.press("answer", f__id="C1") for _ in range(3)]
        assert {page.status for page in pages} == {200}
        assert all("One moment" in page.text for page in pages)
        there.hold.set()
        page = until(pages[-1], lambda page: "Pay the refund?" in page.text)
        assert kinds(page) == ["started", "answered", "action_started", "action_finished"]
    assert len(there.asked) == 1


def test_a_note_while_it_is_done_moves_nothing(there: Backend) -> None:
    there.gives({"status": "none"})
    there.hold.clear()
    with acted(there) as app:
        page = begun(app)
        id = page.path.split("/")[2]
        seq = app.call("GET", f"/walks/{id}").json()["seq"]
        app.call("POST", f"/walks/{id}/events", {"type": "noted", "seq": seq, "text": "hm"})
        there.hold.set()
        page = until(page, lambda page: "Pay the refund?" in page.text)
        assert kinds(page)[2:] == ["action_started", "noted", "action_finished"]


@pytest.mark.parametrize(
    ("given", "reason", "words"),
    [
        (answer({}, "404 No"), "status 404", "status 404"),
        ({"status": "known"}, "does not fit: eta", "the answer does not fit the contract: eta"),
        ({"status": "known", "details": {"eta": "x" * 2_000}}, "does not fit: eta", "eta"),
        ({"status": "known", "details": {"eta": "1", "paid": "much"}}, "does not fit: paid", "paid"),
        ({"status": "known", "details": {"eta": ["1"]}}, "does not fit: eta", "eta"),
        ({"status": "none", "eta": "1"}, "", ""),
    ],
)  # fmt: skip
def test_what_does_not_fit_takes_the_failed_exit(
    given: Any, reason: str, words: str, there: Backend
) -> None:
    there.gives(given)
    wanted = "We cannot look it up now." if reason else "Pay the refund?"
    with acted(there) as app:
        page = until(begun(app), lambda page: wanted in page.text)
        last = events(page)[-1]
        assert last["exit"] == ("unavailable" if reason else "none")
        assert last.get("reason", "") == reason
        assert words in page.text


def test_the_api_says_pending_and_then_what_came(there: Backend) -> None:
    there.gives({"status": "none"})
    there.hold.clear()
    with acted(there) as app:
        walk = app.call("POST", "/walks", {"tree": "acting"}).json()
        said = {
            "type": "answered",
            "node": "case",
            "seq": 1,
            "client_id": "c",
            "answer": {"id": "1"},
        }
        walk = app.call("POST", f"/walks/{walk['id']}/events", said).json()
        assert walk["status"] == "pending"
        assert walk["request"]["action"] == "look_up"
        there.hold.set()
        for _ in range(100):
            walk = app.call("GET", f"/walks/{walk['id']}").json()
            if walk["status"] == "waiting":
                break
            time.sleep(0.05)
        assert walk["prompt"]["node"] == "pay"
        again = app.call("POST", f"/walks/{walk['id']}/events", said)
        assert again.status_code == 200
        assert len(there.asked) == 1


# ----------------------------------------------------------------------- not set, and nobody there


def test_an_address_that_is_not_set_is_done_by_hand(there: Backend) -> None:
    with served(acting(), actions=Actions()) as app:
        page = begun(app)
        assert "To do by hand" in page.text
        assert "refresh" not in page.headers
        walk = app.call("GET", f"/walks/{page.path.split('/')[2]}").json()
        assert (walk["status"], walk["request"]["how"]) == ("waiting", "http")


def test_where_no_agent_walks_it_fails_at_once() -> None:
    with served(acting(), actions=Actions()) as app:
        walk = app.call("POST", "/walks", {"tree": "acting", "audience": "customer"}).json()
        said = {"type": "answered", "seq": 1, "answer": {"id": "1"}}
        walk = app.call("POST", f"/walks/{walk['id']}/events", said).json()
        assert walk["prompt"]["node"] == "unsaid"
        told = app.call("GET", f"/walks/{walk['id']}/events").json()["events"]
        assert told[-1]["reason"] == "nobody to do it"


# --------------------------------------------------------------------------- begun, and then nothing


def desk_at(store: Any, clock: Any, means: Actions | None = None) -> Desk:
    return Desk(acting(), store, clock=clock, actions=means or Actions())


async def at_refund(desk: Desk, audience: str = "agent") -> Walk:
    """A walk that waits for the refund, which nobody performs yet."""
    walk = await desk.start("acting", audience=audience)
    for said in ({"id": "C1"}, None, "yes"):

        async def step(walk: Walk, said: Any) -> Walk:
            def make(tree: Any, walk: Walk, at: datetime, ref: str) -> Walk:
                if walk.state.request is not None:
                    return walks.resolve(
                        tree, walk, walk.state.request.id, {"exit": "none"}, at=at
                    )
                return walks.answer(tree, walk, said, at=at, ref=ref)

            return await desk.move(walk.id, make, seq=walk.seq)

        walk = await step(walk, said)
    assert walk.state.request is not None
    assert walk.state.request.action == "refund"
    return walk


def claimed(how: str = "http") -> Any:
    """What a process that then died had recorded."""

    def make(tree: Any, walk: Walk, at: datetime, ref: str) -> Walk:
        request = walk.state.request
        assert request is not None
        event = ActionStarted(
            at=at, actor="server", request=request.id, action=request.action, how=how
        )
        return walks.record(tree, walk, event)

    return make


def answered(case: str) -> Any:
    return lambda tree, walk, at, ref: walks.answer(tree, walk, {"id": case}, at=at)


def waiting_for(app: Served, node: str) -> str:
    """A walk that waits at this action, begun by a process that is no more."""

    async def make() -> str:
        desk = desk_at(app.desk.store, app.desk.clock)
        if node == "refund":
            walk = await at_refund(desk)
        else:
            walk = await desk.start("acting")
            walk = await desk.move(
                walk.id,
                lambda tree, walk, at, ref: walks.answer(tree, walk, {"id": "1"}, at=at),
                seq=1,
            )
        return (await desk.move(walk.id, claimed(), seq=walk.seq)).id

    return asyncio.run(make())


def test_begun_and_not_safe_to_repeat_stops_at_a_person(there: Backend) -> None:
    clock = Clock()
    with acted(there, clock=clock) as app:
        id = waiting_for(app, "refund")
        page = sound(app.open(f"/walks/{id}"))
        assert "One moment" in page.text  # another process may be doing it
        assert app.call("GET", f"/walks/{id}").json()["status"] == "pending"
        seq = app.call("GET", f"/walks/{id}").json()["seq"]
        for said in (
            {"type": "went_back"},
            {"type": "answered", "answer": {"anytime": "gone"}},
            {"type": "jumped", "node": "over", "reason": "no time"},
            {"type": "action_finished", "exit": "failed"},
            {"type": "action_started"},
            {"type": "changed", "target": 2, "answer": {"id": "2"}},
        ):
            refused = app.call("POST", f"/walks/{id}/events", {"seq": seq, **said})
            assert refused.status_code == 409, said
        clock.later(60)
        page = sound(app.open(f"/walks/{id}"))
        assert "We do not know whether this was done." in page.text
        assert "Look it up, then say how it went." in page.text
        assert not [form for form in page.forms if form.action.endswith(("/back", "/anytime"))]
        standing = app.call("GET", f"/walks/{id}").json()
        assert standing["status"] == "waiting"
        assert standing["request"]["unsure"]
        assert standing["request"]["key"] in page.text
        back = app.call("POST", f"/walks/{id}/events", {"seq": seq, "type": "went_back"})
        assert back.status_code == 409
        page = page.press("answer", answer="paid", **{"f.paid.receipt": "R7"})
        assert "Paid: R7." in page.text
    assert there.asked == []


def test_begun_and_safe_is_done_again(there: Backend) -> None:
    there.gives({"status": "none"})
    clock = Clock()
    with acted(there, clock=clock) as app:
        id = waiting_for(app, "look")
        clock.later(60)
        page = until(app.open(f"/walks/{id}"), lambda page: "Pay the refund?" in page.text)
        assert kinds(page)[2:] == ["action_started", "action_started", "action_finished"]
        assert [e.get("attempt", 1) for e in events(page) if e["type"] == "action_started"][
            -1
        ] == 2
    assert len(there.asked) == 1


def test_a_round_finds_what_nobody_looks_at(there: Backend) -> None:
    there.gives({"status": "none"})
    clock = Clock()
    store = Memory()

    async def run() -> list[str]:
        dead = desk_at(store, clock)
        walk = await dead.start("acting")
        walk = await dead.move(
            walk.id,
            lambda tree, walk, at, ref: walks.answer(tree, walk, {"id": "1"}, at=at),
            seq=1,
        )
        desk = desk_at(store, clock, actions(there.url))
        await desk.performing.round()
        await asyncio.gather(*desk.performing._tasks.values())
        await desk.actions.close()
        return [str(stored.event.__struct_config__.tag) for stored in await store.events(walk.id)]

    assert asyncio.run(run())[2:] == ["action_started", "action_finished"]


def test_a_customer_is_led_to_a_person_by_the_failed_exit(there: Backend) -> None:
    clock, store = Clock(), Memory()

    async def run() -> Any:
        dead = desk_at(store, clock, _Deaf(there.url))
        walk = await at_refund(dead, "customer")
        await dead.move(walk.id, claimed(), seq=walk.seq)
        clock.later(60)
        desk = desk_at(store, clock, actions(there.url))
        await desk.performing.round()
        await asyncio.gather(*desk.performing._tasks.values())
        await desk.actions.close()
        return await desk.walk(walk.id), (await store.events(walk.id))[-1].event

    walk, last = asyncio.run(run())
    assert walk.state.frames[-1].node == "person"
    assert (last.exit, last.reason) == ("failed", "unknown")
    assert there.asked == []


class _Deaf(Actions):
    """Means that never come to a result."""

    def __init__(self, url: str) -> None:
        super().__init__(actions(url).settings)

    async def call(self, action: Any, inputs: Any, key: str) -> Any:
        await asyncio.Event().wait()


def test_what_was_begun_often_enough_is_left_to_a_person(there: Backend) -> None:
    clock = Clock()
    with acted(there, clock=clock) as app:
        id = waiting_for(app, "look")

        async def again() -> None:
            desk = desk_at(app.desk.store, clock)
            for attempt in (2, 3):

                def make(tree: Any, walk: Walk, at: datetime, ref: str, n: int = attempt) -> Walk:
                    request = walk.state.request
                    assert request is not None
                    event = ActionStarted(
                        at=at, request=request.id, action="look_up", how="http", attempt=n
                    )
                    return walks.record(tree, walk, event)

                await desk.move(id, make, seq=None)

        asyncio.run(again())
        clock.later(60)
        page = app.open(f"/walks/{id}")
        assert "To do by hand" in page.text
        assert "We do not know" not in page.text
    assert there.asked == []


def test_of_two_processes_one_begins(tmp_path: Path, there: Backend) -> None:
    """Twenty walks that wait, two desks on one file: each action goes out once."""
    there.gives({"status": "none"})

    async def run() -> int:
        address = f"sqlite:///{tmp_path}/record.db"
        first, second = [await open_store(address) for _ in range(2)]
        dead = Desk(acting(), first)
        ids = []
        for n in range(20):
            walk = await dead.start("acting")
            await dead.move(walk.id, answered(str(n)), seq=1)
            ids.append(walk.id)
        desks = [Desk(acting(), store, actions=actions(there.url)) for store in (first, second)]
        await asyncio.gather(*(desk.performing.round() for desk in desks for _ in range(2)))
        while any(desk.performing._tasks for desk in desks):
            await asyncio.gather(*(t for desk in desks for t in desk.performing._tasks.values()))
        walked = [await desks[0].walk(id) for id in ids]
        assert {walk.state.frames[-1].node for walk in walked} == {"pay"}
        assert {walk.seq for walk in walked} == {4}
        for desk in desks:
            await desk.actions.close()
        for store in (first, second):
            await store.close()
        return len(there.asked)

    assert asyncio.run(run()) == 20
    assert len({asked.json["case"] for asked in there.asked}) == 20
    assert len({asked.headers["idempotency-key"] for asked in there.asked}) == 20


def test_a_result_is_kept_once_the_store_is_well_again(there: Backend) -> None:
    there.gives({"status": "none"})

    class Ill(Memory):
        failing = 0

        async def append(self, walk: str, events: Any, **more: Any) -> Any:
            if events and type(events[0]).__name__ == "ActionFinished" and self.failing < 2:
                self.failing += 1
                raise StoreError("the disk is full")
            return await super().append(walk, events, **more)

    store = Ill()
    with acted(there, store=store) as app:
        until(begun(app), lambda page: "Pay the refund?" in page.text)
    assert store.failing == 2
    assert len(there.asked) == 1


def test_stopping_lets_what_is_under_way_come_to_its_result(there: Backend) -> None:
    there.gives({"status": "none"})
    there.hold.clear()
    store = Memory()
    with acted(there, store=store) as app:
        page = begun(app)
        assert "One moment" in page.text
        asyncio.run(asyncio.to_thread(there.came.wait, 30))
        there.hold.set()
    (row,) = asyncio.run(store.walks())
    assert row.head.node == "pay"


# ------------------------------------------------------------------------------------ the record


def test_a_walk_with_actions_is_replayed_to_the_byte(there: Backend) -> None:
    there.gives({"status": "none"}, {"exit": "paid", "id": "R1"})
    store = Memory()
    with acted(there, store=store) as app:
        page = until(begun(app), lambda page: "Pay the refund?" in page.text)
        page = until(page.press("answer", answer="yes"), lambda page: "Paid: R1." in page.text)
        id = page.path.split("/")[2]

        async def read() -> Any:
            walk = await app.desk.walk(id)
            events = [stored.event for stored in await store.events(id)]
            tree = await app.desk.tree_of(walk)
            return walk, tree, events, await store.private(id)

        walk, tree, log, private = asyncio.run(read())
        again = replay({tree.logic: tree}, id, log, private)
        # (A chain and a map have no order of their own that counts; the words of both do.)
        assert again.state == walk.state
        assert repr(again.state) == repr(walk.state)
        assert msgspec.json.encode(log) == msgspec.json.encode(
            [s.event for s in asyncio.run(store.events(id))]
        )
        assert [e.__struct_config__.tag for e in log].count("action_started") == 2


@pytest.mark.parametrize(
    ("reason", "again"),
    [("not reached", True), ("circuit open", True), ("too busy", True), ("not allowed", True),
     ("timeout", False), ("cut off", False), ("status 500", False), ("does not fit: exit", False)],
)  # fmt: skip
def test_going_back_tries_again_what_was_certainly_not_done(reason: str, again: bool) -> None:
    """And nothing else: what may have been done is not done twice."""
    outcomes = [
        Outcome({"exit": "none"}),
        Outcome(reason=reason),
        Outcome({"exit": "paid", "receipt": "R1"}),
    ]
    means = _Given(outcomes)
    with served(acting(), actions=means) as app:
        page = until(begun(app), lambda page: "Pay the refund?" in page.text)
        page = until(
            page.press("answer", answer="yes"), lambda page: "A colleague takes over." in page.text
        )
        page = page.press("back").press("answer", answer="yes")
        wanted = "Paid: R1." if again else "A colleague takes over."
        page = until(page, lambda page: wanted in page.text)
    assert len(means.keys) == (3 if again else 2)
    assert len(set(means.keys)) == len(means.keys)  # another request, another key


class _Given(Actions):
    """Means that come to these outcomes, one after the other."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__(actions("http://127.0.0.1:1").settings)
        self.outcomes = outcomes
        self.keys: list[str] = []

    async def call(self, action: Any, inputs: Any, key: str) -> Outcome:
        self.keys.append(key)
        return self.outcomes.pop(0)


def test_what_was_done_with_other_inputs_is_told_to_a_person() -> None:
    """Back over a refund, another case: the server does not pay a second time by itself."""
    paid = Outcome({"exit": "paid", "receipt": "R1"})
    means = _Given([Outcome({"exit": "none"}), paid, Outcome({"exit": "none"}), paid])
    with served(acting(), actions=means) as app:
        page = until(begun(app), lambda page: "Pay the refund?" in page.text)
        page = until(page.press("answer", answer="yes"), lambda page: "Paid: R1." in page.text)
        page = page.press("back").press("back")
        assert "Which case?" in page.text
        page = until(page.press("answer", f__id="C2"), lambda page: "Pay the refund?" in page.text)
        page = page.press("answer", answer="yes")
        assert "To do by hand" in page.text
    assert len(means.keys) == 3


def test_private_values_of_a_call_stand_apart(there: Backend) -> None:
    there.gives({"status": "none"})
    store = Memory()
    with acted(there, store=store) as app:
        page = begun(app, f__who="Wilhelmina-Kanarie")
        page = until(page, lambda page: "Pay the refund?" in page.text)
        assert there.asked[0].json["who"] == "Wilhelmina-Kanarie"
        assert "Kanarie" not in json.dumps(events(page))


def test_late_results_and_lost_races() -> None:
    """The engine's own rules: begun by a server, it is not begun by hand, nor left."""

    async def run() -> None:
        desk = desk_at(Memory(), Clock())
        walk = await at_refund(desk)
        walk = await desk.move(walk.id, claimed(), seq=walk.seq)
        with pytest.raises(Refused, match="a server has begun"):
            await desk.move(walk.id, claimed(how=""), seq=walk.seq)
        with pytest.raises(Refused, match="it is not known yet how it went"):
            await desk.move(walk.id, lambda t, w, at, ref: walks.back(t, w, at=at), seq=walk.seq)
        with pytest.raises(Conflict):
            await desk.move(walk.id, claimed(), seq=walk.seq - 1)

    asyncio.run(run())


# ---------------------------------------------------------------------------------- the terminal


def test_in_the_terminal_a_customer_does_not_wait_for_what_nobody_does(tmp_path: Path) -> None:
    root = folder(tmp_path)
    answers = {"case": {"id": "C1"}, "unsaid": None}
    words = ["walk", "acting", "--library", root, "--answers", json.dumps(answers), "--json"]
    alone = run(*words, "--audience", "customer")
    assert alone.status == 0, alone.err
    steps = [(step["node"], step["exit"]) for step in alone.json["steps"]]
    assert ("look", "unavailable") in steps
    assert alone.json["at"] != "look"
    agent = run(*words, "--audience", "agent").json
    assert (agent["status"], agent["at"]) == ("waiting", "look")


def test_by_hand_in_the_terminal_a_customer_goes_on(tmp_path: Path) -> None:
    folder(tmp_path)
    terminal = Terminal(
        "walk", "acting", "--library", ".", "--audience", "customer", cwd=tmp_path, NO_COLOR="1"
    )
    terminal.until("Case: ")
    terminal.type("C1")
    terminal.until("Who calls")
    terminal.type("")
    assert "To do" not in terminal.until("We cannot look it up now.")
    terminal.until("Enter goes on ")
    terminal.type("")
    terminal.until("That is all.")
    assert terminal.ended()[0] == 0


# ------------------------------------------------------------------------- what others are told


def test_transcript_and_exports_say_what_was_begun_and_why_it_failed(there: Backend) -> None:
    there.gives(answer({}, "404 No"))
    with acted(there) as app:
        page = until(begun(app), lambda page: "We cannot look it up now." in page.text)
        id = page.path.split("/")[2]
        told = app.client.get(f"/api/v1/walks/{id}/transcript").text
        assert "begun: look up" in told
        assert "Could not be looked up (status 404)" in told
        rows = list(
            csv.DictReader(io.StringIO(app.client.get(f"/api/v1/walks/{id}/events.csv").text))
        )
        notes = [(row["type"], row["note"], row["actor"]) for row in rows[2:]]
        assert notes == [
            ("action_started", "look_up by http", "server"),
            ("action_finished", "status 404", "server"),
        ]
        told = app.client.get("/metrics").text
        assert 'fingerpost_actions_total{action="look_up",outcome="status 404"}' in told


def test_a_walk_with_actions_is_a_story(there: Backend) -> None:
    there.gives({"status": "known", "details": {"eta": "17:30"}})
    with acted(there) as app:
        page = until(begun(app), lambda page: "It is known until 17:30." in page.text)

        async def read() -> Any:
            walk = await app.desk.walk(page.path.split("/")[2])
            return walk, await app.desk.tree_of(walk)

        walk, tree = asyncio.run(read())
        story = story_of(tree, walk)
        assert story["actions"] == {"look": {"exit": "known", "eta": "17:30"}}
        assert rehearse(tree, story).came_true


def test_a_result_that_cannot_be_taken_is_noted_if_it_must_not_be_forgotten(
    there: Backend,
) -> None:
    """Somebody said how a refund went, and then its answer came after all."""
    there.gives({"status": "none"}, {"exit": "paid", "id": "R1"})
    clock = Clock()
    with acted(there, clock=clock) as app:
        page = until(begun(app), lambda page: "Pay the refund?" in page.text)
        there.hold.clear()
        page = page.press("answer", answer="yes")
        assert "One moment" in page.text
        clock.later(60)
        page = app.open(f"/walks/{page.path.split('/')[2]}")
        assert "We do not know" in page.text
        page = page.press("answer", answer="failed")
        assert "A colleague takes over." in page.text
        there.hold.set()
        page = until(page, lambda page: "its answer came" in page.text)
        assert "refund: its answer came and could not be taken; it is paid" in page.text
        assert "A colleague takes over." in page.text


def test_a_walk_that_nobody_knows_of_is_not_carried_to_a_new_version() -> None:
    async def run() -> Any:
        store = Memory()
        desk = desk_at(store, Clock())
        walk = await at_refund(desk)
        await desk.move(walk.id, claimed(), seq=walk.seq)
        return [stored.event for stored in await store.events(walk.id)]

    old = acting().libraries[0].trees["acting"]
    new = msgspec.structs.replace(old, logic="another")
    found = migrate(old, new, asyncio.run(run()), id="w")
    assert (found.verdict, found.walk.state.frames[-1].node) == ("stays", "refund")
    assert "under way" in found.why


@pytest.mark.parametrize("audience", ["agent", "customer"])
def test_what_was_erased_is_not_called_with(audience: str, there: Backend) -> None:
    store, clock = Memory(), Clock()

    async def run() -> Walk:
        dead = desk_at(store, clock, _Deaf(there.url))
        walk = await dead.start("acting", audience=audience)

        def said(tree: Any, walk: Walk, at: datetime, ref: str) -> Walk:
            answer = {"id": "C1", "who": "Wilhelmina"}
            return walks.answer(tree, walk, answer, at=at, ref=ref)

        walk = await dead.move(walk.id, said, seq=1)
        while (await dead.walk(walk.id)).seq < 3:  # until it is begun
            await asyncio.sleep(0.01)
        await store.erase(walk.id, at=clock())
        clock.later(60)
        desk = desk_at(store, clock, actions(there.url))
        await desk.performing.round()
        await asyncio.gather(*desk.performing._tasks.values())
        await desk.actions.close()
        return await desk.walk(walk.id)

    walk = asyncio.run(run())
    assert walk.state.frames[-1].node == ("look" if audience == "agent" else "unsaid")
    assert there.asked == []
    with acted(there, store=store, clock=clock) as app:
        assert app.open(f"/walks/{walk.id}").status == 200
        assert app.call("GET", f"/walks/{walk.id}").status_code == 200
