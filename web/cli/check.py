"""Say everything that is wrong with trees, each finding with the answers that show it.

  fingerpost check                    all of trees/
  fingerpost check trees/telecom/internet_down.yaml
  fingerpost check --strict --format github

A path may be a library, a folder in one, or a tree (its library is read, that tree reported).
Exit status 1 where there are errors; with --strict, warnings too.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from web.cli import GOOD, WRONG


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="libraries or trees (trees)")
    parser.add_argument("--format", choices=("text", "json", "sarif", "github"), default="text")
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    parser.add_argument("--tree", metavar="ID", default="", help="report this tree alone")


def run(args: argparse.Namespace) -> int:
    from engine.load import examine
    from web.cli.findings import FORMATS
    from web.cli.terminal import cache_folder, progress, progress_done

    began = time.monotonic()
    paths = [Path(path) for path in args.paths or ["trees"]]
    examined = examine(*paths, only=args.tree, cache=cache_folder(), progress=progress())
    progress_done()
    FORMATS["json" if args.json else args.format](examined, time.monotonic() - began)
    failed = examined.findings if args.strict else examined.errors
    return WRONG if failed else GOOD
