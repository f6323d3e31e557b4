"""From events to the walk that they make.

``replay`` gives each recorded event to the same functions that made it and compares what comes
out, steps included: a log that does not give its own walk is a Fault, never a guess. Where a
private value was erased, the steps are read from the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from immutables import Map
from msgspec.structs import replace

from engine.again import applied, explained, is_erased, is_tainted, restart
from engine.errors import Fault, NotThere
from engine.model import (
    ActionFinished,
    Answered,
    Changed,
    Continued,
    Event,
    Jumped,
    Migrated,
    Move,
    Started,
    Tree,
    Walk,
    WentBack,
)
from engine.rebase import changed_again, onto, rebase
from engine.walk import answer, back, record, resolve, stored
from engine.walking.sealed import reference, unsealed


def replay(
    trees: Mapping[str, Tree],
    id: str,
    events: Iterable[Event],
    private: Mapping[str, Any] | None = None,
) -> Walk:
    """The walk that these events make. ``trees`` by logic hash; ``private`` the values that stand
    apart, by reference. Raises NotThere for a version of the tree that is not among ``trees``,
    Fault where an event does not follow from those before it."""
    log = _Log(trees, id, Map(private or {}))
    for event in events:
        log.take(event)
    if log.walk is None:
        raise Fault(f"walk {id} has no events")
    return log.walk


def follow(
    tree: Tree, walk: Walk, events: Iterable[Event], private: Mapping[str, Any] | None = None
) -> Walk:
    """A walk moved on by what another process has made of it since: what ``replay`` of the whole
    log gives. ``private`` is needed where the events refer to more of it. Not for a walk that was
    migrated since, nor where anything was erased: those have to be read from their beginning.
    Raises Fault where an event does not follow."""
    secrets = walk.secrets if private is None else Map(private)
    log = _Log({tree.logic: tree}, walk.id, secrets)
    log.tree, log.walk = tree, replace(walk, secrets=secrets)
    for event in events:
        log.take(event)
    return log.walk


_VERSION = "version of the tree"


class _Log:
    """A log as far as it was read."""

    def __init__(self, trees: Mapping[str, Tree], id: str, secrets: Map[str, Any]) -> None:
        self.trees = trees
        self.id = id
        self.secrets = secrets
        self.tree: Tree | None = None
        self.began: Started | None = None
        self.walk: Walk | None = None
        self.erased = False  # whether anything was, so far

    def take(self, event: Event) -> None:
        n = 1 if self.walk is None else self.walk.seq + 1
        try:
            again = self._again(event)
        except Exception as wrong:  # an altered event can be wrong in any way that there is
            if isinstance(wrong, NotThere) and wrong.what == _VERSION:
                raise
            why = f"cannot be made again: {wrong or type(wrong).__name__}"
            raise self._fault(n, why) from wrong
        if _facts(again.new[-1]) != _facts(event):
            raise self._fault(n, "does not follow from those before it")
        self.walk = stored(again)

    def _fault(self, n: int, words: str) -> Fault:
        fault = Fault(f"event {n} of walk {self.id} {words}")
        fault.event = n
        return fault

    def _again(self, event: Event) -> Walk:
        if isinstance(event, Started):
            return self._started(event)
        tree, walk = self.tree, self.walk
        if tree is None or walk is None:
            raise Fault("the log does not begin with `started`")
        if isinstance(event, Migrated):
            return self._migrated(walk, event)
        if self._hangs_on_erased(walk, event):
            assert isinstance(event, Move)
            make = _FOLLOWED[type(event)]
            return explained(event, lambda make_scope: make(tree, walk, event, make_scope))
        move = _AGAIN.get(type(event))
        return move(tree, walk, event) if move else record(tree, walk, event)

    def _started(self, event: Started) -> Walk:
        if self.walk is not None:
            raise Fault("a walk starts once")
        self.tree = self._version(event.logic)
        self.began = event
        self.erased = is_erased(event, self.secrets)
        return replace(restart(self.tree, self.id, event, self.secrets), secrets=self.secrets)

    def _migrated(self, walk: Walk, event: Migrated) -> Walk:
        tree, began = self._version(event.new), self.began
        assert self.tree is not None
        assert began is not None
        if event.old != self.tree.logic:
            raise Fault(f"it was not on version {event.old[:12]}")
        self.tree = tree
        if self._hangs_on_erased(walk, event):
            return explained(event, lambda scope: onto(tree, walk, began, event, scope).walk)
        return onto(tree, walk, began, event).walk

    def _version(self, logic: str) -> Tree:
        tree = self.trees.get(logic)
        if tree is None:
            raise NotThere(_VERSION, logic[:12])
        return tree

    def _hangs_on_erased(self, walk: Walk, event: Event) -> bool:
        if type(event) not in _FOLLOWED and not isinstance(event, Migrated):
            return False
        assert isinstance(event, Move)
        self.erased = self.erased or is_erased(event, self.secrets)
        if not self.erased:
            return False
        if is_erased(event, self.secrets) or is_tainted(walk):
            return True
        # These make old moves again, and one of them may be what is erased.
        return isinstance(event, Changed | Migrated)


def _facts(event: Event) -> Event:
    """An event without its text hash: new wording reaches open walks and changes no way."""
    return replace(event, text="") if isinstance(event, Move) else event


def _answered(tree: Tree, walk: Walk, event: Answered) -> Walk:
    return answer(
        tree,
        walk,
        unsealed(event.answer, walk.secrets),
        at=event.at,
        by=event.actor,
        client_id=event.client_id,
        ref=reference(event),
    )


def _continued(tree: Tree, walk: Walk, event: Continued) -> Walk:
    return answer(tree, walk, None, at=event.at, by=event.actor, client_id=event.client_id)


def _finished(tree: Tree, walk: Walk, event: ActionFinished) -> Walk:
    return resolve(
        tree,
        walk,
        event.request,
        {"exit": event.exit, **unsealed(event.outputs, walk.secrets)},
        at=event.at,
        by=event.actor,
        client_id=event.client_id,
        ref=reference(event),
        reason=event.reason,
    )


def _went_back(tree: Tree, walk: Walk, event: WentBack) -> Walk:
    return back(tree, walk, at=event.at, by=event.actor, client_id=event.client_id)


def _changed(tree: Tree, walk: Walk, event: Changed) -> Walk:
    return rebase(
        tree,
        walk,
        event.target,
        unsealed(event.answer, walk.secrets),
        at=event.at,
        by=event.actor,
        client_id=event.client_id,
        ref=reference(event),
    ).walk


_AGAIN: Mapping[type[Event], Callable[..., Walk]] = {
    Answered: _answered,
    Continued: _continued,
    ActionFinished: _finished,
    WentBack: _went_back,
    Changed: _changed,
}


def _applied(tree: Tree, walk: Walk, event: Move, make_scope: Any) -> Walk:
    return applied(tree, walk, event, event.at, make_scope)


_FOLLOWED: Mapping[type[Event], Callable[..., Walk]] = {
    Answered: _applied,
    Continued: _applied,
    ActionFinished: _applied,
    Jumped: _applied,
    Changed: changed_again,
}
