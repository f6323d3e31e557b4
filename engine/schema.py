"""The JSON Schemas of the format, put together from the verbs and the field types.

``schemas/*.schema.json`` are these, written out for editors by ``make schemas``; a test keeps them
fresh. The gate over a whole file is jsonschema-rs (a thousand nodes in three milliseconds); only
where it finds something wrong does ``engine.shape`` say what, in our words. The one door of both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from engine import shape, vocabulary
from engine.document import Document
from engine.fields import FIELDS
from engine.model import AUDIENCES, CHANNEL_NAMES, LIMITS, Finding, Limits
from engine.nodes import VERBS
from engine.rules import broken_rules

Kind = Literal["tree", "library", "stories", "texts"]
KINDS: tuple[Kind, ...] = ("tree", "library", "stories", "texts")
_ID = r"^[a-z][a-z0-9_]{0,63}$"
_MOST = 2_000  # entries of a mapping, unless it has its own limit
_MOST_FINDINGS = 20  # of one file: who has more has made one mistake often
_WORD: Mapping[str, Any] = {"type": ["string", "number", "boolean"], "maxLength": 10_000}


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of file, with those definitions alone that it needs."""
    body = _described(_BODIES[kind]())
    known = _described(_definitions())
    needed: dict[str, Any] = {}
    left = sorted(_refs(body), reverse=True)
    while left:
        name = left.pop()
        if name not in needed:
            needed[name] = known[name]
            left += sorted(_refs(known[name]), reverse=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"Fingerpost {kind}, format 1. Written by `make schemas`; do not edit.",
        **body,
        "$defs": {name: needed[name] for name in known if name in needed},
    }


def _refs(part: Any) -> set[str]:
    if isinstance(part, list):
        return {name for item in part for name in _refs(item)}
    if not isinstance(part, Mapping):
        return set()
    own = {part["$ref"].rpartition("/")[2]} if isinstance(part.get("$ref"), str) else set()
    return own | {name for item in part.values() for name in _refs(item)}


def validate(document: Document, kind: str, limits: Limits = LIMITS) -> list[Finding]:
    """What keeps a document from being built, in words that its author can use."""
    if document.fit:  # what a file's name says is none of its bytes, so it is looked at again
        return list(vocabulary.side(document)) if kind == "texts" else []
    if _gate(kind).is_valid(document.data):
        return list(islice(_broken(document, kind, limits), _MOST_FINDINGS))
    found = list(islice(shape.told(document, schema(kind)), _MOST_FINDINGS))
    if not found:  # the gate is never wrong without a reason given
        found = [shape.finding(document, (), "something here has not the shape that is wanted")]
    return found


def _broken(document: Document, kind: str, limits: Limits) -> Iterator[Finding]:
    if kind == "tree":
        return broken_rules(document, limits)
    others = {
        "library": vocabulary.library,
        "stories": vocabulary.stories,
        "texts": vocabulary.side,
    }
    return others[kind](document)


@cache
def _gate(kind: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema(kind))


# ------------------------------------------------------------------------------ files

_FORMAT: Mapping[str, Any] = {
    "const": 1,
    "description": "The version of this format: `format: 1`.",
    "default": 1,
}


