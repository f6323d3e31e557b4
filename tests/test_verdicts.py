"""Of several workers one proves a changed tree, and the others are told; nobody serves what was not
proved."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreError
from engine.library import Library, read_library
from engine.load import Examined, examine, prove
from engine.stores.memory import Memory
from engine.verdicts import content, told, verdict
from tests.kinds import write
from tests.servers import lamp
from tests.test_examined_again import EDITS, FILES
from web.desk import Desk
from web.serving import judging
from web.serving.judging import DEAD, KIND, Judge


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    return lamp(tmp_path / "trees")


class Worker:
    """A worker that read the folder as it stood at first."""

    def __init__(self, trees: Path, store: Memory) -> None:
        self.desk = Desk(examine(trees), store)
        self.judge = Judge(self.desk, None, clock=lambda: self.now)
        self.judge.every = 0
        self.now = 0.0
        self.looks = 0
        self.each_look: Callable[[int], Awaitable[object]] | None = None

    async def unchanged(self) -> bool:
        self.looks += 1
        if self.each_look is not None:
            await self.each_look(self.looks)
        return True

    async def looks_at(self, trees: Path) -> Examined | None:
        return await self.judge.examined(trees, self.unchanged)


Make = Callable[..., Worker]


@pytest.fixture
def store() -> Memory:
    return Memory()


@pytest.fixture
def worker(trees: Path, store: Memory) -> Make:
    return lambda: Worker(trees, store)


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The contents that were proved, by whichever worker."""
    found: list[str] = []

    def counted(library: Library, before: Examined | None = None) -> Examined:
        found.append(content(library))
        return prove(library, before)

    monkeypatch.setattr(judging, "prove", counted)
    return found


def key(trees: Path) -> str:
    return content(read_library(trees))


def title(worker: Worker) -> str:
    return worker.desk.trees["lamp"].title.source


def test_what_one_has_proved_the_others_are_told(
    trees: Path, worker: Make, proofs: list[str]
) -> None:
    first, second = worker(), worker()
    lamp(trees, title="Light", **{"no: plug, yes: done": "yes: done, no: plug, maybe: plug"})
    found = asyncio.run(first.looks_at(trees))
    again = asyncio.run(second.looks_at(trees))
    assert proofs == [key(trees)], "one proof for both"
    assert found
    assert again
    assert again.findings == found.findings
    assert again.explored["lamp"].tree is not again.trees["lamp"], "nothing was explored for it"
    assert second.desk.take_in(again) == first.desk.take_in(found) == []
    assert title(second) == title(first) == "Light"
    assert second.desk.trees.keys() == first.desk.trees.keys()


def test_whoever_was_told_leaves_the_next_proof_to_him_who_proved(
    trees: Path, worker: Make, proofs: list[str]
) -> None:
    first, second = worker(), worker()
    lamp(trees, **{"no: plug, yes: done": "yes: done, no: plug, maybe: plug"})
    for one in (first, second):
        found = asyncio.run(one.looks_at(trees))
        assert found
        assert one.desk.take_in(found) == []
    lamp(trees, title="Light", **{"no: plug, yes: done": "yes: done, no: plug, maybe: plug"})

    async def leaves_it(look: int) -> None:
        if look == 3:
            assert len(proofs) == 1
            await first.looks_at(trees)

    second.each_look = leaves_it
    assert asyncio.run(second.looks_at(trees))
    assert second.looks == 3
    assert len(proofs) == 2
    lamp(trees, title="Lantern", **{"no: plug, yes: done": "yes: done, no: plug, maybe: plug"})

    async def nobody_does(look: int) -> None:
        second.now += 0.4

    second.each_look = nobody_does
    assert asyncio.run(second.looks_at(trees))
    assert len(proofs) == 3


