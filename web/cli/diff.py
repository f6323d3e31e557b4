"""Say what changed in meaning between two versions: nodes, exits, rules, fields, limits, words.

  fingerpost diff HEAD trees/telecom/internet_down.yaml      the tree as committed, and as it stands
  fingerpost diff HEAD~1 HEAD --tree internet_down           between two revisions
  fingerpost diff main:trees trees                           whole libraries
  fingerpost diff old.yaml new.yaml --json

OLD and NEW are each a file, a folder, a git revision, or REV:PATH. A revision alone means the other
side's path, or all of --library; without NEW it is the library as it stands. Where a node is in
`renamed`, it is told as the same node. Said too: what becomes of walks that are open.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from web.cli import GOOD, WRONG, Misuse

if TYPE_CHECKING:
    from engine.diff import Change, Diff
    from engine.model import Finding, Tree
    from web.cli.revisions import Version


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="a file, a folder, a git revision, or REV:PATH")
    parser.add_argument(
        "new", metavar="NEW", nargs="?", help="the same (the library as it stands)"
    )
    parser.add_argument("--tree", metavar="ID", default="", help="this tree alone")
    parser.add_argument(
        "--library", metavar="PATH", default="trees", help="what a revision alone means (trees)"
    )
    parser.add_argument(
        "--exit-code", action="store_true", help="exit status 1 where anything changed"
    )
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(args: argparse.Namespace) -> int:
    from web.cli.revisions import places, version
    from web.cli.terminal import progress, progress_done

    said = progress()
    old, new = places(args.old, args.new, args.library)
    with ExitStack() as stack:
        said(f"reading {old}")
        before = stack.enter_context(version(old, new))
        said(f"reading {new}")
        after = stack.enter_context(version(new, old))
        pairs = _pairs(before, after, args.tree)
        broken = [*_broken(before, pairs), *_broken(after, pairs)]
        unread = before.library.broken | after.library.broken
        found = {
            id: _compared(*pair)
            for id, pair in pairs.items()
            if not unread & {id, before.tree, after.tree}
        }
    progress_done()
    _say(args, found, broken)
    if broken:
        return WRONG
    return WRONG if args.exit_code and any(map(_differs, found.values())) else GOOD


# A tree on both sides, or on one.
Pair = tuple["Tree | None", "Tree | None"]
Compared = "Diff | str"


def _pairs(before: Version, after: Version, only: str) -> dict[str, Pair]:
    """The trees to compare, by id. A file on each side is one pair, whatever its name."""
    if before.tree and after.tree:
        id = only or after.tree
        if only and only not in (before.tree, after.tree):
            raise Misuse(f"neither side is the tree {only!r}")
        return {id: (_tree(before, before.tree), _tree(after, after.tree))}
    only = only or before.tree or after.tree
    ids = dict.fromkeys([*before.library.documents, *after.library.documents])
    if only and only not in {*ids, *before.library.broken, *after.library.broken}:
        from engine.errors import near

        raise Misuse(f"there is no tree {only!r} on either side{near(only, ids)}")
    wanted = [only] if only else list(ids)
    return {id: (_tree(before, id), _tree(after, id)) for id in wanted}


def _tree(version: Version, id: str) -> Tree | None:
    library = version.library
    return None if id in library.broken else library.trees.get(id)


def _broken(version: Version, pairs: Mapping[str, Pair]) -> list[Finding]:
    """Why a tree of one side cannot be compared."""
    wanted = {*pairs, version.tree}
    broken = wanted & version.library.broken
    return [
        finding
        for finding in version.library.findings
        if finding.severity == "error" and broken and finding.tree in ("", *broken)
    ]


def _compared(old: Tree | None, new: Tree | None) -> Diff | str:
    from engine.diff import diff

    if old is None or new is None:
        return "added" if old is None and new is not None else "removed" if new is None else ""
    return diff(old, new)


def _differs(found: Diff | str) -> bool:
    return bool(found if isinstance(found, str) else found.changes)


# ----------------------------------------------------------------------------------- telling


def _say(args: argparse.Namespace, found: Mapping[str, Diff | str], broken: list[Finding]) -> None:
    from web.cli.findings import told
    from web.cli.terminal import coloured, print_json
    from web.findings import as_json

    if args.json:
        findings = [as_json(finding) for finding in broken]
        trees = [_as_json(id, diff) for id, diff in found.items() if diff != ""]
        print_json({"trees": trees, "findings": findings})
        return
    for finding in broken:
        print(told(finding))
    several = len(found) > 1
    for id, diff in found.items():
        if _differs(diff):
            print(coloured(id, "bold") + (f": {diff}" if isinstance(diff, str) else ""))
            for line in _lines(diff):
                print(f"  {line}" if line else "")
    same = sum(not _differs(diff) for diff in found.values())
    if same and not broken:
        alike = "1 tree is the same" if same == 1 else f"{same} trees are the same"
        print(alike if several else "nothing changed in meaning")


def _lines(diff: Diff | str) -> Iterator[str]:
    if isinstance(diff, str):
        return
    titles = {
        "logic": "what decides the way",
        "text": "what people read",
        "other": "what is neither",
    }
    whole = _whole_nodes(diff)
    for kind, title in titles.items():
        changes = [change for change in diff.changes if change.kind == kind]
        told = [change for change in changes if kind != "text" or change.node not in whole]
        if changes:
            yield f"{title}:"
            yield from (f"  {_marked(change)}" for change in told)
        if len(told) < len(changes):
            yield f"  and the words of the nodes that are new or gone ({len(changes) - len(told)} texts)"
    yield diff.open_walks


def _whole_nodes(diff: Diff) -> set[str]:
    """The nodes that are new or gone. Their words are told as one; JSON has them all."""
    return {
        change.node
        for change in diff.changes
        if change.kind == "logic" and change.what == "node" and change.name != "renamed"
    }


def _marked(change: Change) -> str:
    """A change with its sign: + new, - gone, ~ another."""
    from web.cli.terminal import coloured

    words = change.kind == "text"
    if change.old is None and (words or change.says.startswith("new ")):
        return coloured(f"+ {change.says}", "green")
    if change.new is None and (words or change.says.endswith(" is gone")):
        return coloured(f"- {change.says}", "red")
    return coloured(f"~ {change.says}", "yellow")


def _as_json(id: str, diff: Diff | str) -> dict[str, Any]:
    import msgspec

    if isinstance(diff, str):
        return {"tree": id, "status": diff}
    return {
        "tree": id,
        "status": "changed" if diff.changes else "same",
        "logic": {"old": diff.old.logic, "new": diff.new.logic, "same": diff.same_logic},
        "text": {"old": diff.old.text, "new": diff.new.text, "same": diff.same_text},
        "open_walks": diff.open_walks,
        "changes": [msgspec.to_builtins(change) for change in diff.changes],
    }
