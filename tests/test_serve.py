"""The command ``serve``, as a process of its own."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.load import Examined, examine
from engine.stores.memory import Memory
from tests.kinds import FILES, write
from tests.served import TREES
from web.desk import Desk


@contextmanager
def serving(trees: Path, store: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    words = ["-m", "web.cli", "serve", str(trees), "--port", "0", "--store", store]
    with subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", first)
            assert found, (first, process.poll())
            yield process, int(found.group(1))
        finally:
            process.kill()


def get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def refused(*words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "web.cli", "serve", *words],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ran.returncode in (1, 2)
    assert "Traceback" not in ran.stderr
    return ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("sign", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_and_stops_when_asked(tmp_path: Path, sign: int, status: int) -> None:
    with serving(TREES, f"sqlite:///{tmp_path}/record.db") as (process, port):
        assert get(port, "/healthz")[0] == 200
        assert get(port, "/readyz")[0] == 200
        assert "Internet is down" in get(port, "/")[1]
        taken = refused(str(TREES), "--port", str(port), "--store", "memory:")
        assert taken.startswith(f"fingerpost: port {port} is in use")
        assert taken.count("\n") == 1
        process.send_signal(sign)
        assert process.wait(30) == status
        assert process.stderr is not None
        said = [json.loads(line) for line in process.stderr.read().splitlines()]
        assert [(line["level"], line["route"]) for line in said] == [("info", "/")]


@pytest.mark.slow
def test_trees_with_errors_are_named_and_the_others_served(tmp_path: Path) -> None:
    broken = FILES["kinds/salam.yaml"].replace("no: bye", "no: nowhere")
    write(tmp_path, {**FILES, "kinds/salam.yaml": broken})
    with serving(tmp_path, "memory:") as (process, port):
        assert get(port, "/start/kinds")[0] == 200
        assert get(port, "/start/salam")[0] == 404
        process.terminate()
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert "salam.yaml:8" in json.loads(process.stderr.readline())["at"]


@pytest.mark.slow
def test_what_cannot_be_served_is_said_in_a_line(tmp_path: Path) -> None:
    port = ("--port", "0", "--store", "memory:")
    assert "fingerpost new" in refused(str(tmp_path), *port)
    (tmp_path / "library.yaml").write_text("format: 1\nteams: [\n")
    assert "mend what is named above" in refused(str(tmp_path), *port)
    assert "no file or folder" in refused(str(tmp_path / "nope"), *port)
    assert "no way to sign in yet" in refused(str(TREES), "--host", "0.0.0.0")
    assert "no way to sign in yet" in refused(str(TREES), "--host", "example.org")
    assert "port" in refused(str(TREES), "--port", "99999")


def lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """The log, as far as it is written by and by."""
    assert process.stderr is not None
    return (json.loads(line) for line in process.stderr)


def until(found: Callable[[], bool]) -> None:
    for _ in range(600):
        if found():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about within a minute")


def _still_translated(tree: Path, before: str, after: str) -> None:
    """The translations of a text stand for the new one too: a stale one is an error."""
    old, new = (sha256(text.encode()).hexdigest()[:12] for text in (before, after))
    for file in tree.parent.glob(f"{tree.stem}.??.yaml"):
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


@pytest.mark.slow
def test_a_changed_tree_is_taken_in_unless_it_is_broken(tmp_path: Path) -> None:
    """Wording, a broken tree, a mended one, a new one: each without another start."""
    trees = tmp_path / "trees"
    shutil.copytree(TREES, trees)
    file = trees / "telecom" / "internet_down.yaml"
    before = file.read_text("utf-8")

    def title(port: int) -> str:
        told: str = json.loads(get(port, "/api/v1/trees/internet_down")[1])["title"]
        return told

    with serving(trees, f"sqlite:///{tmp_path}/record.db") as (process, port):
        assert title(port) == "Internet is down"
        worded = before.replace("title: Internet is down", "title: No internet")
        _still_translated(file, "Internet is down", "No internet")
        file.write_text(worded, "utf-8")
        until(lambda: title(port) == "No internet")
        file.write_text(worded.replace("next: reboot}", "next: rebooot}", 1), "utf-8")
        (trees / "library.yaml").touch()
        refused = next(line for line in lines(process) if line["event"].startswith("not taken in"))
        assert "internet_down" in refused["trees"]
        assert title(port) == "No internet"
        assert get(port, "/start/internet_down")[0] == 200
        file.write_text(worded.replace("title: No internet", "title: No internet at all"), "utf-8")
        _still_translated(file, "No internet", "No internet at all")
        until(lambda: title(port) == "No internet at all")
        process.terminate()
        assert process.wait(30) == 0
        assert any(line["event"] == "taken in" for line in lines(process))


def test_what_is_served_is_not_lost_to_an_error(tmp_path: Path) -> None:
    def read(**changed: str) -> Examined:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        write(folder, {**FILES, **{f"kinds/{name}.yaml": text for name, text in changed.items()}})
        return examine(folder)

    salam = FILES["kinds/salam.yaml"]
    desk = Desk(read(), Memory())
    served = dict(desk.trees)
    assert desk.take_in(read(salam=salam.replace("no: bye", "no: nowhere"))) == ["salam"]
    assert desk.trees == served
    assert desk.take_in(read(salam=salam + "# a comment\n")) == []
    assert desk.trees["salam"] is not served["salam"]
    assert desk.trees.keys() == served.keys()
    gone = tmp_path / "gone"
    write(gone, {"library.yaml": "format: 1\nteams: {"})
    assert desk.take_in(examine(gone)) == sorted(served)


@pytest.mark.parametrize("text", ["", "format: 1\nnodes: {"])
def test_where_nothing_is_served_what_is_wrong_now_is_taken_in(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"library.yaml": "format: 1\n", "lamp.yaml": "format: 2\n"})
    desk = Desk(examine(tmp_path), Memory())
    before = desk.examined.errors
    write(tmp_path, {"lamp.yaml": text})
    assert desk.take_in(examine(tmp_path)) == []
    assert desk.examined.errors != before
