"""What stands around every action of the demo back end: the same request twice counts once, what
has trouble fails, and a result can be asked for beforehand.

It knows nothing of HTTP, and never waits: ``app`` does.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from engine.model import Noun
from web.demo import bank, care, clinic, crm, hotel, it_desk, shop
from web.demo.calls import Call
from web.demo.first_day import world
from web.demo.world import ERROR, NONSENSE, SLOW, Row, World

CALLS: Final[Mapping[str, Call]] = {
    **crm.CALLS, **care.CALLS, **shop.CALLS, **hotel.CALLS, **bank.CALLS, **clinic.CALLS, **it_desk.CALLS,
}  # fmt: skip
ACTIONS: Final[Mapping[str, Call]] = {call.action: call for call in CALLS.values()}
FAULTS: Final = (SLOW, ERROR, NONSENSE)
_MOST_SEEN: Final = 50  # requests on the page
_MOST_KEPT: Final = 10_000  # answers by their keys

_MALFORMED: Final = "The answer is, well, it depends"
_ASKED_FOR: Final = "asked for beforehand"


class BadCall(Exception):
    """A request that no action can make sense of: what is wrong with it."""


class Answer(Noun, frozen=True):
    """``fault``: never to be given (``SLOW``), to be given as it stands otherwise."""

    status: int
    body: Any
    fault: str = ""


class Planned(Noun, frozen=True):
    """What a call is to come to: a result, or one of FAULTS."""

    result: Mapping[str, Any] = {}
    fault: str = ""

    @property
    def words(self) -> str:
        return self.fault or str(self.result["exit"])


class Seen(Noun, frozen=True):
    """A request, for the page. ``why``: what made the answer another than the data's."""

    number: int
    action: str
    inputs: Mapping[str, Any]
    said: str
    why: str
    key: str


@dataclass
class Backend:
    """``planned``: results that were asked for beforehand, by action, in turn. ``version`` grows
    with all that can be seen."""

    seed: int
    today: date
    world: World = field(init=False)
    planned: dict[str, deque[Planned]] = field(default_factory=dict)
    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=_MOST_SEEN))
    kept: dict[str, tuple[str, Answer]] = field(default_factory=dict)
    version: int = 0

    def __post_init__(self) -> None:
        self.world = world(self.seed, self.today)

    def reset(self, seed: int, today: date) -> None:
        """As it began: nothing was asked, nothing is planned."""
        self.seed, self.today, self.world = seed, today, world(seed, today)
        self.version += 1
        for kept in (self.planned, self.seen, self.kept):
            kept.clear()

    def plan(self, action: str, results: list[Any]) -> None:
        """What the next calls of an action come to: an exit, ``{"exit": .., outputs}`` or one of
        FAULTS. Raises BadCall."""
        if action not in ACTIONS:
            raise BadCall(f"there is no action {action!r} here")
        told = [_as_planned(ACTIONS[action], result) for result in results]
        self.planned.setdefault(action, deque()).extend(told)
        self.version += 1

    def answer(self, path: str, key: str, inputs: Row) -> Answer:
        """What is answered to a call, which changes the world. Raises BadCall, KeyError."""
        call = CALLS[path]
        said = json.dumps([path, inputs], sort_keys=True)
        if key in self.kept:
            before, answer = self.kept[key]
            if before != said:
                raise BadCall("this Idempotency-Key came with another request before")
            self._saw(call, inputs, answer, "the same request again: nothing is done", key)
            return answer
        answer, why = self._done(call, inputs)
        self._saw(call, inputs, answer, why, key)
        # What failed is not kept: the next try may go well.
        if key and not answer.fault:
            self.kept[key] = (said, answer)
            if len(self.kept) > _MOST_KEPT:
                del self.kept[next(iter(self.kept))]
        return answer

    def _done(self, call: Call, inputs: Row) -> tuple[Answer, str]:
        planned = self._next(call.action)
        if planned is not None and planned.fault:
            return _FAULTS[planned.fault], _ASKED_FOR
        trouble = self.world.trouble(inputs)
        if planned is None:
            if trouble:
                return _FAULTS[trouble], "its data have trouble"
            return _spelt(call, _result(call, self.world, inputs)), ""
        trial = deepcopy(self.world)
        found = {"exit": ""} if trouble else _result(call, trial, inputs)
        if found["exit"] == planned.result["exit"]:
            self.world = trial  # the data say so too, so it is really done
            return _spelt(call, {**found, **planned.result}), ""
        sample = call.samples[planned.result["exit"]]
        return _spelt(call, {**sample, **planned.result}), _ASKED_FOR

    def _next(self, action: str) -> Planned | None:
        waiting = self.planned.get(action)
        if not waiting:
            return None
        found = waiting.popleft()
        if not waiting:
            del self.planned[action]
        return found

    def _saw(self, call: Call, inputs: Row, answer: Answer, why: str, key: str) -> None:
        self.version += 1
        number = self.seen[0].number + 1 if self.seen else 1
        said = json.dumps(answer.body, ensure_ascii=False) if not answer.fault else answer.fault
        self.seen.appendleft(Seen(number, call.action, inputs, said, why, key[:8]))


_FAULTS: Final[Mapping[str, Answer]] = {
    SLOW: Answer(200, None, SLOW),
    ERROR: Answer(500, {"error": "The system is not well today"}, ERROR),
    NONSENSE: Answer(200, _MALFORMED, NONSENSE),
}


def _as_planned(call: Call, told: Any) -> Planned:
    """A result that was asked for. Raises BadCall."""
    if told in FAULTS:
        return Planned(fault=told)
    found: Any = {"exit": told} if isinstance(told, str) else told
    if not isinstance(found, dict) or found.get("exit") not in call.samples:
        known = ", ".join([*call.samples, *FAULTS])
        raise BadCall(f"{call.action} comes to one of {known}")
    return Planned(found)


def _result(call: Call, world: World, inputs: Row) -> Row:
    """What comes of a call by the data. Raises BadCall."""
    try:
        return call.does(world, inputs)
    except (KeyError, ValueError, ArithmeticError, TypeError):
        raise BadCall(f"{call.action} cannot be done with these inputs") from None


def _spelt(call: Call, found: Row) -> Answer:
    """A result as this system spells it."""
    says = {"exit": "status", **call.says}
    return Answer(200, {says.get(name, name): value for name, value in found.items()})
