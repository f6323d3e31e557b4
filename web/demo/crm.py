"""Customers, lines, outages, visits: what telecom trees call, and whom any tree may ask about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from web.demo.calls import Call, gives
from web.demo.world import Row, World, same


def find_line(world: World, given: Row) -> Row:
    line, customer = world.found("lines", account=given["account"]), None
    if line is not None:
        customer = world.found("customers", account=line["account"])
    if line is None or customer is None:
        return gives("unknown")
    return gives("found", line_id=line["id"], first_name=customer["name"].partition(" ")[0])


def outage_lookup(world: World, given: Row) -> Row:
    line = world.row("lines", given["line"])
    if line is None:
        return gives("unavailable")
    return gives("known", eta=line["outage"]) if line["outage"] else gives("none")


def line_check(world: World, given: Row) -> Row:
    line = world.row("lines", given["line"])
    if line is None:
        return gives("unavailable")
    return gives("good") if line["test"] == "good" else gives("faulty", fault=line["test"])


def find_slots(world: World, given: Row) -> Row:
    line = world.row("lines", given["line"])
    if line is None:
        return gives("unavailable")
    free = [
        {"slot": slot["id"], "label": f"{slot['day']}, {slot['part']}", "starts": slot["day"]}
        for slot in world.table("slots").values()
        if slot["area"] == line["area"] and not slot["taken_by"]
    ]
    return gives("found", options=free[:4]) if free else gives("none_free")


def book_slot(world: World, given: Row) -> Row:
    slot, line = world.row("slots", given["slot"]), world.row("lines", given["line"])
    if slot is None or line is None:
        return gives("unavailable")
    if slot["taken_by"] or slot["in_demand"]:
        slot["taken_by"] = slot["taken_by"] or "somebody who was faster"
        return gives("taken")
    slot["taken_by"] = line["id"]
    world.add(
        "visits", "V-", line=line["id"], slot=slot["id"], day=slot["day"], part=slot["part"],
        phone=given["phone"],
    )  # fmt: skip
    return gives("booked")


def check_customer(world: World, given: Row) -> Row:
    row = world.row("customers", given["number"]) or world.customer(given["number"])
    sure = row is not None and all(same(row[name], given[name]) for name in ("name", "postcode"))
    return gives("verified", customer_id=row["id"]) if row and sure else gives("not_verified")


def mobile_outage(world: World, given: Row) -> Row:
    mast = world.found("masts", id=given["postcode"])
    return gives("known", until=mast["until"]) if mast and mast["until"] else gives("none")


def mobile_status(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    if row is None:
        return gives("unavailable")
    return gives("barred", due=row["due"]) if row["mobile"] == "barred" else gives(row["mobile"])


def send_sim(world: World, given: Row) -> Row:
    row = world.customer(given["customer"])
    if row is None or not row["address"]:
        return gives("failed")
    row["mobile"] = "new_sim"
    return _sent(world, "SIM", row["id"])


def line_speed(world: World, given: Row) -> Row:
    line = world.row("lines", given["line"])
    return gives("unavailable") if line is None else gives("found", least=line["speed"])


def send_box(world: World, given: Row) -> Row:
    line = world.row("lines", given["line"])
    if line is None or line["tv"] != "yes":
        return gives("failed")
    return _sent(world, "TV box", line["id"])


def _sent(world: World, what: str, to: str) -> Row:
    arrives = str(world.workday(2))
    world.add("parcels", "P-", what=what, to=to, arrives=arrives)
    return gives("sent", arrives=arrives)


def check_address(world: World, given: Row) -> Row:
    street = world.found("streets", id=given["postcode"])
    return gives("served" if street and street["served"] == "yes" else "not_served")


def move_line(world: World, given: Row) -> Row:
    row, street = world.customer(given["customer"]), world.found("streets", id=given["postcode"])
    if row is None or row["due"] or street is None or street["served"] != "yes":
        return gives("failed")
    if str(given["day"]) < str(world.today):
        return gives("failed")
    made = world.add(
        "moves",
        "M-",
        customer=row["id"],
        to=street["id"],
        day=given["day"],
        number=given["number"],
    )
    line: Row = {**world.table("lines")["L-1"], "id": f"L-{made['id']}", "account": row["account"]}
    world.table("lines")[line["id"]] = line
    return gives("ordered", line=line["id"])


_SLOT: Final = {"slot": "S-1", "label": "Tomorrow, 9am to noon", "starts": "2030-01-07"}

CALLS: Final[Mapping[str, Call]] = {
    "crm/lines": Call("find_line", find_line, {"found": {"line_id": "L-1", "first_name": "Ana"}, "unknown": {}}, {"line_id": "line"}),
    "crm/outages": Call("outage_lookup", outage_lookup, {"none": {}, "known": {"eta": "six o'clock tonight"}, "unavailable": {}}, {"eta": "repair_time"}),
    "crm/line-tests": Call("line_check", line_check, {"good": {}, "faulty": {"fault": "broken pair"}, "unavailable": {}}, {"exit": "verdict"}),
    "crm/slots": Call("find_slots", find_slots, {"found": {"options": [_SLOT]}, "none_free": {}, "unavailable": {}}, {"options": "slots"}),
    "crm/visits": Call("book_slot", book_slot, {"booked": {}, "taken": {}, "unavailable": {}}),
    "crm/customers": Call("check_customer", check_customer, {"verified": {"customer_id": "C-100"}, "not_verified": {}}),
    "crm/mobile-outages": Call("mobile_outage", mobile_outage, {"none": {}, "known": {"until": "four o'clock"}, "unavailable": {}}, {"until": "repair_time"}),
    "crm/mobile-status": Call("mobile_status", mobile_status, {"active": {}, "barred": {"due": 35}, "new_sim": {}, "unavailable": {}}),
    "crm/sims": Call("send_sim", send_sim, {"sent": {"arrives": "2030-01-07"}, "failed": {}}),
    "crm/line-speeds": Call("line_speed", line_speed, {"found": {"least": 50}, "unavailable": {}}),
    "crm/boxes": Call("send_box", send_box, {"sent": {"arrives": "2030-01-07"}, "failed": {}}),
    "crm/addresses": Call("check_address", check_address, {"served": {}, "not_served": {}, "unavailable": {}}),
    "crm/moves": Call("move_line", move_line, {"ordered": {"line": "L-M-1"}, "failed": {}}),
}  # fmt: skip