def test_of_several_at_once_one_proves(trees: Path, worker: Make, proofs: list[str]) -> None:
    workers = [worker() for _ in range(4)]
    lamp(trees, title="Light")

    async def work() -> list[Examined | None]:
        return await asyncio.gather(*(one.looks_at(trees) for one in workers))

    found = asyncio.run(work())
    assert proofs == [key(trees)]
    assert all(each and each.trees["lamp"].title.source == "Light" for each in found)


def test_whoever_is_at_it_is_waited_for_as_long_as_he_lives(
    trees: Path, store: Memory, worker: Make, proofs: list[str]
) -> None:
    waiting = worker()
    lamp(trees, title="Light")

    async def signs_of_life(look: int) -> None:
        waiting.now += DEAD * 0.9
        done = look == 12
        value = verdict(prove(read_library(trees))) if done else {}
        await store.shelf.put(KIND, key(trees), value)

    waiting.each_look = signs_of_life
    found = asyncio.run(waiting.looks_at(trees))
    assert waiting.looks == 12
    assert proofs == []
    assert found
    assert found.trees["lamp"].title.source == "Light"
    assert found.sound == {"lamp"}


@pytest.mark.parametrize("value", [{}, {"sound": "all"}, {"sound": ["lamp"]}])
def test_of_one_who_is_dead_the_next_takes_over(
    trees: Path, store: Memory, worker: Make, proofs: list[str], value: Mapping[str, Any]
) -> None:
    """And what is no verdict is not believed."""
    waiting, other = worker(), worker()
    lamp(trees, title="Light")

    async def time_goes_by(look: int) -> None:
        waiting.now += DEAD * 0.3

    async def work() -> tuple[Examined | None, Examined | None]:
        await store.shelf.put(KIND, key(trees), value)
        waiting.each_look = time_goes_by
        return await waiting.looks_at(trees), await other.looks_at(trees)

    found, again = asyncio.run(work())
    assert waiting.looks > 4
    assert proofs == [key(trees)], "by the one who waited, for the other too"
    assert found
    assert again
    assert again.sound == found.sound == {"lamp"}


def test_a_verdict_on_another_content_is_not_believed(
    trees: Path, worker: Make, proofs: list[str]
) -> None:
    first, second = worker(), worker()
    lamp(trees, title="Light")
    asyncio.run(first.looks_at(trees))
    lamp(trees, title="Light", **{"no: plug, yes: done": "no: plug, yes: nowhere"})
    found = asyncio.run(second.looks_at(trees))
    assert len(proofs) == 2
    assert proofs[-1] == key(trees)
    assert found
    assert found.sound == frozenset()
    assert second.desk.take_in(found) == ["lamp"]
    assert title(second) == "Lamp"


def test_an_error_is_told_too_and_no_worker_takes_the_tree_in(
    trees: Path, worker: Make, proofs: list[str]
) -> None:
    first, second = worker(), worker()
    lamp(trees, title="Light", **{"choices: {yes: done, no: on}": "choices: {yes: on, no: on}", "yes: done": "yes: plug"})  # fmt: skip
    found = [asyncio.run(one.looks_at(trees)) for one in (first, second)]
    assert proofs == [key(trees)]
    for one, each in zip((first, second), found, strict=True):
        assert each
        assert each.errors == found[0].errors  # type: ignore[union-attr]
        assert "no-end" in {error.check for error in each.errors}, each.errors
        assert one.desk.take_in(each) == ["lamp"]
        assert title(one) == "Lamp"


class Away:
    """A shelf of a store that cannot be reached, or only read."""

    def __init__(self, shelf: Any, *, reads: bool) -> None:
        self.shelf = shelf
        self.reads = reads

    def __getattr__(self, name: str) -> Any:
        if self.reads and name == "got":
            return self.shelf.got

        async def away(*_: Any, **__: Any) -> Any:
            raise StoreError("away")

        return away


