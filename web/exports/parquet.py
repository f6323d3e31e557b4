"""The record as Parquet: a row an event, typed, for columnar engines (polars, DuckDB, Spark).

The columns are those of the CSV, with ``at`` a moment (UTC, microseconds), what repeats itself
as dictionaries, and ``steps`` as a list of structs. A row group is written as soon as it is full.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, BinaryIO, Final

from engine.errors import FingerpostError
from engine.record import Stored
from web.exports.cells import COLUMNS, Say, cells, placed, steps_of

# A row group is full at this many rows, or letters: so many are in memory at once.
ROWS: Final = 20_000
LETTERS: Final = 4_000_000
# Texts that are mostly new each time; every other text is one of few, and kept as a dictionary.
_FREE: Final = frozenset({"answer", "note", "path"})


class NoParquet(FingerpostError):
    """The package that writes Parquet is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Parquet needs the package pyarrow, which is not installed here: "
            "pip install 'fingerpost[parquet]', or export another form"
        )


async def as_parquet(events: AsyncIterator[Stored], out: BinaryIO, say: Say) -> int:
    """A row for each event; how many there were. Raises NoParquet."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise NoParquet from None
    schema = _schema(arrow)
    group: dict[str, list[Any]] = {name: [] for name in schema.names}
    count = letters = 0
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        async for stored, about in placed(events, say):
            letters += _take(group, stored, about)
            count += 1
            if len(group["walk"]) == ROWS or letters > LETTERS:
                writer.write_table(arrow.table(group, schema=schema))  # a batch would be held back
                letters = 0
                for column in group.values():
                    column.clear()
        writer.write_table(arrow.table(group, schema=schema))
    return count


def _take(group: dict[str, list[Any]], stored: Stored, about: Mapping[str, str]) -> int:
    """Add an event to the columns; how many letters somebody typed it has."""
    found = cells(stored, about)
    for name in COLUMNS:
        group[name].append(found.get(name, ""))
    group["steps"].append([(s.tree, s.node, s.exit, s.visit) for s in steps_of(stored.event)])
    return sum(len(found[name]) for name in _FREE)


def _schema(arrow: Any) -> Any:
    few = arrow.dictionary(arrow.int32(), arrow.string())
    types = {name: arrow.string() if name in _FREE else few for name in COLUMNS}
    types |= {"seq": arrow.int32(), "at": arrow.timestamp("us", tz="UTC")}
    step = arrow.struct(
        [("tree", arrow.string()), ("node", arrow.string()), ("exit", arrow.string()),
         ("visit", arrow.int32())]
    )  # fmt: skip
    return arrow.schema([*types.items(), ("steps", arrow.list_(step))])
