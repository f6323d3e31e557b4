"""Random trees, mostly sound, and random legal answers to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from engine.model import Expected, Tree, Walk
from engine.walk import expects

LIBRARY: dict[str, Any] = {
    "format": 1,
    "teams": {"care": {"label": "Care"}},
    "dispositions": {"done": {"label": "Done"}, "lost": {"label": "Lost"}},
    "constants": {"limit": 60},
    "actions": {
        "look": {
            "takes": {"line": {"type": "text", "required": False}},
            "exits": {"none": {}, "known": {"eta": "text", "price": "money"}, "failed": {}},
            "failed": "failed",
            "safe_to_repeat": True,
        },
        "slots": {
            "takes": {},
            "exits": {
                "found": {"options": {"list": {"slot": "text", "label": "text"}, "min": 1}},
                "none": {},
            },
            "failed": "none",
        },
    },
}
SUBTREE: dict[str, Any] = {
    "format": 1,
    "title": "A subtree",
    "audience": ["agent", "customer"],
    "start": "first",
    "given": {"hint": {"type": "text", "required": False}},
    "exits": {"good": {"code": "text"}, "bad": {}},
    "nodes": {
        "first": {"ask": "Which?", "choices": {"a": "form", "b": "no"}},
        "form": {"ask": "Say.", "fields": {"code": {"type": "text"}}, "next": "yes"},
        "yes": {"end": "Good.", "exit": "good", "returns": {"code": "form.code"}},
        "no": {"end": "Bad.", "exit": "bad"},
    },
}

IDS = [f"n{n}" for n in range(8)]


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """The plain data of a tree of up to eight nodes and two ends."""
    ids = IDS[: draw(st.integers(2, 8))]
    verbs = {id: draw(st.sampled_from(list(_VERBS))) for id in ids}
    targets = [*ids, "good", "bad"]
    nodes: dict[str, Any] = {}
    for n, id in enumerate(ids):
        # Mostly onward, so that most trees can end and few go round for ever.
        onward = [*ids[n + 1 :], "good", "bad"]
        way = st.one_of(st.sampled_from(onward), st.sampled_from(onward), st.sampled_from(targets))
        nodes[id] = draw(_VERBS[verbs[id]](id, way, verbs))
        if draw(st.integers(0, 3)) == 0 and verbs[id] in ("ask", "tell", "form"):
            nodes[id]["limit"] = {"visits": draw(st.integers(1, 2)), "then": draw(way)}
    nodes["good"] = {"end": "Good.", "disposition": "done"}
    nodes["bad"] = {"end": "Bad.", "disposition": "lost"}
    tree: dict[str, Any] = {
        "format": 1,
        "title": "A tree",
        "audience": draw(st.sampled_from([["agent"], ["agent", "customer"]])),
        "start": ids[0],
        "given": {
            "plan": {"type": "choice", "of": ["fibre", "copper"]},
            "age": {"type": "integer", "required": False},
        },
        "facts": {"old": "age is set and age > 60"},
        "nodes": nodes,
    }
    if draw(st.booleans()):
        tree["anytime"] = {"leave": {"label": "Leave", "next": draw(st.sampled_from(targets))}}
    return tree


Way = st.SearchStrategy[str]


def _conditions(verbs: dict[str, str]) -> st.SearchStrategy[str]:
    found = ['plan == "copper"', "old", 'audience == "agent"', "age is set and age < 18"]
    for id, verb in verbs.items():
        found.append(f"visits.{id} < 2")
        found += [text.replace("ID", id) for text in _READS[verb]]
    one = st.sampled_from(found)
    both = st.tuples(one, st.sampled_from(["and", "or"]), one)
    return st.one_of(one, both.map(" ".join), one.map(lambda c: f"not ({c})"))


_READS: dict[str, list[str]] = {
    "ask": ['ID is set and ID == "yes"', 'ID is set and ID != "no"', 'ID == "no"'],
    "tell": [],
    "form": ["ID.count is set and ID.count > 3", "ID.word is set", "ID.sure is set and ID.sure"],
    "decide": [],
    "run": ['ID is set and ID == "known"', "ID.eta is set", "ID.price is set and ID.price > 30"],
    "use": ['ID is set and ID == "good"', "ID.code is set"],
    "pick": ["ID is set", "ID.label is set"],
}


def _ask(id: str, way: Way, verbs: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    more = st.lists(st.sampled_from(["off", "constructor"]), max_size=2, unique=True)
    ids = more.map(lambda names: ["yes", "no", *names])
    own = ids.flatmap(
        lambda names: st.tuples(*(way for _ in names)).map(
            lambda ways: {"ask": "Which?", "choices": dict(zip(names, ways, strict=True))}
        )
    )
    shared = st.tuples(ids, way).map(
        lambda pair: {
            "ask": "Which?",
            "choices": dict.fromkeys(pair[0], "A label"),
            "next": pair[1],
        }
    )
    return st.one_of(own, shared)


def _tell(id: str, way: Way, verbs: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    words = st.sampled_from(["Do it.", "Plan {plan}.", "Wait."])
    return st.tuples(words, way).map(lambda pair: {"tell": pair[0], "next": pair[1]})


def _form(id: str, way: Way, verbs: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {
        "count": {"type": "integer", "required": False, "min": 0, "max": 9},
        "word": {"type": "text", "required": False},
        "sure": {"type": "yesno"},
    }
    return way.map(lambda to: {"ask": "Fill in.", "fields": fields, "next": to})


def _decide(id: str, way: Way, verbs: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    rule = st.tuples(_conditions(verbs), way).map(lambda p: {"when": p[0], "next": p[1]})
    rules = st.lists(rule, min_size=1, max_size=3)
    other = st.one_of(way, way, way, st.none())
    return st.tuples(rules, other).map(
        lambda p: {"decide": p[0]} | ({"otherwise": p[1]} if p[1] else {})
    )


def _run(id: str, way: Way, verbs: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(way, way, way).map(
        lambda w: {"run": "look", "exits": {"none": w[0], "known": w[1], "failed": w[2]}}
    )


def _use(id: str, way: Way, verbs: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(way, way).map(lambda w: {"use": "sub", "exits": {"good": w[0], "bad": w[1]}})


def _pick(id: str, way: Way, verbs: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    runs = [other for other, verb in verbs.items() if verb == "slots"] or ["n0"]
    return st.tuples(way, way, st.sampled_from(runs)).map(
        lambda w: {
            "ask": "Which?",
            "choices_from": f"{w[2]}.options",
            "next": w[0],
            "none_of_these": {"label": "None", "next": w[1]},
        }
    )


_VERBS: dict[str, Callable[..., st.SearchStrategy[dict[str, Any]]]] = {
    "ask": _ask,
    "tell": _tell,
    "form": _form,
    "decide": _decide,
    "run": _run,
    "use": _use,
}


def write(folder: Path, tree: dict[str, Any]) -> Path:
    """A library of this tree and a subtree, as files. (JSON is YAML, well quoted.)"""
    for name, data in (("library", LIBRARY), ("sub", SUBTREE), ("tree", tree)):
        text = json.dumps(data, ensure_ascii=False, indent=1)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def legal(draw: st.DrawFn, tree: Tree, walk: Walk) -> Any:
    """A legal answer to what the walk expects: (how, what)."""
    expected: Expected = expects(tree, walk)
    if expected.anytime and draw(st.integers(0, 9)) == 0:
        return {"anytime": draw(st.sampled_from(expected.anytime))}
    if expected.exits:
        exit = draw(st.sampled_from(sorted(expected.exits)))
        return {"exit": exit} | {f.name: _value(draw, f) for f in expected.exits[exit]}
    if expected.fields:
        filled = {}
        for field in expected.fields:
            if field.required or draw(st.booleans()):
                filled[field.name] = _value(draw, field)
        return filled
    return draw(st.sampled_from(expected.choices)) if expected.choices else None


def _value(draw: st.DrawFn, field: Any) -> Any:
    match field.type:
        case "integer":
            return draw(st.integers(0, 9))
        case "money":
            return draw(st.sampled_from(["0", "30", "30.01", "100"]))
        case "yesno":
            return draw(st.booleans())
        case "choice":
            return draw(st.sampled_from([choice.id for choice in field.choices]))
        case _:
            return draw(st.sampled_from(["a", "word", "?"]))
