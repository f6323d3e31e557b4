"""What a tree's file must keep besides its schema: rules between its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine import texts
from engine.building import chains, field_rules
from engine.expr import FUNCTIONS
from engine.files.document import Document
from engine.files.shape import finding
from engine.model import Finding, Limits, Path
from engine.nodes import VERBS

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
_NAME = re.compile(r"(?<![\w.])([a-z][a-z0-9_]*)")
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_DEEPEST_FACT = 32
_DEEPEST_FACT = 32
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
        return
    yield from _names(document, data)
    yield from _languages(document, data.get("languages") or {})
    yield from field_rules.given(document, data.get("given") or {}, ("given",))
    for exit, fields in (data.get("exits") or {}).items():
        yield from field_rules.contract(document, fields, ("exits", exit))
    yield from circles(document, data.get("facts") or {})
    yield from variants(document, data.get("texts") or {})
    for id, node in nodes.items():
        if next(iter(node)) not in _PLAIN or not node.keys().isdisjoint(_RULED):
            yield from _node(document, id, node)


_PLAIN = VERBS.keys() - {"ask"}  # nodes of these verbs have rules only where one of these keys is
_RULED = frozenset({"ask", "follow_up", "link", "limit", "exit"})
_OUTCOME = ("kpi", "hand_to", "survey")


def _node(document: Document, id: str, node: Mapping[str, Any]) -> Iterator[Finding]:
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
    elif "follow_up" in node and not {"tell", "end"} & node.keys():
        message = "'follow_up' is a promise to a person: it stands on an ask, a tell or an end"
        yield finding(document, ("nodes", id, "follow_up"), message, key=True)
    if "limit" in node and "limit" in (node.get("choices") or node.get("exits") or ()):
        message = "'limit' is the exit that this node's `limit` takes: give this one another name"
        key = "choices" if "choices" in node else "exits"
        yield finding(document, ("nodes", id, key, "limit"), message, key=True)
    if "link" in node:
        yield from _link(document, id, node["link"])
    if "exit" in node:
        yield from _goes_back(document, id, node)


def _goes_back(document: Document, id: str, node: Mapping[str, Any]) -> Iterator[Finding]:
    """What an outcome says, on an end after which the walk goes on in the tree's user."""
    for key in _OUTCOME:
        if key in node:
            message = (
                f"{key!r} belongs to an end that ends the walk, and {id!r} goes back to its user by"
                f" {str(node['exit'])!r}: write it on the end that the user's way leads to"
            )
            yield finding(document, ("nodes", id, key), message, key=True)


def _link(document: Document, id: str, link: Any) -> Iterator[Finding]:
    at: Path = ("nodes", id, "link")
    at, to = ((*at, "to"), link["to"]) if isinstance(link, Mapping) else (at, link)
    try:
        texts.safe(str(to), 1)
    except texts.TextError as wrong:
        yield finding(document, at, wrong.message)


def _languages(document: Document, data: Mapping[str, Any]) -> Iterator[Finding]:
    also = data.get("also") or ()
    source = data.get("source", "en")
    if source in also:
        message = f"{source!r} is the language of this file, so it is not translated into it"
        yield finding(document, ("languages", "also", also.index(source)), message)


def variants(document: Document, named: Mapping[str, Any]) -> Iterator[Finding]:
    """Variants of a text that stand behind one that always holds."""
    for name, entry in named.items():
        for n, variant in enumerate(entry[:-1] if isinstance(entry, list) else ()):
            if "when" not in variant:
                message = f"this variant of {name!r} has no `when`, so those below it are never shown: let it stand last"
                yield finding(document, ("texts", name, n), message)


def circles(document: Document, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """A fact that is worked out from itself, or from too many others in a row."""
    reads = {name: sorted(_read(str(source)) & facts.keys()) for name, source in facts.items()}
    round_ = chains.circle(reads)
    way = [] if round_ else chains.deepest(reads)
    if round_:
        message = f"{round_[0]!r} is worked out from itself: {' > '.join(round_)}"
    elif len(way) > _DEEPEST_FACT:
        message = (
            f"{way[0]!r} reads facts that read facts, {len(way)} deep; {_DEEPEST_FACT} is the most"
        )
    else:
        return
    at: Path = ("facts", (round_ or way)[0])
    yield finding(document, at, message, key=True, check="expression")


def _read(source: str) -> set[str]:
    """The first parts of the names in an expression, roughly: strings are left out."""
    return set(_NAME.findall(_STRING.sub("", source)))


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
    yield from _goes(document, node, at, found[0])
    if found[0] == "fields":
        if not node["fields"]:
            yield finding(
                document, (*at, "fields"), "'fields' is empty: it needs at least one entry"
            )
        yield from field_rules.form(document, node["fields"], (*at, "fields"))
    elif found[0] == "choices_from":
        yield from _none(document, node, at)


_GOES: Mapping[str, tuple[str, ...]] = {
    "pick": ("choices",),
    "once": ("choices_from",),
    "none_of_these": ("choices", "choices_from"),
    "known": ("choices", "choices_from"),
}


def _goes(document: Document, node: Mapping[str, Any], at: Path, way: str) -> Iterator[Finding]:
    for key, goes in _GOES.items():
        if key in node and way not in goes:
            where = " or ".join(f"`{other}`" for other in goes)
            more = ": on a form it is written at the fields" if key == "known" else ""
            yield finding(document, (*at, key), f"{key!r} goes with {where}{more}", key=True)


def _none(document: Document, node: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    none = node.get("none_of_these")
    if none is not None and (not isinstance(none, Mapping) or "next" not in none):
        message = "with `choices_from`, 'none_of_these' has a way of its own: {label, next}"
        yield finding(document, (*at, "none_of_these"), message, key=True)


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
    elif isinstance(node.get("none_of_these"), Mapping) and "next" in node["none_of_these"]:
        message = "with `pick: many`, 'none_of_these' goes the node's own way: it has no `next`"
        yield finding(document, (*at, "none_of_these", "next"), message, key=True)
