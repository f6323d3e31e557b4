"""Units as XLIFF 1.2, for tools that know no newer one.

A placeholder is an ``x`` element. A text to be looked at has a state that begins with ``needs-``;
one that comes back with another state, or with other words, is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from engine.translating.markup import (
    attribute,
    children,
    local,
    plain,
    root_of,
    slots_of,
    spelled,
)
from engine.translating.units import Back, Unit

_GIVEN: Final = "equiv-text"  # the attribute of an x that says what it stands for
_NAMESPACE: Final = "urn:oasis:names:tc:xliff:document:1.2"


def write(units: Sequence[Unit], name: str, source: str, language: str) -> str:
    return "".join(f"{line}\n" for line in _lines(units, name, source, language))


def _lines(units: Sequence[Unit], name: str, source: str, language: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<xliff xmlns="{_NAMESPACE}" version="1.2">'
    yield (
        f' <file original={attribute(name)} datatype="plaintext" xml:space="preserve"'
        f" source-language={attribute(source)} target-language={attribute(language)}>"
    )
    yield "  <body>"
    for n, unit in enumerate(units, start=1):
        yield f'   <trans-unit id="u{n}" resname={attribute(unit.address)}>'
        yield f"    <source>{spelled(unit.source, unit.source, _slot)}</source>"
        if unit.text.strip():
            state = "final" if unit.state == "fresh" else "needs-review-translation"
            words = spelled(unit.text, unit.source, _slot)
            yield f'    <target state="{state}">{words}</target>'
        if unit.note:
            yield f"    <note>{unit.note}</note>"
        yield "   </trans-unit>"
    yield "  </body>"
    yield " </file>"
    yield "</xliff>"


def _slot(number: int, slot: str) -> str:
    return f'<x id="{number}" {_GIVEN}={attribute(slot)}/>'


def read(raw: bytes) -> list[Back]:
    root = root_of(raw)
    if local(root) != "xliff":
        raise ValueError(f"it is no XLIFF: its first element is <{local(root)}>")
    return units_of(root)


def units_of(root: Element) -> list[Back]:
    """The units of a document in version 1.2."""
    return [_unit(unit) for unit in children(root, "trans-unit")]


def _unit(unit: Element) -> Back:
    address = unit.get("resname", "")
    source = next((inner for inner in unit if local(inner) == "source"), None)
    target = next((inner for inner in unit if local(inner) == "target"), None)
    if source is None or target is None:
        return Back(address, "", "")
    slots = slots_of(source, _GIVEN)
    done = not target.get("state", "").startswith(("needs-", "new"))
    return Back(address, plain(source, slots, _GIVEN), plain(target, slots, _GIVEN), done)
