"""How things are measured here, and how a table is printed.

CPU time of this process (``time.process_time``), A B A B in one run, the median of the rounds:
what disturbs the machine disturbs both sides alike, so a ratio can be trusted where a bare figure
cannot. Each round begins with a full garbage collection; during it the collector is left as the
code under measure finds or sets it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

ROUNDS = 5
Work = Callable[[], Any]


def rounds(work: Mapping[str, Work], *, count: int = ROUNDS, calls: int = 1) -> dict[str, float]:
    """Seconds of CPU for one call of each, all of them in turn in every round."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for one in work.values():
        one()  # whatever is made on first use is made here
    for _ in range(count):
        for name, one in work.items():
            gc.collect()
            begun = time.process_time()
            for _ in range(calls):
                one()
            taken[name].append((time.process_time() - begun) / calls)
    return {name: median(seconds) for name, seconds in taken.items()}


def table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table, the first column to the left and the figures to the right."""
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    print(f"\n{title}")
    for row in (head, tuple("-" * width for width in widths), *rows):
        first, *rest = (
            cell.ljust(w) if not n else cell.rjust(w)
            for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *rest]).rstrip())


def spell(seconds: float) -> str:
    """Seconds as somebody reads them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def against(goal: float, ratio: float) -> str:
    """A ratio beside its goal."""
    return f"{ratio:.2f} (goal {goal:g}){'' if ratio <= goal else '  MISSED'}"
