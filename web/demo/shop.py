"""Accounts, orders, refunds, articles: what retail trees call."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from web.demo.calls import Call, gives
from web.demo.world import Row, World, same

_CODES_EACH: Final = 3  # promo codes that a customer may have
_REFUSED_CARD: Final = "4000 0000 0000 0002"


def pull_up_account(world: World, given: Row) -> Row:
    row = world.customer(given["who"])
    return gives("unknown") if row is None else gives("found", account_id=row["shop"])


def verify_identity(world: World, given: Row) -> Row:
    """Whoever it is, all that was said has to be true of them."""
    told = {name: value for name, value in given.items() if name not in ("account", "order")}
    for row in world.table("customers").values():
        account = given.get("account", row["shop"])
        theirs = any(same(account, row[name]) for name in ("id", "shop", "account"))
        if theirs and all(same(row[name], value) for name, value in told.items()):
            order = world.row("orders", given["order"]) if "order" in given else None
            if "order" not in given or (order is not None and order["shop"] == row["shop"]):
                return gives("verified")
    return gives("not_verified")


def validate_purchase(world: World, given: Row) -> Row:
    row, order = world.customer(given["account"]), world.row("orders", given["order"])
    good = row is not None and order is not None and order["shop"] == row["shop"]
    told = ("username", "email")
    good = good and all(same(row[name], given[name]) for name in told if row is not None)
    return gives("valid" if good else "not_valid")


def offer_refund(world: World, given: Row) -> Row:
    row, amount = world.customer(given["account"]), Decimal(str(given["amount"]))
    if row is None or not 0 < amount <= Decimal(str(row["refundable"])):
        return gives("failed")
    row["refundable"] = _number(Decimal(str(row["refundable"])) - amount)
    by = given.get("method", "as it was paid")
    world.add("refunds", "R-", shop=row["shop"], amount=_number(amount), by=by)
    return gives("offered")


def make_password(world: World, given: Row) -> Row:
    row = world.found("customers", username=given["username"])
    if row is None or not any(same(row[name], given["proof"]) for name in ("pin", "secret")):
        return gives("refused")
    number = world.made["passwords"] = world.made.get("passwords", 0) + 1
    row["password"] = f"meadow-lamp-{number:02}"
    return gives("made", password=row["password"])


def update_order(world: World, given: Row) -> Row:
    row, order = world.customer(given["account"]), world.row("orders", given["order"])
    if row is None or order is None or order["shop"] != row["shop"]:
        return gives("failed")
    if order["state"] == "delivered":
        return gives("failed")
    amount, where = given.get("amount"), given.get("address")
    what = " ".join(str(part) for part in (given["change"], amount, where) if part is not None)
    order["changes"] = "; ".join(filter(None, [order["changes"], what]))
    return gives("updated")


def update_account(world: World, given: Row) -> Row:
    row = world.customer(given["account"])
    if row is None or row["locked"]:
        return gives("failed")
    change = str(given["change"])
    if change in ("add_service", "remove_service"):
        row["services"] = "premium" if change == "add_service" else ""
    elif change in ("renew_subscription", "extend_subscription"):
        _longer(world.table("subscriptions")[row["shop"]])
    elif given.get(change) is not None:
        row[change] = given[change]
    return gives("updated")


def _longer(subscription: Row) -> None:
    year, rest = str(subscription["due_on"]).split("-", 1)
    if rest == "02-29":
        rest = "02-28"
    subscription |= {"active": "yes", "due": 0, "due_on": f"{int(year) + 1}-{rest}"}


def subscription_status(world: World, given: Row) -> Row:
    row = world.customer(given["account"])
    found = world.row("subscriptions", row["shop"]) if row is not None else None
    if found is None:
        return gives("unavailable")
    return gives("found", active=found["active"], due=found["due"], due_on=found["due_on"])


def send_link(world: World, given: Row) -> Row:
    row = world.customer(given["account"])
    if row is None or not row["email"]:
        return gives("failed")
    world.add("messages", "E-", to=row["email"], what=f"link: {given['link']}")
    return gives("sent")


def notify_team(world: World, given: Row) -> Row:
    if given.get("account") is not None and world.customer(given["account"]) is None:
        return gives("failed")
    about = given.get("account", "nobody in particular")
    world.add("messages", "E-", to=given["team"], what=f"about {about}")
    return gives("notified")


def promo_code(world: World, given: Row) -> Row:
    row = world.customer(given["account"])
    if row is None or row["locked"]:
        return gives("failed")
    had = [one for one in world.table("promo_codes").values() if one["shop"] == row["shop"]]
    if len(had) >= _CODES_EACH:
        return gives("failed")
    made = world.add("promo_codes", "THANKS-", shop=row["shop"], amount=given.get("amount", ""))
    return gives("made", code=made["id"])


def make_purchase(world: World, given: Row) -> Row:
    article = world.row("articles", given["product"])
    if article is None or not article["stock"] or same(given.get("card"), _REFUSED_CARD):
        return gives("failed")
    article["stock"] -= 1
    row = world.customer(given["account"]) if given.get("account") is not None else None
    world.add(
        "orders", "N-", shop=row["shop"] if row is not None else "", article=article["name"],
        price=article["price"], state="packed", changes="", oracle="no", trouble="",
    )  # fmt: skip
    return gives("bought")


def price_lookup(world: World, given: Row) -> Row:
    article = world.row("articles", given["article"])
    return gives("unknown") if article is None else gives("found", price=article["price"])


def check_stock(world: World, given: Row) -> Row:
    article = world.row("articles", given["article"])
    if article is None:
        return gives("unavailable")
    if article["stock"] < int(given["pieces"]):
        return gives("short", due=str(world.workday(7)))
    return gives("in_stock")


def book_courier(world: World, given: Row) -> Row:
    order = world.row("orders", given["order"])
    if order is None or order["state"] == "delivered":
        return gives("refused")
    arrives = str(world.workday(1 if given["speed"] == "express" else 3))
    world.add("parcels", "P-", what=f"order {order['id']}", to=order["shop"], arrives=arrives)
    return gives("booked", arrives=arrives)


def tell_customer(world: World, given: Row) -> Row:
    order = world.row("orders", given["order"])
    row = world.customer(order["shop"]) if order is not None else None
    if row is None or not row["email"]:
        return gives("failed")
    world.add("messages", "E-", to=row["email"], what=f"order {given['news']}")
    return gives("told")


def _number(value: Decimal) -> Any:
    return int(value) if value == value.to_integral_value() else float(value)


_FOUND: Final = {"active": "yes", "due": 0, "due_on": "2030-01-07"}

CALLS: Final[Mapping[str, Call]] = {
    "shop/accounts": Call("pull_up_account", pull_up_account, {"found": {"account_id": "A-1"}, "unknown": {}}, {"account_id": "account"}),
    "shop/identities": Call("verify_identity", verify_identity, {"verified": {}, "not_verified": {}}),
    "shop/validations": Call("validate_purchase", validate_purchase, {"valid": {}, "not_valid": {}}),
    "shop/refunds": Call("offer_refund", offer_refund, {"offered": {}, "failed": {}}),
    "shop/passwords": Call("make_password", make_password, {"made": {"password": "meadow-lamp-00"}, "refused": {}}),
    "shop/order-changes": Call("update_order", update_order, {"updated": {}, "failed": {}}),
    "shop/account-changes": Call("update_account", update_account, {"updated": {}, "failed": {}}),
    "shop/subscriptions": Call("subscription_status", subscription_status, {"found": _FOUND, "unavailable": {}}),
    "shop/links": Call("send_link", send_link, {"sent": {}, "failed": {}}),
    "shop/notices": Call("notify_team", notify_team, {"notified": {}, "failed": {}}),
    "shop/promo-codes": Call("promo_code", promo_code, {"made": {"code": "THANKS-0"}, "failed": {}}),
    "shop/prices": Call("price_lookup", price_lookup, {"found": {"price": 54}, "unknown": {}}),
    "shop/stock": Call("check_stock", check_stock, {"in_stock": {}, "short": {"due": "2030-01-07"}, "unavailable": {}}),
    "shop/couriers": Call("book_courier", book_courier, {"booked": {"arrives": "2030-01-07"}, "refused": {}}),
    "shop/messages": Call("tell_customer", tell_customer, {"told": {}, "failed": {}}),
    "shop/purchases": Call("make_purchase", make_purchase, {"bought": {}, "failed": {}}),
}  # fmt: skip
