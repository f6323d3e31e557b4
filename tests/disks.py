"""A disk that can be looked at and broken: a VFS of SQLite that asks before each operation.

It stands before the real one while ``watched`` is open, for every connection opened meanwhile, so
the product's own code runs on it unchanged. Shared memory is no file, and goes past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import apsw


@dataclass(frozen=True)
class Op:
    """What is asked of the disk. ``kind``: write, sync, truncate (to ``offset``), delete, open,
    create, read. ``lasting``: the folder is synced with it, so deletes are there for good."""

    kind: str
    name: str
    offset: int = 0
    data: bytes = b""
    lasting: bool = False


Asked = Callable[[Op], None]  # what it raises is what the disk says


class _File(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int], ask: Asked) -> None:
        full = (name.filename() if isinstance(name, apsw.URIFilename) else name) or ""
        self.name, self.ask = Path(full).name, ask  # "" is a temporary file
        self.fresh = bool(full) and not Path(full).exists()
        self.ask(Op("create" if self.fresh else "open", self.name))
        super().__init__("unix", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        self.ask(Op("read", self.name, offset))
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.ask(Op("write", self.name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self.ask(Op("truncate", self.name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        # SQLite syncs the folder of a journal or log that it made together with its first content.
        self.ask(Op("sync", self.name, lasting=self.fresh and "-" in self.name))
        self.fresh = False
        super().xSync(flags)


class _Disk(apsw.VFS):
    def __init__(self, ask: Asked) -> None:
        self.ask = ask
        super().__init__("watched", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _File(name, flags, self.ask)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.ask(Op("delete", Path(filename).name, lasting=syncdir))
        super().xDelete(filename, syncdir)


@contextmanager
def watched(ask: Asked) -> Iterator[None]:
    """Every file that SQLite opens meanwhile asks first, one at a time."""
    lock = Lock()

    def in_turn(op: Op) -> None:
        with lock:
            ask(op)

    disk = _Disk(in_turn)
    try:
        yield
    finally:
        disk.unregister()
