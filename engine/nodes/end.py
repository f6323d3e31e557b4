"""The verb `end`: an outcome; in a subtree, with `exit`, the way back to its user.

fixed: {end: "Great, you are back online.", disposition: resolved_reboot, survey: csat}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import InvalidAnswer
from engine.kit.builder import Builder
from engine.kit.moves import Entered, Finished, Took
from engine.kit.passing import passed
from engine.kit.prompting import shown
from engine.kit.scope import Scope
from engine.model import Answer, Expected, Expr, Node, Path, Prompt, Text, Type

# What this verb adds to a node, as JSON Schema (what every node has is in engine/schema.py).
SCHEMA: Mapping[str, Any] = {
    "required": ["end"],
    "properties": {
        "end": {"$ref": "#/$defs/words", "description": "The last words."},
        "disposition": {
            "$ref": "#/$defs/word",
            "description": "The code that reports count it under, from `library.yaml`.",
        },
        "kpi": {
            "$ref": "#/$defs/word",
            "description": "A kpi of `library.yaml` that it counts for.",
        },
        "hand_to": {
            "anyOf": [
                {"$ref": "#/$defs/word"},
                {"type": "array", "items": {"$ref": "#/$defs/word"}, "minItems": 1},
            ],
            "description": "The team that takes over, or several: the first owns it.",
        },
        "survey": {"enum": ["csat", "nps", "ces"], "description": "What is asked afterwards."},
        "exit": {
            "$ref": "#/$defs/word",
            "description": "The exit of this tree by which it goes back to its user.",
        },
        "returns": {"$ref": "#/$defs/expressions", "description": "What it gives back, by name."},
    },
}


class End(Node, frozen=True, kw_only=True):
    """An outcome; in a subtree, with ``exit``, the way back to its user."""

    disposition: str = ""
    kpi: str = ""
    hand_to: tuple[str, ...] = ()
    survey: str = ""
    exit: str = ""
    returns: Mapping[str, Expr] = {}

    def enter(self, scope: Scope) -> Entered:
        contract = scope.tree.contract
        fields = contract.exits.get(self.exit, ()) if contract else ()
        returns = passed(self.returns, fields, scope) if self.exit else {}
        return Finished(self.exit, returns, self.disposition, self.kpi, self.hand_to, self.survey)

    def accept(self, scope: Scope, answer: Answer, ref: str) -> Took:
        raise InvalidAnswer("", "the walk has ended")

    def ways(self, scope: Scope) -> Iterable[Took]:
        return ()

    def prompt(self, scope: Scope) -> Prompt:
        return Prompt(**shown(self, scope))

    def expects(self, scope: Scope) -> Expected:
        return Expected()

    def labels(self) -> Mapping[str, Mapping[str, Text]]:
        return {}


def types(id: str, data: Mapping[str, Any], b: Builder) -> Mapping[str, Type]:
    return {}


def build(id: str, data: Mapping[str, Any], b: Builder) -> End:
    at: Path = ("nodes", id)
    teams = data.get("hand_to") or ()
    exit = str(data.get("exit") or "")
    wanted = b.contract_types(exit)
    return End(
        **b.common(id, data),
        say=b.text(data["end"], (*at, "end")),
        disposition=str(data.get("disposition") or ""),
        kpi=str(data.get("kpi") or ""),
        hand_to=(teams,) if isinstance(teams, str) else tuple(map(str, teams)),
        survey=str(data.get("survey") or ""),
        exit=exit,
        returns=b.exprs(data.get("returns"), (*at, "returns"), wanted),
    )
