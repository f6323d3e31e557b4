"""The JSON Schemas of the format, put together from the verbs and the field types.

``schemas/*.schema.json`` are these, written out for editors by ``make schemas``; a test keeps them
fresh. The gate over a whole file is jsonschema-rs (a thousand nodes in three milliseconds); only
where it finds something wrong does ``engine.shape`` say what, in our words. The one door of both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from engine import shape
from engine.document import Document
from engine.fields import FIELDS
from engine.model import AUDIENCES, CHANNEL_NAMES, LIMITS, Finding, Limits
from engine.nodes import VERBS
from engine.rules import broken_rules

Kind = Literal["tree", "library", "stories", "texts"]
KINDS: tuple[Kind, ...] = ("tree", "library", "stories", "texts")
_ID = r"^[a-z][a-z0-9_]{0,63}$"
_WORD: Mapping[str, Any] = {"type": ["string", "number", "boolean"]}


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of file."""
    body = _BODIES[kind]()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Fingerpost {kind}, format 1",
        **body,
        "$defs": _described(_definitions()),
    }


def validate(document: Document, kind: str, limits: Limits = LIMITS) -> list[Finding]:
    """What keeps a document from being built, in words that its author can use."""
    if document.fit or (_gate(kind).is_valid(document.data)):
        return list(broken_rules(document, limits)) if kind == "tree" and not document.fit else []
    found = list(shape.told(document, schema(kind)))
    if not found:  # the gate is never wrong without a reason given
        found = [shape.finding(document, (), "something here has not the shape that is wanted")]
    return found


@cache
def _gate(kind: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema(kind))


# ------------------------------------------------------------------------------ files


def _tree() -> dict[str, Any]:
    return _object(
        {
            "format": {"const": 1, "description": "The version of this format."},
            "title": _d("words", "What the tree is about, for whoever looks for it."),
            "summary": _d("words", "What it does, in a sentence or two."),
            "owner": _d("word", "Who answers for it."),
            "tags": _d("tags", "What it is found and reported by."),
            "audience": {
                "type": "array",
                "items": {"enum": list(AUDIENCES)},
                "minItems": 1,
                "description": "Who walks it: agent, customer, system. Agents unless said.",
            },
            "channels": {
                "type": "array",
                "items": {"enum": list(CHANNEL_NAMES)},
                "description": "The channels that it must be speakable on.",
            },
            "languages": _object(
                {"source": _d("word", "The language of this file."),
                 "also": _d("tags", "The languages that it is translated into.")},
                description="The languages of the tree.",
            ),
            "start": _d("way", "The node where a walk begins."),
            "given": _d("fields", "What is known before the walk: from the CRM, the address, a self-service walk."),
            "facts": _d("expressions", "Named expressions; computed, never assigned."),
            "texts": _d("texts", "Named words, shown by `{text.NAME}`."),
            "anytime": _map(_ref("anytime"), "Exits offered on every step."),
            "exits": _map(_d("contract", "What it gives back."), "Makes the tree usable as a subtree: its exits, and what each returns.", least=0),
            "nodes": _map(_ref("node"), "The steps, by id."),
            "renamed": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Old ids of nodes and what they are called now."},
            "allow": {"type": "array", "items": _ref("allow"), "description": "Warnings that are accepted, with the reason."},
        },
        required=["format", "title", "start", "nodes"],
    )  # fmt: skip


def _library() -> dict[str, Any]:
    entry = _object(
        {
            "label": _d("words", "What people read."),
            "kpi": _d("word", "The kpi that it counts for."),
        }
    )
    entries = _map({"anyOf": [_ref("words"), entry]}, "", least=0)
    return _object(
        {
            "format": {"const": 1, "description": "The version of this format."},
            "actions": _map(_ref("action"), "Contracts with the outside world.", least=0),
            "teams": {**entries, "description": "Who walks are handed to."},
            "dispositions": {**entries, "description": "How a walk can end, for reports."},
            "kpis": {**entries, "description": "What ends count for."},
            "constants": {"type": "object", "propertyNames": {"pattern": _ID}, "additionalProperties": dict(_WORD), "description": "Values that all trees share, like the company's name."},
            "texts": _d("texts", "Named words that all trees share."),
            "timezone": _d("word", "The time zone of `now` and `today`, like Europe/Berlin."),
            "workdays": {"type": "array", "items": {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}, "description": "The days on which people work."},
            "holidays": {"type": "array", "items": dict(_WORD), "description": "Days off, like 2026-12-25."},
            "currency": _d("word", "The currency of money, like EUR (ISO 4217)."),
            "language": _d("word", "The language of this file's labels and texts."),
        },
        required=["format"],
    )  # fmt: skip


