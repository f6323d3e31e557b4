"""The verb `tell`: something to say or to do; a person goes on when it is done.

reboot: {tell: Please switch the router off and on again., wait: 120s, next: online}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import InvalidAnswer
from engine.kit.builder import Builder
from engine.kit.moves import STANDS, Entered, Took
from engine.kit.prompting import shown
from engine.kit.scope import Scope
from engine.model import Answer, Expected, Node, Path, Prompt, Text, Type

# What this verb adds to a node, as JSON Schema (what every node has is in engine/schema.py).
SCHEMA: Mapping[str, Any] = {
    "required": ["tell", "next"],
    "properties": {
        "tell": {"$ref": "#/$defs/words", "description": "What to say or to do."},
        "checklist": {
            "type": "array",
            "items": {"$ref": "#/$defs/words"},
            "minItems": 1,
            "description": "Points that must be ticked before one goes on. Ticks are no values.",
        },
        "wait": {
            "$ref": "#/$defs/duration",
            "description": "A countdown, like `120s` or `2m`. It never holds a person up.",
        },
        "next": {"$ref": "#/$defs/way", "description": "The node that comes next."},
    },
}


class Tell(Node, frozen=True, kw_only=True):
    """Something to say or to do; a person goes on when it is done."""

    checklist: tuple[Text, ...] = ()
    wait: int = 0  # seconds; it never holds a person up

    def enter(self, scope: Scope) -> Entered:
        if scope.who.audience == "system" and not self.wait:
            return self._on()
        return STANDS

    def accept(self, scope: Scope, answer: Answer, ref: str) -> Took:
        if answer not in (None, ""):
            raise InvalidAnswer("", "there is nothing to answer here: just go on")
        return self._on()

    def ways(self, scope: Scope) -> Iterable[Took]:
        yield self._on()

    def prompt(self, scope: Scope) -> Prompt:
        return Prompt(
            **shown(self, scope),
            checklist=tuple(map(scope.say, self.checklist)),
            wait=self.wait,
        )

    def expects(self, scope: Scope) -> Expected:
        return Expected(type="continued", node=self.id)

    def labels(self) -> Mapping[str, Mapping[str, Text]]:
        return {}

    def _on(self) -> Took:
        return Took("next", self.exits[0].to)


def types(id: str, data: Mapping[str, Any], b: Builder) -> Mapping[str, Type]:
    return {}


def build(id: str, data: Mapping[str, Any], b: Builder) -> Tell:
    at: Path = ("nodes", id)
    return Tell(
        **b.common(id, data),
        say=b.text(data["tell"], (*at, "tell")),
        checklist=tuple(
            b.words(item, (*at, "checklist", n), "")
            for n, item in enumerate(data.get("checklist") or ())
        ),
        wait=b.seconds(data.get("wait")),
        exits=(b.exit("next", data["next"], (*at, "next")),),
    )
