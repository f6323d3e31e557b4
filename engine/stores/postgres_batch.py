"""Appends that wait together, read about and committed together (not a store)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from engine.record import born, pack
from engine.stores import postgres_rows as sql
from engine.stores.postgres_duties import keep
from engine.stores.postgres_link import sqlstate
from engine.stores.postgres_moves import Judged, Known, Move, judge
from engine.stores.rows import Call
from engine.stores.vault import Vault

T = TypeVar("T")
_NOT_SUPPORTED: Final = "0A000"  # a cluster that takes no such statement over more nodes than one
_LOST_RACE: Final = ("22012", "23505")  # division by zero, a row that is there


class Raced(Exception):
    """Another worker was quicker with something in this batch: nothing of it was kept."""


async def settle(connection: Any, moves: Sequence[Move], known: Known, vault: Vault) -> None:
    """Give each move its outcome; those that are admitted are committed together. A move without
    one is to be judged again, by what the server has. Raises Raced, and what asyncpg raises."""
    read = [move for move in moves if not known.suffices(move)]
    judged = Judged(vault)
    if read:
        await _read(connection, read, judged)
    for move in moves:
        judged.rows.setdefault(move.walk, known.get(move.walk))
    judged.before = dict(judged.rows)
    outcomes = {move: judge(move, judged, move in read) for move in moves}
    if judged.kept and known.at_once and judged.usual:
        await _commit_at_once(connection, judged, known)
    elif judged.kept:
        await _commit(connection, judged)
    if judged.found:
        await confirm(connection)
    for move, outcome in outcomes.items():
        move.outcome = outcome
        row = judged.rows[move.walk]
        if row is not None:
            known.put(row)


async def confirm(connection: Any) -> None:
    """A commit of its own: what one can read may wait for a standby still, and is behind this."""
    await connection.execute("UPDATE fingerpost SET form = form")


# ---------------------------------------------------------------------------------- reading


async def _read(connection: Any, moves: Sequence[Move], judged: Judged) -> None:
    """All that the server has about these moves."""
    for month in sorted({move.born for move in moves}):
        of = [move for move in moves if move.born == month]
        walks = sorted({move.walk for move in of})
        judged.rows.update(dict.fromkeys(walks))
        for row in await connection.fetch(
            f"{sql.SELECT} WHERE born = $1 AND id = ANY($2::text[])", month, walks
        ):
            found = sql.row_of(row)
            judged.rows[found.id] = found
        await _read_calls(connection, month, of, judged)
    await _read_starts(connection, [m for m in moves if judged.rows[m.walk] is None], judged)


async def _read_calls(connection: Any, month: int, moves: list[Move], judged: Judged) -> None:
    asked = sorted({(move.walk, move.client_id) for move in moves if move.client_id})
    if asked:
        for walk, client_id, seq, body in await connection.fetch(
            sql.CALLS, month, *_turned(asked)
        ):
            judged.calls[walk, client_id] = Call(walk, seq, body)
    holders = sorted({move.walk for move in moves if move.private})
    if holders:
        judged.refs.update(tuple(row) for row in await connection.fetch(sql.REFS, month, holders))
        judged.keys.update(await connection.fetch(sql.KEYS, month, holders))
    sent = sorted({(move.walk, move.sent[-1].seq) for move in moves if move.sent})
    if sent:
        for walk, seq, hash, client_id in await connection.fetch(sql.SENT, month, *_turned(sent)):
            judged.there[walk, seq] = (hash.hex(), client_id or "")


async def _read_starts(connection: Any, moves: list[Move], judged: Judged) -> None:
    asked = sorted({move.begins for move in moves if move.client_id and move.events})
    if asked:
        for actor, client_id, *call in await connection.fetch(sql.STARTS, *_turned(asked)):
            judged.starts[actor, client_id] = Call(*call)


def _turned(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Rows as columns."""
    return [list(column) for column in zip(*rows, strict=True)]


# ---------------------------------------------------------------------------------- writing


