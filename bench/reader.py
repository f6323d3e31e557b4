"""Reading a tree of 10,000 nodes with positions and checking its shape, against PyYAML's C parser.

Peers: the same bytes to *events with marks* by the C parser alone, which is what any reader with
positions has to pay; and ``CSafeLoader``, which gives values and no positions. The compiled form
is the file unchanged, read again by its SHA-256.
"""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

import yaml

from bench.make_tree import tree_yaml
from bench.measure import against, rounds, spell, table
from engine.building.compiled import keep, read_cached
from engine.formats.yaml import read
from engine.model import Limits
from engine.schema import validate

NODES = 10_000
LARGE = Limits(nodes=1_000_000, file_bytes=1_000_000_000, events=1_000_000_000, states=50_000)


def run() -> None:
    made = tree_yaml(NODES)
    raw = made.encode()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)

        def dropped() -> None:
            for _ in yaml.parse(raw, Loader=yaml.CSafeLoader):
                pass

        def kept() -> None:
            gc.disable()  # as ours does
            list(yaml.parse(raw, Loader=yaml.CSafeLoader))
            gc.enable()

        def positions() -> None:
            read(raw, "bench.yaml", LARGE)

        def ours() -> None:
            document = read(raw, "bench.yaml", LARGE)
            assert not validate(document, "tree", LARGE)

        def compiled() -> None:
            document = read_cached(raw, "bench.yaml", cache, LARGE)
            assert not validate(document, "tree", LARGE)

        document = read(raw, "bench.yaml", LARGE)
        assert not validate(document, "tree", LARGE)
        keep(document, raw, cache)
        assert read_cached(raw, "bench.yaml", cache, LARGE).fit
        taken = rounds(
            {
                "events": dropped,
                "kept": kept,
                "positions": positions,
                "ours": ours,
                "loader": lambda: yaml.load(raw, Loader=yaml.CSafeLoader),
                "compiled": compiled,
            },
            count=5,
        )
    events, kept_events, mine = taken["events"], taken["kept"], taken["ours"]

    def row(name: str, key: str, goal: float = 0.0) -> tuple[str, ...]:
        ratio = taken[key] / events
        loader = f"{taken[key] / taken['loader']:.2f}"
        strict = against(goal, ratio) if goal else f"{ratio:.2f}"
        return name, spell(taken[key]), strict, f"{taken[key] / kept_events:.2f}", loader

    rows = [
        row("PyYAML C parser, events with marks, dropped", "events"),
        row("  the same, kept in a list, collector off", "kept"),
        row("CSafeLoader, no positions", "loader"),
        row("ours: positions", "positions"),
        row("ours: positions and shape", "ours", 1.8),
        row("ours again, compiled form", "compiled", 0.12),
    ]
    head = ("", "CPU", "against dropped", "against kept", "against CSafeLoader")
    table(f"A tree of {NODES:,} nodes, {len(raw) / 1e6:.1f} MB", head, rows)
    met = "met" if mine <= 0.5 * taken["loader"] else "MISSED"
    print(f"  At most 0.5 times CSafeLoader: {met}.")
