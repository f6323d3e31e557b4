"""What any domain may need of a customer's file: contacts, complaints, credit, offers, points."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from web.demo.calls import Call, gives
from web.demo.world import Row, World, same

_NOTICE: Final = 30  # days
_DETAILS: Final = ("email", "phone", "address", "news")


def save_contact_details(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    if row is None or row["locked"]:
        return gives("failed")
    row |= {name: given[name] for name in _DETAILS if given.get(name) is not None}
    return gives("saved")


def log_contact(world: World, given: Row) -> Row:
    who = given.get("customer")
    if who is not None and world.customer(who) is None:
        return gives("failed")
    made = world.add(
        "contacts", "K-", customer=who or "", matter=given["matter"],
        promised=given.get("promised") or "",
    )  # fmt: skip
    return gives("logged", entry=made["id"])


def open_complaint(world: World, given: Row) -> Row:
    """A complaint that is open already is not opened again."""
    who = given.get("customer") or ""
    if any(
        one["customer"] == who and same(one["matter"], given["matter"])
        for one in world.table("complaints").values()
    ):
        return gives("failed")
    made = world.add("complaints", "Q-", customer=who, matter=given["matter"], wish=given["wish"])
    return gives("opened", case=made["id"])


def give_credit(world: World, given: Row) -> Row:
    row, amount = world.customer(given["customer"]), Decimal(str(given["amount"]))
    if row is None or row["locked"] or amount <= 0:
        return gives("failed")
    row["credit"] = str(Decimal(str(row["credit"])) + amount)
    return gives("given")


def apply_offer(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    if row is None or row["locked"]:
        return gives("failed")
    row["offer"] = given["offer"]
    return gives("applied")


def end_contract(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    if row is None or row["due"] or row["ends"]:
        return gives("failed")
    row["ends"] = str(world.today + timedelta(days=_NOTICE))
    return gives("ended", last_day=row["ends"])


def loyalty_account(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    if row is None or row["points"] == "":
        return gives("not_member")
    return gives("member", points=row["points"])


def use_points(world: World, given: Row) -> Row:
    row, points = world.customer(given["customer"]), int(given["points"])
    if row is None or row["points"] == "" or not 0 < points <= row["points"]:
        return gives("failed")
    row["points"] -= points
    made = world.add("promo_codes", "POINTS-", shop=row["shop"], amount=f"{points} points")
    return gives("done", code=made["id"])


CALLS: Final[Mapping[str, Call]] = {
    "crm/contact-details": Call("save_contact_details", save_contact_details, {"saved": {}, "failed": {}}),
    "crm/contacts": Call("log_contact", log_contact, {"logged": {"entry": "K-0"}, "failed": {}}),
    "crm/complaints": Call("open_complaint", open_complaint, {"opened": {"case": "Q-0"}, "failed": {}}),
    "crm/credits": Call("give_credit", give_credit, {"given": {}, "failed": {}}),
    "crm/offers": Call("apply_offer", apply_offer, {"applied": {}, "failed": {}}),
    "crm/endings": Call("end_contract", end_contract, {"ended": {"last_day": "2030-01-07"}, "failed": {}}),
    "crm/loyalty": Call("loyalty_account", loyalty_account, {"member": {"points": 1200}, "not_member": {}, "unavailable": {}}),
    "crm/vouchers": Call("use_points", use_points, {"done": {"code": "POINTS-0"}, "failed": {}}),
}  # fmt: skip
