"""The record as files for other programs.

To add a form: write its module, add its line to EXPORTS. Each takes the events as they come, walk
by walk, and keeps few at a time. Personal values stand apart from the events, so none can come here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, Final

from engine.record import Stored
from web.exports.cells import COLUMNS, harmless
from web.exports.csv import as_csv
from web.exports.jsonl import as_jsonl
from web.exports.parquet import as_parquet
from web.exports.xes import as_xes

# Takes the events, the file to write to (of text, or of bytes for those in BINARY), and whom to
# tell how far it has come; gives how many events there were.
Export = Callable[[AsyncIterator[Stored], Any, Callable[[str], None]], Coroutine[Any, Any, int]]

EXPORTS: Mapping[str, Export] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
    "parquet": as_parquet,
    "xes": as_xes,
}
BINARY: Final = frozenset({"parquet"})

__all__ = ["BINARY", "COLUMNS", "EXPORTS", "Export", "harmless"]
