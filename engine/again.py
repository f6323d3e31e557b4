"""A recorded move made again: by replay, on another way, on another version of the tree.

Where a private value was erased nobody knows any more how it decided; then, of all ways that it
could have sent the walk, the one is taken whose steps were recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from immutables import Map
from msgspec.structs import replace

from engine.errors import Fault, FingerpostError, Refused
from engine.exploring.oracle import TooMany, runs
from engine.exploring.tentative import Tentative
from engine.expr import Unknown
from engine.fields import parse_field
from engine.kit.kept import left
from engine.kit.moves import ANY, ERASED, AnyValue, Took
from engine.kit.scope import Scope
from engine.model import (
    About,
    ActionFinished,
    Answered,
    Chain,
    Changed,
    Continued,
    Frame,
    Jumped,
    Migrated,
    Move,
    Started,
    State,
    Text,
    Tree,
    Value,
    Walk,
)
from engine.walk import start, take_anytime
from engine.walking.mover import MakeScope, Mover
from engine.walking.past import after, moved
from engine.walking.sealed import is_sealed, recorded, reference, unsealed


class Recalled(Tentative):
    """A scope in which only what was erased is unknown."""

    visits = Scope.visits
    about = Scope.about

    def every(self, name: str) -> Value:
        found = Scope.every(self, name)
        return super().every(name) if any(map(_is_unknown, found)) else found

    def say(self, text: Text | None) -> str:
        return Scope.say(self, text)

    def words(self, name: str, alone: bool) -> str:
        if not name.startswith("text.") and _is_unknown(self.read(name)):
            return ERASED
        return super().words(name, alone)


def _is_unknown(value: Any) -> bool:
    return isinstance(value, AnyValue | Unknown)


# ------------------------------------------------------------------------------ what is erased


def is_erased(event: Move, secrets: Mapping[str, Any]) -> bool:
    """Whether something that was said is gone for good."""
    return any(
        is_sealed(value) and name not in secrets.get(value["private"], {})
        for said in (recorded(event), getattr(event, "row", None))
        if isinstance(said, Mapping)
        for name, value in said.items()
    )


def is_tainted(walk: Walk) -> bool:
    """Whether something that the walk knew is erased."""
    return any(map(_tainted, walk.state.frames)) or any(
        isinstance(value, AnyValue)
        for done in walk.state.kept.values()
        for one in done
        for value in one.result.values()
    )


def _tainted(frame: Frame) -> bool:
    return any(map(_holds_any, frame.values.values())) or any(map(_tainted, frame.stood or ()))


def _holds_any(value: Value) -> bool:
    if isinstance(value, tuple):
        return any(map(_holds_any, value))
    if isinstance(value, Mapping):
        return any(map(_holds_any, value.values()))
    return isinstance(value, AnyValue)


def explained(event: Move, make: Callable[[MakeScope], Walk]) -> Walk:
    """Of all walks that ``make`` gives as erased values may have been, the one that took the
    recorded steps. Raises Fault where none did."""

    def tried(make_scope: MakeScope) -> Walk | None:
        try:
            return make(make_scope)
        except FingerpostError:
            return None

    try:
        for walk, _ in runs(lambda oracle: tried(Recalled.maker(oracle))):
            made = None if walk is None else walk.new[-1]
            if walk is not None and isinstance(made, Move) and made.steps == event.steps:
                return replace(walk, state=_settled(walk.state), past=_settled_past(walk, event))
    except TooMany:
        pass
    raise Fault("no value that was erased explains the steps that it led to")


def _settled_past(walk: Walk, event: Move) -> Chain | None:
    """The past with plain stand-ins too, where the event made several moves at once."""
    if not isinstance(event, Changed | Migrated):
        return walk.past
    moves = []
    chain = walk.past
    while chain is not None:
        moves.append(chain.last)
        chain = chain.rest
    for n, past in enumerate(reversed(moves), 1):
        chain = Chain(replace(past, state=_settled(past.state)), chain, n)
    return chain


def _settled(state: State) -> State:
    """The state with plain stand-ins for what hangs on erased values."""
    request = state.request
    return replace(
        state,
        frames=tuple(map(_frame, state.frames)),
        stood=None if state.stood is None else tuple(map(_frame, state.stood)),
        request=None if request is None else replace(request, inputs=_plain(request.inputs)),
        promises=tuple(replace(promise, due=_plain(promise.due)) for promise in state.promises),
    )


def _frame(frame: Frame) -> Frame:
    changed = {name: _plain(v) for name, v in frame.values.items() if _plain(v) is not v}
    stood = None if frame.stood is None else tuple(map(_frame, frame.stood))
    return replace(frame, values=frame.values.update(changed), stood=stood)


def _plain(value: Any) -> Any:
    if isinstance(value, Unknown):
        return ANY
    if isinstance(value, Map):
        return value
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


# ----------------------------------------------------------------------------------- one move


def restart(
    tree: Tree,
    id: str,
    event: Started,
    secrets: Mapping[str, Any],
    make_scope: MakeScope = Scope,
) -> Walk:
    """The walk that began with this event, on its tree or a later version of it. Raises
    InvalidAnswer, Refused where the version takes other values or is for others."""
    about = About(event.audience, event.channel, event.at, event.reference)

    def make(make_scope: MakeScope) -> Walk:
        values = _given(tree, event, secrets)
        frame = Frame(tree.id, tree.start, Map(values).set("visits." + tree.start, 1))
        state = State((frame,), "asking", event.at, event.language)
        mover = Mover(tree, about, state, event.at, make_scope)
        mover.start()
        again = replace(event, **moved(tree, mover))
        return Walk(id, tree.id, about, mover.state(), 1, (again,))

    if is_erased(event, secrets):
        return make(make_scope) if make_scope is not Scope else explained(event, make)
    return start(
        tree,
        id=id,
        at=event.at,
        by=event.actor,
        client_id=event.client_id,
        given=unsealed(event.given, secrets),
        audience=event.audience,
        language=event.language,
        channel=event.channel,
        reference=event.reference,
        ref=reference(event),
    )


def _given(tree: Tree, event: Started, secrets: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    said = unsealed(event.given, secrets)
    for field in tree.given:
        if field.name in said:
            yield field.name, parse_field(field, said[field.name])
        elif field.name in event.given:
            yield field.name, ANY


def applied(
    tree: Tree, walk: Walk, event: Move, at: datetime, make_scope: MakeScope = Scope
) -> Walk:
    """The walk after a recorded move, made again at this time. Raises InvalidAnswer, Refused
    where it is not accepted (any more)."""
    mover = Mover(tree, walk.about, walk.state, walk.state.now, make_scope)
    if isinstance(event, Answered | Continued) and event.node != mover.frames[-1].node:
        raise Refused(f"the walk does not stand at {event.node!r}")
    if isinstance(event, Jumped):
        if event.node not in mover.scope().tree.nodes and event.node not in tree.nodes:
            raise Refused(f"there is no node {event.node!r} any more")
        mover.now = at
        mover.jump(event.node)
    elif isinstance(event, Answered) and is_anytime(event.answer):
        take_anytime(mover, walk.state, event.answer["anytime"], at)
    else:
        scope = mover.scope()
        took = _took(mover, scope, event, walk.secrets)
        top = mover.frames[-1]
        if isinstance(event, ActionFinished) and (top.tree, top.node) in mover.kept:
            mover.kept = left(mover.kept, (top.tree, top.node))
        mover.now = at
        mover.leave(scope, took)
    mover.settle()
    return after(walk, mover, replace(event, **moved(tree, mover)), walk.secrets)


def is_anytime(said: Any) -> bool:
    return isinstance(said, Mapping) and said.keys() == {"anytime"}


def _took(mover: Mover, scope: Scope, event: Move, secrets: Mapping[str, Any]) -> Took:
    node = mover.tree(mover.frames[-1]).nodes[mover.frames[-1].node]
    said = recorded(event)
    if is_erased(event, secrets):
        return _stood_in(node, event, secrets)
    result = unsealed(said, secrets)
    if isinstance(event, ActionFinished):
        result = {"exit": event.exit, **(result or {})}
    took: Took = node.accept(scope, result, reference(event))
    return took


def _known(name: str, value: Any, secrets: Mapping[str, Any]) -> Any:
    """A recorded value with its private part in place; a stand-in where that is erased."""
    return secrets.get(value["private"], {}).get(name, ANY) if is_sealed(value) else value


def _stood_in(node: Any, event: Move, secrets: Mapping[str, Any]) -> Took:
    """What was given where some of it is erased."""
    said, row = recorded(event), getattr(event, "row", None)
    parts = {**(said if isinstance(said, Mapping) else {"": said}), **(row or {})}
    result = {name: _known(name, value, secrets) for name, value in parts.items()}
    if isinstance(event, ActionFinished):
        result["exit"] = event.exit
    took: Took = node.again(result)
    return replace(took, said=said, row=row, known=False)