def _tree() -> dict[str, Any]:
    return _object(
        {
            "format": _FORMAT,
            "title": _d("words", "What the tree is about, for whoever looks for it."),
            "summary": _d("words", "What it does, in a sentence or two."),
            "owner": _d("word", "Who answers for it."),
            "tags": _d("tags", "What it is found and reported by."),
            "audience": _some(AUDIENCES, "Who walks it: `agent`, `customer`, `system`. Agents unless said.", least=1),
            "channels": _some(CHANNEL_NAMES, "The channels that it must be speakable on."),
            "languages": _object(
                {"source": _d("language", "The language of this file."),
                 "also": {"type": "array", "items": _ref("language"), "uniqueItems": True, "description": "The languages that it is translated into, each in a side file `NAME.LANGUAGE.yaml`."}},
                description="The languages of the tree.",
            ),
            "start": _d("way", "The node where a walk begins."),
            "given": _d("fields", "What is known before the walk: from the CRM, the address, a self-service walk."),
            "facts": _d("expressions", "Named expressions; computed, never assigned."),
            "texts": _d("texts", "Named words, shown by `{text.NAME}` in any text."),
            "anytime": _map(_ref("anytime"), "Exits offered on every `ask` and `tell`.", most=50),
            "exits": _map(_ref("contract"), "Makes the tree usable as a subtree: its exits, and what each returns.", least=0),
            "nodes": {**_map(_ref("node"), "The steps, by id. Each begins with its verb: `ask tell decide run use end`."), "maxProperties": 1_000_000},
            "renamed": {"type": "object", "propertyNames": {"pattern": _ID}, "additionalProperties": _ref("way"), "description": "Old ids of nodes and what they are called now: `old: new`."},
            "allow": {"type": "array", "items": _ref("allow"), "description": "Warnings that are accepted, with the reason."},
        },
        required=["format", "title", "start", "nodes"],
        title="a tree: a mapping with format, title, start and nodes",
    )  # fmt: skip


def _library() -> dict[str, Any]:
    return _object(
        {
            "format": _FORMAT,
            "actions": _map(_ref("action"), "Contracts with the outside world.", least=0),
            "teams": _map(_ref("entry"), "Who walks are handed to: `{id: {label}}`.", least=0),
            "dispositions": _map(_ref("entry"), "How a walk can end, for reports: `{id: {label}}`.", least=0),
            "kpis": _map(_ref("entry"), "What ends count for: `{id: {label}}`.", least=0),
            "constants": _map(_ref("word"), "Values that all trees share, like the company's name: `{constants.NAME}`.", least=0),
            "texts": _d("texts", "Named words that all trees share."),
            "timezone": _d("word", "The time zone of `now` and `today`, like `Europe/Berlin`."),
            "workdays": _some(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "The days on which people work; Monday to Friday unless said.", least=1),
            "holidays": {"type": "array", "items": _ref("word"), "uniqueItems": True, "description": "Days off, like `2026-12-25`."},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "title": "three capitals like EUR (ISO 4217)", "description": "The currency of money, like `EUR` (ISO 4217)."},
            "language": _d("language", "The language of this file's labels and texts; `en` unless said."),
        },
        required=["format"],
        title="a library: a mapping that begins with format: 1",
    )  # fmt: skip


def _stories() -> dict[str, Any]:
    expect = _object(
        {
            "end": _d("way", "The end that it comes to."),
            "at": _d("way", "The node where it stands when the answers run out."),
            "disposition": _d("way", "How it is counted."),
            "shown": _d("names", "Nodes that it comes to."),
            "not_shown": _d("names", "Nodes that it does not come to."),
            "visits": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}, "description": "How often it comes to nodes: `{reboot: 2}`."},
        },
        description="How it ends: `{end, disposition, shown, not_shown, visits}`, or `{at}` where it stands.",
    ) | {"minProperties": 1}  # fmt: skip
    story = _object(
        {
            "story": _d("words", "What happens, in a few words."),
            "at": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$", "title": "a day or a moment like 2026-03-02T19:30", "description": "When, like `2026-03-02T19:30`, in the library's time zone."},
            "audience": {"enum": list(AUDIENCES), "description": "Who walks."},
            "channel": {"enum": list(CHANNEL_NAMES), "description": "By which channel."},
            "language": _d("language", "In which language."),
            "given": {"type": "object", "description": "What is known before: `{plan: fibre}`."},
            "actions": {"type": "object", "additionalProperties": _ref("results"), "description": "What actions give, by node or action: an exit, or `{exit, outputs ..}`; a list is one per visit, the last repeats."},
            "answers": {"type": "object", "description": "What is answered, by node (`USE.NODE` inside a subtree); a list is one per visit."},
            "expect": expect,
            "note": _d("note", "The author's own."),
        },
        required=["story", "expect"],
        snippets=[("a story", {"story": "$1", "answers": {"$2": "$3"}, "expect": {"end": "$4"}})],
    )  # fmt: skip
    return {
        "type": "array",
        "items": story,
        "maxItems": 2_000,
        "title": "a list of stories, each beginning with - story:",
    }


