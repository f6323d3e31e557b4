"""Write trees and the files beside them in the one canonical form; every comment is kept.

  fingerpost fmt                          all of trees/
  fingerpost fmt trees/telecom/internet_down.yaml
  fingerpost fmt --check                  change nothing; exit status 1 where something would change
  fingerpost fmt - < tree.yaml            from standard input to standard output, for editors

Keys come in the order in which one reads, the verb first; texts that would need quotes stand in
block style; what is in { } stays so while its line fits into 100 columns. What a file says never
changes. A file that cannot be read stays as it is, and is said.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from web.cli import GOOD, WRONG, Misuse

if TYPE_CHECKING:
    from engine.model import Finding


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders (trees); - is standard input"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing, only say what would change"
    )
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(args: argparse.Namespace) -> int:
    paths = args.paths or ["trees"]
    if paths == ["-"]:
        return _through(sys.stdin.buffer.read(), args.check)
    files = list(_files(paths))
    changed, findings = _formatted(files, args.check)
    _say(args, len(files), changed, findings)
    return WRONG if findings or (args.check and changed) else GOOD


def _files(paths: Iterable[str]) -> Iterator[Path]:
    """Every YAML file at these paths, in order, each once."""
    seen: set[Path] = set()
    for path in map(Path, paths):
        if not path.exists():
            raise Misuse(f"there is no file or folder '{path}'")
        if path.is_file() and path.suffix != ".yaml":
            raise Misuse(f"{path} is no file of a library: those are called NAME.yaml")
        found = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        for file in found:
            hidden = path.is_dir() and any(p.startswith(".") for p in file.relative_to(path).parts)
            if file.is_file() and not hidden and file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _formatted(files: Iterable[Path], check: bool) -> tuple[list[Path], list[Finding]]:
    """Which files are (or, with ``check``, would be) changed, and what cannot be read."""
    from engine.errors import InvalidTree
    from engine.formats.canonical import canonical
    from web.cli.terminal import progress, progress_done, write

    changed: list[Path] = []
    findings: list[Finding] = []
    said = progress()
    for file in files:
        said(f"formatting {file}")
        raw = file.read_bytes()
        try:
            text = canonical(raw, str(file))
        except InvalidTree as unreadable:
            findings += unreadable.findings
            continue
        if text.encode() != raw:
            changed.append(file)
            if not check:
                write(file, text)
    progress_done()
    return changed, findings


def _say(
    args: argparse.Namespace, files: int, changed: list[Path], findings: list[Finding]
) -> None:
    from web.cli.findings import told
    from web.cli.terminal import print_json
    from web.findings import as_json

    if args.json:
        found = [as_json(finding) for finding in findings]
        print_json({"files": files, "changed": [str(path) for path in changed], "findings": found})
        return
    for finding in findings:
        print(told(finding))
    for path in changed:
        print(f"{path} is not in the canonical form" if args.check else f"wrote {path}")
    count = f"{files} file{'' if files == 1 else 's'}"
    if args.check and changed:
        print(
            f"{len(changed)} of {count} would change: fingerpost fmt {' '.join(args.paths)}".rstrip()
        )
    elif not changed and not findings:
        print(f"{count} in the canonical form")


def _through(raw: bytes, check: bool) -> int:
    """A tree from standard input to standard output."""
    from engine.errors import InvalidTree
    from engine.formats.canonical import canonical
    from web.cli.findings import told

    try:
        text = canonical(raw, "<stdin>", "tree")
    except InvalidTree as unreadable:
        for finding in unreadable.findings:
            print(told(finding), file=sys.stderr)
        return WRONG
    if check:
        return GOOD if text.encode() == raw else WRONG
    sys.stdout.write(text)
    return GOOD
