"""Random expressions, each with the same thing in plain Python beside it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from engine.model import Type
from tests.expr_world import ABOUT, FACTS, TYPES, Now

EXACT = Context(prec=100, rounding=ROUND_HALF_UP, traps=[])


class Pair(NamedTuple):
    """An expression, and Python that means the same. ``bare``: needs no parentheses anywhere."""

    ours: str
    python: str


class Missing(Exception):
    """Python's side of an empty value."""


def names_of(*kinds: str) -> list[str]:
    return [n for n, t in TYPES.items() if t.kind in kinds and not n.startswith("constants.")]


class Maker:
    """Makes expressions of a wanted kind. Parentheses stand on both sides or on neither, so that
    ranks are tested too."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def make(self, kind: str, depth: int) -> Pair:
        if depth <= 0:
            return self.leaf(kind)
        maker = self.dice.choice(self._makers[kind])
        pair = maker(self, depth - 1)
        if self.dice.random() < 0.15:
            return Pair(f"({pair.ours})", f"({pair.python})")
        return pair

    def grouped(self, kind: str, depth: int) -> Pair:
        ours, python = self.make(kind, depth)
        return Pair(f"({ours})", f"({python})")

    # ---- leaves

    def leaf(self, kind: str) -> Pair:
        if kind == "yesno" or self.dice.random() < 0.6:
            return self.name(kind)
        return self.literal(kind)

    def name(self, kind: str) -> Pair:
        name = self.dice.choice(names_of(kind) if kind != "lights" else ["lights", "before"])
        return Pair(name, f"V({name!r})")

    def literal(self, kind: str) -> Pair:
        if kind in ("number", "money"):
            text = self.number()
            return Pair(text, f"D('{text}')")
        return self.quoted(kind)

    def number(self) -> str:
        whole = self.dice.choice([0, 1, 2, 3, 7, 18, 100, 99999])
        text = str(whole) + self.dice.choice(["", "", ".5", ".10", ".005"])
        return self.dice.choice(["", "", "-"]) + text

    def quoted(self, kind: str) -> Pair:
        text = self.dice.choice(_QUOTED[kind])
        quote = self.dice.choice("\"'")
        return Pair(f"{quote}{text}{quote}", f"{kind}_({text!r})")

    # ---- numbers

    def sum_of(self, depth: int) -> Pair:
        return self._chain(["+", "-"], depth)

    def product(self, depth: int) -> Pair:
        if self.dice.random() < 0.3:
            left = self.tight(depth)
            by = self.dice.choice(["2", "3", "0.5", "-7"])
            return Pair(f"{left.ours} / {by}", f"{left.python} / D('{by}')")
        return self._chain(["*"], depth)

    def _chain(self, ops: list[str], depth: int) -> Pair:
        ours, python = self.tight(depth)
        for _ in range(self.dice.randint(1, 3)):
            op, part = self.dice.choice(ops), self.tight(depth)
            ours, python = f"{ours}{op}{part.ours}", f"{python} {op} {part.python}"
        return Pair(ours, python)

    def tight(self, depth: int) -> Pair:
        """A number that binds as tightly as a product's parts must, or a product in a sum."""
        if depth <= 0 or self.dice.random() < 0.5:
            return self.leaf("number")
        return self.grouped("number", depth)

    def mixed(self, depth: int) -> Pair:
        a, b, c = (self.leaf("number") for _ in range(3))
        op, other = self.dice.choice(["+", "-"]), self.dice.choice(["+", "-"])
        return Pair(
            f"{a.ours} {op} {b.ours} * {c.ours} {other} {a.ours}",
            f"{a.python} {op} {b.python} * {c.python} {other} {a.python}",
        )

    def least(self, depth: int) -> Pair:
        function = self.dice.choice(["min", "max"])
        parts = [self.make("number", depth) for _ in range(self.dice.randint(2, 3))]
        return Pair(
            f"{function}({', '.join(p.ours for p in parts)})",
            f"{function}({', '.join(p.python for p in parts)})",
        )

    def rounded(self, depth: int) -> Pair:
        part = self.make("number", depth)
        places = self.dice.choice(["", "0", "1", "2", "-1"])
        comma = f", {places}" if places else ""
        return Pair(f"round({part.ours}{comma})", f"half_up({part.python}, {places or 0})")

    def counted(self, depth: int) -> Pair:
        name = self.dice.choice(names_of("list"))
        if name == "every.item.count" and self.dice.random() < 0.5:
            return Pair(f"sum({name})", f"sum(V({name!r}), D(0))")
        return Pair(f"count({name})", f"D(len(V({name!r})))")

    def between(self, depth: int) -> Pair:
        one, other = self.make("date", depth), self.make("date", depth)
        return Pair(
            f"days_between({one.ours}, {other.ours})", f"D(({other.python} - {one.python}).days)"
        )

    def hour(self, depth: int) -> Pair:
        part = self.leaf("moment")
        return Pair(f"hour_of({part.ours})", f"hour({part.python})")

    # ---- dates

    def later(self, depth: int) -> Pair:
        day = self.make("date", depth)
        amount, unit = self.dice.randint(-30, 30), self.dice.choice(["days", "workdays", "months"])
        return Pair(f"later({day.ours}, {amount}, '{unit}')", f"{unit}({day.python}, {amount})")

    def month_end(self, depth: int) -> Pair:
        day = self.make("date", depth)
        return Pair(f"month_end({day.ours})", f"month_end({day.python})")

    def chosen(kind: str) -> Callable[[Maker, int], Pair]:  # type: ignore[misc]
        def maker(self: Maker, depth: int) -> Pair:
            condition = self.make("yesno", depth)
            then, other = self.grouped(kind, depth), self.grouped(kind, depth)
            if kind not in ("number", "money"):
                then = self.name(kind)
            python = f"{then.python} if {condition.python} else {other.python}"
            ours = f"{then.ours} if {condition.ours} else {other.ours}"
            return Pair(f"({ours})", f"({python})")

        return maker

    def anchored(self, kind: str, depth: int) -> Pair:
        """One with a type of its own, which a literal on the other side can take."""
        pair = self.make(kind, depth)
        return self.name(kind) if pair.ours.lstrip("( ")[0] in "\"'" else pair

    # ---- conditions

    def logic(self, depth: int) -> Pair:
        ours, python = self.condition(depth)
        for _ in range(self.dice.randint(1, 3)):
            op, part = self.dice.choice(["and", "or"]), self.condition(depth)
            ours, python = f"{ours}  {op} {part.ours}", f"{python} {op} {part.python}"
        return Pair(ours, python)

    def condition(self, depth: int) -> Pair:
        pair = self.make("yesno", depth)
        return Pair(*(f"({side})" if " if " in pair.ours else side for side in pair))

    def negated(self, depth: int) -> Pair:
        ours, python = self.condition(depth)
        return Pair(f"not {ours}", f"not {python}")

    def compared(self, depth: int) -> Pair:
        kind = self.dice.choice(["number", "money", "date", "month", "time", "moment"])
        op = self.dice.choice(["==", "!=", "<", "<=", ">", ">="])
        left = self.anchored(kind, depth) if kind in ("number", "date") else self.name(kind)
        right = self.make(kind, depth) if kind in ("number", "date") else self.leaf(kind)
        if self.dice.random() < 0.2:
            left, right = right, left
        return Pair(f"{left.ours} {op} {right.ours}", f"{left.python} {op} {right.python}")

    def same(self, depth: int) -> Pair:
        kind = self.dice.choice(["text", "lights", "weekday"])
        left = self.weekday(depth) if kind == "weekday" else self.name(kind)
        op = self.dice.choice(["==", "!="])
        right = self.quoted(kind) if kind == "weekday" else self.leaf(kind)
        return Pair(f"{left.ours}{op}{right.ours}", f"{left.python} {op} {right.python}")

    def weekday(self, depth: int) -> Pair:
        day = self.make("date", depth)
        return Pair(f"weekday({day.ours})", f"weekday({day.python})")

    def member(self, depth: int) -> Pair:
        kind = self.dice.choice(["number", "lights", "text"])
        left, op = self.name(kind), self.dice.choice(["in", "not in"])
        items = [self.leaf(kind) for _ in range(self.dice.randint(1, 3))]
        return Pair(
            f"{left.ours} {op} [{','.join(i.ours for i in items)}]",
            f"{left.python} {op} [{', '.join(i.python for i in items)}]",
        )

    def has(self, depth: int) -> Pair:
        item = self.leaf("lights")
        return Pair(f"every.lights has {item.ours}", f"{item.python} in V('every.lights')")

    def is_set(self, depth: int) -> Pair:
        name = self.dice.choice([n for n in names_of("number", "text", "date") if settable(n)])
        if self.dice.random() < 0.5:
            return Pair(f"{name} is set", f"S({name!r})")
        return Pair(f"{name} is  not set", f"(not S({name!r}))")

    def workday(self, depth: int) -> Pair:
        day = self.make("date", depth)
        return Pair(f"is_workday({day.ours})", f"is_workday({day.python})")

    def lowered(self, depth: int) -> Pair:
        left, right = self.name("text"), self.quoted("text")
        return Pair(
            f"lower({left.ours}) == {right.ours}", f"{left.python}.lower() == {right.python}"
        )

    _makers: Mapping[str, list[Callable[[Maker, int], Pair]]] = {
        "number": [
            *[sum_of, product, mixed, least, rounded, counted, between, hour],
            chosen("number"),
        ],
        "date": [later, month_end, chosen("date"), lambda self, depth: self.leaf("date")],
        "yesno": [
            *[logic, logic, negated, compared, compared, compared, same, member, has, is_set],
            *[workday, lowered, chosen("yesno")],
        ],
    }


