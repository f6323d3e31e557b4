"""A walk is its log: read again it is the same walk, to the byte, and an altered log shows.

Walks are random, by every kind of move; logs go through JSON and through every store.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.errors import Fault, NotThere
from engine.model import Chain, Event, Move, Step, Tree, Walk
from engine.record import Stored, broken, chain, genesis, link, pack
from engine.replay import follow, replay
from engine.stores import STORES, Head, open_store
from engine.walk import steps, values
from tests.random_trees import trees
from tests.rows import tree_of
from tests.store_urls import url_of
from tests.test_nodes import ROWS, _walked
from tests.walkers import Logged, begun, moved, profile, tree_from, walked


def spelled(walk: Walk) -> str:
    """The whole walk in one spelling: its state, its past, its secrets."""
    return repr(replace(walk, past=None, state=replace(walk.state, steps=None))) + "".join(
        repr(replace(past, state=replace(past.state, steps=None)))
        if hasattr(past, "state")
        else repr(past)
        for chain in (walk.past, walk.state.steps)
        for past in _links(chain)
    )


def _links(chain: Chain | None) -> Iterator[Any]:
    while chain is not None:
        yield chain.last
        chain = chain.rest


def again(logged: Logged, events: list[Event] | None = None) -> Walk:
    log = logged.read() if events is None else events
    return replay({logged.tree.logic: logged.tree}, "w", log, logged.private)


# ---------------------------------------------------------------------------- the same, to the byte


def _is_its_log(data: dict[str, Any], more: st.DataObject, moves: int) -> None:
    tree = tree_from(data)
    logged = None if tree is None else begun(more.draw, tree)
    if logged is None:
        event("tree: not sound")
        return
    assert spelled(again(logged)) == spelled(logged.walk)
    for _ in range(moves):
        after = moved(more.draw, logged)
        if after is None:
            continue
        logged.keep(after)
        event(f"made: {type(logged.log[-1]).__name__}")
        found = again(logged)
        assert spelled(found) == spelled(logged.walk)
        assert found == logged.walk
        bytes_ = [msgspec.json.encode(made) for made in logged.log]
        assert [msgspec.json.encode(made) for made in logged.read()] == bytes_


@profile(25)
@given(trees(), st.data())
def test_a_walk_is_its_log(data: dict[str, Any], more: st.DataObject) -> None:
    _is_its_log(data, more, 10)


@pytest.mark.slow
@profile(300)
@given(trees(), st.data())
def test_a_walk_is_its_log_on_many(data: dict[str, Any], more: st.DataObject) -> None:
    _is_its_log(data, more, 20)


@profile(6)
@given(trees(daring=False), st.data())
def test_a_walk_is_its_log_in_every_store(data: dict[str, Any], more: st.DataObject) -> None:
    """Kept move by move, and read anew between all of them."""
    tree = tree_from(data)
    logged = None if tree is None else walked(more.draw, tree, 8)
    if logged is None:
        return
    head = Head(tree="tree", logic=logged.tree.logic, status="asking", node="n0")

    async def through(url: str) -> Walk:
        store = await open_store(url)
        for n, made in enumerate(logged.log):
            private = {r: v for r, v in logged.private.items() if f'"{r}"' in _json(made)}
            await store.append("w", [made], after=n, head=head, private=private)
            if url != "memory:":
                await store.close()
                store = await open_store(url)
        kept = await store.events("w")
        assert broken("w", kept) == ""
        secrets = await store.private("w")
        await store.close()
        log = [stored.event for stored in kept]
        return replay({logged.tree.logic: logged.tree}, "w", log, secrets)

    with tempfile.TemporaryDirectory() as folder:
        for kind in STORES:
            url = url_of(kind, Path(folder))
            found = asyncio.run(through(url))
            assert spelled(found) == spelled(logged.walk), kind


def _followed(data: dict[str, Any], more: st.DataObject, moves: int) -> None:
    tree = tree_from(data)
    logged = None if tree is None else walked(more.draw, tree, moves)
    if logged is None:
        event("tree: not sound")
        return
    log = logged.read()
    for n in range(1, len(log) + 1):
        held = again(logged, log[:n])
        found = follow(logged.tree, held, log[n:], logged.private)
        assert spelled(found) == spelled(logged.walk), n
        assert found == logged.walk


@profile(25)
@given(trees(), st.data())
def test_what_another_process_did_is_followed_from_anywhere(
    data: dict[str, Any], more: st.DataObject
) -> None:
    """As if all of it had been read from the beginning."""
    _followed(data, more, 8)


@pytest.mark.slow
@profile(200)
@given(trees(), st.data())
def test_what_another_process_did_is_followed_on_many(
    data: dict[str, Any], more: st.DataObject
) -> None:
    _followed(data, more, 15)


def _json(made: Event) -> str:
    return msgspec.json.encode(made).decode()


# ------------------------------------------------------------------------------- an altered log


def _told(logged: Logged, log: list[Event], n: int) -> None:
    """Event ``n`` (from 1) or one behind it is named."""
    with pytest.raises((Fault, NotThere)) as told:
        again(logged, log)
    if isinstance(told.value, NotThere):
        assert "there is no version of the tree" in str(told.value)
        return
    words = str(told.value)
    assert "walk w" in words
    named = [word for word in words.replace(":", " ").split() if word.isdigit()]
    assert int(named[0]) >= n, words


def _other(value: Any) -> Any:
    match value:
        case str():
            return value + "x"
        case bool():
            return not value
        case int():
            return value + 1
        case tuple() | list():
            return (*value, *value) or (Step("t", "n", None, 1),)
        case dict():
            return {**value, "nothing_of_the_kind": "x"}
        case None:
            return {"of the kind": "x"}
        case _:
            return value + timedelta(days=400)


# They belong to who moved and when, not to where: only the chain of hashes holds them.
_ONLY_CHAINED = {"at", "actor", "client_id", "text", "reference", "reason"}


@profile(15)
@given(trees(daring=False), st.data())
def test_an_altered_event_is_told(data: dict[str, Any], more: st.DataObject) -> None:
    """Any field of any event that decides a way, any event left out, doubled or in another place."""
    tree = tree_from(data)
    logged = None if tree is None else walked(more.draw, tree, 9)
    if logged is None:
        return
    log = logged.read()
    for n, made in enumerate(log):
        if not isinstance(made, Move):
            continue
        for name in made.__struct_fields__:
            if name in _ONLY_CHAINED:
                continue
            if name in ("audience", "channel", "language"):
                continue  # another may lead the same way: see the chain
            altered = replace(made, **{name: _other(getattr(made, name))})
            _told(logged, [*log[:n], altered, *log[n + 1 :]], n + 1)


@profile(15)
@given(trees(daring=False), st.data())
def test_no_altered_log_gives_the_walk_that_it_was(
    data: dict[str, Any], more: st.DataObject
) -> None:
    """What replay alone cannot tell, the chain of hashes does: nothing passes both."""
    tree = tree_from(data)
    logged = None if tree is None else walked(more.draw, tree, 8)
    if logged is None:
        return
    kept = chain("w", logged.read(), after=0, prev=genesis("w"))
    last = (len(kept), kept[-1].hash)
    assert broken("w", kept, last) == ""
    for n, stored in enumerate(kept):
        for name in stored.event.__struct_fields__:
            altered = replace(stored.event, **{name: _other(getattr(stored.event, name))})
            log = [*kept[:n], replace(stored, event=altered), *kept[n + 1 :]]
            assert broken("w", log, last) == f"walk w: event {n + 1} was altered", name
            # With its own hash made to fit, the next one does not follow.
            fitting = replace(stored, event=altered, hash=link(stored.prev, n + 1, pack(altered)))
            log = [*kept[:n], fitting, *kept[n + 1 :]]
            assert broken("w", log, last) == (
                f"walk w: event {n + 2} does not follow from the one before it"
                if n + 1 < len(kept)
                else f"walk w: event {n + 1} is not the one that was kept last"
            )
        left_out: list[Stored] = [*kept[:n], *kept[n + 1 :]]
        assert broken("w", left_out, last) == f"walk w: event {n + 1} is missing"
        doubled: list[Stored] = [*kept[: n + 1], *kept[n:]]
        assert broken("w", doubled, last)
        swapped = [*kept]
        swapped[n], swapped[n - 1] = swapped[n - 1], swapped[n]
        assert (broken("w", swapped, last) == "") == (len(kept) == 1)


def test_a_log_that_does_not_begin_is_told() -> None:
    tree = tree_of({"node": {"tell": "One.", "next": "a"}})
    log: list[Any] = []
    _walked(tree, {"answers": [None]}, log)
    trees_ = {tree.logic: tree}
    for events, words in (
        ([], "walk w has no events"),
        (log[1:], "event 1 of walk w cannot be made again: the log does not begin"),
        ([log[0], log[0]], "event 2 of walk w cannot be made again: a walk starts once"),
    ):
        with pytest.raises(Fault, match=words):
            replay(trees_, "w", events)
    with pytest.raises(NotThere, match="there is no version of the tree"):
        replay({}, "w", log)


# ------------------------------------------------------------------------------ erased values


@pytest.mark.parametrize(("verb", "row"), [(v, r) for v, r in ROWS if "secret" in r])
def test_what_is_erased_is_left_out_and_the_steps_stay(verb: str, row: dict[str, Any]) -> None:
    tree = tree_of(row)
    log: list[Any] = []
    walk = _walked(tree, row, log)
    found = replay({tree.logic: tree}, "w", log, {})
    _same_but_for_values(tree, found, walk)


def _same_but_for_values(tree: Tree, found: Walk, walk: Walk) -> None:
    assert steps(found) == steps(walk)
    assert found.state.status == walk.state.status
    assert found.state.outcome == walk.state.outcome
    places = [(f.tree, f.node) for f in walk.state.frames]
    assert [(f.tree, f.node) for f in found.state.frames] == places
    known, shown = values(walk), values(found)
    assert known.keys() == shown.keys()
    for name, value in known.items():
        assert shown[name] in (value, "(erased)")


def _erased_walks(data: dict[str, Any], more: st.DataObject, moves: int) -> None:
    tree = tree_from(data)
    logged = None if tree is None else walked(more.draw, tree, moves)
    if logged is None or not logged.private:
        event("nothing private")
        return
    gone = more.draw(st.lists(st.sampled_from(sorted(logged.private)), min_size=1, unique=True))
    left = {ref: value for ref, value in logged.private.items() if ref not in gone}
    found = replay({logged.tree.logic: logged.tree}, "w", logged.read(), left)
    event("erased")
    _same_but_for_values(logged.tree, found, logged.walk)
    twice = replay({logged.tree.logic: logged.tree}, "w", logged.read(), left)
    assert spelled(twice) == spelled(found)


@profile(40)
@given(trees(daring=False), st.data())
def test_a_walk_whose_values_are_erased_takes_its_recorded_steps(
    data: dict[str, Any], more: st.DataObject
) -> None:
    _erased_walks(data, more, 10)


@pytest.mark.slow
@profile(300)
@given(trees(daring=False), st.data())
def test_many_walks_whose_values_are_erased_take_their_recorded_steps(
    data: dict[str, Any], more: st.DataObject
) -> None:
    _erased_walks(data, more, 20)


SECRET: dict[str, Any] = {
    "node": {"ask": "Age?", "fields": {"age": {"type": "integer", "private": True}}, "next": "d"},
    "nodes": {
        "d": {"decide": [{"when": "n.age > 17", "next": "grown"}], "otherwise": "child"},
        "grown": {"ask": "Sure, {n.age}?", "choices": {"yes": "z", "no": "n"}},
        "child": {"tell": "Too young, {half}.", "next": "z"},
    },
    "tree": {"facts": {"half": "n.age / 2"}},
}


def test_how_an_erased_value_decided_is_read_from_the_log() -> None:
    tree = tree_of(SECRET)
    for age, node in ((40, "grown"), (9, "child")):
        log: list[Any] = []
        walk = _walked(tree, {"answers": [{"age": age}]}, log)
        found = replay({tree.logic: tree}, "w", log, {})
        assert found.state.frames[-1].node == node
        assert values(found) == {"n.age": "(erased)"}
        _same_but_for_values(tree, found, walk)
        altered = replace(log[1], steps=(log[1].steps[0], replace(log[1].steps[1], exit="gone")))
        with pytest.raises(Fault, match=r"event 2 of walk w .* no value that was erased explains"):
            replay({tree.logic: tree}, "w", [log[0], altered], {})


def test_erased_values_are_no_hindrance_to_changed_answers_and_detours() -> None:
    """Back, a changed answer, and given values: all were made while the values were known."""
    tree = tree_of(
        {
            "node": {"ask": "Which?", "choices": {"x": "f", "y": "f"}},
            "nodes": {
                "f": SECRET["node"],
                **SECRET["nodes"],
                "d": {"decide": [{"when": "f.age > min_age", "next": "grown"}], "otherwise": "z"},
                "grown": {"ask": "Sure?", "choices": {"yes": "z", "no": "n"}},
                "child": {"tell": "Too young.", "next": "z"},
            },
            "tree": {"given": {"min_age": {"type": "integer", "private": True}}},
        }
    )
    log: list[Any] = []
    row = {
        "given": {"min_age": 17},
        "answers": ["x", {"age": 40}, {"rebase": {"n": "y"}}, {"back": True}, {"age": 50}, "no"],
    }
    walk = _walked(tree, row, log)
    for private in ({}, {"r0": {"min_age": "17"}}, dict(list(walk.secrets.items())[1:])):
        found = replay({tree.logic: tree}, "w", log, private)
        _same_but_for_values(tree, found, walk)
