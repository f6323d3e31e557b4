"""Reading a tree of 10,000 nodes with positions and checking its shape, against PyYAML's C parser.

Peers: the same bytes to *events with marks* by the C parser alone, which is what any reader with
positions has to pay; and ``CSafeLoader``, which gives values and no positions. The compiled form
is the file unchanged, read again by its SHA-256.
"""

from __future__ import annotations

import tempfile
from collections import deque
from pathlib import Path

import yaml

from bench.make_tree import tree_yaml
from bench.measure import against, rounds, spell, table
from engine.compiled import read_cached
from engine.formats.yaml import read
from engine.model import Limits
from engine.schema import validate

NODES = 10_000
LARGE = Limits(nodes=1_000_000, file_bytes=1_000_000_000, events=1_000_000_000, states=50_000)


def run() -> None:
    made = tree_yaml(NODES)
    raw = made if isinstance(made, bytes) else made.encode()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)

        def ours() -> None:
            document = read(raw, "bench.yaml", LARGE)
            assert not validate(document, "tree", LARGE)

        def compiled() -> None:
            read_cached(raw, "bench.yaml", cache, LARGE)

        taken = rounds(
            {
                "events": lambda: deque(yaml.parse(raw, Loader=yaml.CSafeLoader), maxlen=0),
                "ours": ours,
                "loader": lambda: yaml.load(raw, Loader=yaml.CSafeLoader),
                "compiled": compiled,
            },
            count=5,
        )
    events, mine = taken["events"], taken["ours"]
    again = taken["compiled"]
    rows = [
        ("PyYAML C parser, events with marks", spell(events), "1.00", ""),
        ("ours: positions and shape", spell(mine), against(1.8, mine / events), ""),
        (
            "CSafeLoader, no positions",
            spell(taken["loader"]),
            "",
            against(0.5, mine / taken["loader"]),
        ),
        ("ours again, compiled form", spell(again), against(0.12, again / events), ""),
    ]
    title = f"A tree of {NODES:,} nodes, {len(raw) / 1e6:.1f} MB"
    table(title, ("", "CPU", "against events", "ours / CSafeLoader"), rows)
