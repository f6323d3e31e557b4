"""The record as CSV: a line an event, in cells that no spreadsheet computes (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from typing import Any, TextIO

import msgspec

from engine.record import Stored
from web.exports.cells import COLUMNS, Say, cells, harmless, placed


async def as_csv(events: AsyncIterator[Stored], out: TextIO, say: Say) -> int:
    """A line for each event, under COLUMNS; how many there were."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    async for stored, about in placed(events, say):
        found = cells(stored, about)
        writer.writerow([harmless(_text(found.get(name, ""))) for name in COLUMNS])
        count += 1
    return count


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(msgspec.to_builtins(value))
