"""What was acknowledged is there after a power cut at any moment; and the test can fail."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from engine.stores import sqlite_file
from tests.power_cut import images, lost, run

SOAK = os.environ.get("FINGERPOST_SOAK") == "1"
ROUNDS, POINTS = (600, 1_000) if SOAK else (120, 150)
# Small enough that the log is folded into the file many times in a run.
OFTEN = "wal_autocheckpoint=40"


def _losses(tmp_path: Path, points: int) -> tuple[int, list[str]]:
    rng = Random(20261125)
    (tmp_path / "run").mkdir()
    found = run(tmp_path / "run", ROUNDS, rng)
    # Half of them at any time, half when something had just been acknowledged.
    acknowledged = sorted(set(found.kept.values()))
    chosen = set(rng.sample(range(len(found.ops) + 1), points // 2))
    chosen |= set(rng.sample(acknowledged, min(points - len(chosen), len(acknowledged))))
    losses, words = 0, []
    for done, image in images(found.ops, chosen, rng):
        told = lost(found, done, image, tmp_path / f"cut{done}")
        losses += bool(told)
        words += [f"cut after {done} of {len(found.ops)}: {what}" for what in told]
    return losses, words


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_by_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "PRAGMAS", (*sqlite_file.PRAGMAS, OFTEN))
    losses, words = _losses(tmp_path, POINTS)
    print(f"{POINTS} crash points, {losses} with a loss")
    assert words == []


@pytest.mark.slow
def test_the_simulator_finds_what_a_weaker_setting_loses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ``synchronous=NORMAL`` a commit is not synced: most cuts lose something."""
    weaker = tuple(
        p.replace("synchronous=FULL", "synchronous=NORMAL") for p in sqlite_file.PRAGMAS
    )
    assert weaker != sqlite_file.PRAGMAS
    monkeypatch.setattr(sqlite_file, "PRAGMAS", (*weaker, OFTEN))
    losses, words = _losses(tmp_path, POINTS // 5)
    print(f"{POINTS // 5} crash points, {losses} with a loss")
    assert losses > POINTS // 20
    assert any(what.partition(": ")[2].startswith("event ") for what in words)
