"""List, show, export, migrate and erase recorded walks.

  fingerpost walks list                              the latest fifty
  fingerpost walks list --tree internet_down --status ended --limit 10 --json
  fingerpost walks show 8Qk3…                        what was asked and answered, as text
  fingerpost walks export --format csv --output walks.csv
  fingerpost walks export --format parquet --from 2026-11-01 --output november.parquet
  fingerpost walks migrate --dry-run                 what would become of open walks on new trees
  fingerpost walks erase --reference CASE-7          its personal values, for good
  fingerpost walks expire --dry-run                  what is older than the settings let it be

The record is the one that `fingerpost serve` keeps, unless --store names another.
`fingerpost walks export --help` says what the columns hold. Personal values are never exported.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from web.cli import GOOD, Misuse

if TYPE_CHECKING:
    from engine.stores import Store, WalkRow

_LIST = """The latest walks, one a line: id, when it began (UTC), tree, where it stands.

fingerpost walks list --tree internet_down --status waiting
"""
_SHOW = """What was asked and answered in a walk, as text, or all that was recorded as JSON.

fingerpost walks show 8Qk3…
fingerpost walks show 8Qk3… --private      personal values too, for whoever may see them
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from web.cli import erasing, exporting, migrating

    actions = parser.add_subparsers(
        dest="action",
        metavar="list|show|export|migrate|erase|expire",
        required=True,
        help="each has a --help of its own",
    )

    def action(name: str, words: str) -> argparse.ArgumentParser:
        raw = argparse.RawDescriptionHelpFormatter
        sub = actions.add_parser(name, description=words, formatter_class=raw)
        sub.add_argument(
            "--store", metavar="URL", help="like sqlite:////var/lib/fingerpost/record.db"
        )
        sub.add_argument("--settings", metavar="FILE", default="", help="fingerpost.toml")
        return sub

    listing, showing = action("list", _LIST), action("show", _SHOW)
    exporting.arguments(action("export", exporting.WORDS))
    migrating.arguments(action("migrate", migrating.WORDS))
    erasing.arguments(action("erase", erasing.ERASE))
    erasing.expire_arguments(action("expire", erasing.EXPIRE))
    listing.add_argument("--status", choices=("waiting", "ended"), help="only these")
    listing.add_argument("--limit", type=_count, default=50, metavar="N", help="at most (50)")
    showing.add_argument("id", metavar="ID")
    showing.add_argument("--private", action="store_true", help="show personal values too")
    listing.add_argument("--tree", metavar="ID", default="", help="walks of this tree alone")
    for sub in (listing, showing):
        sub.add_argument("--json", action="store_true", help="the same as JSON")


def run(args: argparse.Namespace) -> int:
    asyncio.run(_looked_at(args))
    return GOOD


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000000")
    return int(text)


async def _looked_at(args: argparse.Namespace) -> None:
    from web.cli.record import looked_at

    async with looked_at(args.store, args.settings) as store:
        await _ACTIONS[args.action](store, args)


# ------------------------------------------------------------------------------------- list


async def _list(store: Store, args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json

    rows = await _rows(store, args)
    if args.json:
        print_json({"walks": [_as_json(row) for row in rows]})
        return
    if not rows:
        print("no walks" + (" like that" if args.tree or args.status else " yet"))
    for row in rows:
        print("  ".join((row.id, f"{row.started:%Y-%m-%d %H:%M}", row.head.tree, _stands(row))))


async def _rows(store: Store, args: argparse.Namespace) -> list[WalkRow]:
    """The latest rows that are asked for. What a walk waits for is no matter here: a person, an
    action, a team are all `waiting`."""
    found: list[WalkRow] = []
    before = ""
    while len(found) < args.limit:
        most = min(500, args.limit - len(found))
        page = await store.walks(
            tree=args.tree, status=args.status or "", limit=most, before=before
        )
        found += page
        if len(page) < most:
            break
        before = page[-1].cursor
    return found


def _status(row: WalkRow) -> str:
    return "ended" if row.head.status == "ended" else "waiting"


def _stands(row: WalkRow) -> str:
    if row.head.status == "ended":
        counted = f" ({row.head.disposition})" if row.head.disposition else ""
        return f"ended at {row.head.node}{counted}"
    return f"waits at {row.head.node}"


def _as_json(row: WalkRow) -> dict[str, Any]:
    head = row.head
    return {
        "id": row.id,
        "tree": head.tree,
        "status": _status(row),
        "node": head.node,
        "disposition": head.disposition or None,
        "started": row.started.isoformat(),
        "updated": row.updated.isoformat(),
        "seq": row.seq,
        "actor": row.actor,
        "audience": head.audience,
        "channel": head.channel,
        "language": head.language,
        "reference": head.reference or None,
        "logic": head.logic,
    }


# ------------------------------------------------------------------------------------- show


async def _show(store: Store, args: argparse.Namespace) -> None:
    from engine.record import as_json
    from web.cli.terminal import print_json

    row = await store.walk(args.id)
    if row is None:
        raise Misuse(f"there is no walk {args.id!r}; `fingerpost walks list` shows what there is")
    if args.json:
        events = [as_json(stored) for stored in await store.events(args.id)]
        print_json({**_as_json(row), "events": events})
        return
    if args.private:
        from web.signin.audit import Audit, on_this_machine

        audit = Audit(store.shelf, lambda: datetime.now(UTC))
        await audit.told("personal values shown", who=on_this_machine(), walk=row.id)
    sys.stdout.write(await _transcript(store, row, hidden=not args.private))


async def _transcript(store: Store, row: WalkRow, *, hidden: bool) -> str:
    """The walk in its own words, from the version of the tree that the record keeps."""
    from engine.library import Library
    from engine.load import Examined
    from web.desk import Desk
    from web.pages.transcript import transcript

    no_trees = Examined(
        libraries=(Library(root=""),), findings=(), files=0, states=0, complete=True
    )
    desk = Desk(no_trees, cast("Store", _Unopened(store)) if hidden else store)
    walk = await desk.walk(row.id)
    return transcript(
        await desk.tree_of(walk),
        walk,
        await store.events(row.id),
        erased=row.erased,
        hidden=hidden,
        people=await desk.directory.names(),
    )


class _Unopened:
    """A record whose personal values are not looked at: then no key is needed either."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def private(self, walk: str) -> dict[str, Any]:
        return {}


# ---------------------------------------------------------------------------------- the others


async def _export(store: Store, args: argparse.Namespace) -> None:
    from web.cli import exporting

    await exporting.run(store, args)


async def _migrate(store: Store, args: argparse.Namespace) -> None:
    from web.cli import migrating

    await migrating.run(store, args)


async def _erase(store: Store, args: argparse.Namespace) -> None:
    from web.cli import erasing

    await erasing.run(store, args)


async def _expire(store: Store, args: argparse.Namespace) -> None:
    from web.cli import erasing

    await erasing.expire(store, args)


Action = Callable[["Store", argparse.Namespace], Awaitable[None]]
_ACTIONS: dict[str, Action] = {
    "list": _list,
    "show": _show,
    "export": _export,
    "migrate": _migrate,
    "erase": _erase,
    "expire": _expire,
}
