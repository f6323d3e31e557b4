"""Say what keeps a document from fitting its schema, in words that its author can use.

This reads the part of JSON Schema that our own schemas use. It never decides whether a document
fits (the gate does, see engine.schema), only what to say of one that does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.document import Document
from engine.errors import near
from engine.model import Finding, Path

Schema = Mapping[str, Any]
_KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "words",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def told(document: Document, schema: Schema) -> Iterator[Finding]:
    """Everything in the document that does not fit, each in a sentence."""
    yield from _Telling(document, schema).value(document.data, schema, ())


def misfits(data: Any, schema: Schema) -> list[str]:
    """What of plain data does not fit a schema, in sentences: for what comes from no file."""
    return [found.message for found in told(Document(file="", data=data), schema)]


def finding(document: Document, path: Path, message: str, *, key: bool = False) -> Finding:
    node = str(path[1]) if len(path) > 1 and path[0] == "nodes" else ""
    mark = document.mark(path, key=key)
    return Finding(check="shape", message=message, mark=mark, tree=_tree(document), node=node)


def _tree(document: Document) -> str:
    name = document.file.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    return name if isinstance(document.data, dict) and "nodes" in document.data else ""


class _Telling:
    def __init__(self, document: Document, schema: Schema) -> None:
        self.document = document
        self.definitions: Schema = schema.get("$defs", {})

    def value(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        schema = self._resolved(schema)
        if "x-verbs" in schema:
            yield from self._node(value, schema, path)
        elif "anyOf" in schema:
            yield from self._one_of(value, schema, path)
        elif "const" in schema or "enum" in schema:
            allowed = schema.get("enum", [schema.get("const")])
            if value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool):
                yield self._say(
                    path,
                    f"{_name(path)}{_shown(value)} is none of: {', '.join(map(str, allowed))}{_near(value, allowed)}",
                )
        elif not _is(value, schema):
            yield self._say(
                path,
                f"{_name(path)}wants {self._wanted(schema)}; here stands {_KINDS[type(value)]}",
            )
        elif isinstance(value, dict):
            yield from self._object(value, schema, path)
        elif isinstance(value, list):
            yield from self._list(value, schema, path)
        else:
            yield from self._scalar(value, schema, path)

    def _say(self, path: Path, message: str, *, key: bool = False) -> Finding:
        return finding(self.document, path, message, key=key)

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        return schema

    def _object(self, value: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[Finding]:
        for name in schema.get("required", ()):
            if name not in value:
                yield self._say(path, f"{_name(path)}{name!r} is missing", key=bool(path))
        if len(value) < schema.get("minProperties", 0):
            yield self._say(path, f"{_name(path)}is empty: it needs at least one entry")
        yield from self._keys(value, schema, path)

    def _keys(self, value: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[Finding]:
        known: Schema = schema.get("properties", {})
        more = schema.get("additionalProperties", True)
        pattern = schema.get("propertyNames", {}).get("pattern")
        for name, inner in value.items():
            at = (*path, name)
            if pattern and not re.search(pattern, name):
                yield self._say(
                    at,
                    f"{name!r} is no id: small letters, digits and _, beginning with a letter, at most 64",
                    key=True,
                )
            if name in known:
                yield from self.value(inner, known[name], at)
            elif more is False:
                yield self._say(
                    at,
                    f"there is no key {name!r} here{near(name, known) or _all(known)}",
                    key=True,
                )
            elif isinstance(more, Mapping):
                yield from self.value(inner, more, at)

    def _list(self, value: list[Any], schema: Schema, path: Path) -> Iterator[Finding]:
        if len(value) < schema.get("minItems", 0):
            yield self._say(path, f"{_name(path)}is empty: it needs at least one entry")
        for n, item in enumerate(value):
            yield from self.value(item, schema.get("items", {}), (*path, n))

    def _scalar(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        if (
            isinstance(value, str)
            and "pattern" in schema
            and not re.search(schema["pattern"], value)
        ):
            yield self._say(
                path, f"{_name(path)}wants {self._wanted(schema)}; here stands {value!r}"
            )
        if (
            "minimum" in schema
            and not isinstance(value, bool)
            and isinstance(value, int | float)
            and value < schema["minimum"]
        ):
            yield self._say(path, f"{_name(path)}is at least {schema['minimum']}")

    def _one_of(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        """The alternative that a value of its kind can only have meant."""
        found = [self._resolved(option) for option in schema["anyOf"]]
        fitting = [option for option in found if not list(self.value(value, option, path))]
        if fitting:
            return
        meant = [
            option
            for option in found
            if "anyOf" in option or (_is(value, option) and "enum" not in option)
        ]
        if meant:
            yield from self.value(value, meant[-1], path)
            return
        listed = [option for option in found if "enum" in option]
        if listed and isinstance(value, str):
            yield from self.value(value, listed[0], path)
            return
        wanted = schema.get("title") or " or ".join(dict.fromkeys(self._wanted(o) for o in found))
        yield self._say(path, f"{_name(path)}wants {wanted}; here stands {_KINDS[type(value)]}")

    def _node(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        verbs: list[str] = schema["x-verbs"]
        if not isinstance(value, dict):
            yield self._say(
                path,
                f"{path[-1]!r} is a node: a mapping that begins with one of {', '.join(verbs)}",
            )
            return
        found = [verb for verb in verbs if verb in value]
        if len(found) != 1:
            has = f"it has {len(found)}: {', '.join(found)}" if found else "it has none"
            slip = next((near(k, verbs) for k in value if near(k, verbs)), "") if not found else ""
            yield self._say(
                path, f"{path[-1]!r} needs one verb of {', '.join(verbs)}; {has}{slip}", key=True
            )
            return
        yield from self.value(value, schema["anyOf"][verbs.index(found[0])], path)

    def _wanted(self, schema: Schema) -> str:
        if "title" in schema:
            return str(schema["title"])
        if "enum" in schema:
            return f"one of {', '.join(map(str, schema['enum']))}"
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        words = {
            "object": "a mapping",
            "array": "a list",
            "null": "nothing",
            "boolean": "true or false",
            "integer": "a whole number",
        }
        return (
            " or ".join(dict.fromkeys(words.get(kind, "words") for kind in kinds))
            or "something else"
        )


def _is(value: Any, schema: Schema) -> bool:
    kinds = schema.get("type")
    if kinds is None:
        return True
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(value, bool):
        return "boolean" in kinds
    if isinstance(value, float) and "integer" in kinds and value.is_integer():
        return True
    return any(isinstance(value, _TYPES[kind]) for kind in kinds)


def _name(path: Path) -> str:
    named = next((step for step in reversed(path) if isinstance(step, str)), "")
    return f"{named!r} " if named else ""


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str | int | float) else _KINDS[type(value)]


def _near(value: Any, allowed: list[Any]) -> str:
    return near(value, map(str, allowed)) if isinstance(value, str) else ""


def _all(known: Schema) -> str:
    return f"; there are {', '.join(known)}" if len(known) <= 12 else ""
