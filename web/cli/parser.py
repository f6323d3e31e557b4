"""The command line as argparse knows it: errors in one line, exit status 2."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import NoReturn

from web.cli import COMMANDS, Command, Misuse


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Misuse(f"{message}. `{self.prog} --help` says what there is")


def command_line(name: str | None, module: Command | None = None) -> argparse.ArgumentParser:
    """The parser of one command; without a name, of them all (for ``--help``)."""
    parser = Parser(
        prog="fingerpost",
        description="Decision-tree troubleshooting and call scripts, proved before anybody walks them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for known, (_, words) in COMMANDS.items():
        sub = commands.add_parser(known, help=words, description=words)
        if known == name and module is not None:
            if module.__doc__:
                sub.description = module.__doc__
                sub.formatter_class = argparse.RawDescriptionHelpFormatter
            module.arguments(sub)
    return parser


def nearest(name: str) -> str:
    """The end of the sentence that there is no such command."""
    close = get_close_matches(name, COMMANDS, n=1)
    return f". Did you mean {close[0]!r}?" if close else "."
