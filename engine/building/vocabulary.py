"""What `library.yaml`, stories and side files must keep besides their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from engine.building import call_rules, field_rules
from engine.errors import near
from engine.files.document import Document
from engine.files.shape import finding
from engine.model import Finding, Path


def library(document: Document) -> Iterator[Finding]:
    """Every rule between the keys of `library.yaml` that it breaks."""
    data = document.data
    for name, action in (data.get("actions") or {}).items():
        yield from _action(document, name, action, data.get("teams") or {})
    for n, day in enumerate(data.get("holidays") or ()):
        if not _read(date.fromisoformat, str(day)):
            message = f"{day!r} is no day; write it like 2026-12-25"
            yield finding(document, ("holidays", n), message)
    kpis = data.get("kpis") or {}
    for name, entry in (data.get("dispositions") or {}).items():
        kpi = entry.get("kpi") if isinstance(entry, Mapping) else None
        if kpi is not None and kpi not in kpis:
            message = f"there is no kpi {kpi!r}{near(kpi, kpis)}"
            at: Path = ("dispositions", name, "kpi")
            yield finding(document, at, message, check="missing-disposition")


def _action(
    document: Document, name: str, data: Mapping[str, Any], teams: Mapping[str, Any]
) -> Iterator[Finding]:
    at: Path = ("actions", name)
    yield from field_rules.contract(document, data.get("takes"), (*at, "takes"))
    for exit, outputs in data["exits"].items():
        yield from field_rules.contract(document, outputs, (*at, "exits", exit))
    yield from _exits(document, name, data, at)
    yield from call_rules.failed(document, name, data, at)
    ways = [key for key in ("http", "table", "by") if key in data]
    if len(ways) > 1:
        message = f"{name!r} is done in one way; here are {' and '.join(ways)}"
        yield finding(document, (*at, ways[1]), message, key=True)
    if "http" in data:
        yield from call_rules.http(document, name, data, at)
    if "table" in data:
        yield from _table(document, data, at)
    if "by" in data and data["by"] not in teams:
        message = f"there is no team {data['by']!r}{near(data['by'], teams)}"
        yield finding(document, (*at, "by"), message, check="missing-team")


def _exits(document: Document, name: str, data: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    exits = data["exits"]
    named: list[tuple[Path, str]] = [
        ((*at, "labels", exit), exit) for exit in data.get("labels") or {}
    ]
    if "failed" in data:
        named.append(((*at, "failed"), data["failed"]))
    for path, exit in named:
        if exit not in exits:
            message = f"{name!r} has no exit {exit!r}{near(exit, exits)}"
            yield finding(document, path, message, key="labels" in path)


def _table(document: Document, data: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    if set(data["exits"]) != {"found", "none"}:
        message = "what a table answers has two exits, `found` and `none`"
        yield finding(document, (*at, "exits"), message, key=True)


def stories(document: Document) -> Iterator[Finding]:
    """Every rule between the keys of a stories file that it breaks."""
    names: set[str] = set()
    for n, story in enumerate(document.data):
        if story["story"] in names:
            message = f"another story is called {story['story']!r} too: give each its own name"
            yield finding(document, (n, "story"), message)
        names.add(story["story"])
        if "at" in story and not _read(datetime.fromisoformat, story["at"]):
            message = f"there is no such moment: {story['at']}. Write it like 2026-03-02T19:30"
            yield finding(document, (n, "at"), message)


def side(document: Document) -> Iterator[Finding]:
    """Whether a side file says of itself what its name says."""
    name, _, language = (
        document.file.replace("\\", "/").rpartition("/")[2].removesuffix(".yaml").partition(".")
    )
    for key, wanted in (("translates", name), ("language", language)):
        if document.data[key] != wanted:
            message = f"{key!r} is {document.data[key]!r}, and by its name this file is {wanted!r}"
            yield finding(document, (key,), message, fix=f"{key}: {wanted}")


def _read(how: Callable[[str], Any], text: str) -> bool:
    try:
        how(text)
    except ValueError:
        return False
    return True
