"""Drive the real walker along a finding's route, and see whether it meets what the finding says.

What a route leaves open (what is typed into a form, given or returned) is searched for among a few
values of each type and what the tree's own expressions compare with. A move that fails is looked
at from inside: the walker undoes it, so how far it came is read from its ``Mover``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice, product
from random import Random
from typing import Any
from unittest.mock import patch

import engine.walk as walking
from engine.errors import EmptyValue, Fault, FingerpostError
from engine.fields import sample, to_plain
from engine.model import (
    AUDIENCES,
    CHANNEL_NAMES,
    Expected,
    Expr,
    Field,
    Finding,
    Frame,
    LanguageSet,
    Passage,
    Tree,
    Walk,
)
from engine.nodes.decide import NoRule
from engine.parts import exprs, parts
from engine.walk import answer, ending, expects, prompt, record, resolve, start, steps, task
from engine.walking.mover import Mover, NoEnd, NowhereBack, TooDeep

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOST_MOVES = 4_000
MOST_FORMS = 300
_FAULTS: Mapping[str, type[Fault]] = {
    "no-rule": NoRule,
    "silent-loop": NoEnd,
    "no-end": NoEnd,
    "contract": NowhereBack,
    "recursion": TooDeep,
}
_ROUNDS = {"no-end", "silent-loop", "endless"}
Way = tuple[str, str, str | None]


class _Seen(Mover):
    """A mover that is remembered, for the moves that fail."""

    last: _Seen

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        _Seen.last = self


@contextmanager
def _watched() -> Iterator[None]:
    with patch.object(walking, "Mover", _Seen):
        yield


def meets(tree: Tree, finding: Finding, others: Iterable[Finding] = ()) -> bool:
    """Whether some walk along the finding's route meets there what the finding says. ``others``:
    what else is found; where there are several troubles on the way, the walker meets the first."""
    assert finding.route is not None
    days = 7 if {"today", "now", "started"} & _read(tree) else 1
    with _watched():
        for day in range(days):  # and hours of the day
            search = _Search(tree, finding, (finding, *others), NOON + timedelta(hours=27 * day))
            if any(search.begins(*about) for about in _abouts(tree)):
                return True
    return False


def _abouts(tree: Tree) -> Iterable[tuple[str, str, str, dict[str, Any]]]:
    read = _read(tree)
    given = _filled(tree, tree.given)
    channels = (tree.channels or CHANNEL_NAMES)[: None if "channel" in read else 1]
    languages = tree.languages[: None if "language" in read else 1]
    audiences = [a for a in AUDIENCES if a in tree.audience]
    return (
        (audience, channel, language, values)
        for values in given
        for audience, channel, language in product(audiences, channels, languages)
    )


@lru_cache(maxsize=8)
def _read(tree: Tree) -> set[str]:
    """The names that something in the tree, or in one that it uses, reads."""
    owners = (tree, *tree.uses.values())
    return {name for owner in owners for part in parts(owner) for name in part.reads}


class _Search:
    def __init__(
        self, tree: Tree, finding: Finding, found: tuple[Finding, ...], at: datetime
    ) -> None:
        self.tree = tree
        self.at = at
        self.found = found
        self.finding = finding
        assert finding.route is not None
        self.route: list[Way] = [_way(p) for p in finding.route]
        self.read = _read(tree)
        self.left = MOST_MOVES

    def begins(self, audience: str, channel: str, language: str, given: dict[str, Any]) -> bool:
        def begun() -> Walk:
            return start(
                self.tree,
                id="w",
                at=self.at,
                given=given,
                audience=audience,
                channel=channel,
                language=language,
            )

        return self._moves(begun)

    def _moves(self, move: Any) -> bool:
        """Make a move and go on from there; True where the trouble was met."""
        if self.left <= 0:
            return False
        self.left -= 1
        try:
            walk = move()
        except Fault as fault:
            seen = _Seen.last
            made = [(s.tree, s.node, s.exit) for s in _path(seen)]
            top = seen.frames[-1]
            made.append((top.tree, top.node, None))
            if self._passes(made) and isinstance(fault, NoEnd):
                return True
            return made == self.route and self._is(fault)
        except FingerpostError:
            return False
        return self._goes_on(walk)

    def _is(self, fault: Fault, node: str = "") -> bool:
        """Whether the fault is what the finding says, or another that is found at the same node."""
        at = node or self.finding.node
        return any(_says(found, fault) for found in self.found if found.node == at)

    def _passes(self, made: list[Way]) -> bool:
        """Whether these steps come by the place that the finding is about, which is no fault
        there: from it no end can be reached, or it goes round."""
        last = len(self.route) - 1
        by = len(made) > last and made[:last] == self.route[:last]
        return by and made[last][:2] == self.route[last][:2] and self.finding.check in _ROUNDS

    def _goes_on(self, walk: Walk) -> bool:
        made = [(s.tree, s.node, s.exit) for s in steps(walk)]
        inside = [(frame.tree, frame.node) for frame in walk.state.frames]
        there = made == self.route[:-1] and self.route[-1][:2] in inside
        if self._passes(made) or (there and self._inside(walk)):
            return True
        top = walk.state.frames[-1]
        here = (top.tree, top.node, None)
        ended = walk.state.status == "ended"
        if made != self.route[: len(made)]:
            return False
        if len(made) + (not ended) == len(self.route):
            return self.route[-1] == here and self._shows(walk)
        if ended or len(made) >= len(self.route) or self.route[len(made)][:2] != here[:2]:
            return False
        return self._tries(walk, self.route[len(made)][2])

    def _inside(self, walk: Walk) -> bool:
        """Whether the trouble is that the walk is inside the subtree opened there."""
        opened = walk.state.frames[1:]
        strangers = [f for f in opened if walk.about.audience not in self._owner(f).audience]
        return self.finding.check in _ROUNDS or (
            self.finding.check == "audience" and strangers != []
        )

    def _owner(self, frame: Frame) -> Tree:
        return self.tree if frame.tree == self.tree.id else self.tree.uses[frame.tree]

    def _tries(self, walk: Walk, exit: str | None) -> bool:
        tree = self.tree
        request = walk.state.request
        if exit is None or self._other_languages(walk):
            return exit is not None
        if exit.startswith("anytime."):
            said = {"anytime": exit.removeprefix("anytime.")}
            return self._moves(lambda: answer(tree, walk, said, at=self.at))
        if request is not None:
            return any(
                self._moves(lambda r=r: resolve(tree, walk, request.id, r, at=self.at))
                for r in self._results(walk.state.frames[-1], exit)
            )
        try:
            answers = list(_answers(tree, walk, exit))
        except Fault as fault:
            return self._is(fault, walk.state.frames[0].node)
        return any(self._moves(lambda a=a: answer(tree, walk, a, at=self.at)) for a in answers)

    def _other_languages(self, walk: Walk) -> bool:
        """A walk's language may be changed at every step."""
        if "language" not in self.read or isinstance(walk.new[-1], LanguageSet):
            return False
        return any(
            self._moves(
                lambda to=to: record(self.tree, walk, LanguageSet(at=self.at, language=to))
            )
            for to in self.tree.languages
            if to != walk.state.language
        )

    def _results(self, frame: Frame, exit: str) -> Iterator[dict[str, Any]]:
        fields = self._owner(frame).nodes[frame.node].action.exits.get(exit, ())
        for filled in _filled(self.tree, fields):
            yield {"exit": exit, **filled}

    def _shows(self, walk: Walk) -> bool:
        """Whether what the finding says shows where the walk stands."""
        try:
            if walk.state.status == "ended":
                shown = [ending(self.tree, walk)]
                assert isinstance(shown, list)
                expected = Expected()
            else:
                prompt(self.tree, walk)
                task(self.tree, walk)
                expected = expects(self.tree, walk)
        except Fault as fault:
            return self._is(fault)
        if self.finding.check == "empty-value":
            # What a form reads (`must`) or a promise shows is met by whoever answers.
            return self._fails(walk)
        if self.finding.check == "audience" and "no answer" in self.finding.message:
            return not (expected.choices or expected.fields or expected.none_of_these)
        return True

    def _fails(self, walk: Walk) -> bool:
        """Whether some answer here fails, the walk still standing."""
        for exit in _exits_of(self.tree, walk):
            whole = self.route
            self.route = [*whole[:-1], (*whole[-1][:2], exit)]
            try:
                moves = _answers(self.tree, walk, exit)
                for said in moves:
                    try:
                        answer(self.tree, walk, said, at=self.at)
                    except Fault as fault:
                        if self._is(fault):
                            return True
                    except FingerpostError:
                        pass
            finally:
                self.route = whole
        return False


