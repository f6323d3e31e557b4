"""A whole ``check``: read, shaped, built, explored by walking, every check, stories. Milliseconds
of CPU after imports; no peer does this, so these are lines to watch, not ratios."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from bench.make_tree import tree_yaml
from bench.measure import rounds, spell, table
from engine.load import examine

ROOT = Path(__file__).parents[1]
GOALS = {"150 nodes": 0.150, "internet_down": 0.050}


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        large = _library(Path(folder))
        found = sorted((ROOT / "trees").rglob("internet_down.yaml"))
        work = {"150 nodes": large} | ({"internet_down": found[0]} if found else {})
        for path in work.values():
            errors = examine(path).errors
            assert not errors, errors[:3]
        taken = rounds({name: partial(examine, path) for name, path in work.items()})
        states = {name: examine(path).states for name, path in work.items()}
    rows = [
        (
            name,
            str(states[name]),
            spell(seconds),
            spell(GOALS[name]),
            "" if seconds <= GOALS[name] else "MISSED",
        )
        for name, seconds in taken.items()
    ]
    table("A whole check", ("tree", "states", "CPU", "goal", ""), rows)


def _library(folder: Path) -> Path:
    made = tree_yaml(150)
    tree = folder / "large.yaml"
    tree.write_bytes(made.encode())
    return tree
