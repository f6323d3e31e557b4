"""What a walk says that it expects is exactly what it takes.

At each step of random walks on random trees: whatever is made from ``expects`` is taken, and what
is off by a little is refused and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from engine.errors import Fault, InvalidAnswer, Refused
from engine.model import Expected, PromptField, Tree, Walk
from engine.walk import answer, expects, resolve
from tests.random_trees import _value as some_value
from tests.random_trees import legal, trees
from tests.walkers import NOON, begun, moved, profile, tree_from

DEEP: Any = []
for _ in range(20_000):
    DEEP = [DEEP]
# Whatever is expected, it is none of these.
NEVER: tuple[Any, ...] = (
    "nothing_of_the_kind", "\ud800", 0, 1.5, 10**30, 10**5_000, float("nan"), float("-inf"),
    object(), b"yes", {1: 2}, {"a", "b"}, [[]], [None], [{}], {"nothing": "of the kind"}, DEEP,
    {"a": DEEP}, "x" * 100_000, ["x" * 100_000], {"anytime": "nothing_of_the_kind"},
    {"anytime": None}, {"anytime": []}, {"anytime": DEEP}, {"exit": []}, {"exit": "nothing"},
)  # fmt: skip
# No value of the type, whatever its bounds.
NO_VALUE: dict[str, tuple[Any, ...]] = {
    "integer": ("three", "1.5", True, [1], {"a": 1}, 10**30, float("nan"), "١", "1e2"),
    "money": ("dear", "1.001", True, ["1"], "€1", float("inf"), 10**30),
    "yesno": ("maybe", 1, 0, ["yes"], {"yes": 1}, "ja"),
    "choice": ("nothing_of_the_kind", True, 1, ["x"], {"x": "y"}),
    "choices": (["nothing_of_the_kind"], True, {"p": True}, [["p"]], 1),
    "date": ("2026-02-30", "tomorrow", 20260302, True, ["2026-03-02"], "٢٠٢٦-٠٣-٠٢"),
    "text": (["a"], {"a": "b"}, True, "a\nb", "\u202ea", "x" * 1_001, 10**40),
    "list": ("a", [1], {"slot": "a"}, [{}], [{"label": "a"}], [{"slot": ["a"], "label": "b"}]),
}


def near_misses(draw: Any, expected: Expected) -> Iterator[Any]:
    """Answers (or results) that are off by a little."""
    yield from NEVER
    if expected.exits:
        yield from _results(draw, expected)
    elif expected.type == "continued":
        yield from (True, False, [], {}, "next", [""], "on")
    elif expected.fields:
        full = {f.name: some_value(draw, f) for f in expected.fields}
        yield from _forms(full, expected.fields)
        yield from (None, True, [], "", [full])
    elif expected.pick == "many":
        yield from _ticks(expected)
    else:
        yield from _picks(expected)


def _results(draw: Any, expected: Expected) -> Iterator[Any]:
    for exit, fields in expected.exits.items():
        full = {f.name: some_value(draw, f) for f in fields}
        for missed in _forms(full, fields):
            yield {"exit": exit, **missed}
    yield from (None, [], {}, "exit", {"exit": None}, {"exit": True})


def _ticks(expected: Expected) -> Iterator[Any]:
    ids = expected.choices
    yield from (None, {}, True, [*ids, "nothing"], [*ids, *ids], [True], [ids])
    yield dict.fromkeys(ids, True)
    if not expected.none_of_these:
        yield from ([], "", "none_of_these")


def _picks(expected: Expected) -> Iterator[Any]:
    yield from (None, {}, [], "", [*expected.choices], {id: True for id in expected.choices})
    for word, same in (("yes", True), ("no", False)):
        if word not in expected.choices or expected.pick == "row":
            yield same
    if not expected.none_of_these:
        yield from ("none_of_these", {"none_of_these": True})


def _forms(full: dict[str, Any], fields: tuple[PromptField, ...]) -> Iterator[dict[str, Any]]:
    yield {**full, "nothing_of_the_kind": "x"}
    for field in fields:
        without = {name: value for name, value in full.items() if name != field.name}
        if field.required:
            yield without
            yield {**without, field.name: None}
            yield {**without, field.name: "  "}
        for wrong in NO_VALUE[field.type]:
            yield {**without, field.name: wrong}
        for bound, off in ((field.min, -1), (field.max, 1)):
            if bound and field.type == "integer":
                yield {**without, field.name: int(bound) + off}


def _say(tree: Tree, walk: Walk, said: Any) -> Walk:
    request = walk.state.request
    if request is not None and not (isinstance(said, dict) and "anytime" in said):
        return resolve(tree, walk, request.id, said, at=NOON, ref="x")
    return answer(tree, walk, said, at=NOON, ref="x")


def _refused(draw: Any, tree: Tree, walk: Walk, expected: Expected) -> None:
    before = repr(walk)
    for said in near_misses(draw, expected):
        refusal = _refusal(tree, walk, said)
        assert refusal, f"taken, though it was not expected: {str(said)[:80]} {expected}"
        assert len(refusal) < 1_000, "a refusal says what to do, not what was sent"
    with pytest.raises(Refused):
        resolve(tree, walk, "no.such.request", {"exit": "none"}, at=NOON)
    assert repr(walk) == before


def _refusal(tree: Tree, walk: Walk, said: Any) -> str:
    """The words in which it is refused; "" where it is taken."""
    try:
        _say(tree, walk, said)
    except (InvalidAnswer, Refused) as refused:
        return str(refused)
    except Fault:
        pass  # of what comes behind it: it was taken
    return ""


def _taken(tree: Tree, walk: Walk, said: Any, *, rules: bool = False) -> None:
    before = repr(walk)
    try:
        _say(tree, walk, said)
    except Fault:
        pass  # what comes behind it is not proved; the answer was taken
    except InvalidAnswer:
        if not rules:
            raise
    assert repr(walk) == before


def _everything(draw: Any, tree: Tree, walk: Walk, expected: Expected) -> None:
    """All that ``expects`` offers, one after the other."""
    many = expected.pick == "many"
    offered: list[Any] = [{"anytime": id} for id in expected.anytime]
    offered += [[id] if many else id for id in expected.choices]
    if many and expected.choices:
        offered.append(list(expected.choices))
    if expected.none_of_these:
        offered.append([] if many else "none_of_these")
    if expected.type == "continued":
        offered.append(None)
    for exit, fields in expected.exits.items():
        offered += [{"exit": exit, **form} for form in _full_and_least(draw, fields)]
    for said in offered:
        _taken(tree, walk, said)
    if expected.fields:
        rules = any(field.must for field in _node(tree, walk).fields)
        for form in _full_and_least(draw, expected.fields):
            _taken(tree, walk, form, rules=rules)


def _full_and_least(draw: Any, fields: tuple[PromptField, ...]) -> Iterator[dict[str, Any]]:
    yield {f.name: some_value(draw, f) for f in fields}
    yield {f.name: some_value(draw, f) for f in fields if f.required}


def _node(tree: Tree, walk: Walk) -> Any:
    frame = walk.state.frames[-1]
    return (tree if frame.tree == tree.id else tree.uses[frame.tree]).nodes[frame.node]


def _holds_everywhere(data: dict[str, Any], more: st.DataObject, moves: int) -> None:
    tree = tree_from(data)
    logged = None if tree is None else begun(more.draw, tree)
    if tree is None or logged is None:
        event("tree: not sound")
        return
    for _ in range(moves):
        expected = expects(tree, logged.walk)
        event(f"expects: {expected.type or 'nothing'} {expected.pick}")
        if expected.type:
            _everything(more.draw, tree, logged.walk, expected)
        _refused(more.draw, tree, logged.walk, expected)
        after = moved(more.draw, logged)
        if after is not None:
            logged.keep(after)


@profile(20)
@given(trees(daring=False), st.data())
def test_what_is_expected_is_taken_and_nothing_else(
    data: dict[str, Any], more: st.DataObject
) -> None:
    _holds_everywhere(data, more, 5)


@pytest.mark.slow
@profile(150)
@given(trees(), st.data())
def test_what_is_expected_is_taken_and_nothing_else_on_many(
    data: dict[str, Any], more: st.DataObject
) -> None:
    _holds_everywhere(data, more, 8)


@profile(20)
@given(trees(), st.data())
def test_what_is_legal_is_taken(data: dict[str, Any], more: st.DataObject) -> None:
    """The moves that other laws are tested with are all made from ``expects`` alone."""
    tree = tree_from(data)
    logged = None if tree is None else begun(more.draw, tree)
    if tree is None or logged is None:
        return
    for _ in range(10):
        if logged.walk.state.status != "ended":
            rules = any(f.must for f in getattr(_node(tree, logged.walk), "fields", ()))
            _taken(tree, logged.walk, legal(more.draw, tree, logged.walk), rules=rules)
        after = moved(more.draw, logged)
        if after is not None:
            logged.keep(after)
