"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, on a free port of
this machine and a socket, with fsync on. It never runs as root, and is stopped when its user is.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from engine.stores.postgres_link import address

USER: Final = "fingerpost"
_ROOTS: Final = "/usr/lib/postgresql"
_SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "autovacuum_naptime": "10s",
}


def programs() -> Path | None:
    """Where PostgreSQL's programs are: of the newest version that is installed, if one is."""
    found = [path.parent for path in Path(_ROOTS).glob("*/bin/initdb")]
    found += [Path(path).parent for path in filter(None, [shutil.which("initdb")])]
    return max(found, key=_version, default=None)


def _version(path: Path) -> int:
    numbers = re.findall(r"/(\d+)/", f"{path}/")
    return int(numbers[0]) if numbers else 0


def _as_other() -> list[str]:
    """What stands before a command so that it does not run as root, which PostgreSQL refuses, and
    ends when whoever started it is killed."""
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig=QUIT"] if shutil.which("setpriv") else []
    other = pwd.getpwnam("nobody")
    who = [f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups"]
    return ["setpriv", *who, "--pdeathsig=QUIT"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Server:
    """A running server. ``url()`` is the address of a place in it that nobody has used."""

    def __init__(self, programs: Path, folder: Path, **settings: str) -> None:
        self.programs = programs
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.settings = {**_SETTINGS, **settings}
        self._names = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None

    # -- running

    def make(self) -> None:
        if os.geteuid() == 0:
            other = pwd.getpwnam("nobody")
            os.chown(self.folder, other.pw_uid, other.pw_gid)
        self._run(
            "initdb", "-D", str(self.data), "-U", USER, "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-instructions", "--no-sync",
        )  # fmt: skip

    def start(self) -> None:
        options = itertools.chain.from_iterable(
            ("-c", f"{name}={value}") for name, value in self.settings.items()
        )
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *_as_other(), str(self.programs / "postgres"), "-D", str(self.data),
                    "-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1", *options,
                ],
                stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            ready = [
                str(self.programs / "pg_isready"),
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
            ]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            assert self._process is not None
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"PostgreSQL did not start:\n{self.log()[-2_000:]}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: fast by default; SIGQUIT ends it without a checkpoint, as a crash does."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(120)

    def crash(self) -> None:
        """``kill -9`` of the server and of everything it started: what a dead machine leaves."""
        process, self._process = self._process, None
        assert process is not None
        children = self.backends(process.pid)
        process.kill()
        process.wait(60)
        for child in children:
            _kill(child)
        end = time.monotonic() + 60
        while time.monotonic() < end and any(
            Path(f"/proc/{child}").exists() for child in children
        ):
            time.sleep(0.02)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def backends(self, postmaster: int = 0) -> list[int]:
        """The processes that serve connections, and PostgreSQL's own helpers."""
        parent = postmaster or (self._process.pid if self._process else 0)
        found = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        return [int(pid) for pid in found.split()]

    def kill_backends(self) -> int:
        """``kill -9`` of those that serve a connection; the server then restarts by itself."""
        serving = [pid for pid in self.backends() if USER in _command(pid)]
        for pid in serving:
            _kill(pid)
        return len(serving)

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    # -- talking to it

    def address(self, database: str = "postgres", *, user: str = USER, **more: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in more.items())
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}" + (query and f"?{query}")

    def url(self, **more: str) -> str:
        """The address of a schema of its own, new and empty."""
        name = f"t{next(self._names)}"
        self.sql(f"CREATE SCHEMA {name}")
        return self.address(search_path=name, **more)

    def database(self, name: str, more: str = "") -> str:
        self.sql(f"CREATE DATABASE {name} {more}")
        return self.address(name)

    def lock(self, role: str) -> None:
        """Ask this role for its password from now on."""
        rules = self.data / "pg_hba.conf"
        rules.write_text(f"host all {role} all scram-sha-256\n" + rules.read_text())
        self.sql("SELECT pg_reload_conf()")

    def dump(self, url: str) -> str:
        """What pg_dump makes of the schema of an address."""
        schema = url.rpartition("search_path=")[2].partition("&")[0]
        return self._run(
            "pg_dump",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            USER,
            "-n",
            schema,
            "postgres",
        )

    def sql(self, statement: str, url: str = "") -> list[Any]:
        async def run() -> list[Any]:
            connection = await asyncpg.connect(address(url or self.address()).url)
            try:
                if ";" in statement:  # more than one: nothing comes back
                    await connection.execute(statement)
                    return []
                return [tuple(row) for row in await connection.fetch(statement)]
            finally:
                await connection.close()

        return asyncio.run(run())

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [*_as_other(), str(self.programs / program), *arguments],
            capture_output=True, text=True, check=False, timeout=300, cwd=self.folder,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


@contextmanager
def running(**settings: str) -> Iterator[Server]:
    """A server, made and started, stopped and taken away. Raises LookupError where PostgreSQL is
    not installed."""
    found = programs()
    if found is None:
        raise LookupError("there is no PostgreSQL: apt-get install postgresql")
    # A short name: a socket's path has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="fp-pg-") as folder:
        server = Server(found, Path(folder), **settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


_SHARED: Final = ExitStack()


@functools.cache
def shared() -> Server:
    """One for all tests of this process. Where PostgreSQL is not installed the test is left out,
    which fails in CI."""
    try:
        return _SHARED.enter_context(running())
    except LookupError as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def stop_shared() -> None:
    """At the end of the tests of this process."""
    _SHARED.close()
    shared.cache_clear()
