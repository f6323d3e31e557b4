"""Two workers against one, at equal load: where every agent keeps a connection, and where the calls
of a walk fall on either worker."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from bench.measure import against, spell, table
from bench.record import line
from bench.record.answers import Side, measured
from bench.record.server import busy, product, serving
from bench.record.stores import Fresh, stores

GOAL = 1.1


def run(folder: Path) -> None:
    trees = line.library(folder / "trees")
    rows = []
    with stores(folder) as fresh:
        for name, new in fresh.items():
            for each, how in ((1, "a connection kept"), (2, "either worker")):
                one, two = _measured(trees, new, each)
                rows.append((f"{name}, {how}", spell(one), spell(two), against(GOAL, two / one)))
    head = ("", "one worker", "two", "ratio")
    table(f"Server CPU an answer, two workers against one ({busy()})", head, rows)


def _measured(trees: Path, new: Fresh, each: int) -> tuple[float, float]:
    with ExitStack() as running:
        sides = {}
        for workers in ("1", "2"):
            server = serving(*product(trees, new(), "--workers", workers))
            sides[workers] = Side(running.enter_context(server), 2, each)
        found = measured(sides)
    return found["1"].each, found["2"].each