def _stories() -> dict[str, Any]:
    expect = _object(
        {
            "end": _d("word", "The end that it comes to."),
            "at": _d("word", "The node where it stands when the answers run out."),
            "disposition": _d("word", "How it is counted."),
            "shown": _d("names", "Nodes that it comes to."),
            "not_shown": _d("names", "Nodes that it does not come to."),
            "visits": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "How often it comes to nodes."},
        }
    )  # fmt: skip
    story = _object(
        {
            "story": _d("words", "What happens, in a few words."),
            "at": _d("word", "When, like 2026-03-02T19:30."),
            "audience": {"enum": list(AUDIENCES), "description": "Who walks."},
            "channel": {"enum": list(CHANNEL_NAMES), "description": "By which channel."},
            "language": _d("word", "In which language."),
            "given": {"type": "object", "description": "What is known before."},
            "actions": {"type": "object", "description": "What actions give, by node or action: an exit, or {exit, outputs}; a list is one per visit."},
            "answers": {"type": "object", "description": "What is answered, by node (USE.NODE inside a subtree); a list is one per visit."},
            "expect": {**expect, "description": "How it ends."},
            "note": _d("words", "The author's own."),
        },
        required=["story", "expect"],
    )  # fmt: skip
    return {"type": "array", "items": story}


def _side() -> dict[str, Any]:
    entry = _object(
        {"text": _d("words", "The words in this language."),
         "of": _d("word", "The first 12 hex digits of the SHA-256 of the source text.")},
        required=["text"],
    )  # fmt: skip
    return _object(
        {
            "format": {"const": 1, "description": "The version of this format."},
            "translates": _d("word", "The tree (or `library`) whose texts these are."),
            "language": _d("word", "The language of these texts, like fr."),
            "texts": {"type": "object", "additionalProperties": entry, "description": "The texts by their address in the source."},
        },
        required=["format", "translates", "language", "texts"],
    )  # fmt: skip


_BODIES: Mapping[str, Any] = {
    "tree": _tree,
    "library": _library,
    "stories": _stories,
    "texts": _side,
}


# ------------------------------------------------------------------------------ parts


def _object(
    properties: Mapping[str, Any], required: list[str] | None = None, description: str = ""
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if required:
        found["required"] = required
    return found | ({"description": description} if description else {})


def _map(of: Mapping[str, Any], description: str, least: int = 1) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"pattern": _ID},
        "additionalProperties": dict(of),
        "minProperties": least,
        "description": description,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _d(name: str, description: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}", "description": description}


def _definitions() -> dict[str, Any]:
    number = {"type": ["integer", "number", "string"]}
    bounds = {
        "min": {**number, "description": "The least value, length or number of ticks."},
        "max": {**number, "description": "The greatest value, length or number of ticks."},
    }
    return {
        "words": {**_WORD, "title": "words"},
        "word": {**_WORD, "title": "a word"},
        "way": {**_WORD, "title": "the id of a node"},
        "expression": {**_WORD, "title": "an expression"},
        "duration": {"type": ["string", "integer"], "pattern": "^[0-9]{1,6}[smhd]?$", "title": "a time like 120s"},
        "yes_or_no": {"type": "boolean", "title": "true or false"},
        "tags": {"type": "array", "items": _ref("word"), "title": "a list of words"},
        "names": {"anyOf": [_ref("word"), _ref("tags")], "title": "a word or a list of words"},
        "expressions": {"type": "object", "propertyNames": {"pattern": _ID}, "additionalProperties": _ref("expression")},
        "ways": _map(_ref("way"), ""),
        "image": {"anyOf": [_ref("word"), _object({
            "file": _d("word", "Its path from the library's root, like media/router.png."),
            "alt": _d("words", "What it shows, for whoever cannot see it."),
        }, required=["file"])], "title": "a picture: {file, alt}"},
        "choices": _map({"anyOf": [{"type": "null"}, _ref("words"), _object({
            "label": _d("words", "What is shown; made from the id if left out."),
            "next": _d("way", "Where it leads."),
            "hint": _d("words", "For the agent alone."),
            "image": _d("image", "A picture of it."),
            "only": {"enum": ["agent", "customer"], "description": "Offered to this audience only."},
            "when": _d("expression", "Offered only then."),
        })]}, "The answers to choose from: `id: NODE`, `id: {label, next}`, or `id: Label` where the node has one `next`."),
        "none_of_these": {"anyOf": [{"type": "boolean"}, _ref("words"), _object({
            "label": _d("words", "What is shown."),
            "next": _d("way", "Where it leads (with `choices_from`)."),
        })], "description": "One may say: none of these."},
        "field": {"anyOf": [{"enum": list(FIELDS)}, _object({
            "type": {"enum": list(FIELDS), "description": "What kind of value it is; text unless said."},
            "list": {"anyOf": [_ref("word"), _ref("fields")], "description": "The columns of a list of rows; the first is the row's id."},
            "label": _d("words", "What is shown; made from the name if left out."),
            "help": _d("words", "A word of help beside it."),
            "required": _d("yes_or_no", "Whether it must be filled in; true unless said."),
            "private": _d("yes_or_no", "A personal value: kept apart from the record, and erasable."),
            "of": {"anyOf": [
                {"type": "array", "items": _ref("word"), "minItems": 1},
                {"type": "object", "propertyNames": {"pattern": _ID}, "additionalProperties": {"anyOf": [{"type": "null"}, _ref("words")]}, "minProperties": 1},
            ], "description": "The choices: a list of ids, or {id: Label}."},
            **bounds,
            "pattern": _d("word", "A regular expression (RE2) that the whole text matches."),
            "message": _d("words", "What is said when `pattern` or `must` refuses."),
            "default": _d("expression", "Filled in beforehand, and the value if it is left empty."),
            "known": _d("expression", "Where this is known and legal for every field, the form is passed over."),
            "must": _d("expression", "A rule that the form must keep when it is sent."),
        })], "title": "a field"},
        "fields": {"type": "object", "propertyNames": {"pattern": _ID}, "additionalProperties": _ref("field")},
        "contract": {"anyOf": [{"type": "null"}, _ref("fields")]},
        "texts": _map({"anyOf": [_ref("words"), {"type": "array", "minItems": 1, "items": _object({
            "when": _d("expression", "Shown only then; left out: otherwise."),
            "say": _d("words", "The words."),
        }, required=["say"])}]}, "", least=0),
        "anytime": {"anyOf": [_ref("way"), _object({
            "label": _d("words", "What is shown."),
            "next": _d("way", "Where it leads."),
            "only": {"enum": ["agent", "customer"], "description": "Offered to this audience only."},
            "when": _d("expression", "Offered only then."),
        }, required=["next"])]},
        "follow_up": _object({
            "due": _d("expression", "When it is due: a date or a moment."),
            "why": _d("words", "What was promised."),
            "by": _d("word", "The team that keeps the promise."),
        }, required=["due", "why"]),
        "allow": _object({
            "check": _d("word", "The check whose warning is accepted."),
            "node": _d("word", "At which node; left out: anywhere in the tree."),
            "why": _d("words", "The reason."),
        }, required=["check", "why"]),
        "action": _action(),
        "node": {"anyOf": [_node(verb) for verb in VERBS], "x-verbs": list(VERBS)},
    }  # fmt: skip


