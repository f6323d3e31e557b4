"""What changed in the logic of a tree: what decides the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from engine.diff.change import Change, Data, both, generic, gone, made, turned
from engine.diff.nodes import nodes
from engine.diff.values import contract_exits, fields, order


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


# Where a node is named: as the way of something, and in expressions. (A choice or a disposition of
# the same name is another thing.)
_WAYS: Final = frozenset({"to", "then", "next", "start"})
_READ: Final = frozenset({"when", "must", "known", "default", "rows", "due"})
_ALL_READ: Final = frozenset({"facts", "inputs", "returns"})


def _renamed(old: Data, renames: Mapping[str, str]) -> Data:
    """The old logic with the new names of its nodes, so that only what else changed is left."""
    if not renames:
        return old
    names = "|".join(map(re.escape, renames))
    read = re.compile(rf"(?<![\w.\"'])((?:visits\.|every\.)?)({names})(?![\w\"'])")

    def again(value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            return {
                name: again(item, key if key in _ALL_READ else name)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [again(item, key) for item in value]
        if isinstance(value, str) and key in _WAYS:
            return renames.get(value, value)
        if isinstance(value, str) and (key in _READ or key in _ALL_READ):
            return read.sub(lambda m: m[1] + renames[m[2]], value)
        return value

    changed: dict[str, Any] = again(old, "")
    nodes = {renames.get(id, id): node for id, node in changed["nodes"].items()}
    return changed | {"nodes": {id: {**node, "id": id} for id, node in nodes.items()}}


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


def _contract(old: Data | None, new: Data | None) -> Iterator[Change]:
    """What the tree gives as a subtree. (What it is given is told beside it.)"""
    if old is None or new is None:
        there = (
            "it can be used as a subtree now" if new else "it can no longer be used as a subtree"
        )
        yield Change(kind="logic", what="contract", says=there, old=old, new=new)
        return
    yield from contract_exits("", old.get("exits") or {}, new.get("exits") or {})


def _calendar(old: list[Any], new: list[Any]) -> Iterator[Change]:
    for what, was, now in zip(("timezone", "workdays", "holidays"), old, new, strict=True):
        if what == "timezone":
            yield from generic("logic", what, "", was, now)
            continue
        for day in sorted({*was} ^ {*now}):
            make = made if day in now else gone
            yield make(what, f"{what.removesuffix('s')} {day}", "", day, day)


_PARTS: Final[Mapping[str, Callable[[Any, Any], Iterator[Change]]]] = {
    "start": _start,
    "given": _given,
    "facts": _mapping("fact"),
    "anytime": _anytime,
    "nodes": nodes,
    "uses": _uses,
    "constants": _mapping("constant"),
    "contract": _contract,
    "calendar": _calendar,
}
