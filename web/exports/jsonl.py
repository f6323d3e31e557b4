"""The record as JSON Lines: an event a line, as the API shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TextIO

import msgspec

from engine.record import Stored, as_json
from web.exports.cells import Say, placed

_ENCODER = msgspec.json.Encoder()


async def as_jsonl(events: AsyncIterator[Stored], out: TextIO, say: Say) -> int:
    """A JSON object a line for each event, with its walk and tree; how many there were."""
    count = 0
    async for stored, about in placed(events, say):
        line = {"walk": stored.walk, "tree": about.get("tree", ""), **as_json(stored)}
        out.write(_ENCODER.encode(line).decode() + "\n")
        count += 1
    return count
