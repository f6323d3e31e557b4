"""What changed in the logic of a tree: what decides the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from engine.diff.change import Change, Data, both, generic, gone, made, turned
from engine.diff.nodes import fields, nodes, order


def logic_changes(old: Data, new: Data, renames: Mapping[str, str]) -> Iterator[Change]:
    if old == new:
        return
    found = [*_moved_nodes(old, renames), *_all_logic(_renamed(old, renames), new)]
    yield from found or generic("logic", "tree", "", old, new)


def _all_logic(old: Data, new: Data) -> Iterator[Change]:
    for part, compare in _PARTS.items():
        if old.get(part) != new.get(part):
            yield from compare(old.get(part), new.get(part))
    for part in sorted((old.keys() | new.keys()) - _PARTS.keys()):
        yield from generic("logic", part, "", old.get(part), new.get(part))


def _moved_nodes(old: Data, renames: Mapping[str, str]) -> Iterator[Change]:
    for before, now in renames.items():
        says = f"node {before} is now called {now}"
        yield Change(
            kind="logic", what="node", says=says, node=now, name="renamed", old=before, new=now
        )


def _renamed(old: Data, renames: Mapping[str, str]) -> Data:
    """The old logic with the new names of its nodes, so that only what else changed is left."""
    if not renames:
        return old
    names = "|".join(map(re.escape, renames))
    read = re.compile(rf"(?<![\w.\"'])((?:visits\.|every\.)?)({names})(?![\w\"'])")

    def again(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: again(item) for key, item in value.items()}
        if isinstance(value, list):
            return [again(item) for item in value]
        if isinstance(value, str):
            return read.sub(lambda m: m[1] + renames[m[2]], value)
        return value

    known = {**old, "nodes": {renames.get(id, id): node for id, node in old["nodes"].items()}}
    changed: Data = again(known)
    return changed


# ----------------------------------------------------------------------- logic, beside the nodes


def _start(old: Any, new: Any) -> Iterator[Change]:
    yield turned("start", "it", "starts at", "", "", old, new)


def _given(old: list[Data], new: list[Data]) -> Iterator[Change]:
    yield from fields("", old or [], new or [])


def _anytime(old: list[Data], new: list[Data]) -> Iterator[Change]:
    before, after = ({way["id"]: way for way in side or []} for side in (old, new))
    for name in both(before, after):
        was, now = before.get(name), after.get(name)
        if now is None:
            yield gone("anytime", f"anytime exit {name}", "", name, was)
        elif was is None:
            yield made("anytime", f"anytime exit {name} to {now['to']}", "", name, now)
        else:
            for key in sorted(was.keys() | now.keys()):
                yield from generic("logic", "anytime", "", was.get(key), now.get(key), name, key)
    yield from order("anytime", "", [*before], [*after], "anytime exits")


def _mapping(what: str) -> Callable[[Any, Any], Iterator[Change]]:
    def compare(old: Data | None, new: Data | None) -> Iterator[Change]:
        before, after = old or {}, new or {}
        for name in both(before, after):
            yield from generic("logic", what, "", before.get(name), after.get(name), name)

    return compare


def _uses(old: Data, new: Data) -> Iterator[Change]:
    for name in both(old, new):
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            make = made if was is None else gone
            yield make("use", f"subtree {name}", "", name, now or was)
        elif was != now:
            says = f"the subtree {name} changed in its logic"
            yield Change(kind="logic", what="use", says=says, name=name, old=was, new=now)


_PARTS: Final[Mapping[str, Callable[[Any, Any], Iterator[Change]]]] = {
    "start": _start,
    "given": _given,
    "facts": _mapping("fact"),
    "anytime": _anytime,
    "nodes": nodes,
    "uses": _uses,
    "constants": _mapping("constant"),
}
