"""Appointments as an iCalendar file (RFC 5545), for any calendar to take in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from engine.model import Noun

_LINE: Final = 75  # octets, without the break (RFC 5545, 3.1)
_MOMENT: Final = "%Y%m%dT%H%M%SZ"
_TAKES: Final = timedelta(minutes=15)
KIND: Final = "text/calendar; charset=utf-8"


class Appointment(Noun, frozen=True, kw_only=True):
    """What is due. ``due``: a day, or a moment, which takes a quarter of an hour. ``uid``: the same
    for the same, so that a calendar that takes it in again changes it. ``changed``: when it came to
    be as it is; ``count``: how often it was changed before."""

    uid: str
    due: date | datetime
    summary: str
    changed: datetime
    count: int = 0
    words: str = ""
    url: str = ""


def calendar(found: Iterable[Appointment], name: str = "") -> bytes:
    """The file.

    >>> one = Appointment(uid="w1@x", due=date(2026, 11, 25), summary="Call, back", changed=datetime(2026, 11, 24, tzinfo=UTC))
    >>> [line for line in calendar([one]).decode().split("\\r\\n") if line.startswith(("DT", "SUM"))]
    ['DTSTAMP:20261124T000000Z', 'DTSTART;VALUE=DATE:20261125', 'DTEND;VALUE=DATE:20261126', 'SUMMARY:Call\\\\, back']
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Fingerpost//Follow-ups//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]  # fmt: skip
    if name:
        lines.append(f"X-WR-CALNAME:{_text(name)}")
    for one in found:
        lines += _event(one)
    lines.append("END:VCALENDAR")
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def _event(one: Appointment) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(one.uid)}"
    yield f"DTSTAMP:{_moment(one.changed)}"
    yield from _when(one.due)
    yield f"SUMMARY:{_text(one.summary)}"
    if one.words:
        yield f"DESCRIPTION:{_text(one.words)}"
    if one.url:
        yield f"URL:{one.url}"
    if one.count:
        yield f"SEQUENCE:{one.count}"
    if isinstance(one.due, datetime):
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_text(one.summary)}", "TRIGGER:-PT10M", "END:VALARM")  # fmt: skip
    yield "END:VEVENT"


def _when(due: date | datetime) -> Iterator[str]:
    if isinstance(due, datetime):
        yield f"DTSTART:{_moment(due)}"
        yield f"DTEND:{_moment(due + _TAKES)}"
    else:
        yield f"DTSTART;VALUE=DATE:{due:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{due + timedelta(days=1):%Y%m%d}"
        yield "TRANSP:TRANSPARENT"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_MOMENT)


def _text(words: str) -> str:
    """Words as a TEXT value (3.3.11); control characters have no place in one."""
    words = "".join(sign for sign in words.replace("\r\n", "\n") if sign == "\n" or sign >= " ")
    words = words.replace("\x7f", "")
    for sign in ("\\", ";", ","):
        words = words.replace(sign, "\\" + sign)
    return words.replace("\n", "\\n")


def _folded(line: str) -> Iterator[bytes]:
    """The line in parts of 75 octets, those behind the first after a blank; no letter is cut."""
    part = b""
    for sign in line:
        octets = sign.encode("utf-8", "replace")
        if len(part) + len(octets) > _LINE:
            yield part
            part = b" "
        part += octets
    yield part
