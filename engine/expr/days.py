"""Reckoning with days, months and workdays. Every result lies within the years 1 to 9999."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.model import Calendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()
_MONTHS = (12, 9999 * 12 + 11)  # years * 12 + months from 0: of the first and the last month
_FURTHEST = 4_000_000  # days: more than there are between the first day and the last


def later(calendar: Calendar, day: date, amount: Decimal | int, unit: str) -> date:
    """``day`` so many days, workdays or months on (back, if ``amount`` is negative).

    The part of ``amount`` after the point is dropped. A month's end stays within the month; no
    workdays on is the day itself, workday or not.
    """
    whole = int(max(-_FURTHEST, min(_FURTHEST, amount)))
    return _STEPS[unit](calendar, day, whole)


def _days(_calendar: Calendar, day: date, amount: int) -> date:
    return _held(day.toordinal() + amount)


def _months(_calendar: Calendar, day: date, amount: int) -> date:
    month = day.year * 12 + day.month - 1 + amount
    if month < _MONTHS[0]:
        return date.min
    if month > _MONTHS[1]:
        return date.max
    year, before = divmod(month, 12)
    return date(year, before + 1, min(day.day, monthrange(year, before + 1)[1]))


def _workdays(calendar: Calendar, day: date, amount: int) -> date:
    """By bisection over the count of workdays: a walk from day to day takes a second for a
    million of them, and a calendar without workdays would never arrive."""
    if amount == 0:
        return day
    weekdays, holidays = calendar.workdays, calendar.holidays
    start = day.toordinal()
    before = start - 1 if amount < 0 else start
    target = _passed(weekdays, holidays, before) + (amount + 1 if amount < 0 else amount)
    low, high = (0, start) if amount < 0 else (start, _LAST + 1)
    while low < high:  # the first day by which the target is passed
        middle = (low + high) // 2
        if _passed(weekdays, holidays, middle) >= target:
            high = middle
        else:
            low = middle + 1
    return _held(low)


def _passed(weekdays: frozenset[str], holidays: frozenset[date], ordinal: int) -> int:
    """How many workdays there are from 1-1-1 (a Monday) up to and with that day."""
    marks, closed = _workweek(weekdays, holidays)
    weeks, rest = divmod(ordinal, 7)
    return weeks * sum(marks) + sum(marks[:rest]) - bisect_right(closed, ordinal)


@lru_cache(maxsize=64)
def _workweek(
    weekdays: frozenset[str], holidays: frozenset[date]
) -> tuple[tuple[bool, ...], tuple[int, ...]]:
    marks = tuple(name in weekdays for name in WEEKDAYS)
    return marks, tuple(sorted(d.toordinal() for d in holidays if marks[d.weekday()]))


_STEPS: Mapping[str, Callable[[Calendar, date, int], date]] = {
    "days": _days,
    "workdays": _workdays,
    "months": _months,
}
UNITS = tuple(_STEPS)


def _held(ordinal: int) -> date:
    return date.fromordinal(max(_FIRST, min(_LAST, ordinal)))


def days_between(first: date, second: date) -> Decimal:
    return Decimal(second.toordinal() - first.toordinal())


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def is_workday(calendar: Calendar, day: date) -> bool:
    return WEEKDAYS[day.weekday()] in calendar.workdays and day not in calendar.holidays


def hour_of(calendar: Calendar, moment: datetime) -> Decimal:
    """The hour on the library's clocks, 0 to 23."""
    try:
        return Decimal(moment.astimezone(ZoneInfo(calendar.timezone)).hour)
    except OverflowError:  # in the first or last hours of the calendar
        return Decimal(moment.hour)
