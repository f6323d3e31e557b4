"""The path of a walk as it is printed: JSON, a story, or lines. Not a command."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.model import Tree, Walk


def printed(tree: Tree, walk: Walk, args: argparse.Namespace) -> None:
    from web.cli.terminal import print_json

    if args.json:
        print_json(as_json(tree, walk))
    elif args.story:
        print_story(tree, walk)
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


def print_story(tree: Tree, walk: Walk) -> None:
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
