"""Services, sign-ins, devices, tickets: what technology trees call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from web.demo.calls import Call, gives
from web.demo.world import Row, World

_URGENT: Final = 3  # urgent tickets that may be open at once


def service_status(world: World, given: Row) -> Row:
    service = world.row("services", given["service"])
    if service is None or not service["down_until"]:
        return gives("running")
    return gives("down", until=service["down_until"])


def open_ticket(world: World, given: Row) -> Row:
    urgent = str(given["urgent"]).lower() in ("true", "yes")
    waiting = [one for one in world.table("tickets").values() if one["urgent"] == "yes"]
    if urgent and len(waiting) >= _URGENT:
        return gives("failed")
    made = world.add("tickets", "T-", matter=given["matter"], urgent="yes" if urgent else "no")
    return gives("opened", ticket=made["id"])


def find_sign_in(world: World, given: Row) -> Row:
    found = world.found("sign_ins", username=given["username"])
    return gives("unknown" if found is None else found["state"])


def send_reset(world: World, given: Row) -> Row:
    found = world.found("sign_ins", username=given["username"])
    if found is None or not found["phone"]:
        return gives("failed")
    found["state"] = "open"
    world.add("messages", "E-", to=found["phone"], what="link for a new password")
    return gives("sent")


def warranty_check(world: World, given: Row) -> Row:
    device = world.row("devices", given["serial"])
    if device is None:
        return gives("unknown")
    if device["warranty"] < str(world.today):
        return gives("over", since=device["warranty"])
    return gives("covered", until=device["warranty"])


def arrange_return(world: World, given: Row) -> Row:
    device = world.row("devices", given["serial"])
    if device is None or device["return"]:
        return gives("failed")
    made = world.add("returns", "RMA-", serial=device["id"], address=given["address"])
    device["return"] = made["id"]
    return gives("arranged", return_number=made["id"])


CALLS: Final[Mapping[str, Call]] = {
    "it/services": Call("service_status", service_status, {"running": {}, "down": {"until": "four o'clock"}, "unavailable": {}}),
    "it/tickets": Call("open_ticket", open_ticket, {"opened": {"ticket": "T-0"}, "failed": {}}),
    "it/sign-ins": Call("find_sign_in", find_sign_in, {"open": {}, "locked": {}, "expired": {}, "unknown": {}}),
    "it/resets": Call("send_reset", send_reset, {"sent": {}, "failed": {}}),
    "it/warranties": Call("warranty_check", warranty_check, {"covered": {"until": "2030-01-07"}, "over": {"since": "2020-01-07"}, "unknown": {}}),
    "it/returns": Call("arrange_return", arrange_return, {"arranged": {"return_number": "RMA-0"}, "failed": {}}),
}  # fmt: skip
