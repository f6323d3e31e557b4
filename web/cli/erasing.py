"""`fingerpost walks erase` and `walks expire`. Not a command of its own."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from web.cli import Misuse
from web.cli.exporting import day

if TYPE_CHECKING:
    from engine.stores import Store, WalkRow

ERASE = """Erase the personal values of walks, for good: path, times and outcome stay.

fingerpost walks erase 8Qk3… 9Xm1…                     these walks
fingerpost walks erase --reference CASE-7              every walk with this reference
fingerpost walks erase --before 2026-06-01 --tree internet_down --dry-run

--before means walks that began before that day, UTC. The walk's row says when it was done and by
whom (--by, otherwise your login name), and the transcript shows "(erased)" where a value was.
Backups made before still hold the values: erase there too, or let them lapse.
"""
EXPIRE = """Erase what is older than the settings say ([retention]), as `serve` does every hour.

fingerpost walks expire --dry-run
fingerpost walks expire --settings /etc/fingerpost.toml        from cron, where nothing serves
"""
_PAGE = 500


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--reference", metavar="REF", default="", help="walks with this reference")
    parser.add_argument("--before", type=day, metavar="DATE", help="walks begun before that day")
    parser.add_argument("--tree", metavar="ID", default="", help="of those, this tree's alone")
    parser.add_argument("--by", metavar="NAME", default="", help="who asks for it")
    _both(parser)


def expire_arguments(parser: argparse.ArgumentParser) -> None:
    _both(parser)


def _both(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would be erased")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


async def run(store: Store, args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json, progress, progress_done
    from web.signin.audit import Audit, on_this_machine

    if bool(args.ids) == bool(args.reference or args.before):
        raise Misuse("name walks by their ids, or by --reference or --before")
    if args.ids and args.tree:
        raise Misuse("--tree goes with --reference or --before, not with ids")
    rows = await _named(store, args.ids)
    say, looked = progress(), 0
    erased: dict[str, int] = {}
    async for row in _chosen(store, rows, args):
        looked += 1
        say(f"{looked} walks")
        count = await _erased(store, row.id, args)
        if count:
            erased[row.id] = count
    progress_done()
    if erased and not args.dry_run:
        audit = Audit(store.shelf, lambda: datetime.now(UTC))
        told = {"walks": len(erased), "answers": sum(erased.values())}
        await audit.told("personal values erased", who=args.by or on_this_machine(), **told)
    if args.json:
        print_json({"walks": erased, "dry_run": args.dry_run, "looked_at": looked})
    else:
        _tell(erased, looked, args.dry_run)


def _tell(erased: dict[str, int], looked: int, dry_run: bool) -> None:
    for id, count in erased.items():
        print(f"{id}  {_answers(count)}")
    others = looked - len(erased)
    would = "would be erased" if dry_run else "erased"
    print(
        f"{would}: the personal values of {_answers(sum(erased.values()))} in {_walks(len(erased))}"
        + (f"; {_walks(others)} with none" if others else "")
        + ("" if looked else ": there is no walk like that")
    )


def _answers(count: int) -> str:
    return f"{count} answer{'' if count == 1 else 's'}"


def _walks(count: int) -> str:
    return f"{count} walk{'' if count == 1 else 's'}"


async def _named(store: Store, ids: list[str]) -> list[WalkRow]:
    """The rows of these walks: all of them, or nothing is done."""
    found = []
    for id in ids:
        row = await store.walk(id)
        if row is None:
            raise Misuse(f"there is no walk {id!r}: nothing was erased")
        found.append(row)
    return found


async def _chosen(
    store: Store, named: list[WalkRow], args: argparse.Namespace
) -> AsyncIterator[WalkRow]:
    for row in named:
        yield row
    if named:
        return
    before = _cursor(datetime.combine(args.before, time.min, UTC)) if args.before else ""
    while rows := await store.walks(tree=args.tree, limit=_PAGE, before=before):
        for row in rows:
            if not args.reference or row.head.reference == args.reference:
                yield row
        before = rows[-1].cursor


def _cursor(at: datetime) -> str:
    """Where a list of walks goes on before a moment."""
    from engine.stores.rows import micros

    return f"{micros(at)}."


async def _erased(store: Store, id: str, args: argparse.Namespace) -> int:
    """Of how many answers the values were erased, or would be."""
    from engine.stores.vault import Locked
    from engine.walking.sealed import reference
    from web.signin.audit import on_this_machine
    from web.unsent import dropped

    if not args.dry_run:
        await dropped(store.shelf, id)
        return await store.erase(id, at=datetime.now(UTC), by=args.by or on_this_machine())
    try:
        return len(await store.private(id))
    except Locked:  # it is there, under a key that is not set here: erasing needs none
        log = await store.events(id)
        return len({reference(stored.event) for stored in log} - {""})


async def expire(store: Store, args: argparse.Namespace) -> None:
    from web.cli.record import settled
    from web.cli.terminal import print_json
    from web.keeping import expiring
    from web.retention import shown

    retention = settled(args.store, args.settings)["retention"]
    if not retention.value:
        raise Misuse(
            'nothing says how long anything is kept: write [retention] private = "90d" into '
            "fingerpost.toml, or name it with --settings"
        )
    now = datetime.now(UTC)
    do = expiring.due if args.dry_run else expiring.expire
    done = await do(store, retention.value, now)
    if args.json:
        told = {"private": done.private, "walks": done.walks, "dry_run": args.dry_run}
        print_json({**told, "retention": shown(retention.value)})
        return
    would = "would be erased" if args.dry_run else "erased"
    print(f"kept: {shown(retention.value)}")
    print(
        f"{would}: the personal values of {_walks(done.private)}, and {_walks(done.walks)} whole"
    )
