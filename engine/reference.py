"""The reference of the format, written from the schemas that check it: ``docs/reference.md``.

Every key that a file may hold is found by walking the schema, so none is forgotten; what is said of
it is what an editor shows. ``python -m engine.reference docs`` writes it (`make schemas`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from engine.checks import CHECKS
from engine.fields import FIELDS
from engine.model import LIMITS
from engine.nodes import VERBS
from engine.schema import schema

HEAD: Final = """\
# Reference of the format

Every key of every file, written from the schemas by `make schemas`; do not edit. What it all means, with examples, is in [trees.md](trees.md);
[cookbook.md](cookbook.md) has patterns. `*` marks a key that has to be there.
"""
_KINDS: Final = {
    "tree": ("A tree", "`NAME.yaml`: the tree's id is the file's name."),
    "library": ("The library", "`library.yaml`, at the root: what all trees share."),
    "stories": ("Stories", "`NAME.stories.yaml`: a list of these."),
    "texts": ("Texts in another language", "`NAME.LANGUAGE.yaml`, `library.LANGUAGE.yaml`."),
}
_TITLES: Final = {
    "node": "Any node",
    "field": "A field",
    "action": "An action",
    "entry": "A team, a disposition, a KPI",
    "allow": "A warning that is accepted",
    "follow_up": "A promise",
    "decide.decide": "A rule of `decide`",
    "texts": "A text with conditions",
    "anytime": "An exit for any time",
    "choices": "A choice",
    "action.http": "`http` of an action",
    "action.table": "`table` of an action",
}
_LIMITS: Final = {
    "nodes": "nodes of a tree",
    "file_bytes": "bytes of a file",
    "depth": "levels of YAML",
    "events": "values, beginnings and ends in a file",
    "states": "states that the checker looks at",
    "frames": "trees within trees",
}
_NODE: Final = "node_"  # how the keys of any node are called among the definitions

Schema = Mapping[str, Any]


def reference() -> str:
    """The whole document."""
    seen: set[str] = set()
    files = (part for kind in _KINDS for part in _file(kind, seen))
    return "\n".join([HEAD, *files, _fields(), _checks(), _bounds()])


def _file(kind: str, seen: set[str]) -> Iterator[str]:
    """A kind of file, and what stands in it, each part once and by the first file that has it."""
    root = schema(kind)
    title, words = _KINDS[kind]
    whole = root["items"] if root["type"] == "array" else root
    yield f"## {title}\n\n{words}\n\n{_table(whole, root)}"
    common = {
        key.removeprefix(_NODE): part
        for key, part in root["$defs"].items()
        if key.startswith(_NODE)
    }
    if common:
        yield f"### {_TITLES['node']}\n\n{_table({'properties': common}, root)}"
    for path, part in _inside({"properties": common}, root, "", seen):
        yield f"### {_title(path)}\n\n{_table(part, root)}"
    for path, part in _inside(whole, root, "", seen):
        told = {k: p for k, p in part["properties"].items() if not _is_common(p)}
        heading = "A translation" if kind == "texts" else _title(path)
        yield f"### {heading}\n\n{_verb(path)}{_table({**part, 'properties': told}, root)}"


def _inside(part: Schema, root: Schema, path: str, seen: set[str]) -> Iterator[tuple[str, Schema]]:
    """Every part below that has keys of its own."""
    for key, inner in part["properties"].items():
        yield from _objects(inner, root, f"{path}.{key}" if path else key, seen)


def _objects(
    part: Schema, root: Schema, path: str, seen: set[str]
) -> Iterator[tuple[str, Schema]]:
    if "$ref" in part:
        name = str(part["$ref"]).rpartition("/")[2]
        if name in seen or name.startswith(_NODE):
            return
        seen.add(name)
        yield from _objects(root["$defs"][name], root, name, seen)
        return
    if part.get("properties"):
        yield path, part
        yield from _inside(part, root, path, seen)
    for other in (*part.get("anyOf", ()), part.get("items"), part.get("additionalProperties")):
        if isinstance(other, dict):
            yield from _objects(other, root, path, seen)


# -------------------------------------------------------------------------------- how it is said


def _table(part: Schema, root: Schema) -> str:
    rows = ["| key | takes | what it is |", "| --- | --- | --- |"]
    for key, inner in part["properties"].items():
        star = "*" if key in part.get("required", ()) else ""
        rows.append(f"| `{key}`{star} | {_takes(inner, root)} | {_told(inner, root)} |")
    return "\n".join(rows) + "\n"


def _takes(part: Schema, root: Schema) -> str:
    """What a key takes, in a few words."""
    if "title" in part:
        return _safe(part["title"])
    if part.get("$ref") == "#/$defs/way":
        return "an id"
    if "$ref" in part:
        return _takes(root["$defs"][str(part["$ref"]).rpartition("/")[2]], root)
    named = [part["const"]] if "const" in part else part.get("enum") or part.get("x-verbs")
    if named:
        return ", ".join(f"`{value}`" for value in named)
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_takes(other, root) for other in part["anyOf"]))
    return _of_kind(part, root)


def _of_kind(part: Schema, root: Schema) -> str:
    match part.get("type"):
        case "array":
            return f"a list of: {_takes(part['items'], root)}" if part.get("items") else "a list"
        case "object":
            return _object(part, root)
        case "integer":
            return "a whole number"
        case "string":
            return "a word"
        case "boolean":
            return "true or false"
        case _:
            return "anything"


def _object(part: Schema, root: Schema) -> str:
    if part.get("properties"):
        names = list(part["properties"])
        return f"`{{{', '.join(names[:4])}{' …' if len(names) > 4 else ''}}}`"
    inner = part.get("additionalProperties")
    return f"by name: {_takes(inner, root)}" if isinstance(inner, dict) else "by name: values"


def _told(part: Schema, root: Schema) -> str:
    said = part.get("description")
    if said is None and "$ref" in part:
        said = root["$defs"][str(part["$ref"]).rpartition("/")[2]].get("description")
    return _safe(str(said or ""))


def _safe(words: str) -> str:
    """Words as a cell of a table."""
    return " ".join(words.split()).replace("|", "\\|").replace("<", "&lt;")


def _title(path: str) -> str:
    if path in VERBS:
        return f"`{path}`"
    return _TITLES.get(path, f"`{path}`")


def _verb(path: str) -> str:
    return f"{_first(VERBS[path].__doc__)}\n\n" if path in VERBS else ""


def _is_common(part: Schema) -> bool:
    return str(part.get("$ref", "")).rpartition("/")[2].startswith(_NODE)


def _first(doc: str | None) -> str:
    """The first paragraph of a docstring, in a line."""
    return " ".join((doc or "").partition("\n\n")[0].replace("``", "`").split())


# ------------------------------------------------------------------------ what no schema can say


def _fields() -> str:
    rows = [f"| `{name}` | {_safe(_first(kind.__doc__))} |" for name, kind in FIELDS.items()]
    return "\n".join(["## Types of fields\n", "| type | what it is |", "| --- | --- |", *rows, ""])


def _checks() -> str:
    rows = [f"| `{name}` | {_safe(_first(check.__doc__))} |" for name, check in CHECKS.items()]
    head = "## Checks\n\n`fingerpost explain CHECK` has the page of each, with an example that fails and one that passes.\n"
    return "\n".join([head, "| check | what it finds |", "| --- | --- |", *rows, ""])


def _bounds() -> str:
    rows = [
        f"| {_LIMITS[name]} | {getattr(LIMITS, name):,} |" for name in LIMITS.__struct_fields__
    ]
    return "\n".join(["## Bounds\n", "| what | at most |", "| --- | --- |", *rows, ""])


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    (folder / "reference.md").write_text(reference(), "utf-8")
