"""Which texts of a step an audience sees, and what they and the rules of a form read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from engine.errors import EmptyValue
from engine.exploring.growing import Growing, empty_value
from engine.exploring.oracle import Oracle, runs
from engine.kit.moves import Took
from engine.model import About, State, Text
from engine.nodes.ask import is_offered

Words = tuple[list[Text], list[tuple[Any, list[Text]]]]


class Showing:
    """Everything that is shown in a state is read there, so that what is empty is found."""

    def __init__(self, graph: Growing) -> None:
        self.graph = graph
        self._known: dict[tuple[int, str], Words] = {}

    def step(self, at: int, state: State, about: About, node: Any) -> None:
        """Read everything that the step shows to this audience."""
        texts, choices = self._words(node, about.audience)
        for text in texts:
            for _ in runs(partial(self._read_text, at, state, about, text, -1)):
                pass
        for choice, said in choices:
            for _ in runs(partial(self._read_choice, at, state, about, choice, said)):
                pass

    def label(self, at: int, state: State, about: About, text: Text, depth: int) -> None:
        """Read the label of an exit of the tree at this depth of the stack."""
        if text.reads:
            for _ in runs(partial(self._read_text, at, state, about, text, depth)):
                pass

    def _words(self, node: Any, audience: str) -> Words:
        key = (id(node), audience)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _words(node, audience)
        return found

    def _read_text(
        self, at: int, state: State, about: About, text: Text, depth: int, oracle: Oracle
    ) -> None:
        mover = self.graph.mover(state, about, oracle)
        mover.reading = depth
        self.graph.guarded(at, oracle, mover, lambda: mover.scope(depth).say(text))

    def _read_choice(
        self, at: int, state: State, about: About, choice: Any, said: list[Text], oracle: Oracle
    ) -> None:
        mover = self.graph.mover(state, about, oracle)
        scope = mover.scope()

        def piece() -> None:
            if is_offered(choice, scope):
                for text in said:
                    scope.say(text)

        self.graph.guarded(at, oracle, mover, piece)

    def rules(self, at: int, state: State, about: About, node: Any, took: Took) -> None:
        """Read what the defaults and rules of a form read: the rules with the form filled in."""
        for field_ in getattr(node, "fields", ()):
            # The default of a required field may be empty: then it is filled in by hand.
            if field_.default is not None and not field_.required:
                self._read_rule(at, state, about, field_.default, None)
            if field_.must is not None:
                self._read_rule(at, state, about, field_.must, took.gives)

    def _read_rule(
        self, at: int, state: State, about: About, expr: Any, form: Mapping[str, Any] | None
    ) -> None:
        def read(oracle: Oracle) -> None:
            mover = self.graph.mover(state, about, oracle)
            scope = mover.scope() if form is None else mover.scope().with_values(form)
            try:
                expr.run(scope)
            except EmptyValue as empty:
                if form is None or empty.name not in form:
                    self.graph.trouble("empty-value", at, mover, oracle, empty_value(empty.name))

        for _ in runs(read):
            pass


def _words(node: Any, audience: str) -> Words:
    """What a node shows to this audience that reads a value: its texts, and its choices with
    theirs."""
    texts = [text for text in _shown(node, audience) if text.reads]
    choices = [
        (choice, said)
        for choice in getattr(node, "choices", ())
        if (said := [text for text in _said(choice, audience) if text.reads])
    ]
    return texts, choices


def _shown(node: Any, audience: str) -> Iterator[Text]:
    """The texts of a node that this audience sees, those of its choices apart."""
    if type(node).__name__ == "Run":  # whoever does an action sees the hint, and nothing else
        yield from (text for text in (node.hint,) if text is not None)
        return
    agent = audience == "agent"
    for text in (node.say, node.hint if agent else node.help):
        if text is not None:
            yield text
    yield from _pictured(node.image)
    if node.link is not None:
        yield node.link.to
        yield node.link.label
    none = getattr(node, "none", None)
    if none is not None:
        yield none.label
    yield from getattr(node, "checklist", ())
    for field_ in getattr(node, "fields", ()):
        yield from (t for t in (field_.label, field_.help, field_.message) if t is not None)
        yield from (option.label for option in field_.of)


def _said(choice: Any, audience: str) -> Iterator[Text]:
    """The texts of a choice that this audience sees."""
    yield choice.label
    if audience == "agent" and choice.hint is not None:
        yield choice.hint
    yield from _pictured(choice.image)


def _pictured(image: Any) -> Iterator[Text]:
    if image is not None:
        yield image.alt
