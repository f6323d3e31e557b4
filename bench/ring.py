"""A tree to walk on for as long as one likes, of any size, for the walker and for its floor.

Questions stand in a ring. The first choice of each leads over a ``decide`` whose first rule does
not hold and whose second does; so an answer evaluates two conditions and passes two nodes.
"""

from __future__ import annotations

from typing import Any

from bench import floor_walker as floor
from engine.building.build import build
from engine.files.document import Document
from engine.kit.builder import Shared
from engine.model import Tree

GIVEN = {"caller": "Ana"}


def data(nodes: int) -> dict[str, Any]:
    """The tree as its file would hold it, with this many nodes (an even number)."""
    made: dict[str, Any] = {}
    pairs = nodes // 2
    for n in range(pairs):
        ask, decide, after = f"q{n}", f"d{n}", f"q{(n + 1) % pairs}"
        made[ask] = {
            "ask": f"Question {n}: what colour is the light now, {{caller}}?",
            "hint": "Older boxes label it with a sign.",
            "choices": {
                "green": {"label": "Solid green", "next": decide},
                "amber": {"label": "Flashing amber", "next": after},
                "red": {"label": "Red", "next": after},
            },
        }
        made[decide] = {
            "decide": [
                {"when": f'{ask} == "green" and visits.{ask} > 100000', "next": ask},
                {"when": f'{ask} == "green"', "next": after},
            ],
            "otherwise": after,
        }
    return {
        "format": 1,
        "title": "Ring",
        "start": "q0",
        "given": {"caller": {"type": "text"}},
        "nodes": made,
    }


def tree(nodes: int) -> Tree:
    """Ours. Read, shaped and checked it is not: the walker alone is measured on it."""
    made, findings = build(Document(file="ring.yaml", data=data(nodes)), "ring", Shared(), {})
    assert not findings, findings[:3]
    return made


def floor_nodes(nodes: int) -> floor.Nodes:
    """The floor's. Its rules are lambdas written by hand."""
    made: dict[str, floor.Ask | floor.Decide] = {}
    for name, node in data(nodes)["nodes"].items():
        if "ask" in node:
            choices = {id: (c["label"], c["next"]) for id, c in node["choices"].items()}
            made[name] = floor.Ask(node["ask"], choices)
            continue
        ask = "q" + name[1:]
        visits = "visits." + ask
        first = lambda v, ask=ask, visits=visits: v[ask] == "green" and v[visits] > 100_000  # noqa: E731
        second = lambda v, ask=ask: v[ask] == "green"  # noqa: E731
        rules = ((first, node["decide"][0]["next"]), (second, node["decide"][1]["next"]))
        made[name] = floor.Decide(rules, node["otherwise"])
    return made
