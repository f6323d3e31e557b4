"""What the trees of a library share, built from `library.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

from engine.building import tables
from engine.building.build import entries, named_text, nested
from engine.building.names import TreeNames
from engine.files.document import Document
from engine.files.folder import bytes_of, inside, names_in
from engine.kit.builder import Builder, Shared, missing
from engine.model import Action, Calendar, Field, Finding, Limits, Text, Value

_MOST_WRONG: Final = 20  # cells of a table: who has more has made one mistake often


def vocabulary(
    document: Document, root: Path, limits: Limits
) -> tuple[Shared, list[Finding], dict[str, bytes]]:
    """What a library's file of the right shape says that all trees share, what is wrong with it,
    and the tables that were read."""
    building = _Building(Builder(document, "", Shared(), {}), root, limits)
    return building.shared(), building.b.findings, building.read


@dataclass
class _Building:
    b: Builder
    root: Path
    limits: Limits
    read: dict[str, bytes] = field(default_factory=dict)  # tables by their names

    def shared(self) -> Shared:
        b, document = self.b, self.b.document
        data = document.data
        b.prefix = "library:"
        languages = (str(data.get("language") or "en"),)
        constants = {
            name: _constant(document, name, value)
            for name, value in (data.get("constants") or {}).items()
        }
        own = data.get("texts") or {}
        b.names = TreeNames({}, (), constants, languages)
        b.text_names = TreeNames({}, (), constants, languages, texts=own)
        shared = Shared(
            teams=entries(b, data.get("teams"), "teams"),
            dispositions=entries(b, data.get("dispositions"), "dispositions"),
            kpis=entries(b, data.get("kpis"), "kpis"),
            constants=constants,
            texts={name: named_text(b, name, value) for name, value in own.items()},
            calendar=self._calendar(data),
            currency=str(data.get("currency") or ""),
            languages=languages,
            actions={
                name: self._action(name, value)
                for name, value in (data.get("actions") or {}).items()
            },
        )
        nested(b, shared.texts, shared.texts)
        return shared

    def _calendar(self, data: Mapping[str, Any]) -> Calendar:
        default = Calendar()
        zone = str(data.get("timezone") or default.timezone)
        if not _is_zone(zone):
            self.b.find(
                "shape",
                f"there is no time zone {zone!r}; write one like Europe/Berlin",
                ("timezone",),
            )
            zone = default.timezone
        holidays = {date.fromisoformat(str(day)) for day in data.get("holidays") or ()}
        workdays = data.get("workdays")
        return Calendar(
            zone,
            default.workdays if workdays is None else frozenset(map(str, workdays)),
            frozenset(holidays),
        )

    def _action(self, name: str, data: Mapping[str, Any]) -> Action:
        b = self.b
        at = ("actions", name)
        takes = b.fields(data.get("takes"), (*at, "takes"))
        exits: dict[str, tuple[Field, ...]] = {}
        labels: dict[str, Text] = {}
        for exit, outputs in (data.get("exits") or {}).items():
            exits[exit] = b.fields(outputs, (*at, "exits", exit))
            label = (data.get("labels") or {}).get(exit)
            said = None if label is None else b.written(label, (*at, "labels", exit))
            labels[exit] = b.label(said, (*at, "exits", exit, "label"), exit)
        table = data.get("table")
        return Action(
            id=name,
            label=b.label(data.get("label"), (*at, "label"), name),
            takes=takes,
            exits=exits,
            exit_labels=labels,
            min_rows={
                f"{exit}.{output}": int(spec["min"])
                for exit, outputs in (data.get("exits") or {}).items()
                for output, spec in (outputs or {}).items()
                if isinstance(spec, Mapping) and "list" in spec and "min" in spec
            },
            failed=str(data.get("failed") or ""),
            safe_to_repeat=bool(data.get("safe_to_repeat", False)),
            how="table"
            if table
            else "http"
            if data.get("http")
            else "by"
            if data.get("by")
            else "hand",
            by=str(data.get("by") or ""),
            http=data.get("http") or {},
            table=self._table(name, table, takes, exits.get("found", ())) if table else None,
        )

    def _table(
        self,
        name: str,
        data: Mapping[str, Any],
        takes: tuple[Field, ...],
        gives: tuple[Field, ...],
    ) -> tables.Table | None:
        b, file = self.b, str(data["file"])
        at = ("actions", name, "table", "file")
        path = self.root / file
        if not inside(self.root, path) or not path.is_file():
            b.find("missing-media", missing("file", file, names_in(path.parent)), at)
            return None
        match = data.get("match") or {}
        try:
            raw = self.read[file] = bytes_of(path, self.limits)
            table, wrong = tables.read(raw, file, takes, gives, match)
        except OSError as unreadable:
            b.find("missing-media", f"{file} cannot be read: {unreadable.strerror}", at)
            return None
        for row, column, message in wrong[:_MOST_WRONG]:
            named = f", column {column!r}" if column else ""
            b.find("contract", f"{file}, row {row}{named}: {message}", at)
        never = islice(table.never(), _MOST_WRONG) if table is not None else ()
        for row, shadow in never:
            b.find(
                "never-taken",
                f"{file}: row {row} can never be first; row {shadow} always comes before it",
                at,
            )
        return table


def _constant(document: Document, name: str, value: Any) -> Value:
    if isinstance(value, bool | str):
        return value
    return Decimal(document.raw(("constants", name)))


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
