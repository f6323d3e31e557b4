"""The one form of a file: the order of keys, blank lines, indentation and quotes; comments kept.

Nothing of what the file says changes: what was written is read again and compared, value by value
and comment by comment, before anybody gets to see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from engine.errors import InvalidTree
from engine.files.document import Document
from engine.formats.decoding import decoded
from engine.formats.layout import BLANK, Item, Part, comments, laid_out
from engine.formats.order import Kind, is_airy, is_words, kind_of, order
from engine.formats.spelling import block, can_block, inline, is_plain
from engine.formats.yaml import read, word
from engine.model import LIMITS, Finding, Limits, Mark, Path

WIDTH: Final = 100  # what is in { } or [ ] stays so while its line fits
_STEP: Final = 2
_APART: Final = 2  # blanks before a comment, at least
_EMPTY: Final = "\0"  # an empty line of a text, which is none of those that the form sets


def canonical(raw: bytes, file: str, kind: Kind | None = None, limits: Limits = LIMITS) -> str:
    """The file in its one form. Raises InvalidTree where it cannot be read, or where something of
    it would be lost."""
    before = read(raw, file, limits)
    if not isinstance(before.data, dict | list):
        raise _refused(file, "this is a text alone; a file of a library holds keys or a list")
    kind = kind or kind_of(file)
    text = decoded(raw, file, limits).replace("\r\n", "\n").replace("\r", "\n")
    done = written(laid_out(text), kind)
    _compare(before, text, done, kind)
    return done


def written(layout: Part, kind: Kind) -> str:
    """A layout in the one form. Whoever made it looks whether it says what was meant."""
    return _Writing(kind).file(layout)


# ----------------------------------------------------------------------------------- writing


class _Writing:
    """A layout as lines."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def file(self, root: Part) -> str:
        lines = list(self._items(root, (), 0))
        if not root.items:
            lines.append("{}" if root.kind == "map" else "[]")
        lines += root.tail
        return "\n".join(_single_blanks(lines)).replace(_EMPTY, "") + "\n"

    def _items(self, part: Part, path: Path, indent: int) -> Iterator[str]:
        """The lines of a collection in block style, without its tail at the root."""
        airy = is_airy(self.kind, path)
        long = False
        for n, item in enumerate(self._sorted(part, path)):
            lines = list(self._item(item, n, path, indent))
            body = len(lines)
            lead = [" " * indent + line if line else BLANK for line in item.lead]
            if n and airy and (long or body > 1):
                lead.insert(0, BLANK)
            elif not n:
                while lead and not lead[0]:
                    del lead[0]
            yield from lead
            yield from lines
            long = body > 1
        if path:
            yield from (" " * indent + line if line else BLANK for line in part.tail)

    def _sorted(self, part: Part, path: Path) -> Sequence[Item]:
        """The items in the order of the form. What stands above the first of them stays there."""
        ranks = {key: n for n, key in enumerate(order(self.kind, path))}
        if not ranks or part.kind != "map" or not part.items:
            return part.items
        found = sorted(part.items, key=lambda item: ranks.get(_key(item), len(ranks)))
        first, lead = found[0], part.items[0].lead
        if first is not part.items[0]:
            part.items[0].lead, first.lead = [], [*lead, *first.lead]
        return found

    def _item(self, item: Item, n: int, path: Path, indent: int) -> Iterator[str]:
        part = item.part
        assert part is not None
        inner = (*path, _key(item) if item.key else n)
        if item.key is None:
            yield from self._listed(item, part, inner, indent)
            return
        begin = " " * indent + inline(item.key.value, flow=False) + ":"
        if part.kind == "scalar":
            yield from self._scalar(item, part, inner, indent, begin)
        elif self._stays_flow(part, inner, begin):
            yield _beside(f"{begin} {self._flow(part, inner)}", item)
        else:
            yield _beside(begin, item)
            yield from self._items(part, inner, indent + _STEP)

    def _listed(self, item: Item, part: Part, path: Path, indent: int) -> Iterator[str]:
        begin = " " * indent + "-"
        if part.kind == "scalar":
            yield from self._scalar(item, part, path, indent, begin)
        elif self._stays_flow(part, path, begin):
            yield _beside(f"{begin} {self._flow(part, path)}", item)
        elif part.kind == "list":
            yield _beside(begin, item)
            yield from self._items(part, path, indent + _STEP)
        else:
            yield from self._listed_map(item, part, path, indent)

    def _listed_map(self, item: Item, part: Part, path: Path, indent: int) -> Iterator[str]:
        """A map in a list: its first key stands behind the dash, so what stands above that key
        comes above the dash."""
        if item.beside is not None:
            item.lead.append(item.beside[0])
        first = self._sorted(part, path)[0]
        item.lead += first.lead
        first.lead = []
        lines = list(self._items(part, path, indent + _STEP))
        yield " " * indent + "- " + lines[0].lstrip()
        yield from lines[1:]

    def _stays_flow(self, part: Part, path: Path, begin: str) -> bool:
        if not part.items:
            return True
        if not part.flow or part.commented or (self.kind == "tree" and path == ("nodes",)):
            return False
        return len(f"{begin} {self._flow(part, path)}") <= WIDTH

    def _flow(self, part: Part, path: Path) -> str:
        if part.kind == "scalar":
            return _spelled(part, flow=True)
        said = [self._flow_item(item, n, path) for n, item in enumerate(self._sorted(part, path))]
        return "{" + ", ".join(said) + "}" if part.kind == "map" else "[" + ", ".join(said) + "]"

    def _flow_item(self, item: Item, n: int, path: Path) -> str:
        assert item.part is not None
        if item.key is None:
            return self._flow(item.part, (*path, n))
        value = self._flow(item.part, (*path, item.key.value))
        return f"{inline(item.key.value, flow=True)}: {value}"

    def _scalar(
        self, item: Item, part: Part, path: Path, indent: int, begin: str
    ) -> Iterator[str]:
        wide = WIDTH - indent - _STEP
        if _in_block(part, path, len(begin)):
            sign, lines = block(part.value, part.lines, wide)
            yield _beside(f"{begin} {sign}", item)
            yield from (" " * (indent + _STEP) + line if line else _EMPTY for line in lines)
        else:
            said = _spelled(part, flow=False)
            yield _beside(f"{begin} {said}" if said else begin, item)


