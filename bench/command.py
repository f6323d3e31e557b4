"""How long somebody waits for ``fingerpost --version``: wall time of a whole process."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.measure import spell, table

GOAL = 0.15


def run() -> None:
    command = Path(sys.executable).with_name("fingerpost")
    work = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "fingerpost --version": [str(command), "--version"],
    }
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(11):
        for name, line in work.items():
            begun = time.perf_counter()
            subprocess.run(line, check=True, capture_output=True)
            taken[name].append(time.perf_counter() - begun)
    rows = [(name, spell(median(seconds)), spell(min(seconds))) for name, seconds in taken.items()]
    missed = median(taken["fingerpost --version"]) > GOAL
    rows[1] = (*rows[1][:2], rows[1][2] + ("  MISSED" if missed else ""))
    table(f"The command, wall time (goal {spell(GOAL)})", ("", "median", "least"), rows)
