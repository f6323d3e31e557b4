"""What a tree's file must keep besides its schema: rules between its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.document import Document
from engine.expr import FUNCTIONS
from engine.fields import FIELDS
from engine.model import Finding, Limits, Path
from engine.nodes import VERBS
from engine.shape import finding

RESERVED = frozenset(
    [
        "visits",
        "every",
        "facts",
        "constants",
        "text",
        "here",
        "end",
        "true",
        "false",
        "and",
        "or",
        "not",
        "in",
        "is",
        "set",
        "has",
        "if",
        "else",
        "audience",
        "channel",
        "language",
        "started",
        "now",
        "today",
    ]
) | frozenset(FUNCTIONS)
_ASKS = ("choices", "fields", "choices_from")


def broken_rules(document: Document, limits: Limits) -> Iterator[Finding]:
    """Every rule between keys that the file breaks."""
    data = document.data
    nodes = data["nodes"]
    if len(nodes) > limits.nodes:
        yield finding(
            document,
            ("nodes",),
            f"{len(nodes)} nodes, and a tree has {limits.nodes} at most: split it into subtrees",
            key=True,
        )
    yield from _names(document, data)
    for name, field in (data.get("given") or {}).items():
        yield from _field(document, field, ("given", name))
    for id, node in nodes.items():
        verb = next(iter(node))
        if verb not in VERBS:
            right = next(key for key in node if key in VERBS)
            yield finding(
                document,
                ("nodes", id, right),
                f"the verb stands first: write {right!r} before {verb!r}",
                key=True,
            )
        if "ask" in node:
            yield from _ask(document, id, node)


def _names(document: Document, data: Mapping[str, Any]) -> Iterator[Finding]:
    given, facts, nodes = data.get("given") or {}, data.get("facts") or {}, data["nodes"]
    for where, names in (("given", given), ("facts", facts), ("nodes", nodes)):
        for name in names if RESERVED & names.keys() else ():
            if name in RESERVED:
                yield finding(
                    document,
                    (where, name),
                    f"{name!r} is a word of the language; choose another name",
                    key=True,
                )
    for name in given.keys() & facts.keys():
        yield finding(
            document, ("facts", name), f"{name!r} is given too: one name, one thing", key=True
        )
    for name in (given.keys() | facts.keys()) & nodes.keys():
        where = "given" if name in given else "fact"
        yield finding(
            document,
            ("nodes", name),
            f"a {where if where == 'fact' else 'given value'} is called {name!r} too: one name, one thing",
            key=True,
        )


def _ask(document: Document, id: str, node: Mapping[str, Any]) -> Iterator[Finding]:
    at: Path = ("nodes", id)
    found = [key for key in _ASKS if key in node]
    if len(found) != 1:
        has = f"it has {' and '.join(found)}" if found else "it has none of them"
        yield finding(
            document, at, f"{id!r} asks by exactly one of {', '.join(_ASKS)}; {has}", key=True
        )
        return
    if found[0] == "choices":
        yield from _ways(document, id, node)
    elif "next" not in node:
        yield finding(document, at, f"'next' is missing: where does {id!r} lead?", key=True)
    if found[0] != "choices":
        for key in ("pick", "once") if found[0] == "fields" else ("pick",):
            if key in node:
                yield finding(document, (*at, key), f"{key!r} goes with choices", key=True)
    for name, field in (node.get("fields") or {}).items():
        yield from _field(document, field, (*at, "fields", name))


def _ways(document: Document, id: str, node: Mapping[str, Any]) -> Iterator[Finding]:
    at: Path = ("nodes", id)
    one = "next" in node
    if node.get("pick") == "many" and not one:
        yield finding(
            document, (*at, "pick"), "with `pick: many` the node has one `next` for all", key=True
        )
        return
    for name, choice in node["choices"].items():
        path = (*at, "choices", name)
        own = "next" in choice if isinstance(choice, dict) else choice is not None
        if one and isinstance(choice, dict) and own:
            yield finding(
                document,
                (*path, "next"),
                f"{id!r} has one `next` for all, so {name!r} has no way of its own",
                key=True,
            )
        elif not one and not own:
            yield finding(
                document,
                path,
                f"{name!r} leads nowhere: write its `next`, or one `next` for the whole node",
                key=True,
            )
    if "none_of_these" in node and node.get("pick") != "many":
        yield finding(
            document,
            (*at, "none_of_these"),
            "`none_of_these` goes with `pick: many` or `choices_from`; here write a choice",
            key=True,
        )


def _field(document: Document, field: Any, at: Path) -> Iterator[Finding]:
    if not isinstance(field, dict):
        if field in ("choice", "choices"):
            yield finding(
                document, at, f"'{field}' needs its choices: {{type: {field}, of: [..]}}"
            )
        return
    kind = "list" if "list" in field else str(field.get("type", "text"))
    keys = FIELDS[kind].KEYS
    for key in ("min", "max", "pattern", "of"):
        if key in field and key not in keys:
            yield finding(document, (*at, key), f"{kind!r} takes no {key!r}", key=True)
    if "of" in keys and "of" not in field:
        yield finding(document, at, f"{kind!r} needs its choices: of: [..]", key=True)
    if "pattern" in field and "pattern" in keys:
        yield from _pattern(document, str(field["pattern"]), (*at, "pattern"))


def _pattern(document: Document, pattern: str, at: Path) -> Iterator[Finding]:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as wrong:
        said = wrong.args[0]
        told = said.decode() if isinstance(said, bytes) else str(said)
        yield finding(document, at, f"this pattern cannot be read: {told}")
