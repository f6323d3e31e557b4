"""Random walks on random trees, by every kind of move, with their logs as a store would hold them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from engine.errors import Fault, InvalidAnswer, Refused
from engine.library import read_library
from engine.model import (
    ActionStarted,
    Answered,
    AnyEvent,
    Closed,
    Event,
    Jumped,
    LanguageSet,
    Noted,
    Parked,
    Resumed,
    Tree,
    Walk,
)
from engine.rebase import rebase, standing
from engine.walk import (
    answer,
    back,
    ending,
    expects,
    prompt,
    record,
    resolve,
    secrets_of,
    start,
    stored,
    task,
)
from tests.random_trees import given, legal, write

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DECODER = msgspec.json.Decoder(AnyEvent)
Draw = Callable[[Any], Any]


def profile(examples: int) -> settings:
    """A failing tree is small as it is; making it smaller takes minutes."""
    return settings(
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def tree_from(data: Mapping[str, Any]) -> Tree | None:
    """The tree that the data makes, unproved; None where it cannot be built."""
    with tempfile.TemporaryDirectory() as folder:
        library = read_library(write(Path(folder), dict(data)))
    return None if "tree" in library.broken else library.trees.get("tree")


@dataclass
class Logged:
    """A walk and its log. ``private`` stands beside it, by reference."""

    tree: Tree
    walk: Walk
    log: list[Event] = field(default_factory=list)
    private: dict[str, Any] = field(default_factory=dict)

    def keep(self, moved: Walk) -> None:
        self.log += moved.new
        self.private |= secrets_of(moved)
        self.walk = stored(moved)

    def read(self) -> list[Event]:
        """The log as it comes back from where it was kept."""
        return [DECODER.decode(msgspec.json.encode(event)) for event in self.log]


def begun(draw: Draw, tree: Tree) -> Logged | None:
    """A walk that has begun; None where the tree faults at once."""
    try:
        walk = start(
            tree,
            id="w",
            at=NOON,
            by="ann",
            given=given(draw),
            audience=draw(st.sampled_from(tree.audience)),
            channel=draw(st.sampled_from(tree.channels or ("phone", "page", "chat"))),
            language=draw(st.sampled_from(tree.languages)),
            ref="r0",
        )
        _standing(tree, walk)
    except Fault:
        return None
    logged = Logged(tree, walk)
    logged.keep(walk)
    return logged


def moved(draw: Draw, logged: Logged, *, still: bool = False) -> Walk | None:
    """The walk after a move of any kind; None where the tree faults (nobody has proved it) or the
    move is not possible there. ``still``: the clock stands, and the language stays."""
    try:
        return _standing(logged.tree, _move(draw, logged.tree, logged.walk, still))
    except (Fault, Refused):
        return None
    except InvalidAnswer:  # a form's own rule
        return None


def _standing(tree: Tree, walk: Walk) -> Walk:
    """The walk, if what it shows can be shown. Raises Fault."""
    prompt(tree, walk)
    task(tree, walk)
    expects(tree, walk)
    ending(tree, walk)
    return walk


def _move(draw: Draw, tree: Tree, walk: Walk, still: bool) -> Walk:
    minutes = 0 if still else draw(st.sampled_from([0, 1, 61, 1500]))
    at = walk.state.now + timedelta(minutes=minutes)
    kind = draw(st.integers(0, 19))
    if kind < len(_ASIDE) - still:
        return _ASIDE[kind](draw, tree, walk, at)
    if walk.state.status == "ended":
        return back(tree, walk, at=at, by="ann")
    said = legal(draw, tree, walk)
    request = walk.state.request
    if request is not None and "exit" in said:
        reason = draw(st.sampled_from(("", "", "timeout", "not reached")))
        ref = f"r{walk.seq}"
        return resolve(tree, walk, request.id, said, at=at, by="crm", ref=ref, reason=reason)
    return answer(tree, walk, said, at=at, by="ann", ref=f"r{walk.seq}")


def _back(draw: Draw, tree: Tree, walk: Walk, at: datetime) -> Walk:
    return back(tree, walk, at=at, by="ann")


def _rebase(draw: Draw, tree: Tree, walk: Walk, at: datetime) -> Walk:
    answers = [past for past in standing(walk) if isinstance(past.event, Answered)]
    if not answers:
        raise Refused("nothing was answered")
    past = draw(st.sampled_from(answers))
    said = legal(draw, tree, msgspec.structs.replace(walk, state=past.state))
    return rebase(tree, walk, past.seq, said, at=at, by="ann", ref=f"r{walk.seq}").walk


def _jump(draw: Draw, tree: Tree, walk: Walk, at: datetime) -> Walk:
    node = draw(st.sampled_from(sorted(tree.nodes)))
    return record(tree, walk, Jumped(at=at, actor="ann", node=node, reason="They know it."))


def _language(draw: Draw, tree: Tree, walk: Walk, at: datetime) -> Walk:
    to = draw(st.sampled_from(tree.languages))
    return record(tree, walk, LanguageSet(at=at, language=to))


def _beside(draw: Draw, tree: Tree, walk: Walk, at: datetime) -> Walk:
    events: list[Event] = [Noted(at=at, text="é"), Parked(at=at, until=at), Resumed(at=at)]
    codes = ("", *sorted(tree.dispositions), "nonsense")
    events.append(Closed(at=at, disposition=draw(st.sampled_from(codes)), summary="s"))
    if walk.state.request is not None:
        request = walk.state.request
        started: dict[str, Any] = {"at": at, "request": request.id, "action": request.action}
        events += [ActionStarted(**started, how=how, attempt=2) for how in ("", "http")]
    return record(tree, walk, draw(st.sampled_from(events)))


_ASIDE: tuple[Callable[[Draw, Tree, Walk, datetime], Walk], ...] = (
    _back,
    _back,
    _rebase,
    _rebase,
    _jump,
    _beside,
    _language,  # the last, for it is left out where all stands still
)


def walked(draw: Draw, tree: Tree, moves: int, *, still: bool = False) -> Logged | None:
    """A walk of so many moves; None where it could not begin."""
    logged = begun(draw, tree)
    if logged is None:
        return None
    for _ in range(moves):
        after = moved(draw, logged, still=still)
        if after is not None:
            logged.keep(after)
    return logged
