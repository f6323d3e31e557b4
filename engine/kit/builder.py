"""Turn the plain data of a node into its parts: texts, expressions, exits, fields.

The verbs build with this. What cannot be built becomes a finding, and building goes on, so that
an author hears of everything at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine import expr, speak, texts
from engine.errors import near
from engine.expr import ExpressionError
from engine.fields import FIELDS, type_of
from engine.files.document import Document
from engine.model import (
    Action,
    Calendar,
    Contract,
    Entry,
    Exit,
    Expr,
    Field,
    Finding,
    FollowUp,
    Image,
    Limit,
    Link,
    Names,
    Noun,
    Option,
    Path,
    Text,
    Tree,
    Type,
    Value,
)
from engine.texts import TextError


class Shared(Noun, frozen=True):
    """The vocabulary that all trees of a library share."""

    actions: Mapping[str, Action] = {}
    teams: Mapping[str, Entry] = {}
    dispositions: Mapping[str, Entry] = {}
    kpis: Mapping[str, Entry] = {}
    texts: Mapping[str, Any] = {}  # as written; each tree builds them with its own names
    constants: Mapping[str, Value] = {}
    calendar: Calendar = Calendar()
    currency: str = ""
    languages: tuple[str, ...] = ("en",)


_SHOWN_ONLY = "texts are shown and never read: ask for what the text itself hangs on"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FIELD_KEYS = frozenset({"min", "max"})


class Builder:
    """What a verb builds with: one file, its names, the trees that it may use."""

    def __init__(
        self, document: Document, tree: str, shared: Shared, trees: Mapping[str, Tree]
    ) -> None:
        self.document = document
        self.tree = tree
        self.shared = shared
        self.trees = trees
        self.names: Names | None = None  # set once the type of every value is known
        self.text_names: Names | None = None
        self.types: dict[str, Type] = {}
        self.lists: dict[str, list[Field]] = {}  # what each list of rows is declared as
        self.private: set[str] = set()
        self.contract: Contract | None = None
        self.prefix = ""
        self.language = shared.languages[0]
        self.findings: list[Finding] = []

    # -- findings

    def find(
        self,
        check: str,
        message: str,
        path: Path,
        *,
        key: bool = False,
        column: int = 0,
        fix: str | None = None,
    ) -> None:
        """Note what is wrong at a path; ``column`` counts from 1 within the value there."""
        document = self.document
        mark = document.text_at(path, column) if column else document.mark(path, key=key)
        self.findings.append(
            Finding(
                check=check,
                message=message,
                mark=mark,
                tree=self.tree,
                node=node_of(path),
                fix=fix,
            )
        )

    # -- parts

    def address(self, path: Path) -> str:
        """The key of a text in side files; those of the library stand apart."""
        return self.prefix + ".".join(map(str, path))

    def written(self, value: Any, path: Path) -> str:
        """A scalar as it was written: a plain ``1.10`` where text is due is the text ``1.10``."""
        return value if isinstance(value, str) else self.document.raw(path)

    def text(self, value: Any, path: Path) -> Text | None:
        """The words at this path, or None where there are none."""
        if value is None:
            return None
        source, address = self.written(value, path), self.address(path)
        names = self.text_names
        assert names is not None
        try:
            return texts.parse(source, address, names)
        except TextError as wrong:
            self.find("expression", wrong.message, path, column=wrong.column)
            return Text(source, address)

    def words(self, value: Any, path: Path, fallback: str) -> Text:
        """The words at this path, or the fallback under the same address."""
        found = self.text(value, path)
        if found is not None:
            return found
        assert self.text_names is not None
        return texts.parse(fallback, self.address(path), self.text_names)

    def label(self, value: Any, path: Path, id: str) -> Text:
        """A label; one left out is made from the id: ``no_light`` is "No light", and ``yes`` is
        that in the tree's language."""
        return self.words(value, path, speak.usual(id, self.language) or spelled(id))

    def expr(self, value: Any, path: Path, want: Type | None = None) -> Expr | None:
        """The expression at this path, compiled; None where there is none or it is wrong."""
        if value is None:
            return None
        assert self.names is not None
        source = self.written(value, path)
        try:
            return expr.compile(source, self.names, want=want, at=path)
        except ExpressionError as wrong:
            said = _SHOWN_ONLY if "called 'text." in wrong.message else wrong.message
            message = f"column {wrong.column}: {said}"
            self.find("expression", message, path, column=wrong.column, fix=wrong.fix)
            return None

    def condition(self, value: Any, path: Path) -> Expr | None:
        return self.expr(value, path, Type("yesno"))

    def exprs(self, data: Any, path: Path, wanted: Mapping[str, Type]) -> Mapping[str, Expr]:
        """The expressions of a mapping like ``with`` or ``returns``, by name."""
        found = {}
        for name, value in (data or {}).items():
            compiled = self.expr(value, (*path, name), wanted.get(name))
            if compiled is not None:
                found[name] = compiled
        return found

    def exit(self, name: str, to: Any, path: Path) -> Exit:
        return Exit(name, str(to), path)

    def seconds(self, value: Any) -> int:
        """``90s``, ``2m``, ``1h`` or a plain number of seconds."""
        if value is None:
            return 0
        text = str(value)
        if text[-1:] in _SECONDS:
            return int(text[:-1]) * _SECONDS[text[-1]]
        return int(text)

    # -- fields

    def fields(self, data: Any, path: Path) -> tuple[Field, ...]:
        """The fields declared by a mapping: of a form, ``given``, a contract, a row."""
        return tuple(
            self.field(name, value, (*path, name)) for name, value in (data or {}).items()
        )

    def field(self, name: str, data: Any, path: Path) -> Field:
        if not isinstance(data, Mapping):
            data = {"type": str(data)}
        kind = "list" if "list" in data else str(data.get("type", "text"))
        columns = self._columns(data.get("list"), path)
        bounds = {
            key: self._bound(kind, data[key], (*path, key)) for key in _FIELD_KEYS & data.keys()
        }
        return Field(
            name=name,
            type=kind,
            label=self._shown(data.get("label"), path, name),
            help=self._shown_if(data.get("help"), (*path, "help")),
            required=bool(data.get("required", True)),
            private=bool(data.get("private", False)),
            of=self._options(data.get("of"), (*path, "of")),
            pattern=data.get("pattern"),
            message=self._shown_if(data.get("message"), (*path, "message")),
            columns=columns,
            at=path,
            **bounds,
        )

    def complete(self, field: Field, data: Any) -> Field:
        """The field with its expressions, which may read names that are known only now."""
        if not isinstance(data, Mapping):
            return field
        kind = type_of(field)
        parts: dict[str, Any] = {key: getattr(field, key) for key in field.__struct_fields__}
        parts["default"] = self.expr(data.get("default"), (*field.at, "default"), kind)
        parts["known"] = self.expr(data.get("known"), (*field.at, "known"), kind)
        parts["must"] = self.condition(data.get("must"), (*field.at, "must"))
        return Field(**parts)

    def _shown(self, value: Any, path: Path, name: str) -> Text | None:
        return None if self.text_names is None else self.label(value, (*path, "label"), name)

    def _shown_if(self, value: Any, path: Path) -> Text | None:
        return None if self.text_names is None else self.text(value, path)

    def _columns(self, data: Any, path: Path) -> tuple[Field, ...]:
        if isinstance(data, Mapping):
            return self.fields(data, (*path, "list"))
        if data is not None:  # `list: text` is a list of one column
            return (self.field("value", data, (*path, "list")),)
        return ()

    def _options(self, of: Any, path: Path) -> tuple[Option, ...]:
        entries: Iterable[tuple[Any, Any, Path]]
        if isinstance(of, Mapping):
            entries = ((id, label, (*path, id)) for id, label in of.items())
        else:
            entries = (
                (self.written(id, (*path, n)), None, (*path, str(id)))
                for n, id in enumerate(of or ())
            )
        if self.text_names is None:
            return tuple(Option(id, Text(id, "")) for id, _, _ in entries)
        return tuple(Option(id, self.label(label, at, id)) for id, label, at in entries)

    def _bound(self, kind: str, value: Any, path: Path) -> Value | None:
        if kind not in FIELDS:
            return None
        if kind == "list":
            return value
        try:
            return FIELDS[kind].bound(self.written(value, path))
        except ValueError as wrong:
            self.find("shape", f"{path[-1]!r}: {wrong}", path)
            return None

    def list_type(self, source: str) -> Type:
        """The type of the list that ``choices_from`` names, found before names are complete."""
        return self.types.get(source.strip(), Type("list"))

    def list_columns(self, source: str) -> tuple[Field, ...]:
        """The columns of the list that ``choices_from`` names."""
        declared = self.lists.get(source.strip())
        return declared[-1].columns if declared else ()

    def least_rows(self, source: str) -> int:
        """How many rows that list has at least: an action's contract says it, and it is held to."""
        head = source.strip().partition(".")[0]
        node = (self.document.data.get("nodes") or {}).get(head)
        if not isinstance(node, Mapping) or "run" not in node:
            return 0
        return min((int(f.min or 0) for f in self.lists.get(source.strip(), ())), default=0)

    def wanted(self, fields: Iterable[Field]) -> dict[str, Type]:
        """The types that these fields want, by name."""
        return {field.name: type_of(field) for field in fields if field.type in FIELDS}

    def contract_types(self, exit: str) -> dict[str, Type]:
        """What the tree's own contract wants an exit to return."""
        return self.wanted(self.contract.exits.get(exit, ())) if self.contract else {}

    def remember(self, prefix: str, fields: Sequence[Field]) -> dict[str, Type]:
        """The types of these fields under a prefix, the private ones noted as such."""
        for field in fields:
            name = prefix + field.name
            if field.type == "list":
                self.lists.setdefault(name, []).append(field)
            if field.private:
                self.private.add(name)
            personal = (c.name for c in field.columns if c.private or field.private)
            self.private.update(f"{name}.{column}" for column in personal)
        return {prefix + field.name: type_of(field) for field in fields if field.type in FIELDS}

    # -- what every node has

    def common(self, id: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes that any node can have, for the class of its verb."""
        at: Path = ("nodes", id)
        return {
            "id": id,
            "hint": self.text(data.get("hint"), (*at, "hint")),
            "help": self.text(data.get("help"), (*at, "help")),
            "image": self.image(data.get("image"), (*at, "image")),
            "link": self._link(data.get("link"), (*at, "link")),
            "limit": self._limit(data.get("limit")),
            "expect": self.seconds(data.get("expect")),
            "tags": tuple(map(str, data.get("tags") or ())),
            "verbatim": bool(data.get("verbatim", False)),
            "only": data.get("only") or "",
            "anytime": bool(data.get("anytime", True)),
            "follow_up": self.follow_ups(data.get("follow_up"), (*at, "follow_up")),
        }

    def image(self, data: Any, path: Path) -> Image | None:
        if data is None:
            return None
        if not isinstance(data, Mapping):
            return Image(str(data), Text("", self.address((*path, "alt"))))
        return Image(str(data["file"]), self.words(data.get("alt"), (*path, "alt"), ""))

    def _link(self, data: Any, path: Path) -> Link | None:
        if data is None:
            return None
        if not isinstance(data, Mapping):
            data, path = {"to": data}, path[:-1]
        to = self.words(data["to"], (*path, "to"), "")
        return Link(to, self.words(data.get("label"), (*path, "label"), to.source))

    def _limit(self, data: Any) -> Limit | None:
        return None if data is None else Limit(int(data["visits"]), str(data["then"]))

    def follow_ups(self, data: Any, path: Path) -> tuple[FollowUp, ...]:
        if data is None:
            return ()
        entries = (
            [(data, path)]
            if isinstance(data, Mapping)
            else [(entry, (*path, n)) for n, entry in enumerate(data)]
        )
        made = []
        for entry, at in entries:
            due = self.expr(entry["due"], (*at, "due"))
            if due is not None and due.type.kind not in ("date", "moment"):
                self.find(
                    "expression",
                    f"'due' is a date or a moment; this is {expr.describe(due.type)}",
                    (*at, "due"),
                )
            elif due is not None:
                why = self.words(entry.get("why"), (*at, "why"), "")
                made.append(FollowUp(due, why, str(entry.get("by") or "")))
        return tuple(made)


def spelled(id: str) -> str:
    """A label made from an id.

    >>> spelled("no_light")
    'No light'
    """
    words = id.replace("_", " ")
    return words[:1].upper() + words[1:]


def node_of(path: Path) -> str:
    return str(path[1]) if len(path) > 1 and path[0] == "nodes" else ""


def missing(what: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that leads nowhere."""
    return f"there is no {what} {name!r}{near(name, known)}"