_QUOTED: Mapping[str, list[str]] = {
    "lights": ["green", "amber", "red", "off"],
    "text": ["red", "he said yes", "it is", "naïve ☃", "and", "1"],
    "weekday": ["mon", "thu", "sun"],
    "date": ["2014-10-01", "2024-02-29", "2026-12-25", "2026-07-02"],
    "month": ["2026-11", "2025-01"],
    "time": ["00:00", "19:30", "23:59"],
    "moment": ["2026-07-02T10:05+01:00", "2026-03-02T09:00Z"],
}


def settable(name: str) -> bool:
    return not (name in FACTS or name in ABOUT or name.startswith(("visits.", "every.")))


# ---- values


def plausible(dice: random.Random) -> dict[str, Any]:
    """Values of every name; of those that can be empty, some are."""
    values = {name: value_of(type, dice) for name, type in TYPES.items()}
    for name in values:
        if name.startswith("visits."):
            values[name] = dice.randint(0, 4)
    return {n: v for n, v in values.items() if not settable(n) or dice.random() < 0.85}


def value_of(type: Type, dice: random.Random) -> Any:
    if type.kind == "list":
        items = [value_of(type.item or Type("number"), dice) for _ in range(dice.randint(0, 3))]
        return tuple(items)
    if type.kind == "choice":
        return dice.choice(type.of or ("17", "18"))
    return _PLAUSIBLE[type.kind](dice)


