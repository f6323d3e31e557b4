"""Draw a tree.

  fingerpost graph internet_down --out internet_down.svg
  fingerpost graph internet_down --format mermaid
  fingerpost graph internet_down --against HEAD~1 --out changed.svg    what is new, changed, gone
  fingerpost graph internet_down --traffic                             how often each way was taken

TREE is an id in --library, or a path. --against takes what `fingerpost diff` takes for OLD; --traffic
counts the record that `fingerpost serve` keeps, or --store names.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from web.cli import GOOD, Misuse

if TYPE_CHECKING:
    from engine.formats.drawing import Marks
    from engine.model import Tree


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tree", metavar="TREE", help="an id, or a path")
    parser.add_argument(
        "--library", metavar="PATH", default="trees", help="where ids are looked for"
    )
    parser.add_argument(
        "--format", choices=("svg", "dot", "mermaid", "json"), help="svg, or by the name of --out"
    )
    parser.add_argument(
        "--out", "--output", metavar="FILE", help="write there instead of printing"
    )
    parser.add_argument("--against", metavar="REV", help="show what changed since")
    parser.add_argument("--traffic", action="store_true", help="show how often each way was taken")
    parser.add_argument("--store", metavar="URL", help="the record that --traffic counts")


def run(args: argparse.Namespace) -> int:
    from msgspec.structs import replace

    from engine.formats import WRITERS
    from engine.formats.drawing import PLAIN
    from web.cli.libraries import tree_of
    from web.cli.terminal import write

    examined, _ = tree_of(args.tree, args.library)
    id = Path(args.tree).name.partition(".")[0]
    tree = examined.libraries[0].trees.get(id)
    if tree is None:
        raise Misuse(f"{id!r} cannot be read; `fingerpost check` says what is wrong with it")
    marks = (
        _against(args, tree, examined.libraries[0].documents[id].file) if args.against else PLAIN
    )
    if args.traffic:
        marks = replace(marks, traffic=_traffic(args, tree))
    text = WRITERS[_format(args)].write(tree, marks)
    if args.out:
        write(Path(args.out), text)
    else:
        sys.stdout.write(text)
    return GOOD


_BY_NAME = {
    "svg": "svg",
    "dot": "dot",
    "gv": "dot",
    "mmd": "mermaid",
    "mermaid": "mermaid",
    "json": "json",
}


def _format(args: argparse.Namespace) -> str:
    suffix = Path(args.out or "").suffix.removeprefix(".")
    return str(args.format or _BY_NAME.get(suffix, "svg"))


# --------------------------------------------------------------------------------- what changed


def _against(args: argparse.Namespace, tree: Tree, file: str) -> Marks:
    from web.cli.revisions import places, version

    old, new = places(args.against, file, args.library)
    with version(old, new) as before:
        other = before.library.trees.get(before.tree or tree.id)
        if other is None:
            raise Misuse(f"there was no tree {tree.id!r} at {old}, or it could not be read")
        return _changes(other, tree)


def _changes(old: Tree, new: Tree) -> Marks:
    from engine.diff import diff
    from engine.formats.drawing import Marks, arrows, boxes

    touched = {change.node for change in diff(old, new).changes if change.kind != "other"}
    states = {id: "new" if id not in old.nodes else "changed" for id in new.nodes}
    before, after = ({(a.start, a.to): a for a in arrows(t)} for t in (old, new))
    renamed = {now: was for was, now in new.renamed.items() if was in old.nodes}
    return Marks(
        nodes={
            id: "changed" if id in renamed else state
            for id, state in states.items()
            if id in touched or id in renamed
        },
        ways={way: "new" for way in after if way not in before},
        gone=tuple(
            b for b in boxes(old) if b.id not in new.nodes and b.id not in renamed.values()
        ),
        gone_ways=tuple(
            arrow
            for way, arrow in before.items()
            if way not in after and not set(way) & set(renamed.values())
        ),
    )


# -------------------------------------------------------------------------------------- traffic


def _traffic(args: argparse.Namespace, tree: Tree) -> dict[tuple[str, str], int]:
    from web.cli.record import looked_at

    async def counted() -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        async with looked_at(args.store) as store:
            async for stored in store.all_events():
                for step in getattr(stored.event, "steps", ()):
                    if step.tree == tree.id and step.exit is not None:
                        way = (step.node, step.exit)
                        found[way] = found.get(way, 0) + 1
        return found

    return asyncio.run(counted())
