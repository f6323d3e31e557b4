"""A folder of trees with their shared vocabulary, read from its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from engine import tables, texts
from engine.build import build, entries, named_text, nested
from engine.builder import Builder, Shared, missing
from engine.compiled import keep, read_cached
from engine.document import Document
from engine.errors import InvalidTree
from engine.hashes import text_hash
from engine.model import (
    LIMITS,
    Action,
    Calendar,
    Field,
    Finding,
    Limits,
    Mark,
    Noun,
    Text,
    Tree,
    Value,
)
from engine.names import ANY_NAME, TreeNames
from engine.schema import validate
from engine.shape import not_an_id
from engine.texts import TextError

LIBRARY: Final = "library.yaml"
_MOST_WRONG: Final = 20  # cells of a table: who has more has made one mistake often
_EMPTY = Document(file="", data={"format": 1})


class Library(Noun, frozen=True, kw_only=True, eq=False):
    """The trees of a folder and what was found on reading them.

    ``trees`` are all that could be built; only those not in ``broken`` may be walked.
    ``sides`` are the translations by (tree, language), the library's own under tree "".
    """

    root: str
    shared: Shared = Shared()
    shared_document: Document = _EMPTY
    trees: Mapping[str, Tree] = {}
    documents: Mapping[str, Document] = {}
    sides: Mapping[tuple[str, str], Document] = {}
    stories: Mapping[str, Document] = {}
    broken: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    files: int = 0


def root_of(path: Path) -> Path:
    """The library that a path belongs to: the nearest folder above with a ``library.yaml``; else
    the folder itself. It is named from where the path is named, as far as that reaches."""
    folder = path if path.is_dir() else path.parent
    named = [] if ".." in folder.parts else [folder, *folder.parents]
    for candidate in (folder, *named, *folder.absolute().parents):
        if (candidate / LIBRARY).is_file():
            return candidate
    return folder


def read_library(root: Path, limits: Limits = LIMITS, cache: Path | None = None) -> Library:
    """Everything below this folder. What is wrong is in ``findings``; nothing raises but OSError."""
    return _Reading(root, limits, cache).library()


@dataclass
class _Reading:
    root: Path
    limits: Limits
    cache: Path | None
    findings: list[Finding] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    files: int = 0
    unsound: bool = False  # something is wrong with what all trees share: none may be walked

    def library(self) -> Library:
        found = _Files.below(self.root)
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
        shared = self._shared(shared_document or _EMPTY)
        if found.library and shared_document is None:
            # What the trees lack would be told of each of them, and none of it would be true.
            self.broken |= documents.keys()
            documents = {}
        trees = self._trees(documents, shared, found.trees)
        trees = self._translated(trees, sides)
        if self.unsound:
            self.broken |= trees.keys()
        return Library(
            root=str(self.root),
            shared=shared,
            shared_document=shared_document or replace(_EMPTY, file=str(self.root / LIBRARY)),
            trees=trees,
            documents=documents,
            sides=sides,
            stories=stories,
            broken=frozenset(self.broken),
            findings=tuple(self.findings),
            files=self.files,
        )

    # -- files

    def _read(self, path: Path, kind: str) -> Document | None:
        self.files += 1
        try:
            raw = _bytes(path, self.limits)
            document = read_cached(raw, _name(path), self.cache, self.limits, kind)
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
                f"another tree is called {id!r} too ({_name(paths[0])}): give this file another name",
                other,
            )

    def _say(self, check: str, message: str, path: Path) -> None:
        mark = Mark(_name(path), 1, 1)
        self.findings.append(Finding(check=check, message=message, mark=mark))

    # -- the vocabulary

    def _shared(self, document: Document) -> Shared:
        data = document.data
        b = Builder(document, "", Shared(), {})
        b.prefix = "library:"
        languages = (str(data.get("language") or "en"),)
        constants = {
            name: _constant(document, name, value)
            for name, value in (data.get("constants") or {}).items()
        }
        own = data.get("texts") or {}
        b.names = TreeNames({}, (), constants, languages)
        b.text_names = TreeNames({}, (), constants, languages, texts=own)
        shared = Shared(
            teams=entries(b, data.get("teams"), "teams"),
            dispositions=entries(b, data.get("dispositions"), "dispositions"),
            kpis=entries(b, data.get("kpis"), "kpis"),
            constants=constants,
            texts={name: named_text(b, name, value) for name, value in own.items()},
            calendar=self._calendar(b, data),
            currency=str(data.get("currency") or ""),
            languages=languages,
            actions={
                name: self._action(b, name, value)
                for name, value in (data.get("actions") or {}).items()
            },
        )
        nested(b, shared.texts, shared.texts)
        self.findings += b.findings
        self.unsound = any(found.check != "never-taken" for found in b.findings)
        return shared

    def _calendar(self, b: Builder, data: Mapping[str, Any]) -> Calendar:
        default = Calendar()
        zone = str(data.get("timezone") or default.timezone)
        if not _is_zone(zone):
            b.find(
                "shape",
                f"there is no time zone {zone!r}; write one like Europe/Berlin",
                ("timezone",),
            )
            zone = default.timezone
        holidays = {date.fromisoformat(str(day)) for day in data.get("holidays") or ()}
        workdays = data.get("workdays")
        return Calendar(
            zone,
            default.workdays if workdays is None else frozenset(map(str, workdays)),
            frozenset(holidays),
        )

    def _action(self, b: Builder, name: str, data: Mapping[str, Any]) -> Action:
        at = ("actions", name)
        takes = b.fields(data.get("takes"), (*at, "takes"))
        exits: dict[str, tuple[Field, ...]] = {}
        labels: dict[str, Text] = {}
        for exit, outputs in (data.get("exits") or {}).items():
            exits[exit] = b.fields(outputs, (*at, "exits", exit))
            labels[exit] = b.label(
                (data.get("labels") or {}).get(exit), (*at, "exits", exit, "label"), exit
            )
        table = data.get("table")
        return Action(
            id=name,
            label=b.label(data.get("label"), (*at, "label"), name),
            takes=takes,
            exits=exits,
            exit_labels=labels,
            min_rows={
                f"{exit}.{output}": int(spec["min"])
                for exit, outputs in (data.get("exits") or {}).items()
                for output, spec in (outputs or {}).items()
                if isinstance(spec, Mapping) and "list" in spec and "min" in spec
            },
            failed=str(data.get("failed") or ""),
            safe_to_repeat=bool(data.get("safe_to_repeat", False)),
            how="table"
            if table
            else "http"
            if data.get("http")
            else "by"
            if data.get("by")
            else "hand",
            by=str(data.get("by") or ""),
            http=data.get("http") or {},
            table=self._table(b, name, table, takes, exits.get("found", ())) if table else None,
        )

    def _table(
        self,
        b: Builder,
        name: str,
        data: Mapping[str, Any],
        takes: tuple[Field, ...],
        gives: tuple[Field, ...],
    ) -> tables.Table | None:
        file = str(data["file"])
        at = ("actions", name, "table", "file")
        path = self.root / file
        if not _inside(self.root, path) or not path.is_file():
            b.find("missing-media", missing("file", file, _names(path.parent)), at)
            return None
        self.files += 1
        match = data.get("match") or {}
        try:
            table, wrong = tables.read(_bytes(path, self.limits), file, takes, gives, match)
        except OSError as unreadable:
            b.find("missing-media", f"{file} cannot be read: {unreadable.strerror}", at)
            return None
        for row, column, message in wrong[:_MOST_WRONG]:
            named = f", column {column!r}" if column else ""
            b.find("contract", f"{file}, row {row}{named}: {message}", at)
        never = islice(table.never(), _MOST_WRONG) if table is not None else ()
        for row, shadow in never:
            b.find(
                "never-taken",
                f"{file}: row {row} can never be first; row {shadow} always comes before it",
                at,
            )
        return table

    # -- the trees

    def _trees(
        self,
        documents: Mapping[str, Document],
        shared: Shared,
        paths: Mapping[str, list[Path]],
    ) -> dict[str, Tree]:
        trees: dict[str, Tree] = {}
        for id in self._in_order(documents):
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
        done: dict[str, Tree] = {}
        for id, tree in trees.items():
            self._translate(id, tree, trees, sides, done)
        return {id: done[id] for id in trees}

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


def _words(document: Document | None, prefix: str) -> dict[str, Text]:
    """The texts of a side file by address. A text that does not parse is left out here: the check
    ``translation`` says what is wrong with it, and the source text stands in."""
    found: dict[str, Text] = {}
    if document is None:
        return found
    for address in document.data["texts"]:
        source = document.raw(("texts", address, "text"))
        try:
            found[prefix + address] = texts.parse(source, prefix + address, ANY_NAME)
        except TextError:
            continue
    return found


def _constant(document: Document, name: str, value: Any) -> Value:
    if isinstance(value, bool | str):
        return value
    return Decimal(document.raw(("constants", name)))


def _uses(document: Document) -> list[str]:
    return [str(node["use"]) for node in document.data["nodes"].values() if "use" in node]


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _name(path: Path) -> str:
    """The name of a file as text, also where its bytes are none."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _inside(root: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def _names(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir()] if folder.is_dir() else []


