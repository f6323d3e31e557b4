"""What was said in an event, and its private values, which stand apart from the log.

In the log stands ``{"private": REF}`` where a private value was given; the value itself is found
under that reference beside the log, until it is erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import ActionFinished, Answered, Changed, Event, Started, Walk


def recorded(event: Event) -> Any:
    """What was said in an event: an answer, an action's outputs, given values."""
    if isinstance(event, Answered | Changed):
        return event.answer
    if isinstance(event, ActionFinished):
        return event.outputs
    return event.given if isinstance(event, Started) else None


def is_sealed(value: Any) -> bool:
    """Whether a recorded value is a reference to a private one that stands apart."""
    return isinstance(value, Mapping) and value.keys() == {"private"}


def unsealed(said: Any, secrets: Mapping[str, Any]) -> Any:
    """A recorded answer with its private values back in place (left out where they are erased)."""
    if not isinstance(said, Mapping):
        return said
    if said.keys() == {""}:  # the id of a private row
        (sealed,) = said.values()
        return secrets.get(sealed["private"], {}).get("")
    found = {}
    for name, value in said.items():
        if is_sealed(value):
            kept = secrets.get(value["private"], {})
            if name in kept:
                found[name] = kept[name]
        else:
            found[name] = value
    return found


def reference(event: Event) -> str:
    """The reference that the private values of an event stand under; "" for none."""
    for said in (recorded(event), getattr(event, "row", None)):
        for value in said.values() if isinstance(said, Mapping) else ():
            if is_sealed(value):
                return str(value["private"])
    return ""


def secrets_of(walk: Walk) -> dict[str, Any]:
    """The private values of the events not yet stored, by reference: to be kept beside the log."""
    found = {}
    for event in walk.new:
        ref = reference(event)
        if ref in walk.secrets:
            found[ref] = walk.secrets[ref]
    return found
