"""Walk by answers that were written down beforehand: stories, and the command line's ``--answers``.

Answers and results are looked up by node (``USE.NODE`` inside a subtree; the bare node will do),
results by action too; a list is one per visit, and of results the last repeats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.errors import FingerpostError, InvalidAnswer
from engine.fields import sample, to_plain
from engine.model import Event, Field, Frame, Step, Tree, Walk
from engine.walk import answer, at, back, expects, resolve

MOST_MOVES = 2_000


@dataclass
class Script:
    """What is said and what comes back. Made for one walk: it counts what was used."""

    answers: Mapping[str, Any]
    actions: Mapping[str, Any] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)

    def answer(self, frames: tuple[Frame, ...], many: bool) -> tuple[bool, Any]:
        """Whether there is an answer for this step, and the answer."""
        for key in _keys(frames):
            if key in self.answers:
                given = _in_turn(self.answers[key], many)
                n = self.used.get(key, 0)
                if n < len(given):
                    self.used[key] = n + 1
                    return True, given[n]
        return False, None

    def aside(self, frames: tuple[Frame, ...]) -> Any:
        """What is done instead of waiting for an action: an exit at any time, or going back."""
        for key in _keys(frames):
            given = _in_turn(self.answers.get(key), False)
            n = self.used.get(key, 0)
            if n < len(given) and isinstance(given[n], Mapping) and given[n].keys() & _ASIDE:
                self.used[key] = n + 1
                return given[n]
        return None

    def result(self, frames: tuple[Frame, ...], action: str) -> tuple[bool, Any]:
        """Whether there is a result for this action here, and the result."""
        for key in (*_keys(frames), action):
            if key in self.actions:
                given = _in_turn(self.actions[key], False)
                n = self.used.get("action " + key, 0)
                self.used["action " + key] = n + 1
                return bool(given), given[min(n, len(given) - 1)] if given else None
        return False, None

    def unused(self) -> Iterator[str]:
        """The nodes whose answers were not all asked for."""
        for key, value in self.answers.items():
            if self.used.get(key, 0) == 0 or self.used[key] < len(_in_turn(value, True)):
                yield key


_ASIDE = {"anytime", "back"}


def _keys(frames: tuple[Frame, ...]) -> list[str]:
    whole = ".".join(frame.node for frame in frames)
    return [whole, frames[-1].node] if len(frames) > 1 else [whole]


def _in_turn(value: Any, many: bool) -> list[Any]:
    """One answer per visit. Where several are ticked at once a plain list is one answer."""
    if not isinstance(value, list):
        return [value]
    if many and all(isinstance(item, str) for item in value):
        return [value]
    return value


def play(tree: Tree, walk: Walk, script: Script, now: datetime) -> tuple[Walk, str, list[Event]]:
    """The walk as far as the script carries it, what stopped it ("" where it ended, or the answers
    ran out), and every event that was made on the way."""
    events: list[Event] = list(walk.new)
    for _ in range(MOST_MOVES):
        if walk.state.status == "ended":
            return walk, "", events
        try:
            moved = _move(tree, walk, script, now)
        except InvalidAnswer as refused:
            return walk, f"{at(walk)!r} refuses the answer: {refused}", events
        except FingerpostError as refused:
            return walk, f"at {at(walk)!r}: {refused}", events
        if isinstance(moved, str):
            return walk, moved, events
        events += moved.new[len(walk.new) :]
        walk = moved
    return walk, f"it goes on for more than {MOST_MOVES} moves", events


def _move(tree: Tree, walk: Walk, script: Script, now: datetime) -> Walk | str:
    frames = walk.state.frames
    request = walk.state.request
    if request is not None:
        aside = script.aside(frames)
        if aside is not None:
            return _answered(tree, walk, aside, now)
        there, result = script.result(frames, request.action)
        if not there:
            return unsaid(walk)
        return resolve(tree, walk, request.id, filled(tree, walk, result, now), at=now)
    expected = expects(tree, walk)
    there, said = script.answer(frames, expected.pick == "many")
    if there:
        return _answered(tree, walk, said, now)
    return answer(tree, walk, None, at=now) if expected.type == "continued" else ""


def _answered(tree: Tree, walk: Walk, said: Any, now: datetime) -> Walk:
    if isinstance(said, Mapping) and said == {"back": True}:
        return back(tree, walk, at=now)
    return answer(tree, walk, said, at=now)


def unsaid(walk: Walk) -> str:
    """That the walk waits for an action of whose result nothing is said; "" where it does not."""
    request = walk.state.request
    if request is None:
        return ""
    return f"{at(walk)!r} waits for the action {request.action!r}, of which nothing is said in `actions`"


def filled(tree: Tree, walk: Walk, result: Any, now: datetime) -> dict[str, Any]:
    """A result with the outputs that were left out, as fixed samples; ``null`` leaves one empty."""
    frame = walk.state.frames[-1]
    owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
    action = owner.nodes[frame.node].action
    said = {"exit": result} if isinstance(result, str) else dict(result)
    fields: tuple[Field, ...] = action.exits.get(said.get("exit"), ())
    for output in fields:
        if output.name not in said:
            said[output.name] = to_plain(sample(output, now.date()))
    return {name: value for name, value in said.items() if value is not None}


def made(events: list[Event]) -> Iterator[Step]:
    """Every step that was made, those taken back too."""
    for event in events:
        yield from getattr(event, "steps", ())
