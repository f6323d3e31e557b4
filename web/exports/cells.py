"""An event as a row of plain values: what the forms with columns share."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from engine.model import ActionStarted, Event, Noted, Started, Step
from engine.record import Stored
from engine.walking.sealed import is_sealed, recorded

Say = Callable[[str], None]

COLUMNS: Final = (
    "walk", "seq", "at", "type", "actor", "tree", "node", "exit", "answer", "path", "reached",
    "note", "audience", "channel", "language", "reference", "logic", "text",
)  # fmt: skip
OF_WALK: Final = ("tree", "audience", "channel", "language", "reference")
# What a spreadsheet takes for the beginning of a formula, if it stands first in a cell (OWASP).
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # their full-width twins too
_EVERY: Final = 1_000  # events between two words of progress
PRIVATE: Final = "(private)"


def harmless(cell: str) -> str:
    """The cell as text that no spreadsheet computes.

    >>> harmless("=1+1"), harmless("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


async def placed(
    events: AsyncIterator[Stored], say: Say
) -> AsyncIterator[tuple[Stored, Mapping[str, str]]]:
    """Each event with what its walk was started with (OF_WALK), saying how far it has come."""
    about: Mapping[str, str] = {}
    count = 0
    async for stored in events:
        event = stored.event
        if isinstance(event, Started):
            about = {name: getattr(event, name) for name in OF_WALK}
        yield stored, about
        count += 1
        if count % _EVERY == 0:
            say(f"{count} events")


def cells(stored: Stored, about: Mapping[str, str]) -> dict[str, Any]:
    """The values under COLUMNS: ``seq`` a number, ``at`` a moment, all others text."""
    event = stored.event
    steps = steps_of(event)
    first = steps[0] if steps else None
    return {
        "walk": stored.walk,
        "seq": stored.seq,
        "at": event.at,
        "type": type_of(event),
        "actor": event.actor,
        "node": getattr(event, "node", "") or (first.node if first else ""),
        "exit": (first.exit or "") if first else "",
        "answer": answer(event),
        "path": " > ".join(map(_step, steps)),
        "reached": getattr(event, "reached", ""),
        "note": note(event),
        "logic": getattr(event, "logic", ""),
        "text": "" if isinstance(event, Noted) else getattr(event, "text", ""),
        **about,
    }


def type_of(event: Event) -> str:
    return str(type(event).__struct_config__.tag)


def steps_of(event: Event) -> tuple[Step, ...]:
    """The steps that an event led to; none for one that moves nothing."""
    steps: tuple[Step, ...] = getattr(event, "steps", ())
    return steps


def note(event: Event) -> str:
    """What somebody wrote: a note, or the reason of a jump, a hand-over, a pause, a failure; of an
    action that is begun, which."""
    if isinstance(event, ActionStarted):
        again = f", attempt {event.attempt}" if event.attempt > 1 else ""
        return f"{event.action} by {event.how or 'hand'}{again}"
    return str(event.text if isinstance(event, Noted) else getattr(event, "reason", ""))


def answer(event: Event) -> str:
    """What was answered, as one cell: several values as JSON, personal ones only named."""
    said = recorded(event)
    if said is None or said == {}:
        return ""
    if isinstance(said, Mapping):
        said = {name: PRIVATE if is_sealed(value) else value for name, value in said.items()}
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def _step(step: Step) -> str:
    return f"{step.node}={step.exit}" if step.exit else step.node
