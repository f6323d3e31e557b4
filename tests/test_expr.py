"""What the language means and what it refuses, row by row. Laws are in test_expr_laws.py."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import EmptyValue
from engine.expr import ExpressionError, assignable, compile, describe
from engine.model import Type
from tests.expr_world import LIGHTS, VALUES, Here, Now

D = Decimal

GOOD: list[tuple[str, Any]] = [
    # conditions
    ('lights == "red"', True),
    ("lights == 'red'", True),
    ('"red" == lights', True),
    ('lights != "red"', False),
    ('lights in ["red", "off"]', True),
    ('lights not in ["red", "off"]', False),
    ('not lights in ["red"]', False),
    ("lights == before", False),
    ("lights == colour", True),
    ('lights in [before, "red"]', True),
    ('lights in ["red", "off"] and visits.reboot < 2', False),
    ("consent", True),
    ("not consent", False),
    ("consent == true", True),
    ("vip == false", True),
    ("consent or vip and vip", True),
    ("(consent or vip) and vip", False),
    ("not vip and consent", True),
    ("not (vip and consent)", True),
    ("no_signal", True),
    ('online == "yes"', True),
    ('picked == "17"', True),
    ("picked == note", False),
    ('note == "a"', False),
    ("plan == constants.copper", False),
    ("note == contact.mobile", False),
    # set or not
    ("note is set", True),
    ("contact.mobile is not set", False),
    # order
    ("age >= 42", True),
    ("age < 42.5", True),
    ("due > paid", True),
    ("due > 100", True),
    ("-1 < age", True),
    ("open_sum < due", True),
    ('died < "2014-10-01"', True),
    ("died < constants.since", True),
    ('period > "2026-02"', True),
    ('opens >= "19:30"', True),
    ('opens == "19:30"', True),
    ("called > started", True),
    ('now > "2026-07-02T09:04Z"', True),
    ('now >= "2026-07-02T10:06+01:00"', False),
    ("visits.reboot == 2", True),
    ("visits.reboot > 1.5", True),
    # lists
    ('circumstances has "student"', True),
    ('not circumstances has "care_leaver"', True),
    ('every.lights has "off"', False),
    ("every.lights has lights", True),
    ("count(every.lights)", D(2)),
    ("count(slots.options) > 0", True),
    ("sum(every.item.amount)", D("3.30")),
    ("sum(every.item.count)", D(0)),
    # arithmetic
    ("due - paid", D("99.90")),
    ("due + paid * 2 == 100.50", True),
    ("(due + paid) * 2", D("200.60")),
    ("10 - 3 - 2", D(5)),
    ("2 * -3", D(-6)),
    ("age / 4", D("10.5")),
    ("due / 2 * 3", D("150.15")),
    ("constants.rate * hours", D("91.575")),
    ("visits.reboot + visits.lights", D(2)),
    ("hours / constants.rate < 1", True),
    ("0.1 + 0.2 == 0.3", True),
    # functions
    ("min(age, 3, hours)", D(3)),
    ("max(due, 200)", D(200)),
    ('max(died, "2020-01-01")', date(2020, 1, 1)),
    ("round(due)", D(100)),
    ("round(2.5)", D(3)),
    ("round(-2.5)", D(-3)),
    ("round(1.005, 2)", D("1.01")),
    ("round(1250, -2)", D(1300)),
    ("lower(note)", "he said yes"),
    ('lower(note) == "he said yes"', True),
    ('days_between(died, "2014-10-01")', D(1)),
    ("days_between(today, died) < 0", True),
    ('later(today, 1, "days")', date(2026, 7, 3)),
    ('later(moved, 12, "months")', date(2025, 2, 28)),
    ('later("2026-01-31", 1, "months")', date(2026, 2, 28)),
    ('later("2026-03-31", -1, "months")', date(2026, 2, 28)),
    ('later("2026-12-24", 1, "workdays")', date(2026, 12, 28)),
    ('later("2026-12-28", -1, "workdays")', date(2026, 12, 24)),
    ('later("2026-12-26", 0, "workdays")', date(2026, 12, 26)),
    ('later("2026-12-26", -1, "workdays")', date(2026, 12, 24)),
    ('later("2026-12-26", 1, "workdays")', date(2026, 12, 28)),
    ('later(today, 1.9, "days")', date(2026, 7, 3)),
    ('later(today, 999999999, "days")', date.max),
    ('later(today, -999999999, "months")', date.min),
    ('later(today, 999999999, "workdays")', date.max),
    ('later(today, -999999999, "workdays")', date.min),
    ("month_end(moved)", date(2024, 2, 29)),
    ("is_workday(today)", True),
    ('is_workday("2026-12-25")', False),
    ("weekday(today)", "thu"),
    ('weekday(today) in ["sat", "sun"]', False),
    ("hour_of(now)", D(10)),
    ("hour_of(now) >= 8 and hour_of(now) < 18", True),
    # choosing
    ("age if consent else hours", D(42)),
    ("due if vip else 0", D(0)),
    ("1 if vip else 2 if consent else 3", D(2)),
    ('lights == ("red" if consent else before)', True),
    ('"fibre" if vip else plan', "fibre"),
    # laziness: an empty value is not read
    ("age > 3 or absent", True),
    ("vip and absent", False),
    ("1 if consent else lost", D(1)),
]


class Lacking(Here):
    """Knows two names more, whose values are not there."""

    def type_of(self, name: str) -> Type | None:
        more = {"absent": Type("yesno"), "lost": Type("number")}
        return more.get(name) or super().type_of(name)


@pytest.mark.parametrize(("source", "value"), GOOD)
def test_means(source: str, value: Any) -> None:
    got = compile(source, Lacking()).run(Now())
    assert got == value
    assert type(got) is type(value)


BAD: list[tuple[str, int, str]] = [
    # the messages of the reference, to the letter
    ('ligths == "red"', 1, "nothing is called 'ligths'. Did you mean 'lights'?"),
    (
        'lights == "rad"',
        11,
        "'rad' is not one of its choices (green, amber, red, off). Did you mean 'red'?",
    ),
    ('lights = "red"', 8, "unexpected '=' (write == to compare)"),
    ('lights == "red" && plan == "fibre"', 17, "unexpected '&' (write 'and')"),
    ('note < "a"', 6, "text has no order"),
]


@pytest.mark.parametrize(("source", "column", "message"), BAD)
def test_refuses(source: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile(source, Here())
    assert (refused.value.column, refused.value.message) == (column, message)


def test_an_empty_value_is_the_only_thing_raised() -> None:
    expr = compile("age > 3", Here())
    with pytest.raises(EmptyValue):
        expr.run(Now({k: v for k, v in VALUES.items() if k != "age"}))


def test_lights_are_choices() -> None:
    assert describe(LIGHTS) == "one of green, amber, red, off"
    assert assignable(Type("choice", of=("red",)), LIGHTS)
