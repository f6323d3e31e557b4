"""Every text of a tree beside its translation, and what comes back from a translator.

A unit is missing, stale (its source text has changed since), or fresh. What comes back never takes
a better text away: one that was made from an older source text does not replace a fresh one, and a
stale one that came back as it went out stays stale, unless whoever sent it says that it was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from engine import texts
from engine.building.names import ANY_NAME
from engine.checks.translation import due, only_placeholders, stamp
from engine.files.document import Document
from engine.library import Library
from engine.model import Noun, Text
from engine.parts import texts as all_texts
from engine.speak import usual_in
from engine.texts import TextError

State = Literal["missing", "stale", "fresh"]


class Unit(Noun, frozen=True):
    """A text and its translation ("" where there is none), which was made from the source with the
    stamp ``of``. ``note``: what it is, for whoever translates it."""

    address: str
    source: str
    text: str = ""
    of: str = ""
    note: str = ""

    @property
    def state(self) -> State:
        if not self.text.strip():
            return "missing"
        return "fresh" if self.of == stamp(self.source) else "stale"


class Back(Noun, frozen=True):
    """What a translator sent for an address: the source text that he saw, his text, and whether he
    says that it is done."""

    address: str
    source: str
    text: str
    done: bool = True


class Taken(Noun, frozen=True):
    """What was made of a file that came back. ``refused``: address and why, in words."""

    units: tuple[Unit, ...]
    changed: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


class Words(Noun, frozen=True):
    """The units of a side file in the order of the source, and what is left over: entries for texts
    that are no more."""

    units: tuple[Unit, ...]
    left_over: tuple[Unit, ...] = ()


def words(library: Library, tree: str, language: str) -> Words:
    """Of a tree of the library, or with tree "" of ``library.yaml``. Raises KeyError for a tree
    that is not there."""
    side = library.sides.get((tree, language))
    found = _entries(side)
    sources = _sources(library, tree, language, found)
    units = [
        Unit(address, text.source, *found.get(address, ("", "")), note=_note(address))
        for address, text in sources.items()
    ]
    gone = {address: entry for address, entry in found.items() if address not in sources}
    return _moved(units, [Unit(address, "", *entry) for address, entry in gone.items()])


def taken(units: Sequence[Unit], sent: Iterable[Back]) -> Taken:
    """The units with what came back."""
    now = {unit.address: unit for unit in units}
    changed: list[str] = []
    refused: list[tuple[str, str]] = []
    for back in sent:
        unit = now.get(back.address)
        if not back.text.strip():
            continue
        if unit is None:
            refused.append((back.address, "there is no such text any more"))
            continue
        made = replace(unit, text=back.text, of=stamp(back.source))
        why = _refusal(unit, made, back)
        if why:
            refused.append((back.address, why))
        elif made != unit and (back.done or back.text != unit.text):
            now[back.address] = made
            changed.append(back.address)
    return Taken(tuple(now.values()), tuple(changed), tuple(refused))


def _refusal(unit: Unit, made: Unit, back: Back) -> str:
    """Why a text that came back is not taken; "" where it is."""
    if made.state == "stale" and unit.state == "fresh" and unit.text != made.text:
        return "it was made from an older source text, and the one that is there is not"
    try:
        given = texts.parse(back.text, unit.address, ANY_NAME)
        meant = texts.parse(back.source, unit.address, ANY_NAME)
    except TextError as wrong:
        return wrong.message
    lacking = Counter(meant.reads) - Counter(given.reads)
    extra = Counter(given.reads) - Counter(meant.reads)
    told = [f"{{{name}}} is missing" for name in lacking]
    told += [f"{{{name}}} is not in the source text" for name in extra]
    return "; ".join(told)


def _sources(library: Library, tree: str, language: str, found: Container[str]) -> dict[str, Text]:
    """The texts that are to be translated, and those that need not be but are, by address."""
    if not tree:
        every = {t.address.removeprefix("library:"): t for t in all_texts(library.shared)}
        every = {a: text for a, text in every.items() if due(a) or a in found}
    else:
        spoken = library.trees[tree].source_language
        every = {t.address: t for t in all_texts(library.trees[tree])}
        every = {
            a: t
            for a, t in every.items()
            if a
            and not a.startswith("library:")
            and (a in found or not usual_in(t.source, spoken, language))
        }
    return {a: t for a, t in every.items() if t.source.strip() and not only_placeholders(t)}


def _entries(side: Document | None) -> Mapping[str, tuple[str, str]]:
    """Text and stamp of each entry of a side file, as written."""
    if side is None:
        return {}
    return {
        address: (
            side.raw(("texts", address, "text")),
            side.raw(("texts", address, "of")) if "of" in entry else "",
        )
        for address, entry in side.data["texts"].items()
    }


def _moved(units: list[Unit], gone: list[Unit]) -> Words:
    """What is left over goes where the same source text now stands untranslated: its node was
    renamed, its choice has another id."""
    rest: list[Unit] = []
    for old in gone:
        for n, unit in enumerate(units):
            if unit.state == "missing" and old.text.strip() and old.of == stamp(unit.source):
                units[n] = replace(unit, text=old.text, of=old.of)
                break
        else:
            rest.append(old)
    return Words(tuple(units), tuple(rest))


def _note(address: str) -> str:
    """What a text is, in a few words."""
    last = address.rpartition(".")[2]
    return _NOTES.get(last, _NOTES["label"] if ".exits." in address else "")


_NOTES = {
    "ask": "a question, read on a page or said aloud",
    "tell": "read on a page or said aloud",
    "end": "the last words of a conversation",
    "hint": "advice to the agent; the customer never sees it",
    "help": "help for the customer",
    "label": "a button or the name of a field: keep it short",
    "message": "what is said when something was typed wrongly",
    "alt": "describes a picture to somebody who cannot see it",
    "title": "the title of the script",
    "summary": "what the script is for, in a sentence",
}
