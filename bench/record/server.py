"""Servers as processes of their own: started, measured by their own CPU time, and stopped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

TICK = os.sysconf("SC_CLK_TCK")


class Server(NamedTuple):
    pid: int
    port: int

    def cpu(self) -> float:
        """Seconds of CPU, user and system, of the process and of its children."""
        return sum(map(_cpu, self._family()))

    def resident(self) -> int:
        """Bytes of memory that it holds, without those it shares with other processes' files."""
        return sum(map(_resident, self._family()))

    def _family(self) -> list[int]:
        return [self.pid, *_children(self.pid)]


def _children(pid: int) -> list[int]:
    found = [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]  # fmt: skip
    return found + [deeper for child in found for deeper in _children(child)]


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _resident(pid: int) -> int:
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@contextmanager
def serving(*words: str) -> Iterator[Server]:
    """A Python module that serves, and says on its first line on which port."""
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", first)
            assert found, (words, first)
            yield Server(process.pid, int(found[1]))
        finally:
            process.terminate()
            process.wait(20)


def product(trees: Path, store: str, *more: str) -> tuple[str, ...]:
    """How our own server is called."""
    return ("web.cli", "serve", str(trees), "--port", "0", "--store", store, *more)


def busy() -> str:
    """How busy the machine is, to be said beside a figure."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