async def _commit(connection: Any, judged: Judged) -> None:
    """Write what was admitted, in one transaction. Raises Raced where another was quicker."""
    await connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
    try:
        await _write(connection, judged)
        for move, found, _ in judged.kept:
            move.sent = found
        if await connection.execute("COMMIT") != "COMMIT":
            raise Raced
    except BaseException:
        if not connection.is_closed() and connection.is_in_transaction():
            await connection.execute("ROLLBACK")
        raise
    for move, _, _ in judged.kept:
        move.sent = []


async def _commit_at_once(connection: Any, judged: Judged, known: Known) -> None:
    """The same for a batch that only moves walks of one month."""
    moved = judged.moved()
    events = [event[1:] for event in sorted(_events(judged))]
    values = (*sql.moved_walks(moved), *_turned(events))
    for move, found, _ in judged.kept:
        move.sent = found
    try:
        await connection.fetch(sql.AT_ONCE, born(moved[0][0].id), *values)
    except Exception as failed:
        state = sqlstate(failed)
        known.at_once = state != _NOT_SUPPORTED
        if state in (_NOT_SUPPORTED, *_LOST_RACE):
            raise Raced from None
        raise
    for move, _, _ in judged.kept:
        move.sent = []


async def _write(connection: Any, judged: Judged) -> None:
    """In an order that is the same in every worker, so that two wait for each other seldom."""
    if judged.begun:
        starts = sorted(
            (m.client_id, m.events[0].actor, m.born, m.walk, judged.starts[m.begins].seq, m.body)
            for m in judged.begun
        )
        await _insert(connection, sql.NEW_STARTS, starts)
    if new := judged.new():
        _all_of(len(new), await connection.execute(sql.NEW_WALKS, *sql.new_walks(new)))
    for month, rows in _by_month(judged.moved(), lambda pair: pair[0].id):
        _all_of(
            len(rows), await connection.execute(sql.MOVED_WALKS, month, *sql.moved_walks(rows))
        )
    await _insert(connection, sql.NEW_EVENTS, sorted(_events(judged)))
    if any(sealed for _, _, sealed in judged.kept):
        await _write_private(connection, judged)
    # The last of each walk in a batch; the rows of their walks are held until the end.
    owed = {move.walk: move.duties for move, _, _ in judged.kept if move.duties is not None}
    for walk in sorted(owed):
        await keep(connection, walk, owed[walk])


async def _write_private(connection: Any, judged: Judged) -> None:
    held = [(walk, judged.keys[walk]) for walk in sorted(judged.held - judged.new_keys)]
    for month, keys in _by_month(held, lambda pair: pair[0]):
        _all_of(len(keys), await connection.execute(sql.HELD_KEYS, month, *_turned(keys)))
    new = [(born(walk), walk, judged.keys[walk]) for walk in sorted(judged.new_keys)]
    if new:
        await _insert(connection, sql.NEW_KEYS, new)
    values = [
        (move.born, move.walk, ref, value)
        for move, _, sealed in judged.kept
        for ref, value in sealed.items()
    ]
    await _insert(connection, sql.NEW_PRIVATE, values)


def _by_month(found: Iterable[T], walk: Callable[[T], str]) -> Iterable[tuple[int, list[T]]]:
    months: dict[int, list[T]] = {}
    for one in found:
        months.setdefault(born(walk(one)), []).append(one)
    return sorted(months.items(), key=lambda month: month[0])


def _events(judged: Judged) -> Iterable[tuple[Any, ...]]:
    """Rows of events; the last one of a call holds the call."""
    for move, found, _ in judged.kept:
        for stored in found:
            call = (None, None)
            if move.client_id and stored is found[-1]:
                call = (move.client_id, move.body)  # type: ignore[assignment]
            event = pack(stored.event).decode()
            yield (move.born, move.walk, stored.seq, bytes.fromhex(stored.hash), event, *call)


async def _insert(connection: Any, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    _all_of(len(rows), await connection.execute(statement, *_turned(rows)))


def _all_of(count: int, done: str) -> None:
    if int(done.rpartition(" ")[2]) != count:
        raise Raced
