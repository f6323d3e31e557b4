"""A command run as somebody at a terminal runs it: typed to, read from, interrupted."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("fingerpost"))
PATIENCE = 20.0  # seconds; a busy machine is slow to start Python


# Makes the pseudo-terminal the one that ctrl-C comes from, then becomes the command.
_BEGIN = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """``fingerpost WORDS`` in a pseudo-terminal."""

    def __init__(self, *words: str, cwd: Path, **environment: str) -> None:
        self.shown = ""
        self._ours, theirs = pty.openpty()
        env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN, COMMAND, *words],
            stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, start_new_session=True,
            env={**env, "TERM": "xterm", **environment},
        )  # fmt: skip
        os.close(theirs)

    def until(self, words: str) -> str:
        """What is shown up to these words. Fails where they do not come."""
        ends = time.monotonic() + PATIENCE
        while words not in self.shown:
            assert self._read(ends), f"{words!r} did not come; shown:\n{self.shown}"
        before, _, self.shown = self.shown.partition(words)
        return before + words

    def type(self, line: str) -> None:
        os.write(self._ours, line.encode() + b"\n")

    def press(self, key: bytes) -> None:
        os.write(self._ours, key)

    def interrupt(self) -> None:
        """Press ctrl-C. (One that comes just before the command begins to read is kept by Python
        until the next key, so it is pressed again where nothing follows.)"""
        for _ in range(5):
            self.press(b"\x03")
            ends = time.monotonic() + 3
            while self._read(ends):
                if self.shown.strip("^C\r\n"):  # more than the echo of the key
                    return

    def ended(self) -> tuple[int, str]:
        """The exit status, and what was shown at last."""
        ends = time.monotonic() + PATIENCE
        while self._read(ends):
            pass
        try:
            status = self._process.wait(timeout=PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._ours)
        return status, self.shown.replace("\r\n", "\n")

    def _read(self, ends: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, ends - time.monotonic()))
        try:
            read = os.read(self._ours, 4096) if ready else b""
        except OSError:  # the other side is closed
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)
