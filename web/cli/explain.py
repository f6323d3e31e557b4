"""Print the help page of a check: what it finds, an example that is wrong, one that is right.

  fingerpost explain                      all checks, a line each
  fingerpost explain empty-value
  fingerpost explain empty-value --json

The name of a check stands in brackets behind each finding.
"""

from __future__ import annotations

import argparse

from web.cli import GOOD, Misuse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("check", nargs="?", metavar="CHECK", help="its name; without, all of them")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(args: argparse.Namespace) -> int:
    from engine.checks import CHECKS
    from engine.errors import near
    from web.cli.terminal import print_json

    name = (args.check or "").strip("[]").lower().replace("_", "-")
    if name and name not in CHECKS:
        raise Misuse(f"there is no check {args.check!r}{near(name, CHECKS)}")
    pages = {known: (check.__doc__ or "").strip() for known, check in CHECKS.items()}
    if args.json:
        print_json({known: page for known, page in pages.items() if name in ("", known)})
    elif name:
        print(f"{name}\n\n{pages[name]}")
    else:
        width = max(map(len, pages))
        for known, page in pages.items():
            print(f"{known:{width}}  {page.splitlines()[0]}")
    return GOOD
