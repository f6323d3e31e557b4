"""What an operator sees: the log, the id of a request, the figures, and what is refused when busy."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreError
from engine.stores.memory import Memory
from tests.kinds import kinds
from tests.served import HERE, Served, served
from web import logs, metrics
from web.desk import Desk
from web.serving.app import create_app
from web.serving.entry import Service

CANARY = "canary-4711"
GIVEN = {"colour": "red"}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, as JSON."""
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", out)
        logs.set_up("json", "debug")
        yield out
    root.handlers[:], root.level = before
    logs.set_down()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    logs.flush()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def begun(app: Served, **more: Any) -> dict[str, Any]:
    call = {"tree": "kinds", "given": GIVEN, "audience": "agent", **more}
    answer = app.call("POST", "/walks", call)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


# ------------------------------------------------------------------------------------- the log


def test_a_line_for_each_request_with_the_template_of_its_address(written: io.StringIO) -> None:
    with served(kinds()) as app:
        walk = begun(app)
        app.open(f"/walks/{walk['id']}/{walk['seq']}?notes={CANARY}")
        app.client.get(f"/{CANARY}")
        app.client.get("/healthz")
    found = [line for line in lines(written) if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in found if line["route"] != "/api/v1/openapi.json"] == [
        ("POST", "/api/v1/walks", 201),
        ("GET", "/walks/{id}/{seq}", 200),
        ("GET", "(none)", 404),
    ]  # fmt: skip
    assert found[0].keys() == {
        "at",
        "level",
        "event",
        "request",
        "method",
        "route",
        "status",
        "ms",
    }
    assert found[0]["at"].endswith("Z")
    assert len({line["request"] for line in found}) == len(found)
    assert walk["id"] not in written.getvalue()
    assert CANARY not in written.getvalue()


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("abc-1.2_X", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("", False),
        ("-a", False),
        ("a b", False),
        ("<script>", False),
        ("a\tb", False),
    ],
)
def test_the_id_of_a_request_is_the_callers_if_it_is_safe(sent: str, taken: bool) -> None:
    with served(kinds()) as app:
        found = app.client.get("/healthz", headers={"x-request-id": sent}).headers["x-request-id"]
    assert (found == sent) is taken
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", found)


def test_a_fault_is_named_everywhere_by_the_id_of_its_request(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: Any) -> Any:
        raise RuntimeError(CANARY)

    with served(kinds()) as app:
        monkeypatch.setattr(Desk, "tree", fault)
        headers = {"x-request-id": "call-1"}
        page = app.client.get("/start/kinds", headers=headers)
        problem = app.client.get("/api/v1/trees/kinds", headers={"x-request-id": "call-2"})
    assert page.status_code == problem.status_code == 500
    assert page.headers["x-request-id"] == "call-1"
    assert "reference call-1" in page.text
    assert problem.json()["reference"] == "call-2"
    faults = [line for line in lines(written) if line["event"] == "fault"]
    assert [line["request"] for line in faults] == ["call-1", "call-2"]
    assert faults[0]["fault"][0] == "RuntimeError"
    assert any("test_operations.py" in place for place in faults[0]["fault"])
    assert CANARY not in written.getvalue()  # what an exception quotes may be what somebody typed
    assert CANARY not in page.text + problem.text


def test_every_problem_has_a_reference() -> None:
    with served(kinds()) as app:
        told = app.call("GET", "/trees/nope")
        assert told.json()["reference"] == told.headers["x-request-id"]


