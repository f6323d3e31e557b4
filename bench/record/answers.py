"""An answer acknowledged durably and its next page, at 64 concurrent walkers: ours, a floor and a
tutorial stack, each a process of its own, in turn in every round."""

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

ROUNDS = 5
GOAL_FLOOR, GOAL_TUTORIAL, GOAL_P99 = 2.0, 6.0, 3.0


class Side(NamedTuple):
    server: Server
    walks: int  # that each walker takes in a round
    each: int = 1  # connections of each walker, used in turn


class Figures(NamedTuple):
    each: float  # seconds of the server's CPU for one answer with its page: median of the rounds
    p99: float  # seconds


def measured(sides: Mapping[str, Side], count: int = ROUNDS) -> dict[str, Figures]:
    """All sides in turn in every round; the first round warms and is not counted."""
    loads: dict[str, list[driver.Load]] = {name: [] for name in sides}
    for number in range(count + 1):
        for name, side in sides.items():
            cpu: Callable[[], float] = side.server.cpu
            load = driver.run(driver.round_of(side.server.port, cpu, side.walks, side.each))
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
    with ExitStack() as running:
        ours = running.enter_context(serving(*product(trees, f"sqlite:///{folder}/ours.db")))
        driver.run(parts.cut(ours.port, trees, cut))
        floor = running.enter_context(
            serving("bench.record.floor", str(cut), f"{folder}/floor.db")
        )
        tutorial = running.enter_context(
            serving("bench.record.tutorial", str(cut), f"{folder}/tutorial.db")
        )
        found = measured(
            {"floor": Side(floor, 4), "ours": Side(ours, 2), "tutorial": Side(tutorial, 1)}
        )
    _print(found, json.loads(cut.read_text())["sizes"])


def _print(found: Mapping[str, Figures], sizes: list[int]) -> None:
    floor, ours, tutorial = found["floor"], found["ours"], found["tutorial"]
    rows = [
        (name, spell(one.each), f"{one.each / floor.each:.2f}", spell(one.p99), f"{one.p99 / floor.p99:.2f}")
        for name, one in found.items()
    ]  # fmt: skip
    head = ("", "server CPU an answer", "against the floor", "p99", "against the floor's")
    table(f"An answer kept and its page of {sum(sizes) // len(sizes):,} bytes, {driver.WALKERS} walkers, SQLite ({busy()})", head, rows)  # fmt: skip
    times = tutorial.each / ours.each
    print(f"  Against the floor {against(GOAL_FLOOR, ours.each / floor.each)}; p99 {against(GOAL_P99, ours.p99 / floor.p99)};")  # fmt: skip
    print(f"  the tutorial stack costs {times:.1f} times ours (goal {GOAL_TUTORIAL:g} at least){'' if times >= GOAL_TUTORIAL else '  MISSED'}")  # fmt: skip