def _action() -> dict[str, Any]:
    http = {
        "type": "object",
        "additionalProperties": True,
        "description": "How it is called: {post: ADDRESS, timeout, exit, outputs}. Addresses and secrets come from settings.",
    }
    table = _object({
        "file": _d("word", "The CSV file, from the library's root."),
        "match": _d("expressions_of_match", "Which column must fit which input: `zone: zone`, `up_to_kg: \">= kg\"`."),
    }, required=["file", "match"])  # fmt: skip
    table["properties"]["match"] = {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": 'Which column must fit which input: `zone: zone`, `up_to_kg: ">= kg"`.',
    }
    return _object({
        "label": _d("words", "What whoever does it reads."),
        "takes": _d("fields", "What it needs."),
        "exits": _map(_ref("contract"), "How it can end, and what each exit gives."),
        "labels": {"type": "object", "additionalProperties": _ref("words"), "description": "The labels of its exits."},
        "failed": _d("word", "The exit for a time-out, an error, a malformed answer."),
        "safe_to_repeat": _d("yes_or_no", "Whether doing it twice does no harm."),
        "by": _d("word", "The team that does it."),
        "http": http,
        "table": {**table, "description": "Answered by a file: waits for nothing and cannot fail."},
        "note": _d("words", "The author's own."),
    }, required=["exits"])  # fmt: skip


def _node(verb: str) -> dict[str, Any]:
    own = VERBS[verb].SCHEMA
    return _object({**own["properties"], **_COMMON}, required=list(own["required"]))


_COMMON: Mapping[str, Any] = {
    "hint": _d("words", "For the agent alone."),
    "help": _d("words", "For the customer alone."),
    "image": _d("image", "A picture."),
    "link": {
        "anyOf": [
            _ref("word"),
            _object({"to": _d("word", "https:, tel: or mailto:"), "label": _d("words", "What is shown.")}, required=["to"]),
        ],
        "description": "A link beside the words.",
    },
    "limit": _object(
        {"visits": {"type": "integer", "minimum": 1, "description": "How often one may come here."},
         "then": _d("way", "Where the next entry goes instead.")},
        required=["visits", "then"],
        description="After so many visits the next entry goes elsewhere.",
    ),
    "expect": _d("duration", "The time that this step should take, like 20s."),
    "tags": _d("tags", "What rules and reports select by."),
    "note": _d("words", "The author's own; nobody else sees it."),
    "verbatim": _d("yes_or_no", "Read word for word; no channel paraphrases it."),
    "only": {"enum": ["agent", "customer"], "description": "For this audience alone."},
    "anytime": _d("yes_or_no", "false: offers no `anytime` exits here."),
    "follow_up": {
        "anyOf": [_ref("follow_up"), {"type": "array", "items": _ref("follow_up"), "minItems": 1}],
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
        yield folder / f"{kind}.schema.json", json.dumps(schema(kind), indent=2) + "\n"


if __name__ == "__main__":
    for path, text in files(Path(sys.argv[1] if len(sys.argv) > 1 else "schemas")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
