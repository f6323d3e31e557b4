"""The folder of trees while it is served: what is being saved settles first, and what was read counts
only if nothing changed under the reading."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.library import read_library
from engine.load import examine
from engine.stores.memory import Memory
from tests.servers import lamp
from web.desk import Desk
from web.serving import judging, watching
from web.serving.watching import stamps, watch


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY", 0.01)
    monkeypatch.setattr(watching, "SETTLED", 0.02)
    monkeypatch.setattr(watching, "AGAIN", 0.05)


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Desk]:
    desk = Desk(examine(folder), Memory())
    task = asyncio.create_task(watch(desk, folder, None, str, seen=stamps(folder)))
    try:
        yield desk
        assert not task.done(), "it never ends by itself"
    finally:
        task.cancel()


async def until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not found():
            await asyncio.sleep(0.01)


def title(desk: Desk) -> str:
    return desk.trees["lamp"].title.source


def looking(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]


def test_a_file_that_is_written_in_parts_is_read_when_it_is_whole(tmp_path: Path) -> None:
    folder = lamp(tmp_path / "trees")
    file = folder / "lamp.yaml"
    seen: list[str] = []

    async def work() -> None:
        async with watched(folder) as desk:
            take_in = desk.take_in

            def noted(examined: Any) -> list[str]:
                seen.append(" ".join(str(f.check) for f in examined.errors))
                return take_in(examined)

            desk.take_in = noted  # type: ignore[method-assign]
            whole = file.read_text().replace("title: Lamp", "title: Light")
            for end in range(0, len(whole), 12):  # quicker than it settles
                file.write_text(whole[:end])
                await asyncio.sleep(0.005)
            file.write_text(whole)
            await until(lambda: title(desk) == "Light")

    looking(work)
    assert seen[-1] == ""


def test_a_checkout_in_the_middle_is_waited_for(tmp_path: Path) -> None:
    """Half of the files are the new ones: sound, and yet no version that anybody made."""
    (tmp_path / "repository").mkdir()
    folder = lamp(tmp_path / "repository" / "trees")
    lock = tmp_path / "repository" / ".git" / "index.lock"
    lock.parent.mkdir()

    async def work() -> None:
        async with watched(folder) as desk:
            lock.touch()
            lamp(folder, title="Half")
            for _ in range(30):
                await asyncio.sleep(0.01)
                assert title(desk) == "Lamp"
            lamp(folder, title="Whole")
            lock.unlink()
            await until(lambda: title(desk) == "Whole")

    looking(work)


def test_a_tree_that_is_gone_for_a_moment_stays(tmp_path: Path) -> None:
    """As an editor saves: the old file away, the new one there."""
    folder = lamp(tmp_path / "trees")
    file = folder / "lamp.yaml"

    async def work() -> None:
        async with watched(folder) as desk:
            for n in range(5):
                text = file.read_text().replace("title: ", f"title: {n}")
                os.rename(file, folder / "lamp.yaml~")
                (folder / ".lamp.yaml.swp").write_text("x")
                file.write_text(text)
                assert "lamp" in desk.trees
                await until(lambda n=n: title(desk).startswith(str(n)))  # type: ignore[misc]

    looking(work)


def test_what_changed_while_it_was_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lamp(tmp_path / "trees")
    reads: list[str] = []

    def slow(path: Path, **more: Any) -> Any:
        found = read_library(path, **more)
        reads.append(found.trees["lamp"].title.source)
        if len(reads) == 1:
            lamp(folder, title="Newer")
        return found

    async def work() -> None:
        async with watched(folder) as desk:
            monkeypatch.setattr(judging, "read_library", slow)
            shown: list[str] = []
            take_in = desk.take_in

            def noted(examined: Any) -> list[str]:
                shown.append(examined.trees["lamp"].title.source)
                return take_in(examined)

            desk.take_in = noted  # type: ignore[method-assign]
            lamp(folder, title="New")
            await until(lambda: title(desk) == "Newer")
            assert shown == ["Newer"]

    looking(work)
    assert reads[0] == "New"


def test_a_folder_that_is_gone_takes_nothing_away_and_is_found_again(tmp_path: Path) -> None:
    folder = lamp(tmp_path / "trees")

    async def work() -> None:
        async with watched(folder) as desk:
            os.rename(folder, tmp_path / "elsewhere")
            for _ in range(20):
                await asyncio.sleep(0.01)
                assert title(desk) == "Lamp"
            os.rename(tmp_path / "elsewhere", folder)
            lamp(folder, title="Back")
            await until(lambda: title(desk) == "Back")

    looking(work)


def test_what_is_no_file_of_a_library_is_not_looked_at(tmp_path: Path) -> None:
    folder = lamp(tmp_path / "trees")
    before = stamps(folder)
    for name in (
        ".lamp.yaml.swp",
        "lamp.yaml~",
        "4913",
        "notes.txt",
        "#lamp.yaml#",
        ".git/x.yaml",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    (folder / "round").symlink_to(folder)
    assert stamps(folder) == before
    (folder / "prices.csv").write_text("a,b\n")
    assert stamps(folder) != before


def test_another_file_of_the_same_size_and_age_is_seen(tmp_path: Path) -> None:
    folder = lamp(tmp_path / "trees")
    file, before = folder / "lamp.yaml", stamps(folder)
    about = file.stat()
    other = tmp_path / "other"
    other.write_text(file.read_text().replace("Lamp", "Lump"))
    os.utime(other, ns=(about.st_atime_ns, about.st_mtime_ns))
    shutil.move(other, file)
    assert file.stat().st_mtime_ns == about.st_mtime_ns
    assert stamps(folder) != before


def test_a_letter_that_is_another_is_seen(tmp_path: Path) -> None:
    folder = lamp(tmp_path / "trees")

    async def work() -> None:
        async with watched(folder) as desk:
            for name in ("Lump", "Limp", "Lymp"):
                lamp(folder, title=name)
                await until(lambda name=name: title(desk) == name)  # type: ignore[misc]

    looking(work)
