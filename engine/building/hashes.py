"""The two hashes of a tree: *logic*, what decides the way, and *text*, what people read.

A walk is pinned to the logic hash; new wording with the same logic reaches open walks at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from engine.model import Action, Expr, Field, Image, Link, Noun, Text, Tree
from engine.parts import exprs, texts
from engine.record import canonical

# What decides nothing: where things stand in a file, who owns it, how an action is called, and
# what `parts` has already turned into texts.
_NEITHER = frozenset({"at", "expect", "tags", "labels", "exit_labels", "http", "how", "label"})


def hashes(tree: Tree) -> tuple[str, str]:
    """SHA-256 over canonical JSON, in hex: of the logic, of the text."""
    return _sha(logic_of(tree)), text_hash(tree)


def text_hash(tree: Tree) -> str:
    """The hash of what people read alone: translations change no logic."""
    return _sha(text_of(tree))


def _sha(value: Any) -> str:
    return sha256(canonical(value)).hexdigest()


def logic_of(tree: Tree) -> dict[str, Any]:
    """What the logic hash is taken over."""
    used = " ".join(expr.source for expr in exprs(tree))
    calendar = tree.calendar
    return {
        "id": tree.id,
        "start": tree.start,
        "audience": tree.audience,
        "given": _plain(tree.given),
        "facts": _plain(tree.facts),
        "anytime": _plain(tree.anytime),
        "contract": _plain(tree.contract),
        "nodes": {
            id: {"verb": type(node).__name__, **_plain(node)} for id, node in tree.nodes.items()
        },
        "uses": {id: other.logic for id, other in tree.uses.items()},
        "constants": {
            name: _plain(value)
            for name, value in tree.constants.items()
            if f"constants.{name}" in used
        },
        "calendar": [
            calendar.timezone,
            sorted(calendar.workdays),
            sorted(map(str, calendar.holidays)),
        ],
    }


def _plain(value: Any) -> Any:
    match value:
        case None | str() | bool() | int():
            return value
        case Expr():
            return value.source
        case Text() | Image() | Link():
            return None
        case Noun():
            names = _FIELDS.get(type(value), value.__struct_fields__)
            found = {name: _plain(getattr(value, name)) for name in names if name not in _NEITHER}
            return {
                name: plain for name, plain in found.items() if plain not in (None, "", [], {})
            }
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case Decimal() | date() | datetime():
            return str(value)
        case tuple() | frozenset() | list():
            return [
                _plain(item) for item in (sorted(value) if isinstance(value, frozenset) else value)
            ]
        case _:
            return str(value)


_FIELDS: Mapping[type, tuple[str, ...]] = {
    Action: ("id", "takes", "exits", "min_rows", "failed", "by", "safe_to_repeat", "table"),
    Field: (
        "name",
        "type",
        "required",
        "private",
        "of",
        "min",
        "max",
        "pattern",
        "default",
        "must",
        "known",
        "columns",
    ),
}


def text_of(tree: Tree) -> dict[str, Any]:
    """What the text hash is taken over."""
    return {
        "words": {text.address: text.source for text in texts(tree)},
        "variants": {
            name: [None if when is None else when.source for when, _ in named.variants]
            for name, named in tree.texts.items()
        },
        "images": {
            id: node.image.file for id, node in tree.nodes.items() if node.image is not None
        },
        "translations": {
            language: {address: text.source for address, text in words.items()}
            for language, words in tree.translations.items()
        },
        "uses": {id: other.text for id, other in tree.uses.items()},
    }
