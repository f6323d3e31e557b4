"""How a scalar is written: plain where it can be, quoted or in block style where it must. Not a
format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from engine.errors import InvalidTree
from engine.formats.yaml import read, word

# Surely plain, in any place: words and what stands between them.
_EASY: Final = re.compile(r"[A-Za-z_](?:[\w .;/()+*=<>$€£’–…-]*[\w.;/()+*=<>$€£’–…-])?\Z")
_HARD: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029]")
_FIRST: Final = tuple(",[]{}#&*!|>'\"%@`")
_SIGN: Final = re.compile(r"[-?:](?:\s|\Z)")
_BLANK: Final = re.compile(r"(?<=\S) (?=\S)")


@lru_cache(maxsize=50_000)
def is_plain(text: str, flow: bool) -> bool:
    """Whether a text reads as itself without quotes. Inside { } and [ ] (``flow``) less does."""
    if _EASY.match(text):
        return bool(word(text) == text)
    if not text or text != text.strip() or _HARD.search(text) or word(text) != text:
        return False
    if text.startswith(_FIRST) or _SIGN.match(text) or text.startswith(("---", "...")):
        return False
    if ": " in text or text.endswith(":") or " #" in text:
        return False
    return _reads_flow(text) if flow else True


def _reads_flow(text: str) -> bool:
    """Asked of the reader itself, which knows better than any rule what it takes."""
    if any(mark in text for mark in ",?[]{}"):
        return False
    try:
        found = read(f"{{a: {text}, b: [{text}]}}\n".encode(), "")
    except InvalidTree:
        return False
    return not found.warnings and found.data == {"a": text, "b": [text]}


def quoted(text: str) -> str:
    """The text in quotes: double, unless they would have to be escaped in it."""
    if _HARD.search(text):
        return '"' + "".join(map(_escaped, text)) + '"'
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return f"\\u{ord(letter):04x}" if _HARD.match(letter) else letter


_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def inline(text: str, flow: bool) -> str:
    """A text within its line."""
    return text if is_plain(text, flow) else quoted(text)


def can_block(text: str) -> bool:
    """Whether a text can stand in block style, and is worth it."""
    body = text.removesuffix("\n")
    if not body or body != body.strip() or body.endswith("\n"):
        return False
    if _HARD.search(body.replace("\n", "")) or any(
        line != line.rstrip() for line in body.split("\n")
    ):
        return False
    return " " in body or "\n" in body


def block(text: str, lines: Sequence[str], width: int) -> tuple[str, list[str]]:
    """A text in block style: its sign, and its lines without indentation. ``lines`` are those of a
    folded text as its author broke it; one that was not folded before is broken at ``width``."""
    end = "" if text.endswith("\n") else "-"
    if lines:
        return f">{end}", list(lines)
    if "\n" in text.removesuffix("\n"):
        return f"|{end}", text.removesuffix("\n").split("\n")
    return f">{end}", _wrapped(text.removesuffix("\n"), width)


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines that fold into it again: broken at single blanks alone."""
    found: list[str] = []
    for piece in _BLANK.split(text):
        if found and len(found[-1]) + len(piece) < width:
            found[-1] += " " + piece
        else:
            found.append(piece)
    return found
