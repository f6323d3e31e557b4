"""Walk a tree in the terminal, or by answers that were written down.

  fingerpost walk internet_down                 by hand: numbers answer, ? helps
  fingerpost walk internet_down --answers '{"lights": "red"}' --actions '{"outage": "none"}' --json
  fingerpost walk internet_down --answers answers.json --continue
  fingerpost walk internet_down --story         print the walk just taken as a story, to be pasted

TREE is an id in --library, or a path. Where written answers run out the walk is `waiting`; with
--continue it goes on by hand. Nothing is recorded. Exit status 1 where the tree has errors (they are
printed), or where an answer is refused.

--answers  {"NODE": ANSWER, or [ANSWER of visit 1, 2 ..]}; NODE is USE.NODE inside a subtree
--actions  {"NODE or ACTION": EXIT, or {"exit": EXIT, outputs ..}}; outputs left out are samples
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from web.cli import GOOD, WRONG, Misuse

if TYPE_CHECKING:
    from engine.load import Examined
    from engine.model import Tree, Walk


def arguments(parser: argparse.ArgumentParser) -> None:
    from engine.model import AUDIENCES, CHANNEL_NAMES

    parser.add_argument("tree", metavar="TREE", help="an id, or a path")
    parser.add_argument(
        "--library", metavar="PATH", default="trees", help="where ids are looked for"
    )
    parser.add_argument("--answers", metavar="FILE|JSON", help="what is answered, by node")
    parser.add_argument(
        "--actions", metavar="FILE|JSON", help="what actions give, by node or action"
    )
    parser.add_argument("--given", metavar="FILE|JSON", help="what is known before")
    parser.add_argument("--audience", choices=AUDIENCES, help="who walks (the tree's first)")
    parser.add_argument("--language", metavar="TAG", help="like fr (the tree's own)")
    parser.add_argument(
        "--channel", choices=CHANNEL_NAMES, default="", metavar="NAME", help="like phone"
    )
    parser.add_argument("--at", metavar="TIME", help="the time of the walk, like 2026-03-02T19:30")
    parser.add_argument(
        "--continue",
        dest="go_on",
        action="store_true",
        help="by hand, where written answers run out",
    )
    parser.add_argument("--json", action="store_true", help="print the path as JSON")
    parser.add_argument("--story", action="store_true", help="print the walk as a story")


def run(args: argparse.Namespace) -> int:
    from engine.unattended import unattended
    from web.cli.by_hand import by_hand
    from web.cli.libraries import data, tree_of
    from web.cli.path import printed

    examined, tree = tree_of(args.tree, args.library)
    if tree is None:
        _errors(examined, args.json)
        return WRONG
    given, answers = data(args.given, "--given"), data(args.answers, "--answers")
    actions = data(args.actions, "--actions")
    _known(tree, answers, actions)
    walk, now = _begun(tree, given, args)
    written = args.answers is not None or args.actions is not None
    if written or args.json:
        walk, refused = _by_script(tree, walk, answers, actions, now)
        if refused or not args.go_on:
            printed(tree, walk, args)
            return WRONG if refused else GOOD
    return by_hand(tree, unattended(tree, walk, at=now, by=""), args)


def _errors(examined: Examined, as_json: bool) -> None:
    from web.cli.findings import FORMATS, told

    if as_json:
        FORMATS["json"](examined, 0)
        return
    for finding in examined.errors:
        print(told(finding))


def _known(tree: Tree, answers: Mapping[str, Any], actions: Mapping[str, Any]) -> None:
    """Raises Misuse for a name that leads nowhere: an answer to it would never be asked for."""
    from engine.errors import near
    from engine.stories import addresses

    nodes = {id for address, _ in addresses(tree) for id in (address, address.rsplit(".", 1)[-1])}
    done = {id for t in (tree, *tree.uses.values()) for id in t.actions}
    for what, names, known in (("answers", answers, nodes), ("actions", actions, nodes | done)):
        for name in names:
            if name not in known:
                kind = "node" if what == "answers" else "node or action"
                raise Misuse(f"--{what}: there is no {kind} {name!r}{near(name, known)}")


def _begun(
    tree: Tree, given: Mapping[str, Any], args: argparse.Namespace
) -> tuple[Walk, datetime]:
    from engine.errors import FingerpostError
    from engine.stories import moment
    from engine.walk import start

    try:
        now = moment(args.at, tree) if args.at else datetime.now(UTC)
    except ValueError:
        raise Misuse(f"--at: {args.at!r} is no time: write 2026-03-02T19:30") from None
    about = {"audience": args.audience, "language": args.language, "channel": args.channel}
    try:
        return start(tree, id="terminal", at=now, given=given, **about), now
    except FingerpostError as refused:
        raise Misuse(str(refused)) from None


def _by_script(
    tree: Tree, walk: Walk, answers: dict[str, Any], actions: dict[str, Any], now: datetime
) -> tuple[Walk, bool]:
    """The walk as far as what was written carries it, and whether something of it was refused."""
    import sys

    from engine.script import Script, play, unsaid
    from engine.unattended import unattended

    script = Script(answers, actions)
    while True:
        walk, stopped, _ = play(tree, walk, script, now)
        alone = walk if stopped != unsaid(walk) else unattended(tree, walk, at=now, by="")
        if alone is walk:
            break
        walk = alone
    refused = stopped not in ("", unsaid(walk))
    if refused:
        print(f"fingerpost: {stopped}", file=sys.stderr)
    return walk, refused
