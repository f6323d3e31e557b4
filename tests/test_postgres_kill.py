"""``kill -9`` under load: of PostgreSQL's processes, of the whole server, and of those who serve.

Two servers on one database are called by threads that repeat a call until it is answered. What was
answered is there afterwards, once; every chain is whole; every walk stands where its events say.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.record import broken
from engine.stores import Store
from tests.kinds import write
from tests.postgres_server import Server, free_port, running
from tests.store_urls import with_store

ROUNDS = 200 if os.environ.get("FINGERPOST_SOAK") == "1" else 10
TREE = """
format: 1
title: Round and round
start: one
nodes:
  one:
    ask: Once more?
    choices: {again: {label: Again, next: two}, stop: {label: Stop, next: over}}
  two:
    ask: And once more?
    choices: {again: {label: Again, next: one}, stop: {label: Stop, next: over}}
  over: {end: Over}
"""


class Serving:
    """A server that is started again after it was killed, on the same port."""

    def __init__(self, trees: Path, store: str, said: Path) -> None:
        self.port = free_port()
        self._words = [sys.executable, "-m", "web.cli", "serve", str(trees), "--port", str(self.port), "--store", store]  # fmt: skip
        self._said = said
        self.start()

    def start(self) -> None:
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(self._words, stdout=said, stderr=said)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(60)


class Caller(threading.Thread):
    """Starts walks and answers, each call again and again until it is answered."""

    def __init__(self, name: str, ports: list[int], stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.ports, self.stopped = ports, stop
        self.heard: dict[
            str, list[str]
        ] = {}  # walk -> the client_ids that were answered, in order
        self.wrong: list[str] = []
        self.count = 0

    def run(self) -> None:
        try:
            while not self.stopped.is_set():
                self._walk()
        except _Stopped:
            pass
        except Exception as failed:
            self.wrong.append(repr(failed))

    def _walk(self) -> None:
        begun = self._call("/walks", {"tree": "round", "client_id": self._id()}, 201)
        walk, node = begun["id"], "one"
        self.heard[walk] = ["start"]
        for seq in range(1, 40):
            id = self._id()
            answered = self._call(
                f"/walks/{walk}/events",
                {"type": "answered", "seq": seq, "node": node, "answer": "again", "client_id": id},
                200,
            )
            if answered["seq"] != seq + 1:
                self.wrong.append(f"{walk}: {answered['seq']} after {seq}")
            self.heard[walk].append(id)
            node = "two" if node == "one" else "one"

    def _id(self) -> str:
        self.count += 1
        return f"{self.name}.{self.count}"

    def _call(self, path: str, body: Any, wanted: int) -> Any:
        tries = 0
        while True:
            port = self.ports[(self.count + tries) % len(self.ports)]
            tries += 1
            try:
                status, answer = self._once(port, path, body)
            except (OSError, http.client.HTTPException):
                status, answer = 0, None
            if status == wanted:
                return answer
            if status and status < 500:
                self.wrong.append(f"{path} {body}: {status} {answer}")
                raise _Stopped
            if self.stopped.wait(0.05):
                raise _Stopped

    def _once(self, port: int, path: str, body: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            headers = {"content-type": "application/json"}
            connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if answer.status < 500 else text
        finally:
            connection.close()


class _Stopped(Exception):
    pass


@contextmanager
def load(server: Server, folder: Path) -> Iterator[tuple[str, list[Serving], list[Caller]]]:
    """Two servers and six callers."""
    write(folder / "trees", {"library.yaml": "format: 1\n", "round.yaml": TREE})
    url, stop = server.url(), threading.Event()
    served = [Serving(folder / "trees", url, folder / f"said{n}") for n in range(2)]
    callers = [Caller(name, [one.port for one in served], stop) for name in "abcdef"]
    with ExitStack() as stack:
        for one in served:
            stack.callback(one.kill)
        stack.callback(stop.set)
        for caller in callers:
            caller.start()
        yield url, served, callers
        stop.set()
        for caller in callers:
            caller.join(120)
            assert not caller.is_alive()


def _answered(callers: list[Caller]) -> int:
    return sum(len(ids) for caller in callers for ids in list(caller.heard.values()))


def _onward(callers: list[Caller], by: int) -> None:
    """Wait until so many more calls were answered."""
    goal, end = _answered(callers) + by, time.monotonic() + 120
    while _answered(callers) < goal:
        wrong = [told for caller in callers for told in caller.wrong]
        assert not wrong, wrong[:3]
        assert time.monotonic() < end, "it did not go on"
        time.sleep(0.01)


def _checked(url: str, callers: list[Caller]) -> int:
    """How many walks there are, each of which holds what was answered, once, and is whole."""

    async def work(store: Store) -> int:
        count = 0
        for caller in callers:
            assert not caller.wrong, caller.wrong[:3]
            for walk, heard in caller.heard.items():
                events = await store.events(walk)
                row = await store.walk(walk)
                assert row is not None
                assert broken(walk, events, (row.seq, row.hash)) == ""
                ids = [stored.event.client_id for stored in events][1:]
                assert ids[: len(heard) - 1] == heard[1:]
                assert len(ids) == len(set(ids)) <= len(heard)  # one may have gone unheard
                assert row.head.node == ("one", "two")[(row.seq - 1) % 2]
                assert row.head.node == getattr(events[-1].event, "reached", "").rpartition(".")[2]
                count += 1
        # A start that nobody heard of is there at most once, too.
        assert len(await store.walks(limit=100_000)) <= count + len(callers)
        return count

    return with_store(url, work)


@pytest.mark.slow
@pytest.mark.timeout(7_200 if ROUNDS > 10 else 300)
def test_what_was_acknowledged_survives_every_kill(tmp_path: Path) -> None:
    with running() as server:
        with load(server, tmp_path) as (url, served, callers):
            _onward(callers, 20)
            killed = 0

            def backends() -> None:
                nonlocal killed
                killed += server.kill_backends()

            def everything() -> None:
                server.crash()
                server.start()

            def who_serves() -> None:
                served[0].kill()
                served[0].start()

            kinds: list[Callable[[], None]] = [backends, everything, who_serves]
            for number in range(ROUNDS):
                kinds[number % 3]()
                _onward(callers, 15 + 7 * (number % 5))
        walks = _checked(url, callers)
        assert killed > ROUNDS / 3
        assert walks >= 6
        said = "".join(path.read_text() for path in tmp_path.glob("said*"))
        assert "Traceback" not in said, said[said.index("Traceback") :][:3_000]
        assert len(re.findall("terminated by signal 9", server.log())) >= ROUNDS / 3
