"""Texts that can be read and may have been meant otherwise: warnings of the reader. Not a format."""

from __future__ import annotations

from array import array
from typing import Final

from engine.files.document import PLAIN
from engine.formats import quoting
from engine.formats.decoding import owner, place
from engine.model import Finding, Mark

_MOST_FINDINGS: Final = 20
_AFTER: Final = frozenset(",}")


def doubtful(text: str, file: str, marks: array[int]) -> tuple[Finding, ...]:
    """Plain texts that can be read and may have been meant otherwise, as warnings: cut short by
    ` #`, or with a `?` at their end inside { }."""
    doubts = [
        (start + column, start + at, message, fix)
        for start in _suspects(text)
        for column, at, message, fix in quoting.doubtful(_line_at(text, start))
    ]
    plain = set(marks) if doubts else set()
    sure = sorted(doubt for doubt in doubts if doubt[0] << 2 | PLAIN in plain)
    return tuple(
        _warning(file, text, at, message, fix) for _, at, message, fix in sure[:_MOST_FINDINGS]
    )


def _suspects(text: str) -> list[int]:
    """Where the lines begin that are worth a look: those with ` #`, or a `?` before a comma or }.
    Lines too long for anybody to have written by hand are passed over."""
    found = set()
    for sign in (" #", "?"):
        at = text.find(sign)
        while at >= 0:
            if sign == " #" or text[at + 1 : at + 9].lstrip(" ")[:1] in _AFTER:
                start = text.rfind("\n", max(at - quoting.MOST, 0), at) + 1
                if start or at < quoting.MOST:
                    found.add(start)
                at = text.find("\n", at)
            at = text.find(sign, at + 1) if at >= 0 else -1
    return sorted(found)


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)].rstrip("\r")


def _warning(file: str, text: str, at: int, message: str, fix: str | None) -> Finding:
    line, column = place(text, at)
    tree, node = owner(file, text, line - 1)
    mark = Mark(file, line, column)
    return Finding(
        check="yaml",
        severity="warning",
        message=message,
        mark=mark,
        tree=tree,
        node=node,
        fix=fix,
    )