@pytest.mark.parametrize("reads", [False, True])
def test_without_a_store_everyone_proves_for_himself(
    trees: Path, store: Memory, worker: Make, proofs: list[str], reads: bool
) -> None:
    alone = worker()
    lamp(trees, title="Light")
    store.shelf = Away(store.shelf, reads=reads)  # type: ignore[assignment]
    found = asyncio.run(alone.looks_at(trees))
    assert proofs == [key(trees)]
    assert found
    assert alone.desk.take_in(found) == []
    assert title(alone) == "Light"


def test_what_cannot_be_put_down_is_taken_in_and_the_claim_is_left(
    trees: Path, store: Memory, worker: Make
) -> None:
    first = worker()
    lamp(trees, title="Light")
    put = store.shelf.put

    async def full(kind: str, name: str, value: Mapping[str, Any], **more: Any) -> int:
        if value:
            raise StoreError("the disk is full")
        return await put(kind, name, value, **more)

    store.shelf.put = full  # type: ignore[method-assign, assignment]
    found = asyncio.run(first.looks_at(trees))
    assert found
    assert found.sound == {"lamp"}
    assert asyncio.run(store.shelf.listed(KIND)) == []


def test_a_proof_that_fails_leaves_its_claim(
    trees: Path, store: Memory, worker: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = worker()
    lamp(trees, title="Light")

    def fails(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(judging, "prove", fails)
    with pytest.raises(MemoryError):
        asyncio.run(first.looks_at(trees))
    assert asyncio.run(store.shelf.listed(KIND)) == []


@pytest.mark.parametrize("at", [1, 2])
def test_a_folder_that_goes_on_changing_is_for_the_next_look(
    trees: Path, store: Memory, worker: Make, proofs: list[str], at: int
) -> None:
    first = worker()
    lamp(trees, title="Light")

    async def unchanged() -> bool:
        first.looks += 1
        return first.looks < at

    assert asyncio.run(first.judge.examined(trees, unchanged)) is None
    assert len(proofs) == at - 1
    assert asyncio.run(store.shelf.listed(KIND)) == []


# -- what a verdict is about


@pytest.mark.parametrize("edit", EDITS)
def test_the_same_content_has_the_same_verdict_wherever_it_lies(edit: str, tmp_path: Path) -> None:
    here, there = write(tmp_path / "a", FILES), write(tmp_path / "b" / "c", FILES)
    assert key(here) == key(there)
    write(here, EDITS[edit])
    assert (key(here) == key(there)) == (edit == "nothing")
    write(there, EDITS[edit])
    before, library = examine(here), read_library(there)
    found = told(library, verdict(before))
    proved = prove(library)
    assert found
    assert found.sound == proved.sound
    assert found.findings == proved.findings, "their files are named as they lie there"


def test_a_picture_that_is_gone_is_another_content(tmp_path: Path) -> None:
    tree = FILES["other.yaml"].replace(
        'ask: "Is it?",', 'ask: "Is it?", image: {file: media/a.png, alt: A},'
    )
    root = write(tmp_path, {**FILES, "other.yaml": tree, "media/a.png": "a picture"})
    with_it = key(root)
    (root / "media" / "a.png").unlink()
    assert key(root) != with_it


def test_a_table_is_part_of_the_content(tmp_path: Path) -> None:
    library = read_library(write(tmp_path, FILES))
    one, other = (
        type(library)(**{**_fields(library), "tables": {"a.csv": raw}}) for raw in (b"1", b"2")
    )
    assert len({content(library), content(one), content(other)}) == 3


def test_nothing_of_a_library_is_left_out() -> None:
    """`content` has each of these, or what it is made of; whoever adds one has to look there."""
    hashed = {"names", "shared_document", "documents", "sides", "stories", "broken", "findings", "files", "tables"}  # fmt: skip
    made_of_those = {"shared", "trees"}
    assert set(Library.__struct_fields__) == hashed | made_of_those | {"root"}


def _fields(library: Library) -> dict[str, Any]:
    return {name: getattr(library, name) for name in Library.__struct_fields__}
