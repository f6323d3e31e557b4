"""A side file written anew with its units: in the order of the source, what people wrote and every
comment kept; what is missing stands there with an empty text, which nobody is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.checks.translation import stamp
from engine.formats.canonical import written
from engine.formats.layout import Item, Part, laid_out
from engine.formats.yaml import read
from engine.translating.units import Unit

_EMPTY: Final = "format: 1\ntranslates: {name}\nlanguage: {language}\ntexts: {{}}\n"


def side_file(before: str, name: str, language: str, units: Sequence[Unit]) -> str:
    """The file; ``before`` is what it says now, "" where there is none. Raises RuntimeError where
    it would not say what it must: nothing was lost then, for nothing was written."""
    root = laid_out(before or _EMPTY.format(name=name, language=language))
    texts = next(item.part for item in root.items if item.key and item.key.value == "texts")
    assert texts is not None
    old = {item.key.value: item for item in texts.items if item.key}
    texts.items = [_item(unit, old.get(unit.address)) for unit in units]
    texts.flow = False
    text = written(root, "texts")
    found = read(text.encode(), f"{name}.{language}.yaml")
    for unit in units:
        at = ("texts", unit.address)
        if (found.raw((*at, "text")), found.raw((*at, "of"))) != (unit.text, _of(unit)):
            raise RuntimeError(f"{unit.address} cannot be written")
    return text


def _of(unit: Unit) -> str:
    """Of a text that is missing: what it has to be made from."""
    return unit.of if unit.text.strip() and unit.of else stamp(unit.source)


def _item(unit: Unit, old: Item | None) -> Item:
    """An entry; one that says the same already stays as it was written."""
    if old is not None and old.part is not None:
        if _said(old.part) == [unit.text, _of(unit)]:
            return old
        return Item(old.key, 0, 0, _entry(unit), old.lead, old.beside)
    return Item(_scalar(unit.address), 0, 0, _entry(unit))


def _said(part: Part) -> list[str]:
    values = {item.key.value: item.part.value for item in part.items if item.key and item.part}
    return [values.get("text", ""), values.get("of", "")]


def _entry(unit: Unit) -> Part:
    return Part("map", 0, 0, flow=True, items=list(_items(unit)))


def _items(unit: Unit) -> Iterator[Item]:
    yield Item(_scalar("text"), 0, 0, _scalar(unit.text))
    yield Item(_scalar("of"), 0, 0, _scalar(_of(unit)))


def _scalar(value: str) -> Part:
    return Part("scalar", 0, 0, value=value, style='"')
