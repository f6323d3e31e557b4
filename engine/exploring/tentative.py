"""A scope over values that nobody has typed yet: the explorer's, and that of erased values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from immutables import Map

from engine.errors import EmptyValue
from engine.exploring.oracle import Oracle
from engine.expr import Unknown
from engine.kit.moves import UNSET, AnyValue, Possible
from engine.kit.scope import Scope
from engine.model import About, Text, Tree, Value


class Tentative(Scope):
    """A scope over stand-ins: what is read is settled by the oracle, and stays settled."""

    oracle: Oracle
    uncounted: frozenset[str] = frozenset()  # visits that are counted with, so any number

    @staticmethod
    def maker(
        oracle: Oracle, uncounted: Callable[[str], frozenset[str]] = lambda tree: frozenset()
    ) -> Callable[[Tree, Map[str, Value], About, datetime, str], Scope]:
        """What makes the scopes of one run; ``uncounted`` by tree."""

        def make(
            tree: Tree, values: Map[str, Value], who: About, now: datetime, language: str
        ) -> Scope:
            made = Tentative(tree, values, who, now, language)
            made.oracle = oracle
            made.uncounted = uncounted(tree.id)
            return made

        return make

    def get(self, name: str) -> Value:
        value = self._settled(name)
        if value is None:
            raise EmptyValue(name)
        if not isinstance(value, AnyValue):
            return value
        span = self.tree.spans.get(name)
        if span is not None:
            self.oracle.learn(name, span.low, span.high, span.whole)
        return Unknown(name, self.oracle.ask)

    def has(self, name: str) -> bool:
        return self._settled(name) is not None

    def _settled(self, name: str) -> Value | None:
        value = self.values.get(name)
        if isinstance(value, Possible):
            value = value.options[self.oracle.choose(len(value.options))]
            if value is UNSET:
                self.values = self.values.delete(name)
                return None
            self.values = self.values.set(name, value)
        return value

    def visits(self, node: str) -> Value:
        name = "visits." + node
        if name in self.uncounted:
            return Unknown(name, self.oracle.ask)
        return self.values.get(name, 0)

    def every(self, name: str) -> Value:
        return Unknown("every." + name, self.oracle.ask)

    def about(self, name: str) -> Value:
        if name in ("started", "now", "today"):
            return Unknown(name, self.oracle.ask)
        return super().about(name)

    def say(self, text: Text | None) -> str:
        """Nothing is shown here, but everything that would be shown is read."""
        for name in text.reads if text is not None else ():
            self._touch(name)
        return ""

    def _touch(self, name: str) -> None:
        if name.startswith("text."):
            named = self.tree.texts.get(name[5:])
            for when, text in named.variants if named else ():
                if when is None or when.run(self):
                    self.say(text)
                    return
        else:
            self.read(name)
