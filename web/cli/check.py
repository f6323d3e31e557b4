"""Say everything that is wrong with trees, each finding with the answers that show it.

  fingerpost check                    all of trees/
  fingerpost check trees/telecom/internet_down.yaml
  fingerpost check --strict --format github

  fingerpost check ours theirs --format sarif > findings.sarif
  fingerpost check --tree internet_down --json

A path may be a library (each with a `library.yaml` is one of its own), a folder in one, or a tree:
that tree is reported, with the errors of the trees that it uses. A file that
cannot be read does not stop the others. Exit status 1 where there are errors; with --strict,
warnings too. `fingerpost explain CHECK` says more of a finding.
"""

from __future__ import annotations

import argparse
import time

from web.cli import GOOD, WRONG


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="libraries or trees (trees)")
    forms = ("text", "json", "sarif", "github")
    parser.add_argument(
        "--format", choices=forms, default="text", help="github: shown in the pull request"
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    parser.add_argument("--tree", metavar="ID", default="", help="report this tree alone")


def run(args: argparse.Namespace) -> int:
    from engine.load import examine
    from web.cli.findings import FORMATS
    from web.cli.libraries import known
    from web.cli.terminal import cache_folder, progress, progress_done

    began = time.monotonic()
    examined = examine(
        *known(args.paths), only=args.tree, cache=cache_folder(), progress=progress()
    )
    progress_done()
    FORMATS["json" if args.json else args.format](examined, time.monotonic() - began)
    failed = examined.findings if args.strict else examined.errors
    return WRONG if failed else GOOD
