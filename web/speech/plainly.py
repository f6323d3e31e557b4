"""Markdown as words alone, paragraph by paragraph: nothing that must be seen is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from markdown_it.token import Token

from web.pages.markdown import parser


@lru_cache(maxsize=10_000)
def plainly(words: str, addresses: bool = True) -> str:
    r"""The words of a text. Points begin with a dash or their number; of a table, each row is a line
    that names its columns. ``addresses``: those of links are written out behind their words.

    >>> plainly("Do *this*:\n\n- one\n- [two](https://example.org)")
    'Do this:\n\n- one\n- two (https://example.org)'
    >>> plainly("| a | b |\n|---|---|\n| 1 | 2 |")
    'a: 1; b: 2'
    """
    lines = _Lines(addresses)
    for token in parser().parse(words):
        take = _TAKES.get(token.type)
        if take is not None:
            take(lines, token)
    return "\n".join(lines.found).strip("\n")


class _Lines:
    """The lines that come together while a text's blocks are read."""

    def __init__(self, addresses: bool) -> None:
        self.addresses = addresses
        self.found: list[str] = []
        self.lists: list[int | None] = []  # those that are open: the next number; None for points
        self.point = ""  # how the next line begins
        self.columns: list[str] = []
        self.row: list[str] | None = None

    def list_(self, token: Token) -> None:
        counted = token.type.startswith("ordered")
        self.lists.append(int(token.attrGet("start") or 1) if counted else None)

    def listed(self, token: Token) -> None:
        self.lists.pop()
        if not self.lists:
            self.found.append("")

    def item(self, token: Token) -> None:
        number = self.lists[-1]
        self.point = "  " * (len(self.lists) - 1) + ("- " if number is None else f"{number}. ")
        self.lists[-1] = None if number is None else number + 1

    def words(self, token: Token) -> None:
        line = _inline(token.children or [], self.addresses)
        if self.row is not None:
            self.row.append(line)
            return
        self.found.append(self.point + line)
        self.point = " " * len(self.point)
        if not self.lists:
            self.found.append("")

    def head(self, token: Token) -> None:
        self.columns = []

    def row_(self, token: Token) -> None:
        self.row = []

    def rowed(self, token: Token) -> None:
        row, self.row = self.row or [], None
        if not self.columns:
            self.columns = row
            return
        pairs = zip(self.columns, row, strict=False)
        self.found.append("; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs))

    def gap(self, token: Token) -> None:
        self.found.append("")

    def code(self, token: Token) -> None:
        self.found += [token.content.strip(), ""]


_TAKES: Final[Mapping[str, Callable[[_Lines, Token], None]]] = {
    "bullet_list_open": _Lines.list_,
    "ordered_list_open": _Lines.list_,
    "bullet_list_close": _Lines.listed,
    "ordered_list_close": _Lines.listed,
    "list_item_open": _Lines.item,
    "inline": _Lines.words,
    "thead_open": _Lines.head,
    "tr_open": _Lines.row_,
    "tr_close": _Lines.rowed,
    "table_close": _Lines.gap,
    "fence": _Lines.code,
    "code_block": _Lines.code,
}


def _inline(tokens: Sequence[Token], addresses: bool) -> str:
    found: list[str] = []
    to = ""
    begun = 0
    for token in tokens:
        if token.type in ("text", "code_inline"):
            found.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            found.append("\n")
        elif token.type == "link_open":
            to, begun = str(token.attrGet("href") or ""), len(found)
        elif token.type == "link_close" and addresses:
            bare = to.removeprefix("tel:").removeprefix("mailto:")
            if "".join(found[begun:]).strip() != bare:
                found.append(f" ({bare})")
    return "".join(found).strip()
