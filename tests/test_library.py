"""The trees that are shipped, taken together: no two say the same at length."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.served import examined

TOO_MANY = 6
# What names its neighbours, or only says who keeps it, does not tell two nodes apart.
_APART = frozenset({"next", "exits", "note", "tags", "expect", "otherwise", "limit", "anytime"})


def _words(value: Any) -> Hashable:
    """What a node says and does, without where it leads."""
    if isinstance(value, Mapping):
        if value.keys() <= {"when", "next"}:  # a rule: its way goes by its number
            return str(value.get("when"))
        return tuple((key, _words(one)) for key, one in value.items() if key not in _APART)
    if isinstance(value, list):
        return tuple(_words(one) for one in value)
    return str(value)


def _ways(node: Mapping[str, Any]) -> dict[str, str]:
    """Where a node leads, by the name of the exit."""
    found = {"next": node["next"]} if isinstance(node.get("next"), str) else {}
    found |= node.get("exits") or {}
    for id, choice in (node.get("choices") or {}).items():
        if isinstance(choice, Mapping) and "next" in choice:
            found[id] = choice["next"]
        elif isinstance(choice, str) and "next" not in node:
            found[id] = choice
    rules = node.get("decide") or ()
    found |= {f"rule_{n}": rule["next"] for n, rule in enumerate(rules, 1)}
    if "otherwise" in node:
        found["otherwise"] = node["otherwise"]
    return found


def _said(node: Mapping[str, Any]) -> Hashable:
    choices = node.get("choices") or {}
    if "next" in node:
        return _words(node)
    short = {id: None if isinstance(choice, str) else choice for id, choice in choices.items()}
    return _words({**node, "choices": short} if choices else node)


def shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[set[str]]:
    """The connected parts, as node ids of ``one``, that ``other`` has with the same words and edges."""
    where = defaultdict(list)
    for id, node in other.items():
        where[_said(node)].append(id)
    pairs = {(id, twin) for id, node in one.items() for twin in where[_said(node)]}
    joined: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for id, twin in pairs:
        there = _ways(other[twin])
        for exit, target in _ways(one[id]).items():
            if (end := (target, there.get(exit, ""))) in pairs:
                joined[id, twin].add(end)
                joined[end].add((id, twin))
    parts, left = [], set(pairs)
    while left:
        part, todo = set(), [left.pop()]
        while todo:
            part.add(pair := todo.pop())
            fresh = joined[pair] & left
            left -= fresh
            todo += fresh
        parts.append({id for id, _ in part})
    return parts


SHOP: dict[str, dict[str, Any]] = {
    "a": {"ask": "One?", "choices": {"yes": "b", "no": "e"}},
    "b": {"tell": "Two.", "next": "c"},
    "c": {"run": "three", "exits": {"good": "d", "bad": "e"}},
    "d": {"decide": [{"when": "a == 'yes'", "next": "e"}], "otherwise": "f"},
    "e": {"end": "Five."},
    "f": {"end": "Six."},
}


@pytest.mark.parametrize(
    ("node", "key", "value", "largest"),
    [
        ("a", "note", "of no weight", 6),
        ("f", "end", "Sechs.", 5),
        ("b", "next", "f", 6),  # still joined to the others by the edge that leads to it
        ("c", "exits", {"good": "f", "bad": "e"}, 6),  # d hangs on e and f
        ("c", "run", "four", 5),
    ],
)
def test_what_two_trees_share_is_found(node: str, key: str, value: Any, largest: int) -> None:
    renamed = {
        f"{id}_": {k: _renamed(v) for k, v in kept.items()}
        for id, kept in {**SHOP, node: {**SHOP[node], key: value}}.items()
    }
    found = max(map(len, shared(SHOP, renamed)))
    assert found == largest


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [{**rule, "next": f"{rule['next']}_"} for rule in value]
    return f"{value}_" if value in SHOP else value


def test_no_two_trees_share_six_connected_nodes() -> None:
    documents = examined().libraries[0].documents
    nodes = {id: document.data["nodes"] for id, document in documents.items()}
    assert len(nodes) > 1
    found = [
        f"{a} and {b}: {', '.join(sorted(part))}"
        for a, b in combinations(nodes, 2)
        for part in shared(nodes[a], nodes[b])
        if len(part) >= TOO_MANY
    ]
    assert found == []


DUTIES = Path(__file__).parents[1] / "docs" / "trees-library.md"
NO_CALLER = {"dispatch_order"}
OFFERED_AFTER = {"offer_more", "sales_call"}  # begun by us, not by a contact that comes in


def test_every_duty_has_its_trees_and_every_tree_its_duty() -> None:
    rows = [line for line in DUTIES.read_text("utf-8").splitlines() if line.startswith("| ")]
    named = set(re.findall(r"`([a-z][a-z0-9_]*)`", "\n".join(rows))) - {
        "anytime",
        "survey",
        "hand_to",
    }
    assert named == set(examined().libraries[0].trees)
    assert all(re.search("`[a-z_]+`", row.split("|")[2]) for row in rows[1:] if "---" not in row)


def test_the_first_contact_leads_to_every_tree_that_a_caller_needs() -> None:
    library = examined().libraries[0]
    whole = {id for id, document in library.documents.items() if "exits" not in document.data}
    led_to = set(library.trees["first_contact"].uses)
    assert whole - led_to == NO_CALLER | OFFERED_AFTER | {"first_contact"}
    assert all(library.trees[id].audience == ("system",) for id in NO_CALLER)


def test_signs_of_an_emergency_are_asked_first_word_for_word() -> None:
    documents = examined().libraries[0].documents
    visit, signs = (documents[id].data["nodes"] for id in ("medical_appointment", "red_flags"))
    assert documents["medical_appointment"].data["start"] == "hello"
    assert visit["hello"]["next"] == "signs"
    assert visit["signs"]["use"] == "red_flags"
    asked = {
        id: node
        for id, node in signs.items()
        if "ask" in node and id not in ("who", "help_coming")
    }
    assert len(asked) == 8
    for node in asked.values():
        assert node["verbatim"] in (True, "true")
        assert node["choices"]["yes"]["next"] in ("call_999", "maternity", "within_a_day")
    assert "999" in signs["call_999"]["tell"]
