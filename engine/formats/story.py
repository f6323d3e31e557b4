"""A story as YAML, ready to be pasted into a stories file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Plain words that no YAML reader takes for anything but text; all else is quoted.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ./+-]*\Z")
_TAKEN = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def spelled(story: Mapping[str, Any]) -> str:
    """The story as one entry of a stories file."""
    lines = [f"{name}: {_flow(value)}" for name, value in story.items()]
    return "- " + "\n  ".join(lines) + "\n"


def _flow(value: Any) -> str:
    match value:
        case Mapping():
            return "{" + ", ".join(f"{_key(k)}: {_flow(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str():
            return _word(value)
        case _:
            return json.dumps(value)


def _key(key: str) -> str:
    return key if re.match(r"[a-z][a-z0-9_.]*\Z", key) else json.dumps(key, ensure_ascii=False)


def _word(text: str) -> str:
    plain = _PLAIN.match(text) and text == text.strip() and text.lower() not in _TAKEN
    moment = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d\Z", text)
    return text if plain or moment else json.dumps(text, ensure_ascii=False)
