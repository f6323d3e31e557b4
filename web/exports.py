"""The record as files for other programs.

To add a form: write its function, add its line to EXPORTS. Each takes the events as they come and
keeps one at a time.
"""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, Final, TextIO

from engine.model import Event, Started
from engine.record import Stored, as_json

Say = Callable[[str], None]
Export = Callable[[AsyncIterator[Stored], TextIO, Say], Coroutine[Any, Any, int]]

COLUMNS: Final = (
    "walk", "seq", "at", "type", "actor", "tree", "node", "exit", "answer", "path", "reached",
    "note", "audience", "channel", "language", "reference", "logic", "text",
)  # fmt: skip
_OF_WALK: Final = ("tree", "audience", "channel", "language", "reference")
# What a spreadsheet takes for the beginning of a formula, if it stands first in a cell (OWASP).
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # their full-width twins too
_EVERY: Final = 1_000  # events between two words of progress


def harmless(cell: str) -> str:
    """The cell as text that no spreadsheet computes.

    >>> harmless("=1+1"), harmless("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


async def as_csv(events: AsyncIterator[Stored], out: TextIO, say: Say) -> int:
    """A line for each event, under COLUMNS; how many there were."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    about: dict[str, str] = {}
    count = 0
    async for stored in events:
        if isinstance(stored.event, Started):
            about = {name: getattr(stored.event, name) for name in _OF_WALK}
        found = _cells(stored) | about
        writer.writerow([harmless(found.get(name, "")) for name in COLUMNS])
        count = _counted(count, say)
    return count


async def as_jsonl(events: AsyncIterator[Stored], out: TextIO, say: Say) -> int:
    """A JSON object a line for each event, as the API shows it; how many there were."""
    tree = ""
    count = 0
    async for stored in events:
        if isinstance(stored.event, Started):
            tree = stored.event.tree
        line = {"walk": stored.walk, "tree": tree, **as_json(stored)}
        out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        count = _counted(count, say)
    return count


def _counted(count: int, say: Say) -> int:
    if (count + 1) % _EVERY == 0:
        say(f"{count + 1} events")
    return count + 1


def _cells(stored: Stored) -> dict[str, str]:
    data = as_json(stored)
    steps = data.get("steps") or [{}]
    return {
        "walk": stored.walk,
        "seq": str(stored.seq),
        "at": str(data["at"]),
        "type": str(data["type"]),
        "actor": str(data["actor"]),
        "node": str(data.get("node") or steps[0].get("node") or ""),
        "exit": str(steps[0].get("exit") or ""),
        "answer": _answer(stored.event),
        "path": " > ".join(map(_step, data.get("steps") or ())),
        "reached": str(data.get("reached") or ""),
        "note": str(data.get("text" if data["type"] == "noted" else "reason") or ""),
        "logic": str(data.get("logic") or ""),
        "text": "" if data["type"] == "noted" else str(data.get("text") or ""),
    }


def _step(step: Mapping[str, Any]) -> str:
    return f"{step['node']}={step['exit']}" if step.get("exit") else str(step["node"])


def _answer(event: Event) -> str:
    """What was answered, as one cell: several values as JSON, personal ones only named."""
    said: Any = next((getattr(event, n) for n in _SAID if getattr(event, n, None) is not None), "")
    if isinstance(said, Mapping):
        said = {name: _shown(value) for name, value in said.items()}
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


_SAID: Final = ("answer", "outputs", "given")


def _shown(value: Any) -> Any:
    sealed = isinstance(value, Mapping) and value.keys() == {"private"}
    return "(private)" if sealed else value


EXPORTS: Mapping[str, Export] = {"csv": as_csv, "jsonl": as_jsonl}