def _says(finding: Finding, fault: Fault) -> bool:
    if isinstance(fault, EmptyValue):
        empty = finding.check == "empty-value"
        return empty and finding.message.startswith(fault.name + " ")
    return isinstance(fault, _FAULTS.get(finding.check, ()))


def _exits_of(tree: Tree, walk: Walk) -> list[str]:
    frame = walk.state.frames[-1]
    owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
    return [exit.name for exit in owner.nodes[frame.node].exits]


def _path(mover: Mover) -> list[Any]:
    found = []
    chain = mover.path
    while chain is not None:
        found.append(chain.last)
        chain = chain.rest
    return found[::-1]


def _way(passage: Passage) -> Way:
    return passage.tree, passage.node, passage.exit


def _answers(tree: Tree, walk: Walk, exit: str) -> Iterator[Any]:
    expected = expects(tree, walk)
    if expected.type == "continued":
        yield None
    elif expected.fields:
        frame = walk.state.frames[-1]
        owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
        yield from _filled(tree, owner.nodes[frame.node].fields)
    elif exit == "none_of_these":
        yield "none_of_these"
    elif expected.pick == "many":
        told = walk.state.frames[-1].node in _read(tree)
        yield from ([choice] for choice in expected.choices[: None if told else 1])
        if not told:
            return
        yield list(expected.choices)
        if expected.none_of_these:
            yield []
    else:
        yield from ([exit] if exit in expected.choices else expected.choices)


