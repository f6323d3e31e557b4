"""What each page is given to show. A template may use these names and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup
from msgspec.structs import replace

from engine import walk as walks
from engine.fields import FIELDS, to_plain
from engine.model import (
    ActionFinished,
    Answered,
    Expected,
    Noted,
    Noun,
    Prompt,
    PromptField,
    Tree,
    Walk,
)
from engine.record import Stored
from engine.scope import zone
from engine.speak import locale
from engine.stores import WalkRow
from engine.walk import Past
from web.markdown import plain

RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})


class Card(Noun, frozen=True):
    """A tree as the library lists it."""

    id: str
    title: str
    summary: str
    folder: str
    audience: tuple[str, ...]
    languages: tuple[str, ...]
    tags: tuple[str, ...]


class LibraryPage(Noun, frozen=True):
    """All trees, by folder. Shown by ``library.html``."""

    folders: Mapping[str, list[Card]]
    query: str
    recent: list[WalkRow]
    titles: Mapping[str, str]
    broken: list[str]


class StartPage(Noun, frozen=True, kw_only=True):
    """What is known before a walk. Shown by ``start.html``."""

    tree: Tree
    fields: tuple[PromptField, ...]
    typed: Mapping[str, Any] | None = None
    wrong: Mapping[str, str] = {}
    client_id: str
    audience: str
    language: str
    reference: str = ""
    prefix: str = ""

    def label(self, name: str) -> str:
        return _label(self.fields, name)


class Said(Noun, frozen=True):
    """A line of the record: what was asked, what was answered, when."""

    seq: int
    node: str
    asked: str
    answered: str
    at: datetime


class StepPage(Noun, frozen=True, kw_only=True):
    """One step of a walk. Shown by ``step.html``."""

    tree: Tree
    walk: Walk
    prompt: Prompt
    expected: Expected
    task: bool
    said: list[Said]
    notes: list[Said]
    inputs: Mapping[str, str] = {}  # of the action to do by hand
    chosen: frozenset[str] = frozenset()  # the choices ticked before
    filled: Mapping[str, Any] | None = None  # what was typed into the form before
    wrong: Mapping[str, str] = {}
    notice: str = ""
    client_id: str
    direction: str = "ltr"
    back: bool = True

    @property
    def fields(self) -> tuple[PromptField, ...]:
        return self.expected.fields or self.expected.exits.get(next(iter(self.chosen), ""), ())

    @property
    def prefix(self) -> str:
        return f"{next(iter(self.chosen))}." if self.expected.exits and self.chosen else ""

    def label(self, name: str) -> str:
        return _label(self.fields, name)


class OutcomePage(Noun, frozen=True, kw_only=True):
    """How a walk ended, and its path. Shown by ``outcome.html``."""

    tree: Tree
    walk: Walk
    words: str
    disposition: str
    teams: tuple[str, ...]
    said: list[Said]
    notes: list[Said]
    promises: list[Said]
    notice: str = ""
    client_id: str
    direction: str = "ltr"


class WalksPage(Noun, frozen=True):
    """Recorded walks. Shown by ``walks.html``."""

    rows: list[WalkRow]
    titles: Mapping[str, str]
    more: str


class ErrorPage(Noun, frozen=True):
    """What went wrong, and what to do. Shown by ``error.html``."""

    title: str
    words: str


def _label(fields: Iterable[PromptField], name: str) -> str:
    return next((field.label for field in fields if field.name == name), name)


def ticked(said: Any) -> frozenset[str]:
    """The choices in an answer."""
    if isinstance(said, Mapping):
        said = said.get("exit")
    if isinstance(said, list | tuple):
        return frozenset(map(str, said))
    return frozenset() if said in (None, "") else frozenset((str(said),))


def inputs(walk: Walk) -> dict[str, str]:
    """What an action that is done by hand is given, as words."""
    request = walk.state.request
    if request is None:
        return {}
    return {
        name.replace("_", " ").capitalize(): str(to_plain(value))
        for name, value in request.inputs.items()
    }


def direction(language: str) -> str:
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def said(tree: Tree, walk: Walk) -> list[Said]:
    """The answers on the present path, oldest first, in the walk's language."""
    moves: list[Past] = []
    chain = walk.past
    while chain is not None:
        moves.append(chain.last)
        chain = chain.rest
    where = zone(tree.calendar.timezone)
    return [_line(tree, walk, past, where) for past in reversed(moves)]


