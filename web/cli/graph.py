"""Draw a tree.

fingerpost graph internet_down --out internet_down.svg
fingerpost graph internet_down --format mermaid
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from web.cli import GOOD, Misuse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tree", metavar="TREE")
    parser.add_argument("--library", metavar="PATH", default="trees")
    parser.add_argument("--format", choices=("svg", "dot", "mermaid", "json"))
    parser.add_argument("--out", metavar="FILE", help="write there instead of printing")


def run(args: argparse.Namespace) -> int:
    from engine.formats import WRITERS
    from web.cli.libraries import tree_of
    from web.cli.terminal import write

    examined, _ = tree_of(args.tree, args.library)
    id = Path(args.tree).name.partition(".")[0]
    tree = examined.libraries[0].trees.get(id)
    if tree is None:
        raise Misuse(f"{id!r} cannot be read; `fingerpost check` says what is wrong with it")
    by_name = Path(args.out or "").suffix.removeprefix(".")
    format = args.format or (by_name if by_name in WRITERS else "svg")
    text = WRITERS[format].write(tree)
    if args.out:
        write(Path(args.out), text)
    else:
        sys.stdout.write(text)
    return GOOD
