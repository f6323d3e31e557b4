"""The record: what an answer costs that is kept for good, and what does not grow with it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.record import answers


def run() -> None:
    for part in (answers,):
        with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as folder:
            part.run(Path(folder))
