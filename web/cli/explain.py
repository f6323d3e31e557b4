"""Print the help page of a check: what it finds, an example, what to do.

fingerpost explain empty-value
"""

from __future__ import annotations

import argparse

from web.cli import GOOD, Misuse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("check", nargs="?", metavar="CHECK", help="its name; without, all of them")


def run(args: argparse.Namespace) -> int:
    from engine.checks import CHECKS
    from engine.errors import near

    if args.check is None:
        width = max(map(len, CHECKS))
        for name, check in CHECKS.items():
            print(f"{name:{width}}  {(check.__doc__ or '').splitlines()[0]}")
        return GOOD
    if args.check not in CHECKS:
        raise Misuse(f"there is no check {args.check!r}{near(args.check, CHECKS)}")
    print(f"{args.check}\n\n{(CHECKS[args.check].__doc__ or '').strip()}")
    return GOOD
