"""What the demo back end knows: tables of rows by their ids. All of it is invented.

``first_day`` is how they begin. Dates hang on the day that the world was made on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

Row = dict[str, Any]

# What comes of a request that names a row with trouble.
SLOW: Final = "never answers"
ERROR: Final = "fails with 500"
NONSENSE: Final = "answers nonsense"

# What may be typed for a customer, apart from the number.
_NAMES: Final = ("name", "account", "shop", "username", "email")


@dataclass
class World:
    """``made`` counts what was made since, so that new things have numbers of their own."""

    today: date
    tables: dict[str, dict[str, Row]]
    made: dict[str, int] = field(default_factory=dict)

    def table(self, name: str) -> dict[str, Row]:
        return self.tables[name]

    def row(self, table: str, id: Any) -> Row | None:
        return self.tables[table].get(plain(id).upper())

    def found(self, table: str, **known: Any) -> Row | None:
        """The first row of which all of this is true."""
        rows = self.tables[table].values()
        return next((r for r in rows if all(same(r.get(k), v) for k, v in known.items())), None)

    def customer(self, who: Any) -> Row | None:
        """By number, account, name, user name or e-mail."""
        by_number = self.row("customers", who)
        ways = (self.found("customers", **{name: who}) for name in _NAMES)
        return by_number or next((row for row in ways if row is not None), None)

    def add(self, table: str, prefix: str, **columns: Any) -> Row:
        """A new row, with a number of its own."""
        number = self.made[table] = self.made.get(table, 0) + 1
        row: Row = {"id": f"{prefix}{number}", **columns}
        self.tables[table][row["id"]] = row
        return row

    def trouble(self, inputs: Row) -> str:
        """What is wrong with the first row that these inputs name; "" where nothing is."""
        for value in inputs.values():
            for table in self.tables.values():
                row = table.get(plain(value).upper())
                if row is not None and row.get("trouble"):
                    return str(row["trouble"])
            customer = self.found("customers", account=value) or self.found(
                "customers", shop=value
            )
            if customer is not None and customer.get("trouble"):
                return str(customer["trouble"])
        return ""

    def workday(self, days: int) -> date:
        """The day that is so many workdays from now."""
        day = self.today
        while days:
            day += timedelta(days=1)
            days -= day.weekday() < 5
        return day


def plain(value: Any) -> str:
    """A value as it is looked up: how it was spaced does not matter."""
    return re.sub(r"\s+", " ", str(value)).strip()


def same(one: Any, other: Any) -> bool:
    """Whether two people would say that it is the same: case and spacing aside.

    >>> same("N1 7GU", "n17gu"), same("+44 20 7946 0000", "+442079460000"), same("", "x")
    (True, True, False)
    """
    return _bare(one) == _bare(other)


def _bare(value: Any) -> str:
    return re.sub(r"[\s()-]", "", str(value if value is not None else "")).casefold()


def rows(*found: Row) -> dict[str, Row]:
    return {row["id"]: row for row in found}
