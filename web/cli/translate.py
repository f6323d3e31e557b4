"""The words of a tree in another language: what is missing or stale, and files for translators.

  fingerpost translate kettle fr                     list what is missing, stale or left over
  fingerpost translate kettle fr --write             write kettle.fr.yaml: a line for every text
  fingerpost translate kettle fr --out kettle.xlf    a file for translators (.csv, .xlf)
  fingerpost translate kettle fr --from kettle.xlf   take in what came back
  fingerpost translate library fr                    the words that all trees share

What people have written is kept: a text that came back empty, or was made from an older source text
than the one that is there, takes nothing away. One with a wrong {placeholder} is refused, and said.
The exit status is 1 while something is missing or stale, or was refused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from web.cli import GOOD, WRONG, Misuse

if TYPE_CHECKING:
    from engine.library import Library
    from engine.translating.units import Taken, Words

_BY_NAME: Mapping[str, str] = {".csv": "csv", ".xlf": "xliff", ".xliff": "xliff"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tree", metavar="TREE", help="an id, a path, or `library`")
    parser.add_argument("language", metavar="LANG", help="like fr or pt-BR")
    parser.add_argument(
        "--library", metavar="PATH", default="trees", help="where ids are looked for (trees)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="write the side file")
    what.add_argument("--out", metavar="FILE", help="a file for translators")
    what.add_argument("--from", dest="back", metavar="FILE", help="one that came back")
    parser.add_argument(
        "--format",
        choices=("csv", "xliff", "xliff-1.2"),
        help="of --out and --from; by the name of the file unless said",
    )
    parser.add_argument("--json", action="store_true", help="the list as JSON")


@dataclass(frozen=True)
class _Side:
    """A side file, and what it should say."""

    path: Path
    name: str
    source: str
    language: str
    named: bool  # whether the tree names the language
    words: Words


def run(args: argparse.Namespace) -> int:
    side = _side(args)
    if args.back:
        return _take(side, args)
    if args.out:
        return _send(side, args)
    if args.write:
        _write(side, side.words)
        _hint(side)
        return GOOD
    return _tell(side, args.json)


# ------------------------------------------------------------------------------- the side file


def _side(args: argparse.Namespace) -> _Side:
    from engine.files.folder import LIBRARY
    from engine.library import read_library
    from engine.translating.units import words

    path = Path(args.tree)
    by_path = path.suffix == ".yaml"
    id = path.name.partition(".")[0]
    root = _root(path if by_path else Path(args.library))
    library = read_library(root)
    tree = "" if id == "library" else id
    _readable(library, tree, args.language)
    of_tree = library.trees.get(tree)
    source = of_tree.source_language if of_tree else library.shared_document.data.get("language")
    source = str(source or "en")
    _language(args.language, source)
    folder = Path(library.documents[tree].file).parent if tree else root
    if not tree and not (root / LIBRARY).is_file():
        raise Misuse(f"there is no {root / LIBRARY}")
    return _Side(
        path=folder / f"{id}.{args.language}.yaml",
        name=id,
        source=source,
        language=args.language,
        named=of_tree is None or args.language in of_tree.languages,
        words=words(library, tree, args.language),
    )


def _root(path: Path) -> Path:
    from engine.files.folder import root_of

    if not path.exists():
        raise Misuse(f"there is no file or folder '{path}'")
    return root_of(path)


def _readable(library: Library, tree: str, language: str) -> None:
    """Raises Misuse where there is no such tree, or a file of it cannot be read."""
    from engine.errors import near

    if tree and tree not in library.names:
        raise Misuse(f"there is no tree {tree!r} in {library.root}{near(tree, library.names)}")
    files = {f"{tree or 'library'}.yaml", f"{tree or 'library'}.{language}.yaml"}
    for finding in library.findings:
        name = Path(finding.mark.file).name
        lost = name in files and finding.severity == "error" and finding.check != "translation"
        unread = tree not in library.trees if name == f"{tree}.yaml" else True
        if lost and unread:
            raise Misuse(f"{finding.mark.file}:{finding.mark.line}: {finding.message}")
    if tree and tree not in library.trees:
        raise Misuse(f"{tree!r} cannot be read; `fingerpost check` says what is wrong with it")


def _language(language: str, source: str) -> None:
    import re

    from engine.schema import schema

    if not re.fullmatch(schema("texts")["$defs"]["language"]["pattern"], language):
        raise Misuse(f"{language!r} is no language; write it like fr, pt-BR or zh-Hant")
    if language == source:
        raise Misuse(f"{language!r} is the language that it is written in")


def _write(side: _Side, words: Words) -> None:
    from engine.translating.side import side_file
    from web.cli.terminal import write

    units = [*words.units, *words.left_over]
    before = side.path.read_text("utf-8-sig") if side.path.exists() else ""
    write(side.path, side_file(before, side.name, side.language, units))
    print(f"wrote {side.path}")


def _hint(side: _Side) -> None:
    if not side.named:
        print(
            f"next: say it in the tree: languages: {{source: {side.source}, also: [{side.language}]}}"
        )


# ---------------------------------------------------------------------------------- exchanging


def _format(args: argparse.Namespace, file: str) -> str:
    found = args.format or _BY_NAME.get(Path(file).suffix.lower())
    if not found:
        raise Misuse(f"say what {file} is: --format csv or --format xliff")
    return str(found)


def _send(side: _Side, args: argparse.Namespace) -> int:
    from engine.translating import EXCHANGES
    from web.cli.terminal import count, write

    exchange = EXCHANGES[_format(args, args.out)]
    try:
        text = exchange.write(side.words.units, side.name, side.source, side.language)
    except ValueError as wrong:
        raise Misuse(str(wrong)) from None
    write(Path(args.out), text)
    todo = sum(unit.state != "fresh" for unit in side.words.units)
    print(f"wrote {args.out}: {count(len(side.words.units), 'text')}, {todo} to do")
    return GOOD


def _take(side: _Side, args: argparse.Namespace) -> int:
    from msgspec.structs import replace

    from engine.translating import EXCHANGES
    from engine.translating.units import taken
    from web.cli.terminal import count

    exchange = EXCHANGES[_format(args, args.back)]
    try:
        raw = Path(args.back).read_bytes()
    except OSError as wrong:
        raise Misuse(f"{args.back} cannot be read: {str(wrong.strerror).lower()}") from None
    try:
        back = exchange.read(raw)
    except ValueError as wrong:
        raise Misuse(f"{args.back}: {wrong}") from None
    found = taken(side.words.units, back)
    if found.changed:
        _write(side, replace(side.words, units=found.units))
    print(f"took {count(len(found.changed), 'text')}, refused {len(found.refused)}")
    _refused(found)
    _hint(side)
    return WRONG if found.refused else GOOD


def _refused(found: Taken) -> None:
    for address, why in found.refused:
        print(f"  {address}: {why}", file=sys.stderr)


# --------------------------------------------------------------------------------------- telling


def _tell(side: _Side, as_json: bool) -> int:
    from web.cli.terminal import count, print_json

    units, gone = side.words.units, side.words.left_over
    todo = [unit for unit in units if unit.state != "fresh"]
    if as_json:
        said = [
            {"address": u.address, "state": u.state, "source": u.source, "text": u.text}
            for u in units
        ]
        print_json({"file": str(side.path), "texts": said, "left_over": [u.address for u in gone]})
        return WRONG if todo or gone else GOOD
    for unit in todo:
        print(f"{unit.state:8} {unit.address}: {_short(unit.source)}")
    for unit in gone:
        print(f"left over {unit.address}: {_short(unit.text)}")
    missing = sum(unit.state == "missing" for unit in todo)
    stale = len(todo) - missing
    print(
        f"{side.path}: {count(len(units), 'text')}, {missing} missing, {stale} stale, {len(gone)} left over"
    )
    return WRONG if todo or gone else GOOD


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 70 else f"{line[:69]}…"
