"""One thing that changed, and the sentence that tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from engine.model import Noun

Kind = Literal["logic", "text", "other"]
Data = Mapping[str, Any]


class Change(Noun, frozen=True, kw_only=True):
    """One thing that changed. ``what``: node, exit, choice, rule, field, limit, words …; ``name``
    says which one there; ``old`` and ``new`` are plain JSON, None where there is none. ``says``
    reads aloud."""

    kind: Kind
    what: str
    says: str
    node: str = ""
    name: str = ""
    old: Any = None
    new: Any = None


def both(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names on both sides, those of the old one first."""
    return [*old, *(name for name in new if name not in old)]


def turned(what: str, thing: str, verb: str, node: str, name: str, old: Any, new: Any) -> Change:
    """A way that leads elsewhere now."""
    says = f"{thing} now {verb} {new} (was {old})"
    return Change(kind="logic", what=what, says=says, node=node, name=name, old=old, new=new)


def made(what: str, thing: str, node: str, name: str, new: Any) -> Change:
    return Change(kind="logic", what=what, says=f"new {thing}", node=node, name=name, new=new)


def gone(what: str, thing: str, node: str, name: str, old: Any) -> Change:
    return Change(kind="logic", what=what, says=f"{thing} is gone", node=node, name=name, old=old)


def generic(
    kind: Kind, what: str, node: str, old: Any, new: Any, name: str = "", key: str = ""
) -> Iterator[Change]:
    """A value that is another now, told by its own name."""
    if old == new:
        return
    parts = (what.replace("_", " "), name, key.replace("_", " "))
    words = " ".join(part for part in parts if part)
    place = f"{node}: " if node else ""
    if unset(new):
        says = f"{place}{words} is gone (was {spelled(old)})"
    elif unset(old):
        says = f"{place}{words} is now {spelled(new)} (there was none)"
    else:
        says = f"{place}{words} is now {spelled(new)} (was {spelled(old)})"
    yield Change(kind=kind, what=what, says=says, node=node, name=name, old=old, new=new)


def unset(value: Any) -> bool:
    return value is None or value in ("", [], {})


def spelled(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return "not set"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(spelled, value))
        case Mapping():
            return ", ".join(f"{key} {spelled(item)}" for key, item in value.items())
        case _:
            return str(value)
