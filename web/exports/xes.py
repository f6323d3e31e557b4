"""The record as XES (IEEE 1849-2016), for process mining: a trace a walk, an event a step.

A step is an event named ``TREE.NODE``, complete at the time of the move that took it; what moves
nothing (a note, a pause, a hand-over) is an event named by what it is. An action is an activity of
its own: ``start`` and ``complete`` under its name, with one ``concept:instance``.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final, TextIO
from xml.sax.saxutils import quoteattr

import msgspec

from engine.model import ActionFinished, ActionStarted
from engine.record import Stored
from web.exports.cells import OF_WALK, Say, answer, note, placed, steps_of, type_of

_HEAD: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace">
<string key="concept:name" value="unknown"/>
<string key="tree" value="unknown"/>
</global>
<global scope="event">
<string key="concept:name" value="unknown"/>
<date key="time:timestamp" value="1970-01-01T00:00:00Z"/>
<string key="lifecycle:transition" value="complete"/>
<string key="type" value="unknown"/>
<string key="exit" value=""/>
</global>
<classifier name="Node" scope="event" keys="concept:name"/>
<classifier name="Node and exit" scope="event" keys="concept:name exit"/>
<classifier name="Node and transition" scope="event" keys="concept:name lifecycle:transition"/>
<string key="concept:name" value="Fingerpost"/>
<string key="lifecycle:model" value="standard"/>
"""
# Where the standard life cycle has a word for what happened; all else is complete at once.
_TRANSITIONS: Final = {"action_started": "start", "parked": "suspend", "resumed": "resume"}
# What XML 1.0 has no place for, not even escaped.
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


async def as_xes(events: AsyncIterator[Stored], out: TextIO, say: Say) -> int:
    """A log with a trace for each walk; how many events of the record there were."""
    out.write(_HEAD)
    walk, count = "", 0
    async for stored, about in placed(events, say):
        if stored.walk != walk:
            out.write("</trace>\n" if walk else "")
            walk = stored.walk
            out.write("<trace>\n" + _string("concept:name", walk))
            out.write("".join(_string(name, about.get(name, "")) for name in OF_WALK))
        out.writelines(_events(stored))
        count += 1
    out.write("</trace>\n</log>\n" if walk else "</log>\n")
    return count


def _events(stored: Stored) -> Iterator[str]:
    """The XES events of one event: a step each, or itself where it moved nothing. What was said
    stands in the first of them."""
    event, steps = stored.event, steps_of(stored.event)
    said: dict[str, str] = {"answer": answer(event), "note": note(event)}
    if isinstance(event, ActionStarted | ActionFinished):
        yield _event(stored, event.action, "", {"concept:instance": event.request, **said})
        said = {}
    elif not steps:
        yield _event(stored, type_of(event), "", said)
    for step in steps:
        yield _event(stored, f"{step.tree}.{step.node}", step.exit or "", said)
        said = {}


def _event(stored: Stored, name: str, exit: str, said: Mapping[str, str]) -> str:
    event, type = stored.event, type_of(stored.event)
    return "".join((
        "<event>\n", _string("concept:name", name),
        f'<date key="time:timestamp" value="{msgspec.to_builtins(event.at)}"/>\n',
        _string("lifecycle:transition", _TRANSITIONS.get(type, "complete")),
        _string("org:resource", event.actor), _string("type", type), _string("exit", exit),
        f'<int key="seq" value="{stored.seq}"/>\n',
        *(_string(key, value) for key, value in said.items() if value),
        "</event>\n",
    ))  # fmt: skip


def _string(key: str, value: str) -> str:
    clean = _IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", value)
    return f'<string key="{key}" value={quoteattr(clean)}/>\n'
