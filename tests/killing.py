"""``kill -9`` under load, whatever the store: servers that are started again, callers that repeat a
call until it is answered, and what must hold of every walk afterwards.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from engine.record import broken
from engine.stores import Store
from tests.kinds import write
from tests.postgres_server import free_port
from tests.store_urls import with_store
from web.keeping.proof import Proof

ROUNDS = 200 if os.environ.get("FINGERPOST_SOAK") == "1" else 10
PATIENCE = 120.0
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


def as_nobody() -> list[str]:
    """What stands before a command so that it does not run as root; nothing where it cannot."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return []
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    tried = subprocess.run([*words, sys.executable, "-c", "import web"], check=False, timeout=60)
    return words if tried.returncode == 0 else []


class Serving:
    """A server that is started again after it was killed, on the same port. ``words``: more of its
    options; ``before``: what stands before its command."""

    def __init__(
        self, trees: Path, store: str, said: Path, words: Sequence[str] = (), before: Sequence[str] = ()
    ) -> None:  # fmt: skip
        self.port = free_port()
        self._words = [*before, sys.executable, "-m", "web.cli", "serve", str(trees), "--port", str(self.port), "--store", store, *words]  # fmt: skip
        self._said = said
        self.start()

    def start(self) -> None:
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                self._words, stdout=said, stderr=said, start_new_session=True,
                env=os.environ | {"FINGERPOST_CACHE": "off"},
            )  # fmt: skip

    def kill(self) -> None:
        """It and its workers, at once."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(60)
        end = time.monotonic() + PATIENCE
        while not _is_free(self.port):  # its workers die a moment later
            assert time.monotonic() < end, "somebody still listens"
            time.sleep(0.01)

    def kill_worker(self) -> None:
        """One of its workers, which it then starts again."""
        process = self._process.pid
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for child in children[:1]:
            os.kill(int(child), signal.SIGKILL)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
            tried.listen()
        except OSError:
            return False
        return True


class Caller(threading.Thread):
    """Starts walks and answers, each call again and again until it is answered."""

    def __init__(self, name: str, ports: list[int], stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.ports, self.stopped = ports, stop
        # walk -> the client_ids that were answered, in order
        self.heard: dict[str, list[str]] = {}
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
def load(
    folder: Path, url: str, *words: str, servers: int = 2, callers: int = 6, before: Sequence[str] = ()
) -> Iterator[tuple[list[Serving], list[Caller]]]:  # fmt: skip
    """Servers of one small tree on this store, and callers of all of them."""
    write(folder / "trees", {"library.yaml": "format: 1\n", "round.yaml": TREE})
    stop = threading.Event()
    served = [
        Serving(folder / "trees", url, folder / f"said{n}", words, before) for n in range(servers)
    ]
    calling = [Caller(f"caller{n}", [one.port for one in served], stop) for n in range(callers)]
    with ExitStack() as stack:
        for one in served:
            stack.callback(one.kill)
        stack.callback(stop.set)
        for caller in calling:
            caller.start()
        yield served, calling
        stop.set()
        for caller in calling:
            caller.join(PATIENCE)
            assert not caller.is_alive()


def rounds(kinds: Sequence[Callable[[], None]], callers: list[Caller], count: int) -> None:
    """Kill in each of these ways in turn, while calls are answered."""
    onward(callers, 20)
    for number in range(count):
        kinds[number % len(kinds)]()
        onward(callers, 15 + 7 * (number % 5))


def answered(callers: list[Caller]) -> int:
    return sum(len(ids) for caller in callers for ids in list(caller.heard.values()))


def onward(callers: list[Caller], by: int) -> None:
    """Wait until so many more calls were answered."""
    goal, end = answered(callers) + by, time.monotonic() + PATIENCE
    while answered(callers) < goal:
        wrong = [told for caller in callers for told in caller.wrong]
        assert not wrong, wrong[:3]
        assert time.monotonic() < end, "it did not go on"
        time.sleep(0.01)


def checked(url: str, callers: list[Caller]) -> int:
    """How many walks there are, each of which holds what was answered, once, and is whole: its
    chain, its row, and the walk that its events give."""

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
                count += 1
        proof = Proof(store)
        assert [wrong async for wrong in proof.breaks() if wrong] == []
        assert proof.unplayed == 0
        # A start that nobody heard of is there at most once, too.
        assert count <= proof.walks <= count + len(callers)
        return count

    return with_store(url, work)


def tracebacks(folder: Path) -> str:
    """What the servers said that nobody should see."""
    said = "".join(path.read_text() for path in folder.glob("said*"))
    return said[said.index("Traceback") :][:3_000] if "Traceback" in said else ""
