"""A document that is done from top to bottom, as its reader would: files are written, changed, and
used by commands, in the order in which they stand.

In a ``yaml`` block: ``# FILE NAME`` writes a file; ``# CHANGE NAME`` with ``# TO`` puts the words
below in the place of those above. In a ``console`` block only ``fingerpost`` and ``cp`` are typed.
``fingerpost serve`` is served for as long as ``visit`` takes, and shown on port 8000.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
Visit = Callable[[str], None]  # what somebody does at an address while it is served


def steps(document: Path) -> Iterator[tuple[str, str]]:
    """The blocks of a document, in order: their kind and their text."""
    yield from BLOCK.findall(document.read_text("utf-8"))


def written(block: str, folder: Path) -> None:
    """Do what a yaml block says."""
    head, _, body = block.partition("\n")
    named = re.match(r"# (FILE|CHANGE) (\S+)$", head)
    if named is None:
        return
    file = folder / named[2]
    if named[1] == "FILE":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body, "utf-8")
        return
    old, _, new = body.partition("# TO\n")
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{named[2]}: {text.count(old)} times in it:\n{old}"
    file.write_text(text.replace(old, new), "utf-8")


def typed(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what it is said to print."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command.strip(), output


def ran(command: str, folder: Path, visit: Visit | None = None) -> str:
    """What a command prints, output and errors together."""
    words = shlex.split(command)
    if words[0] == "cp":
        shutil.copy(folder / words[1], folder / words[2])
        return ""
    assert words[0] == "fingerpost", f"only `fingerpost` and `cp` are typed here: {command}"
    words[0] = str(Path(sys.executable).with_name("fingerpost"))
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"}
    if words[1] == "serve":
        return _served(words, folder, environment, visit or (lambda _: None))
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        text=True,
        timeout=60,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert "Traceback" not in done.stdout
    return done.stdout


def _served(words: list[str], folder: Path, environment: dict[str, str], visit: Visit) -> str:
    port = _free_port()
    environment["FINGERPOST_PORT"] = str(port)
    with subprocess.Popen(
        words,
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _answers(f"http://127.0.0.1:{port}/readyz", server)
            visit(f"http://127.0.0.1:{port}")
        finally:
            server.send_signal(signal.SIGINT)
            out, _ = server.communicate(timeout=60)
    return out.replace(str(port), "8000")


def _answers(address: str, server: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not come up")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
