"""Where expressions and texts read their values: one frame of a walk, at one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from immutables import Map

from engine import speak, texts
from engine.errors import EmptyValue, Fault
from engine.kit.moves import ERASED, AnyValue
from engine.model import About, Calendar, Text, Tree, Type, Value

_LIST_OF_TEXT = Type("list", item=Type("text"))


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


class Scope:
    """The values of one frame. Facts are worked out once a scope, so each costs its own length.

    ``values`` is the frame's own map; a scope never changes it (the explorer's does, when a value
    that nobody had typed yet is read for the first time).
    """

    def __init__(
        self, tree: Tree, values: Map[str, Value], about: About, now: datetime, language: str
    ) -> None:
        self.tree = tree
        self.values = values
        self.who = about
        self.now = now
        self.language = language
        self.calendar: Calendar = tree.calendar
        self._facts: dict[str, Value] = {}

    # -- what compiled expressions ask (model.Scope)

    def get(self, name: str) -> Value:
        value = self.values.get(name)
        if value is None:
            raise EmptyValue(name)
        if type(value) is AnyValue:
            raise Fault(f"{name} was erased, and what comes next hangs on it")
        return value

    def has(self, name: str) -> bool:
        return name in self.values

    def fact(self, name: str) -> Value:
        facts = self._facts
        if name not in facts:
            facts[name] = self.tree.facts[name].run(self)
        return facts[name]

    def visits(self, node: str) -> Value:
        return self.values.get("visits." + node, 0)

    def every(self, name: str) -> Value:
        node = name.partition(".")[0]
        given = self.values.get("every." + node, ())
        return tuple(gave[name] for gave in given if name in gave)

    def about(self, name: str) -> Value:
        return _ABOUT[name](self)

    def with_values(self, more: Mapping[str, Value], instead: Iterable[str] = ()) -> Scope:
        """The same scope with these values set beside its own, or ``instead`` of some of them."""
        filled = copy(self)
        kept = self.values
        for name in instead:
            if name in kept:
                kept = kept.delete(name)
        filled.values = kept.update(more)
        filled._facts = {}
        return filled

    # -- what texts ask (texts.Shown)

    def say(self, text: Text | None) -> str:
        """The text in the walk's language, values in place, as Markdown. "" for no text."""
        if text is None:
            return ""
        return texts.render(self.translated(text), self)

    def translated(self, text: Text) -> Text:
        if self.language == self.tree.source_language:
            return text
        return self.tree.translations.get(self.language, {}).get(text.address, text)

    def words(self, name: str, alone: bool) -> str:
        if name.startswith("text."):
            return self._named(name[5:])
        if type(self.values.get(name)) is AnyValue:
            return ERASED
        value, kind = self.read(name), self.type_of(name)
        if alone and kind.kind == "list":
            return speak.points(
                value, self._item(kind), self.language, self.tree.currency, self._label(name)
            )
        return speak.speak(value, kind, self.language, self.tree.currency, self._label(name))

    def address(self, name: str) -> str:
        return str(self.read(name))

    def read(self, name: str) -> Value:
        """A value by any name that a text may show."""
        head, _, rest = name.partition(".")
        if head == "visits":
            return self.visits(rest)
        if head == "every":
            return self.every(rest)
        if head == "constants":
            return self.tree.constants[rest]
        if name in _ABOUT:
            return self.about(name)
        if name in self.tree.facts:
            return self.fact(name)
        return self.get(name)

    def type_of(self, name: str) -> Type:
        known = self.tree.types.get(name) or _ABOUT_TYPES.get(name)
        if known is not None:
            return known
        if name in self.tree.facts:
            return self.tree.facts[name].type
        if name.startswith("every."):
            item = self.tree.types.get(name[6:])
            return Type("list", item.of if item else (), item)
        return guess(self.read(name))

    def _named(self, name: str) -> str:
        for when, text in self.tree.texts[name].variants:
            if when is None or when.run(self):
                return self.say(text)
        return ""

    def _item(self, kind: Type) -> Type:
        return kind.item or (Type("choice", kind.of) if kind.of else Type("text"))

    def _label(self, name: str) -> Callable[[str], str] | None:
        labels = self._labels(name)
        if not labels:
            return None
        return lambda id: self.say(labels[id]) if id in labels else id

    def _labels(self, name: str) -> Mapping[str, Text]:
        """The labels of the choices that a name can be; those of a fact are what it reads."""
        if name in self.tree.facts:
            fact = self.tree.facts[name]
            if fact.type.kind != "choice":
                return {}
            return {id: label for read in fact.reads for id, label in self._labels(read).items()}
        return self.tree.labels.get(name.removeprefix("every."), {})

    @cached_property
    def local_now(self) -> datetime:
        return self.now.astimezone(zone(self.calendar.timezone))


def guess(value: Value) -> Type:
    """The type of a value that no declaration describes (a constant, a count)."""
    match value:
        case bool():
            return Type("yesno")
        case str():
            return Type("text")
        case tuple():
            return _LIST_OF_TEXT
        case _:
            return Type("number")


_ABOUT: Mapping[str, Callable[[Any], Value]] = {
    "audience": lambda s: s.who.audience,
    "channel": lambda s: s.who.channel,
    "language": lambda s: s.language,
    "started": lambda s: s.who.started.astimezone(zone(s.calendar.timezone)),
    "now": lambda s: s.local_now,
    "today": lambda s: s.local_now.date(),
}
_ABOUT_TYPES: Mapping[str, Type] = {
    "started": Type("moment"),
    "now": Type("moment"),
    "today": Type("date"),
}
