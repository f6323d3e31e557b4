"""A folder of trees with their shared vocabulary, read from its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from engine import speak, texts
from engine.building.build import build
from engine.building.compiled import keep, read_cached
from engine.building.hashes import text_hash
from engine.building.names import ANY_NAME
from engine.building.reused import Reused
from engine.building.shared import vocabulary
from engine.errors import InvalidTree
from engine.files.concern import concerning
from engine.files.document import Document
from engine.files.folder import LIBRARY, Files, bytes_of, named
from engine.files.shape import not_an_id
from engine.kit.builder import Builder, Shared, missing
from engine.model import (
    LIMITS,
    Finding,
    Limits,
    Mark,
    Noun,
    Text,
    Tree,
)
from engine.parts import texts as all_texts
from engine.schema import validate
from engine.texts import TextError

_EMPTY = Document(file="", data={"format": 1})


class Library(Noun, frozen=True, kw_only=True, eq=False):
    """The trees of a folder and what was found on reading them.

    ``trees`` are all that could be built; only those not in ``broken`` may be walked.
    ``sides`` are the translations by (tree, language), the library's own under tree "". ``names``
    are the ids of all trees that there are files of, read or not; ``tables`` the files that actions
    look things up in, as they were read.
    """

    root: str
    names: tuple[str, ...] = ()
    shared: Shared = Shared()
    shared_document: Document = _EMPTY
    trees: Mapping[str, Tree] = {}
    documents: Mapping[str, Document] = {}
    sides: Mapping[tuple[str, str], Document] = {}
    stories: Mapping[str, Document] = {}
    broken: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    files: int = 0
    tables: Mapping[str, bytes] = {}


def read_library(
    root: Path,
    limits: Limits = LIMITS,
    cache: Path | None = None,
    only: str = "",
    before: Library | None = None,
) -> Library:
    """Everything below this folder, or what matters to the tree ``only``, if there is one of that
    name. What is wrong is in ``findings``; nothing raises but OSError. ``before``: the same folder
    as it was read earlier; what is still the same in it is the very same here."""
    return _Reading(root, limits, cache, only, Reused(before)).library()


@dataclass
class _Reading:
    root: Path
    limits: Limits
    cache: Path | None
    only: str = ""
    reused: Reused = field(default_factory=lambda: Reused(None))
    findings: list[Finding] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    files: int = 0
    done: dict[str, Tree] = field(default_factory=dict)  # with their translations

    def library(self) -> Library:
        found = Files.below(self.root)
        names = found.trees
        if self.only in names:
            found = concerning(found, self.only, self.limits)
        shared_document = self._read(found.library, "library") if found.library else None
        documents: dict[str, Document] = {}
        for id, paths in found.trees.items():
            document = self._read(paths[0], "tree")
            self._doubled(id, paths)
            if document is None:
                self.broken.add(id)
            else:
                documents[id] = document
        stories = self._documents(found.stories, "stories")
        sides = self._documents(found.sides, "texts")
        for path, message in found.odd:
            self._say("yaml", message, path)
        self._strays(sides, stories, found.trees)
        documents = {id: document for id, document in documents.items() if not not_an_id(id)}
        shared, wrong, read = vocabulary(shared_document or _EMPTY, self.root, self.limits)
        self.findings += wrong
        self.files += len(read)
        if found.library and shared_document is None:
            # What the trees lack would be told of each of them, and none of it would be true.
            self.broken |= documents.keys()
            documents = {}
        if not wrong:
            shared = self.reused.shared(shared, shared_document, read)
        trees = self._trees(documents, shared, names, sides)
        trees = self._translated(trees, sides)
        if any(one.check != "never-taken" for one in wrong):
            self.broken |= trees.keys()  # something is wrong with what all of them share
        return Library(
            root=str(self.root),
            names=tuple(names),
            shared=shared,
            shared_document=shared_document or replace(_EMPTY, file=str(self.root / LIBRARY)),
            trees=trees,
            documents=documents,
            sides=sides,
            stories=stories,
            broken=frozenset(self.broken),
            findings=tuple(self.findings),
            files=self.files,
            tables=read,
        )

    # -- files

    def _read(self, path: Path, kind: str) -> Document | None:
        self.files += 1
        try:
            raw = bytes_of(path, self.limits)
            same = self.reused.document(named(path), raw)
            if same is not None:
                return same
            document = read_cached(raw, named(path), self.cache, self.limits, kind)
        except InvalidTree as unreadable:
            self.findings += unreadable.findings
            return None
        except OSError as unreadable:
            self._say("yaml", f"this file cannot be read: {unreadable.strerror}", path)
            return None
        wrong = [*document.warnings, *validate(document, kind, self.limits)]
        if not wrong:
            keep(document, raw, self.cache, kind)
        self.findings += wrong
        return None if any(f.severity == "error" for f in wrong) else document

    def _documents(self, paths: Mapping[Any, Path], kind: str) -> dict[Any, Document]:
        read = {key: self._read(path, kind) for key, path in paths.items()}
        return {key: document for key, document in read.items() if document is not None}

    def _strays(
        self,
        sides: Mapping[tuple[str, str], Document],
        stories: Mapping[str, Document],
        trees: Mapping[str, Any],
    ) -> None:
        """Texts and stories of trees that are not there, and trees whose names are no ids."""
        for (id, _), side in sides.items():
            if id and id not in trees:
                self._of_no_tree("translation", id, trees, side.mark(("translates",)))
        for id, document in stories.items():
            if id not in trees:
                self._of_no_tree("story", id, trees, document.mark(()))
        for id, paths in trees.items():
            wrong = not_an_id(id)
            if wrong:
                self._say("shape", f"a tree is called as its file: {wrong}", paths[0])
                self.broken.add(id)

    def _of_no_tree(self, check: str, id: str, trees: Mapping[str, Any], mark: Mark) -> None:
        message = f"by its name this file belongs to a tree: {missing('tree', id, trees)}"
        self.findings.append(Finding(check=check, message=message, mark=mark))

    def _doubled(self, id: str, paths: list[Path]) -> None:
        for other in paths[1:]:
            self._say(
                "shape",
                f"another tree is called {id!r} too ({named(paths[0])}): give this file another name",
                other,
            )

    def _say(self, check: str, message: str, path: Path) -> None:
        mark = Mark(named(path), 1, 1)
        self.findings.append(Finding(check=check, message=message, mark=mark))

    # -- the trees

    def _trees(
        self,
        documents: Mapping[str, Document],
        shared: Shared,
        paths: Mapping[str, list[Path]],
        sides: Mapping[tuple[str, str], Document],
    ) -> dict[str, Tree]:
        trees: dict[str, Tree] = {}
        for id in self._in_order(documents):
            same = self.reused.tree(id, documents[id], shared, sides, trees)
            if same is not None:
                trees[id] = self.done[id] = same
                continue
            tree, wrong = build(documents[id], id, shared, trees)
            trees[id] = tree
            self.findings += wrong
            lacking = {u for u in _uses(documents[id]) if u not in trees or u in self.broken}
            if wrong or lacking:
                self.broken.add(id)
            self._missing_trees(documents[id], id, paths)
        return {id: trees[id] for id in documents if id in trees}

    def _in_order(self, documents: Mapping[str, Document]) -> list[str]:
        """Every tree behind those that it uses. A tree that uses itself is a finding."""
        order: list[str] = []
        done: set[str] = set()
        for root in documents:
            stack: list[tuple[str, Iterator[str]]] = [(root, iter(_uses(documents[root])))]
            open_: list[str] = [root]
            while stack and root not in done:
                id, uses = stack[-1]
                used = next((u for u in uses if u in documents and u not in done), None)
                if used is None:
                    stack.pop()
                    open_.pop()
                    if id not in done:
                        done.add(id)
                        order.append(id)
                elif used in open_:
                    self._circle(documents[id], id, used, open_)
                else:
                    stack.append((used, iter(_uses(documents[used]))))
                    open_.append(used)
        return order

    def _circle(self, document: Document, id: str, used: str, open_: list[str]) -> None:
        round_ = [*open_[open_.index(used) :], used]
        b = Builder(document, id, Shared(), {})
        for node, data in document.data["nodes"].items():
            if str(data.get("use")) == used:
                b.find(
                    "recursion",
                    f"a tree cannot use itself: {' > '.join(round_)}. Lead back to a node instead",
                    ("nodes", node, "use"),
                )
        self.findings += b.findings
        self.broken.update(round_)

    def _missing_trees(self, document: Document, id: str, known: Mapping[str, Any]) -> None:
        b = Builder(document, id, Shared(), {})
        for node, data in document.data["nodes"].items():
            if "use" in data and str(data["use"]) not in known:
                at = ("nodes", node, "use")
                b.find("missing-tree", missing("tree", str(data["use"]), known), at)
        if b.findings:
            self.findings += b.findings
            self.broken.add(id)

    # -- translations

    def _translated(
        self, trees: dict[str, Tree], sides: Mapping[tuple[str, str], Document]
    ) -> dict[str, Tree]:
        """The trees with the words of their side files, users behind what they use."""
        for id, tree in trees.items():
            self._translate(id, tree, trees, sides, self.done)
        return {id: self.done[id] for id in trees}

    def _translate(
        self,
        id: str,
        tree: Tree,
        trees: Mapping[str, Tree],
        sides: Mapping[tuple[str, str], Document],
        done: dict[str, Tree],
    ) -> Tree:
        if id not in done:
            uses = {
                name: self._translate(name, trees[name], trees, sides, done) for name in tree.uses
            }
            words = {
                language: {
                    **_usual(tree, language),
                    **_words(sides.get(("", language)), "library:"),
                    **_words(sides.get((id, language)), ""),
                }
                for language in tree.languages
                if language != tree.source_language
            }
            if any(words.values()) or any(uses[name] is not trees[name] for name in uses):
                tree = replace(tree, uses=uses, translations=words)
                tree = replace(tree, text=text_hash(tree))
            done[id] = tree
        return done[id]


def _usual(tree: Tree, language: str) -> dict[str, Text]:
    """What needs no translation of an author's: yes, no, and none of these."""
    said = (
        (t.address, speak.usual_in(t.source, tree.source_language, language))
        for t in all_texts(tree)
    )
    return {address: texts.parse(words, address, ANY_NAME) for address, words in said if words}


def _words(document: Document | None, prefix: str) -> dict[str, Text]:
    """The texts of a side file by address. One that is empty, or does not parse, is left out here:
    the check ``translation`` says so, and the source text stands in."""
    found: dict[str, Text] = {}
    if document is None:
        return found
    for address in document.data["texts"]:
        source = document.raw(("texts", address, "text"))
        if not source.strip():
            continue
        try:
            found[prefix + address] = texts.parse(source, prefix + address, ANY_NAME)
        except TextError:
            continue
    return found


def _uses(document: Document) -> list[str]:
    return [str(node["use"]) for node in document.data["nodes"].values() if "use" in node]
