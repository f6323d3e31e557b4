"""Read YAML: the 1.2 core words, every value with its place, and what a trainer may trip over told.

The one door PyYAML comes in by. Its C parser gives events, and we make the values: the stock
loader takes ``yes`` for a truth value (as a key too), builds aliases without bound, and forgets
where things stood.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, Final, Literal, NamedTuple, NoReturn

import yaml

from engine.errors import InvalidTree
from engine.files.collector import collector_off
from engine.files.document import BLOCK, QUOTED, Document
from engine.formats import quoting
from engine.formats.decoding import decoded, owner
from engine.formats.doubts import doubtful
from engine.model import LIMITS, Finding, Limits, Mark

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS: Final = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INT: Final = re.compile(r"[-+]?[0-9]{1,30}\Z", re.ASCII)
_FLOAT: Final = re.compile(
    r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,3})?\Z", re.ASCII
)
# What a plain scalar that is no text begins with; all others skip the questions.
_SUSPECT: Final = frozenset(["", *"0123456789+-.tTfFnN~"])
_MOST_FINDINGS: Final = 20


def read(raw: bytes, file: str, limits: Limits = LIMITS) -> Document:
    """The document in these bytes. Raises InvalidTree with everything that keeps it from being
    read, each with its place and what to write instead."""
    text = decoded(raw, file, limits)
    reading = _Reading(text, file, limits)
    with collector_off():
        reading.run()
    if reading.findings:
        raise InvalidTree(reading.findings)
    doubts = doubtful(text, file, reading.marks)
    return Document(file, reading.data, reading.marks.tobytes(), reading.raws, doubts, raw)


class _Stop(Exception):
    """Enough is known: what follows would only be noise."""


class _Reading:
    """One pass over the parser's events."""

    def __init__(self, text: str, file: str, limits: Limits) -> None:
        self.text = text
        self.file = file
        self.limits = limits
        self.data: Any = None
        self.marks: array[int] = array("I")
        self.raws: dict[int, str] = {}
        self.findings: list[Finding] = []
        self.anchored = False
        self.emptied = -1  # the line of the last key without a value

    def run(self) -> None:
        try:
            self._events()
        except _Stop:
            pass
        except yaml.YAMLError as wrong:
            self._untangle(wrong)
        except (RecursionError, MemoryError):
            self._find(0, 0, "nested too deep to be read")

    def _events(self) -> None:  # noqa: C901 - one loop without calls: half the reading time is here
        text = self.text
        get: Callable[[], Any] = yaml.CLoader(text).get_event  # each with its marks
        add, raws = self.marks.append, self.raws
        scalar, map_start, map_end = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.MappingEndEvent
        list_start, list_end = yaml.SequenceStartEvent, yaml.SequenceEndEvent
        alias = yaml.AliasEvent
        suspect = _SUSPECT
        depth, most_marks = self.limits.depth, self.limits.events
        # Where the sign does not occur, no event need be asked for what it begins.
        watchful = "&" in text or "!" in text or "<<" in text
        # The containers that are open, the innermost apart; of each whether it is a mapping, and
        # whether it is written in { } or [ ].
        stack: list[tuple[Any, bool, Any]] = []
        inner: Any = None
        mapping = False
        key: Any = None
        flow: Any = False
        while True:
            event = get()
            kind = type(event)
            if mapping and kind is scalar:  # a key; its value is the next event
                key = event.value
                if watchful and (event.anchor is not None or event.tag is not None):
                    self._banned(event)
                if key in inner or (watchful and key == "<<"):
                    self._bad_key(inner, key, event.start_mark)
                add(event.start_mark.index << 2)
                event = get()
                kind = type(event)
            elif mapping and kind is not map_end and kind is not alias:
                self._bad_key_kind(event.start_mark)
            if kind is scalar:
                value = event.value
                if watchful and (event.anchor is not None or event.tag is not None):
                    self._banned(event)
                style = event.style
                if style:
                    add(event.start_mark.index << 2 | (BLOCK if style in "|>" else QUOTED))
                else:
                    if value[:1] in suspect:
                        word = value
                        value = _word(value)
                        if type(value) is not str:
                            raws[len(self.marks)] = word
                            if flow and not word and mapping:
                                self._valueless(key, event.start_mark)
                    add(event.start_mark.index << 2)
                if mapping:
                    inner[key] = value
                elif inner is None:
                    self.data = value
                else:
                    inner.append(value)
            elif kind is map_start or kind is list_start:
                mark = event.start_mark
                if watchful and (event.anchor is not None or event.tag is not None):
                    self._banned(event)
                if len(stack) >= depth:
                    self._find(mark.line, mark.column, f"nested more than {depth} deep; split it")
                    raise _Stop
                if len(self.marks) > most_marks:
                    self._find(
                        mark.line, mark.column, "more values than a file may hold; split the tree"
                    )
                    raise _Stop
                add(mark.index << 2)
                new: Any = {} if kind is map_start else []
                if mapping:
                    inner[key] = new
                elif inner is None:
                    self.data = new
                else:
                    inner.append(new)
                stack.append((inner, mapping, flow))
                inner, mapping, flow = new, kind is map_start, event.flow_style
            elif kind is map_end or kind is list_end:
                inner, mapping, flow = stack.pop()
            elif kind is alias:
                mark = event.start_mark
                if not self.anchored:
                    self._find(
                        mark.line,
                        mark.column,
                        f"'*{event.anchor}' is an alias of YAML; write the value out, or quote a text that begins with *",
                        self._quoted(mark.line),
                    )
                raise _Stop
            elif kind is yaml.DocumentStartEvent:
                if self.marks:
                    mark = event.start_mark
                    self._find(
                        mark.line,
                        mark.column,
                        "a second document begins here (---); a file holds one",
                    )
                    raise _Stop
            elif kind is yaml.StreamEndEvent:
                break
        if not self.marks or self.data is None:
            self._find(0, 0, "the file is empty")

    # -- what is wrong

    def _find(self, line: int, column: int, message: str, fix: str | None = None) -> None:
        mark = Mark(self.file, line + 1, column + 1)
        tree, node = owner(self.file, self.text, line)
        self.findings.append(
            Finding(check="yaml", message=message, mark=mark, tree=tree, node=node, fix=fix)
        )
        if len(self.findings) >= _MOST_FINDINGS:
            raise _Stop

    def _banned(self, event: Any) -> None:
        mark = event.start_mark
        if event.anchor is not None:
            if self.anchored:
                return  # the first says it for all, and an alias bomb has many
            self.anchored = True
            self._find(
                mark.line,
                mark.column,
                f"'&{event.anchor}' is an anchor of YAML; write the value out where it is used, or quote a text that begins with &",
                self._quoted(mark.line),
            )
        else:
            self._find(
                mark.line,
                mark.column,
                f"'{event.tag}' is a tag of YAML; quote a text that begins with !",
                self._quoted(mark.line),
            )

    def _bad_key_kind(self, mark: Any) -> NoReturn:
        self._find(
            mark.line,
            mark.column,
            "a key is a word here, not a list or a mapping; quote a text that begins with { or [",
        )
        raise _Stop

    def _bad_key(self, inner: dict[str, Any], key: str, mark: Any) -> None:
        if key == "<<":
            self._find(mark.line, mark.column, "'<<' is a merge key of YAML; write the keys out")
            return
        first = self._first_line(inner, key)
        self._find(mark.line, mark.column, f"{key!r} stands here twice{first}; keep one of them")

    def _first_line(self, inner: dict[str, Any], key: str) -> str:
        """Where a doubled key stood first. The marks are walked again: it is rare, and bounded."""
        marks, source = self.marks.tobytes(), self.text.encode()
        document = Document(self.file, self.data, marks, source=source)
        path = _path_to(self.data, inner)
        if path is None:
            return ""
        return f" (first in line {document.mark((*path, key), key=True).line})"

    def _valueless(self, key: str, mark: Any) -> None:
        if self.emptied == mark.line:
            return  # "No, thanks, not now" is one slip
        self.emptied = mark.line
        before = max(mark.column - len(key), 0)
        column, message, fix = quoting.valueless(self._line(mark.line), key, before)
        self._find(mark.line, column, message, fix)

    def _line(self, number: int) -> str:
        lines = self.text.splitlines()
        return lines[number] if number < len(lines) else ""

    def _quoted(self, number: int) -> str | None:
        return quoting.quoted(self._line(number))

    def _untangle(self, wrong: yaml.YAMLError) -> None:
        """The parser's complaint in our words, at the line where the slip probably is."""
        problem = str(getattr(wrong, "problem", "") or wrong)
        began = getattr(wrong, "context_mark", None)
        mark = getattr(wrong, "problem_mark", None) or began
        at = (mark.line, mark.column) if mark is not None else (0, 0)
        opened = None if began is None else (began.line, began.column)
        lines = self.text.splitlines()
        line, column, message, fix = quoting.explained(lines, at, problem, opened)
        if any(found.mark.line == line + 1 for found in self.findings):
            return  # one slip, told already
        self._find(line, column, message, fix if self._helps(lines, line, fix) else None)

    def _helps(self, lines: list[str], line: int, fix: str | None) -> bool:
        """Whether the file can be read as far as this line, and the line itself, once it is put
        right: what there is to paste must do what it promises."""
        if fix is None:
            return False
        text = "\n".join([*lines[:line], fix, *lines[line + 1 :], ""])
        again = _Reading(text, self.file, self.limits)
        try:
            again._events()
        except _Stop:
            pass
        except yaml.YAMLError as wrong:
            mark = getattr(wrong, "context_mark", None) or getattr(wrong, "problem_mark", None)
            return mark is not None and mark.line > line and not again.findings
        return all(found.mark.line > line + 1 for found in again.findings)


