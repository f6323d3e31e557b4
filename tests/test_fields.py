"""The field types, by their tables: what each takes, how it spells it, and what it refuses.

`says` is what came in, `is` how the value leaves as JSON, `refuses` the words for the person;
`float` and `digits` stand for what no file can hold: a float by its name, an integer that long.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from engine.fields import FIELDS, is_empty, parse_field, sample, to_plain, type_of
from engine.model import Field
from tests.rows import table, tree_of

KEYS = {"it", "field", "says", "is", "refuses", "float", "digits", "empty", "bound"}
ROWS = [(kind, row) for kind in FIELDS for row in table(f"fields/{kind}")]
# What is no single value, or none at all: no type but a list takes any of it.
NEVER: tuple[Any, ...] = (
    None, True, {}, {"a": 1}, [[]], [{}], [None], object(), float("nan"), float("inf"),
    10**5_000, "\ud800", "\x00", "\u202e1", b"1", 1j,
)  # fmt: skip


def field_of(kind: str, more: Mapping[str, Any]) -> Field:
    """The field that a form of one field would have."""
    if kind == "list":
        action = {"takes": {}, "exits": {"found": {"f": more}, "none": {}}, "failed": "none"}
        node = {"run": "listed", "exits": {"found": "a", "none": "b"}}
        tree = tree_of({"node": node, "library": {"actions": {"listed": action}}})
        found: Field = tree.nodes["n"].action.exits["found"][0]
        return found
    form = {"ask": "?", "fields": {"f": {"type": kind, **more}}, "next": "a"}
    found = tree_of({"node": form}).nodes["n"].fields[0]
    return found


def said(row: Mapping[str, Any]) -> Any:
    if "float" in row:
        return float(row["float"])
    return 10 ** row["digits"] if "digits" in row else row["says"]


@pytest.mark.parametrize("kind", FIELDS)
def test_every_type_has_its_table(kind: str) -> None:
    rows = table(f"fields/{kind}")
    assert any("is" in row for row in rows)
    assert any("refuses" in row for row in rows)
    assert all(row.keys() <= KEYS for row in rows)
    assert len({row["it"] for row in rows}) == len(rows)


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=[f"{k} {r['it']}" for k, r in ROWS])
def test_row(kind: str, row: dict[str, Any]) -> None:
    if "bound" in row:
        with pytest.raises(ValueError, match=row["refuses"]):
            FIELDS[kind].bound(row["bound"])
        return
    field = field_of(kind, row.get("field") or {})
    if "empty" in row:
        assert is_empty(said(row)) == row["empty"]
        return
    if "refuses" in row:
        with pytest.raises(ValueError) as refused:
            parse_field(field, said(row))
        assert row["refuses"] in str(refused.value)
        return
    value = parse_field(field, said(row))
    plain = to_plain(value)
    assert plain == row["is"]
    assert type(plain) is type(row["is"])
    # What went out as JSON comes in as the same.
    assert parse_field(field, plain) == value
    assert to_plain(parse_field(field, plain)) == plain


_LEAST: Mapping[str, Mapping[str, Any]] = {
    "choice": {"of": ["a", "b"]},
    "choices": {"of": ["a", "b"]},
    "list": {"list": {"no": "text"}},
}


@pytest.mark.parametrize("kind", FIELDS)
def test_what_is_no_value_of_any_type_is_refused_in_words(kind: str) -> None:
    field = field_of(kind, _LEAST.get(kind, {}))
    for raw in NEVER:
        if kind == "yesno" and raw is True:
            continue
        with pytest.raises(ValueError) as refused:
            parse_field(field, raw)
        assert "Traceback" not in str(refused.value)
        assert str(refused.value)[:1].islower() or str(refused.value)[:1].isdigit()


@pytest.mark.parametrize("kind", FIELDS)
def test_its_sample_is_a_value_of_it(kind: str) -> None:
    bounds: Mapping[str, list[Mapping[str, Any]]] = {
        "text": [{}, {"min": 9}, {"max": 2}],
        "long_text": [{}, {"min": 9}, {"max": 2}],
        "integer": [{}, {"min": 5}, {"max": -5}],
        "number": [{}, {"min": 5.5}, {"max": -5}],
        "money": [{}, {"min": 5.5}, {"max": -5}],
        "date": [{}, {"min": "2030-01-01"}, {"max": "2020-01-01"}],
        "month": [{}, {"min": "2030-01"}, {"max": "2020-01"}],
        "time": [{}, {"min": "13:00"}, {"max": "9:00"}],
        "choice": [{"of": ["a", "b"]}],
        "choices": [{"of": ["a", "b", "c"]}, {"of": ["a", "b", "c"], "min": 2}],
        "list": [{"list": {"no": "text", "label": "text", "day": "date"}}],
    }
    for more in bounds.get(kind, [{}]):
        field = field_of(kind, more)
        value = sample(field, date(2026, 3, 2))
        assert parse_field(field, to_plain(value)) == value
        assert type_of(field).kind


def test_a_list_has_200_rows_at_most() -> None:
    field = field_of("list", {"list": {"no": "text"}})
    assert len(parse_field(field, [{"no": "a"}] * 200)) == 200
    with pytest.raises(ValueError, match="at most 200 rows; these are 201"):
        parse_field(field, [{"no": "a"}] * 201)


def test_to_plain_refuses_what_is_no_value() -> None:
    with pytest.raises(TypeError, match="object is no value of a walk"):
        to_plain(object())
