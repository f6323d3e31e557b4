"""Actions answered by a table: a CSV file of the library, whose first row that fits wins."""

from __future__ import annotations

import csv
import io
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, product
from typing import Any

from engine.errors import near
from engine.fields import is_empty, parse_field, type_of
from engine.model import LIMITS, Field, Noun, Value

MOST_ROWS = 10_000
MOST_PAIRS = 200_000  # rows that are compared with one another
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
Wrong = tuple[int, str, str]  # row (the header is 1), column, what is wrong


class Match(Noun, frozen=True):
    """``cell OP input``: how a column decides whether its row fits."""

    column: str
    op: str
    input: str


class Table(Noun, frozen=True):
    """Rows of values by column, and how a row is found."""

    file: str
    rows: tuple[Mapping[str, Value], ...]
    match: tuple[Match, ...]

    def find(self, inputs: Mapping[str, Value]) -> Mapping[str, Value] | None:
        """The first row that fits; an input that was not given fits an empty cell alone."""
        return next((row for row in self.rows if self._fits(row, inputs)), None)

    def never(self) -> Iterator[tuple[int, int]]:
        """Rows that can never be first, each with the row that always comes before it. Exact for
        rows that one earlier row covers; a row that only several cover together is not found, and
        of very large tables only so many pairs are compared."""
        exact = [match.column for match in self.match if match.op == "=="]
        # A row can only be covered by one with the same cells in the columns that must be equal,
        # or with empty ones there: those are looked up, and few are left to be compared.
        before: dict[tuple[Any, ...], list[int]] = {}
        left = MOST_PAIRS
        for n, row in enumerate(self.rows):
            cells = tuple(row.get(column) for column in exact)
            ways = islice(product(*({cell, None} for cell in cells)), 64)
            early = list(islice(chain.from_iterable(before.get(way, ()) for way in ways), left))
            left -= len(early)
            covering = next((m for m in early if self._covers(self.rows[m], row)), None)
            if covering is None:
                before.setdefault(cells, []).append(n)
            else:
                yield n + 2, covering + 2

    def _fits(self, row: Mapping[str, Value], inputs: Mapping[str, Value]) -> bool:
        for match in self.match:
            cell, given = row.get(match.column), inputs.get(match.input)
            if cell is None:
                continue  # an empty cell fits anything
            if given is None or not _COMPARE[match.op](cell, given):
                return False
        return True

    def _covers(self, early: Mapping[str, Value], late: Mapping[str, Value]) -> bool:
        for match in self.match:
            one, other = early.get(match.column), late.get(match.column)
            if one is None:
                continue
            wider = "==" if match.op == "==" else ">=" if match.op[0] == ">" else "<="
            if other is None or not _COMPARE[wider](one, other):
                return False
        return True


def _lacking(fields: Iterable[str], header: Sequence[str]) -> list[Wrong]:
    """The columns that the first row does not name."""
    lacking = [name for name in fields if name not in header]
    for sign, word in ((";", "semicolons"), ("\t", "tabs")):
        if lacking and len(header) == 1 and sign in header[0]:
            message = f"{word} stand between the columns: save the file with commas between them"
            return [(1, "", message)]
    spare = [name for name in header if name not in fields]
    return [(1, name, f"there is no such column{near(name, spare)}") for name in lacking]


def read(
    raw: bytes,
    file: str,
    takes: Sequence[Field],
    gives: Sequence[Field],
    match: Mapping[str, str],
) -> tuple[Table | None, list[Wrong]]:
    """The table in a CSV file, and what is wrong with it, cell by cell."""
    if len(raw) > LIMITS.file_bytes:
        return None, [(1, "", f"the file is too large: at most {LIMITS.file_bytes / 1e6:g} MB")]
    try:
        rows = list(_rows(raw))
    except UnicodeDecodeError as wrong_byte:
        row = raw.count(b"\n", 0, wrong_byte.start) + 1
        return None, [(row, "", "this is not UTF-8; save the file as UTF-8")]
    except csv.Error as unreadable:
        return None, [(1, "", f"this is no CSV that can be read: {unreadable}")]
    if not rows:
        return None, [(1, "", "the file is empty: the first row names the columns")]
    if len(rows) > MOST_ROWS:
        return None, [(MOST_ROWS + 1, "", f"a table has {MOST_ROWS} rows at most")]
    wrong: list[Wrong] = []
    matches = tuple(_matches(match, takes, wrong))
    fields = _columns(matches, takes, gives)
    header = [name.strip() for name in rows[0]]
    wrong += _lacking(fields, header)
    wrong += [
        (1, name, "this column stands here twice") for name in fields if header.count(name) > 1
    ]
    if wrong:
        return None, wrong
    required = {field.name for field in gives if field.required}
    values = tuple(
        _row(n, header, cells, fields, required, wrong)
        for n, cells in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in cells)
    )
    return (None if wrong else Table(file, values, matches)), wrong


def _rows(raw: bytes) -> Iterator[list[str]]:
    """The rows of a file, one more than allowed at most."""
    return islice(csv.reader(io.StringIO(raw.decode("utf-8-sig")), strict=True), MOST_ROWS + 1)


def _matches(
    match: Mapping[str, str], takes: Sequence[Field], wrong: list[Wrong]
) -> Iterator[Match]:
    known = {field.name: field for field in takes}
    for column, rule in match.items():
        op, _, name = str(rule).rpartition(" ")
        op = op.strip() or "=="
        if op not in _COMPARE or name not in known:
            message = f"{rule!r} is no rule: write an input ({', '.join(known)}), or `>= INPUT`"
            wrong.append((1, column, message))
        elif op != "==" and type_of(known[name]).kind not in ("number", "money", "date"):
            wrong.append((1, column, f"{name!r} has no order, so it only fits by being the same"))
        else:
            yield Match(column, op, name)


def _columns(
    matches: Sequence[Match], takes: Sequence[Field], gives: Sequence[Field]
) -> dict[str, Field]:
    inputs = {field.name: field for field in takes}
    return {m.column: inputs[m.input] for m in matches} | {field.name: field for field in gives}


def _row(
    n: int,
    header: Sequence[str],
    cells: Sequence[str],
    fields: Mapping[str, Field],
    required: set[str],
    wrong: list[Wrong],
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if len(cells) != len(header):
        wrong.append((n, "", f"{len(cells)} cells, and there are {len(header)} columns"))
        return found
    for name, cell in zip(header, cells, strict=True):
        if name not in fields:
            continue
        if is_empty(cell):
            if name in required:
                wrong.append((n, name, "this cell is empty"))
            continue
        try:
            found[name] = parse_field(fields[name], cell.strip())
        except ValueError as refused:
            wrong.append((n, name, f"{cell!r}: {refused}"))
    return found