def _line(tree: Tree, walk: Walk, past: Past, where: Any) -> Said:
    there = replace(walk, state=replace(past.state, language=walk.state.language), draft=None)
    shown = walks.prompt(tree, there) or walks.task(tree, there)
    assert shown is not None
    return Said(
        past.seq,
        shown.node,
        plain(shown.say),
        _answer(shown, past, walk),
        past.event.at.astimezone(where),
    )


def _answer(shown: Prompt, past: Past, walk: Walk) -> str:
    event = past.event
    if isinstance(event, ActionFinished):
        labels = {choice.id: plain(choice.label) for choice in shown.choices}
        return labels.get(event.exit, event.exit)
    if not isinstance(event, Answered):
        return ""
    value = walks.unsealed(event.answer, walk.secrets)
    if isinstance(value, dict) and value.keys() == {"anytime"}:
        labels = {way.id: plain(way.label) for way in shown.anytime}
        way = str(value["anytime"])
        return labels.get(way, way)
    if isinstance(value, dict):
        return "; ".join(_filled(shown, value))
    labels = {choice.id: plain(choice.label) for choice in shown.choices}
    ids = value if isinstance(value, list) else [value]
    if ids in ([], ["none_of_these"]):
        return plain(shown.none_of_these)
    return ", ".join(labels.get(str(id), str(id)) for id in ids)


def _filled(shown: Prompt, value: Mapping[str, Any]) -> Iterator[str]:
    for field in shown.fields:
        if field.name in value:
            labels = {choice.id: plain(choice.label) for choice in field.choices}
            items = value[field.name]
            items = items if isinstance(items, list) else [items]
            words = ", ".join(_word(labels, item) for item in items)
            yield f"{plain(field.label)}: {words}"


def _word(labels: Mapping[str, str], item: Any) -> str:
    if isinstance(item, bool):
        return "yes" if item else "no"
    return labels.get(str(item), str(item))


def notes(tree: Tree, events: list[Stored]) -> list[Said]:
    """The notes of a walk, oldest first."""
    where = zone(tree.calendar.timezone)
    return [
        Said(stored.seq, event.node, "", event.text, event.at.astimezone(where))
        for stored in events
        if isinstance(event := stored.event, Noted)
    ]


def widget(field: PromptField) -> str:
    """What a page asks for a field with."""
    return FIELDS[field.type].INPUT


def input_mode(field: PromptField) -> str:
    return {"integer": "numeric", "number": "decimal", "money": "decimal"}.get(field.type, "")


ROWS = 5  # lines of a list that is typed by hand; more than were typed before, never fewer


def ids(value: Any) -> frozenset[str]:
    """The options of a field that a value ticks."""
    if isinstance(value, bool):
        return frozenset(("yes" if value else "no",))
    return ticked(value)


def lines(rows: Any) -> list[Mapping[str, Any]]:
    """The rows of a list, and empty ones to type into."""
    typed = list(rows or ())
    return typed + [{}] * max(1, ROWS - len(typed))


def describes(ids: str) -> Markup:
    return Markup(' aria-describedby="{}"').format(ids.strip()) if ids.strip() else Markup("")


def sentence(words: str) -> str:
    """A message with a capital and a full stop."""
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?", "!")) else ".")


def tongue(language: str) -> str:
    """A language by its own name."""
    name = locale(language).get_display_name(language.replace("-", "_")) or language
    return name[:1].upper() + name[1:]


def duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    if not minutes or rest:
        return f"{seconds} seconds"
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
