"""The parts of the format's JSON Schemas: each said once, by its name.

``engine.schema`` puts files together from them, and keeps in a file those alone that it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.fields import FIELDS
from engine.nodes import VERBS

ID = r"^[a-z][a-z0-9_]{0,63}$"
_MOST = 2_000  # entries of a mapping, unless it has its own limit
_WORD: Mapping[str, Any] = {"type": ["string", "number", "boolean"], "maxLength": 10_000}


def mapping(
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


def entries(
    of: Mapping[str, Any], description: str, least: int = 1, most: int = _MOST
) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"pattern": ID},
        "additionalProperties": dict(of),
        "minProperties": least,
        "maxProperties": most,
        "description": description,
    }


def several(words: Iterable[str], description: str, least: int = 0) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"enum": list(words)},
        "minItems": least,
        "uniqueItems": True,
        "description": description,
    }


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def part(name: str, description: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}", "description": description}


def definitions() -> dict[str, Any]:
    """Every part that more than one place uses, or that would hide the outline where it is used."""
    return {**_scalars(), **_parts(), **_fields(), **_vocabulary(), **_nodes()}


def _scalars() -> dict[str, Any]:
    return {
        "words": {**_WORD, "pattern": r"\S", "title": "words"},
        "note": {**_WORD, "title": "words"},
        "word": {**_WORD, "pattern": r"\S", "title": "a word"},
        "way": {"type": "string", "pattern": r"\S", "title": "the id of a node"},
        "id": {"type": "string", "pattern": ID, "title": "an id", "x-id": True},
        "expression": {**_WORD, "pattern": r"\S", "title": "an expression"},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", "title": "a language like en, fr or pt-BR"},
        "duration": {"type": ["string", "integer"], "pattern": "^[0-9]{1,6}[smhd]?$", "minimum": 0, "maximum": 999_999, "title": "a time like 120s"},
        "yes_or_no": {"type": "boolean", "title": "true or false"},
        "tags": {"type": "array", "items": ref("word"), "title": "a list of words"},
        "names": {"anyOf": [ref("way"), {"type": "array", "items": ref("way")}], "title": "an id or a list of ids"},
        "person": {"enum": ["agent", "customer"]},
    }  # fmt: skip


def _parts() -> dict[str, Any]:
    return {
        "expressions": {"type": "object", "propertyNames": {"pattern": ID}, "additionalProperties": ref("expression"), "maxProperties": _MOST},
        "ways": {**entries(ref("way"), ""), "title": "where each exit leads: {EXIT: NODE}"},
        "image": {"anyOf": [ref("word"), mapping({
            "file": part("word", "Its path from the library's root, like `media/router.png`."),
            "alt": part("note", "What it shows, for whoever cannot see it."),
        }, required=["file"])], "title": "a picture: {file, alt}", "defaultSnippets": [{"label": "a picture", "body": {"file": "media/$1", "alt": "$2"}}]},
        "choices": {**entries({"anyOf": [{"type": "null"}, ref("words"), mapping({
            "label": part("words", "What is shown; made from the id if left out."),
            "next": part("way", "Where it leads."),
            "hint": part("words", "For the agent alone."),
            "image": part("image", "A picture of it."),
            "only": part("person", "Offered to this audience only."),
            "when": part("expression", "Offered only then."),
        })]}, "The answers to choose from: `id: NODE`, `id: {label, next}`, or `id: Label` where the node has one `next`.", most=500), "title": "choices by their ids: {ID: NODE}, or {ID: {label, next}}"},
        "none_of_these": {"anyOf": [{"type": "boolean"}, ref("words"), mapping({
            "label": part("words", "What is shown."),
            "next": part("way", "Where it leads (with `choices_from`)."),
        })], "title": "true, a label, or {label, next}", "description": "One may say: none of these."},
        "texts": entries({"anyOf": [ref("words"), {"type": "array", "minItems": 1, "maxItems": 200, "items": mapping({
            "when": part("expression", "Shown only then; left out: otherwise."),
            "say": part("note", "The words."),
        }, required=["say"])}]}, "", least=0),
        "anytime": {"anyOf": [ref("way"), mapping({
            "label": part("words", "What is shown; made from the id if left out."),
            "next": part("way", "Where it leads."),
            "only": part("person", "Offered to this audience only."),
            "when": part("expression", "Offered only then."),
        }, required=["next"], snippets=[("an exit", {"label": "$1", "next": "$2"})])]},
        "follow_up": mapping({
            "due": part("expression", "When it is due: a date or a moment, like `later(today, 2, \"workdays\")`."),
            "why": part("words", "What was promised."),
            "by": part("way", "The team that keeps the promise."),
        }, required=["due", "why"], snippets=[("a promise", {"due": "later(today, 1, \"workdays\")", "why": "$1", "by": "$2"})]),
        "allow": mapping({
            "check": part("word", "The check whose warning is accepted."),
            "node": part("way", "At which node; left out: anywhere in the tree."),
            "why": part("words", "The reason."),
        }, required=["check", "why"]),
    }  # fmt: skip


def _fields() -> dict[str, Any]:
    bound = {"type": ["integer", "number", "string"], "title": "a number, a date or a time"}
    return {
        "field": {"anyOf": [{"enum": list(FIELDS)}, mapping({
            "type": {"enum": list(FIELDS), "description": "What kind of value it is; `text` unless said."},
            "list": {"anyOf": [{"enum": list(FIELDS)}, entries(ref("field"), "", most=50)], "description": "The columns of a list of rows that an action gives; the first is the row's id, and `label` is shown."},
            "label": part("words", "What is shown; made from the name if left out."),
            "help": part("words", "A word of help beside it."),
            "required": part("yes_or_no", "Whether it must be filled in; true unless said."),
            "private": part("yes_or_no", "A personal value: kept apart from the record, and erasable."),
            "of": {"anyOf": [
                {"type": "array", "items": ref("id"), "minItems": 1, "maxItems": 500, "uniqueItems": True},
                entries({"anyOf": [{"type": "null"}, ref("words")]}, "", most=500),
            ], "title": "a list of ids, or {id: Label}", "description": "The choices: a list of ids, or `{id: Label}`."},
            "min": {**bound, "description": "The least value, length or number of ticks."},
            "max": {**bound, "description": "The greatest value, length or number of ticks."},
            "pattern": part("word", "A regular expression (RE2) that the whole text matches."),
            "message": part("words", "What is said when `pattern` or `must` refuses."),
            "default": part("expression", "Filled in beforehand, and the value if it is left empty."),
            "known": part("expression", "Where this is known and legal for every field, the form is passed over."),
            "must": part("expression", "A rule that the form must keep when it is sent."),
        })], "title": "a field: its type, or {type, label, ..}"},
        "fields": {"type": "object", "propertyNames": {"pattern": ID}, "additionalProperties": ref("field"), "maxProperties": 500, "title": "fields by name"},
        "contract": {"anyOf": [{"type": "null"}, ref("fields")], "title": "what it gives, by name: {} for nothing"},
    }  # fmt: skip


def _vocabulary() -> dict[str, Any]:
    methods = ("get", "post", "put", "patch", "delete")
    http = mapping({
        **{method: part("word", f"The address that is called by {method.upper()}, with `{{placeholders}}` for settings.") for method in methods},
        "timeout": part("duration", "How long to wait for the answer, like `5s`."),
        "exit": part("expression", "Where the answer names the exit (JMESPath)."),
        "outputs": {"type": "object", "additionalProperties": ref("word"), "description": "Where the answer holds each output (JMESPath)."},
        "headers": {"type": "object", "additionalProperties": ref("word"), "description": "Headers to send; secrets come from settings."},
        "body": {"description": "What is sent; all inputs unless said."},
    }, description="How it is called. Addresses and secrets come from the server's settings.")  # fmt: skip
    table = mapping({
        "file": part("word", "The CSV file, from the library's root."),
        "match": {"type": "object", "minProperties": 1, "additionalProperties": ref("word"), "description": "Which column must fit which input: `zone: zone`, `up_to_kg: \">= kg\"`."},
    }, required=["file", "match"], description="Answered by a file: waits for nothing and cannot fail.")  # fmt: skip
    result = mapping({"exit": part("word", "The exit that it takes.")}, required=["exit"])
    result["additionalProperties"] = True
    return {
        "entry": {"anyOf": [ref("words"), mapping({
            "label": part("words", "What people read."),
            "kpi": part("way", "The kpi that it counts for."),
        })], "title": "a label, or {label, ..}"},
        "action": mapping({
            "label": part("words", "What whoever does it reads."),
            "takes": part("fields", "What it needs, by name."),
            "exits": entries(ref("contract"), "How it can end, and what each exit gives: `{none: {}, known: {eta: text}}`."),
            "labels": {"type": "object", "additionalProperties": ref("words"), "description": "The labels of its exits."},
            "failed": part("way", "The exit for a time-out, an error, a malformed answer."),
            "safe_to_repeat": part("yes_or_no", "Whether doing it twice does no harm."),
            "by": part("way", "The team that does it: the walk is parked until one of them picks the exit."),
            "http": http,
            "table": table,
            "note": part("note", "The author's own."),
        }, required=["exits"], snippets=[("an action", {"label": "$1", "takes": {"$2": "text"}, "exits": {"$3": {}, "failed": {}}, "failed": "failed"})]),
        "result": {"anyOf": [ref("way"), result], "title": "an exit, or {exit, outputs ..}"},
        "results": {"anyOf": [ref("result"), {"type": "array", "items": ref("result"), "minItems": 1}], "title": "an exit, {exit, outputs ..}, or a list of these"},
    }  # fmt: skip


def _nodes() -> dict[str, Any]:
    """The verbs, each under its own name, and what every node can have beside its verb."""
    own = {verb: VERBS[verb].SCHEMA for verb in VERBS}
    verbs = {
        verb: mapping(
            {**part["properties"], **{key: ref(f"node_{key}") for key in _COMMON}},
            required=list(part["required"]),
        )
        for verb, part in own.items()
    }
    common = {f"node_{key}": part for key, part in _COMMON.items()}
    node = {
        "anyOf": [ref(verb) for verb in VERBS],
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
    "hint": part("words", "For the agent alone."),
    "help": part("words", "For the customer alone."),
    "image": part("image", "A picture."),
    "link": {
        "anyOf": [
            ref("word"),
            mapping({"to": part("word", "`https:`, `tel:` or `mailto:`"), "label": part("words", "What is shown.")}, required=["to"]),
        ],
        "title": "an address, or {to, label}",
        "description": "A link beside the words.",
    },
    "limit": mapping(
        {"visits": {"type": "integer", "minimum": 1, "maximum": 1_000, "description": "How often one may come here."},
         "then": part("way", "Where the next entry goes instead.")},
        required=["visits", "then"],
        description="After so many visits the next entry goes elsewhere: `{visits: 3, then: NODE}`.",
        snippets=[("a limit", {"visits": 3, "then": "$1"})],
    ),
    "expect": part("duration", "The time that this step should take, like `20s`."),
    "tags": part("tags", "What rules and reports select by."),
    "note": part("note", "The author's own; nobody else sees it."),
    "verbatim": part("yes_or_no", "Read word for word; no channel paraphrases it."),
    "only": part("person", "For this audience alone."),
    "anytime": part("yes_or_no", "`false`: offers no `anytime` exits here."),
    "follow_up": {
        "anyOf": [ref("follow_up"), {"type": "array", "items": ref("follow_up"), "minItems": 1}],
        "title": "a promise {due, why, by}, or a list of them",
        "description": "A promise that this step makes.",
    },
}  # fmt: skip
