"""Two workers against one, at equal load: where every agent keeps a connection, and where the calls
of a walk fall on either worker."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from bench.measure import against, spell, table
from bench.record import line
from bench.record.answers import Side, measured
from bench.record.server import busy, product, serving

GOAL = 1.1


def run(folder: Path) -> None:
    trees = line.library(folder / "trees")
    stores = {"SQLite": f"sqlite:///{folder}/{{}}.db"}
    rows = []
    for name, store in stores.items():
        for each, how in ((1, "a connection kept"), (2, "either worker")):
            with ExitStack() as running:
                sides = {}
                for workers in (1, 2):
                    at = product(
                        trees, store.format(f"{each}-{workers}"), "--workers", str(workers)
                    )
                    sides[str(workers)] = Side(running.enter_context(serving(*at)), 2, each)
                found = measured(sides)
            ratio = found["2"].each / found["1"].each
            rows.append((f"{name}, {how}", spell(found["1"].each), spell(found["2"].each), against(GOAL, ratio)))  # fmt: skip
    head = ("", "one worker", "two", "ratio")
    table(f"Server CPU an answer, two workers against one ({busy()})", head, rows)
