"""Several workers on one port, as processes: what one of them does, all of them know."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Server, lamp, serving, until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")]


def answering(server: Server, path: str = "/healthz") -> set[int]:
    """The numbers of the workers that answered a few calls."""
    for _ in range(20):
        server.call("GET", path)
    return {line["worker"] for line in server.log() if line["event"] == "request"}


def line_of(server: Server, request: str) -> dict[str, Any] | None:
    return next((line for line in server.log() if line.get("request") == request), None)


def asked_of_both(server: Server, path: str) -> dict[int, set[str]]:
    """What each worker answered to the same call, by its number."""
    told: dict[int, set[str]] = {}
    for n in range(60):
        name = f"asked-{os.getpid()}-{len(server.log())}-{n}"
        _, body, _ = server.call("GET", path, x_request_id=name)
        told.setdefault(until(partial(line_of, server, name))["worker"], set()).add(
            json.dumps(body, sort_keys=True)
        )
        if len(told) == 2 and n > 5:
            break
    return told


def test_two_workers_answer_on_one_port_and_say_so_once(tmp_path: Path) -> None:
    with serving(tmp_path, lamp(tmp_path / "trees"), "--workers", "2") as server:
        assert server.greeting.startswith("1 tree on http://127.0.0.1:")
        assert " by 2 workers " in server.greeting
        assert "recording into sqlite://" in server.greeting
        assert len(server.workers()) == 2
        assert until(lambda: answering(server, "/") == {1, 2}, "an answer of both")
        # Whichever is asked has the sum of both.
        counted = server.figures()[
            'fingerpost_requests_total{method="GET",route="/",status="200"}'
        ]
        until(lambda: counted == sum(line["event"] == "request" for line in server.log()), "a line of each")  # fmt: skip
        server.process.terminate()
        assert server.process.wait(60) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""


@pytest.mark.parametrize("count", ["1", "2"])
def test_it_stops_on_control_c_with_130_and_is_gone(tmp_path: Path, count: str) -> None:
    with serving(tmp_path, lamp(tmp_path / "trees"), "--workers", count) as server:
        workers = server.workers()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(60) == 130
        assert not [w for w in workers if Path(f"/proc/{w}").exists()]
        assert not [line for line in server.log() if line["level"] == "error"]


def test_a_worker_that_dies_is_started_again_and_nothing_else_notices(tmp_path: Path) -> None:
    with serving(tmp_path, lamp(tmp_path / "trees"), "--workers", "2") as server:
        status, walk, _ = server.call(
            "POST", "/api/v1/walks", {"tree": "lamp", "audience": "agent"}
        )
        assert status == 201, walk
        before = server.figures()["fingerpost_walks_started_total" + '{tree="lamp"}']
        for round_ in range(3):
            workers = server.workers().keys()
            victim = sorted(workers)[round_ % 2]
            os.kill(victim, signal.SIGKILL)
            until(lambda: len(server.workers().keys() - {victim}) == 2, "another worker")  # noqa: B023
            assert server.get(f"/api/v1/walks/{walk['id']}")["seq"] == walk["seq"]
        died = [line for line in server.log() if line["event"].startswith("a worker ended")]
        assert [line["status"] for line in died] == [-9, -9, -9]
        assert server.process.poll() is None
        # What the dead counted is still counted.
        assert server.figures()['fingerpost_walks_started_total{tree="lamp"}'] == before
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_workers_whose_parent_was_killed_stop_and_free_the_port(tmp_path: Path) -> None:
    with serving(tmp_path, lamp(tmp_path / "trees"), "--workers", "2") as server:
        workers = server.workers()
        server.process.kill()
        server.process.wait(60)
        until(lambda: not any(Path(f"/proc/{w}").exists() for w in workers), "their end")
        with pytest.raises(OSError, match="refused"):
            server.call("GET", "/healthz")


def test_a_reason_not_to_serve_is_said_once(tmp_path: Path) -> None:
    trees = lamp(tmp_path / "trees")
    (tmp_path / "file").write_text("no record\n" * 100)
    for store, says in (
        ("memory:", "memory: is the record of one process"),
        (f"sqlite:///{tmp_path}/file", "file"),
        ("sqlite:////proc/nope/record.db", "/proc/nope"),
    ):
        words = ["serve", str(trees), "--port", "0", "--workers", "2", "--store", store]
        ran = subprocess.run(
            [sys.executable, "-m", "web.cli", *words],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 2, ran.stderr
        assert ran.stdout == ""
        assert ran.stderr.count("\n") == 1
        assert ran.stderr.startswith("fingerpost: ")
        assert says in ran.stderr


def test_a_changed_tree_is_served_by_all_and_a_walk_of_either_goes_on_at_the_other(
    tmp_path: Path,
) -> None:
    trees = lamp(tmp_path / "trees")
    with serving(tmp_path, trees, "--workers", "2") as server:
        old = server.get("/api/v1/trees/lamp")["logic"]
        begun = [
            server.call("POST", "/api/v1/walks", {"tree": "lamp", "audience": "agent"})[1]["id"]
            for _ in range(8)
        ]
        lamp(trees, title="Lamp 2", **{"no: plug, yes: done": "yes: done, no: plug, maybe: plug"})

        def changed() -> bool:
            told = asked_of_both(server, "/api/v1/trees/lamp")
            return len(told) == 2 and all('"Lamp 2"' in t for one in told.values() for t in one)

        until(changed, "the new version at both")
        assert server.get("/api/v1/trees/lamp")["logic"] != old
        for id in begun * 2:  # at whichever worker: each of them has one that the other began
            stands = server.get(f"/api/v1/walks/{id}")
            assert stands["logic"] == old
            assert [choice["id"] for choice in stands["prompt"]["choices"]] == ["no", "yes"]
        new = server.call("POST", "/api/v1/walks", {"tree": "lamp", "audience": "agent"})[1]
        assert len(new["prompt"]["choices"]) == 3
        for n in range(6):
            assert server.get(f"/api/v1/walks/{new['id']}")["logic"] == new["logic"], n
        taken = [line for line in server.log() if line["event"] == "taken in"]
        assert len(taken) == 1, "one of them says so"
        victim = max(server.workers())  # it was forked with the old trees, and so is the next
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(server.workers().keys() - {victim}) == 2, "another worker")

        def answers() -> bool:
            told = asked_of_both(server, "/api/v1/trees/lamp")
            assert all('"Lamp 2"' in t for one in told.values() for t in one), "from the start"
            return len(told) == 2

        until(answers, "an answer of the next")
        (trees / "lamp.yaml").write_text("format: 1\nnodes: {\n")
        until(
            lambda: any(line["event"].startswith("not taken in") for line in server.log()), "a no"
        )
        assert server.get("/api/v1/trees/lamp")["title"] == "Lamp 2"
        server.process.terminate()
        assert server.process.wait(60) == 0
