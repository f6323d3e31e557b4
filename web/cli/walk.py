"""Walk a tree in the terminal, or by answers that were written down.

  fingerpost walk internet_down
  fingerpost walk internet_down --answers '{"lights": "red"}' --actions '{"outage": "none"}' --json
  fingerpost walk internet_down --story        print the walk just taken as a story

TREE is an id in --library, or a path. Where the answers run out the walk is `waiting`.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from web.cli import GOOD, WRONG, Misuse

if TYPE_CHECKING:
    from engine.model import Tree, Walk


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tree", metavar="TREE")
    parser.add_argument("--library", metavar="PATH", default="trees")
    parser.add_argument("--answers", metavar="FILE|JSON")
    parser.add_argument("--actions", metavar="FILE|JSON")
    parser.add_argument("--given", metavar="FILE|JSON")
    parser.add_argument("--audience", choices=("agent", "customer", "system"))
    parser.add_argument("--language", metavar="TAG")
    parser.add_argument("--channel", default="", metavar="NAME")
    parser.add_argument("--at", metavar="TIME", help="the time of the walk, like 2026-03-02T19:30")
    parser.add_argument("--json", action="store_true", help="print the path as JSON")
    parser.add_argument("--story", action="store_true", help="print the walk as a story")


def run(args: argparse.Namespace) -> int:
    from engine.errors import FingerpostError
    from engine.stories import moment
    from engine.walk import start
    from web.cli.findings import told
    from web.cli.libraries import data, tree_of

    examined, tree = tree_of(args.tree, args.library)
    if tree is None:
        for finding in examined.errors:
            print(told(finding))
        return WRONG
    given, answers = data(args.given, "--given"), data(args.answers, "--answers")
    actions = data(args.actions, "--actions")
    now = moment(args.at, tree) if args.at else datetime.now(UTC)
    try:
        walk = start(
            tree,
            id="terminal",
            at=now,
            given=given,
            audience=args.audience,
            language=args.language,
            channel=args.channel,
        )
    except FingerpostError as refused:
        raise Misuse(str(refused)) from None
    if args.answers is not None or args.actions is not None or args.json:
        return _by_script(tree, walk, answers, actions, now, args)
    return _by_hand(tree, walk, args)


def _by_script(
    tree: Tree,
    walk: Walk,
    answers: dict[str, Any],
    actions: dict[str, Any],
    now: datetime,
    args: argparse.Namespace,
) -> int:
    import sys

    from engine.script import Script, play

    walk, stopped, _ = play(tree, walk, Script(answers, actions), now)
    refused = bool(stopped) and walk.state.status != "pending"
    if refused:
        print(f"fingerpost: {stopped}", file=sys.stderr)
    _printed(tree, walk, args)
    return WRONG if refused else GOOD


def _printed(tree: Tree, walk: Walk, args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json

    if args.json:
        print_json(as_json(tree, walk))
    elif args.story:
        _print_story(tree, walk)
    else:
        _print_path(tree, walk)


def as_json(tree: Tree, walk: Walk) -> dict[str, Any]:
    """The path of a walk, as `walk --json` prints it."""
    import msgspec

    from engine.walk import at, prompt, steps, task, values

    outcome = walk.state.outcome
    shown = prompt(tree, walk) or task(tree, walk)
    return {
        "tree": tree.id,
        "logic": tree.logic,
        "status": "waiting" if outcome is None else "ended",
        "at": at(walk),
        "outcome": outcome
        and {
            "node": outcome.node,
            "disposition": outcome.disposition or None,
            "kpi": outcome.kpi or None,
        },
        "steps": [
            {"tree": s.tree, "node": s.node, "exit": s.exit, "visit": s.visit}
            | ({"known": True} if s.known else {})
            for s in steps(walk)
        ],
        "values": values(walk),
        "prompt": None if shown is None else msgspec.to_builtins(shown),
    }


def _print_story(tree: Tree, walk: Walk) -> None:
    from engine.formats.story import spelled
    from engine.stories import story_of

    print(spelled(story_of(tree, walk)), end="")


def _print_path(tree: Tree, walk: Walk) -> None:
    from engine.walk import at, ending, steps
    from web.cli.ask import plain
    from web.cli.terminal import coloured

    for step in steps(walk):
        inner = "  " * step.depth
        print(f"{inner}{step.node}" + (f" = {step.exit}" if step.exit else ""))
    words = ending(tree, walk)
    print("\n" + coloured(plain(words), "bold") if words else f"\nwaits at {at(walk)}")


def _by_hand(tree: Tree, walk: Walk, args: argparse.Namespace) -> int:
    from engine.walk import ending
    from web.cli.ask import GoBack, Stop, plain
    from web.cli.terminal import coloured

    while walk.state.status != "ended":
        try:
            walk = _asked(tree, walk)
        except GoBack:
            walk = _back(tree, walk)
        except Stop:
            print("\nstopped here; nothing was recorded")
            break
    else:
        print("\n" + coloured(plain(ending(tree, walk)), "bold"))
        outcome = walk.state.outcome
        if outcome is not None and outcome.disposition:
            print(coloured(f"({outcome.disposition})", "dim"))
    if args.story:
        print()
        _print_story(tree, walk)
    return GOOD


def _asked(tree: Tree, walk: Walk) -> Walk:
    """The walk after one answer; the same walk where it was refused."""
    from engine.errors import InvalidAnswer, Refused
    from engine.walk import answer, expects, prompt, resolve, task
    from web.cli.ask import answered, show

    request = walk.state.request
    shown = prompt(tree, walk) if request is None else task(tree, walk)
    assert shown is not None
    show(shown, task=request is not None)
    said = answered(shown, expects(tree, walk))
    now = datetime.now(UTC)
    try:
        if request is not None and isinstance(said, dict) and "exit" in said:
            return resolve(tree, walk, request.id, said, at=now)
        return answer(tree, walk, said, at=now)
    except InvalidAnswer as refused:
        for field, message in refused.fields:
            print(f"  {field + ': ' if field else ''}{message}")
    except Refused as refused:
        print(f"  {refused}")
    return walk


def _back(tree: Tree, walk: Walk) -> Walk:
    from engine.errors import Refused
    from engine.walk import back

    try:
        return back(tree, walk, at=datetime.now(UTC))
    except Refused as refused:
        print(f"  {refused}")
        return walk
