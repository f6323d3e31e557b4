"""The verbs that a node can have. To add one: write its module, add its line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from engine.kit.builder import Builder
from engine.kit.moves import Entered, Took
from engine.kit.scope import Scope
from engine.model import Answer, Expected, Node, Prompt, Text, Type
from engine.nodes import ask, decide, end, run, tell, use


class Verb(Protocol):
    """A module of this folder. Its class of node, which ``build`` makes, is a ``Place``."""

    SCHEMA: Mapping[str, Any]

    def types(self, id: str, data: Mapping[str, Any], b: Builder) -> Mapping[str, Type]:
        """The type of every value that the node gives, by dotted name."""
        ...

    def build(self, id: str, data: Mapping[str, Any], b: Builder) -> Node: ...


class Place(Protocol):
    """What the walker asks of a node, whatever its verb."""

    @property
    def id(self) -> str: ...
    def enter(self, scope: Scope) -> Entered:
        """What happens on coming here."""
        ...

    def accept(self, scope: Scope, answer: Answer, ref: str) -> Took:
        """The exit that this answer takes. Raises InvalidAnswer, and then nothing has changed."""
        ...

    def ways(self, scope: Scope) -> Iterable[Took]:
        """Every answer that ``accept`` could take, in stand-ins (ANY, Possible)."""
        ...

    def prompt(self, scope: Scope) -> Prompt: ...
    def expects(self, scope: Scope) -> Expected: ...
    def labels(self) -> Mapping[str, Mapping[str, Text]]:
        """The labels of the choices among its values, by dotted name of the value."""
        ...


VERBS: Mapping[str, Verb] = {
    "ask": ask,
    "tell": tell,
    "decide": decide,
    "run": run,
    "use": use,
    "end": end,
}
