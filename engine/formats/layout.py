"""How a file is laid out: its values with their styles, and the comments and blank lines among
them. Not a format; ``canonical`` writes a file anew from this.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from engine.formats.yaml import Spot, spots

BLANK: Final = ""  # a blank line, among comments
_COMMENT: Final = re.compile(r"#[^\n]*")
_HEADER: Final = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\n]*)")


@dataclass
class Part:
    """A value as it was written. ``kind``: scalar, map or list; ``style`` of a scalar: plain "",
    a quote, or ``|`` or ``>``; ``items`` of a collection; ``tail``: comments below the last."""

    kind: Literal["scalar", "map", "list"]
    start: int
    column: int
    end: int = 0
    value: str = ""
    style: str = ""
    lines: tuple[str, ...] = ()  # of a folded text, as it was broken
    flow: bool = False
    items: list[Item] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)

    @property
    def commented(self) -> bool:
        """Whether a comment stands inside."""
        return bool(self.tail) or any(
            item.lead_comments or item.beside or (item.part and item.part.commented)
            for item in self.items
        )


@dataclass
class Item:
    """A key with its value, or (``key`` None) an item of a list. ``lead``: comments and blank
    lines above; ``beside``: a comment behind it in its line, and the column where that stood."""

    key: Part | None
    start: int
    column: int
    part: Part | None = None
    lead: list[str] = field(default_factory=list)
    beside: tuple[str, int] | None = None

    @property
    def lead_comments(self) -> list[str]:
        return [line for line in self.lead if line]


@dataclass(frozen=True)
class Comment:
    """A comment in its place."""

    text: str
    at: int


def comments(text: str) -> list[str]:
    """Every comment of a file, as written."""
    return [comment.text for comment in _comments(text, list(spots(text)))]


def laid_out(text: str) -> Part:
    """The layout of a file that the reader has accepted."""
    found = list(spots(text))
    root = _Tree(text, found).root()
    _Placing(text, root).place(_comments(text, found))
    return root


def _comments(text: str, found: Sequence[Spot]) -> list[Comment]:
    """Comments are what begins with # where no value stands; one may follow the sign of a text in
    block style."""
    made: list[Comment] = []
    at = 0
    for spot in found:
        if spot.kind == "scalar":
            made += _in_gap(text, at, spot.start)
            header = _HEADER.match(text, spot.start) if spot.style in ("|", ">") else None
            if header:
                made.append(Comment(header[1].rstrip(), header.start(1)))
            at = spot.end
    return [*made, *_in_gap(text, at, len(text))]


def _in_gap(text: str, start: int, end: int) -> Iterator[Comment]:
    for found in _COMMENT.finditer(text, start, end):
        yield Comment(found[0].rstrip(), found.start())


class _Tree:
    """The parser's events as parts and items."""

    def __init__(self, text: str, found: Sequence[Spot]) -> None:
        self.text = text
        self.rest = iter(found)

    def root(self) -> Part:
        return self._part(next(self.rest))

    def _part(self, spot: Spot) -> Part:
        column = spot.start - self.text.rfind("\n", 0, spot.start) - 1
        if spot.kind == "scalar":
            lines = _broken(self.text[spot.start : spot.end]) if spot.style == ">" else ()
            return Part("scalar", spot.start, column, spot.end, spot.value, spot.style, lines)
        kind: Literal["map", "list"] = "map" if spot.kind == "map" else "list"
        part = Part(kind, spot.start, column, flow=spot.flow)
        for inner in self.rest:
            if inner.kind == "end":
                part.end = inner.end if spot.flow else part.start
                break
            part.items.append(self._item(part, inner))
        return part

    def _item(self, part: Part, spot: Spot) -> Item:
        if part.kind == "map":
            key = self._part(spot)
            return Item(key, key.start, key.column, self._part(next(self.rest)))
        inner = self._part(spot)
        if part.flow:
            return Item(None, inner.start, inner.column, inner)
        return Item(None, self._dash(part, inner), part.column, inner)

    def _dash(self, part: Part, inner: Part) -> int:
        """Where the dash of an item stands: the last one in the list's own column."""
        at = inner.start
        while at >= 0:
            line = self.text.rfind("\n", 0, at) + 1
            dash = line + part.column
            if dash <= inner.start and self.text[dash : dash + 1] == "-":
                return dash
            at = line - 1
        return inner.start


