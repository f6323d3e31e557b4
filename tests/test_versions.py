"""Versions of trees: kept as they are served, rebuilt from what was kept, whatever the folder holds."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine import walk as walks
from engine.errors import FingerpostError
from engine.load import Examined, examine
from engine.stores.memory import Memory
from engine.versions import rebuilt, source
from tests.kinds import FILES, kinds, write
from tests.served import examined
from web.desk import Desk

GIVEN = {"colour": "red"}


@pytest.mark.parametrize("library", ["shipped", "kinds"])
def test_every_version_is_rebuilt_from_what_is_kept_of_it(library: str) -> None:
    """The hashes of the tree, and of its words in all languages, come out as they went in."""
    found = examined() if library == "shipped" else kinds()
    for tree in found.libraries[0].trees.values():
        again = rebuilt(source(found.libraries[0], tree), tree.logic)
        assert (again.id, again.logic, again.text) == (tree.id, tree.logic, tree.text)
        assert again.translations.keys() == tree.translations.keys()


def test_only_what_a_tree_stands_on_is_kept() -> None:
    library = examined().libraries[0]
    kept = json.loads(source(library, library.trees["internet_down"]))
    uses = library.trees["internet_down"].uses
    assert {Path(name).name.partition(".")[0] for name in kept} == {
        "library", "internet_down", *uses,
    }  # fmt: skip
    assert "telecom/internet_down.fr.yaml" in kept
    assert not any("stories" in name for name in kept)


def test_a_table_is_kept_with_the_trees_that_look_things_up_in_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "library.yaml": """
format: 1
currency: EUR
actions:
  price:
    takes: {code: text}
    exits: {found: {price: integer}, none: {}}
    failed: none
    table: {file: prices.csv, match: {code: "== code"}}
""",
            "prices.csv": "code,price\na,1\nb,2\n",
            "looks.yaml": """
format: 1
title: Looks
start: which
nodes:
  which: {ask: Which?, fields: {code: {type: text}}, next: look}
  look: {run: price, with: {code: which.code}, exits: {found: done, none: done}}
  done: {end: Done.}
