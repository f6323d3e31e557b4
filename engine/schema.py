"""The JSON Schemas of the format, put together from the verbs and the field types.

``schemas/*.schema.json`` are these, written out for editors by ``make schemas``; a test keeps them
fresh. The gate over a whole file is jsonschema-rs (a thousand nodes in three milliseconds); only
where it finds something wrong does ``engine.files.shape`` say what, in our words. The one door of both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from engine.building import vocabulary
from engine.building.definitions import ID, definitions, entries, mapping, part, ref, several
from engine.building.rules import broken_rules
from engine.files import shape
from engine.files.document import Document
from engine.model import AUDIENCES, CHANNEL_NAMES, LIMITS, Finding, Limits

Kind = Literal["tree", "library", "stories", "texts"]
KINDS: tuple[Kind, ...] = ("tree", "library", "stories", "texts")
_MOST_FINDINGS = 20  # of one file: who has more has made one mistake often


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of file, with those definitions alone that it needs."""
    body = _described(_BODIES[kind]())
    known = _described(definitions())
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
    return mapping(
        {
            "format": _FORMAT,
            "title": part("words", "What the tree is about, for whoever looks for it."),
            "summary": part("words", "What it does, in a sentence or two."),
            "owner": part("word", "Who answers for it."),
            "tags": part("tags", "What it is found and reported by."),
            "audience": several(AUDIENCES, "Who walks it: `agent`, `customer`, `system`. Agents unless said.", least=1),
            "channels": several(CHANNEL_NAMES, "The channels that it must be speakable on."),
            "languages": mapping(
                {"source": part("language", "The language of this file."),
                 "also": {"type": "array", "items": ref("language"), "uniqueItems": True, "description": "The languages that it is translated into, each in a side file `NAME.LANGUAGE.yaml`."}},
                description="The languages of the tree.",
            ),
            "start": part("way", "The node where a walk begins."),
            "given": part("fields", "What is known before the walk: from the CRM, the address, a self-service walk."),
            "facts": part("expressions", "Named expressions; computed, never assigned."),
            "texts": part("texts", "Named words, shown by `{text.NAME}` in any text."),
            "anytime": entries(ref("anytime"), "Exits offered on every `ask` and `tell`.", most=50),
            "exits": entries(ref("contract"), "Makes the tree usable as a subtree: its exits, and what each returns.", least=0),
            "nodes": {**entries(ref("node"), "The steps, by id. Each begins with its verb: `ask tell decide run use end`."), "maxProperties": 1_000_000},
            "renamed": {"type": "object", "propertyNames": {"pattern": ID}, "additionalProperties": ref("way"), "description": "Old ids of nodes and what they are called now: `old: new`."},
            "allow": {"type": "array", "items": ref("allow"), "description": "Warnings that are accepted, with the reason."},
        },
        required=["format", "title", "start", "nodes"],
        title="a tree: a mapping with format, title, start and nodes",
    )  # fmt: skip


def _library() -> dict[str, Any]:
    return mapping(
        {
            "format": _FORMAT,
            "actions": entries(ref("action"), "Contracts with the outside world.", least=0),
            "teams": entries(ref("entry"), "Who walks are handed to: `{id: {label}}`.", least=0),
            "dispositions": entries(ref("entry"), "How a walk can end, for reports: `{id: {label}}`.", least=0),
            "kpis": entries(ref("entry"), "What ends count for: `{id: {label}}`.", least=0),
            "constants": entries(ref("word"), "Values that all trees share, like the company's name: `{constants.NAME}`.", least=0),
            "texts": part("texts", "Named words that all trees share."),
            "timezone": part("word", "The time zone of `now` and `today`, like `Europe/Berlin`."),
            "workdays": several(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "The days on which people work; Monday to Friday unless said.", least=1),
            "holidays": {"type": "array", "items": ref("word"), "uniqueItems": True, "description": "Days off, like `2026-12-25`."},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "title": "three capitals like EUR (ISO 4217)", "description": "The currency of money, like `EUR` (ISO 4217)."},
            "language": part("language", "The language of this file's labels and texts; `en` unless said."),
        },
        required=["format"],
        title="a library: a mapping that begins with format: 1",
    )  # fmt: skip


def _stories() -> dict[str, Any]:
    expect = mapping(
        {
            "end": part("way", "The end that it comes to."),
            "at": part("way", "The node where it stands when the answers run out."),
            "disposition": part("way", "How it is counted."),
            "shown": part("names", "Nodes that it comes to."),
            "not_shown": part("names", "Nodes that it does not come to."),
            "visits": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}, "description": "How often it comes to nodes: `{reboot: 2}`."},
        },
        description="How it ends: `{end, disposition, shown, not_shown, visits}`, or `{at}` where it stands.",
    ) | {"minProperties": 1}  # fmt: skip
    story = mapping(
        {
            "story": part("words", "What happens, in a few words."),
            "at": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$", "title": "a day or a moment like 2026-03-02T19:30", "description": "When, like `2026-03-02T19:30`, in the library's time zone."},
            "audience": {"enum": list(AUDIENCES), "description": "Who walks."},
            "channel": {"enum": list(CHANNEL_NAMES), "description": "By which channel."},
            "language": part("language", "In which language."),
            "given": {"type": "object", "description": "What is known before: `{plan: fibre}`."},
            "actions": {"type": "object", "additionalProperties": ref("results"), "description": "What actions give, by node or action: an exit, or `{exit, outputs ..}`; a list is one per visit, the last repeats."},
            "answers": {"type": "object", "description": "What is answered, by node (`USE.NODE` inside a subtree); a list is one per visit."},
            "expect": expect,
            "note": part("note", "The author's own."),
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
    entry = mapping(
        {"text": part("note", "The words in this language."),
         "of": part("word", "The first 12 hex digits of the SHA-256 of the source text that they were made from.")},
        required=["text"],
    )  # fmt: skip
    return mapping(
        {
            "format": _FORMAT,
            "translates": part("way", "The tree (or `library`) whose texts these are."),
            "language": part("language", "The language of these texts, like `fr`."),
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
