"""What to type for each exit of each action: shown on the page and in docs/demo.md, and held by a
test. The numbers are those that ``world`` always begins with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from engine.model import Noun
from web.demo.world import Row, World


class Way(Noun, frozen=True):
    """How an exit is come to. ``first``: what is done before, by action, where it needs that."""

    action: str
    exit: str
    inputs: Mapping[str, Any]
    words: str
    first: tuple[tuple[str, Mapping[str, Any]], ...] = ()


_ANA: Final = {"name": "Ana Silva", "zip": "90210", "phone": "+442079460000"}
_MOVE: Final = {"customer": "C-100", "number": "keep"}
_CODE: Final = ("promo_code", {"account": "A-1"})


def ways(world: World) -> tuple[Way, ...]:
    """By the dates of this world."""
    soon, later = (str(world.today + timedelta(days=n)) for n in (20, 22))
    full, out = (str(world.today + timedelta(days=n)) for n in (30, 32))
    stay, packed = {"arrival": soon, "departure": later}, {"arrival": full, "departure": out}
    bought = str(world.today - timedelta(days=3))
    return (
        *_TELECOM, *_CARE, *_moves(soon), *_SHOP, *_hotel(world, stay, packed),
        *_bank(world, bought), *_CLINIC, *_IT_DESK,
    )  # fmt: skip


def _way(action: str, exit: str, words: str, **inputs: Any) -> Way:
    return Way(action, exit, inputs, words)


_TELECOM: Final = (
    _way("find_line", "found", "account 12345678 (Ana, line L-1)", account="12345678"),
    _way("find_line", "unknown", "an account that is not in the table", account="1"),
    _way("outage_lookup", "none", "account 12345678", line="L-1"),
    _way("outage_lookup", "known", "account 20000002", line="L-2"),
    _way("outage_lookup", "unavailable", "account 20000008 (its line fails with 500), 20000009 (never answers) or 20000010 (nonsense)", line="L-5"),
    _way("line_check", "good", "account 12345678", line="L-1"),
    _way("line_check", "faulty", "account 20000003", line="L-3"),
    _way("line_check", "unavailable", "account 20000010 (its line answers nonsense)", line="L-7"),
    _way("find_slots", "found", "account 12345678", line="L-1"),
    _way("find_slots", "none_free", "account 20000004", line="L-4"),
    _way("find_slots", "unavailable", "account 20000008", line="L-5"),
    _way("book_slot", "booked", "any other of the appointments", slot="S-1", line="L-1", phone="+442079460000"),
    _way("book_slot", "taken", "the appointment S-4, where somebody is always faster", slot="S-4", line="L-1", phone="+442079460000"),
    _way("book_slot", "unavailable", "account 20000008", slot="S-1", line="L-5", phone="+442079460000"),
    _way("check_customer", "verified", "C-100, Ana Silva, N1 7GU", number="C-100", name="Ana Silva", postcode="N1 7GU"),
    _way("check_customer", "not_verified", "C-100 with another name or postcode", number="C-100", name="Bo Winter", postcode="N1 7GU"),
    _way("mobile_outage", "none", "postcode N1 7GU", postcode="N1 7GU"),
    _way("mobile_outage", "known", "postcode N2 2AA", postcode="N2 2AA"),
    _way("mobile_outage", "unavailable", "postcode N5 5XX", postcode="N5 5XX"),
    _way("mobile_status", "active", "customer C-100", customer="C-100"),
    _way("mobile_status", "barred", "customer C-200 (Bo Winter)", customer="C-200"),
    _way("mobile_status", "new_sim", "customer C-300 (Cai Rivers)", customer="C-300"),
    _way("mobile_status", "unavailable", "customer C-500 (Eve Storm)", customer="C-500"),
    _way("send_sim", "sent", "customer C-100", customer="C-100"),
    _way("send_sim", "failed", "customer C-400 (Dee North has no address)", customer="C-400"),
    _way("line_speed", "found", "account 12345678", line="L-1"),
    _way("line_speed", "unavailable", "account 20000008", line="L-5"),
    _way("send_box", "sent", "account 12345678", line="L-1"),
    _way("send_box", "failed", "account 20000004", line="L-4"),
    _way("check_address", "served", "postcode N1 9AA", postcode="N1 9AA", house="7"),
    _way("check_address", "not_served", "postcode N3 3AA", postcode="N3 3AA", house="7"),
    _way("check_address", "unavailable", "postcode N5 5XX", postcode="N5 5XX", house="7"),
)  # fmt: skip


def _moves(day: str) -> tuple[Way, ...]:
    return (
        _way("move_line", "ordered", "customer C-100 to N1 9AA", **_MOVE, postcode="N1 9AA", day=day),
        _way("move_line", "failed", "customer C-200, who has a bill to pay", **{**_MOVE, "customer": "C-200"}, postcode="N1 9AA", day=day),
    )  # fmt: skip


_SHOP: Final = (
    _way("pull_up_account", "found", "Ana Silva, or A-1", who="Ana Silva"),
    _way("pull_up_account", "unknown", "a name that is not in the table", who="Nobody"),
    _way("verify_identity", "verified", "what the table says of one customer", **_ANA),
    _way("verify_identity", "not_verified", "another zip than hers", **{**_ANA, "zip": "1"}),
    _way("validate_purchase", "valid", "asilva1, ana@example.com, 3348917502", account="A-1", username="asilva1", email="ana@example.com", order="3348917502"),
    _way("validate_purchase", "not_valid", "the order of somebody else", account="A-1", username="asilva1", email="ana@example.com", order="4400000002"),
    _way("offer_refund", "offered", "Ana Silva, 40: 250 are refundable, and 210 then", account="A-1", amount="40"),
    _way("offer_refund", "failed", "Bo Winter: nothing is refundable", account="A-2", amount="40"),
    _way("make_password", "made", "asilva1, PIN 4711 or Alexander", username="asilva1", proof="4711"),
    _way("make_password", "refused", "asilva1, another PIN", username="asilva1", proof="0000"),
    _way("update_order", "updated", "order 3348917502 of Ana Silva", account="A-1", order="3348917502", change="change_date"),
    _way("update_order", "failed", "order 3348917504, which is delivered", account="A-1", order="3348917504", change="change_date"),
    _way("update_account", "updated", "Ana Silva", account="A-1", change="add_service"),
    _way("update_account", "failed", "Cai Rivers, whose account is locked", account="A-3", change="add_service"),
    _way("subscription_status", "found", "Ana Silva; Bo Winter's has run out", account="A-2"),
    _way("subscription_status", "unavailable", "Eve Storm", account="A-5"),
    _way("send_link", "sent", "Ana Silva", account="A-1", link="security"),
    _way("send_link", "failed", "Dee North, who has no e-mail", account="A-4", link="security"),
    _way("notify_team", "notified", "Ana Silva", account="A-1", team="manager"),
    _way("notify_team", "failed", "Eve Storm", account="A-5", team="manager"),
    _way("promo_code", "made", "Ana Silva", account="A-1"),
    Way("promo_code", "failed", {"account": "A-1"}, "Ana Silva for the fourth time", (_CODE,) * 3),
    _way("make_purchase", "bought", "Guess jeans", account="A-1", product="Guess jeans"),
    _way("make_purchase", "failed", "Velvet hat, which is sold out, or card 4000 0000 0000 0002", account="A-1", product="Velvet hat"),
)  # fmt: skip


def _hotel(world: World, stay: Row, packed: Row) -> tuple[Way, ...]:
    days = f"{packed['arrival']} to {packed['departure']}"
    return (
        _way("find_booking", "found", "B-1 (flexible), B-2 (saver) or B-3 (too late), Silva", number="B-1", name="Silva"),
        _way("find_booking", "by_agency", "B-4, Silva", number="B-4", name="Silva"),
        _way("find_booking", "unknown", "B-1 with another name", number="B-1", name="Winter"),
        _way("find_room", "free", "B-1, most days", number="B-1", **stay),
        _way("find_room", "full", f"B-1, {days}", number="B-1", **packed),
        _way("find_room", "unavailable", "B-6 (fails with 500)", number="B-6", **stay),
        _way("change_room", "changed", "B-1", number="B-1", **stay),
        _way("change_room", "failed", "B-5, which is closed", number="B-5", **stay),
        _way("cancel_room", "cancelled", "B-1, once", number="B-1"),
        Way("cancel_room", "failed", {"number": "B-1"}, "B-1 twice, or B-5", (("cancel_room", {"number": "B-1"}),)),
        _way("send_to_room", "sent", "room 204", room="204", team="repairs", matter="The tap drips"),
        _way("send_to_room", "failed", "a room that there is not", room="1", team="repairs", matter="The tap"),
        _way("find_other_room", "free", "room 204", room="204"),
        _way("find_other_room", "full", "room 501, the only suite", room="501"),
        _way("find_other_room", "unavailable", "room 599", room="599"),
        _way("find_lost_item", "found", "room 204 or 205", looks="Black leather", room="204", day=str(world.today)),
        _way("find_lost_item", "not_found", "room 501", looks="Black leather", room="501", day=str(world.today)),
        _way("find_lost_item", "unavailable", "room 599", looks="Black leather", room="599", day=str(world.today)),
        _way("compare_mark", "same", "A stamp of Peru", mark="A stamp of Peru"),
        _way("compare_mark", "other", "anything else", mark="Red"),
    )  # fmt: skip


_WAITED: Final = {"customer": "C-100", "matter": "Nobody came", "wish": "An apology"}
_CARE: Final = (
    _way("save_contact_details", "saved", "C-100", customer="C-100", news="email"),
    _way("save_contact_details", "failed", "C-300, whose account is locked", customer="C-300", news="email"),
    _way("log_contact", "logged", "C-100", customer="C-100", matter="A question"),
    _way("log_contact", "failed", "a number that is not in the table", customer="C-1", matter="A question"),
    _way("open_complaint", "opened", "anything, once", **_WAITED),
    Way("open_complaint", "failed", _WAITED, "the same words twice", (("open_complaint", _WAITED),)),
    _way("give_credit", "given", "C-100", customer="C-100", amount="10"),
    _way("give_credit", "failed", "C-300", customer="C-300", amount="10"),
    _way("apply_offer", "applied", "C-100", customer="C-100", offer="discount"),
    _way("apply_offer", "failed", "C-300", customer="C-300", offer="discount"),
    _way("end_contract", "ended", "C-100, once", customer="C-100"),
    _way("end_contract", "failed", "C-200, who has a bill to pay", customer="C-200"),
    _way("loyalty_account", "member", "C-100 (1200 points)", customer="C-100"),
    _way("loyalty_account", "not_member", "C-200", customer="C-200"),
    _way("loyalty_account", "unavailable", "C-500", customer="C-500"),
    _way("use_points", "done", "C-100, up to 1200", customer="C-100", points=500),
    _way("use_points", "failed", "more than there are", customer="C-100", points=5000),
    _way("price_lookup", "found", "Guess jeans", article="Guess jeans"),
    _way("price_lookup", "unknown", "an article that is not in the table", article="A moon"),
    _way("check_stock", "in_stock", "Guess jeans, up to 12", article="Guess jeans", pieces=2),
    _way("check_stock", "short", "Velvet hat", article="Velvet hat", pieces=1),
    _way("check_stock", "unavailable", "Wool scarf (fails with 500)", article="Wool scarf", pieces=1),
    _way("book_courier", "booked", "order 3348917502", order="3348917502", speed="express"),
    _way("book_courier", "refused", "order 3348917504, which is delivered", order="3348917504", speed="express"),
    _way("tell_customer", "told", "order 3348917502", order="3348917502", news="sent"),
    _way("tell_customer", "failed", "order 4400000004, of Dee North who has no e-mail", order="4400000004", news="sent"),
)  # fmt: skip


def _bank(world: World, bought: str) -> tuple[Way, ...]:
    child = str(world.today.replace(year=world.today.year - 10, day=1))
    person = {"name": "Ana Silva", "born": "1990-04-01", "address": "1 High Street"}
    account = {"kind": "current", "name": "Ana Silva", "email": "ana@example.com"}
    dispute = {"customer": "C-100", "amount": "24.99", "why": "twice"}
    return (
        _way("block_card", "blocked", "C-100, either card", customer="C-100", card="debit"),
        _way("block_card", "failed", "C-200, who has no credit card", customer="C-200", card="credit"),
        _way("send_card", "sent", "C-100", customer="C-100", card="debit"),
        _way("send_card", "failed", "C-400, who has no address", customer="C-400", card="debit"),
        _way("find_payment", "found", f"C-100, 24.99 on {bought}", customer="C-100", amount="24.99", day=bought),
        _way("find_payment", "not_found", "another amount or day", customer="C-100", amount="1", day=bought),
        _way("open_dispute", "opened", "C-100, once for an amount", **dispute),
        Way("open_dispute", "failed", dispute, "the same amount twice", (("open_dispute", dispute),)),
        _way("payment_plan", "agreed", "C-100, 20 a month or more", customer="C-100", monthly="60"),
        _way("payment_plan", "refused", "less than 20 a month", customer="C-100", monthly="5"),
        _way("check_applicant", "passed", "of age, with a house number", **person),
        _way("check_applicant", "more_proof", "an address without a number", **{**person, "address": "High Street"}),
        _way("check_applicant", "refused", "born less than 18 years ago", **{**person, "born": child}),
        _way("open_account", "opened", "any name, once for each kind", **account),
        Way("open_account", "failed", account, "the same name twice", (("open_account", account),)),
    )  # fmt: skip


_TODAY_NURSE: Final = {"patient": "H-100", "how_soon": "today", "with_whom": "nurse"}
_RX: Final = {"patient": "H-100", "pharmacy": "High Street"}
_TICKET: Final = {"matter": "No screen", "urgent": True}

_CLINIC: Final = (
    _way("find_patient", "found", "Ana Silva, born 1990-04-01", name="Ana Silva", born="1990-04-01"),
    _way("find_patient", "unknown", "another birthday", name="Ana Silva", born="1991-04-01"),
    _way("find_appointments", "found", "with a doctor, or within days", patient="H-100", how_soon="days", with_whom="nurse"),
    _way("find_appointments", "none_free", "with a nurse today", **_TODAY_NURSE),
    _way("book_appointment", "booked", "any other of them", patient="H-100", slot="G-2"),
    _way("book_appointment", "taken", "G-3, where somebody is always faster", patient="H-100", slot="G-3"),
    _way("book_appointment", "failed", "Eve Storm (born 1985-07-15; fails with 500)", patient="H-500", slot="G-2"),
    _way("prescription_status", "can_order", "Amlodipine", patient="H-100", medicine="Amlodipine"),
    _way("prescription_status", "too_early", "Metformin", patient="H-100", medicine="Metformin"),
    _way("prescription_status", "review_due", "Sertraline", patient="H-100", medicine="Sertraline"),
    _way("prescription_status", "not_on_repeat", "any other medicine", patient="H-100", medicine="Aspirin"),
    _way("prescription_status", "unavailable", "Eve Storm", patient="H-500", medicine="Aspirin"),
    _way("order_prescription", "ordered", "Amlodipine, once", **_RX, medicine="Amlodipine"),
    _way("order_prescription", "failed", "Metformin", **_RX, medicine="Metformin"),
    _way("result_status", "not_back", "X-ray", patient="H-100", test="X-ray"),
    _way("result_status", "no_action", "Blood test", patient="H-100", test="Blood test"),
    _way("result_status", "speak_to_us", "Scan", patient="H-100", test="Scan"),
    _way("result_status", "unavailable", "any other test, or Eve Storm", patient="H-500", test="Scan"),
)  # fmt: skip

_IT_DESK: Final = (
    _way("service_status", "running", "E-mail", service="E-mail"),
    _way("service_status", "down", "VPN", service="VPN"),
    _way("service_status", "unavailable", "Printing (fails with 500)", service="Printing"),
    _way("open_ticket", "opened", "anything", **_TICKET),
    Way("open_ticket", "failed", _TICKET, "the fourth that is urgent", (("open_ticket", _TICKET),) * 3),
    _way("find_sign_in", "open", "asilva1", username="asilva1"),
    _way("find_sign_in", "locked", "bwinter1", username="bwinter1"),
    _way("find_sign_in", "expired", "crivers1", username="crivers1"),
    _way("find_sign_in", "unknown", "any other name", username="nobody1"),
    _way("send_reset", "sent", "bwinter1", username="bwinter1"),
    _way("send_reset", "failed", "dnorth1, who has no phone", username="dnorth1"),
    _way("warranty_check", "covered", "serial SN-100", serial="SN-100"),
    _way("warranty_check", "over", "serial SN-200", serial="SN-200"),
    _way("warranty_check", "unknown", "any other serial", serial="SN-1"),
    _way("arrange_return", "arranged", "serial SN-100, once", serial="SN-100", address="1 High Street"),
    _way("arrange_return", "failed", "any other serial", serial="SN-1", address="1 High Street"),
)  # fmt: skip