""",
            "plain.yaml": "format: 1\ntitle: Plain\nstart: done\nnodes:\n  done: {end: Done.}\n",
        },
    )
    found = examine(tmp_path)
    assert not found.errors
    library = found.libraries[0]
    assert "prices.csv" in json.loads(source(library, library.trees["looks"]))
    assert "prices.csv" not in json.loads(source(library, library.trees["plain"]))
    tree = library.trees["looks"]
    assert rebuilt(source(library, tree), tree.logic).text == tree.text
    assert rebuilt(source(library, library.trees["plain"]), library.trees["plain"].logic)


def test_what_was_read_is_kept_not_what_stands_there_by_now(tmp_path: Path) -> None:
    """A save that is broken, or not read yet, must not stand for the version that is walked."""
    folder = write(tmp_path / "trees")
    desk = Desk(examine(folder), store := Memory())
    for file in folder.rglob("*.yaml"):
        file.write_text("format: 1\nnodes: {\n")

    async def begun() -> None:
        walk = await desk.start("kinds", audience="agent", given=GIVEN)
        tree = await desk.tree_of(walk)
        shutil.rmtree(folder)
        kept = await store.tree(tree.logic)
        assert kept is not None
        assert rebuilt(kept, tree.logic).text == tree.text

    asyncio.run(begun())


def changed(folder: Path, name: str, old: str, new: str) -> Examined:
    file = folder / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    return examine(folder)


def test_a_walk_goes_on_after_its_folder_changed_completely(tmp_path: Path) -> None:
    """In this process, and in one that has never seen the version."""
    folder = write(tmp_path / "one")
    other = write(tmp_path / "other", {
        "library.yaml": "format: 1\n",
        "else.yaml": "format: 1\ntitle: Else\nstart: a\nnodes:\n  a: {end: All.}\n",
    })  # fmt: skip

    async def walked() -> None:
        store = Memory()
        desk = Desk(examine(folder), store)
        walk = await desk.start("kinds", audience="agent", given=GIVEN)
        desk.take_in(examine(other))
        for at in (desk, Desk(examine(other), store)):
            now = await at.walk(walk.id)
            tree = await at.tree_of(now)
            assert walks.prompt(tree, now) is not None
            made = await at.move(
                walk.id, lambda tree, w, when, ref: walks.answer(tree, w, None, at=when, by="x", ref=ref),
                seq=now.seq,
            )  # fmt: skip
            assert made.seq == now.seq + 1

    asyncio.run(walked())


def test_new_words_reach_an_open_walk_and_are_kept_new_logic_does_not(tmp_path: Path) -> None:
    folder = write(tmp_path)

    def tell(desk: Desk, id: str) -> str:
        async def shown() -> str:
            walk = await desk.walk(id)
            prompt = walks.prompt(await desk.tree_of(walk), walk)
            assert prompt is not None
            return repr(prompt)

        return asyncio.run(shown())

    store = Memory()
    desk = Desk(examine(folder), store)
    walk = asyncio.run(desk.start("kinds", audience="agent", given=GIVEN))
    assert "Good day" in tell(desk, walk.id)
    found = changed(folder, "kinds/kinds.yaml", "Good day", "Good morning")
    assert desk.take_in(found) == []
    assert "Good morning" in tell(desk, walk.id)
    # Logic and words: the walk has the words that its logic had last.
    assert desk.take_in(changed(folder, "kinds/kinds.yaml", "wait: 90s", "wait: 60s")) == []
    assert desk.take_in(changed(folder, "kinds/kinds.yaml", "Good morning", "Good night")) == []
    assert "Good morning" in tell(desk, walk.id)
    new = asyncio.run(desk.start("kinds", audience="agent", given=GIVEN))
    assert "Good night" in tell(desk, new.id)


def test_words_are_kept_when_a_move_is_made_on_them(tmp_path: Path) -> None:
    """Which consent was read can be shown years later: also where no walk began with it."""
    folder = write(tmp_path)
    store = Memory()
    desk = Desk(examine(folder), store)

    async def moved() -> None:
        walk = await desk.start("kinds", audience="agent", given=GIVEN)
        desk.take_in(changed(folder, "kinds/kinds.yaml", "word for word", "exactly as it stands"))
        await desk.move(
            walk.id,
            lambda tree, w, at, ref: walks.answer(tree, w, None, at=at, by="x", ref=ref),
            seq=walk.seq,
        )
        tree = desk.tree("kinds")
        kept = await store.tree(tree.logic)
        assert kept is not None
        assert "exactly as it stands" in kept

    asyncio.run(moved())


def test_a_version_that_files_do_not_give_is_refused() -> None:
    library = kinds().libraries[0]
    kept = source(library, library.trees["kinds"])
    with pytest.raises(FingerpostError, match="can no longer be built"):
        rebuilt(kept, "0" * 64)


def test_a_tree_that_was_taken_in_later_is_found_in_the_library(tmp_path: Path) -> None:
    from tests.served import served

    folder = write(tmp_path)
    with served(examine(folder)) as app:
        extra = FILES["kinds/salam.yaml"].replace("title: سلام", "title: Peace")
        write(folder, {"kinds/peace.yaml": extra})
        assert app.desk.take_in(examine(folder)) == []
        assert "Peace" in app.client.get("/").text


def test_what_another_process_did_is_followed_not_read_from_the_beginning(tmp_path: Path) -> None:
    """Two processes over one record, by turns: the log is read from the beginning once."""
    store = Memory()
    one, other = (Desk(kinds(), store) for _ in range(2))
    whole: list[int] = []

    async def counted(id: str, *, after: int = 0) -> Any:
        whole.append(after)
        return await Memory.events(store, id, after=after)

    async def walked() -> None:
        walk = await one.start("kinds", audience="agent", given=GIVEN)
        for n in range(8):
            at = (one, other)[n % 2]
            walk = await at.walk(walk.id)
            if n % 2:
                walk = await at.move(
                    walk.id, lambda t, w, at, ref: walks.back(t, w, at=at), seq=walk.seq
                )
            else:
                walk = await at.move(
                    walk.id, lambda t, w, at, ref: walks.answer(t, w, None, at=at, by="x", ref=ref),
                    seq=walk.seq,
                )  # fmt: skip
            assert (await at.walk(walk.id)).seq == walk.seq  # the page after it
        assert (
            await one.walk(walk.id)
            == await other.walk(walk.id)
            == await Desk(kinds(), store).walk(walk.id)
        )

    store.events = counted  # type: ignore[method-assign, assignment]
    asyncio.run(walked())
    assert whole.count(0) == 2, whole  # by the second process, and by the third
