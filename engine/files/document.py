"""A file as it was read, before anybody has judged it, with the place of every value in it."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from itertools import accumulate
from typing import Any

from engine.model import Finding, Mark, Noun, Path

PLAIN, QUOTED, BLOCK = 0, 1, 2  # how a scalar is written


class Document(Noun, frozen=True, eq=False):
    """Plain data, and where it stands.

    ``marks`` holds a number for each key and value in reading order: the count of characters before
    it, times four, and its style, as bytes of array('I'). ``raws`` is the spelling of plain scalars
    that are no text, by their place in that order; ``source`` what all of it was read from. Only a
    finding asks for a place, so lines are counted when one does.
    """

    file: str
    data: Any
    marks: bytes = b""
    raws: Mapping[int, str] = {}
    warnings: tuple[Finding, ...] = ()
    source: bytes = b""
    fit: bool = False  # its shape was found to be right before (see engine.building.compiled)

    def mark(self, path: Path, *, key: bool = False) -> Mark:
        """Where the value at a path stands (or its key); where there is none, its nearest parent."""
        places = _places(self)
        if key and path in places[0]:
            return self._mark(places[0][path])
        while path and path not in places[1]:
            path = path[:-1]
        return self._mark(places[1].get(path, 0))

    def raw(self, path: Path) -> str:
        """A scalar as it was written, such as ``1.10``."""
        at = _places(self)[1].get(path)
        if at is not None and at in self.raws:
            return self.raws[at]
        value: Any = self.data
        for step in path:
            value = value[step]
        return _spelled(value)

    def text_at(self, path: Path, column: int) -> Mark:
        """Where the ``column``-th character (from 1) of the scalar at a path stands: exact for
        what is written on one line, the beginning for what is not."""
        at = _places(self)[1].get(path)
        if at is None:
            return self.mark(path)
        mark, style = self._mark(at), self._numbers()[at] & 3
        if style == BLOCK:
            return mark
        return Mark(mark.file, mark.line, mark.column + column - 1 + (style == QUOTED))

    def _mark(self, at: int) -> Mark:
        numbers = self._numbers()
        if not numbers:
            return Mark(self.file, 1, 1)
        before = numbers[at] >> 2
        lines = _lines(self)
        line = bisect_right(lines, before)
        return Mark(self.file, line, before - lines[line - 1] + 1)

    def _numbers(self) -> array[int]:
        return array("I", self.marks)


def line_starts(text: str) -> array[int]:
    """The count of characters before each line."""
    return array("I", accumulate(map(len, text.splitlines(keepends=True)), initial=0))


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


@lru_cache(maxsize=32)
def _lines(document: Document) -> array[int]:
    return line_starts(document.source.decode("utf-8-sig"))


@lru_cache(maxsize=32)
def _places(document: Document) -> tuple[dict[Path, int], dict[Path, int]]:
    """The number of each key and of each value in reading order, by path."""
    keys: dict[Path, int] = {}
    values: dict[Path, int] = {}
    at = 0

    def visit(path: Path, value: Any) -> None:
        nonlocal at
        values[path] = at
        at += 1
        if isinstance(value, dict):
            for name, inner in value.items():
                keys[(*path, name)] = at
                at += 1
                visit((*path, name), inner)
        elif isinstance(value, list):
            for n, inner in enumerate(value):
                visit((*path, n), inner)

    visit((), document.data)
    return keys, values
