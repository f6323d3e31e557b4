"""The body of a call, read strictly: what is wrong with it is said in words, at its field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from engine.errors import FingerpostError, near

MOST_DEEP = 20


class BadRequest(FingerpostError):
    """The body of a call is not what this call takes; ``fields`` says where. ``status`` is 400 for
    what is no JSON at all."""

    def __init__(
        self, message: str, fields: Mapping[str, str] | None = None, status: int = 422
    ) -> None:
        self.fields, self.status = dict(fields or {}), status
        super().__init__(message)


def read(raw: bytes, kind: Any) -> tuple[Any, Any]:
    """The body of a call, and the same as plain JSON. Raises BadRequest, in words."""
    try:
        data = json.loads(
            raw, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
        json.dumps(data, ensure_ascii=False).encode()  # a lone surrogate is no text
    except UnicodeEncodeError:
        raise BadRequest(
            "the body holds half a character (a lone surrogate)", status=400
        ) from None
    except (ValueError, RecursionError) as wrong:
        raise BadRequest(f"the body is no JSON that can be read: {wrong}", status=400) from None
    if not isinstance(data, dict):
        raise BadRequest("the body is a JSON object")
    if _depth(data) > MOST_DEEP:
        raise BadRequest(f"the body is nested more than {MOST_DEEP} deep")
    try:
        return msgspec.convert(data, kind), data
    except msgspec.ValidationError as wrong:
        raise _in_words(str(wrong), data, kind) from None


_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_NAMED = re.compile(r"`([^`]+)`")
_FIELD = re.compile(r"field `(.*)`", re.DOTALL)  # what was sent: it may be empty, or hold a ` too
_JSON = {
    "str": "text", "int": "a whole number", "float": "a number", "object": "an object",
    "array": "a list", "bool": "true or false", "null": "null", "datetime": "a moment",
}  # fmt: skip


def _in_words(told: str, data: Mapping[str, Any], kind: Any) -> BadRequest:
    """A validator's sentence in our words, with the field that it is about."""
    at = _AT.search(told)
    field = at.group(1) if at else ""
    told = _AT.sub("", told)
    if "missing required field" in told:
        name = _FIELD.findall(told)[-1]
        return BadRequest(f"{name!r} is needed", {name: "is needed"})
    if "unknown field" in told:
        name = _FIELD.findall(told)[-1]
        known = _known(kind, str(data.get("type")))
        words = f"this call takes no {name!r}{near(name, known)}"
        return BadRequest(words, {name: f"is not known here; there are {', '.join(known)}"})
    if field == "type" and told.startswith("Invalid value"):
        known = sorted(_tags(kind))
        words = f"there is no such event to send{near(str(data.get('type')), known)}"
        return BadRequest(words, {"type": f"one of {', '.join(known)}"})
    words = _NAMED.sub(lambda m: _plain(m.group(1)), told).replace("Expected ", "wanted is ")
    return BadRequest(f"{field or 'the body'}: {words}", {field: words})


def _plain(types: str) -> str:
    return " or ".join(_JSON.get(part.strip(), part.strip()) for part in types.split("|"))


def _tags(kind: Any) -> dict[str, Any]:
    found = getattr(kind, "__args__", ())
    return {str(one.__struct_config__.tag): one for one in found}


def _known(kind: Any, tag: str) -> list[str]:
    one = _tags(kind).get(tag, kind)
    names = [field.name for field in msgspec.structs.fields(one)]
    return ["type", *names] if one is not kind else names


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _finite(word: str) -> float:
    found = float(word)
    if found in (float("inf"), float("-inf")):
        raise ValueError(f"{word[:20]} is too large a number")
    return found


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            waiting += [(inner, depth + 1) for inner in item.values()]
        elif isinstance(item, list):
            waiting += [(inner, depth + 1) for inner in item]
    return deepest
