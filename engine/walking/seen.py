"""What is seen of a walk: what to put in front of whoever walks, what is accepted, what is known."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from engine.fields import to_plain
from engine.kit.moves import ERASED, AnyValue
from engine.model import Expected, Prompt, PromptChoice, Step, Tree, Walk
from engine.walking.fixed import fixed, key_of
from engine.walking.mover import Mover, offered
from engine.walking.sealed import unsealed


def prompt(tree: Tree, walk: Walk) -> Prompt | None:
    """What to put in front of whoever walks; None where it waits for an action or has ended."""
    if walk.state.status != "asking":
        return None
    key = key_of(tree, walk)
    if key is None:
        return made(tree, walk)
    known = fixed(tree).prompts
    found = known.get(key)
    if found is None:
        found = known[key] = made(tree, walk)
    return found


def made(tree: Tree, walk: Walk) -> Prompt:
    """The prompt where a walk asks, made anew."""
    mover = Mover(tree, walk.about, walk.state, walk.state.now)
    scope = mover.scope()
    found: Prompt = scope.tree.nodes[walk.state.frames[-1].node].prompt(scope)
    anytime = _anytime_choices(mover)
    if anytime or walk.draft is not None:
        return replace(found, anytime=anytime, draft=unsealed(walk.draft, walk.secrets))
    return found


def task(tree: Tree, walk: Walk) -> Prompt | None:
    """The form for whoever does the action that the walk waits for; None where it waits for none."""
    if walk.state.status != "pending":
        return None
    mover = Mover(tree, walk.about, walk.state, walk.state.now)
    mover.request = walk.state.request
    scope = mover.scope()
    found: Prompt = scope.tree.nodes[walk.state.frames[-1].node].prompt(scope)
    return replace(found, anytime=_anytime_choices(mover))


def expects(tree: Tree, walk: Walk) -> Expected:
    """Exactly what ``answer`` (or, where it waits for an action, ``resolve``) accepts here."""
    state = walk.state
    if state.status == "ended":
        return Expected()
    mover = Mover(tree, walk.about, state, state.now)
    mover.request = state.request
    scope = mover.scope()
    found: Expected = scope.tree.nodes[state.frames[-1].node].expects(scope)
    return replace(found, anytime=tuple(way.id for _, way in offered(mover)))


def ending(tree: Tree, walk: Walk) -> str:
    """The words of the end that the walk reached, as Markdown; "" while it has not ended."""
    if walk.state.status != "ended":
        return ""
    scope = Mover(tree, walk.about, walk.state, walk.state.now).scope()
    return scope.say(scope.tree.nodes[walk.state.frames[-1].node].say)


def _anytime_choices(mover: Mover) -> tuple[PromptChoice, ...]:
    return tuple(
        PromptChoice(way.id, mover.scope(depth).say(way.label)) for depth, way in offered(mover)
    )


def steps(walk: Walk) -> list[Step]:
    """The present path, oldest first."""
    found = []
    chain = walk.state.steps
    while chain is not None:
        found.append(chain.last)
        chain = chain.rest
    return found[::-1]


def values(walk: Walk) -> dict[str, Any]:
    """All that is known, in plain JSON by dotted name; what inner trees know stands under the
    node that uses them."""
    found: dict[str, Any] = {}
    prefix = ""
    for frame in walk.state.frames:
        for name, value in sorted(frame.values.items()):
            if not name.startswith(("visits.", "every.")):
                erased = isinstance(value, AnyValue)
                found[prefix + name] = ERASED if erased else to_plain(value)
        prefix += frame.node + "."
    return found


def inputs(walk: Walk) -> dict[str, Any]:
    """What the action that a walk waits for is given, in plain JSON."""
    request = walk.state.request
    given = {} if request is None else request.inputs
    return {
        name: ERASED if isinstance(value, AnyValue) else to_plain(value)
        for name, value in given.items()
    }


def at(walk: Walk) -> str | None:
    """The node where the walk stands; None once it has ended."""
    return None if walk.state.status == "ended" else walk.state.frames[-1].node
