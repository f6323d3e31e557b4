"""Help with quoting, where six of eleven hand-written trees went wrong at first. Not a format."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PAIR = re.compile(r"^(\s*(?:- )?)([\w.]+)(:\s+)(.+?)\s*$")
_ITEM = re.compile(r"^(\s*- )(.+?)\s*$")
_BEGINNINGS = tuple("{[*&!>|@'\"%`")
_COMMENT = re.compile(r"\s\s+#.*$")
_IN_FLOW = re.compile(r"([\w]+):\s+([^\"'{}\[\],][^{}\[\]]*?)(?=,\s*[\w]+:\s|\s*\})")


def quote(text: str) -> str:
    """A text in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted(line: str, whole: bool = False) -> str | None:
    """The line with its text in quotes, ready to paste; None where no text can be made out."""
    found = _PAIR.match(line)
    if found is None:
        item = _ITEM.match(line)
        return f"{item[1]}{quote(item[2])}" if item else None
    value = found[4] if whole else _COMMENT.sub("", found[4])
    if value.startswith("{") and value.endswith("}") and ":" in value:
        mended = _IN_FLOW.sub(lambda m: f"{m[1]}: {_flow_text(m[2])}", value)
        return found[1] + found[2] + found[3] + mended if mended != value else None
    return f"{found[1]}{found[2]}{found[3]}{quote(value)}"


def _flow_text(text: str) -> str:
    odd = (
        any(mark in text for mark in ",?:#")
        or not text.replace("_", "").replace(" ", "").isalnum()
    )
    return quote(text.strip()) if odd else text.strip()


def valueless(line: str, key: str) -> tuple[str, str | None]:
    """A key without a value inside ``{ }``: mostly the second half of a text with a comma."""
    before = re.search(rf"([\w]+):\s*([^,{{}}]*),\s*{re.escape(key)}\s*[,}}]", line)
    if before is None:
        return f"{key!r} has no value inside {{ }}: write `{key}: …`, or quote the text", None
    text = f"{before[2].strip()}, {key}"
    mended = line.replace(f"{before[2].strip()}, {key}", quote(text), 1)
    return (
        f"{key!r} has no value inside {{ }}. Did you mean {quote(text)}? A text with a comma is quoted there",
        mended,
    )


def explained(lines: Sequence[str], line: int, problem: str) -> tuple[int, str, str | None]:
    """The line (from 0) where the slip is, what it is in our words, and the line to paste."""
    for at in (line, line - 1):
        if 0 <= at < len(lines):
            found = _slip(lines[at])
            if found is not None:
                return at, *found
    return min(line, max(len(lines) - 1, 0)), _words(problem), None


def _slip(line: str) -> tuple[str, str | None] | None:
    """A known slip in a line, and the line put right."""
    pair = _PAIR.match(line)
    if pair is None:
        return None
    value = _COMMENT.sub("", pair[4])
    if value.startswith("{") and "?" in value:
        return "inside { } a text with a question mark or comma is quoted", quoted(line)
    if value.startswith(_BEGINNINGS) and not _closed(value):
        return f"a text that begins with {value[0]} is quoted", quoted(line)
    if ": " in value and not value.startswith(("{", "[")):
        return "a text that holds ': ' is quoted", quoted(line)
    if value.startswith("- "):
        return "a text that begins with '- ' is quoted", quoted(line)
    return None


def _closed(value: str) -> bool:
    pairs = {"{": "}", "[": "]", '"': '"', "'": "'"}
    return value[0] in pairs and value.endswith(pairs[value[0]]) and len(value) > 1


def _words(problem: str) -> str:
    for sign, words in _SAID:
        if sign in problem:
            return words
    return "this is no YAML that can be read: look at the indentation, the colons and the quotes here and in the line above"


_SAID = (
    (
        "did not find expected key",
        "the indentation does not fit: keys of one mapping begin in the same column, and a text with quotes in it is quoted as a whole",
    ),
    (
        "mapping values are not allowed",
        "a second ': ' stands in this line; quote the text, or begin a new line",
    ),
    (
        "could not find expected ':'",
        "a ':' is missing after this key, or a text runs on into the next line; quote it or use >-",
    ),
    ("found character", "a text cannot begin with this character; quote it"),
    ("while scanning a quoted scalar", "the quotes are not closed"),
    ("found unexpected end of stream", "the file ends inside quotes or brackets; close them"),
    (
        "did not find expected ',' or",
        "a comma or closing bracket is missing; a text with a comma, a colon or a question mark is quoted there",
    ),
    (
        "did not find expected '-' indicator",
        "the indentation does not fit: the items of a list begin in the same column",
    ),
    (
        "block sequence entries are not allowed",
        "a list begins in a line of its own, below its key",
    ),
    ("undefined alias", "'*' begins an alias of YAML; quote a text that begins with *"),
    (
        "found unknown escape",
        "a backslash in double quotes has a meaning of its own; use single quotes, or double it",
    ),
)
