"""Print the JSON Schemas of the format, for editors and other tools.

fingerpost schema            that of a tree
fingerpost schema library    of library.yaml; also: stories, texts
"""

from __future__ import annotations

import argparse

from web.cli import GOOD


def arguments(parser: argparse.ArgumentParser) -> None:
    kinds = ("tree", "library", "stories", "texts")
    parser.add_argument("kind", nargs="?", choices=kinds, default="tree")


def run(args: argparse.Namespace) -> int:
    from engine.schema import schema
    from web.cli.terminal import print_json

    print_json(schema(args.kind))
    return GOOD
