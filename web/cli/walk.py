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
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from web.cli import GOOD, INTERRUPTED, WRONG, Misuse

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
    from web.cli.libraries import data, tree_of

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
            _printed(tree, walk, args)
            return WRONG if refused else GOOD
    return _by_hand(tree, walk, args)


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

    from engine.script import Script, play

    walk, stopped, _ = play(tree, walk, Script(answers, actions), now)
    refused = bool(stopped) and walk.state.status != "pending"
    if refused:
        print(f"fingerpost: {stopped}", file=sys.stderr)
    return walk, refused


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
    """Ask in the terminal until the walk has ended, or whoever answers has had enough."""
    from web.cli.ask import Stop

    status = GOOD
    try:
        while walk.state.status != "ended":
            walk = _stepped(tree, walk)
        _ended(tree, walk)
    except (Stop, KeyboardInterrupt) as left:
        print("\n" + _how_to_go_on(tree, walk, args))
        status = INTERRUPTED if isinstance(left, KeyboardInterrupt) else GOOD
    _print_notes(walk)
    if args.json:
        _printed(tree, walk, args)
    elif args.story:
        print()
        _print_story(tree, walk)
    return status


def _stepped(tree: Tree, walk: Walk) -> Walk:
    """The walk after one thing that was typed; the same walk where it was refused. Raises Stop."""
    from web.cli.ask import GoBack, Note

    try:
        return _asked(tree, walk)
    except GoBack:
        return _back(tree, walk)
    except Note as note:
        return _noted(tree, walk, str(note))


def _ended(tree: Tree, walk: Walk) -> None:
    from engine.walk import ending
    from web.cli.ask import plain
    from web.cli.terminal import coloured

    print("\n" + coloured(plain(ending(tree, walk)), "bold"))
    outcome = walk.state.outcome
    if outcome is not None and outcome.disposition:
        print(coloured(f"({outcome.disposition})", "dim"))


def _print_notes(walk: Walk) -> None:
    from engine.model import Noted

    notes = [event.text for event in walk.new if isinstance(event, Noted)]
    if notes:
        print("\nnotes:\n" + "\n".join(f"  {note}" for note in notes))


def _how_to_go_on(tree: Tree, walk: Walk, args: argparse.Namespace) -> str:
    """The command that comes back to where the walk stands."""
    import shlex

    from engine.stories import story_of
    from engine.walk import at

    told = story_of(tree, walk)
    words = ["fingerpost", "walk", args.tree]
    words += ["--library", args.library] if args.library != "trees" else []
    words += ["--language", args.language] if args.language else []
    for name in ("at", "audience", "channel", "given", "answers", "actions"):
        if name in told:
            value = told[name]
            words += [f"--{name}", value if isinstance(value, str) else json.dumps(value)]
    command = shlex.join([*words, "--continue"])
    return f"stopped at {at(walk)}; nothing was recorded. To go on from here:\n  {command}"


def _noted(tree: Tree, walk: Walk, text: str) -> Walk:
    from engine.model import Noted
    from engine.walk import at, record

    if not text:
        return walk
    print("  noted")
    return record(tree, walk, Noted(at=datetime.now(UTC), text=text, node=at(walk) or ""))


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
