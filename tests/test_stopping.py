"""Stopping and overload, as processes: what was begun is answered, what was acknowledged is there, what
is too much is refused at once."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.record import broken
from engine.stores import Store
from tests.cutting import parts, request
from tests.servers import Server, asked, lamp, serving, until
from tests.store_urls import with_store

pytestmark = pytest.mark.slow


class Half:
    """A call of which half has been sent: the server waits for the rest, and has begun with it."""

    def __init__(self, server: Server, client_id: str = "half") -> None:
        body = json.dumps({"tree": "lamp", "audience": "agent", "client_id": client_id}).encode()
        sent = request("POST", "/api/v1/walks", body, "application/json")
        self.rest = sent[-10:]
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.socket.sendall(sent[:-10])

    def finished(self) -> tuple[int, dict[str, str], Any]:
        with self.socket:
            self.socket.sendall(self.rest)
            got = b""
            while part := self.socket.recv(65536):
                got += part
        status, about, body = parts(got)
        return status, about, json.loads(body)


def under_way(server: Server, count: int) -> bool:
    """Whether the server has begun with this many calls (and the question itself)."""
    return server.figures()["fingerpost_requests_under_way"] == count + 1


def refuses(server: Server) -> bool:
    try:
        server.call("GET", "/healthz")
    except OSError:
        return True
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_was_begun_is_answered_and_nobody_new_is_let_in(tmp_path: Path, workers: str) -> None:
    with serving(tmp_path, lamp(tmp_path / "trees"), "--workers", workers) as server:
        idle = server.connection()
        assert asked(idle, "GET", "/readyz")[0] == 200
        begun = [Half(server, f"half-{n}") for n in range(4)]
        until(lambda: under_way(server, 4), "four calls under way")
        server.process.terminate()
        until(lambda: refuses(server), "a refusal of new connections")
        assert server.process.poll() is None, "it waits for what was begun"
        found = [half.finished() for half in begun]
        assert [status for status, _, _ in found] == [201] * 4
        assert {about["connection"] for _, about, _ in found} == {"close"}
        assert server.process.wait(60) == 0
        idle.close()
        assert not [line for line in server.log() if line["level"] == "error"]
    with serving(tmp_path, tmp_path / "trees") as again:
        for _, _, walk in found:
            assert again.get(f"/api/v1/walks/{walk['id']}")["seq"] == 1


def test_while_it_drains_it_answers_and_says_that_it_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINGERPOST_DRAIN", "3600")
    with serving(tmp_path, lamp(tmp_path / "trees"), "--workers", "2") as server:
        server.process.terminate()
        until(lambda: server.call("GET", "/readyz")[0] == 503, "not being ready")
        until(lambda: server.call("GET", "/")[2].get("connection") == "close", "closing")
        assert server.call("POST", "/api/v1/walks", {"tree": "lamp"})[0] == 201
        server.process.terminate()  # asked twice, it waits no longer
        assert server.process.wait(60) == 0


def test_what_never_comes_to_an_end_is_waited_for_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINGERPOST_GRACE", "1")
    with serving(tmp_path, lamp(tmp_path / "trees")) as server:
        half = Half(server)
        until(lambda: under_way(server, 1), "a call under way")
        server.process.terminate()
        assert server.process.wait(60) == 0
        half.socket.close()


def agent(server: Server, number: int, over: threading.Event) -> tuple[str, int, dict[str, Any]]:
    """Answers over one connection until it is refused: the walk, the last event that was
    acknowledged, and the call that was not."""
    connection = server.connection()
    _, walk, _ = asked(connection, "POST", "/api/v1/walks", {"tree": "lamp", "audience": "agent"})
    body: dict[str, Any] = {}
    try:
        while True:
            body = {
                "type": "answered", "node": walk["prompt"]["node"], "answer": "no",
                "seq": walk["seq"], "client_id": f"{number}-{walk['seq']}",
            }  # fmt: skip
            status, told, about = asked(
                connection, "POST", f"/api/v1/walks/{walk['id']}/events", body
            )
            assert status == 200, told
            walk = told
            if about.get("connection") == "close":
                connection = server.connection()
    except OSError:  # refused, or closed before a byte of an answer: never in the middle of one
        if not over.is_set():
            raise
    return walk["id"], walk["seq"], body


@pytest.mark.parametrize("workers", ["1", "2"])
def test_told_to_stop_under_load_it_loses_nothing(tmp_path: Path, workers: str) -> None:
    """Everybody's last acknowledged answer is there, whole; the call that was refused is sent again
    to the next server, and counts once."""
    trees = lamp(tmp_path / "trees")
    with serving(tmp_path, trees, "--workers", workers) as server, ThreadPoolExecutor(8) as people:
        over = threading.Event()
        walking = [people.submit(agent, server, n, over) for n in range(8)]
        until(lambda: server.figures().get('fingerpost_events_total{type="answered"}', 0) > 100)
        over.set()
        server.process.terminate()
        found = [one.result() for one in walking]
        assert server.process.wait(60) == 0
        assert not [line for line in server.log() if line["level"] == "error"]
        assert not [line for line in server.log() if line.get("status", 200) >= 500]
    with serving(tmp_path, trees, "--workers", workers) as again:
        for id, seq, body in found:
            assert again.get(f"/api/v1/walks/{id}")["seq"] in (seq, seq + 1)
            for _ in range(2):
                status, told, _ = again.call("POST", f"/api/v1/walks/{id}/events", body)
                assert (status, told["seq"]) == (200, seq + 1)

    async def whole(store: Store) -> None:
        for id, seq, _ in found:
            row = await store.walk(id)
            assert row is not None
            assert row.seq == seq + 1
            assert broken(id, await store.events(id), (row.seq, row.hash)) == ""

    with_store(f"sqlite:///{tmp_path}/record.db", whole)


def test_past_its_limit_it_refuses_and_then_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINGERPOST_MOST_REQUESTS", "4")
    with serving(tmp_path, lamp(tmp_path / "trees")) as server:
        begun = [Half(server, f"half-{n}") for n in range(4)]
        until(lambda: under_way(server, 4), "four calls under way")
        for path in ("/", "/api/v1/trees"):
            status, _, about = server.call("GET", path)
            assert (status, about["retry-after"]) == (503, "1")
        assert server.call("GET", "/readyz")[0] == 200
        assert [half.finished()[0] for half in begun] == [201] * 4
        until(lambda: server.call("GET", "/")[0] == 200, "an answer again")
        assert server.figures()["fingerpost_requests_shed_total"] >= 2
