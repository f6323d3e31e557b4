"""States that nothing ahead can tell apart are one; all others stay apart."""

from __future__ import annotations

import pytest
from immutables import Map

from engine.exploring.liveness import OTHER, Plan
from engine.exploring.merging import Merging, Stack
from engine.kit.moves import ANY, UNSET, Possible
from engine.model import Frame, Value

COLOURS = {"colour": frozenset({"red"})}
PLANS = {
    "main": Plan(
        coming={"ask": frozenset({"colour", "visits.ask"}), "end": frozenset()},
        leaving={"ask": frozenset({"colour"}), "end": frozenset()},
        count={"visits.ask": 2},
        tell_apart=COLOURS,
        exact=frozenset(),
    ),
    "sub": Plan({"in": frozenset()}, {"in": frozenset()}, {}, {}, frozenset()),
}


def _main(node: str, values: dict[str, Value], stood: Stack | None = None) -> Frame:
    return Frame("main", node, Map(values), stood)


SUB = Frame("sub", "in", Map({"visits.in": 1}))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ({"colour": "green"}, {"colour": "blue"}, True),
        ({"colour": "green"}, {"colour": "red"}, False),
        ({"colour": "green"}, {}, False),
        ({"visits.ask": 2}, {"visits.ask": 7}, True),
        ({"visits.ask": 1}, {"visits.ask": 2}, False),
        ({"name": ANY}, {}, True),
        ({"colour": Possible((UNSET, "green", "blue"))}, {"colour": "blue"}, False),
        ({"colour": Possible(("green", "blue"))}, {"colour": "blue"}, True),
    ],
)
def test_what_can_be_told_apart_is(
    one: dict[str, Value], other: dict[str, Value], alike: bool
) -> None:
    merging = Merging(PLANS)
    same = merging.kept((_main("ask", one),), None) == merging.kept((_main("ask", other),), None)
    assert same is alike


def test_where_nothing_matters_any_more_all_are_one() -> None:
    merging = Merging(PLANS)
    numbers = {merging.kept((_main("end", {"colour": c}),), None) for c in ("red", "green")}
    assert len(numbers) == 1
    (frame,) = merging.stack(numbers.pop())
    assert frame == _main("end", {})


def test_what_is_kept_needs_nothing_more() -> None:
    merging = Merging(PLANS)
    numbers = merging.kept((_main("ask", {"colour": "blue", "visits.ask": 9}), SUB), None)
    stack = merging.stack(numbers)
    assert stack[0].values == Map({"colour": OTHER})
    assert merging.kept(stack, None) == numbers
    assert merging.kept((stack[0], SUB), None) == numbers  # the walk moved in the topmost tree
    assert merging.stack(numbers) is stack


def test_what_a_detour_comes_back_to_stays_alive() -> None:
    merging = Merging(PLANS)
    values = {"colour": "red", "visits.ask": 1}
    stood = (_main("ask", values),)
    left = merging.stack(merging.kept((_main("end", values),), None))
    kept = merging.stack(merging.kept((_main("end", values),), stood))
    assert (left[0].values, kept[0].values) == (Map(), Map(values))
    inner = Frame("sub", "in", Map(), stood)
    below, above = merging.stack(merging.kept((_main("end", values), inner), None))
    assert below.values == Map(values)
    assert above.stood == (_main("ask", {}),)  # what the tree below knows by then is its own
