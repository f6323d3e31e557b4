"""Several answers at once: what is likely to be asked next, and a walk taken as far as answers that
were given beforehand carry it.

Nothing here decides where a walk goes: what lies ahead is found by really walking there, and each
answer is the same move as if it had been given at its step. What was only tried on the way is not
known, so it does not stand in the words of a question that lies ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from engine.errors import FingerpostError, InvalidAnswer
from engine.fields import sample, to_plain
from engine.kit.scope import Scope
from engine.model import Expected, Field, Noun, Prompt, Tree, Walk
from engine.walk import answer, expects
from engine.walking.mover import Mover

MOST: Final = 8  # questions that lie ahead and are shown
_MOST_TOLD: Final = 6  # things to say among them
_MOST_TRIED: Final = 400  # moves that looking ahead may try
MOST_AT_ONCE: Final = 50  # answers that are taken at once
UNSAID: Final = "…"  # what stands for a value that nobody has said yet


class Ahead(Noun, frozen=True, kw_only=True):
    """A step that lies ahead: ``place`` is ``TREE.NODE``; what it asks, or says."""

    place: str
    prompt: Prompt
    expected: Expected


class Along(Noun, frozen=True, kw_only=True):
    """A walk taken along: the places whose answers were ``used``, the answers that are ``kept`` for
    when their step comes, and what was ``wrong`` with the one that stopped it, by field."""

    walk: Walk
    used: tuple[str, ...]
    kept: Mapping[str, Any]
    wrong: tuple[tuple[str, str], ...] = ()
    at: str = ""  # the place that stopped it


def place(walk: Walk) -> str:
    """Where a walk stands, as ``TREE.NODE``."""
    frame = walk.state.frames[-1]
    return f"{frame.tree}.{frame.node}"


def ahead(tree: Tree, walk: Walk, at: datetime) -> list[Ahead]:
    """The steps that lie ahead of a walk, the nearest first: its present one, and what may come of
    its answers. What an answer cannot be given to beforehand (a row to pick, a list to fill in, a
    checklist) is left out."""
    found: list[Ahead] = []
    todo: deque[tuple[Walk, frozenset[tuple[str, str]]]] = deque([(walk, frozenset())])
    less: deque[tuple[Walk, frozenset[tuple[str, str]]]] = deque()  # likely: where an action fails
    seen, tried, asks = {_stack(walk)}, 0, 0
    while (todo or less) and tried < _MOST_TRIED and asks < MOST:
        here, unsaid = (todo or less).popleft()
        one = _shown(tree, here, unsaid)
        told = len(found) - asks
        if one is not None and (one.expected.type == "answered" or told < _MOST_TOLD):
            asks += one.expected.type == "answered"
            found.append(one)
        for moved, fails in _tried(tree, here, at):
            tried += 1
            if _stack(moved) not in seen and moved.state.status != "ended":
                seen.add(_stack(moved))
                (less if fails else todo).append((moved, unsaid | set(_stack(here))))
    return found


def along(
    tree: Tree,
    walk: Walk,
    answers: Mapping[str, Any],
    *,
    at: datetime,
    by: str = "",
    client_id: str = "",
    ref: str = "",
) -> Along:
    """The walk as far as these answers carry it, by ``TREE.NODE`` or the bare node, an event each;
    of what lies on another way, or behind something that nobody has answered, nothing is lost."""
    left, used = dict(answers), list[str]()
    while walk.state.status == "asking" and len(used) < MOST_AT_ONCE:
        here = place(walk)
        key = here if here in left else walk.state.frames[-1].node
        if key not in left:
            break
        common: dict[str, Any] = {"at": at, "by": by, "client_id": "" if used else client_id}
        try:
            walk = answer(tree, walk, left[key], ref=f"{ref}{len(used) or ''}", **common)
        except InvalidAnswer as refused:
            return Along(walk=walk, used=tuple(used), kept=left, wrong=refused.fields, at=here)
        used.append(here)
        del left[key]
    return Along(walk=walk, used=tuple(used), kept=left, at=place(walk))


def _stack(walk: Walk) -> tuple[tuple[str, str], ...]:
    return tuple((frame.tree, frame.node) for frame in walk.state.frames)


def _shown(tree: Tree, walk: Walk, unsaid: frozenset[tuple[str, str]]) -> Ahead | None:
    """A step as it can be answered beforehand; None where it cannot."""
    state = walk.state
    if state.status != "asking":
        return None
    mover = Mover(tree, walk.about, state, state.now, partial(_Blind, unsaid) if unsaid else Scope)
    scope = mover.scope()
    node = scope.tree.nodes[state.frames[-1].node]
    try:
        prompt, expected = node.prompt(scope), expects(tree, walk)
    except FingerpostError:  # words that hang on what was only tried
        return None
    if prompt.checklist or expected.pick == "row" or any(f.columns for f in prompt.fields):
        return None
    if unsaid:  # what is filled in beforehand there is only what was tried
        prompt = replace(prompt, fields=tuple(replace(f, value=None) for f in prompt.fields))
    return Ahead(place=place(walk), prompt=prompt, expected=expected)


def _tried(tree: Tree, walk: Walk, at: datetime) -> Iterator[tuple[Walk, bool]]:
    """What may come of a step: the walk after each answer, or each result, that it can have; and
    whether it is one by which an action fails."""
    frame = walk.state.frames[-1]
    owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
    node = _lenient(owner.nodes[frame.node])
    action = getattr(node, "action", None)
    for said in _answers(tree, walk, node, at):
        mover = Mover(tree, walk.about, walk.state, at)
        scope = mover.scope()
        try:
            took = node.accept(scope, said, "")
            mover.leave(scope, took)
            mover.settle()
        except FingerpostError:  # what comes of it hangs on more than a sample can tell
            continue
        fails = action is not None and took.exit == action.failed
        yield replace(walk, state=mover.state()), fails


def _lenient(node: Any) -> Any:
    """A node that takes any value of a type: what somebody will say is not known."""
    if getattr(node, "fields", ()):
        return replace(node, fields=_any(node.fields))
    action = getattr(node, "action", None)
    if action is None:
        return node
    exits = {exit: _any(outputs) for exit, outputs in action.exits.items()}
    return replace(node, action=replace(action, exits=exits))


def _any(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(replace(f, pattern=None, must=None, known=None) for f in fields)


def _answers(tree: Tree, walk: Walk, node: Any, at: datetime) -> Iterator[Any]:
    expected = expects(tree, walk)
    if expected.exits:
        for exit, outputs in node.action.exits.items():
            yield {"exit": exit, **_samples(outputs, at)}
    elif expected.fields:
        yield _samples([f for f in node.fields if f.required], at)
    elif expected.type == "continued":
        yield None
    else:
        many = expected.pick == "many"
        yield from ([id] if many else id for id in expected.choices)
        if expected.none_of_these:
            yield "none_of_these"


def _samples(fields: Iterable[Field], at: datetime) -> dict[str, Any]:
    return {f.name: to_plain(sample(f, at.date())) for f in fields}


class _Blind(Scope):
    """A scope that knows what was only tried, and does not say it."""

    def __init__(self, unsaid: frozenset[tuple[str, str]], *scope: Any) -> None:
        super().__init__(*scope)
        self.unsaid = unsaid

    def words(self, name: str, alone: bool) -> str:
        return UNSAID if self._is_unsaid(name) else super().words(name, alone)

    def address(self, name: str) -> str:
        return UNSAID if self._is_unsaid(name) else super().address(name)

    def _is_unsaid(self, name: str) -> bool:
        if name in self.tree.facts:
            return any(map(self._is_unsaid, self.tree.facts[name].reads))
        head, _, rest = name.partition(".")
        node = rest.partition(".")[0] if head in ("every", "visits") else head
        # What a tree that is used was given may have been tried before it.
        passed = self.tree.contract is not None and node in {f.name for f in self.tree.given}
        return (self.tree.id, node) in self.unsaid or passed
