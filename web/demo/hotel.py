"""Bookings, rooms, lost property: what hospitality trees call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from web.demo.calls import Call, gives
from web.demo.world import Row, World, same

_NIGHT: Final = 100


def find_booking(world: World, given: Row) -> Row:
    row = world.row("bookings", given["number"])
    if row is None or not same(row["name"], str(given["name"]).split(" ")[-1]):
        return gives("unknown")
    if row["by"] != "us":
        return gives("by_agency")
    return gives(
        "found", **{name: row[name] for name in ("arrival", "departure", "price", "rate")}
    )


def find_room(world: World, given: Row) -> Row:
    row, nights = world.row("bookings", given["number"]), _nights(given)
    if row is None or not nights:
        return gives("unavailable")
    if any(night in world.table("full_nights") for night in nights):
        return gives("full")
    return gives("free", price=_NIGHT * len(nights))


def change_room(world: World, given: Row) -> Row:
    row, nights = world.row("bookings", given["number"]), _nights(given)
    if row is None or row["state"] != "booked" or not nights:
        return gives("failed")
    days = {name: given[name] for name in ("arrival", "departure")}
    row |= {**days, "price": _NIGHT * len(nights), "state": "booked"}
    return gives("changed")


def cancel_room(world: World, given: Row) -> Row:
    row = world.row("bookings", given["number"])
    if row is None or row["state"] != "booked":
        return gives("failed")
    row["state"] = "cancelled"
    return gives("cancelled")


def _nights(given: Row) -> list[str]:
    first, last = (date.fromisoformat(str(given[name])) for name in ("arrival", "departure"))
    return [str(first + timedelta(days=n)) for n in range(min(max((last - first).days, 0), 60))]


def send_to_room(world: World, given: Row) -> Row:
    room = world.row("rooms", given["room"])
    if room is None:
        return gives("failed")
    world.add("errands", "J-", room=room["id"], team=given["team"], matter=given["matter"])
    return gives("sent")


def find_other_room(world: World, given: Row) -> Row:
    room = world.row("rooms", given["room"])
    if room is None:
        return gives("unavailable")
    free = world.found("rooms", kind=room["kind"], state="free")
    return gives("full") if free is None else gives("free", number=free["id"])


def find_lost_item(world: World, given: Row) -> Row:
    found = world.found("lost_property", room=given["room"])
    return gives("not_found" if found is None else "found")


def compare_mark(world: World, given: Row) -> Row:
    found = world.found("lost_property", mark=given["mark"])
    return gives("other" if found is None else "same")


_BOOKING: Final = {
    "arrival": "2030-01-07",
    "departure": "2030-01-09",
    "price": 200,
    "rate": "flexible",
}

CALLS: Final[Mapping[str, Call]] = {
    "hotel/bookings": Call("find_booking", find_booking, {"found": _BOOKING, "by_agency": {}, "unknown": {}}),
    "hotel/rooms": Call("find_room", find_room, {"free": {"price": 200}, "full": {}, "unavailable": {}}),
    "hotel/changes": Call("change_room", change_room, {"changed": {}, "failed": {}}),
    "hotel/cancellations": Call("cancel_room", cancel_room, {"cancelled": {}, "failed": {}}),
    "hotel/errands": Call("send_to_room", send_to_room, {"sent": {}, "failed": {}}),
    "hotel/free-rooms": Call("find_other_room", find_other_room, {"free": {"number": "301"}, "full": {}, "unavailable": {}}),
    "hotel/lost-property": Call("find_lost_item", find_lost_item, {"found": {}, "not_found": {}, "unavailable": {}}),
    "hotel/marks": Call("compare_mark", compare_mark, {"same": {}, "other": {}}),
}  # fmt: skip
