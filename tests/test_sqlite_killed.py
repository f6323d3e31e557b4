"""``kill -9`` of servers on one SQLite file, under load: what was answered is there afterwards, once;
every chain is whole; every walk stands where its events say."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.killing import ROUNDS, answered, as_nobody, checked, load, rounds, tracebacks


@pytest.mark.slow
@pytest.mark.timeout(7_200 if ROUNDS > 10 else 300)
@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_what_was_acknowledged_survives_every_kill() -> None:
    """Of a server and both its workers at once, and of one worker beside the other."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder is closed to others
        folder, before = Path(name), as_nobody()
        if before:
            os.chown(folder, 65534, 65534)
        url = f"sqlite:///{folder}/record/record.db"
        options = ("--workers", "2")
        with load(folder, url, *options, servers=1, before=before) as ((one,), callers):

            def everything() -> None:
                one.kill()
                one.start()

            rounds([everything, one.kill_worker], callers, ROUNDS)
            count = answered(callers)
        walks = checked(url, callers)
        print(f"{ROUNDS} kills, {count} acknowledged, {walks} walks, 0 lost")
        assert walks >= 6
        assert tracebacks(folder) == ""
