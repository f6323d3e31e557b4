"""The verb `decide`: rules, of which the first that holds wins. Nobody sees it.

triage:
  decide:
    - {when: visits.reboot < 2, next: reboot}
  otherwise: contact
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import Fault, InvalidAnswer
from engine.kit.builder import Builder
from engine.kit.moves import Entered, Took
from engine.kit.scope import Scope
from engine.model import Answer, Expected, Expr, Node, Noun, Path, Prompt, Text, Type

# What this verb adds to a node, as JSON Schema (what every node has is in engine/schema.py).
SCHEMA: Mapping[str, Any] = {
    "required": ["decide"],
    "properties": {
        "decide": {
            "type": "array",
            "minItems": 1,
            "description": "Rules; the first whose `when` holds wins.",
            "items": {
                "type": "object",
                "required": ["when", "next"],
                "additionalProperties": False,
                "properties": {
                    "when": {"$ref": "#/$defs/expression", "description": "The condition."},
                    "next": {"$ref": "#/$defs/way", "description": "Where it leads."},
                    "note": {
                        "$ref": "#/$defs/words",
                        "description": "The author's own; nobody else sees it.",
                    },
                },
            },
        },
        "otherwise": {
            "$ref": "#/$defs/way",
            "description": "Where it leads if no rule holds. Left out only where the rules leave no gap.",
        },
    },
}


class NoRule(Fault):
    """No rule of a ``decide`` holds, and it has no ``otherwise``."""


class Rule(Noun, frozen=True):
    """One ``when … next …``. ``when`` is None for ``otherwise``."""

    name: str
    when: Expr | None
    to: str


class Decide(Node, frozen=True, kw_only=True):
    """Rules; the first that holds wins. Nobody sees this node."""

    rules: tuple[Rule, ...]

    def enter(self, scope: Scope) -> Entered:
        for rule in self.rules:
            if rule.when is None or rule.when.run(scope):
                return Took(rule.name, rule.to)
        raise NoRule(f"no rule of {self.id!r} holds")

    def accept(self, scope: Scope, answer: Answer, ref: str) -> Took:
        raise InvalidAnswer("", f"{self.id!r} decides by itself")

    def ways(self, scope: Scope) -> Iterable[Took]:
        return ()

    def prompt(self, scope: Scope) -> Prompt:
        return Prompt(tree=scope.tree.id, node=self.id, visit=scope.visits(self.id), say="")

    def expects(self, scope: Scope) -> Expected:
        return Expected()

    def labels(self) -> Mapping[str, Mapping[str, Text]]:
        return {}


def types(id: str, data: Mapping[str, Any], b: Builder) -> Mapping[str, Type]:
    return {}


def build(id: str, data: Mapping[str, Any], b: Builder) -> Decide:
    at: Path = ("nodes", id)
    rules, exits = [], []
    for n, rule in enumerate(data["decide"]):
        name = f"rule_{n + 1}"
        when = b.condition(rule["when"], (*at, "decide", n, "when"))
        exits.append(b.exit(name, rule["next"], (*at, "decide", n, "next")))
        if when is not None:
            rules.append(Rule(name, when, str(rule["next"])))
    if data.get("otherwise") is not None:
        exits.append(b.exit("otherwise", data["otherwise"], (*at, "otherwise")))
        rules.append(Rule("otherwise", None, str(data["otherwise"])))
    return Decide(**b.common(id, data), rules=tuple(rules), exits=tuple(exits))