class Spot(NamedTuple):
    """One event of the parser where it stands: a scalar, the beginning of a map or a list, or the
    end of one. ``start`` and ``end`` count characters; ``style`` is a quote, ``|``, ``>`` or ""."""

    kind: Literal["scalar", "map", "list", "end"]
    start: int
    end: int
    value: str = ""
    style: str = ""
    flow: bool = False


def spots(text: str) -> Iterator[Spot]:
    """Everything in a text that ``read`` accepts, in reading order."""
    parser = yaml.CLoader(text)
    get: Callable[[], Any] = parser.get_event
    while not isinstance(event := get(), yaml.StreamEndEvent):
        start, end = event.start_mark.index, event.end_mark.index
        match event:
            case yaml.ScalarEvent():
                yield Spot("scalar", start, end, event.value, event.style or "")
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                kind: Literal["map", "list"] = (
                    "map" if isinstance(event, yaml.MappingStartEvent) else "list"
                )
                yield Spot(kind, start, end, flow=bool(event.flow_style))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                yield Spot("end", start, end)


def word(text: str) -> Any:
    """What a plain scalar is by the words of YAML 1.2: the text itself, or a number, a truth
    value, None."""
    return _word(text)


def _word(word: str) -> Any:
    """A plain scalar by the words of YAML 1.2's core schema: text, unless it is one of these."""
    if word in _NULLS:
        return None
    if word in _BOOLS:
        return _BOOLS[word]
    if _INT.match(word):
        return int(word)
    if not _FLOAT.match(word):
        return word
    number = float(word)
    return number if isfinite(number) else word  # no schema has a word for the infinite


def _path_to(data: Any, wanted: Any) -> tuple[Any, ...] | None:
    """The way to a container that is still being read: it is the last at every level."""
    path: list[Any] = []
    while data is not wanted:
        if isinstance(data, dict) and data:
            step: Any = next(reversed(data))
        elif isinstance(data, list) and data:
            step = len(data) - 1
        else:
            return None
        path.append(step)
        data = data[step]
    return tuple(path)
