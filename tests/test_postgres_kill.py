"""``kill -9`` under load: of PostgreSQL's processes, of the whole server, and of those who serve.

Two servers on one database are called by threads that repeat a call until it is answered. What was
answered is there afterwards, once; every chain is whole; every walk stands where its events say.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.killing import ROUNDS, answered, as_nobody, checked, load, rounds, tracebacks
from tests.postgres_server import programs, running


@pytest.mark.slow
@pytest.mark.timeout(7_200 if ROUNDS > 10 else 300)
def test_what_was_acknowledged_survives_every_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    if programs() is None and os.environ.get("CI") != "true":
        pytest.skip("there is no PostgreSQL: apt-get install postgresql")
    with running() as server, tempfile.TemporaryDirectory() as name:
        folder, before, url = Path(name), as_nobody(), server.url()
        if before:
            os.chown(folder, 65534, 65534)
            monkeypatch.setenv("HOME", name)
        killed = []
        with load(folder, url, before=before) as (served, callers):

            def backends() -> None:
                killed.append(server.kill_backends())

            def everything() -> None:
                server.crash()
                server.start()

            def who_serves() -> None:
                served[0].kill()
                served[0].start()

            kinds: list[Callable[[], None]] = [backends, everything, who_serves]
            rounds(kinds, callers, ROUNDS)
            count = answered(callers)
        walks = checked(url, callers)
        print(f"{ROUNDS} kills, {count} acknowledged, {walks} walks, 0 lost")
        assert walks >= 6
        assert tracebacks(folder) == ""
        # Each kind of kill was one: PostgreSQL says so of those that it had to clean up after.
        assert sum(killed) >= len(killed)
        assert len(re.findall("terminated by signal 9", server.log())) >= len(killed)
