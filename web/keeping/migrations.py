"""Open walks to the newest version of their tree: each is replayed there, and goes over or stays.

While it runs the walks are being walked. A migration is appended behind the event that it was made
for; if another came meanwhile, the walk is looked at again. What has gone over is not on an older
version any more, so to run it once more changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from engine import walk as walks
from engine.duties import duties
from engine.errors import Conflict, FingerpostError, StoreError
from engine.migrate import Migration, migrate
from engine.model import Migrated, Noun, Started, Tree
from engine.record import broken
from engine.stores import Store, WalkRow
from web.desk import head
from web.published import Published

_PAGE: Final = 500
_TRIES: Final = 20  # of a walk that is moved again and again meanwhile
Say = Callable[[str], None]


class Migrating(Noun, frozen=True, kw_only=True):
    """What became of a walk, or would: its row as it was read, and how it comes out. ``seq`` is its
    last event now."""

    id: str
    tree: str
    seq: int
    old: str
    new: str
    verdict: str  # as of engine.migrate: clean, asks again, stays
    at: str = ""
    asks: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    why: str = ""


async def migrations(
    store: Store, published: Published, trees: Mapping[str, Tree], *,
    clock: Callable[[], datetime], by: str, dry_run: bool, say: Say,
) -> AsyncIterator[Migrating]:  # fmt: skip
    """What becomes of every open walk that is on an older version of one of these trees."""
    looked = 0
    for id, new in trees.items():
        kept, before = False, ""
        while rows := await store.walks(tree=id, limit=_PAGE, before=before):
            for row in rows:
                looked += 1
                if row.head.status == "ended" or row.head.logic == new.logic:
                    continue
                if not (kept or dry_run):
                    await published.keep(new)
                    kept = True
                found = await _one(store, published, new, row, clock, by, dry_run)
                if found is not None:
                    yield found
                say(f"{looked} walks")
            before = rows[-1].cursor


async def _one(
    store: Store, published: Published, new: Tree, row: WalkRow,
    clock: Callable[[], datetime], by: str, dry_run: bool,
) -> Migrating | None:  # fmt: skip
    """What becomes of one walk; None where it ended or went over meanwhile."""
    found: WalkRow | None = row
    for _ in range(_TRIES):
        if found is None or found.head.status == "ended" or found.head.logic == new.logic:
            return None
        try:
            made = await _made(store, published, new, found, clock(), by)
        except StoreError:
            raise
        except FingerpostError as refused:  # its version cannot be had, or its record was altered
            return _stays(found, new, str(refused))
        if dry_run or made.verdict == "stays":
            return _told(found, new, made, found.seq)
        try:
            appended = await store.append(
                found.id, made.walk.new, after=found.seq, head=head(new, made.walk),
                private=walks.secrets_of(made.walk), duties=duties(new, made.walk, found.actor),
            )  # fmt: skip
            return _told(found, new, made, appended.seq)
        except Conflict:  # it was moved meanwhile
            found = await store.walk(found.id)
    return _stays(row, new, "it is moved all the time: try again")


async def _made(
    store: Store, published: Published, new: Tree, row: WalkRow, at: datetime, by: str
) -> Migration:
    log = await store.events(row.id)
    events = [stored.event for stored in log[: row.seq]]
    wrong = broken(row.id, log)
    if wrong:
        raise FingerpostError(wrong)
    logics = {event.logic for event in events if isinstance(event, Started | Migrated)}
    versions = {logic: await published.version(logic) for logic in logics}
    return migrate(
        versions[row.head.logic], new, events, id=row.id, versions=versions, at=at, by=by,
        private=await store.private(row.id),
    )  # fmt: skip


def _told(row: WalkRow, new: Tree, made: Migration, seq: int) -> Migrating:
    return Migrating(
        id=row.id, tree=row.head.tree, seq=seq, old=row.head.logic, new=new.logic,
        verdict=made.verdict, at=made.at, asks=made.asks, drops=made.drops, repeats=made.repeats,
        why=made.why,
    )  # fmt: skip


def _stays(row: WalkRow, new: Tree, why: str) -> Migrating:
    return Migrating(
        id=row.id, tree=row.head.tree, seq=row.seq, old=row.head.logic, new=new.logic,
        verdict="stays", why=why,
    )  # fmt: skip


# ---------------------------------------------------------------------------------- in words


def summary(found: Iterable[Migrating]) -> str:
    """``41 continue, 3 are asked one question again (lights), 1 stays (a visit is booked)``."""
    kinds: Counter[tuple[int, str]] = Counter()
    for one in found:
        kinds[_kind(one)] += 1
    parts = [_counted(count, *kind) for kind, count in sorted(kinds.items(), key=_order)]
    return ", ".join(parts)


def _kind(one: Migrating) -> tuple[int, str]:
    """The rank of what becomes of a walk, and what distinguishes it."""
    if one.verdict == "clean":
        return 0, ""
    if one.verdict == "asks again":
        return 1, ", ".join(one.asks)
    return 2, one.why


def _order(counted: tuple[tuple[int, str], int]) -> tuple[Any, ...]:
    (rank, about), count = counted
    return rank, -count, about


def _counted(count: int, rank: int, about: str) -> str:
    if rank == 0:
        return f"{count} continue{'s' if count == 1 else ''}"
    if rank == 2:
        return f"{count} stay{'s' if count == 1 else ''} ({about})"
    many = about.count(", ") + 1
    questions = "one question" if many == 1 else f"{many} questions"
    return f"{count} {'is' if count == 1 else 'are'} asked {questions} again ({about})"
