"""The functions of the language: total, pure, and all of them.

A new one is an entry in FUNCTIONS: how it is used, what it takes, what it gives, and the Python
function that does it (with the library's calendar before its arguments, if it says so).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.expr import arithmetic, days
from engine.expr.kinds import NUMBER, NUMBERS, ORDERED, TEXT, YESNO, common, item_of
from engine.expr.unknown import Unknown, called
from engine.model import Kind, Noun, Type, Value

Run = Callable[..., Value]


class Parameter(Noun, frozen=True):
    """What may stand at one place. ``of``: the words that may; ``items``: what a list must hold;
    ``written``: a literal, a whole number within the limits of ``half_up``."""

    kinds: frozenset[Kind]
    of: tuple[str, ...] = ()
    items: frozenset[Kind] = frozenset()
    written: bool = False


class Function(Noun, frozen=True, kw_only=True):
    """``takes``: the last ``optional`` of them may be left out, and with ``more`` the last may
    come again. ``gives``: the result's type from those of the arguments; None if they have none
    in common."""

    usage: str
    takes: tuple[Parameter, ...]
    gives: Callable[[Sequence[Type]], Type | None]
    run: Run
    optional: int = 0
    more: bool = False
    calendar: bool = False
    decides: bool = False  # gives yes or no: of an Unknown it must ask
    of: tuple[str, ...] = ()  # gives one of these: of an Unknown it asks which


_ANY_ORDERED = Parameter(ORDERED)
_NUMBER = Parameter(frozenset({"number"}))
_DATE = Parameter(frozenset({"date"}))


def _alike(types: Sequence[Type]) -> Type | None:
    shared: Type | None = types[0]
    for type in types[1:]:
        shared = common(shared, type) if shared else None
    return shared


def _first(types: Sequence[Type]) -> Type | None:
    return types[0]


def _item(types: Sequence[Type]) -> Type | None:
    return item_of(types[0])


def _always(type: Type) -> Callable[[Sequence[Type]], Type | None]:
    return lambda _types: type


def _count(items: tuple[Value, ...]) -> Decimal:
    return Decimal(len(items))


FUNCTIONS: Mapping[str, Function] = {
    "min": Function(
        usage="min(A, B, ..)",
        takes=(_ANY_ORDERED, _ANY_ORDERED),
        gives=_alike,
        run=min,
        more=True,
    ),
    "max": Function(
        usage="max(A, B, ..)",
        takes=(_ANY_ORDERED, _ANY_ORDERED),
        gives=_alike,
        run=max,
        more=True,
    ),
    "round": Function(
        usage="round(NUMBER) or round(NUMBER, DIGITS)",
        takes=(Parameter(NUMBERS), Parameter(frozenset({"number"}), written=True)),
        gives=_first,
        run=arithmetic.half_up,
        optional=1,
    ),
    "sum": Function(
        usage="sum(LIST)",
        takes=(Parameter(frozenset({"list"}), items=NUMBERS),),
        gives=_item,
        run=arithmetic.total,
    ),
    "count": Function(
        usage="count(LIST)",
        takes=(Parameter(frozenset({"list"})),),
        gives=_always(NUMBER),
        run=_count,
    ),
    "lower": Function(
        usage="lower(TEXT)",
        takes=(Parameter(frozenset({"text"})),),
        gives=_always(TEXT),
        run=str.lower,
    ),
    "days_between": Function(
        usage="days_between(FIRST_DATE, SECOND_DATE)",
        takes=(_DATE, _DATE),
        gives=_always(NUMBER),
        run=days.days_between,
    ),
    "later": Function(
        usage='later(DATE, NUMBER, "days"), or "workdays", or "months"',
        takes=(_DATE, _NUMBER, Parameter(frozenset({"choice"}), of=days.UNITS, written=True)),
        gives=_always(Type("date")),
        run=days.later,
        calendar=True,
    ),
    "month_end": Function(
        usage="month_end(DATE)",
        takes=(_DATE,),
        gives=_always(Type("date")),
        run=days.month_end,
    ),
    "is_workday": Function(
        usage="is_workday(DATE)",
        takes=(_DATE,),
        gives=_always(YESNO),
        run=days.is_workday,
        calendar=True,
        decides=True,
    ),
    "weekday": Function(
        usage="weekday(DATE)",
        takes=(_DATE,),
        gives=_always(Type("choice", of=days.WEEKDAYS)),
        run=days.weekday,
        of=days.WEEKDAYS,
    ),
    "hour_of": Function(
        usage="hour_of(MOMENT)",
        takes=(Parameter(frozenset({"moment"})),),
        gives=_always(NUMBER),
        run=days.hour_of,
        calendar=True,
    ),
}


def _lifted(name: str, function: Function) -> Run:
    """The function for code: given an Unknown it gives one, or asks where yes or no is due."""
    run = function.run

    def plain(*arguments: Any) -> Value:
        unknown = called(name, arguments)
        return run(*arguments) if unknown is None else _told(function, unknown)

    def with_calendar(calendar: Any, *arguments: Any) -> Value:
        unknown = called(name, arguments)
        return run(calendar, *arguments) if unknown is None else _told(function, unknown)

    return with_calendar if function.calendar else plain


def _told(function: Function, unknown: Unknown) -> Value:
    """What a function gives of a value that nobody knows: asked for where there are few answers."""
    if function.decides:
        return bool(unknown)
    if not function.of:
        return unknown
    *some, last = function.of
    return next((one for one in some if unknown.ask(unknown.name, "==", one)), last)


RUN: Mapping[str, Run] = {name: _lifted(name, f) for name, f in FUNCTIONS.items()}
