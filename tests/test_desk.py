"""What a desk holds of a walk while others erase, move or reload it: two desks over one store are
two workers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from engine import walk as walks
from engine.load import Examined, examine
from engine.model import Noted, Walk
from engine.stores.memory import Memory
from tests.kinds import write
from web import held
from web.desk import Desk, noted
from web.pages.frames import Frames
from web.pages.recorded import Records
from web.serving.app import create_app

TREE = """
format: 1
title: One
given:
  caller: {type: text, label: Caller, private: true, required: false}
start: who
nodes:
  who: {ask: "Who?", fields: {name: {type: text, label: Name, private: true}}, next: more}
  more: {ask: "{who.name}: more?", choices: {yes: again, no: over}}
  again: {ask: "{who.name}: OLD words?", choices: {yes: more, no: over}}
  over: {end: Done.}
"""


def trees(folder: Path, text: str = TREE) -> Examined:
    found = examine(write(folder, {"library.yaml": "format: 1\n", "one.yaml": text}))
    assert not found.errors, found.errors
    return found


def answered(value: Any) -> Any:
    return lambda tree, walk, at, ref: walks.answer(tree, walk, value, at=at, by="ann", ref=ref)


async def shown(desk: Desk, id: str, at: str = "") -> str:
    walk = await desk.walk(id, at)
    prompt = walks.prompt(await desk.tree_of(walk), walk)
    assert prompt is not None
    return prompt.say


async def begun(desk: Desk) -> Walk:
    walk = await desk.start("one", audience="agent")
    return await desk.move(walk.id, answered({"name": "Secret"}), seq=walk.seq)


def meanwhile(store: Any, what: Callable[[], Awaitable[Any]], *, first: bool) -> None:
    """Do this while the next move is being kept: before the store has it, or behind."""
    real = store.append

    async def append(*given: Any, **more: Any) -> Any:
        store.append = real
        if first:
            await what()
        found = await real(*given, **more)
        if not first:
            await what()
        return found

    store.append = append


def test_what_another_worker_erased_is_not_shown_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        store = Memory()
        here, there = Desk(trees(tmp_path), store), Desk(trees(tmp_path), store)
        walk = await begun(here)
        await there.store.erase(walk.id, at=there.clock(), by="boss")
        walk = await here.move(walk.id, answered("yes"), seq=walk.seq)
        monkeypatch.setattr(held, "SURE_FOR", 0.0)  # five seconds later
        assert "Secret" not in await shown(here, walk.id, str(walk.seq))
        walk = await here.move(walk.id, answered("yes"), seq=walk.seq)
        assert "Secret" not in await shown(here, walk.id, str(walk.seq))

    asyncio.run(work())


def test_what_is_erased_while_a_move_is_kept_does_not_come_back(tmp_path: Path) -> None:
    async def work() -> None:
        desk = Desk(trees(tmp_path), Memory())
        walk = await begun(desk)

        async def erase() -> None:
            await desk.store.erase(walk.id, at=desk.clock(), by="boss")
            assert "Secret" not in await shown(desk, walk.id)  # somebody else looks

        meanwhile(desk.store, erase, first=True)
        moved = await desk.move(walk.id, answered("yes"), seq=walk.seq)
        for at in ("", str(moved.seq)):
            assert "Secret" not in await shown(desk, moved.id, at)

    asyncio.run(work())


def test_words_that_come_while_a_move_is_kept_are_shown(tmp_path: Path) -> None:
    async def work() -> None:
        desk = Desk(trees(tmp_path), Memory())
        newer = trees(tmp_path, TREE.replace("OLD", "NEW"))
        walk = await begun(desk)

        async def reload() -> None:
            assert desk.take_in(newer) == []

        meanwhile(desk.store, reload, first=False)
        moved = await desk.move(walk.id, answered("yes"), seq=walk.seq)
        assert "NEW words" in await shown(desk, moved.id)

    asyncio.run(work())


def test_what_was_known_is_made_anew_once_it_is_erased(tmp_path: Path) -> None:
    async def work() -> None:
        desk = Desk(trees(tmp_path), Memory())
        records, tree = Records(desk, Frames()), desk.tree("one")
        walk = await desk.start("one", audience="agent", given={"caller": "Secret"})
        assert "Secret" in (await records.whole(tree, walk)).known
        await desk.store.erase(walk.id, at=desk.clock(), by="boss")
        record = await records.whole(tree, await desk.walk(walk.id))
        assert record.known
        assert "Secret" not in record.known

    asyncio.run(work())


def note(desk: Desk, text: str) -> Any:
    return noted(Noted(at=desk.clock(), actor="ann", text=text, node="who"))


def test_a_note_is_shown_once_whoever_was_first(tmp_path: Path) -> None:
    """A page is put together while a note is kept, and a page that is behind the store."""

    async def work() -> None:
        desk = Desk(trees(tmp_path), Memory())
        records, tree = Records(desk, Frames()), desk.tree("one")
        first = await desk.start("one", audience="agent")
        second = await desk.move(first.id, note(desk, "N1"), seq=None)
        desk.held.clear()  # all is read from the store, which is ahead of the first page
        await records.whole(tree, first)
        found = await asyncio.gather(*(records.whole(tree, w) for w in (second, first, second)))
        assert [line.answered for line in found[0].notes] == ["N1"]

    asyncio.run(work())


@pytest.mark.parametrize("page", ["/walks/{id}/%C2%B2", "/help/walks/{id}/%C2%B2"])
def test_a_number_that_is_none_leads_to_where_the_walk_stands(tmp_path: Path, page: str) -> None:
    async def work() -> None:
        desk = Desk(trees(tmp_path), Memory())
        walk = await desk.start("one", audience="agent")
        door = httpx2.ASGITransport(app=create_app(desk))
        async with httpx2.AsyncClient(transport=door, base_url="http://127.0.0.1") as client:
            answer = await client.get(page.format(id=walk.id))
        assert answer.status_code in (303, 404)

    asyncio.run(work())
