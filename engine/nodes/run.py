"""The verb `run`: an action by its contract in `library.yaml`.

outage: {run: outage_lookup, with: {line: who.line_id}, exits: {none: lights, known: told, unavailable: lights}}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from engine.errors import InvalidAnswer
from engine.expr import Unknown
from engine.fields import is_empty, parse_field
from engine.kit.builder import Builder
from engine.kit.moves import Called, Entered, Took, possible_field
from engine.kit.passing import accepted_before, passed, secret_or_plain
from engine.kit.prompting import shown_fields
from engine.kit.scope import Scope
from engine.model import (
    Action,
    Answer,
    Expected,
    Expr,
    Field,
    Node,
    Path,
    Prompt,
    PromptChoice,
    Text,
    Type,
    Value,
)

# What this verb adds to a node, as JSON Schema (what every node has is in engine/schema.py).
SCHEMA: Mapping[str, Any] = {
    "required": ["run", "exits"],
    "properties": {
        "run": {"$ref": "#/$defs/word", "description": "The action's id in `library.yaml`."},
        "with": {"$ref": "#/$defs/expressions", "description": "What it takes, by name."},
        "exits": {
            "$ref": "#/$defs/ways",
            "description": "Where each exit of the contract leads; all must be routed.",
        },
    },
}


class Run(Node, frozen=True, kw_only=True):
    """An action by its contract; its result is an exit and what that exit gives."""

    action: Action
    inputs: Mapping[str, Expr] = {}

    def enter(self, scope: Scope) -> Entered:
        action = self.action
        inputs = passed(self.inputs, action.takes, scope)
        if action.how == "table":
            return self._from_table(inputs)
        if action.how == "hand" and not self.by_hand(scope.who.audience):
            return self._took(action.failed, {})
        return Called(action, inputs)

    def by_hand(self, audience: str) -> bool:
        """Whether somebody is there who can do it, if no server does: the agent, or a team."""
        return audience == "agent" or self.action.how == "by"

    def accept(self, scope: Scope, answer: Answer, ref: str) -> Took:
        """The result of the action: ``{"exit": EXIT, outputs ..}``. Raises InvalidAnswer."""
        exit = answer.get("exit") if isinstance(answer, Mapping) else None
        if not isinstance(exit, str) or exit not in self.action.exits:
            known = ", ".join(self.action.exits)
            raise InvalidAnswer("exit", f"say how it went: one of {known}")
        fields = self.action.exits[exit]
        gives: dict[str, Value] = {}
        wrong = _unknown(exit, fields, answer)
        for field in fields:
            try:
                value = _output(field, answer.get(field.name), self._least(exit, field))
            except ValueError as refused:
                wrong.append((field.name, str(refused)))
                continue
            if value is not None:
                gives[field.name] = value
        if wrong:
            raise InvalidAnswer(*wrong[0], wrong[1:])
        said, secret = secret_or_plain(fields, gives, ref)
        took = self._took(exit, gives)
        return Took(took.exit, took.to, took.gives, {"exit": exit, **said}, secret)

    def again(self, result: Mapping[str, Any]) -> Took:
        """A result that came before, taken again: it is not asked for twice."""
        exit = str(result["exit"])
        gives = {
            field.name: accepted_before(field, result[field.name])
            for field in self.action.exits[exit]
            if field.name in result
        }
        return replace(self._took(exit, gives), known=True)

    def ways(self, scope: Scope) -> Iterable[Took]:
        return self.ways_by_name().values()

    def prompt(self, scope: Scope) -> Prompt:
        """The form of whoever does the action: its exits, and what each wants typed."""
        action = self.action
        say = scope.say(action.label) or action.id
        choices = tuple(
            PromptChoice(name, scope.say(action.exit_labels.get(name))) for name in action.exits
        )
        return Prompt(
            tree=scope.tree.id,
            node=self.id,
            visit=scope.visits(self.id),
            say=say,
            hint=scope.say(self.hint),
            pick="one",
            choices=choices,
        )

    def expects(self, scope: Scope) -> Expected:
        exits = {name: shown_fields(fields, scope) for name, fields in self.action.exits.items()}
        return Expected(type="action_finished", node=self.id, pick="one", exits=exits)

    def labels(self) -> Mapping[str, Mapping[str, Text]]:
        return {self.id: self.action.exit_labels}

    def _least(self, exit: str, field: Field) -> int:
        return self.action.min_rows.get(f"{exit}.{field.name}", 0)

    def _took(self, exit: str, gives: Mapping[str, Value]) -> Took:
        to = next(e.to for e in self.exits if e.name == exit)
        return Took(exit, to, {self.id: exit} | {f"{self.id}.{k}": v for k, v in gives.items()})

    def _from_table(self, inputs: Mapping[str, Value]) -> Took:
        unknown = next((v for v in inputs.values() if isinstance(v, Unknown)), None)
        if unknown is not None:
            return self._maybe(unknown)
        row = self.action.table.find(inputs)
        if row is None:
            return self._took("none", {})
        outputs = {field.name: row[field.name] for field in self.action.exits["found"]}
        return self._took("found", outputs)

    def _maybe(self, unknown: Unknown) -> Took:
        """Either exit: nobody knows yet what the table is asked for."""
        found, none = self.ways_by_name()["found"], self.ways_by_name()["none"]
        return found if unknown.ask(unknown.name, "in", self.action.id) else none

    def ways_by_name(self) -> dict[str, Took]:
        return {
            name: self._took(name, {field.name: possible_field(field) for field in fields})
            for name, fields in self.action.exits.items()
        }


def _unknown(
    exit: str, fields: Iterable[Field], answer: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """What the exit does not give. (A form may send the empty fields of other exits along.)"""
    names = {"exit", *(field.name for field in fields)}
    return [
        (str(name), f"the exit {exit!r} gives no {name!r}")
        for name, value in answer.items()
        if name not in names and not is_empty(value)
    ]


def _output(field: Field, raw: Any, least: int) -> Value | None:
    if is_empty(raw) and raw != []:
        if field.required:
            raise ValueError("is missing: it comes with this exit")
        return None
    value = parse_field(field, raw)
    if field.type == "list" and len(value) < least:
        raise ValueError(f"needs at least {least} row{'s' if least > 1 else ''}")
    return value


def types(id: str, data: Mapping[str, Any], b: Builder) -> Mapping[str, Type]:
    action = b.shared.actions.get(str(data["run"]))
    if action is None:
        return {}
    found = {id: Type("choice", tuple(action.exits))}
    for fields in action.exits.values():
        found.update(b.remember(id + ".", fields))
    return found


def build(id: str, data: Mapping[str, Any], b: Builder) -> Run:
    at: Path = ("nodes", id)
    name = str(data["run"])
    action = b.shared.actions.get(name) or Action(id=name)
    return Run(
        **b.common(id, data),
        action=action,
        inputs=b.exprs(data.get("with"), (*at, "with"), b.wanted(action.takes)),
        exits=tuple(
            b.exit(name, to, (*at, "exits", name))
            for name, to in (data.get("exits") or {}).items()
        ),
    )