def _key(item: Item) -> str:
    return item.key.value if item.key else ""


def _in_block(part: Part, path: Path, before: int) -> bool:
    """Whether a text is written in block style: where it is words and would need quotes, or where
    its author wrote it so and it does not fit into its line."""
    if not part.style or not can_block(part.value):
        return False
    plain = is_plain(part.value, False)
    if part.style in ("|", ">"):
        return not plain or before + 1 + len(part.value) > WIDTH
    return not plain and (is_words(path) or "\n" in part.value)


def _spelled(part: Part, *, flow: bool) -> str:
    """A scalar in its line. What is no text (a number, a truth value) stays as it was written."""
    if not part.style and not isinstance(word(part.value), str):
        return part.value
    return inline(part.value, flow)


def _beside(line: str, item: Item) -> str:
    """The line with the comment that stands behind it: in its own column where that is free."""
    if item.beside is None:
        return line
    text, column = item.beside
    return line.ljust(max(column, len(line) + _APART)) + text


def _single_blanks(lines: Sequence[str]) -> Iterator[str]:
    """The lines with no two blank ones together, and none at the beginning and the end."""
    pending = False
    begun = False
    for line in lines:
        if line == BLANK:
            pending = begun
            continue
        if pending:
            yield BLANK
        pending, begun = False, True
        yield line


# --------------------------------------------------------------------------------- comparing


def _compare(before: Document, text: str, written: str, kind: Kind) -> None:
    """Raises InvalidTree where what is written does not say what was read."""
    try:
        after = read(written.encode(), before.file)
    except InvalidTree:
        raise _lost(before.file) from None
    same = _alike(before.data, after.data, kind, ())
    if not same or Counter(comments(text)) != Counter(comments(written)):
        raise _lost(before.file)


def _lost(file: str) -> InvalidTree:
    message = (
        "this file cannot be put into the one form without losing something of it, so it stays as "
        "it is. That is a fault of ours: send us the file, please"
    )
    return _refused(file, message)


def _refused(file: str, message: str) -> InvalidTree:
    return InvalidTree([Finding(check="yaml", message=message, mark=Mark(file, 1, 1))])


def _alike(one: Any, other: Any, kind: Kind, path: Path) -> bool:
    """Whether two values are the same, keys in the same order but where the form has its own."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        if one.keys() != other.keys() or (not order(kind, path) and list(one) != list(other)):
            return False
        return all(_alike(value, other[key], kind, (*path, key)) for key, value in one.items())
    if isinstance(one, list):
        pairs = enumerate(zip(one, other, strict=False))
        return len(one) == len(other) and all(
            _alike(a, b, kind, (*path, n)) for n, (a, b) in pairs
        )
    return bool(one == other)
