"""`fingerpost serve` as a process of its own, called over sockets."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 60.0  # seconds: a loaded machine is slow, and a condition that holds does not wait


def until(found: Callable[[], Any], what: str = "it") -> Any:
    """What ``found`` gives, once that is something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come about within {PATIENCE:.0f} seconds")


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int
    errors: Path  # what it wrote to standard error
    greeting: str
    _open: http.client.HTTPConnection | None = field(default=None)

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any, dict[str, str]]:
        """A call over a connection of its own: status, body (JSON where it is), headers."""
        connection = self.connection()
        try:
            return asked(connection, method, path, body, **headers)
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        status, body, _ = self.call("GET", path)
        assert status == 200, (path, status, body)
        return body

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.errors.read_text().splitlines() if line]

    def workers(self) -> dict[int, int]:
        """The processes of its workers, those that answer now: number by process."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(word): n for n, word in enumerate(listed.split())}

    def figures(self) -> dict[str, float]:
        found = (line.rpartition(" ") for line in self.get("/metrics").splitlines())
        return {name: float(value) for name, _, value in found if not name.startswith("#")}


def asked(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    **headers: str,
) -> tuple[int, Any, dict[str, str]]:
    sent = None if body is None else json.dumps(body).encode()
    connection.request(method, path, sent, {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    got = answer.read()
    about = {name.lower(): value for name, value in answer.getheaders()}
    is_json = "json" in about.get("content-type", "")
    return answer.status, json.loads(got) if is_json else got.decode(), about


@contextmanager
def serving(folder: Path, trees: Path, *words: str, store: str = "") -> Iterator[Server]:
    """A server of these trees, its record and its log in ``folder``."""
    store = store or f"sqlite:///{folder}/record.db"
    errors = folder / f"log.{len(list(folder.iterdir()))}.jsonl"
    command = ["-m", "web.cli", "serve", str(trees), "--port", "0", "--store", store, *words]
    with errors.open("w") as err, subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=err, text=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", first)
            assert found, (first, process.poll(), errors.read_text())
            yield Server(process, int(found[1]), errors, first + process.stdout.readline())
        finally:
            process.kill()


LAMP = """
format: 1
title: {title}
audience: [agent, customer]
start: on
nodes:
  on:
    ask: Is the lamp on?
    choices: {{no: plug, yes: done}}
  plug:
    ask: Is it plugged in?
    choices: {{yes: done, no: on}}
  done:
    end: Done.
"""


def lamp(folder: Path, title: str = "Lamp", **changed: str) -> Path:
    """A library of one small tree; ``changed`` are texts in it that are others."""
    folder.mkdir(exist_ok=True)
    text = LAMP.format(title=title)
    for old, new in changed.items():
        text = text.replace(old, new)
    (folder / "library.yaml").write_text("format: 1\n")
    (folder / "lamp.yaml").write_text(text)
    return folder
