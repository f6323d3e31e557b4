"""Looking after the file of the SQLite store (not a store); see ``care.py``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import apsw

from engine.errors import StoreError
from engine.stores.sqlite_file import BUSY_MS, path_of, told
from engine.stores.sqlite_forms import MIGRATIONS, form_of

T = TypeVar("T")
_PAGES: Final = 2_000  # copied before it is said how far it is
_MOST_FAULTS: Final = 10


async def form(url: str) -> tuple[int, int]:
    path = path_of(url)
    has = await _read(path, lambda c: form_of(c, path)) if Path(path).exists() else 0
    return has, len(MIGRATIONS)


async def size(url: str) -> int:
    path = path_of(url)
    files = (Path(path), Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


async def faults(url: str) -> list[str]:
    return await _read(path_of(url), _faults)


def _faults(connection: apsw.Connection) -> list[str]:
    told = [str(words) for (words,) in connection.execute(f"PRAGMA quick_check({_MOST_FAULTS})")]
    if told != ["ok"]:
        return [f"the file is damaged: {words}" for words in told]
    found: dict[str, None] = {}
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        found[f"rows of {table} belong to no row of {parent}: it was removed"] = None
    return list(found)


async def backup(url: str, to: Path, said: Callable[[str], None]) -> None:
    """By SQLite's online backup, within one reading transaction: writers go on meanwhile, and the
    copy is the record as it was when it began."""

    def copied(source: apsw.Connection) -> None:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        target = apsw.Connection(str(to))
        try:
            with target.backup("main", source, "main") as copy:
                while not copy.done:
                    copy.step(_PAGES)
                    done = copy.page_count - copy.remaining
                    said(f"{100 * done // max(copy.page_count, 1)} % copied")
        finally:
            target.close(True)
        _synced(to)

    await _read(path_of(url), copied, str(to))


def _synced(file: Path) -> None:
    for path, flags in ((file, os.O_RDWR), (file.parent, os.O_RDONLY)):
        if path.is_dir() and os.name == "nt":  # folders cannot be synced there
            continue
        descriptor = os.open(path, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


async def _read(path: str, job: Callable[[apsw.Connection], T], about: str = "") -> T:
    """What a job gives that reads the file. ``about``: another that it writes. (A connection that
    may not write would leave the files of the log behind.)"""

    def work() -> T:
        try:
            connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
        except apsw.Error as failed:
            raise told(failed, path) from failed
        try:
            connection.set_busy_timeout(BUSY_MS)
            return job(connection)
        except StoreError:
            raise
        except (apsw.Error, OSError) as failed:
            raise told(failed, about or path) from failed
        finally:
            connection.close(True)

    return await asyncio.get_running_loop().run_in_executor(None, work)
