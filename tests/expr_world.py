"""One place of a tree to try expressions in: its names, and scopes with values for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engine.errors import EmptyValue
from engine.expr import Unknown
from engine.model import Calendar, Type

LIGHTS = Type("choice", of=("green", "amber", "red", "off"))
PLAN = Type("choice", of=("fibre", "copper"))
TICKED = Type("choice", of=("care_leaver", "student", "retired"))

TYPES: Mapping[str, Type] = {
    "lights": LIGHTS,
    "before": LIGHTS,
    "colour": Type("choice", of=("red", "blue")),
    "plan": PLAN,
    "online": Type("choice", of=("yes", "no")),
    "picked": Type("choice", open=True),
    "note": Type("text"),
    "contact.mobile": Type("text"),
    "age": Type("number"),
    "hours": Type("number"),
    "due": Type("money"),
    "paid": Type("money"),
    "consent": Type("yesno"),
    "vip": Type("yesno"),
    "died": Type("date"),
    "moved": Type("date"),
    "period": Type("month"),
    "opens": Type("time"),
    "called": Type("moment"),
    "circumstances": Type("list", of=TICKED.of, item=TICKED),
    "slots.options": Type("list", columns=(("slot", Type("text")), ("starts", Type("date")))),
    "no_signal": Type("yesno"),
    "open_sum": Type("money"),
    "visits.reboot": Type("number"),
    "visits.lights": Type("number"),
    "every.lights": Type("list", item=LIGHTS),
    "every.item.amount": Type("list", item=Type("money")),
    "every.item.count": Type("list", item=Type("number")),
    "audience": Type("choice", of=("agent", "customer", "system")),
    "channel": Type("choice", of=("phone", "chat", "page")),
    "language": Type("choice", of=("en", "fr")),
    "started": Type("moment"),
    "now": Type("moment"),
    "today": Type("date"),
    "constants.rate": Type("number"),
    "constants.copper": Type("text"),
    "constants.since": Type("date"),
    "constants.rod": Type("text"),
    "constants.limit": Type("number"),
    "constants.pilot": Type("yesno"),
}
CONSTANTS: Mapping[str, Any] = {
    "constants.rate": Decimal("12.21"),
    "constants.copper": "copper",
    "constants.since": date(2014, 10, 1),
    "constants.rod": "rod",
    "constants.limit": 3,
    "constants.pilot": True,
}
FACTS = frozenset({"no_signal", "open_sum"})
ABOUT = ("audience", "channel", "language", "started", "now", "today")

VALUES: Mapping[str, Any] = {
    "lights": "red",
    "before": "green",
    "colour": "red",
    "plan": "fibre",
    "online": "yes",
    "picked": "17",
    "note": "He said Yes",
    "contact.mobile": "+44 20 7946 0000",
    "age": Decimal(42),
    "hours": Decimal("7.5"),
    "due": Decimal("100.10"),
    "paid": Decimal("0.2"),
    "consent": True,
    "vip": False,
    "died": date(2014, 9, 30),
    "moved": date(2024, 2, 29),
    "period": "2026-11",
    "opens": "19:30",
    "called": datetime(2026, 3, 2, 19, 30, tzinfo=UTC),
    "circumstances": ("student", "retired"),
    "slots.options": ({"slot": "1", "starts": date(2026, 3, 3)},),
    "no_signal": True,
    "open_sum": Decimal("99.90"),
    "visits.reboot": 2,
    "visits.lights": 0,
    "every.lights": ("red", "green"),
    "every.item.amount": (Decimal("1.10"), Decimal("2.20")),
    "every.item.count": (),
    "audience": "agent",
    "channel": "phone",
    "language": "en",
    "started": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    "now": datetime(2026, 7, 2, 9, 5, tzinfo=UTC),
    "today": date(2026, 7, 2),
}


FORMS = {"contact": ("contact.mobile", "note"), "unasked": ("contact.landline", "contact.fax")}


class Here:
    """The names."""

    def type_of(self, name: str) -> Type | None:
        return TYPES.get(name)

    def is_fact(self, name: str) -> bool:
        return name in FACTS

    def constant(self, name: str) -> Any:
        return CONSTANTS.get(name)

    def known(self) -> Iterable[str]:
        return TYPES

    def form(self, name: str) -> tuple[str, ...]:
        return FORMS.get(name, ())


class Now:
    """A scope: each method knows its own names only, as the walker's does."""

    calendar = Calendar(  # a Friday, and a Saturday, which is no workday anyway
        "Europe/London", holidays=frozenset({date(2026, 12, 25), date(2026, 12, 26)})
    )

    def __init__(self, values: Mapping[str, Any] = VALUES) -> None:
        self.values = values

    def get(self, name: str) -> Any:
        assert name not in FACTS
        assert name not in ABOUT
        assert not name.startswith(("visits.", "every.", "constants."))
        if name not in self.values:
            raise EmptyValue(name)
        return self.values[name]

    def has(self, name: str) -> bool:
        return name in self.values

    def fact(self, name: str) -> Any:
        assert name in FACTS
        return self.values[name]

    def visits(self, node: str) -> Any:
        return self.values[f"visits.{node}"]

    def every(self, name: str) -> Any:
        return self.values[f"every.{name}"]

    def about(self, name: str) -> Any:
        assert name in ABOUT
        return self.values[name]


def unknowns(ask: Callable[[str, str, Any], bool]) -> Now:
    """A scope of which nothing is known."""
    return Now({name: Unknown(name, ask) for name in TYPES})
