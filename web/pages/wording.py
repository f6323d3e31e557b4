"""How single things are said on a page: a label, a length of time, a language, an id."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from textwrap import shorten
from typing import Any, Final

from markupsafe import Markup

from engine.fields import FIELDS, type_of
from engine.kit.moves import ERASED, AnyValue
from engine.kit.scope import guess
from engine.model import (
    PromptField,
    Text,
    Tree,
    Type,
    Walk,
)
from engine.speak import locale, speak
from web.pages.markdown import plain
from web.words import SOURCE, Say, marked, numbered, translator

# What types of fields are said as, where that is not as they are written.
_SAID_AS: Final[Mapping[str, Type]] = {
    "integer": Type("number"), "number": Type("number"), "money": Type("money"),
    "date": Type("date"), "month": Type("month"), "time": Type("time"),
}  # fmt: skip


def spoken(type: str, raw: Any, language: str, currency: str, *, private: bool = False) -> str:
    """What was typed into a field of this type, as it is said in a text of this language; as it is
    where it is gone, or is none of its type's any more. ``private``: it is kept nowhere.

    >>> spoken("date", "2026-03-01", "en", ""), spoken("number", "1200.5", "de", "")
    ('1 March 2026', '1.200,5')
    >>> spoken("date", "soon", "en", ""), spoken("phone", "+44 20", "en", "")
    ('soon', '+44 20')
    """
    if type not in _SAID_AS or not isinstance(raw, str | int):
        return str(raw)
    say = _said if private else _said_before
    return say(type, str(raw), language, currency)


def _said(type: str, raw: str, language: str, currency: str) -> str:
    try:
        value = FIELDS[type].bound(raw)
    except ValueError:
        return raw
    return plain(speak(value, _SAID_AS[type], language, currency))


_said_before = lru_cache(maxsize=4_000)(_said)


def label_of(fields: Iterable[PromptField], name: str) -> str:
    return next((label(field) for field in fields if field.name == name), name)


def label(field: PromptField) -> str:
    """The field's label, or its name in words."""
    return spaced(field.name).capitalize() if field.label == field.name else field.label


def worded(tree: Tree, language: str, text: Text) -> str:
    """Words without values (a title, a label) in a language, as bare text."""
    return plain(tree.translations.get(language, {}).get(text.address, text).source)


_VALUE: Final = re.compile(r"\{[^{}]*\}")  # nobody who looks at a list is told it
_MOST_OF_STEP: Final = 80


def step(tree: Tree | None, node: str, language: str) -> str:
    """A step in a list, by the beginning of its own words; by its id where there is no such step in
    the tree as it is now, or several of this id in what it uses."""
    owners = () if tree is None else (tree, *tree.uses.values())
    found = [(owner, owner.nodes[node]) for owner in owners if node in owner.nodes]
    if len(found) != 1:
        return spaced(node)
    owner, at = found[0]
    named = at.say or getattr(getattr(at, "action", None), "label", None)
    if named is None:
        return spaced(node)
    source = owner.translations.get(language, {}).get(named.address, named).source
    filled = _VALUE.sub(lambda found: _constant(owner, found[0], language), source)
    return shorten(plain(filled), _MOST_OF_STEP, placeholder=" …")


def _constant(tree: Tree, placeholder: str, language: str) -> str:
    """What stands in this place of a text in every walk; "…" where each walk has its own."""
    head, _, name = placeholder.strip("{} ").partition(".")
    value = tree.constants.get(name) if head == "constants" else None
    return "…" if value is None else speak(value, guess(value), language, tree.currency)


def tongue_of(tree: Tree, language: str) -> str:
    """The language that a tree is shown in to whoever reads this one."""
    return language if language in tree.languages else tree.source_language


def ticked(said: Any) -> frozenset[str]:
    """The choices in an answer."""
    if isinstance(said, Mapping):
        said = said.get("exit")
    if isinstance(said, list | tuple):
        return frozenset(map(str, said))
    return frozenset() if said in (None, "") else frozenset((str(said),))


def inputs(tree: Tree, walk: Walk) -> dict[str, str]:
    """What an action that is done by hand is given, as words in the walk's language."""
    request = walk.state.request
    if request is None:
        return {}
    top = walk.state.frames[-1].tree
    action = tree.uses.get(top, tree).actions.get(request.action)
    types = {field.name: type_of(field) for field in action.takes} if action is not None else {}
    language, found = walk.state.language, request.inputs.items()
    return {
        spaced(name).capitalize(): _value(value, types.get(name), language, tree.currency)
        for name, value in found
    }


