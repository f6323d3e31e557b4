"""How far the explorer looks, and what is said where it does not look further."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Refused
from engine.load import Examined, examine
from engine.model import LIMITS, MAX_AUTOMATIC, Limits
from engine.walk import start
from tests.random_trees import write

ENDS: dict[str, Any] = {"fine": {"end": "All is well.", "disposition": "done"}}


def _examined(
    tmp_path: Path, nodes: dict[str, Any], limits: Limits = LIMITS, **more: Any
) -> Examined:
    tree = {"format": 1, "title": "A tree", "start": next(iter(nodes)), "nodes": {**nodes, **ENDS}}
    return examine(write(tmp_path, {**tree, **more}) / "tree.yaml", limits=limits, cache=None)


def _checks(examined: Examined) -> list[tuple[str, str]]:
    return [(f.check, f.node) for f in examined.errors]


def _many(count: int) -> dict[str, Any]:
    """Questions whose answers all matter at the end: twice as many states with each."""
    nodes: dict[str, Any] = {}
    for n in range(count):
        to = f"q{n + 1}" if n + 1 < count else "sort"
        nodes[f"q{n}"] = {"ask": "Yes?", "choices": {"yes": to, "no": to}}
    rules = [{"when": f'q{n} == "yes"', "next": "fine"} for n in range(count)]
    return {**nodes, "sort": {"decide": rules, "otherwise": "fine"}}


def test_past_the_limit_of_states_it_says_so_and_looks_at_the_edges(tmp_path: Path) -> None:
    nodes = {**_many(9), "left_behind": {"tell": "Old.", "next": "ring"}}
    nodes["ring"] = {"tell": "Ring.", "next": "left_behind"}
    examined = _examined(tmp_path, nodes, Limits(states=300))
    assert not examined.complete
    assert ("no-end", "") in _checks(examined)
    told = next(f for f in examined.errors if f.check == "no-end" and not f.node)
    assert "more than 300 states: not everything was looked at" in told.message
    assert ("unreachable", "left_behind") in _checks(examined)
    assert ("no-end", "left_behind") in _checks(examined)
    assert not [f for f in examined.errors if f.check == "never-taken"]


def test_below_it_the_same_tree_is_looked_at_whole(tmp_path: Path) -> None:
    examined = _examined(tmp_path, _many(9))
    assert examined.complete
    assert not examined.errors
    assert examined.states > 300


def test_the_rules_of_a_form_keep_nothing_of_an_earlier_visit(tmp_path: Path) -> None:
    """They read the form as it is sent, so what it held before tells no states apart."""
    fields = {f"f{n}": {"type": "text", "required": False} for n in range(5)}
    ticked = " + ".join(f"(1 if form.{name} is set else 0)" for name in fields)
    fields["f4"] |= {"must": f"{ticked} >= 3"}
    nodes: dict[str, Any] = {
        "form": {"ask": "Three of five?", "fields": fields, "next": "sort"},
        "sort": {"decide": [{"when": f"{ticked} > 4", "next": "fine"}], "otherwise": "again"},
        "again": {"ask": "Once more?", "choices": {"yes": "form", "no": "fine"}},
    }
    nodes["form"]["limit"] = {"visits": 3, "then": "fine"}
    examined = _examined(tmp_path, nodes)
    assert not examined.errors
    assert examined.states < 30


def test_conditions_without_number_are_not_looked_through(tmp_path: Path) -> None:
    """One expression over so many unknowns that nobody can try all: it says so, too."""
    fields = {name: {"type": "yesno"} for name in "abcdeghijklmno"}
    both = " and ".join(f"(f.{name} or not f.{name})" for name in fields)
    nodes = {
        "f": {"ask": "Fill in.", "fields": fields, "next": "sort"},
        "sort": {"decide": [{"when": both, "next": "fine"}], "otherwise": "fine"},
    }
    examined = _examined(tmp_path, nodes)
    assert not examined.complete
    assert ("no-end", "") in _checks(examined)
    told = next(f for f in examined.errors if f.check == "no-end" and not f.node)
    assert "one step has more ways to turn out than can be tried" in told.message


@pytest.mark.parametrize("more", [0, 1])
def test_more_steps_in_a_row_than_a_walk_takes(more: int, tmp_path: Path) -> None:
    """They do not go round, and still nobody comes past them: the walker takes a hundred."""
    count = MAX_AUTOMATIC - 1 + more  # the end is a step, too
    nodes: dict[str, Any] = {"hello": {"tell": "Hello.", "next": "d0"}}
    for n in range(count):
        to = f"d{n + 1}" if n + 1 < count else "fine"
        nodes[f"d{n}"] = {"decide": [{"when": 'plan == "fibre"', "next": to}], "otherwise": to}
    given = {"plan": {"type": "choice", "of": ["fibre", "copper"]}}
    examined = _examined(tmp_path, nodes, given=given)
    assert _checks(examined) == ([("silent-loop", "fine")] if more else [])
    for found in examined.errors:
        assert f"more than {MAX_AUTOMATIC} steps in a row" in found.message


@pytest.mark.parametrize("more", [0, 1])
def test_trees_too_deep_in_one_another(more: int, tmp_path: Path) -> None:
    """Each of them is fine by itself; the one that uses them all goes too deep."""
    depth = LIMITS.frames + more
    names = [f"t{n}" for n in range(depth)]
    for n, name in enumerate(names):
        inner = names[n + 1] if n + 1 < depth else ""
        first: dict[str, Any] = {"tell": "Hello.", "next": "over"}
        if inner:
            first = {"use": inner, "exits": {"done": "over"}}
        nodes: dict[str, Any] = {"first": first, "over": {"end": "Done.", "exit": "done"}}
        tree = {
            "format": 1,
            "title": "Deep",
            "start": "first",
            "exits": {"done": {}},
            "nodes": nodes,
        }
        _put(tmp_path, name, tree)
    nodes = {"go": {"use": "t0", "exits": {"done": "fine"}}}
    examined = _examined(tmp_path, nodes)
    assert _checks(examined) == ([("recursion", "go")] if more else [])


def _put(folder: Path, name: str, tree: dict[str, Any]) -> None:
    (folder / f"{name}.yaml").write_text(json.dumps(tree), encoding="utf-8")


def test_a_subtree_in_a_language_that_it_does_not_name(tmp_path: Path) -> None:
    """What a subtree does wrong only here is found here, at the `use`."""
    nodes = {"go": {"use": "inner", "exits": {"done": "fine"}}}
    rules = [{"when": 'channel == "phone"', "next": "over"}]
    _put(
        tmp_path,
        "inner",
        {
            "format": 1,
            "title": "By phone",
            "channels": ["phone"],
            "start": "sort",
            "exits": {"done": {}},
            "nodes": {"sort": {"decide": rules}, "over": {"end": "Done.", "exit": "done"}},
        },
    )
    examined = _examined(tmp_path, nodes)
    assert _checks(examined) == [("no-rule", "go")]
    (found,) = examined.errors
    assert found.route
    assert (found.route[-1].tree, found.route[-1].node) == ("inner", "sort")


def test_a_walk_goes_by_a_channel_that_the_tree_is_proved_for(tmp_path: Path) -> None:
    nodes = {"hello": {"tell": "Hello.", "next": "fine"}}
    tree = _examined(tmp_path, nodes, channels=["desk", "chat"]).libraries[0].trees["tree"]
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert start(tree, id="w", at=at).about.channel == "desk"
    assert start(tree, id="w", at=at, channel="chat").about.channel == "chat"
    for stranger in ("phone", "telegraph"):
        with pytest.raises(Refused, match="channels desk, chat"):
            start(tree, id="w", at=at, channel=stranger)
