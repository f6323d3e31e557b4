"""What was known without asking: values that came with the start of a walk, and the questions that
were skipped because of what is known; each with where it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from engine.errors import FingerpostError
from engine.kit.scope import Scope
from engine.model import Chain, Frame, Noun, Step, Tree, Walk
from engine.walk import steps
from web.pages.markdown import plain
from web.pages.wording import spaced, worded
from web.words import Say, marked, translator

_AT_START = marked("known at the start")
_FROM_SYSTEM = marked("from another system")
_FROM_CUSTOMER = marked("from the customer, in self-service")
_BY_ITSELF = marked("known from: {what}")


class Known(Noun, frozen=True):
    """What is known: the question or the name of the value, the value in words, where it is from."""

    what: str
    value: str
    origin: str


def is_any(tree: Tree, walk: Walk) -> bool:
    """Whether something was known: a cheap look, before words are made."""
    first = walk.state.frames[0].values
    return any(field.name in first for field in tree.given) or skipped_since(walk, None)


def skipped_since(walk: Walk, before: Chain | None) -> bool:
    """Whether a question was skipped since the path was this, or the path is another by now."""
    chain = walk.state.steps
    while chain is not None and chain is not before:
        if chain.last.known:
            return True
        chain = chain.rest
    return chain is not before


def known(tree: Tree, walk: Walk, began: str = "") -> list[Known]:
    """All that was known without asking, in the walk's language: what it began with, then the
    skipped questions of the present path. ``began``: who began it."""
    say = translator(walk.state.language)
    origin = say(_FROM_SYSTEM if began.startswith("key:") else _FROM_CUSTOMER if began.startswith("c_") else _AT_START)  # fmt: skip
    first = walk.state.frames[0]
    scope = _scope(tree, walk, first)
    found = [
        Known(worded(tree, walk.state.language, field.label) if field.label else spaced(field.name).capitalize(),
              plain(_words(scope, field.name)), origin)
        for field in tree.given if field.name in first.values
    ]  # fmt: skip
    return [*found, *_skipped(tree, walk, say)]


def _skipped(tree: Tree, walk: Walk, say: Say) -> Iterator[Known]:
    for step in steps(walk):
        owner = tree if step.tree == tree.id else tree.uses.get(step.tree, tree)
        node = owner.nodes.get(step.node)
        if not step.known or node is None or node.say is None:
            continue
        frame = next((f for f in walk.state.frames if f.tree == owner.id), None)
        scope = None if frame is None else _scope(owner, walk, frame)
        what = (
            worded(owner, walk.state.language, node.say) if scope is None else _said(scope, node)
        )
        sources = [_source(owner, walk, name) for name in _reads(node)]
        whence = ", ".join(dict.fromkeys(filter(None, sources)))
        origin = say(_BY_ITSELF, what=whence) if whence else say(_AT_START)
        yield Known(what, plain(_answer(owner, walk, node, step, scope)), origin)


def _scope(owner: Tree, walk: Walk, frame: Frame) -> Scope:
    return Scope(owner, frame.values, walk.about, walk.state.now, walk.state.language)


def _said(scope: Scope, node: Any) -> str:
    try:
        return plain(scope.say(node.say))
    except FingerpostError:  # a value that it names is gone
        return plain(scope.translated(node.say).source)


def _words(scope: Scope, name: str) -> str:
    try:
        return scope.words(name, False)
    except FingerpostError:
        return ""


def _answer(owner: Tree, walk: Walk, node: Any, step: Step, scope: Scope | None) -> str:
    """What the question was answered with; "" where its tree has been left since."""
    if scope is not None and scope.has(node.id):
        return _words(scope, node.id)
    fields = getattr(node, "fields", ())
    if fields:
        names = [f"{node.id}.{f.name}" for f in fields] if scope is not None else []
        return ", ".join(filter(None, (_words(scope, n) for n in names if scope and scope.has(n))))
    label = node.labels().get(node.id, {}).get(step.exit or "")
    return worded(owner, walk.state.language, label) if label is not None else ""


def _reads(node: Any) -> Iterable[str]:
    """The names that a question is answered from."""
    known = getattr(node, "known", None)
    exprs = [known, *(field.known for field in getattr(node, "fields", ()))]
    return [name for expr in exprs if expr is not None for name in sorted(expr.reads)]


def _source(owner: Tree, walk: Walk, name: str) -> str:
    """Where a value came from: the label of what was given, the question or the action that gave it."""
    language, head = walk.state.language, name.partition(".")[0]
    for field in owner.given:
        if field.name == head:
            return worded(owner, language, field.label) if field.label else spaced(head)
    node = owner.nodes.get(head)
    action = getattr(node, "action", None)
    if action is not None:
        return worded(owner, language, action.label) if action.label else spaced(action.id)
    if node is not None and node.say is not None:
        return worded(owner, language, node.say)
    return spaced(head)