def _bytes(path: Path, limits: Limits) -> bytes:
    """The file's bytes, one more than allowed at most: the reader says what is too large."""
    with path.open("rb") as file:
        return file.read(limits.file_bytes + 1)


@dataclass
class _Files:
    """The files of a library, by what their names say they hold."""

    library: Path | None = None
    trees: dict[str, list[Path]] = field(default_factory=dict)
    odd: list[tuple[Path, str]] = field(default_factory=list)  # what is no file of a library
    stories: dict[str, Path] = field(default_factory=dict)
    sides: dict[tuple[str, str], Path] = field(default_factory=dict)

    @classmethod
    def below(cls, root: Path) -> _Files:
        found = cls()
        for path in sorted([*root.rglob("*.yaml"), *root.rglob("*.yml")]):
            inside = path.relative_to(root).parts
            if any(part.startswith(".") for part in inside):
                continue
            odd = _odd(root, path)
            if odd:
                found.odd.append((path, odd))
            else:
                found._add(path, len(inside) == 1)
        return found

    def _add(self, path: Path, at_root: bool) -> None:
        name, _, rest = path.name.removesuffix(".yaml").partition(".")
        if name == "library":
            if not rest and at_root:
                self.library = path
            elif rest:
                self.sides["", rest] = path
        elif rest == "stories":
            self.stories[name] = path
        elif rest:
            self.sides[name, rest] = path
        else:
            self.trees.setdefault(name, []).append(path)


def _odd(root: Path, path: Path) -> str:
    """Why this is no file of the library, or nothing."""
    if path.is_symlink() and not path.exists():
        return f"this link leads nowhere: {path.readlink()} is not there"
    if not _inside(root, path):
        return "this link leads out of the library; put the file itself here"
    if path.is_dir():
        return "this is a folder; a name that ends in .yaml is a file's"
    if not path.is_file():
        return "this is no file that can be read"
    if path.suffix == ".yml":
        return "the files of a library end in .yaml: rename this one"
    return ""
