"""A walk by hand: asked and answered in the terminal. Not a command."""

from __future__ import annotations

import argparse
import json
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from web.cli import GOOD, INTERRUPTED

if TYPE_CHECKING:
    from engine.model import Tree, Walk


def by_hand(tree: Tree, walk: Walk, args: argparse.Namespace) -> int:
    """Ask in the terminal until the walk has ended, or whoever answers has had enough."""
    from web.cli.ask import Stop
    from web.cli.path import print_story, printed

    status = GOOD
    try:
        while walk.state.status != "ended":
            walk = _stepped(tree, walk)
        _ended(tree, walk)
    except (Stop, KeyboardInterrupt) as left:
        if isinstance(left, KeyboardInterrupt):
            # Pressed twice, it is still told how to go on.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            status = INTERRUPTED
        print("\n" + _how_to_go_on(tree, walk, args))
    _print_notes(walk)
    if args.json:
        printed(tree, walk, args)
    elif args.story:
        print()
        print_story(tree, walk)
    return status


def _stepped(tree: Tree, walk: Walk) -> Walk:
    """The walk after one thing that was typed; the same walk where it was refused. Raises Stop."""
    from engine.unattended import unattended
    from web.cli.ask import GoBack, Note

    try:
        return unattended(tree, _asked(tree, walk), at=datetime.now(UTC), by="")
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