def test_what_the_server_says_is_said_in_the_same_form(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    first, second = lines(written)
    assert (first["level"], first["event"], first["of"]) == (
        "warning", "Invalid HTTP request received.", "uvicorn.error",
    )  # fmt: skip
    assert second["fault"][0] == "ValueError"
    assert CANARY not in written.getvalue()


def test_an_exception_that_nobody_waited_for_is_logged_without_its_words(
    written: io.StringIO,
) -> None:
    async def unheard() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(logs.unheard)
        loop.call_exception_handler(
            {"message": f"Task exception was never retrieved: {CANARY}", "exception": ValueError(CANARY)}
        )  # fmt: skip

    asyncio.run(unheard())
    (line,) = lines(written)
    assert line["what"] == "Task exception was never retrieved"
    assert CANARY not in written.getvalue()


def test_nothing_that_was_typed_is_logged_at_any_level(written: io.StringIO) -> None:
    with served(kinds()) as app:
        walk = begun(app, reference=CANARY)
        for node in ("greet", "consent"):
            call = {"type": "continued", "node": node, "seq": walk["seq"], "client_id": node}
            walk = app.call("POST", f"/walks/{walk['id']}/events", call).json()
        page = app.open(f"/walks/{walk['id']}/{walk['seq']}")
        page = page.press(
            "answer", f__word=CANARY, f__whole="99", f__phone=CANARY, f__mail=f"{CANARY}@x.org"
        )
        assert page.status == 422
        page = page.press(
            "answer", f__word=CANARY, f__whole="5", f__sure="yes", f__phone="+49 30 471147114"
        )
        assert page.status == 200, page.text
        app.call(
            "POST",
            f"/walks/{walk['id']}/events",
            {"type": "noted", "text": CANARY, "seq": 99, "client_id": "n"},
        )
    found = lines(written)
    assert any(line.get("status") == 422 for line in found)
    assert CANARY not in written.getvalue()
    assert "471147114" not in written.getvalue()
    assert walk["id"] not in written.getvalue()


def test_text_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", out)
        logs.set_up("text", "info", worker=2)
        logs.told("GET", "/", 200, 0.0123, "abc")
        logs.log.info("taken in", trees=3)
        logs.log.debug("not told")
        logs.flush()
    logs.set_down()
    one, two = out.getvalue().splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d 2 info GET / 200 12.3 ms \[abc\]", one)
    assert two.endswith("2 info taken in trees=3")


def test_a_log_that_nobody_reads_holds_nothing_up() -> None:
    """A pipe that is full: lines wait, then are dropped, and how many is told when it is read."""
    read, write = os.pipe()
    with os.fdopen(write, "w") as stream, os.fdopen(read, "rb") as reader:
        pipe = logs.Pipe(stream)
        line = b'{"event":"%s"}' % (b"x" * 500)
        for _ in range(5_000):
            pipe.write(line)
        assert pipe.dropped > 1_000
        dropped, got = pipe.dropped, b""
        os.set_blocking(read, False)
        while True:
            pipe.flush()
            part = reader.read(1 << 20)
            if not part:
                break
            got += part
    found = [json.loads(one) for one in got.splitlines()]
    assert found[-1] == {"event": "lines dropped", "count": dropped}
    assert len(found) == 5_000 - dropped + 1


# ---------------------------------------------------------------------------------- the figures


def figures(app: Served) -> dict[str, float]:
    answer = app.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found = (line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in found}


def test_what_is_counted() -> None:
    with served(kinds()) as app:
        before = figures(app)
        walk = begun(app)
        call = {"type": "continued", "node": "greet", "seq": walk["seq"], "client_id": "one"}
        for _ in range(2):
            assert app.call("POST", f"/walks/{walk['id']}/events", call).status_code == 200
        assert app.call(
            "POST", f"/walks/{walk['id']}/events", call | {"client_id": "two"}
        ).status_code == 409  # fmt: skip
        left = {"type": "answered", "node": "consent", "seq": walk["seq"] + 1, "client_id": "three",
                "answer": {"anytime": "gone"}}  # fmt: skip
        assert app.call("POST", f"/walks/{walk['id']}/events", left).json()["status"] == "ended"
        after = figures(app)

    def more(name: str) -> float:
        return after.get(f"fingerpost_{name}", 0) - before.get(f"fingerpost_{name}", 0)

    events = 'method="POST",route="/api/v1/walks/{id}/events"'
    assert more(f'requests_total{{{events},status="200"}}') == 3
    assert more(f'requests_total{{{events},status="409"}}') == 1
    assert more('request_seconds_count{route="/api/v1/walks/{id}/events"}') == 4
    assert more('events_total{type="started"}') == 1
    assert more('events_total{type="continued"}') == 1  # the repeated call is no second event
    assert more('events_total{type="answered"}') == 1
    assert more("append_seconds_count") == 3
    assert more("conflicts_total") == 1
    assert more('walks_started_total{tree="kinds"}') == 1
    assert more('walks_ended_total{outcome="done",tree="kinds"}') == 1
    assert after["fingerpost_open_walks_held"] == 1
    assert after["fingerpost_requests_under_way"] == 1  # the question itself
    new = after.keys() - before.keys()  # other tests have trees, and ends, of other names
    assert not any(walk["id"] in name or "greet" in name for name in new)


def test_strange_methods_and_addresses_make_no_figures_of_their_own() -> None:
    with served(kinds()) as app:
        before = len(figures(app))
        for n in range(50):
            app.client.request(f"STRANGE{n}", f"/nope{n}")
            app.client.get(f"/nope{n}")
            app.client.get(f"/start/nope{n}")
        assert len(figures(app)) < before + 40
        assert not any("nope" in name or "STRANGE" in name for name in figures(app))


def test_what_the_record_does_not_confirm_is_counted() -> None:
    class Broken(Memory):
        async def append(self, *_: Any, **__: Any) -> Any:
            raise StoreError("the disk is full")

    with served(kinds(), Broken()) as app:
        before = figures(app)["fingerpost_store_errors_total"]
        assert app.call("POST", "/walks", {"tree": "kinds", "given": GIVEN}).status_code == 503
        assert figures(app)["fingerpost_store_errors_total"] == before + 1


def test_actions_have_a_counter() -> None:
    with served(kinds()) as app:
        metrics.action("look_up", "found")
        assert figures(app)['fingerpost_actions_total{action="look_up",outcome="found"}'] >= 1


# ----------------------------------------------------------------------------- ready, and busy


def test_ready_only_where_the_record_can_be_written() -> None:
    class ReadOnly(Memory):
        async def keep_tree(self, *_: Any) -> None:
            raise StoreError("the file is read-only")

    with served(kinds()) as app:
        assert app.client.get("/readyz").json()["status"] == "ready"
    with served(kinds(), ReadOnly()) as app:
        answer = app.client.get("/readyz")
        assert (answer.status_code, answer.json()["why"]) == (503, "the file is read-only")
        assert app.client.get("/healthz").status_code == 200


def test_not_ready_while_the_record_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(Memory):
        async def walks(self, **_: Any) -> Any:
            await asyncio.Event().wait()

    monkeypatch.setattr("web.serving.app.READY_WITHIN", 0.05)
    with served(kinds(), Stuck()) as app:
        answer = app.client.get("/readyz")
        assert (answer.status_code, answer.json()["why"]) == (503, "the store does not answer")


def test_not_ready_once_it_is_to_stop_but_still_answering() -> None:
    from starlette.testclient import TestClient

    service = Service(draining=True)
    app = create_app(Desk(kinds(), Memory()), service=service)
    with TestClient(app, base_url=HERE) as client:
        assert client.get("/readyz").status_code == 503
        answer = client.get("/")
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"
        service.draining = False
        assert client.get("/readyz").status_code == 200
        assert "connection" not in client.get("/").headers


async def asked(app: Any, path: str, said: list[Any]) -> None:
    """One request as a server would pass it on."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": [(b"host", b"127.0.0.1")], "client": None, "server": None,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)


def test_past_its_limit_it_refuses_at_once_and_recovers() -> None:
    """Two hang in the record; the third is not let in, whatever the record does; then all goes on."""
    held = asyncio.Event()

    class Slow(Memory):
        async def walks(self, **_: Any) -> Any:
            await held.wait()
            return []

    async def crowded() -> None:
        app = create_app(Desk(kinds(), Slow()), service=Service(most=2))
        first: list[list[Any]] = [[], []]
        tasks = [asyncio.create_task(asked(app, "/", said)) for said in first]
        while app.service.under_way < 2:
            await asyncio.sleep(0)
        for path, kind in (("/", b"text/html"), ("/api/v1/trees", b"application/problem+json")):
            said: list[Any] = []
            await asked(app, path, said)
            headers = dict(said[0]["headers"])
            assert said[0]["status"] == 503
            assert headers[b"retry-after"] == b"1"
            assert headers[b"content-type"].startswith(kind)
            assert b"x-request-id" in headers
        alive: list[Any] = []
        await asked(app, "/healthz", alive)
        assert alive[0]["status"] == 200
        held.set()
        await asyncio.gather(*tasks)
        assert [said[0]["status"] for said in first] == [200, 200]
        again: list[Any] = []
        await asked(app, "/", again)
        assert again[0]["status"] == 200
        assert app.service.under_way == 0

    asyncio.run(crowded())


# ------------------------------------------------------------------------------- documentation


def test_every_figure_is_in_the_documentation() -> None:
    told = (Path(__file__).parent.parent / "docs" / "operating.md").read_text("utf-8")
    names = {family.name for family in metrics.REGISTRY.collect()}
    written = set(re.findall(r"^\| `fingerpost_(\w+?)(?:_total)?` ", told, re.M))
    assert {f"fingerpost_{name}" for name in written} == names
