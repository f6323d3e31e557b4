"""From a document to a tree. What cannot be built becomes findings; then there is no tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from engine.building import chains
from engine.building.bounds import spans
from engine.building.detours import detours
from engine.building.hashes import hashes
from engine.building.names import TreeNames
from engine.files.document import Document
from engine.kit.builder import Builder, Shared
from engine.model import (
    Anytime,
    Contract,
    Entry,
    Expr,
    Field,
    Finding,
    NamedText,
    Path,
    Text,
    Tree,
    Type,
)
from engine.nodes import VERBS
from engine.parts import parts
from engine.parts import texts as texts_of
from engine.texts import address_reads

_DEEPEST_TEXT = 5
_MOST_TEXTS = 500  # that one text may come to in all


def verb_of(node: Mapping[str, Any]) -> str:
    """The verb of a node whose shape is right."""
    return next(verb for verb in VERBS if verb in node)


def build(
    document: Document, id: str, shared: Shared, trees: Mapping[str, Tree]
) -> tuple[Tree, list[Finding]]:
    """The tree that a document of the right shape describes, and what is wrong with its parts.
    With any finding the tree is for the checks of its edges only: nobody may walk it."""
    b = Builder(document, id, shared, trees)
    return _Build(b, document.data).tree(), b.findings


class _Build:
    """The parts of one tree, in the order in which they need one another."""

    def __init__(self, b: Builder, data: Mapping[str, Any]) -> None:
        self.b = b
        self.data = data
        self.nodes: Mapping[str, Any] = data["nodes"]
        self.facts: dict[str, Expr] = {}
        self.fact_types: dict[str, Type | None] = {}

    def tree(self) -> Tree:
        b, data = self.b, self.data
        b.language = _languages(data)[0]
        b.contract = self._contract()
        self._types()
        self._names()
        for name in data.get("facts") or {}:
            self._fact(name)
        languages = _languages(data)
        given = self._given()
        nodes = {id: VERBS[verb_of(node)].build(id, node, b) for id, node in self.nodes.items()}
        tree = finish(
            Tree(
                id=b.tree,
                title=b.words(data["title"], ("title",), b.tree),
                summary=b.text(data.get("summary"), ("summary",)),
                start=str(data["start"]),
                nodes=nodes,
                owner=str(data.get("owner") or ""),
                tags=tuple(map(str, data.get("tags") or ())),
                audience=_many(data.get("audience") or "agent"),
                channels=_many(data.get("channels") or ()),
                source_language=languages[0],
                languages=languages,
                given=given,
                facts=self.facts,
                texts=self._texts(),
                anytime=self._anytime(),
                contract=replace(b.contract, given=given)
                if data.get("exits") is not None
                else None,
                renamed=data.get("renamed") or {},
                uses=_closure(b.trees, self.nodes),
                actions=_used(b.shared, self.nodes),
                dispositions=b.shared.dispositions,
                kpis=b.shared.kpis,
                teams=b.shared.teams,
                constants=b.shared.constants,
                calendar=b.shared.calendar,
                currency=b.shared.currency,
                types=b.types,
                private=frozenset(b.private),
            )
        )
        self._addresses(tree)
        return tree

    def _addresses(self, tree: Tree) -> None:
        """An address is seen by all who pass it on, so nothing personal stands in one."""
        shown = {text.address: address_reads(text) for text in texts_of(tree)}
        for node in tree.nodes.values():
            if node.link is not None:
                shown[node.link.to.address] = node.link.to.reads
        for address, names in shown.items():
            for name in names:
                if name in tree.private and not address.startswith("library:"):
                    path = tuple(int(p) if p.isdigit() else p for p in address.split("."))
                    if path[0] == "nodes" and path[2] == "to":  # the short form: `link: ADDRESS`
                        path = (*path[:2], "link")
                    message = f"{{{name}}} is a personal value, and an address is seen by others: leave it out of the link"
                    self.b.find("expression", message, path)

    # -- names

    def _contract(self) -> Contract:
        exits = self.data.get("exits") or {}
        return Contract(
            exits={name: self.b.fields(fields, ("exits", name)) for name, fields in exits.items()}
        )

    def _types(self) -> None:
        b, data = self.b, self.data
        b.types.update(b.remember("", b.fields(data.get("given"), ("given",))))
        later = []
        for id, node in self.nodes.items():
            if "choices_from" in node:
                later.append((id, node))
            else:
                b.types.update(VERBS[verb_of(node)].types(id, node, b))
        for id, node in later:
            b.types.update(VERBS[verb_of(node)].types(id, node, b))

    def _names(self) -> None:
        b, facts = self.b, self.data.get("facts") or {}
        texts = {**b.shared.texts, **(self.data.get("texts") or {})}
        common = (
            b.types,
            self.nodes,
            b.shared.constants,
            _languages(self.data),
            facts,
            self._fact,
        )
        forms = {
            id: _filled_in(id, node["fields"])
            for id, node in self.nodes.items()
            if isinstance(node.get("fields"), Mapping)
        }
        b.names = TreeNames(*common, forms=forms)
        b.text_names = TreeNames(*common, texts, forms)

    def _fact(self, name: str) -> Type | None:
        """The type of a fact, which is compiled when it is first asked for."""
        if name in self.fact_types:
            return self.fact_types[name]
        path: Path = ("facts", name)
        self.fact_types[name] = None  # so that a circle ends
        compiled = self.b.expr(self.data["facts"][name], path)
        if compiled is not None:
            self.facts[name] = compiled
            self.fact_types[name] = compiled.type
        return self.fact_types[name]

    # -- parts

    def _given(self) -> tuple[Field, ...]:
        data = self.data.get("given") or {}
        return tuple(
            self.b.complete(field, data[field.name]) for field in self.b.fields(data, ("given",))
        )

    def _texts(self) -> Mapping[str, NamedText]:
        own = self.data.get("texts") or {}
        built = {name: named_text(self.b, name, value) for name, value in own.items()}
        nested(self.b, built, {**self.b.shared.texts, **built})
        return {**self.b.shared.texts, **built}

    def _anytime(self) -> tuple[Anytime, ...]:
        b = self.b
        found = []
        for id, value in (self.data.get("anytime") or {}).items():
            at: Path = ("anytime", id)
            way = value if isinstance(value, Mapping) else {"next": value}
            found.append(
                Anytime(
                    id,
                    b.label(way.get("label"), (*at, "label"), id),
                    str(way["next"]),
                    str(way.get("only") or ""),
                    b.condition(way.get("when"), (*at, "when")),
                    (*at, "next") if isinstance(value, Mapping) else at,
                )
            )
        return tuple(found)


def named_text(b: Builder, name: str, value: Any) -> NamedText:
    """An entry of ``texts``: words, or variants of which the first that holds is shown."""
    at: Path = ("texts", name)
    if not isinstance(value, list):
        return NamedText(name, ((None, b.words(value, at, "")),))
    variants: list[tuple[Expr | None, Text]] = []
    for n, variant in enumerate(value):
        when = b.condition(variant.get("when"), (*at, n, "when"))
        say = b.text(variant["say"], (*at, n, "say"))
        if say is not None:
            # The address is texts.NAME.N: `say` is the variant's only text.
            variants.append((when, replace(say, address=b.address((*at, n)))))
    return NamedText(name, tuple(variants))


def nested(b: Builder, own: Mapping[str, NamedText], known: Mapping[str, NamedText]) -> None:
    """Texts show each other five deep at most, and never in a circle."""
    reads = {name: _shows(named, known) for name, named in known.items()}
    round_ = chains.circle(reads)
    if round_:
        message = f"these texts show each other in a circle: {' > '.join(round_)}"
        at = next((name for name in round_ if name in own), "")
    else:
        way, size = chains.deepest(reads), chains.sizes(reads)
        largest = max(size, key=lambda name: size[name], default="")
        if len(way) > _DEEPEST_TEXT:
            message = f"these texts stand {len(way)} deep, and {_DEEPEST_TEXT} is the most: {' > '.join(way)}"
            at = next((name for name in way if name in own), "")
        elif size and size[largest] > _MOST_TEXTS:
            message = f"{largest!r} shows {size[largest]} texts in all, counting those in those; {_MOST_TEXTS} are the most"
            at = largest if largest in own else ""
        else:
            return
    if at:  # what the library does wrong by itself is found in its own file
        b.find("expression", message, ("texts", at), key=True)


def _shows(named: NamedText, known: Mapping[str, NamedText]) -> list[str]:
    reads = [
        read.removeprefix("text.")
        for _, say in named.variants
        for read in say.reads
        if read.startswith("text.")
    ]
    return [name for name in reads if name in known]


def finish(tree: Tree) -> Tree:
    """The tree with all that follows from its parts: what each node gives, labels, hashes."""
    gives: dict[str, list[str]] = {id: [] for id in tree.nodes}
    for name in tree.types:
        node = name.partition(".")[0]
        if node in gives:
            gives[node].append(name)
    labels: dict[str, Mapping[str, Text]] = {
        field.name: {option.id: option.label for option in field.of} for field in tree.given
    }
    for node in tree.nodes.values():
        labels.update(node.labels())
    whole = replace(
        tree,
        gives={id: tuple(names) for id, names in gives.items()},
        labels={name: found for name, found in labels.items() if found},
        counted=frozenset(_counted(tree)),
        detours=detours(tree.nodes),
        spans=spans(tree.nodes),
    )
    logic, text = hashes(whole)
    return replace(whole, logic=logic, text=text)


def _counted(tree: Tree) -> Iterator[str]:
    for part in parts(tree):
        for name in part.reads:
            if name.startswith("every."):
                yield name.split(".")[1]
    yield from (id for id, node in tree.nodes.items() if getattr(node, "once", False))


def _closure(trees: Mapping[str, Tree], nodes: Mapping[str, Any]) -> Mapping[str, Tree]:
    found: dict[str, Tree] = {}
    for node in nodes.values():
        used = trees.get(str(node.get("use"))) if "use" in node else None
        if used is not None:
            found |= {used.id: used, **used.uses}
    return found


def _used(shared: Shared, nodes: Mapping[str, Any]) -> Mapping[str, Any]:
    names = {str(node["run"]) for node in nodes.values() if "run" in node}
    return {name: action for name, action in shared.actions.items() if name in names}


def _filled_in(id: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields by which one sees that a form was filled in: one that is never left empty, or all."""
    always = (
        name
        for name, field in fields.items()
        if not isinstance(field, Mapping) or field.get("required", True) or "default" in field
    )
    first = next(always, None)
    return tuple(f"{id}.{name}" for name in (fields if first is None else [first]))


def _languages(data: Mapping[str, Any]) -> tuple[str, ...]:
    declared = data.get("languages")
    if not isinstance(declared, Mapping):
        return (str(declared or "en"),)
    return (str(declared.get("source") or "en"), *map(str, declared.get("also") or ()))


def _many(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def entries(b: Builder, data: Any, at: str) -> dict[str, Entry]:
    """Teams, dispositions or kpis of the library: ``{id: {label, ..}}``."""
    found = {}
    for id, value in (data or {}).items():
        entry = value if isinstance(value, Mapping) else {"label": b.written(value, (at, id))}
        label = b.label(entry.get("label"), (at, id, "label"), id)
        found[id] = Entry(id, label, str(entry.get("kpi") or ""))
    return found