_PLAUSIBLE: Mapping[str, Callable[[random.Random], Any]] = {
    "text": lambda dice: dice.choice(["red", "He said YES", "naïve ☃", "1"]),
    "number": lambda dice: Decimal(dice.randint(-2000, 2000)) / dice.choice([1, 2, 8, 1000]),
    "money": lambda dice: Decimal(dice.randint(-10000, 10000)) / 100,
    "yesno": lambda dice: dice.random() < 0.5,
    "date": lambda dice: date(2014, 1, 1) + timedelta(days=dice.randint(0, 5000)),
    "month": lambda dice: f"20{dice.randint(10, 30)}-{dice.randint(1, 12):02}",
    "time": lambda dice: f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}",
    "moment": lambda dice: (
        datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=dice.randint(0, 9999))
    ),
}


# ---- Python's side, as simply as it can be written


def oracle(python: str, scope: Now) -> Any:
    """What Python makes of it. Raises Missing where an empty value is read."""

    def value(name: str) -> Any:
        if name not in scope.values:
            raise Missing(name)
        return scope.values[name]

    def is_workday(day: date) -> bool:
        closed = day in scope.calendar.holidays
        return day.strftime("%a").lower() in scope.calendar.workdays and not closed

    def workdays(day: date, amount: int) -> date:
        step = timedelta(days=1 if amount > 0 else -1)
        for _ in range(abs(amount)):
            day += step
            while not is_workday(day):
                day += step
        return day

    env: dict[str, Any] = {
        "V": value,
        "S": lambda name: name in scope.values,
        "is_workday": is_workday,
        "workdays": workdays,
        "hour": lambda at: Decimal(at.astimezone(ZoneInfo(scope.calendar.timezone)).hour),
        **_PYTHON,
    }
    return eval(python, env)


def _half_up(number: Decimal | int, places: int) -> Decimal:
    scaled = Fraction(number) * Fraction(10) ** places
    whole = int(abs(scaled) + Fraction(1, 2)) * (-1 if scaled < 0 else 1)
    return Decimal(whole).scaleb(-places, EXACT)


def _months(day: date, amount: int) -> date:
    month = day.month - 1 + amount
    first = date(day.year + month // 12, month % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), _month_end(first))


def _month_end(day: date) -> date:
    while (day + timedelta(days=1)).month == day.month:
        day += timedelta(days=1)
    return day


_PYTHON: Mapping[str, Any] = {
    "D": Decimal,
    "half_up": _half_up,
    "days": lambda day, amount: day + timedelta(days=amount),
    "months": _months,
    "month_end": _month_end,
    "weekday": lambda day: day.strftime("%a").lower(),
    "date_": date.fromisoformat,
    "moment_": datetime.fromisoformat,
    **{f"{kind}_": str for kind in ("lights", "text", "weekday", "month", "time")},
}
