"""`fingerpost store backup` and `copy`. Not a command of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.model import MAX_EVENTS
from engine.record import Stored
from engine.stores import Store, WalkRow
from engine.walking.sealed import reference
from web.cli import GOOD, WRONG, Misuse
from web.cli.record import opened
from web.cli.terminal import coloured, progress, progress_done
from web.keeping.proof import Proof, rows
from web.settings import without_password

if TYPE_CHECKING:
    from engine.stores.care import Care

_AT_ONCE: Final = 64  # walks whose events are written at the same time: they share commits


async def backed_up(url: str, output: Path, care: Care, settings: str) -> int:
    if url.startswith("sqlite:") and output.exists():
        if not output.is_file():
            raise Misuse(f"{output} is no file: name one with --output FILE")
        if output.samefile(url.removeprefix("sqlite:///")):
            raise Misuse(f"{output} is the record itself: name another file")
        await care.form(_sqlite(output))  # something else is not written over
    with _beside(output) as part:
        await care.backup(url, part, progress())
        has, newest = await care.form(_sqlite(part))
        wrong = await care.faults(_sqlite(part))
        counted = f"form {has}, which this version of Fingerpost can bring to form {newest}"
        if has == newest:  # looking into an older one would migrate it
            async with opened(_sqlite(part), settings) as store:
                proof = Proof(store, replays=False)
                wrong += await _proved(proof)
                counted = f"{proof.walks} walks, {proof.events} events"
        progress_done()
        if not wrong:
            os.replace(part, output)
            print(f"{output}: {counted}, proved")
            return GOOD
    for words in wrong:
        print(coloured(words, "red"))
    print("the copy is broken as named, and so is the record: nothing was written")
    return WRONG


async def copied(url: str, to: str, settings: str) -> int:
    async with opened(url, settings) as source, _empty(to, settings) as target:
        await _all(source, target)
        proof = Proof(target, replays=False)
        wrong = await _proved(proof) + await _behind(source, target)
        progress_done()
        if wrong:
            for words in wrong:
                print(coloured(words, "red"))
            raise Misuse(
                f"what is in {without_password(to)} is not the whole record: take it away, and copy "
                "again while nobody serves it"
            )
    print(f"{without_password(to)}: {proof.walks} walks, {proof.events} events, proved")
    return GOOD


def _sqlite(path: Path) -> str:
    return f"sqlite:///{path.absolute()}"


class _beside:
    """A file beside the one that is to be written; what is left of it is taken away."""

    def __init__(self, output: Path) -> None:
        if not output.parent.is_dir():
            raise Misuse(f"there is no folder {output.parent}: make it first")
        self.path = output.parent / f".{output.name}.{os.getpid()}.part"

    def __enter__(self) -> Path:
        with suppress(OSError):
            self.path.unlink()
        try:  # a record is for nobody else's eyes, nor is its copy
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as wrong:
            raise Misuse(
                f"{self.path.parent} cannot be written to: {(wrong.strerror or '').lower()}"
            ) from None
        return self.path

    def __exit__(self, *failed: object) -> None:
        for end in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                Path(f"{self.path}{end}").unlink(missing_ok=True)


async def _proved(proof: Proof) -> list[str]:
    said = progress()
    found = []
    async for wrong in proof.breaks():
        said(f"{proof.walks} walks proved")
        if wrong is not None:
            found.append(str(wrong))
    return found


@asynccontextmanager
async def _empty(to: str, settings: str) -> AsyncIterator[Store]:
    """The store to copy into. A file stands under its name once all is in it, and proved."""
    path = Path(to.removeprefix("sqlite:///")) if to.startswith("sqlite:///") else None
    if path is None or path.exists():
        async with opened(to, settings) as there:
            if await there.walks(limit=1):
                raise Misuse(
                    f"{without_password(to)} has something in it already: name a store that is empty"
                )
            if path is None:
                yield there
                return
    with _beside(path) as part:
        async with opened(_sqlite(part), settings) as there:
            yield there
        os.replace(part, path)


async def _all(source: Store, target: Store) -> None:
    said = progress()
    async for version in source.versions():
        await target.keep_tree(version.logic, version.text, version.tree, version.source)
    done, some = 0, []
    async for row in rows(source):
        some.append(row)
        if len(some) == _AT_ONCE:
            await asyncio.gather(*(_walk(source, target, row) for row in some))
            done += len(some)
            some = []
            said(f"{done} walks copied")
    await asyncio.gather(*(_walk(source, target, row) for row in some))
    for kind in await source.shelf.kinds():
        after = ""
        while page := await source.shelf.listed(kind, after=after):
            for kept in page:
                await target.shelf.put(kind, kept.key, kept.value, until=kept.until)
            after = page[-1].key


async def _walk(source: Store, target: Store, row: WalkRow) -> None:
    """One walk, by the calls that made it: so a call that comes again later is known there too."""
    log, private = await source.events(row.id), await source.private(row.id)
    after = 0
    for client_id, end, body in await _calls(source, row, len(log)):
        events = log[after:end]
        sealed = {ref: private[ref] for ref in _references(events) if ref in private}
        if row.erased and not after:
            sealed = {"": {}} | sealed  # something to erase, so that the row says who did it
        await target.append(
            row.id, [stored.event for stored in events], after=after, head=row.head,
            client_id=client_id, body=body, private=sealed,
        )  # fmt: skip
        if row.erased and not after:
            await target.erase(row.id, at=row.erased, by=row.erased_by)
        after = end
    owed = [held.duty for held in await source.duties(walk=row.id, limit=MAX_EVENTS)]
    if owed:
        await target.charge(row.id, owed, after=after)


async def _calls(source: Store, row: WalkRow, last: int) -> list[tuple[str, int, str]]:
    """Where to append what: a client_id, the last event of its call, its body. What no call
    brought goes with the next, only a walk that none began has a beginning of its own."""
    calls = [(id, call.seq, call.body) for id, call in (await source.calls(row.id)).items()]
    found = sorted(calls, key=lambda call: call[1])
    if not row.client_id:
        found.insert(0, ("", 1, ""))
    if found[-1][1] < last:
        found.append(("", last, ""))
    return [call for call in found if call[1] <= last]


def _references(events: list[Stored]) -> list[str]:
    return [ref for ref in (reference(stored.event) for stored in events) if ref]


async def _behind(source: Store, target: Store) -> list[str]:
    """Walks that were moved, or begun, while they were copied."""
    found = []
    async for row in rows(source):
        there = await target.walk(row.id)
        if there is None or _same(there) != _same(row):
            found.append(f"walk {row.id}: it was moved while it was copied")
    return found


def _same(row: WalkRow) -> Mapping[str, Any]:
    return {"seq": row.seq, "hash": row.hash, "head": row.head, "erased": (row.erased, row.erased_by), "began": (row.started, row.actor, row.client_id)}  # fmt: skip