def _value(value: Any, type: Type | None, language: str, currency: str) -> str:
    if isinstance(value, AnyValue):
        return ERASED
    return "" if value is None else plain(speak(value, type or guess(value), language, currency))


_ENGLISH: Final = translator(SOURCE)


def reason(code: str, say: Say = _ENGLISH) -> str:
    """Why an action failed, in words."""
    known, _, rest = code.partition(":")
    words = say(_REASONS[known]) if known in _REASONS else known
    return f"{words}:{rest}" if rest else words


_REASONS: Mapping[str, str] = {
    "nobody to do it": "nobody was there to do it",
    "not reached": "the other side could not be reached; it was not done",
    "not allowed": "its address may not be called; it was not done",
    "circuit open": "the other side has failed too often; it was not tried",
    "too busy": "too much was under way; it was not tried",
    "timeout": "no answer came in time; it may have been done",
    "cut off": "the connection broke; it may have been done",
    "unknown": "nobody knows whether it was done",
    "redirect": "the other side sent us elsewhere",
    "too large": "the answer was too large",
    "not JSON": "the answer could not be read",
    "does not fit": "the answer does not fit the contract",
    "error": "it ended in a fault",
}


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
    here, tag = locale(language), language.replace("-", "_")
    # Not by the locale alone: English's is that of the world, and says so in its name.
    other = here.get_display_name() if tag.startswith(here.language) else language
    name = here.languages.get(tag) or other or language
    return name[:1].upper() + name[1:]


def when(at: datetime, language: str) -> str:
    """A day and a time as the language writes them."""
    from babel.dates import format_date, format_time

    where = locale(language)
    # The month in letters where the language has it so: 02/03 is another day to others.
    clock = format_time(at, "short", locale=where).replace("\u202f", " ")  # as it is typed
    return f"{format_date(at, 'medium', where)} {clock}"


def since(began: datetime, now: datetime | None, language: str) -> str:
    """When something began that is shown as going on: its time, and its day where that is not today."""
    if now is None or began.date() == now.astimezone(began.tzinfo).date():
        return began.strftime("%H:%M")
    return when(began, language)


def clock(at: datetime) -> str:
    """A time of day to the second. (``strftime`` takes three times as long.)"""
    return f"{at.hour:02}:{at.minute:02}:{at.second:02}"


def day(at: datetime, language: str) -> str:
    """A day as the language writes it."""
    from babel.dates import format_date

    return str(format_date(at, "medium", locale(language)))


def duration(seconds: int) -> tuple[str, int]:
    """A length of time in whole minutes, or in seconds: the words, and the number in them."""
    minutes, rest = divmod(seconds, 60)
    if not minutes or rest:
        return numbered("{n} second", "{n} seconds", seconds), seconds
    return numbered("1 minute", "{n} minutes", minutes), minutes


def isolated(words: str) -> str:
    """Words that keep their own direction among others of the other one: beside Arabic, 2026-11-25
    is turned round, and a telephone number has its + at the end."""
    return f"\u2068{words}\u2069"


def bare(words: str) -> str:
    """The same without the marks, for a program."""
    return words.translate({0x2068: None, 0x2069: None})


def spaced(id: str) -> str:
    """An id as words: ``known_outage`` is "known outage"."""
    return id.replace("_", " ")


def unread(tree: Tree, where: str, node: str, sent: Mapping[str, str]) -> dict[str, str]:
    """What was typed at a step that is over, under the words that it stood under."""
    owner = tree if where in ("", tree.id) else tree.uses.get(where, tree)
    found = owner.nodes.get(node)
    labels = {} if found is None else found.labels()
    choices = {id: plain(text.source) for id, text in labels.get(node, {}).items()}
    fields = {f.name: plain(f.label.source) for f in getattr(found, "fields", ()) if f.label}
    shown: dict[str, str] = {}
    for name, value in sent.items():
        if name.startswith("answer"):
            words = ", ".join(choices.get(id, spaced(id)) for id in value.split(", "))
            shown[marked("The answer")] = words
        else:
            field = name.removeprefix("f.")
            shown[fields.get(field, spaced(field.rpartition(".")[2]))] = value
    return shown


def done(said: Any) -> frozenset[str]:
    """The points of a checklist that are ticked."""
    return frozenset(map(str, said.get("done", ()))) if isinstance(said, Mapping) else frozenset()


def folded(words: str) -> str:
    """Words as a search compares them: without case and accents."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
