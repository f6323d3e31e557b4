"""The contract of every channel: what it cannot say of a node, it says in words, with what to do.

Channels come from the registry; nodes of every verb, from bare to full, are made here.
"""

from __future__ import annotations

from typing import Any

import pytest

from engine.channels import CHANNELS
from engine.model import CHANNEL_NAMES, Node
from engine.nodes import VERBS
from tests.rows import tree_of

LINK = "Read [this](https://example.org)."
NODES: dict[str, dict[str, Any]] = {
    "ask": {"ask": "Is it on?", "choices": {"yes": "a"}},
    "ask with a form": {
        "ask": "Who?",
        "fields": {"name": {"type": "text"}, "mobile": {"type": "phone"}},
        "next": "a",
    },
    "ask with a field": {"ask": "Who?", "fields": {"name": {"type": "text"}}, "next": "a"},
    "ask for something personal": {
        "ask": "Who?",
        "fields": {"mobile": {"type": "phone", "private": True}},
        "next": "a",
    },
    "tell": {"tell": "Switch it off.", "next": "a"},
    "tell with a countdown": {"tell": "Switch it off.", "wait": "90s", "next": "a"},
    "tell with a link": {"tell": LINK, "next": "a"},
    "tell with a number to call": {"tell": "Call [us](tel:0300123).", "next": "a"},
    "tell with a table": {"tell": "| a | b |\n|---|---|\n| 1 | 2 |", "next": "a"},
    "decide": {"decide": [{"when": 'audience == "agent"', "next": "a"}], "otherwise": "b"},
    "run": {"run": "look", "exits": {"none": "a", "known": "b", "failed": "c"}},
    "use": {"use": "sub", "exits": {"good": "a", "bad": "b"}},
    "end": {"end": "Bye.", "disposition": "done"},
}
CANNOT = {
    ("chat", "ask with a form"): "a chat asks for one thing at a time, and this form has 2 fields",
    ("email", "tell with a countdown"): "nobody waits beside an e-mail",
    ("phone", "tell with a link"): "a link cannot be said on the telephone",
    ("phone", "tell with a table"): "a table cannot be said on the telephone",
    ("social", "ask for something personal"): "personal values (mobile) are not asked for",
}


def node(name: str) -> Node:
    made: Node = tree_of({"node": NODES[name]}).nodes["n"]
    return made


def test_every_channel_that_a_walk_can_have_is_there() -> None:
    assert list(CHANNELS) == list(CHANNEL_NAMES)
    assert {name.partition(" ")[0] for name in NODES} == set(VERBS)


@pytest.mark.parametrize("name", NODES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_it_says_what_it_cannot_say(channel: str, name: str) -> None:
    told = CHANNELS[channel].cannot(node(name))
    assert told.startswith(CANNOT.get((channel, name), "")), told
    assert bool(told) == ((channel, name) in CANNOT)
    if told:
        problem, _, remedy = told.partition(";")
        assert problem
        assert remedy.strip(), "it says what is wrong, and not what to do"
        assert not told.endswith(".")


@pytest.mark.parametrize("channel", CHANNELS)
def test_its_help_is_its_docstring(channel: str) -> None:
    assert (CHANNELS[channel].__doc__ or "").strip()


@pytest.mark.parametrize("channel", CHANNELS)
def test_it_asks_the_node_and_not_its_verb(channel: str) -> None:
    """A verb that does not exist yet can be spoken."""

    class Sing(Node, frozen=True, kw_only=True):
        pass

    assert CHANNELS[channel].cannot(Sing(id="n")) == ""