def _side() -> dict[str, Any]:
    entry = _object(
        {"text": _d("note", "The words in this language."),
         "of": _d("word", "The first 12 hex digits of the SHA-256 of the source text that they were made from.")},
        required=["text"],
    )  # fmt: skip
    return _object(
        {
            "format": _FORMAT,
            "translates": _d("way", "The tree (or `library`) whose texts these are."),
            "language": _d("language", "The language of these texts, like `fr`."),
            "texts": {"type": "object", "additionalProperties": entry, "description": "The texts by their address in the source: `nodes.lights.ask: {text, of}`."},
        },
        required=["format", "translates", "language", "texts"],
        title="a side file: a mapping with format, translates, language and texts",
    )  # fmt: skip


_BODIES: Mapping[str, Any] = {
    "tree": _tree,
    "library": _library,
    "stories": _stories,
    "texts": _side,
}


# ------------------------------------------------------------------------------ parts


def _object(
    properties: Mapping[str, Any],
    required: list[str] | None = None,
    description: str = "",
    title: str = "",
    snippets: Sequence[tuple[str, Any]] = (),
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if required:
        found["required"] = required
    if title:
        found["title"] = title
    if snippets:
        found["defaultSnippets"] = [{"label": label, "body": body} for label, body in snippets]
    return found | ({"description": description} if description else {})


def _map(
    of: Mapping[str, Any], description: str, least: int = 1, most: int = _MOST
) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"pattern": _ID},
        "additionalProperties": dict(of),
        "minProperties": least,
        "maxProperties": most,
        "description": description,
    }


def _some(words: Iterable[str], description: str, least: int = 0) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"enum": list(words)},
        "minItems": least,
        "uniqueItems": True,
        "description": description,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _d(name: str, description: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}", "description": description}


def _definitions() -> dict[str, Any]:
    """Every part that more than one place uses, or that would hide the outline where it is used."""
    return {**_scalars(), **_parts(), **_fields(), **_vocabulary(), **_nodes()}


def _scalars() -> dict[str, Any]:
    return {
        "words": {**_WORD, "pattern": r"\S", "title": "words"},
        "note": {**_WORD, "title": "words"},
        "word": {**_WORD, "pattern": r"\S", "title": "a word"},
        "way": {"type": "string", "pattern": r"\S", "title": "the id of a node"},
        "id": {"type": "string", "pattern": _ID, "title": "an id", "x-id": True},
        "expression": {**_WORD, "pattern": r"\S", "title": "an expression"},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", "title": "a language like en, fr or pt-BR"},
        "duration": {"type": ["string", "integer"], "pattern": "^[0-9]{1,6}[smhd]?$", "minimum": 0, "maximum": 999_999, "title": "a time like 120s"},
        "yes_or_no": {"type": "boolean", "title": "true or false"},
        "tags": {"type": "array", "items": _ref("word"), "title": "a list of words"},
        "names": {"anyOf": [_ref("way"), {"type": "array", "items": _ref("way")}], "title": "an id or a list of ids"},
        "person": {"enum": ["agent", "customer"]},
    }  # fmt: skip


