"""The demo back end as it begins: the first rows of each table, which are always the same, and some
by chance. ``guide`` says what to type by those."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, Final

from web.demo.world import ERROR, NONSENSE, SLOW, Row, World, rows

_FIRST: Final = ("Brisa", "Corvin", "Delphy", "Elowen", "Fenno", "Gisela", "Hakon", "Ilva")
_LAST: Final = ("Ambleth", "Brocklow", "Cresswyn", "Dunmarrow", "Ellerby", "Fennwick", "Garrowby")


def world(seed: int, today: date) -> World:
    """The world as it begins. The same seed and day give the same one."""
    made = World(today, {})
    chance = Random(seed)
    made.tables = {
        **_people(chance, today), **_telecom(made), **_shop(chance), **_hotel(chance, today),
        **_bank(today), **_clinic(made), **_it_desk(today),
        "messages": {}, "contacts": {}, "complaints": {},
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
        "mobile": "active", "due": 0, "points": "", "credit": 0, "offer": "", "news": "", "ends": "", "trouble": "",
        **other,
    }  # fmt: skip


def _people(chance: Random, today: date) -> dict[str, dict[str, Row]]:
    found = [
        _customer("C-100", "Ana Silva", "12345678", "A-1", points=1200),
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
        {"id": name.upper(), "name": name, "price": price, "stock": stock, "trouble": trouble}
        for name, price, stock, trouble in (
            ("Guess jeans", 54, 12, ""), ("Gap sweater", 39, 7, ""), ("Guess boots", 120, 4, ""),
            ("Nike shoes", 74, 9, ""), ("Velvet hat", 25, 0, ""),
            ("Wool scarf", 19, 3, ERROR),
        )
    ]  # fmt: skip
    orders = [
        _order("3348917502", "A-1", "Guess jeans", 54, oracle="yes"),
        _order("3348917503", "A-1", "Gap sweater", 39),
        _order("3348917504", "A-1", "Nike shoes", 74, state="delivered"),
        _order("3348917505", "A-1", "Guess boots", 120, trouble=ERROR),
        _order("4400000002", "A-2", "Gap sweater", 39, oracle="yes"),
        _order("4400000003", "A-3", "Velvet hat", 25),
        _order("4400000004", "A-4", "Gap sweater", 39),
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


def _bank(today: date) -> dict[str, dict[str, Row]]:
    cards = [
        {"id": f"{customer}-{kind}".upper(), "customer": customer, "kind": kind, "state": "active"}
        for customer in ("C-100", "C-200", "C-400")
        for kind in ("debit", "credit")
        if (customer, kind) != ("C-200", "credit")
    ]
    payments = [
        {"id": f"PAY-{n}", "customer": "C-100", "amount": amount, "shop": shop, "state": state,
         "day": str(today - timedelta(days=ago))}
        for n, (amount, shop, state, ago) in enumerate(
            (("24.99", "Blue Door Ltd", "paid", 3), ("12", "Corner Cafe", "pending", 1)), 1
        )
    ]  # fmt: skip
    made = ("disputes", "payment_plans", "bank_accounts")
    return {"cards": rows(*cards), "payments": rows(*payments), **{name: {} for name in made}}


def _clinic(made: World) -> dict[str, dict[str, Row]]:
    patients = [
        {"id": "H-100", "name": "Ana Silva", "born": "1990-04-01", "trouble": ""},
        {"id": "H-200", "name": "Bo Winter", "born": "1972-11-30", "trouble": ""},
        {"id": "H-500", "name": "Eve Storm", "born": "1985-07-15", "trouble": ERROR},
    ]
    days = [made.today, made.workday(1), made.workday(2), made.workday(10), made.workday(15)]
    surgery = [
        {"id": f"G-{n}", "with": "doctor", "day": str(day), "at": "9:20am", "taken_by": "",
         "in_demand": "yes" if n == 3 else ""}
        for n, day in enumerate(days, 1)
    ] + [
        {"id": f"N-{n}", "with": "nurse", "day": str(day), "at": "2:40pm", "taken_by": "",
         "in_demand": ""}
        for n, day in enumerate(days[1:], 1)
    ]  # fmt: skip
    soon = str(made.today + timedelta(days=9))
    repeats = [
        {"id": f"RP-{n}", "patient": "H-100", "medicine": medicine, "from_day": day, "review_due": due}
        for n, (medicine, day, due) in enumerate(
            (("Amlodipine", "", ""), ("Metformin", soon, ""), ("Sertraline", "", "yes")), 1
        )
    ]  # fmt: skip
    results = [
        {"id": f"RES-{n}", "patient": "H-100", "test": test, "due": due, "word": word}
        for n, (test, due, word) in enumerate(
            (("Blood test", "", "no_action"), ("X-ray", soon, ""), ("Scan", "", "speak_to_us")), 1
        )
    ]
    return {
        "patients": rows(*patients), "surgery": rows(*surgery), "repeats": rows(*repeats),
        "prescriptions": {}, "results": rows(*results),
    }  # fmt: skip


def _it_desk(today: date) -> dict[str, dict[str, Row]]:
    services = [
        {"id": "E-MAIL", "down_until": "", "trouble": ""},
        {"id": "VPN", "down_until": "four o'clock", "trouble": ""},
        {"id": "PRINTING", "down_until": "", "trouble": ERROR},
    ]
    sign_ins = [
        {"id": f"U-{n}", "username": username, "state": state, "phone": phone}
        for n, (username, state, phone) in enumerate((
            ("asilva1", "open", "+44 20 7946 0000"), ("bwinter1", "locked", "+44 20 7946 0001"),
            ("crivers1", "expired", "+44 20 7946 0002"), ("dnorth1", "locked", ""),
        ), 1)
    ]  # fmt: skip
    devices = [
        {"id": id, "kind": kind, "warranty": str(today + timedelta(days=days)), "return": ""}
        for id, kind, days in (("SN-100", "laptop", 200), ("SN-200", "screen", -200))
    ]
    return {
        "services": rows(*services), "sign_ins": rows(*sign_ins), "devices": rows(*devices),
        "tickets": {}, "returns": {},
    }  # fmt: skip
