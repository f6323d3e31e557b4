"""Patients, appointments, prescriptions, results: what health trees call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from web.demo.calls import Call, gives
from web.demo.world import Row, World

_WITHIN: Final[Mapping[str, int]] = {"today": 0, "days": 7, "weeks": 60}  # days
_AGAIN: Final = 25  # days until a medicine may be asked for again


def find_patient(world: World, given: Row) -> Row:
    row = world.found("patients", name=given["name"], born=given["born"])
    return gives("unknown") if row is None else gives("found", patient=row["id"])


def find_appointments(world: World, given: Row) -> Row:
    last = str(world.today + timedelta(days=_WITHIN[given["how_soon"]]))
    free = [
        {"slot": one["id"], "label": f"{one['day']}, {one['at']}", "starts": one["day"]}
        for one in world.table("surgery").values()
        if one["with"] == given["with_whom"] and not one["taken_by"] and one["day"] <= last
    ]
    return gives("found", options=free[:4]) if free else gives("none_free")


def book_appointment(world: World, given: Row) -> Row:
    patient, slot = world.row("patients", given["patient"]), world.row("surgery", given["slot"])
    if patient is None or slot is None:
        return gives("failed")
    if slot["taken_by"] or slot["in_demand"]:
        slot["taken_by"] = slot["taken_by"] or "somebody who was faster"
        return gives("taken")
    slot["taken_by"] = patient["id"]
    return gives("booked")


def prescription_status(world: World, given: Row) -> Row:
    repeat = _repeat(world, given)
    if repeat is None:
        return gives("not_on_repeat")
    if repeat["from_day"] > str(world.today):
        return gives("too_early", from_day=repeat["from_day"])
    return gives("review_due" if repeat["review_due"] else "can_order")


def order_prescription(world: World, given: Row) -> Row:
    repeat = _repeat(world, given)
    if repeat is None or repeat["review_due"] or repeat["from_day"] > str(world.today):
        return gives("failed")
    repeat["from_day"] = str(world.today + timedelta(days=_AGAIN))
    ready = str(world.workday(2))
    world.add(
        "prescriptions", "RX-", patient=given["patient"], medicine=given["medicine"],
        pharmacy=given["pharmacy"], ready=ready,
    )  # fmt: skip
    return gives("ordered", ready=ready)


def _repeat(world: World, given: Row) -> Row | None:
    return world.found("repeats", patient=given["patient"], medicine=given["medicine"])


def result_status(world: World, given: Row) -> Row:
    result = world.found("results", patient=given["patient"], test=given["test"])
    if result is None:
        return gives("unavailable")
    return gives("not_back", due=result["due"]) if result["due"] else gives(result["word"])


_SLOT: Final = {"slot": "G-1", "label": "Tomorrow, 9:20am", "starts": "2030-01-07"}

CALLS: Final[Mapping[str, Call]] = {
    "clinic/patients": Call("find_patient", find_patient, {"found": {"patient": "H-100"}, "unknown": {}}),
    "clinic/slots": Call("find_appointments", find_appointments, {"found": {"options": [_SLOT]}, "none_free": {}}, {"options": "slots"}),
    "clinic/appointments": Call("book_appointment", book_appointment, {"booked": {}, "taken": {}, "failed": {}}),
    "clinic/repeats": Call("prescription_status", prescription_status, {"can_order": {}, "too_early": {"from_day": "2030-01-07"}, "review_due": {}, "not_on_repeat": {}, "unavailable": {}}),
    "clinic/prescriptions": Call("order_prescription", order_prescription, {"ordered": {"ready": "2030-01-07"}, "failed": {}}),
    "clinic/results": Call("result_status", result_status, {"not_back": {"due": "2030-01-07"}, "no_action": {}, "speak_to_us": {}, "unavailable": {}}),
}  # fmt: skip
