"""`fingerpost walks migrate`. Not a command of its own."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from web.cli import Misuse

if TYPE_CHECKING:
    from engine.load import Examined
    from engine.model import Tree
    from engine.stores import Store
    from web.keeping.migrations import Migrating

WORDS = """Take open walks to the newest version of their tree, where their answers allow it.

fingerpost walks migrate --dry-run                     what would become of each
fingerpost walks migrate --tree internet_down          those of one tree, for real

A walk goes on at the same place, or is asked again what the new version asks otherwise, or stays on
its version: because an action of it cannot be undone, or what was erased cannot be answered again.
It can be run while the walks are walked, and again: what has gone over is left, like what ended.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tree", metavar="ID", default="", help="walks of this tree alone")
    parser.add_argument("--library", metavar="TREES", help="the library (the setting `trees`)")
    parser.add_argument("--by", metavar="NAME", default="", help="who does it (your login name)")
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would become of them"
    )
    parser.add_argument("--json", action="store_true", help="walk by walk, as JSON")


async def run(store: Store, args: argparse.Namespace) -> None:
    from web.cli.record import settled
    from web.cli.terminal import progress, progress_done
    from web.keeping.migrations import migrations
    from web.published import Published
    from web.signin.audit import Audit, on_this_machine

    folder = args.library or str(settled(args.store, args.settings)["trees"].value)
    published = Published(_examined(folder), store)
    trees = _asked(published.trees, args.tree, folder)
    found = [
        one
        async for one in migrations(
            store, published, trees, clock=lambda: datetime.now(UTC), say=progress(),
            by=args.by or getpass.getuser(), dry_run=args.dry_run,
        )
    ]  # fmt: skip
    progress_done()
    if found and not args.dry_run:
        audit = Audit(store.shelf, lambda: datetime.now(UTC))
        await audit.told(
            "walks migrated", who=args.by or on_this_machine(), tree=args.tree, walks=len(found)
        )
    _tell(found, args)


def _examined(folder: str) -> Examined:
    from engine.load import examine
    from web.cli.findings import told
    from web.cli.terminal import cache_folder, progress, progress_done

    examined = examine(Path(folder), cache=cache_folder(), progress=progress())
    progress_done()
    for finding in examined.errors:
        print(told(finding), file=sys.stderr)
    return examined


def _asked(trees: Mapping[str, Tree], id: str, folder: str) -> Mapping[str, Tree]:
    """The trees that walks are to go to: only such as have no error."""
    if not id:
        return trees
    if id not in trees:
        raise Misuse(
            f"there is no tree {id!r} in {folder} that is without errors: nothing was done"
        )
    return {id: trees[id]}


def _tell(found: list[Migrating], args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json
    from web.keeping.migrations import summary

    if args.json:
        print_json(
            {"dry_run": args.dry_run, "walks": [_as_json(one) for one in found], "summary": summary(found)}
        )  # fmt: skip
        return
    if not found:
        print("no open walk is on an older version of its tree")
    for tree in sorted({one.tree for one in found}):
        told = summary(one for one in found if one.tree == tree)
        print(told if args.tree else f"{tree}: {told}")


def _as_json(one: Migrating) -> dict[str, Any]:
    from msgspec.structs import asdict

    return asdict(one)
