"""Tables of cases in YAML, read by the engine's own reader, and small libraries made from a row."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from engine.formats.yaml import read
from engine.library import read_library
from engine.model import Tree

HERE = Path(__file__).parent
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

LIBRARY: Mapping[str, Any] = {
    "format": 1,
    "teams": {"care": {"label": "Care"}, "field": {"label": "Field force"}},
    "dispositions": {"done": {"label": "Done"}, "lost": {"label": "Lost"}},
    "kpis": {"solved": {"label": "Solved"}},
    "constants": {"limit": 60},
    "actions": {
        "look": {
            "takes": {"line": {"type": "text", "required": False}},
            "exits": {
                "none": {},
                "known": {"eta": "text", "price": {"type": "money", "required": False}},
                "failed": {},
            },
            "failed": "failed",
            "safe_to_repeat": True,
        },
        "book": {
            "label": "Book the visit",
            "takes": {"slot": {"type": "text", "required": False}},
            "exits": {"booked": {"code": "text"}, "full": {}},
            "failed": "full",
        },
        "slots": {
            "takes": {},
            "exits": {
                "found": {"options": {"list": {"slot": "text", "label": "text", "day": "date"}}},
                "none": {},
            },
            "failed": "none",
            "safe_to_repeat": True,
        },
        "approve": {
            "by": "care",
            "takes": {"amount": "money"},
            "exits": {"approved": {}, "refused": {"reason": "text"}},
        },
        "parcel": {
            "takes": {"kg": "number"},
            "exits": {"found": {"price": "money"}, "none": {}},
            "table": {"file": "lists/parcel.csv", "match": {"up_to_kg": ">= kg"}},
        },
    },
}
SUBTREE: Mapping[str, Any] = {
    "format": 1,
    "title": "A subtree",
    "audience": ["agent", "customer", "system"],
    "start": "first",
    "given": {"hint": {"type": "text", "required": False}},
    "exits": {"good": {"code": "text"}, "bad": {}},
    "nodes": {
        "first": {"ask": "Which, inside?", "choices": {"a": "form", "b": "no", "out": "gone"}},
        "form": {"ask": "Say.", "fields": {"code": {"type": "text"}}, "next": "yes"},
        "yes": {"end": "Good.", "exit": "good", "returns": {"code": "form.code"}},
        "no": {"end": "Bad.", "exit": "bad", "disposition": "lost"},
        "gone": {"end": "Gone.", "disposition": "lost"},
    },
}
FILES = {"lists/parcel.csv": "up_to_kg,price\n2,4.50\n10,9.00\n"}
_NOT_NODES = {"here"}


def table(name: str) -> list[dict[str, Any]]:
    """The rows of ``tests/NAME.yaml``."""
    path = HERE / f"{name}.yaml"
    document = read(path.read_bytes(), str(path))
    assert not document.warnings, document.warnings
    rows: list[dict[str, Any]] = document.data
    return rows


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["it"] for row in rows]


def tree_of(row: Mapping[str, Any]) -> Tree:
    """The tree of a row: ``node`` is its start ``n``; ``nodes`` and ``tree`` say more; a node that
    is led to and not there is an end. ``sub`` are the nodes, and ``library`` the parts, to add."""
    spelled = {
        "tree": _tree(row),
        "sub": _merged(SUBTREE, row.get("sub") or {}),
        "library": _merged(LIBRARY, row.get("library") or {}),
        **{name: row["files"][name] for name in row.get("files") or {}},
    }
    return _built(json.dumps(spelled, sort_keys=False))


def _tree(row: Mapping[str, Any]) -> dict[str, Any]:
    own = {"n": row["node"]} if "node" in row else {}
    nodes = {**own, **(row.get("nodes") or {})}
    tree = {"format": 1, "title": "A tree", "start": next(iter(nodes)), **(row.get("tree") or {})}
    anytime = tree.get("anytime") or {}
    short = [way for way in anytime.values() if isinstance(way, str)]
    for to in [*_led_to([nodes, anytime]), *short]:
        if to not in nodes and to not in _NOT_NODES:
            nodes[to] = {"end": f"At {to}.", "disposition": "done"}
    return {**tree, "nodes": nodes}


def _led_to(data: Any, key: str = "") -> list[str]:
    """Every node that something leads to."""
    if isinstance(data, list):
        return [to for item in data for to in _led_to(item, key)]
    if isinstance(data, str):
        return [data] if key in ("next", "then", "otherwise") else []
    if not isinstance(data, dict):
        return []
    found = []
    for name, value in data.items():
        shared = name == "choices" and "next" in data
        if name in ("choices", "exits") and not shared:
            found += [v for v in value.values() if isinstance(v, str)]
        if name not in ("fields", "given"):
            found += _led_to(value, name)
    return found


def _merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for name, value in more.items():
        old = found.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        found[name] = _merged(old, value) if both and old is not None else value
    return found


@cache
def _built(spelled: str) -> Tree:
    parts = json.loads(spelled)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in parts.items():
            (Path(folder) / f"{name}.yaml").write_text(json.dumps(data), encoding="utf-8")
        for name, text in FILES.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        library = read_library(Path(folder))
    wrong = [f.message for f in library.findings if f.severity == "error"]
    assert not wrong, wrong
    return library.trees["tree"]
