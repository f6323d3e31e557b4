"""Print the JSON Schemas of the format, for editors and other tools.

  fingerpost schema                           that of a tree
  fingerpost schema library > library.schema.json

Kinds: tree, library (of library.yaml), stories, texts (a side file of translations).
"""

from __future__ import annotations

import argparse

from web.cli import GOOD


def arguments(parser: argparse.ArgumentParser) -> None:
    kinds = ("tree", "library", "stories", "texts")
    parser.add_argument(
        "kind", nargs="?", choices=kinds, default="tree", metavar="KIND", help=", ".join(kinds)
    )


def run(args: argparse.Namespace) -> int:
    from engine.schema import schema
    from web.cli.terminal import print_json

    print_json(schema(args.kind))
    return GOOD
