"""The record: what an answer costs that is kept for good, and what does not grow with it."""

from __future__ import annotations

import importlib
import os
import tempfile
from pathlib import Path

# FINGERPOST_BENCH names some of them, to measure these alone.
MEASURED = ("answers", "appends", "workers", "memory", "load", "large")


def run() -> None:
    for name in os.environ.get("FINGERPOST_BENCH", " ".join(MEASURED)).split():
        with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as folder:
            importlib.import_module(f"bench.record.{name}").run(Path(folder))
