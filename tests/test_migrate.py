"""What becomes of an open walk when its tree is published anew."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from engine.errors import Fault
from engine.migrate import Migration, migrate
from engine.model import Migrated, Tree, Walk
from engine.replay import replay
from engine.walk import steps, stored, values
from tests.random_trees import trees
from tests.rows import table, tree_of
from tests.test_nodes import _move, _walked
from tests.walkers import Logged, begun, moved, profile, tree_from, walked

ROWS = table("migrate")
KEYS = {
    "it", "old", "new", "given", "answers", "verdict", "at", "asks", "drops", "repeats", "why",
    "gives", "path", "then", "goes",
}  # fmt: skip


def _new(row: dict[str, Any]) -> dict[str, Any]:
    """The new version: the old one with the parts that `new` says, None for what is gone."""
    old, new = row["old"], row["new"]
    nodes = {**old.get("nodes", {}), **new.get("nodes", {})}
    return {
        **old,
        **new,
        "nodes": {id: node for id, node in nodes.items() if node is not None},
        "tree": {**old.get("tree", {}), **new.get("tree", {})},
    }


@pytest.mark.parametrize("row", ROWS, ids=[row["it"] for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    assert row.keys() <= KEYS
    old, new = tree_of(row["old"]), tree_of(_new(row))
    log: list[Any] = []
    said = {"answers": row.get("answers", []), "given": row.get("given", {})}
    walk = _walked(old, said, log)
    private = dict(walk.secrets)
    made = migrate(old, new, log, id="w", private=private)
    assert made.verdict == row["verdict"], made
    for key in ("at", "asks", "drops", "repeats"):
        if key in row:
            found = getattr(made, key)
            assert (list(found) if isinstance(found, tuple) else found) == row[key], key
    assert row.get("why", "") in made.why
    assert bool(made.why) == (made.verdict == "stays")
    _looked_only(old, log, walk, private)
    if made.verdict not in ("clean", "asks again"):
        assert made.walk == walk
        return
    _goes_on(old, new, made, row, log)


def _looked_only(old: Tree, log: list[Any], walk: Walk, private: dict[str, Any]) -> None:
    """A dry run is a value: the walk is where it was."""
    assert replay({old.logic: old}, "w", log, private) == walk


def _goes_on(old: Tree, new: Tree, made: Migration, row: dict[str, Any], log: list[Any]) -> None:
    (migrated,) = made.walk.new
    assert isinstance(migrated, Migrated)
    assert (migrated.old, migrated.new, migrated.logic) == (old.logic, new.logic, new.logic)
    assert list(migrated.steps) == steps(made.walk)
    known = values(made.walk)
    assert {name: known.get(name) for name in row.get("gives", {})} == row.get("gives", {})
    if "path" in row:
        path = [f"{s.node}.{s.exit}" if s.exit else s.node for s in steps(made.walk)]
        assert path == row["path"]
    walk, log = stored(made.walk), [*log, migrated]
    for one in row.get("then", []):
        after = _move(new, walk, one)
        log += after.new
        walk = stored(after)
    if "goes" in row:
        assert walk.state.frames[-1].node == row["goes"]
    read = [msgspec.json.decode(msgspec.json.encode(e), type=type(e)) for e in log]
    again = replay({old.logic: old, new.logic: new}, "w", read, dict(walk.secrets))
    assert again == walk
    altered = [*read[: len(read) - 1], msgspec.structs.replace(read[-1], reached="x.y")]
    with pytest.raises(Fault, match=f"event {len(read)} of walk w"):
        replay({old.logic: old, new.logic: new}, "w", altered, dict(walk.secrets))


# ------------------------------------------------------------------------------------------ laws


@profile(25)
@given(trees(), st.data())
def test_the_same_tree_is_the_same_logic(data: dict[str, Any], more: st.DataObject) -> None:
    tree = tree_from(data)
    logged = None if tree is None else walked(more.draw, tree, 6)
    if logged is None or tree is None:
        return
    made = migrate(tree, tree, logged.read(), id="w", private=logged.private)
    assert made.verdict == "same logic"
    assert made.walk == logged.walk


def _with_more(data: dict[str, Any]) -> dict[str, Any]:
    """A version with nodes that no walk so far can have come by: behind both ends."""
    nodes = {**data["nodes"]}
    for end in ("good", "bad"):
        nodes[f"{end}_now"] = nodes[end]
        nodes[end] = {"ask": "Anything else?", "choices": {"no": f"{end}_now"}}
    return {**data, "nodes": nodes}


def _carried(data: dict[str, Any], more: st.DataObject, moves: int) -> None:
    old, new = tree_from(data), tree_from(_with_more(data))
    logged = None if old is None else walked(more.draw, old, moves, still=True)
    if logged is None or old is None or new is None:
        event("tree: not sound")
        return
    made = migrate(old, new, logged.read(), id="w", private=logged.private, by="admin")
    event(made.verdict)
    if logged.walk.state.status == "ended":
        assert (made.verdict, made.why) == ("stays", "it has ended")
        return
    assert made.verdict == "clean", made.why
    assert steps(made.walk) == steps(logged.walk)
    assert values(made.walk) == values(logged.walk)
    assert made.drops == ()
    _on_the_new_version(old, new, logged, made, more)


def _on_the_new_version(
    old: Tree, new: Tree, logged: Logged, made: Migration, more: st.DataObject
) -> None:
    """The walk goes on, and replays from its whole log, also once values are erased."""
    logged.tree = new
    logged.keep(made.walk)
    for _ in range(4):
        after = moved(more.draw, logged, still=True)
        if after is not None:
            logged.keep(after)
    versions = {old.logic: old, new.logic: new}
    assert replay(versions, "w", logged.read(), logged.private) == logged.walk
    erased = replay(versions, "w", logged.read(), {})
    assert steps(erased) == steps(logged.walk)
    again = migrate(new, old, logged.read(), id="w", private=logged.private, versions=versions)
    assert again.verdict in ("clean", "asks again", "stays")


@profile(30)
@given(trees(daring=False), st.data())
def test_what_no_walk_came_by_yet_changes_no_walk(
    data: dict[str, Any], more: st.DataObject
) -> None:
    _carried(data, more, 8)


@pytest.mark.slow
@profile(200)
@given(trees(daring=False), st.data())
def test_what_no_walk_came_by_yet_changes_none_of_many(
    data: dict[str, Any], more: st.DataObject
) -> None:
    _carried(data, more, 14)


@profile(20)
@given(trees(daring=False), trees(daring=False), st.data())
def test_any_version_has_a_verdict(
    data: dict[str, Any], other: dict[str, Any], more: st.DataObject
) -> None:
    """A tree that has next to nothing in common with the old one: no fault, no lost action."""
    old, new = tree_from(data), tree_from(other)
    logged = None if old is None else begun(more.draw, old)
    if logged is None or old is None or new is None:
        return
    for _ in range(8):
        after = moved(more.draw, logged, still=True)
        if after is not None:
            logged.keep(after)
    made = migrate(old, new, logged.read(), id="w", private=logged.private)
    event(made.verdict)
    if made.verdict in ("clean", "asks again"):
        versions = {old.logic: old, new.logic: new}
        logged.keep(made.walk)
        assert replay(versions, "w", logged.read(), logged.private) == logged.walk


def test_a_log_of_another_tree_is_told() -> None:
    old = tree_of({"node": {"tell": "One.", "next": "a"}})
    other = tree_of({"node": {"tell": "One.", "next": "b"}})
    log: list[Any] = []
    _walked(old, {"answers": []}, log)
    with pytest.raises(Exception, match="there is no version of the tree"):
        migrate(other, old, log, id="w")
