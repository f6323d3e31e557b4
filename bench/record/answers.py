"""An answer acknowledged durably and its next page, at 64 concurrent walkers: ours, a floor and a
tutorial stack, each a process of its own, in turn in every round. Ours and the floor are asked in
both ways, and each is held against the floor that is asked in the same way: in one round trip, as
browsers with script do, and by post, redirect, get. The tutorial knows the latter alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.measure import against, spell, table
from bench.record import driver, line, parts
from bench.record.server import Server, busy, product, serving
from bench.record.stores import stores

ROUNDS = 5
GOALS_FLOOR = {"SQLite": 2.0, "PostgreSQL": 2.4}
GOAL_TUTORIAL, GOAL_P99 = 6.0, 3.0
FLOOR, TUTORIAL, APART = "floor", "tutorial", ", without script"


class Side(NamedTuple):
    server: Server
    walks: int  # that each walker takes in a round
    each: int = 1  # connections of each walker, used in turn
    script: bool = True


class Figures(NamedTuple):
    each: float  # seconds of the server's CPU for one answer with its page: median of the rounds
    p99: float  # seconds


def measured(sides: Mapping[str, Side], count: int = ROUNDS) -> dict[str, Figures]:
    """All sides in turn in every round; the first round warms and is not counted."""
    loads: dict[str, list[driver.Load]] = {name: [] for name in sides}
    for number in range(count + 1):
        for name, side in sides.items():
            cpu: Callable[[], float] = side.server.cpu
            load = driver.run(
                driver.round_of(side.server.port, cpu, side.walks, side.each, script=side.script)
            )
            if number:
                loads[name].append(load)
    return {
        name: Figures(
            median(one.each for one in found), median(p99(one.latencies) for one in found)
        )
        for name, found in loads.items()
    }


def p99(latencies: list[float]) -> float:
    return sorted(latencies)[round(len(latencies) * 0.99) - 1]


def run(folder: Path) -> None:
    trees, cut = line.library(folder / "trees"), folder / "parts.json"
    with stores(folder) as fresh, ExitStack() as running:

        def side(walks: int, *words: str) -> Side:
            return Side(running.enter_context(serving(*words)), walks)

        ours = {name: side(2, *product(trees, new())) for name, new in fresh.items()}
        driver.run(parts.cut(ours["SQLite"].server.port, trees, cut))
        floor = side(4, "bench.record.floor", str(cut), f"{folder}/floor.db")
        tutorial = side(1, "bench.record.tutorial", str(cut), f"{folder}/tutorial.db")
        sides = {FLOOR: floor, **ours}
        apart = {name + APART: one._replace(script=False) for name, one in sides.items()}
        found = measured({**sides, **apart, TUTORIAL: tutorial._replace(script=False)})
    _print(found, json.loads(cut.read_text())["sizes"])


def _print(found: Mapping[str, Figures], sizes: list[int]) -> None:
    rows = []
    for name, one in found.items():
        kind, apart, _ = name.partition(APART)
        floor = found[FLOOR + apart] if name != TUTORIAL else found[FLOOR + APART]
        ratio, late, times = one.each / floor.each, one.p99 / floor.p99, found[TUTORIAL].each / one.each  # fmt: skip
        goal = GOALS_FLOOR.get(kind)
        enough = "" if times >= GOAL_TUTORIAL else "  MISSED"
        rows.append(
            (
                name if goal is None else f"ours, {name}", spell(one.each),
                against(goal, ratio) if goal else f"{ratio:.2f}",
                f"{times:.1f} (goal {GOAL_TUTORIAL:g}){enough}" if goal else f"{times:.1f}",
                spell(one.p99), against(GOAL_P99, late) if goal else f"{late:.2f}",
            )
        )  # fmt: skip
    head = ("", "server CPU an answer", "times the floor", "less than the tutorial", "p99", "times the floor's")  # fmt: skip
    title = f"An answer kept and its page of {sum(sizes) // len(sizes):,} bytes, {driver.WALKERS} walkers"
    table(f"{title} ({busy()}; PostgreSQL's own processes not counted)", head, rows)
