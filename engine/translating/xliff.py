"""Units as XLIFF 2.0, the OASIS standard that translators' tools read and write.

A placeholder is a ``ph`` element. A text to be looked at has the state ``initial``; one that comes
back with another state, or with other words, is done. Files in version 1.2 are read too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from engine.translating import xliff_1_2
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

_GIVEN: Final = "equiv"  # the attribute of a ph that says what it stands for
_NAMESPACE: Final = "urn:oasis:names:tc:xliff:document:2.0"


def write(units: Sequence[Unit], name: str, source: str, language: str) -> str:
    return "".join(f"{line}\n" for line in _lines(units, name, source, language))


def _lines(units: Sequence[Unit], name: str, source: str, language: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<xliff xmlns="{_NAMESPACE}" version="2.0"'
        f" srcLang={attribute(source)} trgLang={attribute(language)}>"
    )
    yield f' <file id="f1" original={attribute(name)} xml:space="preserve">'
    for n, unit in enumerate(units, start=1):
        state = "final" if unit.state == "fresh" else "initial"
        yield f'  <unit id="u{n}" name={attribute(unit.address)}>'
        if unit.note:
            yield f"   <notes><note>{unit.note}</note></notes>"
        yield f'   <segment state="{state}">'
        yield f"    <source>{spelled(unit.source, unit.source, _slot)}</source>"
        if unit.text.strip():
            yield f"    <target>{spelled(unit.text, unit.source, _slot)}</target>"
        yield "   </segment>"
        yield "  </unit>"
    yield " </file>"
    yield "</xliff>"


def _slot(number: int, slot: str) -> str:
    return f'<ph id="{number}" {_GIVEN}={attribute(slot)} disp={attribute(slot)}/>'


def read(raw: bytes) -> list[Back]:
    root = root_of(raw)
    if local(root) != "xliff":
        raise ValueError(f"it is no XLIFF: its first element is <{local(root)}>")
    version = root.get("version", "")
    if version.startswith("1."):
        return xliff_1_2.units_of(root)
    if not version.startswith("2."):
        raise ValueError(
            f"XLIFF {version or 'without a version'} is not read here; 2.0 and 1.2 are"
        )
    return [_unit(unit) for unit in children(root, "unit")]


def _unit(unit: Element) -> Back:
    """A unit; a tool may have cut it into segments, with what lies between them."""
    sources, targets, states = [], [], []
    slots: dict[str, str] = {}
    parts = [part for part in unit if local(part) in ("segment", "ignorable")]
    for part in parts:
        for source in children(part, "source"):
            slots.update(slots_of(source, _GIVEN))
            sources.append(plain(source, slots, _GIVEN))
        found = [plain(target, slots, _GIVEN) for target in children(part, "target")]
        targets += found or (sources[-1:] if local(part) == "ignorable" else [])
        states.append(part.get("state", "translated") if local(part) == "segment" else "final")
        if not found and local(part) == "segment":
            return Back(unit.get("name", ""), "".join(sources), "")
    return Back(
        unit.get("name", ""), "".join(sources), "".join(targets), done="initial" not in states
    )
