"""The folder of trees while it is served: what changes is examined, and taken in if it is sound."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from engine.load import Examined, examine
from engine.model import Finding
from web.desk import Desk

EVERY = 1.0  # seconds
Stamps = dict[str, tuple[int, int]]


async def watch(
    desk: Desk, folder: Path, cache: Path | None, told: Callable[[Finding], str]
) -> None:
    """Look at the folder once a second, for as long as it is served."""
    seen = await asyncio.to_thread(stamps, folder)
    while True:
        await asyncio.sleep(EVERY)
        now = await asyncio.to_thread(stamps, folder)
        if now == seen:
            continue
        seen = now
        try:
            examined = await asyncio.to_thread(examine, folder, cache=cache)
            _take_in(desk, examined, told)
        except Exception as wrong:  # whatever it is, the folder is looked at again
            print(
                f"the trees cannot be read, and stay as they were: {wrong}",
                file=sys.stderr,
                flush=True,
            )


def _take_in(desk: Desk, examined: Examined, told: Callable[[Finding], str]) -> None:
    for finding in examined.errors:
        print(told(finding), file=sys.stderr)
    lost = desk.take_in(examined)
    if lost:
        print(f"not taken in: {', '.join(lost)} would be lost; what is served stays as it was",
              file=sys.stderr, flush=True)  # fmt: skip
    else:
        print(f"taken in: {len(desk.trees)} trees", flush=True)


def stamps(folder: Path) -> Stamps:
    """When each file of the folder was written, and how large it is."""
    found: Stamps = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = os.path.join(place, name)
            try:
                about = os.stat(path)
            except OSError:
                continue  # gone between two looks, or a link to nowhere
            found[path] = about.st_mtime_ns, about.st_size
    return found
