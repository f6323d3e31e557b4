"""What the declaration of a field must keep besides its schema: rules between its keys.

Fields stand in forms, in ``given``, and in contracts (of actions, and a subtree's ``exits``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.fields import FIELDS
from engine.files.document import Document
from engine.files.shape import finding
from engine.model import Finding, Path

# Most fields have these keys alone, between which there are no rules, and a type that needs no more.
_FREE = frozenset({"type", "label", "help", "required", "private", "default", "known", "must"})
_NEEDY = frozenset({"choice", "choices", "list"})
_ASKED = ("default", "known", "must")  # what somebody who fills in a form meets


def form(document: Document, fields: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    """Rules for the fields of a form."""
    for name, field in fields.items():
        if type(field) is dict and field.keys() <= _FREE and field.get("type") not in _NEEDY:
            continue
        if _kind(field) == "list":
            message = f"{name!r} is a list, and only actions and subtrees give lists; use `choices` for several of a few"
            yield finding(document, (*at, name), message)
        else:
            yield from broken(document, field, (*at, name))


def given(document: Document, fields: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    """Rules for what is known before a walk."""
    for name, field in fields.items():
        yield from broken(document, field, (*at, name), ("known", "must"))


def contract(document: Document, fields: Mapping[str, Any] | None, at: Path) -> Iterator[Finding]:
    """Rules for what a contract takes or gives."""
    for name, field in (fields or {}).items():
        yield from broken(document, field, (*at, name), _ASKED)


def _kind(field: Any) -> str:
    if not isinstance(field, dict):
        return str(field)
    return "list" if "list" in field else str(field.get("type", "text"))


def broken(
    document: Document, field: Any, at: Path, refused: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """Every rule that the declaration at this path breaks. ``refused``: keys that have no meaning
    where it stands."""
    kind = _kind(field)
    if not isinstance(field, dict):
        yield from _bare(document, kind, at)
        return
    keys = FIELDS[kind].KEYS
    for key in ("min", "max", "pattern", "of", *refused):
        if key in field and (key not in keys or key in refused):
            why = "here: it goes with the fields of a form" if key in refused else ""
            where = why or f"in a field of type {kind!r}"
            yield finding(document, (*at, key), f"{key!r} has no meaning {where}", key=True)
    if "of" in keys and "of" not in field:
        yield finding(document, at, f"{kind!r} needs its choices: of: [..]", key=True)
    if kind == "list":
        yield from _rows(document, field, at, refused)
        return
    if "message" in field and not {"pattern", "must"} & field.keys():
        message = "'message' is what `pattern` or `must` says when it refuses; here is neither"
        yield finding(document, (*at, "message"), message, key=True)
    yield from _bounds(document, field, kind, keys, at)
    if "pattern" in field and "pattern" in keys:
        yield from _pattern(document, str(field["pattern"]), (*at, "pattern"))


def _bare(document: Document, kind: str, at: Path) -> Iterator[Finding]:
    if kind in ("choice", "choices"):
        message = f"{kind!r} needs its choices: {{type: {kind}, of: [..]}}"
        yield finding(
            document, at, message, fix=f"{at[-1]}: {{type: {kind}, of: [first, second]}}"
        )
    elif kind == "list":
        yield from _no_columns(document, at)


def _no_columns(document: Document, at: Path) -> Iterator[Finding]:
    message = "a list needs its columns, the first of which is the row's id: {list: {id: text, label: text}}"
    yield finding(document, at, message)


def _rows(
    document: Document, field: Mapping[str, Any], at: Path, refused: tuple[str, ...]
) -> Iterator[Finding]:
    if "list" not in field:
        yield from _no_columns(document, at)
        return
    columns = field["list"] if isinstance(field["list"], dict) else {}
    for name, column in columns.items():
        if _kind(column) == "list":
            message = f"{name!r} is a list in a list; a row holds single values"
            yield finding(document, (*at, "list", name), message)
        else:
            yield from broken(document, column, (*at, "list", name), refused)
    least = field.get("min", 0)
    if not isinstance(least, int) or isinstance(least, bool) or least < 0:
        message = f"'min' is the least number of rows, a whole number; here stands {least!r}"
        yield finding(document, (*at, "min"), message)


def _bounds(
    document: Document, field: Mapping[str, Any], kind: str, keys: frozenset[str], at: Path
) -> Iterator[Finding]:
    bounds = []
    for key in ("min", "max"):
        if key in field and key in keys:
            try:
                bounds.append(FIELDS[kind].bound(str(field[key])))
            except ValueError as wrong:
                yield finding(document, (*at, key), f"{key!r}: {wrong}")
    if len(bounds) == 2 and bounds[1] < bounds[0]:
        message = (
            f"'max' is {field['max']}, less than 'min', which is {field['min']}: nothing fits"
        )
        yield finding(document, (*at, "max"), message)


_SAID = (
    ("missing )", "a ( is not closed"),
    ("unexpected )", "a ) closes nothing; write \\) for the sign itself"),
    ("missing ]", "a [ is not closed"),
    ("no argument for repetition operator", "a * + ? or {n} repeats nothing"),
    ("bad repetition operator", "a repetition repeats a repetition, or comes to more than 1,000"),
    ("invalid repetition size", "a repetition comes to more than 1,000"),
    ("invalid perl operator", "(?= (?! (?<= and their like cannot be used"),
    ("invalid character class range", "the ends of a range in [ ] are the wrong way round"),
    ("invalid escape sequence", "this \\ with the sign behind it has no meaning (\\1, \\2 .. cannot be used)"),
    ("trailing \\", "a \\ stands at the end; write \\\\ for the sign itself"),
    ("pattern too large", "it is too large"),
    ("invalid named capture", "a name of a group has small letters, digits and _"),
)  # fmt: skip


def _pattern(document: Document, pattern: str, at: Path) -> Iterator[Finding]:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as wrong:
        said = wrong.args[0]
        told = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        sign, _, part = told.partition(": ")
        words = next((words for known, words in _SAID if sign.startswith(known)), sign)
        where = f" (at {part!r})" if part and len(part) <= 40 else ""
        yield finding(document, at, f"this pattern cannot be read: {words}{where}")
