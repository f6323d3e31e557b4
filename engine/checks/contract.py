"""A `run` or `use` that does not fit the contract of what it calls.

An action says in `library.yaml` what it takes and by which exits it ends; a subtree says it in
its `given` and `exits`. Whoever calls routes every exit, gives every required input, and names
nothing that the contract lacks.

    nodes:
      look:
        run: outage_lookup
        with: {line: identify.line_id}
        exits: {none: lights, known: known_outage}     # finding: the exit 'unavailable' is not routed

    # right
    nodes:
      look:
        run: outage_lookup
        with: {line: identify.line_id}
        exits: {none: lights, known: known_outage, unavailable: lights}

Route the exit, give the input, or change the contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.checks import troubles
from engine.checks.subject import Subject
from engine.expr import assignable, describe
from engine.fields import type_of
from engine.kit.builder import missing
from engine.model import Expr, Field, Finding, Path
from engine.nodes.end import End
from engine.nodes.run import Run
from engine.nodes.use import Use

_SHOWN = 12  # exits that are named
EXPLORES = False  # but `here` is followed, where the tree can be walked


def check(subject: Subject) -> Iterator[Finding]:
    for node in subject.tree.nodes.values():
        if isinstance(node, Run) and node.action.id in subject.library.shared.actions:
            yield from _exits(subject, node, f"action {node.action.id!r}", node.action.exits)
            yield from _inputs(subject, node.id, "with", node.inputs, node.action.takes)
            yield from _by_hand(subject, node)
        elif isinstance(node, Use) and node.uses in subject.tree.uses:
            used = subject.tree.uses[node.uses]
            exits = used.contract.exits if used.contract else {}
            yield from _exits(subject, node, f"tree {node.uses!r}", exits)
            yield from _inputs(subject, node.id, "with", node.inputs, used.given)
        elif isinstance(node, End):
            yield from _returns(subject, node)
    yield from _never_ended(subject)
    yield from troubles.of(subject, "contract")


def _exits(
    subject: Subject, node: Run | Use, what: str, contract: Mapping[str, object]
) -> Iterator[Finding]:
    at: Path = ("nodes", node.id, "exits")
    routed = {exit.name for exit in node.exits}
    for name in contract:
        if name not in routed:
            message = f"the exit {name!r} of the {what} is not routed: say which node comes next"
            yield subject.finding("contract", message, at)
    for exit in node.exits:
        if exit.name not in contract:
            message = f"the {what} has no exit {exit.name!r}"
            if not contract:
                message += ": it has no `exits`, so a walk that goes there does not come back"
            else:
                message = missing(f"exit of the {what} called", exit.name, contract)
                message += f" (its contract has {', '.join([*contract][:_SHOWN])})"
            yield subject.finding("contract", message, (*at, exit.name), key=True)


def _inputs(
    subject: Subject,
    id: str,
    key: str,
    given: Mapping[str, Expr],
    fields: Iterable[Field],
) -> Iterator[Finding]:
    at: Path = ("nodes", id, key)
    wanted = {field.name: field for field in fields}
    written = (subject.document.data["nodes"][id].get(key) or {}).keys()
    for name, field in wanted.items():
        if name not in written and field.required and field.default is None:
            message = f"{name!r} is needed and not given: {describe(type_of(field))}"
            yield subject.finding("contract", message, at)
    for name in written:
        if name not in wanted:
            message = missing(
                "input called" if key == "with" else "value to return called", name, wanted
            )
            yield subject.finding("contract", message, (*at, name), key=True)
        elif name in given and not assignable(given[name].type, type_of(wanted[name])):
            message = f"{name!r} wants {describe(type_of(wanted[name]))}; this is {describe(given[name].type)}"
            yield subject.finding("contract", message, (*at, name))


def _returns(subject: Subject, node: End) -> Iterator[Finding]:
    contract = subject.tree.contract
    at: Path = ("nodes", node.id)
    if not node.exit:
        if node.returns:
            message = "an end without `exit` goes back to nobody, so it returns nothing"
            yield subject.finding("contract", message, (*at, "returns"), key=True)
        return
    exits = contract.exits if contract else {}
    if node.exit not in exits:
        message = missing("exit of this tree called", node.exit, exits)
        yield subject.finding("contract", message, (*at, "exit"))
        return
    yield from _inputs(subject, node.id, "returns", node.returns, exits[node.exit])


def _never_ended(subject: Subject) -> Iterator[Finding]:
    """Exits of the tree's own contract that no end takes: whoever uses it would route them in vain."""
    exits = subject.tree.contract.exits if subject.tree.contract else {}
    taken = {node.exit for node in subject.tree.nodes.values() if isinstance(node, End)}
    if taken - {""} <= exits.keys():  # one that is not there is mostly one of these, misspelled
        for name in exits.keys() - taken:
            message = (
                f"no end takes the exit {name!r}: write `exit: {name}` at one, or take it out"
            )
            yield subject.finding("contract", message, ("exits", name), key=True)


def _by_hand(subject: Subject, node: Run) -> Iterator[Finding]:
    action = node.action
    if action.how != "hand" or action.failed in action.exits:
        return
    if any(audience != "agent" for audience in subject.tree.audience):
        message = (
            f"{action.id!r} is done by the agent, and here a customer can walk alone: "
            "its contract wants `failed`, the exit that is taken then"
        )
        yield subject.finding("contract", message, ("nodes", node.id, "run"))
