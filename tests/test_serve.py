"""The command ``serve``, as a process of its own."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kinds import FILES, write
from tests.served import TREES


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
        assert process.wait(10) == status
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.slow
def test_trees_with_errors_are_named_and_the_others_served(tmp_path: Path) -> None:
    broken = FILES["kinds/salam.yaml"].replace("no: bye", "no: nowhere")
    write(tmp_path, {**FILES, "kinds/salam.yaml": broken})
    with serving(tmp_path, "memory:") as (process, port):
        assert get(port, "/start/kinds")[0] == 200
        assert get(port, "/start/salam")[0] == 404
        process.terminate()
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert "salam.yaml:8" in process.stderr.read()


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
