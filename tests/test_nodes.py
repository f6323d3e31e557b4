"""The verbs, by their tables: each row is a small tree, what is answered, and what comes of it.

`node` is the first node, `n`; `nodes` and `tree` add to it, and any other that is led to is an end.
`answers` are given in their order (`{back: true}`, `{anytime: ID}`, `{result: {..}}`, `{language:
..}`, `{jump: NODE}`, `{rebase: {node: ANSWER}}`); all but the last must be taken, and `refuses` is
about the last. `goes` is the node reached, `path` the steps, `gives` what is known then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from engine.errors import Fault, InvalidAnswer, Refused
from engine.model import Answered, Jumped, LanguageSet, Tree, Walk
from engine.nodes import VERBS
from engine.rebase import rebase, standing
from engine.replay import replay
from engine.walk import (
    answer,
    at,
    back,
    ending,
    expects,
    prompt,
    record,
    resolve,
    start,
    steps,
    stored,
    values,
)
from tests.rows import NOON, table, tree_of

KEYS = {
    "it", "node", "nodes", "tree", "sub", "library", "files", "given", "audience", "channel",
    "language", "at", "answer", "answers", "shows", "prompt", "expects", "goes", "path", "gives",
    "unset", "refuses", "field", "outcome", "promises", "status", "says", "request", "event",
    "fault", "offers", "anytime", "frames", "secret",
}  # fmt: skip
ROWS = [(verb, row) for verb in VERBS for row in table(f"nodes/{verb}")]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_table(verb: str) -> None:
    rows = table(f"nodes/{verb}")
    assert rows
    for row in rows:
        assert row.keys() <= KEYS, row["it"]
        assert verb in str(row), row["it"]
    assert len({row["it"] for row in rows}) == len(rows)


@pytest.mark.parametrize(("verb", "row"), ROWS, ids=[f"{v} {r['it']}" for v, r in ROWS])
def test_row(verb: str, row: dict[str, Any]) -> None:
    tree = tree_of(row)
    log: list[Any] = []
    if "fault" in row:
        with pytest.raises(Fault, match=row["fault"]):
            _walked(tree, row, log)
        return
    if "refuses" in row and "answer" not in row and "answers" not in row:
        with pytest.raises((InvalidAnswer, Refused)) as refused:
            _begun(tree, row, log)
        _is_told(refused.value, row)
        return
    walk = _walked(tree, row, log)
    _looks(tree, walk, row)
    _came_to(tree, walk, row)
    # And the walk is its log: read again it is the same, to the byte.
    read = [msgspec.json.decode(msgspec.json.encode(e), type=type(e)) for e in log]
    again = replay({tree.logic: tree}, "w", read, dict(walk.secrets))
    assert again == stored(walk)


def _answers(row: Mapping[str, Any]) -> list[Any]:
    if "answers" in row:
        return list(row["answers"])
    return [row["answer"]] if "answer" in row else []


def _begun(tree: Tree, row: Mapping[str, Any], log: list[Any]) -> Walk:
    began = datetime.fromisoformat(row["at"]) if "at" in row else NOON
    about = {k: row[k] for k in ("given", "audience", "channel", "language") if k in row}
    walk = start(tree, id="w", at=began, ref="r0", **about)
    log += walk.new
    return stored(walk)


def _walked(tree: Tree, row: Mapping[str, Any], log: list[Any]) -> Walk:
    walk = _begun(tree, row, log)
    said = _answers(row)
    for n, one in enumerate(said):
        last = n + 1 == len(said)
        if last and "refuses" in row:
            before = msgspec.structs.asdict(walk)
            with pytest.raises((InvalidAnswer, Refused)) as refused:
                _move(tree, walk, one)
            _is_told(refused.value, row)
            assert msgspec.structs.asdict(walk) == before
            break
        walk = _move(tree, walk, one)
        log += walk.new
        walk = stored(walk)
    return walk


def _move(tree: Tree, walk: Walk, said: Any) -> Walk:
    now = walk.state.now + timedelta(seconds=10)
    if isinstance(said, dict) and len(said) == 1:
        ((how, what),) = said.items()
        if how == "back":
            return back(tree, walk, at=now)
        if how == "jump":
            return record(tree, walk, Jumped(at=now, node=what, reason="a test"))
        if how == "language":
            return record(tree, walk, LanguageSet(at=now, language=what))
        if how == "result":
            request = walk.state.request
            assert request is not None
            return resolve(tree, walk, request.id, what, at=now, ref=f"r{walk.seq}")
        if how == "rebase":
            ((node, value),) = what.items()
            target = next(
                past.seq
                for past in standing(walk)
                if isinstance(past.event, Answered) and past.event.node == node
            )
            return rebase(tree, walk, target, value, at=now, ref=f"r{walk.seq}").walk
    return answer(tree, walk, said, at=now, ref=f"r{walk.seq}")


def _is_told(refused: Exception, row: Mapping[str, Any]) -> None:
    assert row["refuses"] in str(refused)
    if "field" in row:
        assert isinstance(refused, InvalidAnswer)
        assert refused.field == row["field"]


def _looks(tree: Tree, walk: Walk, row: Mapping[str, Any]) -> None:
    """What is put in front of whoever walks, at the end of the row."""
    shown = prompt(tree, walk)
    expected = expects(tree, walk)
    if "shows" in row:
        assert shown is not None
        assert shown.say == row["shows"]
    if "offers" in row:
        assert shown is not None
        assert [choice.label for choice in shown.choices] == row["offers"]
    if "anytime" in row:
        assert list(expected.anytime) == row["anytime"]
    if "prompt" in row:
        assert _part(_json(shown), row["prompt"]) == row["prompt"]
    if "expects" in row:
        assert _part(_json(expected), row["expects"]) == row["expects"]


def _came_to(tree: Tree, walk: Walk, row: Mapping[str, Any]) -> None:
    state = walk.state
    found = {
        "goes": state.frames[-1].node,
        "frames": [frame.tree for frame in state.frames],
        "status": state.status,
        "path": [f"{step.node}.{step.exit}" if step.exit else step.node for step in steps(walk)],
        "says": ending(tree, walk),
        "promises": [
            {"due": str(p.due), "why": p.why, "by": p.by, "node": p.node} for p in state.promises
        ],
        "secret": dict(walk.secrets),
    }
    for key, value in found.items():
        if key in row:
            assert value == row[key], key
    known = values(walk)
    assert {name: known.get(name) for name in row.get("gives", {})} == row.get("gives", {})
    assert not [name for name in row.get("unset", ()) if name in known]
    assert (at(walk) is None) == (state.status == "ended")
    for key, thing in (
        ("outcome", state.outcome), ("request", state.request),
        ("event", walk.past.last.event if walk.past else None),
    ):  # fmt: skip
        if key in row:
            assert _part(_json(thing), row[key]) == row[key]


def _json(thing: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(thing))


def _part(whole: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Of the whole what a row speaks of."""
    return {name: whole[name] for name in wanted}
