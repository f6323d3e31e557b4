"""The verb `use`: another tree as a subtree, by its `given` and `exits`.

identify: {use: identify_caller, with: {phone: caller_phone}, exits: {verified: outage, not_verified: over}}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import InvalidAnswer
from engine.kit.builder import Builder
from engine.kit.moves import Entered, Opened, Took, possible_field
from engine.kit.passing import passed
from engine.kit.scope import Scope
from engine.model import HERE, Answer, Expected, Expr, Node, Path, Prompt, Text, Type

# What this verb adds to a node, as JSON Schema (what every node has is in engine/schema.py).
SCHEMA: Mapping[str, Any] = {
    "required": ["use"],
    "properties": {
        "use": {"$ref": "#/$defs/word", "description": "The tree's id: its file's name."},
        "with": {"$ref": "#/$defs/expressions", "description": "What it is given, by name."},
        "exits": {
            "$ref": "#/$defs/ways",
            "description": "Where each exit of the tree leads; `here` leads back to the step that it was called from. A tree without exits is gone to for good.",
        },
    },
}


class Use(Node, frozen=True, kw_only=True):
    """Another tree as a subtree, by its ``given`` and its ``exits``."""

    uses: str
    inputs: Mapping[str, Expr] = {}

    def enter(self, scope: Scope) -> Entered:
        contract = scope.tree.uses[self.uses].given
        given = passed(self.inputs, contract, scope)
        return Opened(self.uses, given, any(exit.to == HERE for exit in self.exits))

    def left(self, exit: str, returns: Mapping[str, Any]) -> Took:
        """What the subtree's own exit makes of this node."""
        to = next(e.to for e in self.exits if e.name == exit)
        gives = {f"{self.id}.{name}": value for name, value in returns.items()}
        return Took(exit, to, {self.id: exit, **gives})

    def accept(self, scope: Scope, answer: Answer, ref: str) -> Took:
        raise InvalidAnswer("", f"{self.id!r} is answered inside {self.uses!r}")

    def ways(self, scope: Scope) -> Iterable[Took]:
        """What each exit gives, for those who do not look inside the subtree."""
        contract = scope.tree.uses[self.uses].contract
        for exit in self.exits:
            fields = contract.exits.get(exit.name, ()) if contract else ()
            gives = {f"{self.id}.{field.name}": possible_field(field) for field in fields}
            yield Took(exit.name, exit.to, {self.id: exit.name, **gives})

    def prompt(self, scope: Scope) -> Prompt:
        return Prompt(tree=scope.tree.id, node=self.id, visit=scope.visits(self.id), say="")

    def expects(self, scope: Scope) -> Expected:
        return Expected()

    def labels(self) -> Mapping[str, Mapping[str, Text]]:
        return {}


def types(id: str, data: Mapping[str, Any], b: Builder) -> Mapping[str, Type]:
    used = b.trees.get(str(data["use"]))
    if used is None or used.contract is None:
        return {}
    found = {id: Type("choice", tuple(used.contract.exits))}
    for fields in used.contract.exits.values():
        found.update(b.remember(id + ".", fields))
    return found


def build(id: str, data: Mapping[str, Any], b: Builder) -> Use:
    at: Path = ("nodes", id)
    used = b.trees.get(str(data["use"]))
    wanted = b.wanted(used.given) if used else {}
    return Use(
        **b.common(id, data),
        uses=str(data["use"]),
        inputs=b.exprs(data.get("with"), (*at, "with"), wanted),
        exits=tuple(
            b.exit(name, to, (*at, "exits", name))
            for name, to in (data.get("exits") or {}).items()
        ),
    )
