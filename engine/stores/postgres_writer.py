"""The one task of a process that writes into PostgreSQL (not a store).

What waits together is committed together. Nobody hears before COMMIT was answered; where it was not
(a connection cut, a server that went away), the same is tried again on a new connection until it is
known whether it was kept, for as long as patience lasts.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from engine.errors import Fault, StoreError
from engine.stores import postgres_schema as schema
from engine.stores.postgres_batch import Raced, settle
from engine.stores.postgres_link import Link, Waits, sqlstate, transient
from engine.stores.postgres_moves import Known, Move
from engine.stores.rows import Appended, Grouped, WalkRow, alone
from engine.stores.vault import Vault

MOST_TOGETHER: Final = 256  # appends in one commit
MOST_WAITING: Final = 2_000
_MOST_RACES: Final = 50
_NO_PARTITION: Final = "23514"


class _Waiting:
    """An append, and who waits for it."""

    def __init__(self, move: Move, patience: float) -> None:
        loop = asyncio.get_running_loop()
        self.move = move
        self.until = loop.time() + patience
        self.future: asyncio.Future[Appended] = loop.create_future()

    def done(self) -> bool:
        """Tell whoever waits, if there is something to tell."""
        outcome = self.move.outcome
        if outcome is not None and not self.future.done():
            if isinstance(outcome, Appended):
                self.future.set_result(outcome)
            else:
                self.future.set_exception(outcome)
        return outcome is not None


class Writer:
    """Takes appends, and gives what came of them once they are kept for good."""

    def __init__(self, link: Link, vault: Vault, months: frozenset[int] | None) -> None:
        self._link = link
        self._vault = vault
        self._months = months  # that there are tables for; None where tables are plain
        self._known = Known()
        self._queue: deque[_Waiting] = deque()
        self._some = asyncio.Event()
        self._closed = False
        self.grouped: Grouped = alone
        self._task = asyncio.create_task(self._run(), name="fingerpost-write")

    async def kept(self, move: Move) -> Appended:
        """Raises Conflict, ClientIdReused, StoreError."""
        if self._closed:
            raise StoreError(f"the record at {self._link.address.place} is closed: open it again")
        if len(self._queue) >= MOST_WAITING:
            raise StoreError("too many answers wait to be kept; try again in a moment")
        waiting = _Waiting(move, self._link.patience)
        self._queue.append(waiting)
        self._some.set()
        return await waiting.future

    def seen(self, row: WalkRow) -> None:
        """A walk as it was just read: another worker may have moved it."""
        self._known.put(row)

    async def close(self) -> None:
        """Finish what waits, then end."""
        self._closed = True
        self._some.set()
        await self._task

    async def _run(self) -> None:
        while not (self._closed and not self._queue):
            if not self._queue:
                self._some.clear()
                await self._some.wait()
                continue
            count = min(len(self._queue), MOST_TOGETHER)
            batch = [self._queue.popleft() for _ in range(count)]
            self.grouped(count)
            try:
                await self._settle(batch)
            except Exception as wrong:  # whatever it is, the writer goes on with the others
                _fail(batch, Fault(f"an append was lost sight of ({type(wrong).__name__})"))

    async def _settle(self, batch: list[_Waiting]) -> None:
        waits, races = Waits(self._link.patience), 0
        while batch:
            moves = [waiting.move for waiting in batch]
            try:
                await self._once(moves)
            except Raced:
                self._doubt(moves)
                races += 1
                if races > _MOST_RACES:
                    _fail(batch, StoreError("too many move the same walks: press again"))
            except Exception as failed:
                self._doubt(moves)
                if not await self._mend(batch, failed, waits):
                    return
            batch = [waiting for waiting in batch if not waiting.done()]

    async def _once(self, moves: Sequence[Move]) -> None:
        async with self._link.connection() as connection:
            await self._make_months(connection, moves)
            try:
                await settle(connection, moves, self._known, self._vault)
            except Exception as failed:
                if sqlstate(failed) != _NO_PARTITION:
                    raise
                self._months = await schema.months(connection)  # one was taken away
                raise Raced from None

    async def _make_months(self, connection: Any, moves: Sequence[Move]) -> None:
        if self._months is None:
            return
        missing = {move.born for move in moves if move.after == 0 and move.events} - self._months
        if missing:
            wanted = set().union(*(schema.with_next(month) for month in missing))
            self._months = await schema.make(connection, wanted)

    def _doubt(self, moves: Sequence[Move]) -> None:
        """Judge these by what the server has, the next time."""
        self._known.forget(move.walk for move in moves)
        for move in moves:
            move.fresh, move.outcome = True, None

    async def _mend(self, batch: list[_Waiting], failed: Exception, waits: Waits) -> bool:
        """After a fault: whether to try the batch again. What it is no matter of is tried alone."""
        if transient(failed):
            now = asyncio.get_running_loop().time()
            late = [waiting for waiting in batch if waiting.until <= now]
            _fail(late, self._link.told(failed))
            await waits.again()
            await self._link.renew()
            return True
        if len(batch) > 1 and _of_one(failed):
            for waiting in batch:
                await self._settle([waiting])
            return False
        _fail(batch, self._link.told(failed))
        return False


def _of_one(failed: Exception) -> bool:
    """Whether what one append holds was at fault, rather than the server."""
    return sqlstate(failed)[:2] in ("", "22", "23", "54")


def _fail(batch: Sequence[_Waiting], told: Exception) -> None:
    for waiting in batch:
        if not waiting.future.done():
            # Each hears it by an error of its own: one that is raised twice grows with each.
            waiting.future.set_exception(type(told)(*told.args))
        waiting.move.outcome = StoreError("given up")
