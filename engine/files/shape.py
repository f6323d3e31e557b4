"""Say what keeps a document from fitting its schema, in words that its author can use.

This reads the part of JSON Schema that our own schemas use. It never decides whether a document
fits (the gate does, see engine.schema), only what to say of one that does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.errors import near
from engine.files.document import Document
from engine.model import Finding, Path

Schema = Mapping[str, Any]
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
    "boolean": "true or false",
    "integer": "a whole number",
}
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_LONGEST_LIST = 14  # of what there is, in a message


def told(document: Document, schema: Schema) -> Iterator[Finding]:
    """Everything in the document that does not fit, each in a sentence."""
    yield from _Telling(document, schema).value(document.data, schema, ())


def misfits(data: Any, schema: Schema) -> list[str]:
    """What of plain data does not fit a schema, in sentences: for what comes from no file."""
    return [found.message for found in told(Document(file="", data=data), schema)]


def finding(
    document: Document,
    path: Path,
    message: str,
    *,
    key: bool = False,
    check: str = "shape",
    fix: str | None = None,
) -> Finding:
    """A finding at a path of a document that is no tree yet."""
    node = str(path[1])[:80] if len(path) > 1 and path[0] == "nodes" else ""
    mark = document.mark(path, key=key)
    return Finding(
        check=check, message=message, mark=mark, tree=_tree(document), node=node, fix=fix
    )


def _tree(document: Document) -> str:
    name = document.file.replace("\\", "/").rpartition("/")[2].removesuffix(".yaml")
    return "" if "." in name or name == "library" else name


class _Telling:
    def __init__(self, document: Document, schema: Schema) -> None:
        self.document = document
        self.definitions: Schema = schema.get("$defs", {})
        self.above: list[Schema] = []  # the keys of the mappings around this one
        self.verb = ""  # of the node that is looked at

    def value(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        schema = self._resolved(schema)
        if "x-verbs" in schema:
            yield from self._node(value, schema, path)
        elif "anyOf" in schema:
            yield from self._one_of(value, schema, path)
        elif "const" in schema or "enum" in schema:
            yield from self._listed(value, schema, path)
        elif not _is(value, schema):
            yield self._kind(value, schema, path)
        elif isinstance(value, dict):
            yield from self._object(value, schema, path)
        elif isinstance(value, list):
            yield from self._list(value, schema, path)
        else:
            yield from self._scalar(value, schema, path)

    def _say(
        self, path: Path, message: str, *, key: bool = False, fix: str | None = None
    ) -> Finding:
        return finding(self.document, path, message, key=key, fix=fix)

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        return schema

    # -- values of the wrong kind

    def _listed(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        allowed = schema.get("enum", [schema.get("const")])
        if value in allowed and isinstance(value, bool) == isinstance(allowed[0], bool):
            return
        if "const" in schema:
            name = path[-1] if path else ""
            yield self._say(
                path,
                f"{_name(path)}is {_shown(value)}: write `{name}: {allowed[0]}`",
                fix=f"{name}: {allowed[0]}",
            )
            return
        close = near(value, map(str, allowed)) if isinstance(value, str) else ""
        there = "" if close and len(allowed) > 8 else f"; it may be {_or(map(str, allowed))}"
        yield self._say(path, f"{_name(path)}is {_shown(value)}{there}{close}")

    def _kind(self, value: Any, schema: Schema, path: Path) -> Finding:
        wanted = self._wanted(schema)
        message = (
            f"{_name(path)}{'wants' if path else 'is to be'} {wanted}; here stands {_shown(value)}"
        )
        return self._say(path, message, fix=_meant(value, schema, path))

    def _wanted(self, schema: Schema) -> str:
        if "title" in schema:
            return str(schema["title"])
        if "enum" in schema:
            return f"one of {', '.join(map(str, schema['enum']))}"
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return " or ".join(dict.fromkeys(_WORDS.get(kind, "words") for kind in kinds)) or "more"

    # -- mappings

    def _object(self, value: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[Finding]:
        least, most = schema.get("minProperties", 0), schema.get("maxProperties", len(value))
        yield from self._many(len(value), least, most, path)
        if len(value) <= most:
            yield from self._entries(value, schema, path)

    def _entries(self, value: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[Finding]:
        known: Schema = schema.get("properties", {})
        closed = schema.get("additionalProperties", True) is False
        unknown = [name for name in value if name not in known] if closed else []
        if not unknown:  # a key that is not known is mostly the one that is missing
            for name in schema.get("required", ()):
                if name not in value:
                    yield self._missing(name, known, path)
        yield from self._ids(value, schema, path)
        self.above.append(known)
        for name, inner in value.items():
            if name in known:
                yield from self.value(inner, known[name], (*path, name))
            elif closed:
                yield self._unknown(name, known, (*path, name))
            elif isinstance(schema.get("additionalProperties"), Mapping):
                yield from self.value(inner, schema["additionalProperties"], (*path, name))
        self.above.pop()

    def _missing(self, name: str, known: Schema, path: Path) -> Finding:
        about = known.get(name, {}).get("description", "")
        where = f" in {_quoted(path)}" if _quoted(path) else ""
        return self._say(
            path, f"{name!r} is missing{where}{': ' + about if about else ''}", key=bool(path)
        )

    def _unknown(self, name: str, known: Schema, at: Path) -> Finding:
        return self._say(
            at, f"there is no key {_shown(name)} here{self._instead(name, known, at)}", key=True
        )

    def _instead(self, name: str, known: Schema, at: Path) -> str:
        if len(at) == 3 and self.verb:
            verbs = [v for v, keys in self._verbs().items() if name in keys and v != self.verb]
            if verbs:
                return f": it goes with {_or(verbs)}, not with {self.verb}"
        close = near(name, known)
        if not close and any(name in keys for keys in self.above[:-1]):
            return ": it stands one level further out"
        return close or f"; there are {', '.join(known)}" if len(known) <= 24 or close else ""

    def _ids(self, value: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[Finding]:
        pattern = schema.get("propertyNames", {}).get("pattern")
        for name in value if pattern else ():
            if not _matches(pattern, name):
                yield self._say((*path, name), _no_id(name), key=True)

    def _many(self, count: int, least: int, most: int, path: Path) -> Iterator[Finding]:
        if count < least:
            yield self._say(path, f"{_name(path)}is empty: it needs at least one entry")
        if count > most:
            yield self._say(path, f"{_name(path)}has {count} entries, and {most} are the most")

    # -- lists and words

    def _list(self, value: list[Any], schema: Schema, path: Path) -> Iterator[Finding]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
        yield from self._many(len(value), least, most, path)
        if len(value) > most:
            return
        for n, item in enumerate(value):
            if schema.get("uniqueItems") and item in value[:n]:
                yield self._say((*path, n), f"{_shown(item)} stands here twice; keep one of them")
            else:
                yield from self.value(item, schema.get("items", {}), (*path, n))

    def _scalar(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        if isinstance(value, str):
            if len(value) > schema.get("maxLength", len(value)):
                most = schema["maxLength"]
                message = f"{_name(path)}has {len(value)} characters, and {most} are the most"
                yield self._say(path, message)
            elif "pattern" in schema and not _matches(schema["pattern"], value):
                yield self._say(path, self._formless(value, schema, path))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if value < schema.get("minimum", value):
                yield self._say(path, f"{_name(path)}is at least {schema['minimum']}, not {value}")
            elif value > schema.get("maximum", value):
                yield self._say(path, f"{_name(path)}is at most {schema['maximum']}, not {value}")

    def _formless(self, value: str, schema: Schema, path: Path) -> str:
        if not value.strip():
            return f"{_name(path)}is empty: write its words, or take the key away"
        if schema.get("x-id"):
            return _no_id(value)
        return f"{_name(path)}wants {self._wanted(schema)}; here stands {_shown(value)}"

    # -- alternatives

    def _one_of(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        """The alternative that a value of its kind can only have meant."""
        found = [self._resolved(option) for option in schema["anyOf"]]
        if any(next(self.value(value, option, path), None) is None for option in found):
            return
        meant = [
            option
            for option in found
            if "anyOf" in option or (_is(value, option) and "enum" not in option)
        ]
        listed = [option for option in found if "enum" in option and isinstance(value, str)]
        if meant or listed:
            yield from self.value(value, (meant or listed)[-1], path)
            return
        wanted = schema.get("title") or _or(dict.fromkeys(self._wanted(o) for o in found))
        message = f"{_name(path)}wants {wanted}; here stands {_shown(value)}"
        yield self._say(path, message, fix=_meant(value, found[0], path))

    # -- nodes

    def _verbs(self) -> Mapping[str, Schema]:
        """The keys of each verb that are its own."""
        verbs: list[str] = self.definitions["node"]["x-verbs"]
        keys = {verb: self.definitions[verb]["properties"] for verb in verbs}
        common = set.intersection(*(set(own) for own in keys.values()))
        return {
            verb: {k: v for k, v in own.items() if k not in common} for verb, own in keys.items()
        }

    def _node(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        verbs: list[str] = schema["x-verbs"]
        if not isinstance(value, dict):
            yield self._say(
                path,
                f"{path[-1]!r} is a node: a mapping that begins with one of {_or(verbs)}",
            )
            return
        found = [verb for verb in verbs if verb in value]
        slip = "" if found else next((k for k in value if near(k, verbs)), "")
        if slip:
            message = f"{path[-1]!r} has no verb, and there is no key {slip!r}{near(slip, verbs)}"
            yield self._say((*path, slip), message, key=True)
        elif len(found) != 1:
            has = f"it has {len(found)}: {', '.join(found)}" if found else "it has none"
            more = ". Make a node of each" if found else ""
            yield self._say(
                path, f"{path[-1]!r} needs one verb of {_or(verbs)}; {has}{more}", key=True
            )
        else:
            self.verb = found[0]
            yield from self.value(value, self.definitions[found[0]], path)
            self.verb = ""


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


def _matches(pattern: str, text: str) -> bool:
    """As JSON Schema means it: ``$`` is the very end."""
    return re.search(re.sub(r"\$$", r"\\Z", pattern), text) is not None


def _meant(value: Any, schema: Schema, path: Path) -> str | None:
    """The line as it was probably meant, where a value is of the wrong kind."""
    key = path[-1] if path else ""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    begins = "- " if isinstance(key, int) else f"{key}: "
    if not path:
        return None
    if isinstance(value, str) and "array" in kinds:
        return f"{begins}[{value}]"
    if isinstance(value, str) and value.isdecimal() and "integer" in kinds:
        return begins + value
    if isinstance(value, str) and "boolean" in kinds and value.lower() in _TRUTHS:
        return begins + _TRUTHS[value.lower()]
    pair = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else None
    if pair is not None and schema.get("title") == "words" and isinstance(pair[1], str):
        return f'{begins}"{pair[0]}: {pair[1]}"'
    return None


def not_an_id(name: str) -> str:
    """Why a name is no id, or nothing."""
    return "" if re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) else _no_id(name)


def _no_id(name: str) -> str:
    tidy = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
    fine = re.match(r"[a-z]", tidy) and tidy != name and len(tidy) <= 64
    so = f" Write {tidy!r}?" if fine else ""
    foreign = next((letter for letter in name if ord(letter) > 127), "")
    if foreign:
        so = f" {foreign!r} is {unicodedata.name(foreign, 'another letter')}"
    return f"{name[:80]!r} is no id: small letters (a to z), digits and _, beginning with a letter, at most 64.{so}"


def _name(path: Path) -> str:
    named = _quoted(path)
    return f"{named} " if named else "this file "


def _quoted(path: Path) -> str:
    named = next((step for step in reversed(path) if isinstance(step, str)), "")
    return repr(named) if named else ""


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:39] + "…")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "nothing" if value is None else "a mapping" if isinstance(value, dict) else "a list"


def _or(words: Iterable[str]) -> str:
    *some, last = words
    return f"{', '.join(some)} or {last}" if some else last