def _broken(written: str) -> tuple[str, ...]:
    """The lines of a folded text without their indentation."""
    _, _, body = written.partition("\n")
    lines = [line.rstrip() for line in body.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return tuple(line[indent:] for line in lines)


class _Placing:
    """Where each comment and each blank line belongs."""

    def __init__(self, text: str, root: Part) -> None:
        self.text = text
        self.root = root
        self.items: list[tuple[Item, tuple[Part, ...]]] = list(_every(root, ()))
        self.starts = [item.start for item, _ in self.items]
        self.ends = sorted(_ends(root), key=lambda end: end[0])

    def place(self, comments: Sequence[Comment]) -> None:
        taken: dict[int, list[str]] = {}
        for comment in comments:
            if not self._beside(comment):
                into = self._above_or_below(comment)
                if self._after_blank(comment.at):
                    into.append(BLANK)
                into.append(comment.text)
                taken[comment.at] = into
        for item, _ in self.items:
            if self._after_blank(item.start):
                item.lead.append(BLANK)

    def _after_blank(self, at: int) -> bool:
        """Whether the line above is blank."""
        line = self.text.rfind("\n", 0, at)
        before = self.text.rfind("\n", 0, max(line, 0))
        return line > 0 and not self.text[before + 1 : line].strip()

    def _beside(self, comment: Comment) -> bool:
        """Put a comment behind what stands before it in its line, if anything does."""
        n = bisect_right(self.ends, comment.at, key=lambda end: end[0]) - 1
        if n < 0 or "\n" in self.text[self.ends[n][0] : comment.at]:
            return False
        item = self.ends[n][1]
        if item.beside is not None:
            return False
        column = comment.at - self.text.rfind("\n", 0, comment.at) - 1
        item.beside = (comment.text, column)
        return True

    def _above_or_below(self, comment: Comment) -> list[str]:
        """The list of lines that a comment in a line of its own belongs to."""
        n = bisect_right(self.starts, comment.at)
        last = self.items[n - 1] if n else None
        following = self.items[n] if n < len(self.items) else None
        part = last[0].part if last else None
        if last and part and comment.at < part.start and (part.kind == "scalar" or part.flow):
            return last[0].lead  # between a key and its value
        column = comment.at - self.text.rfind("\n", 0, comment.at) - 1
        for part in self._closed(last, following, comment.at):
            if part.flow or (part.column <= column and not _fits(following, column)):
                return part.tail
        return following[0].lead if following else self.root.tail

    def _closed(
        self,
        last: tuple[Item, tuple[Part, ...]] | None,
        following: tuple[Item, tuple[Part, ...]] | None,
        at: int,
    ) -> Iterator[Part]:
        """The collections that could end with the comment, the innermost first: those that hold
        the item above it and not the one below."""
        if last is None:
            return
        around = following[1] if following else ()
        for part in reversed(last[1]):
            if any(part is other for other in around) or (part.flow and part.end <= at):
                continue
            yield part


def _fits(following: tuple[Item, tuple[Part, ...]] | None, column: int) -> bool:
    return following is not None and column <= following[0].column


def _every(part: Part, around: tuple[Part, ...]) -> Iterator[tuple[Item, tuple[Part, ...]]]:
    """Every item in reading order, with the collections around it."""
    for item in part.items:
        within = (*around, part)
        yield item, within
        if item.part is not None:
            yield from _every(item.part, within)


def _ends(part: Part) -> Iterator[tuple[int, Item]]:
    """Where something ends that a comment can stand behind."""
    for item in part.items:
        if item.key is not None:
            yield item.key.end, item
        if item.part is None:
            continue
        if item.part.kind == "scalar":
            # Behind a text in block style comments stand in lines of their own, or in its first.
            yield (item.part.start if item.part.style in ("|", ">") else item.part.end), item
        elif item.part.flow:
            yield item.part.end, item
        yield from _ends(item.part)
