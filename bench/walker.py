"""One answer, and one answer with the next prompt, against the floor; a start; an open walk."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from bench import floor_walker as floor
from bench import ring
from bench.measure import against, rounds, spell, table
from engine import walk as ours
from engine.model import Tree, Walk

SIZES = (100, 10_000, 100_000)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CALLS = 1_000


def run() -> None:
    trees = {size: (ring.tree(size), ring.floor_nodes(size)) for size in SIZES}
    rows = []
    for size, (tree, nodes) in trees.items():
        for step in (10, 1000):
            rows.append(_row(size, step, tree, nodes))
    head = ("nodes, step", "floor answer", "answer", "ratio", "answer + prompt", "ratio")
    table(
        "One step, against bench/floor_walker.py (its answer alone, for both ratios)", head, rows
    )
    _starts(trees)
    _memory(trees)


def _row(size: int, step: int, tree: Tree, nodes: floor.Nodes) -> tuple[str, ...]:
    walk, base = _at(tree, step), _floor_at(nodes, step)
    assert _same_path(walk, base)

    def both() -> None:
        ours.prompt(tree, ours.answer(tree, walk, "green", at=AT))

    taken = rounds(
        {
            "floor": lambda: floor.answer(nodes, base, "green", AT),
            "answer": lambda: ours.answer(tree, walk, "green", at=AT),
            "both": both,
        },
        calls=CALLS,
    )
    one, two = taken["answer"] / taken["floor"], taken["both"] / taken["floor"]
    return (
        f"{size:,}, {step:,}th", spell(taken["floor"]), spell(taken["answer"]), against(5, one),
        spell(taken["both"]), against(10, two),
    )  # fmt: skip


def _at(tree: Tree, step: int) -> Walk:
    """A walk that stands at this step, as a server holds it: what is new has been stored."""
    walk = ours.stored(_started(tree))
    for _ in range(step - 1):
        walk = ours.stored(ours.answer(tree, walk, "green", at=AT))
    return walk


def _started(tree: Tree) -> Walk:
    return ours.start(tree, id="w", at=AT, by="ana", given=ring.GIVEN)


def _floor_at(nodes: floor.Nodes, step: int) -> floor.Walk:
    walk = floor.start("q0", ring.GIVEN, AT)
    for _ in range(step - 1):
        walk = floor.answer(nodes, walk, "green", AT)
    return walk


def _same_path(walk: Walk, base: floor.Walk) -> bool:
    """Both do the same job: the same nodes by the same exits, the same number of times."""
    path, rest = [], base.path
    while rest is not None:
        path.append(rest[0])
        rest = rest[1]
    return [(s.node, s.exit, s.visit) for s in ours.steps(walk)] == path[::-1]


def _starts(trees: dict[int, tuple[Tree, floor.Nodes]]) -> None:
    work = {str(size): partial(_started, tree) for size, (tree, _) in trees.items()}
    taken = rounds(work, calls=CALLS)
    least = taken[str(SIZES[0])]
    rows = [
        (f"{size:,}", spell(taken[str(size)]), f"{taken[str(size)] / least:.2f}") for size in SIZES
    ]
    table("Starting a walk, by the size of its tree", ("nodes", "start", "against 100"), rows)


def _memory(trees: dict[int, tuple[Tree, floor.Nodes]]) -> None:
    rows = []
    for size, (tree, nodes) in trees.items():
        started, tenth = _bytes(partial(_at, tree, 1)), _bytes(partial(_at, tree, 10))
        base = _bytes(partial(_floor_at, nodes, 10))
        present = _bytes(partial(_present, tree))
        rows.append(
            (
                f"{size:,}",
                f"{started:,}",
                f"{present:,}",
                f"{tenth:,}",
                "" if tenth <= 6_000 else "MISSED",
                f"{base:,}",
            )
        )
    head = ("nodes", "at its start", "10th step: state and path", "with all to go back", "goal 6,000", "floor, 10th step")  # fmt: skip
    table("Live bytes of an open walk (tracemalloc)", head, rows)


def _present(tree: Tree) -> Walk:
    """A walk at its tenth step without what going back needs: the log can give that again."""
    return replace(_at(tree, 10), past=None)


def _bytes(make: Callable[[], Any], count: int = 100) -> int:
    make()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [make() for _ in range(count)]
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(kept) == count
    return round((after - before) / count)
