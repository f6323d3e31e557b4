"""The demo back end: every exit of every action that trees call over HTTP is come to by what its guide
says to type, through the very client that a server calls with; and what stands around it."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from engine.model import Action
from tests.command import refused
from tests.crawling import Kept, demo
from tests.served import HERE, examined
from web.actions import Actions
from web.actions.http import Outcome
from web.actions.settings import read
from web.demo.answering import ACTIONS, CALLS, FAULTS, Backend
from web.demo.app import create_app
from web.demo.first_day import world
from web.demo.guide import Way, ways
from web.demo.settings import ADDRESSES, environment, table
from web.demo.world import SLOW

TODAY = date(2026, 11, 25)
SHIPPED: dict[str, Action] = {
    action.id: action
    for tree in examined().libraries[0].trees.values()
    for action in tree.actions.values()
    if action.how == "http"
}


def test_it_serves_every_action_that_shipped_trees_call() -> None:
    for id, action in SHIPPED.items():
        assert ACTIONS[id].samples.keys() == action.exits.keys(), id


def test_the_guide_says_what_to_type_for_every_exit() -> None:
    told = {(way.action, way.exit) for way in ways(world(1, TODAY))}
    assert told == {(id, exit) for id, call in ACTIONS.items() for exit in call.samples}


# --------------------------------------------------------------------------- through sockets


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with demo(tmp_path_factory.mktemp("demo")) as found:
        yield found


def steady(action: Action, timeout: str = "60s") -> Action:
    """Called once, and waited for: the machine may be slow."""
    return replace(action, safe_to_repeat=False, http={**action.http, "timeout": timeout})


@asynccontextmanager
async def caller(there: Kept) -> AsyncIterator[Actions]:
    """What a server calls with."""
    actions = Actions(read(tomllib.loads(table(there.address))["actions"]))
    yield actions
    await actions.close()


WAYS = [way for way in ways(world(1, TODAY)) if way.action in SHIPPED]
SYSTEMS = sorted({path.partition("/")[0] for path in CALLS})


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_exit_is_come_to_as_the_guide_says(there: Kept, system: str) -> None:
    theirs = {call.action for path, call in CALLS.items() if path.startswith(f"{system}/")}
    today = date.fromisoformat(there.good("GET", "/demo/state")["today"])
    told = [way for way in ways(world(1, today)) if way.action in theirs & SHIPPED.keys()]
    assert told

    async def run() -> None:
        async with caller(there) as actions:
            for n, way in enumerate(told):
                there.good("POST", "/demo/reset", {})
                for m, (action, inputs) in enumerate((*way.first, (way.action, way.inputs))):
                    found = await actions.call(steady(SHIPPED[action]), inputs, f"k{n}.{m}")
                assert come_to(way, found) == way.exit, (way, found)

    asyncio.run(run())


def come_to(way: Way, outcome: Outcome) -> str:
    if outcome.result is not None:
        return str(outcome.result["exit"])
    return SHIPPED[way.action].failed if outcome.reason in ("status 500", "not JSON") else ""


def test_what_never_answers_is_given_up(there: Kept) -> None:
    there.good("POST", "/demo/plan", {"book_slot": [SLOW]})

    async def run() -> Outcome:
        async with caller(there) as actions:
            inputs = {"slot": "S-1", "line": "L-1", "phone": "+442079460000"}
            return await actions.call(steady(SHIPPED["book_slot"], "1s"), inputs, "k")

    assert asyncio.run(run()).reason == "timeout"


# ------------------------------------------------------------------------------ what it does


@pytest.fixture
def backend() -> Backend:
    return Backend(1, TODAY)


@pytest.fixture
def client(backend: Backend) -> Iterator[TestClient]:
    app = create_app(backend, lambda: TODAY + timedelta(days=1))
    with TestClient(app, base_url=HERE) as found:
        yield found


def post(client: TestClient, path: str, body: Any, key: str = "") -> Any:
    return client.post(f"/{path}", json=body, headers={"Idempotency-Key": key}).json()


def test_a_refund_lowers_what_can_be_refunded(client: TestClient, backend: Backend) -> None:
    refund = {"account": "A-1", "amount": "200.50"}
    assert post(client, "shop/refunds", refund) == {"status": "offered"}
    assert backend.world.tables["customers"]["C-100"]["refundable"] == 49.5
    assert post(client, "shop/refunds", refund) == {"status": "failed"}
    assert len(backend.world.tables["refunds"]) == 1


def test_a_slot_is_gone_once_it_is_booked(client: TestClient) -> None:
    def offered() -> list[str]:
        return [row["slot"] for row in post(client, "crm/slots", {"line": "L-1"})["slots"]]

    first = offered()[0]
    visit = {"slot": first, "line": "L-1", "phone": "+442079460000"}
    assert post(client, "crm/visits", visit) == {"status": "booked"}
    assert first not in offered()
    assert post(client, "crm/visits", visit) == {"status": "taken"}


def test_the_same_request_counts_once(client: TestClient, backend: Backend) -> None:
    refund = {"account": "A-1", "amount": "40"}
    assert post(client, "shop/refunds", refund, "k1") == post(client, "shop/refunds", refund, "k1")
    assert backend.world.tables["customers"]["C-100"]["refundable"] == 210
    assert "same request again" in backend.seen[0].why
    assert (
        "another request"
        in post(client, "shop/refunds", {**refund, "amount": "41"}, "k1")["error"]
    )
    post(client, "shop/refunds", refund, "k2")
    assert backend.world.tables["customers"]["C-100"]["refundable"] == 170


def test_what_failed_may_go_well_with_the_same_key(client: TestClient, backend: Backend) -> None:
    backend.plan("promo_code", ["fails with 500"])
    path, code = "/shop/promo-codes", {"account": "A-1"}
    headers = {"Idempotency-Key": "k"}
    assert client.post(path, json=code, headers=headers).status_code == 500
    assert client.post(path, json=code, headers=headers).json()["status"] == "made"


def test_a_result_asked_for_is_given_and_what_the_data_say_is_done(
    client: TestClient, backend: Backend
) -> None:
    plan = {"offer_refund": ["failed", "offered"], "find_slots": {"exit": "found"}}
    assert post(client, "demo/plan", plan)["planned"]["offer_refund"] == ["failed", "offered"]
    refund = {"account": "A-1", "amount": "40"}
    assert post(client, "shop/refunds", refund) == {"status": "failed"}
    assert not backend.world.tables["refunds"]
    assert post(client, "shop/refunds", refund) == {"status": "offered"}
    assert backend.world.tables["refunds"]
    assert post(client, "shop/refunds", {**refund, "amount": "999"}) == {"status": "failed"}
    assert post(client, "crm/slots", {"line": "L-99"})["status"] == "found"


def test_all_of_it_begins_again(client: TestClient, backend: Backend) -> None:
    begun = json.dumps(client.get("/demo/state").json()["tables"])
    post(client, "shop/refunds", {"account": "A-1", "amount": "40"}, "k")
    post(client, "demo/plan", {"offer_refund": "failed"})
    assert post(client, "demo/reset", {"seed": 2}) == {"seed": 2}
    state = client.get("/demo/state").json()
    assert (state["seed"], state["planned"], state["requests"]) == (2, {}, [])
    assert state["today"] == "2026-11-26"
    assert state["tables"] != json.loads(begun)
    backend.reset(1, TODAY)
    assert json.dumps(client.get("/demo/state").json()["tables"]) == begun


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/crm/outages", b"{", "a JSON object"),
        ("/crm/outages", b"[]", "a JSON object"),
        ("/crm/outages", b"{}", "outage_lookup cannot be done"),
        ("/shop/refunds", b'{"account": "A-1", "amount": "much"}', "offer_refund cannot be done"),
        ("/hotel/rooms", b'{"number": "B-1", "arrival": "x", "departure": "y"}', "cannot be done"),
        ("/demo/plan", b'{"fly": "up"}', "no action 'fly'"),
        ("/demo/plan", b'{"offer_refund": "flown"}', "comes to one of offered, failed, never"),
        ("/demo/plan", b'{"offer_refund": [1]}', "comes to one of"),
        ("/demo/reset", b'{"seed": "x"}', "a whole number"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: TestClient, path: str, body: bytes, says: str
) -> None:
    answer = client.post(path, content=body)
    assert answer.status_code == 422
    assert says in answer.json()["error"]


# ------------------------------------------------------------------------------------ the page


def test_the_page_shows_what_was_asked_and_what_changed(client: TestClient) -> None:
    assert "Nothing yet." in client.get("/").text
    post(client, "shop/refunds", {"account": "A-1", "amount": "40"})
    post(client, "crm/lines", {"account": "<script>"})
    page = client.get("/").text
    assert "<del>250</del> <mark>210</mark>" in page
    assert "&lt;script&gt;" in page
    assert "<b><script>" not in page
    live = client.get("/live")
    assert live.headers["x-version"] == "2"
    assert client.get("/live?version=2").status_code == 204
    assert client.get("/live?version=1").status_code == 200


def test_the_buttons_of_the_page(client: TestClient, backend: Backend) -> None:
    page = client.get("/").text
    for action, call in ACTIONS.items():
        for result in (*call.samples, *FAULTS):
            assert f'value="{action}:{result}"' in page
    assert client.post("/plan", data={"plan": "outage_lookup:known"}).status_code == 200
    assert post(client, "crm/outages", {"line": "L-1"})["status"] == "known"
    assert client.post("/plan", data={}).status_code == 422
    post(client, "shop/refunds", {"account": "A-1", "amount": "40"})
    client.post("/reset")
    assert not backend.seen


def test_other_sites_press_nothing(client: TestClient) -> None:
    for path in ("/reset", "/plan", *(f"/{path}" for path in CALLS)):
        answer = client.post(path, headers={"origin": "https://evil.example"})
        assert answer.status_code == 403
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421
    assert "default-src 'none'" in client.get("/").headers["content-security-policy"]


# ---------------------------------------------------------------------------- the command line


def test_how_to_connect_is_written_down(tmp_path: Path) -> None:
    file = tmp_path / "demo.toml"
    with demo(tmp_path, "--settings", str(file)) as there:
        found = read(tomllib.loads(file.read_text("utf-8"))["actions"])
        assert set(found.addresses) == set(ADDRESSES)
        assert found.addresses["crm_url"] == f"{there.address}/crm"
        for line in environment(there.address).splitlines():
            assert line.startswith("export FINGERPOST_ACTIONS_")
        port = there.address.rpartition(":")[2]
        assert f"port {port} is in use" in refused("demo-backend", "--port", port)


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "fingerpost.toml"
    file.write_text("port = 8001\n")
    assert "name another file" in refused("demo-backend", "--port", "0", "--settings", file)
    assert file.read_text() == "port = 8001\n"
