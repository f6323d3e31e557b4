"""Words with placeholders: Markdown's safe part, ``{name}``, and nothing that decides.

A text is parsed once into blocks (paragraphs, list items, table rows). A block whose placeholders
all come to nothing, and which has no words of its own, is dropped when it is shown.

>>> from engine.building.names import ANY_NAME
>>> class Shown:
...     def words(self, name, alone): return {"who": "Ana", "gone": ""}[name]
...     def address(self, name): return "a b"
>>> text = parse("Hello {who}, {{sic}.\\n\\n{gone}\\n\\nBye.", "t", ANY_NAME)
>>> render(text, Shown())
'Hello Ana, {sic}.\\n\\nBye.'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

from engine.errors import near
from engine.model import Names, Noun, Text


class TextError(ValueError):
    """What is wrong in a text; ``column`` counts from 1 within it."""

    def __init__(self, message: str, column: int) -> None:
        self.message, self.column = message, column
        super().__init__(message)


class Shown(Protocol):
    """Where a text finds the words for its placeholders."""

    def words(self, name: str, alone: bool) -> str:
        """Formatted and escaped for Markdown; "" for nothing. ``alone``: it is its paragraph."""
        ...

    def address(self, name: str) -> str:
        """The value as it goes into a link, not yet encoded."""
        ...


class Slot(Noun, frozen=True):
    """A placeholder. ``address``: it stands in a link's address; ``alone``: in its paragraph."""

    name: str
    address: bool = False
    alone: bool = False


class Block(Noun, frozen=True):
    """A paragraph, list item or table row, with the break before it. ``bare``: it has no words
    besides its placeholders, so it goes where they all come to nothing."""

    before: str
    pieces: tuple[str | Slot, ...]
    bare: bool


_SLOT: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)(\}?)")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\Z")
_BREAK: Final = re.compile(r"\n(?:[ \t]*\n)+|\n(?=[ \t]*(?:[-*+]|\d+[.)])[ \t]|[ \t]*\|)")
_LINK: Final = re.compile(r"\]\(\s*<?([^)\s>]*)")
_AUTOLINK: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]*:[^>\s]*)>")
_HTML: Final = re.compile(r"<[/!?a-zA-Z][^<>\n]*>")
_WORDLESS: Final = re.compile(r"[\s*_~`|#>:.,;!?()\[\]+-]*\Z|\s*\d+[.)]\s*\Z")
_SCHEMES: Final = ("https", "tel", "mailto")


def parse(source: str, address: str, names: Names) -> Text:
    """The text, its placeholders known and its links safe. Raises TextError."""
    if "{" not in source and "}" not in source and "<" not in source and "](" not in source:
        return Text(source, address, (source,))
    _html(source)
    spans = list(_links(source))
    blocks = tuple(_blocks(source, spans, names))
    reads = tuple(p.name for block in blocks for p in block.pieces if isinstance(p, Slot))
    if not reads:
        return Text(
            source, address, ("".join(b.before + "".join(map(str, b.pieces)) for b in blocks),)
        )
    return Text(source, address, blocks, reads)


def render(text: Text, shown: Shown) -> str:
    """The words as Markdown, with the values in place."""
    blocks = text.blocks
    if len(blocks) == 1 and type(blocks[0]) is str:
        return blocks[0]
    out: list[str] = []
    for block in blocks:
        words = _filled(block, shown)
        if words is not None:
            out.append(words if not out else block.before + words)
    return "".join(out)


def address_reads(text: Text) -> tuple[str, ...]:
    """The names that stand in the address of a link."""
    return tuple(
        piece.name
        for block in text.blocks
        if isinstance(block, Block)
        for piece in block.pieces
        if isinstance(piece, Slot) and piece.address
    )


def _filled(block: Block, shown: Shown) -> str | None:
    words: list[str] = []
    something = not block.bare
    for piece in block.pieces:
        if type(piece) is str:
            words.append(piece)
            continue
        assert isinstance(piece, Slot)
        if piece.address:
            said = quote(shown.address(piece.name), safe="")
        else:
            said = shown.words(piece.name, piece.alone)
        something = something or bool(said)
        words.append(said)
    return "".join(words) if something else None


def _blocks(source: str, links: list[tuple[int, int]], names: Names) -> Iterator[Block]:
    at, before = 0, ""
    for gap in _BREAK.finditer(source):
        yield _block(source, at, gap.start(), before, links, names)
        at, before = gap.end(), gap[0]
    yield _block(source, at, len(source), before, links, names)


def _block(
    source: str, start: int, end: int, before: str, links: list[tuple[int, int]], names: Names
) -> Block:
    pieces: list[str | Slot] = []
    at = start
    for found in _SLOT.finditer(source, start, end):
        pieces.append(source[at : found.start()])
        at = found.end()
        if found[0] in ("{{", "}}"):
            pieces.append(found[0][0])
            continue
        inside = any(low <= found.start() < high for low, high in links)
        whole = source[start:end].strip() == found[0]
        pieces.append(Slot(_named(found, names), inside, whole and not inside))
    pieces.append(source[at:end])
    kept = tuple(piece for piece in pieces if piece != "")
    slots = any(isinstance(piece, Slot) for piece in kept)
    fixed = "".join(piece for piece in kept if isinstance(piece, str))
    return Block(before, kept, slots and _WORDLESS.match(fixed) is not None)


def _named(found: re.Match[str], names: Names) -> str:
    name, column = found[1].strip(), found.start() + 1
    if not found[2]:
        raise TextError(
            "this '{' is not closed: write {name}, or '{{' for the brace itself", column
        )
    if not name:
        raise TextError("a name belongs between the braces: {name}, or '{{' for the brace", column)
    if not _NAME.match(name):
        raise TextError(
            f"{{{name}}}: only a name can be shown; give what is worked out a name under `facts`, "
            "or a text with `when` under `texts`",
            column,
        )
    if names.type_of(name) is None:
        raise TextError(f"nothing is called {name!r}{near(name, names.known())}", column)
    return name


def _html(source: str) -> None:
    for found in _HTML.finditer(source):
        if not _AUTOLINK.match(found[0]):
            raise TextError(
                f"{found[0]!r}: HTML is not shown; write Markdown (**bold**, *italic*, lists)",
                found.start() + 1,
            )


def _links(source: str) -> Iterator[tuple[int, int]]:
    """Where the addresses of links stand. Raises TextError for one that leads where none may."""
    for pattern in (_LINK, _AUTOLINK):
        for found in pattern.finditer(source):
            safe(found[1], found.start(1) + 1)
            yield found.start(1), found.end(1)


def safe(address: str, column: int) -> None:
    """Raises TextError for an address that no link may lead to."""
    scheme, colon, rest = address.partition(":")
    if not colon or scheme.lower() not in _SCHEMES:
        raise TextError(f"a link leads to https:, tel: or mailto:, not to {address!r}", column)
    if scheme.lower() == "https":
        try:
            host = urlsplit("https:" + rest).netloc
        except ValueError:
            host = ""
        if not host or "{" in host:
            raise TextError(
                "in a link {name} stands in the path or the query, not in the host", column
            )