def _parts() -> dict[str, Any]:
    return {
        "expressions": {"type": "object", "propertyNames": {"pattern": _ID}, "additionalProperties": _ref("expression"), "maxProperties": _MOST},
        "ways": _map(_ref("way"), ""),
        "image": {"anyOf": [_ref("word"), _object({
            "file": _d("word", "Its path from the library's root, like `media/router.png`."),
            "alt": _d("note", "What it shows, for whoever cannot see it."),
        }, required=["file"])], "title": "a picture: {file, alt}", "defaultSnippets": [{"label": "a picture", "body": {"file": "media/$1", "alt": "$2"}}]},
        "choices": _map({"anyOf": [{"type": "null"}, _ref("words"), _object({
            "label": _d("words", "What is shown; made from the id if left out."),
            "next": _d("way", "Where it leads."),
            "hint": _d("words", "For the agent alone."),
            "image": _d("image", "A picture of it."),
            "only": _d("person", "Offered to this audience only."),
            "when": _d("expression", "Offered only then."),
        })]}, "The answers to choose from: `id: NODE`, `id: {label, next}`, or `id: Label` where the node has one `next`.", most=500),
        "none_of_these": {"anyOf": [{"type": "boolean"}, _ref("words"), _object({
            "label": _d("words", "What is shown."),
            "next": _d("way", "Where it leads (with `choices_from`)."),
        })], "title": "true, a label, or {label, next}", "description": "One may say: none of these."},
        "texts": _map({"anyOf": [_ref("words"), {"type": "array", "minItems": 1, "maxItems": 200, "items": _object({
            "when": _d("expression", "Shown only then; left out: otherwise."),
            "say": _d("note", "The words."),
        }, required=["say"])}]}, "", least=0),
        "anytime": {"anyOf": [_ref("way"), _object({
            "label": _d("words", "What is shown; made from the id if left out."),
            "next": _d("way", "Where it leads."),
            "only": _d("person", "Offered to this audience only."),
            "when": _d("expression", "Offered only then."),
        }, required=["next"], snippets=[("an exit", {"label": "$1", "next": "$2"})])]},
        "follow_up": _object({
            "due": _d("expression", "When it is due: a date or a moment, like `later(today, 2, \"workdays\")`."),
            "why": _d("words", "What was promised."),
            "by": _d("way", "The team that keeps the promise."),
        }, required=["due", "why"], snippets=[("a promise", {"due": "later(today, 1, \"workdays\")", "why": "$1", "by": "$2"})]),
        "allow": _object({
            "check": _d("word", "The check whose warning is accepted."),
            "node": _d("way", "At which node; left out: anywhere in the tree."),
            "why": _d("words", "The reason."),
        }, required=["check", "why"]),
    }  # fmt: skip


def _fields() -> dict[str, Any]:
    bound = {"type": ["integer", "number", "string"], "title": "a number, a date or a time"}
    return {
        "field": {"anyOf": [{"enum": list(FIELDS)}, _object({
            "type": {"enum": list(FIELDS), "description": "What kind of value it is; `text` unless said."},
            "list": {"anyOf": [{"enum": list(FIELDS)}, _map(_ref("field"), "", most=50)], "description": "The columns of a list of rows that an action gives; the first is the row's id, and `label` is shown."},
            "label": _d("words", "What is shown; made from the name if left out."),
            "help": _d("words", "A word of help beside it."),
            "required": _d("yes_or_no", "Whether it must be filled in; true unless said."),
            "private": _d("yes_or_no", "A personal value: kept apart from the record, and erasable."),
            "of": {"anyOf": [
                {"type": "array", "items": _ref("id"), "minItems": 1, "maxItems": 500, "uniqueItems": True},
                _map({"anyOf": [{"type": "null"}, _ref("words")]}, "", most=500),
            ], "title": "a list of ids, or {id: Label}", "description": "The choices: a list of ids, or `{id: Label}`."},
            "min": {**bound, "description": "The least value, length or number of ticks."},
            "max": {**bound, "description": "The greatest value, length or number of ticks."},
            "pattern": _d("word", "A regular expression (RE2) that the whole text matches."),
            "message": _d("words", "What is said when `pattern` or `must` refuses."),
            "default": _d("expression", "Filled in beforehand, and the value if it is left empty."),
            "known": _d("expression", "Where this is known and legal for every field, the form is passed over."),
            "must": _d("expression", "A rule that the form must keep when it is sent."),
        })], "title": "a field: its type, or {type, label, ..}"},
        "fields": {"type": "object", "propertyNames": {"pattern": _ID}, "additionalProperties": _ref("field"), "maxProperties": 500, "title": "fields by name"},
        "contract": {"anyOf": [{"type": "null"}, _ref("fields")], "title": "what it gives, by name: {} for nothing"},
    }  # fmt: skip


