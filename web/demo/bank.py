"""Cards, payments, accounts: what finance trees call."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from web.demo.calls import Call, gives
from web.demo.world import Row, World, same

_LEAST: Final = 20  # a month, of a payment plan
_OF_AGE: Final = 18


def block_card(world: World, given: Row) -> Row:
    card = _card(world, given)
    if card is None:
        return gives("failed")
    card["state"] = "blocked"
    return gives("blocked")


def send_card(world: World, given: Row) -> Row:
    row, card = world.customer(given["customer"]), _card(world, given)
    if row is None or card is None or not row["address"]:
        return gives("failed")
    arrives = str(world.workday(5))
    world.add("parcels", "P-", what=f"{card['kind']} card", to=row["id"], arrives=arrives)
    return gives("sent", arrives=arrives)


def _card(world: World, given: Row) -> Row | None:
    row = world.customer(given["customer"])
    if row is None:
        return None
    return world.found("cards", customer=row["id"], kind=given["card"])


def find_payment(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    for payment in world.table("payments").values():
        theirs = row is not None and payment["customer"] == row["id"]
        if theirs and payment["day"] == str(given["day"]) and _equal(payment, given):
            return gives("found", shop=payment["shop"], state=payment["state"])
    return gives("not_found")


def _equal(one: Row, other: Row) -> bool:
    return Decimal(str(one["amount"])) == Decimal(str(other["amount"]))


def open_dispute(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    if row is None:
        return gives("failed")
    begun = world.table("disputes").values()
    if any(one["customer"] == row["id"] and _equal(one, given) for one in begun):
        return gives("failed")
    made = world.add(
        "disputes", "D-", customer=row["id"], amount=given["amount"], why=given["why"]
    )
    return gives("opened", case=made["id"])


def payment_plan(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    if row is None or Decimal(str(given["monthly"])) < _LEAST:
        return gives("refused")
    first = str(world.workday(10))
    world.add("payment_plans", "PP-", customer=row["id"], monthly=given["monthly"], first=first)
    return gives("agreed", first=first)


def check_applicant(world: World, given: Row) -> Row:
    """Whoever is not of age is refused; an address without a house number needs more proof."""
    born, today = str(given["born"]), str(world.today)
    age = int(today[:4]) - int(born[:4]) - (today[5:] < born[5:])
    if age < _OF_AGE:
        return gives("refused")
    return gives("passed" if any(map(str.isdigit, str(given["address"]))) else "more_proof")


def open_account(world: World, given: Row) -> Row:
    had = world.table("bank_accounts").values()
    if any(same(one["name"], given["name"]) and one["kind"] == given["kind"] for one in had):
        return gives("failed")
    made = world.add(
        "bank_accounts", "4000", name=given["name"], kind=given["kind"], email=given["email"]
    )
    return gives("opened", number=made["id"])


CALLS: Final[Mapping[str, Call]] = {
    "bank/card-blocks": Call("block_card", block_card, {"blocked": {}, "failed": {}}),
    "bank/cards": Call("send_card", send_card, {"sent": {"arrives": "2030-01-07"}, "failed": {}}),
    "bank/payments": Call("find_payment", find_payment, {"found": {"shop": "Blue Door Ltd", "state": "paid"}, "not_found": {}}),
    "bank/disputes": Call("open_dispute", open_dispute, {"opened": {"case": "D-0"}, "failed": {}}),
    "bank/payment-plans": Call("payment_plan", payment_plan, {"agreed": {"first": "2030-01-07"}, "refused": {}}),
    "bank/applicants": Call("check_applicant", check_applicant, {"passed": {}, "more_proof": {}, "refused": {}}),
    "bank/accounts": Call("open_account", open_account, {"opened": {"number": "40000"}, "failed": {}}),
}  # fmt: skip
