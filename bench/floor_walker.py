"""The floor: a walker of one tree, as small as it honestly can be while it does the job.

It does what no walker can leave out:

* the tree and the walk are immutable: an answer makes a new walk, the old one stands;
* the answer must be one of the node's choices, and is kept under the node's name;
* visits are counted, a step is added to the path, an event is added to the log, with its time;
* a ``decide`` evaluates its rules (compiled functions of the values) until somebody is asked again;
* the state before each answer is kept, so that going back is one look-up;
* the prompt puts the values into the words, and lists the choices.

It does not do anything else: one verb beside ``decide``, one tree, no subtrees, limits, languages,
audiences, private values, checks of types, hashes of what was shown, or errors that teach.
Lists that grow share their tails and values live in the same persistent map that we use, so that
the thousandth step costs what the tenth does: without that it would not do the job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from immutables import Map

Values = Map[str, Any]


class Ask(NamedTuple):
    words: str
    choices: Mapping[str, tuple[str, str]]  # id -> label, next


class Decide(NamedTuple):
    rules: tuple[tuple[Callable[[Values], bool], str], ...]
    otherwise: str


class Walk(NamedTuple):
    node: str
    values: Values
    path: tuple[Any, Any] | None  # the last step, and those before
    log: tuple[Any, Any] | None
    past: Walk | None


Nodes = Mapping[str, Ask | Decide]


def start(start: str, given: Mapping[str, Any], at: datetime) -> Walk:
    values: Values = Map(given)
    return Walk(start, values.set("visits." + start, 1), None, (("started", at), None), None)


def answer(nodes: Nodes, walk: Walk, value: str, at: datetime) -> Walk:
    node, values = walk.node, walk.values
    here = nodes[node]
    if type(here) is not Ask or value not in here.choices:
        raise ValueError(f"{value!r} is not a choice of {node}")
    values = values.set(node, value)
    path = ((node, value, values["visits." + node]), walk.path)
    to = here.choices[value][1]
    while True:
        key = "visits." + to
        values = values.set(key, values.get(key, 0) + 1)
        there = nodes[to]
        if type(there) is Ask:
            break
        exit, next = _decided(there, values)
        path = ((to, exit, values[key]), path)
        to = next
    return Walk(to, values, path, (("answered", at, node, value, to), walk.log), walk)


def _decided(node: Any, values: Values) -> tuple[str, str]:
    for number, (when, next) in enumerate(node.rules, 1):
        if when(values):
            return f"rule_{number}", next
    return "otherwise", node.otherwise


def prompt(nodes: Nodes, walk: Walk) -> tuple[str, list[tuple[str, str]]]:
    here: Any = nodes[walk.node]
    return here.words.format_map(walk.values), [(id, c[0]) for id, c in here.choices.items()]


def back(walk: Walk) -> Walk:
    if walk.past is None:
        raise ValueError("this is the first step")
    return walk.past