def _vocabulary() -> dict[str, Any]:
    methods = ("get", "post", "put", "patch", "delete")
    http = _object({
        **{method: _d("word", f"The address that is called by {method.upper()}, with `{{placeholders}}` for settings.") for method in methods},
        "timeout": _d("duration", "How long to wait for the answer, like `5s`."),
        "exit": _d("expression", "Where the answer names the exit (JMESPath)."),
        "outputs": {"type": "object", "additionalProperties": _ref("word"), "description": "Where the answer holds each output (JMESPath)."},
        "headers": {"type": "object", "additionalProperties": _ref("word"), "description": "Headers to send; secrets come from settings."},
        "body": {"description": "What is sent; all inputs unless said."},
    }, description="How it is called. Addresses and secrets come from the server's settings.")  # fmt: skip
    table = _object({
        "file": _d("word", "The CSV file, from the library's root."),
        "match": {"type": "object", "minProperties": 1, "additionalProperties": _ref("word"), "description": "Which column must fit which input: `zone: zone`, `up_to_kg: \">= kg\"`."},
    }, required=["file", "match"], description="Answered by a file: waits for nothing and cannot fail.")  # fmt: skip
    result = _object({"exit": _d("word", "The exit that it takes.")}, required=["exit"])
    result["additionalProperties"] = True
    return {
        "entry": {"anyOf": [_ref("words"), _object({
            "label": _d("words", "What people read."),
            "kpi": _d("way", "The kpi that it counts for."),
        })], "title": "a label, or {label, ..}"},
        "action": _object({
            "label": _d("words", "What whoever does it reads."),
            "takes": _d("fields", "What it needs, by name."),
            "exits": _map(_ref("contract"), "How it can end, and what each exit gives: `{none: {}, known: {eta: text}}`."),
            "labels": {"type": "object", "additionalProperties": _ref("words"), "description": "The labels of its exits."},
            "failed": _d("way", "The exit for a time-out, an error, a malformed answer."),
            "safe_to_repeat": _d("yes_or_no", "Whether doing it twice does no harm."),
            "by": _d("way", "The team that does it: the walk is parked until one of them picks the exit."),
            "http": http,
            "table": table,
            "note": _d("note", "The author's own."),
        }, required=["exits"], snippets=[("an action", {"label": "$1", "takes": {"$2": "text"}, "exits": {"$3": {}, "failed": {}}, "failed": "failed"})]),
        "result": {"anyOf": [_ref("way"), result], "title": "an exit, or {exit, outputs ..}"},
        "results": {"anyOf": [_ref("result"), {"type": "array", "items": _ref("result"), "minItems": 1}], "title": "an exit, {exit, outputs ..}, or a list of these"},
    }  # fmt: skip


def _nodes() -> dict[str, Any]:
    """The verbs, each under its own name, and what every node can have beside its verb."""
    own = {verb: VERBS[verb].SCHEMA for verb in VERBS}
    verbs = {
        verb: _object(
            {**part["properties"], **{key: _ref(f"node_{key}") for key in _COMMON}},
            required=list(part["required"]),
        )
        for verb, part in own.items()
    }
    common = {f"node_{key}": part for key, part in _COMMON.items()}
    node = {
        "anyOf": [_ref(verb) for verb in VERBS],
        "x-verbs": list(VERBS),
        "defaultSnippets": [{"label": label, "body": body} for label, body in _SNIPPETS],
    }
    return {"node": node, **verbs, **common}


