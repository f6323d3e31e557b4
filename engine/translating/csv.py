"""Units as CSV, for a spreadsheet: a line a text, the translation in its last column (RFC 4180).

A cell that a spreadsheet would compute gets an apostrophe before it, which is taken off again. The
column ``state`` says what is ``missing`` or ``stale``; a stale text that is right as it stands is
confirmed by writing ``fresh`` there.

>>> unit = Unit("nodes.a.ask", "Is it on?", "", "")
>>> print(write([unit], "kettle", "en", "fr").lstrip(BOM), end="")
address,state,note,en,fr\r
nodes.a.ask,missing,,Is it on?,\r
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from engine.translating.units import Back, Unit

BOM: Final = "\ufeff"  # without it a spreadsheet takes UTF-8 for something else
_COLUMNS: Final = ("address", "state", "note")
_COMPUTED: Final = ("=", "+", "-", "@", "\t", "\r", "'")


def write(units: Sequence[Unit], name: str, source: str, language: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*_COLUMNS, source, language])
    for unit in units:
        row = (unit.address, unit.state, unit.note, unit.source, unit.text)
        writer.writerow([_guarded(cell) for cell in row])
    return BOM + out.getvalue()


def read(raw: bytes) -> list[Back]:
    """What came back; the columns may stand in any order but the last two."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8; save it as 'CSV UTF-8'") from None
    first = text.partition("\n")[0]
    mark = ";" if first.count(";") > first.count(",") else ","
    if "\t" in first:
        mark = "\t"
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as wrong:
        raise ValueError(f"it is no CSV: {wrong}") from None
    head = rows[0] if rows else []
    if head[:3] != list(_COLUMNS) or len(head) != len(_COLUMNS) + 2:
        raise ValueError(
            f"its first line must be {','.join(_COLUMNS)} and the two languages, as it was sent"
        )
    found: list[Back] = []
    for n, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(head):
            raise ValueError(f"row {n} has {len(row)} cells, and the first has {len(head)}")
        address, state, _, source, words = map(_bare, row)
        found.append(Back(address, source, words, done=state.strip().lower() != "stale"))
    return found


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_COMPUTED) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_COMPUTED) else cell
