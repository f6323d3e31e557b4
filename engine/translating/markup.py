"""What both versions of XLIFF share: text as XML, with each placeholder as an element that a
translator's tool will not let him break, and back.

A file that came from somewhere is read without any document type: none of what one could declare
(entities that grow, files to fetch) is ever looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

LARGEST: Final = 20_000_000  # bytes
_SLOT: Final = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
_UNSPEAKABLE: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARED: Final = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def spelled(text: str, source: str, slot: Callable[[int, str], str]) -> str:
    """Text as the inside of an element. ``slot``: how a placeholder is written, by its number: that
    which it has in the source text, for a translation may say them in another order."""
    numbers = list(_slots(source))
    free = len(numbers)
    out: list[str] = []
    at = 0
    for found in _SLOT.finditer(text):
        if found[0] in ("{{", "}}"):
            continue
        if found[0] in numbers:
            number = numbers.index(found[0])
            numbers[number] = ""  # a second one is another
        else:
            number, free = free, free + 1
        out += [_safe(text[at : found.start()]), slot(number + 1, found[0])]
        at = found.end()
    return "".join([*out, _safe(text[at:])])


def _slots(text: str) -> Iterator[str]:
    return (found[0] for found in _SLOT.finditer(text) if found[0] not in ("{{", "}}"))


def attribute(text: str) -> str:
    """Text as an attribute, with its quotes."""
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _safe(text: str) -> str:
    odd = _UNSPEAKABLE.search(text)
    if odd:
        raise ValueError(f"{text[:40]!r} holds a character ({odd[0]!r}) that XML cannot; use CSV")
    return escape(text, {"\r": "&#13;"})


def root_of(raw: bytes) -> Element:
    """The document's element. Raises ValueError for what is no XML, or declares a type."""
    if len(raw) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 1_000_000} MB")
    try:
        wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is neither UTF-8 nor UTF-16; save it as UTF-8") from None
    if _DECLARED.search(text):
        raise ValueError("it declares a document type (<!DOCTYPE); take that out")
    try:
        return ElementTree.fromstring(text)  # nothing can be declared in it
    except ElementTree.ParseError as wrong:
        raise ValueError(f"it is no XML: {wrong}") from None


def plain(element: Element, slots: Mapping[str, str], given: str) -> str:
    """The text of an element, placeholders in place: by the attribute ``given`` that holds them, or
    where a tool has taken it away, by their number in the source."""
    return "".join(_pieces(element, slots, given))


def _pieces(element: Element, slots: Mapping[str, str], given: str) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        slot = inner.get(given) or slots.get(inner.get("id", ""))
        if local(inner) in ("ph", "x") and slot:
            yield slot
        else:
            yield from _pieces(inner, slots, given)
        yield inner.tail or ""


def slots_of(source: Element, given: str) -> dict[str, str]:
    """The placeholders of a source text, by number."""
    return {e.get("id", ""): e.get(given, "") for e in source.iter() if e.get(given)}


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, name: str) -> list[Element]:
    """All elements of that name below, whatever their namespace."""
    return [inner for inner in element.iter() if local(inner) == name]