_SNIPPETS: tuple[tuple[str, Any], ...] = (
    ("ask: choices", {"ask": "$1?", "choices": {"yes": "$2", "no": "$3"}}),
    ("ask: a form", {"ask": "$1?", "fields": {"$2": {"type": "text", "label": "$3"}}, "next": "$4"}),
    ("ask: rows of an action", {"ask": "$1?", "choices_from": "$2.options", "next": "$3", "none_of_these": {"label": "None of these", "next": "$4"}}),
    ("tell", {"tell": "$1.", "next": "$2"}),
    ("decide", {"decide": [{"when": "$1", "next": "$2"}], "otherwise": "$3"}),
    ("run", {"run": "$1", "with": {"$2": "$3"}, "exits": {"$4": "$5"}}),
    ("use", {"use": "$1", "exits": {"$2": "$3"}}),
    ("end", {"end": "$1.", "disposition": "$2"}),
)  # fmt: skip

_COMMON: Mapping[str, Any] = {
    "hint": _d("words", "For the agent alone."),
    "help": _d("words", "For the customer alone."),
    "image": _d("image", "A picture."),
    "link": {
        "anyOf": [
            _ref("word"),
            _object({"to": _d("word", "`https:`, `tel:` or `mailto:`"), "label": _d("words", "What is shown.")}, required=["to"]),
        ],
        "title": "an address, or {to, label}",
        "description": "A link beside the words.",
    },
    "limit": _object(
        {"visits": {"type": "integer", "minimum": 1, "maximum": 1_000, "description": "How often one may come here."},
         "then": _d("way", "Where the next entry goes instead.")},
        required=["visits", "then"],
        description="After so many visits the next entry goes elsewhere: `{visits: 3, then: NODE}`.",
        snippets=[("a limit", {"visits": 3, "then": "$1"})],
    ),
    "expect": _d("duration", "The time that this step should take, like `20s`."),
    "tags": _d("tags", "What rules and reports select by."),
    "note": _d("note", "The author's own; nobody else sees it."),
    "verbatim": _d("yes_or_no", "Read word for word; no channel paraphrases it."),
    "only": _d("person", "For this audience alone."),
    "anytime": _d("yes_or_no", "`false`: offers no `anytime` exits here."),
    "follow_up": {
        "anyOf": [_ref("follow_up"), {"type": "array", "items": _ref("follow_up"), "minItems": 1}],
        "title": "a promise {due, why, by}, or a list of them",
        "description": "A promise that this step makes.",
    },
}  # fmt: skip


def _described(part: Any) -> Any:
    """The schema with each description for editors that show Markdown too."""
    if isinstance(part, list):
        return [_described(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {key: _described(value) for key, value in part.items()}
    if isinstance(found.get("description"), str):
        if not found["description"]:
            del found["description"]
        else:
            found["markdownDescription"] = found["description"]
    return found


def files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every schema as the text of its file."""
    for kind in KINDS:
        yield folder / f"{kind}.schema.json", spelled(schema(kind)) + "\n"


def spelled(part: Any, indent: int = 0) -> str:
    """JSON, with what fits on a line on one line.

    >>> print(spelled({"type": "object", "required": ["a"]}))
    { "type": "object", "required": ["a"] }
    """
    flat = json.dumps(part, ensure_ascii=False)
    if isinstance(part, dict) and part:
        flat = "{ " + flat[1:-1] + " }"
    if len(flat) + indent <= 110 or not isinstance(part, dict | list) or not part:
        return flat
    inner = " " * (indent + 2)
    if isinstance(part, dict):
        rows = [f"{json.dumps(k)}: {spelled(v, indent + 2)}" for k, v in part.items()]
    else:
        rows = [spelled(item, indent + 2) for item in part]
    first, last = ("{", "}") if isinstance(part, dict) else ("[", "]")
    return f"{first}\n{inner}" + f",\n{inner}".join(rows) + "\n" + " " * indent + last


if __name__ == "__main__":
    for path, text in files(Path(sys.argv[1] if len(sys.argv) > 1 else "schemas")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
