"""What the demo back end knows: tables of rows by their ids. All of it is invented.

The first rows of each table are always the same, because ``guide`` says what to type by them; the
others come by chance, from the seed. Dates hang on the day that it was made on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

Row = dict[str, Any]

# What comes of a request that names a row with trouble.
SLOW: Final = "never answers"
ERROR: Final = "fails with 500"
NONSENSE: Final = "answers nonsense"

_FIRST: Final = ("Brisa", "Corvin", "Delphy", "Elowen", "Fenno", "Gisela", "Hakon", "Ilva")
_LAST: Final = ("Ambleth", "Brocklow", "Cresswyn", "Dunmarrow", "Ellerby", "Fennwick", "Garrowby")
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


# --------------------------------------------------------------------------------- the first day


def world(seed: int, today: date) -> World:
    """The world as it begins. The same seed and day give the same one."""
    made = World(today, {})
    chance = Random(seed)
    made.tables = {
        **_people(chance, today), **_telecom(made), **_shop(chance), **_hotel(chance, today),
        "messages": {},
    }  # fmt: skip
    return made


def _customer(id: str, name: str, account: str, shop: str, **other: Any) -> Row:
    first, _, last = name.partition(" ")
    return {
        "id": id, "name": name, "account": account, "shop": shop,
        "username": f"{first[0]}{last}1".lower(), "email": f"{first.lower()}@example.com",
        "phone": "+44 20 7946 0000", "postcode": "N1 7GU", "zip": "90210", "pin": "4711",
        "secret": "Alexander", "password": "secret", "address": "1 High Street", "level": "gold",
        "refundable": 250, "services": "", "payment_method": "credit_card", "locked": "",
        "mobile": "active", "due": 0, "trouble": "", **other,
    }  # fmt: skip


def _people(chance: Random, today: date) -> dict[str, dict[str, Row]]:
    found = [
        _customer("C-100", "Ana Silva", "12345678", "A-1"),
        _customer("C-200", "Bo Winter", "20000002", "A-2", mobile="barred", due=35, refundable=0),
        _customer("C-300", "Cai Rivers", "20000003", "A-3", mobile="new_sim", locked="yes"),
        _customer("C-400", "Dee North", "20000004", "A-4", email="", address=""),
        _customer("C-500", "Eve Storm", "20000005", "A-5", trouble=ERROR),
        _customer("C-600", "Flo Marsh", "20000006", "A-6", trouble=SLOW),
        _customer("C-700", "Gil Knott", "20000007", "A-7", trouble=NONSENSE),
    ]
    for n in range(8, 14):
        name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
        level = chance.choice(["guest", "bronze", "silver", "gold"])
        refundable = chance.randrange(20, 400)
        found.append(
            _customer(
                f"C-{n}00", name, f"200000{n:02}", f"A-{n}", level=level, refundable=refundable
            )
        )
    subscriptions = [
        {"id": row["shop"], "active": "yes", "due": 0, "due_on": str(today + timedelta(days=90))}
        for row in found
    ]
    subscriptions[1] |= {"active": "no", "due": 99, "due_on": str(today - timedelta(days=20))}
    return {"customers": rows(*found), "subscriptions": rows(*subscriptions)}


def _line(n: int, account: str, **other: Any) -> Row:
    return {
        "id": f"L-{n}", "account": account, "area": "north", "outage": "", "test": "good",
        "speed": 50, "tv": "yes", "trouble": "", **other,
    }  # fmt: skip


def _telecom(made: World) -> dict[str, dict[str, Row]]:
    lines = [
        _line(1, "12345678"),
        _line(2, "20000002", outage="six o'clock tonight"),
        _line(3, "20000003", test="broken pair"),
        _line(4, "20000004", area="south", tv="no"),
        _line(5, "20000008", trouble=ERROR),
        _line(6, "20000009", trouble=SLOW),
        _line(7, "20000010", trouble=NONSENSE),
    ]
    slots = [
        {"id": f"S-{n}", "area": "north", "day": str(made.workday(2 + n // 2)), "part": part,
         "taken_by": "", "in_demand": "yes" if n == 4 else ""}
        for n, part in enumerate(("9am to noon", "1pm to 4pm") * 4, 1)
    ]  # fmt: skip
    masts = [
        {"id": "N1 7GU", "until": "", "trouble": ""},
        {"id": "N2 2AA", "until": "four o'clock", "trouble": ""},
        {"id": "N5 5XX", "until": "", "trouble": ERROR},
    ]
    streets = [
        {"id": "N1 9AA", "served": "yes"}, {"id": "N1 7GU", "served": "yes"},
        {"id": "N3 3AA", "served": "no"},
    ]  # fmt: skip
    return {
        "lines": rows(*lines), "slots": rows(*slots), "visits": {}, "masts": rows(*masts),
        "streets": rows(*streets), "moves": {}, "parcels": {},
    }  # fmt: skip


def _order(id: str, shop: str, article: str, price: Any, **other: Any) -> Row:
    return {
        "id": id, "shop": shop, "article": article, "price": price, "state": "packed",
        "changes": "", "oracle": "no", "trouble": "", **other,
    }  # fmt: skip


def _shop(chance: Random) -> dict[str, dict[str, Row]]:
    articles = [
        {"id": name.upper(), "name": name, "price": price, "stock": stock}
        for name, price, stock in (
            ("Guess jeans", 54, 12), ("Gap sweater", 39, 7), ("Guess boots", 120, 4),
            ("Nike shoes", 74, 9), ("Velvet hat", 25, 0),
        )
    ]  # fmt: skip
    orders = [
        _order("3348917502", "A-1", "Guess jeans", 54, oracle="yes"),
        _order("3348917503", "A-1", "Gap sweater", 39),
        _order("3348917504", "A-1", "Nike shoes", 74, state="delivered"),
        _order("3348917505", "A-1", "Guess boots", 120, trouble=ERROR),
        _order("4400000002", "A-2", "Gap sweater", 39, oracle="yes"),
        _order("4400000003", "A-3", "Velvet hat", 25),
    ]
    for n in range(8, 14):
        bought = chance.choice(articles[:4])
        name, price = str(bought["name"]), bought["price"]
        orders.append(_order(f"44000000{n:02}", f"A-{n}", name, price))
    return {
        "orders": rows(*orders), "articles": rows(*articles), "refunds": {}, "promo_codes": {},
    }  # fmt: skip


def _booking(id: str, name: str, arrival: date, nights: int, rate: str, **other: Any) -> Row:
    return {
        "id": id, "name": name, "arrival": str(arrival), "departure": str(arrival + timedelta(days=nights)),
        "price": 100 * nights, "rate": rate, "by": "us", "state": "booked", "trouble": "", **other,
    }  # fmt: skip


def _hotel(chance: Random, today: date) -> dict[str, dict[str, Row]]:
    soon = today + timedelta(days=14)
    bookings = [
        _booking("B-1", "Silva", soon, 2, "flexible"),
        _booking("B-2", "Silva", soon, 2, "saver"),
        _booking("B-3", "Silva", today, 2, "flexible"),
        _booking("B-4", "Silva", soon, 3, "standard", by="a travel site"),
        _booking("B-5", "Silva", soon, 2, "standard", state="closed"),
        _booking("B-6", "Silva", soon, 2, "flexible", trouble=ERROR),
    ]
    full = [today + timedelta(days=days) for days in (30, 31)]
    rooms = [
        {"id": id, "floor": floor, "kind": kind, "state": state, "trouble": trouble}
        for id, floor, kind, state, trouble in (
            ("204", 2, "double", "taken", ""), ("205", 2, "double", "taken", ""),
            ("301", 3, "double", "free", ""), ("302", 3, "double", "free", ""),
            ("501", 5, "suite", "taken", ""), ("599", 5, "double", "taken", ERROR),
        )
    ]  # fmt: skip
    lost = [
        {"id": "F-1", "room": "204", "looks": "Black leather", "mark": "A stamp of Peru"},
        {"id": "F-2", "room": "205", "looks": "White, running", "mark": "Size 38"},
        {
            "id": "F-3",
            "room": str(chance.randrange(301, 303)),
            "looks": "A teddy",
            "mark": "One ear",
        },
    ]
    return {
        "bookings": rows(*bookings), "rooms": rows(*rooms), "errands": {},
        "full_nights": rows(*({"id": str(day)} for day in full)), "lost_property": rows(*lost),
    }  # fmt: skip
