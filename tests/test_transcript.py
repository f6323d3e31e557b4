"""A walk as text: a line for whatever can happen, in the walk's language."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from msgspec.structs import replace

from engine.load import examine
from engine.model import (
    ActionStarted,
    AnyEvent,
    Closed,
    Event,
    FollowedUp,
    HandedTo,
    Jumped,
    LanguageSet,
    Migrated,
    Noted,
    Parked,
    Resumed,
    Surveyed,
)
from engine.record import chain
from engine.stores.memory import Memory
from engine.walk import answer, back
from web.desk import Desk, Moved
from web.exports.cells import type_of
from web.pages import wording
from web.pages.transcript import _BESIDE, as_rows, transcript

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIBRARY = """
format: 1
teams: {tier2: {label: Second level}}
dispositions: {done: {label: Done}}
"""
TREE = """
format: 1
title: Who is it
start: who
nodes:
  who: {ask: Who are you?, fields: {name: {type: text, private: true}, town: text}, next: sure}
  sure: {ask: "Is that right, {who.name}?", choices: {yes: done, no: who}}
  done: {end: "Thank you, {who.name}.", disposition: done}
allow: [{check: untold, why: A test has no stories.}, {check: endless, why: They may ask again.}]
"""
BESIDE: list[Event] = [
    Noted(at=NOON, text="called\ntwice"),
    ActionStarted(at=NOON, request="r", action="look_up"),
    ActionStarted(at=NOON, request="r", action="look_up", attempt=2),
    Jumped(at=NOON, node="sure", reason="wrong branch"),
    LanguageSet(at=NOON, language="fr"),
    HandedTo(at=NOON, to="tier2", reason="too hard"),
    HandedTo(at=NOON, to="person:p_2", reason="knows it"),
    HandedTo(at=NOON, to="second_line"),
    Parked(at=NOON, reason="calls back"),
    Resumed(at=NOON, actor="p_1"),
    FollowedUp(at=NOON, promise="t.n.0", result="not_reached", note="rings again"),
    Migrated(at=NOON, old="a", new="b"),
    Surveyed(at=NOON, survey="s", rating=4, comment="quick"),
    Closed(at=NOON, summary="all done"),
]
PEOPLE = {"p_1": "Bob", "p_2": "Cid"}
SAID = """\
Who is it
started 2 Mar 2026 12:01 pm UTC
{erased}
12:02:00  Who are you?
          Name: {name}; Town: Bath
12:04:00  (one step back)
12:05:00  Is that right, {name}?
          Yes
12:00:00  (note)
          called
          twice
12:00:00  (begun: look up)
12:00:00  (begun again: look up)
12:00:00  (jumped to: sure)
          wrong branch
12:00:00  (language: fr)
12:00:00  (handed to: Second level)
          too hard
12:00:00  (handed to: Cid)
          knows it
12:00:00  (handed to: second line)
12:00:00  (parked)
          calls back
12:00:00  (taken up again by Bob)
12:00:00  (follow-up: not reached)
          rings again
12:00:00  (goes on in a new version of the tree)
12:00:00  (rated: 4)
          quick
12:00:00  (closed)
          all done

Thank you, {name}.
"""


def says(value: object) -> Moved:
    return lambda tree, walk, at, ref: answer(tree, walk, value, at=at, ref=ref)


async def _told(folder: Path, language: str, erase: bool) -> str:
    (folder / "library.yaml").write_text(LIBRARY)
    (folder / "who.yaml").write_text(TREE)
    times: Iterator[datetime] = (NOON + timedelta(minutes=n) for n in range(1, 99))
    store = Memory()
    desk = Desk(examine(folder), store, clock=lambda: next(times), new_id=lambda at: "w")
    await desk.start("who")
    moves = (
        says({"name": "Ana", "town": "Bath"}), says("no"),
        lambda tree, walk, at, ref: back(tree, walk, at=at), says("yes"),
    )  # fmt: skip
    for move in moves:
        await desk.move("w", move, seq=None)
    await desk.walk("w")  # the page after an answer is not looked up; from then on it is
    if erase:
        await store.erase("w", at=NOON + timedelta(days=1))
    walk, row = await desk.walk("w"), await store.walk("w")
    assert row is not None
    log = await store.events("w")
    log += chain("w", BESIDE, after=log[-1].seq, prev=log[-1].hash)
    there = replace(walk, state=replace(walk.state, language=language))
    return transcript(await desk.tree_of(walk), there, log, erased=row.erased, people=PEOPLE)


def told(folder: Path, language: str = "en", erase: bool = False) -> str:
    return asyncio.run(_told(folder, language, erase))


def test_whatever_can_happen_has_a_line() -> None:
    kinds = {kind.__struct_config__.tag for kind in get_args(AnyEvent)}
    asked = {"started", "answered", "continued", "action_finished"}
    assert _BESIDE.keys() | asked == kinds
    assert {type_of(event) for event in BESIDE} == _BESIDE.keys() - {"went_back", "changed"}


def test_a_walk_as_text(tmp_path: Path) -> None:
    assert told(tmp_path) == SAID.format(name="Ana", erased="")


def test_what_was_erased_is_said_to_be(tmp_path: Path) -> None:
    erased = "personal values were erased on 3 Mar 2026 12:00 pm UTC\n"
    assert told(tmp_path, erase=True) == SAID.format(name="(erased)", erased=erased)


def test_it_speaks_the_language_of_the_walk(tmp_path: Path) -> None:
    text = told(tmp_path, "fr", erase=True)
    for words in (
        "commencé le 2 mars 2026", "les données personnelles ont été effacées le", "(effacé)",
        "(une étape en arrière)", "(commencé : look up)", "(transmis à : Second level)",
        "(repris par Bob)", "(clos)",
    ):  # fmt: skip
        assert words in text
    for words in ("started", "erased", "begun", "taken up"):
        assert words not in text


def test_beside_arabic_what_was_typed_keeps_its_direction(tmp_path: Path) -> None:
    async def rows() -> list[tuple[str, ...]]:
        (tmp_path / "library.yaml").write_text(LIBRARY)
        (tmp_path / "who.yaml").write_text(TREE)
        desk = Desk(examine(tmp_path), Memory())
        walk = await desk.start("who")
        await desk.move(walk.id, says({"name": "Ana", "town": "2026-11-25"}), seq=None)
        walk = await desk.walk(walk.id)
        there = replace(walk, state=replace(walk.state, language="ar"))
        tree = await desk.tree_of(walk)
        assert "Town: \u20682026-11-25\u2069" in transcript(tree, there)
        assert "\u2068" not in transcript(tree, walk)
        return as_rows(tree, there)

    assert [row[-1] for row in asyncio.run(rows())] == ["Name: Ana; Town: 2026-11-25"]


def test_a_personal_value_is_put_into_words_and_not_kept() -> None:
    before = wording._said_before.cache_info().currsize
    assert wording.spoken("date", "1957-08-31", "en", "", private=True) == "31 August 1957"
    assert wording._said_before.cache_info().currsize == before
    assert wording.spoken("date", "1957-08-30", "en", "") == "30 August 1957"
    assert wording._said_before.cache_info().currsize == before + 1
