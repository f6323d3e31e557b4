"""The folder of trees while it is served: what changes is judged, and taken in if it is sound.

Every process looks for itself, four times a second, and one of them proves for all (`judging`), so
that all of them agree within a second. What is
being saved (a file half written, a checkout of git's in the middle) is left to settle first, and
what was read counts only if nothing changed under the reading.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic, thread_time
from typing import Final

from engine.load import Examined
from engine.model import Finding
from web import logs, metrics
from web.desk import Desk
from web.logs import log
from web.serving.judging import Judge

EVERY: Final = 0.25  # seconds between two looks
SETTLED: Final = 0.1  # … between the two that have to see the same
AGAIN: Final = 5.0  # … where the folder could not be read
PATIENCE: Final = 10.0  # seconds that a checkout is waited for
SHARE: Final = 0.05  # of a processor, at most, for looking
_KINDS: Final = (".yaml", ".yml", ".csv", ".png", ".jpg", ".jpeg", ".webp", ".gif")
Stamps = dict[str, tuple[int, int, int]]
Tell = Callable[[Finding], str]


async def watch(
    desk: Desk, folder: Path, cache: Path | None, told: Tell, *,
    seen: Stamps | None = None, first: bool = True,
) -> None:  # fmt: skip
    """Look at the folder for as long as it is served. ``seen``: as it was when it was read.
    ``first``: of several workers, the one that says what it found."""
    seen = await asyncio.to_thread(stamps, folder) if seen is None else seen
    judge = Judge(desk, cache)
    pause = 0.0
    while True:
        await asyncio.sleep(pause)
        try:
            now, cost = await asyncio.to_thread(_look, folder)
            pause = judge.every = max(EVERY, cost / SHARE)
            if now != seen:
                seen = await _changed(judge, folder, told, first, seen)
        except Exception as wrong:  # whatever it is, the folder is looked at again
            seen = {}
            log.error("the trees cannot be read, and stay as they were", exc_info=wrong)
            pause = AGAIN


async def _changed(judge: Judge, folder: Path, told: Tell, first: bool, seen: Stamps) -> Stamps:
    """Take in what there is now; what it was read from. As before, if it changed meanwhile."""
    before = await _settled(folder)
    if before == seen:
        return seen

    async def unchanged() -> bool:
        return await asyncio.to_thread(stamps, folder) == before

    examined = await judge.examined(folder, unchanged)
    if examined is None:
        return seen  # the next look reads it anew
    _take_in(judge.desk, examined, told, first)
    return before


async def _settled(folder: Path) -> Stamps:
    """The folder once two looks in a row saw the same, and git has let go of it."""
    until = monotonic() + PATIENCE
    now = await asyncio.to_thread(stamps, folder)
    while monotonic() < until:
        await asyncio.sleep(SETTLED)
        before, now = now, await asyncio.to_thread(stamps, folder)
        if now == before and not _checked_out(folder):
            break
    return now


def _checked_out(folder: Path) -> bool:
    """Whether git is at work in the repository that the folder lies in."""
    for place in (folder.absolute(), *folder.absolute().parents):
        if (place / ".git").is_dir():
            return (place / ".git" / "index.lock").exists()
    return False


def _take_in(desk: Desk, examined: Examined, told: Tell, first: bool) -> None:
    lost = desk.take_in(examined)
    metrics.TREE_ERRORS.set(len(examined.errors))
    if not lost:
        metrics.taken_in(len(desk.trees))
    if not first:
        return
    tell(examined.errors, told)
    if lost:
        log.warning("not taken in: trees would be lost; what is served stays as it was", trees=", ".join(lost))  # fmt: skip
    else:
        log.info("taken in", trees=len(desk.trees))


def tell(findings: Iterable[Finding], told: Tell) -> None:
    """Say what is wrong with trees, where the log is read: to people as `check` says it."""
    for finding in findings:
        if logs.for_people():
            print(told(finding), file=sys.stderr, flush=True)
        else:
            mark = finding.mark
            log.warning(
                "finding", severity=finding.severity, check=finding.check, tree=finding.tree,
                at=f"{mark.file}:{mark.line}:{mark.column}", message=finding.message,
            )  # fmt: skip


def _look(folder: Path) -> tuple[Stamps, float]:
    """The folder, and the seconds of a processor that it took to look: not those of the clock,
    which are many where others are at work."""
    began = thread_time()
    return stamps(folder), thread_time() - began


def stamps(folder: Path) -> Stamps:
    """When each file of the library was changed (its data or its name: ctime cannot be set back),
    how large it is, and which file it is."""
    found: Stamps = {}
    waiting = [str(folder)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue  # gone between two looks
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.endswith(_KINDS):
                    about = entry.stat()
                    found[entry.path] = about.st_ctime_ns, about.st_size, about.st_ino  # fmt: skip
            except OSError:
                continue  # a link to nowhere
    return found