def _filled(tree: Tree, fields: Iterable[Field]) -> list[dict[str, Any]]:
    """Ways to fill fields in: all where they are few, or a mixture."""
    fields = tuple(fields)
    read = {name.rpartition(".")[2] for name in _read(tree)}
    columns = [_values(tree, field, field.name in read) for field in fields]
    filled = [
        {f.name: v for f, v in zip(fields, row, strict=True) if v is not None}
        for row in islice(product(*columns), MOST_FORMS * 100)
    ]
    Random(7).shuffle(filled)
    return filled[:MOST_FORMS]


def _values(tree: Tree, field: Field, read: bool) -> list[Any]:
    found: list[Any] = [None] if not field.required or field.default is not None else []
    if found and not read:
        return found
    if field.type == "choice":
        return [*found, *(option.id for option in field.of)]
    if field.type == "choices":
        ids = [option.id for option in field.of]
        return [*found, *([id] for id in ids), ids]
    if field.type == "yesno":
        return [*found, True, False]
    found.append(to_plain(sample(field, date(2026, 3, 2))))
    if field.type == "list":
        needed = {column.name for column in field.columns if column.required}
        found += [[{name: row[name] for name in row if name in needed} for row in found[-1]], []]
    if field.type in ("integer", "number", "money"):
        found += [str(n) for n in _numbers(tree)]
    return found


def _numbers(tree: Tree) -> list[Decimal]:
    """What the tree's expressions compare numbers with, and a little beside each."""
    named: set[Decimal] = set()
    for owner in (tree, *tree.uses.values()):
        for expr in exprs(owner):
            named |= _compared(expr)
    return sorted({n + d for n in named for d in (-1, 0, 1)})[:12]


def _compared(expr: Expr) -> set[Decimal]:
    return {
        value
        for name, found in expr.literals.items()
        if not name.startswith("visits.")
        for value in found
        if isinstance(value, Decimal)
    }
