"""Walk a tree, one move at a time. Pure: the same tree and events give the same walk.

Time comes in as ``at``, chance as ``ref`` (the reference under which private values are kept
apart), the outside world as the result of a request. Every move appends one event to
``walk.new``; an input that is refused raises, and the walk that came in is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from immutables import Map
from msgspec.structs import replace

from engine.errors import EmptyValue, Fault, InvalidAnswer, NotThere, Refused
from engine.fields import is_empty, parse_field
from engine.kit.kept import left
from engine.kit.moves import Took
from engine.kit.passing import secret_or_plain
from engine.model import (
    CHANNEL_NAMES,
    MAX_ANSWER,
    About,
    ActionFinished,
    ActionStarted,
    Answer,
    Answered,
    Begun,
    Closed,
    Continued,
    Event,
    Field,
    FollowedUp,
    Frame,
    HandedTo,
    Jumped,
    LanguageSet,
    Move,
    Noted,
    Parked,
    Resumed,
    Started,
    State,
    Surveyed,
    Tree,
    Value,
    Walk,
    WentBack,
)
from engine.walking.mover import Mover, offered
from engine.walking.past import Past, after, append, moved, reached, sure, undone, where
from engine.walking.sealed import secrets_of, unsealed
from engine.walking.seen import at, ending, expects, inputs, prompt, steps, task, values

# The door to a walk: its moves are here, what is seen of it and what it says come through.
__all__ = [
    "Past", "answer", "at", "back", "ending", "expects", "inputs", "prompt", "record", "resolve",
    "secrets_of", "start", "steps", "stored", "take_anytime", "task", "unsealed", "values",
]  # fmt: skip


def start(
    tree: Tree,
    *,
    id: str,
    at: datetime,
    by: str = "",
    given: Mapping[str, Any] | None = None,
    audience: str | None = None,
    language: str | None = None,
    channel: str = "",
    reference: str = "",
    client_id: str = "",
    ref: str = "",
) -> Walk:
    """A new walk, standing at the first node that waits for somebody.

    Raises InvalidAnswer for a given value that is missing or does not fit, Refused for an
    audience or language that the tree is not for.
    """
    audience = audience or tree.audience[0]
    if audience not in tree.audience:
        raise Refused(f"{tree.id} is for {' and '.join(tree.audience)}, not for {audience}")
    language = language or tree.source_language
    if language not in tree.languages:
        raise Refused(f"{tree.id} is in {', '.join(tree.languages)}, not in {language!r}")
    channel = _channel(tree, channel, audience)
    _bounded((given, channel, reference, by, client_id))
    values = _given(tree.given, given or {})
    said, secret = secret_or_plain(tree.given, values, ref)
    about = About(audience, channel, at, reference)
    frame = Frame(tree.id, tree.start, Map(values).set("visits." + tree.start, 1))
    mover = Mover(tree, about, State((frame,), "asking", at, language), at)
    mover.start()
    event = Started(
        at=at,
        actor=by,
        client_id=client_id,
        **moved(tree, mover),
        tree=tree.id,
        given=said,
        audience=audience,
        channel=channel,
        language=language,
        reference=reference,
    )
    secrets = Map({ref: secret}) if secret else Map()
    return Walk(id, tree.id, about, mover.state(), 1, (event,), secrets=secrets)


def _channel(tree: Tree, channel: str, audience: str) -> str:
    """The channel that a walk goes by: one that the tree is proved for."""
    known = tree.channels or CHANNEL_NAMES
    usual = _DEFAULT_CHANNEL[audience]
    channel = channel or (usual if usual in known else known[0])
    if channel not in known:
        raise Refused(f"{tree.id} is for the channels {', '.join(known)}, not for {channel!r}")
    return channel


_DEFAULT_CHANNEL = {"agent": "phone", "customer": "page", "system": "api"}


def _given(fields: Iterable[Field], given: Mapping[str, Any]) -> dict[str, Value]:
    known = {field.name: field for field in fields}
    values: dict[str, Value] = {}
    wrong = [
        (name, "this tree is not given any such value") for name in given if name not in known
    ]
    for name, field in known.items():
        raw = given.get(name)
        if is_empty(raw):
            if field.required and field.default is None:
                wrong.append((name, "is needed to start"))
            continue
        try:
            values[name] = parse_field(field, raw)
        except ValueError as refused:
            wrong.append((name, str(refused)))
    if wrong:
        raise InvalidAnswer(*wrong[0], wrong[1:])
    return values


def answer(
    tree: Tree,
    walk: Walk,
    value: Answer,
    *,
    at: datetime,
    by: str = "",
    client_id: str = "",
    ref: str = "",
) -> Walk:
    """The walk after this answer (None goes on from a ``tell``; ``{"anytime": ID}`` takes that
    exit). Raises InvalidAnswer, and then nothing has changed; Refused where nothing is asked."""
    state = walk.state
    anytime = type(value) is dict and value.keys() == {"anytime"}
    sure(state)
    if state.status != "asking" and not (anytime and state.status == "pending"):
        raise Refused(_NOT_ASKING[state.status])
    # What is accepted is what was shown, so it is judged by the time of the step, not of the answer.
    mover = Mover(tree, walk.about, state, state.now)
    top = state.frames[-1]
    if anytime:
        took = Took("", "", {}, value)
        take_anytime(mover, state, value["anytime"], at)
    else:
        if type(value) is not str:
            _bounded(value)
        scope = mover.scope()
        took = scope.tree.nodes[top.node].accept(scope, value, ref)
        mover.now = at
        mover.leave(scope, took)
    mover.settle()
    made = moved(tree, mover)
    if took.said is None and not anytime:
        event: Move = Continued(at=at, actor=by, client_id=client_id, node=top.node, **made)
    else:
        event = Answered(
            at=at,
            actor=by,
            client_id=client_id,
            node=top.node,
            answer=took.said,
            row=took.row,
            **made,
        )
    secrets = walk.secrets.set(ref, dict(took.secret)) if took.secret else walk.secrets
    return after(walk, mover, event, secrets)


_NOT_ASKING = {
    "pending": "the walk waits for an action, not for an answer",
    "ended": "the walk has ended",
    "asking": "",
}


def _bounded(value: Any) -> None:
    try:
        size = len(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError) as wrong:
        raise InvalidAnswer("", "an answer is plain JSON") from wrong
    if size > MAX_ANSWER:
        raise InvalidAnswer("", f"this is too long: at most {MAX_ANSWER // 1000} kB")


def take_anytime(mover: Mover, state: State, id: Any, at: datetime) -> None:
    mover.request = state.request  # while an action is waited for, fewer are offered
    ways = offered(mover)
    for depth, way in ways:
        if way.id == id:
            mover.request = None
            mover.now = at
            mover.take_anytime(depth, way)
            return
    known = ", ".join(way.id for _, way in ways)
    raise InvalidAnswer(
        "",
        f"offered here at any time: {known}" if known else "nothing is offered here at any time",
    )


def resolve(
    tree: Tree,
    walk: Walk,
    request: str,
    result: Mapping[str, Any],
    *,
    at: datetime,
    by: str = "",
    client_id: str = "",
    ref: str = "",
    reason: str = "",
) -> Walk:
    """The walk after an action's result, ``{"exit": EXIT, outputs ..}``; ``reason``: why it failed,
    where it did. Raises InvalidAnswer for a result outside the contract, Refused where this
    request is not waited for."""
    state = walk.state
    waiting = state.request
    if waiting is None or waiting.id != request:
        raise Refused("the walk does not wait for this action (any more)")
    _bounded(result)
    mover = Mover(tree, walk.about, state, at)
    scope = mover.scope()
    took = scope.tree.nodes[state.frames[-1].node].accept(scope, result, ref)
    if (key := where(state)) in mover.kept:  # a person was told, and said what it comes to now
        mover.kept = left(mover.kept, key)
    mover.leave(scope, took)
    mover.settle()
    outputs = {name: value for name, value in took.said.items() if name != "exit"}
    event = ActionFinished(
        at=at,
        actor=by,
        client_id=client_id,
        request=request,
        action=waiting.action,
        exit=took.exit,
        outputs=outputs,
        reason=reason,
        **moved(tree, mover),
    )
    secrets = walk.secrets.set(ref, dict(took.secret)) if took.secret else walk.secrets
    return after(walk, mover, event, secrets)


def back(tree: Tree, walk: Walk, *, at: datetime, by: str = "", client_id: str = "") -> Walk:
    """The walk at the last step that a person stood at, the answer given there shown again. What
    was done stays on record. Raises Refused where there is nothing to go back to."""
    sure(walk.state)
    kept = walk.state.kept
    past = walk.past
    while past is not None:
        entry: Past = past.last
        past = past.rest
        kept = undone(kept, walk, entry)
        if entry.state.status == "asking":
            break
    else:
        raise Refused("this is the first step: there is nothing to go back to")
    state = replace(entry.state, now=at, language=walk.state.language, kept=kept)
    event = WentBack(
        at=at,
        actor=by,
        client_id=client_id,
        reached=reached(state),
        logic=tree.logic,
        text=tree.text,
    )
    draft = entry.event.answer if isinstance(entry.event, Answered) else None
    if type(draft) is dict and "anytime" in draft:
        draft = None
    return append(replace(walk, past=past, draft=draft), state, event)


def record(
    tree: Tree, walk: Walk, event: Event, *, at: datetime | None = None, by: str = ""
) -> Walk:
    """The walk with an event that is noted beside the path: noted, parked, resumed, handed_to,
    followed_up, language_set, surveyed, closed, action_started; or jumped, which moves it (with a reason).
    ``at`` and ``by``, where they are given, stand instead of those of the event."""
    if at is not None or by:
        event = replace(event, at=at or event.at, actor=by or event.actor)
    if isinstance(event, Jumped):
        return _jump(tree, walk, event)
    if not isinstance(event, _BESIDE):
        raise Refused(f"{type(event).__name__} is no event to note beside the path")
    _bounded(event)
    state = walk.state
    if isinstance(event, ActionStarted):
        state = _begun(walk, event)
    if isinstance(event, LanguageSet):
        if event.language not in tree.languages:
            raise NotThere("language", event.language, tree.languages)
        state = replace(state, language=event.language)
    if isinstance(event, Closed):
        state = _closed(tree, state, event)
    return append(walk, state, event)


def _closed(tree: Tree, state: State, event: Closed) -> State:
    """The state once whoever walked has said what it counts as: that stands over what the end said.
    A code that the library has not (any more) changes nothing."""
    outcome, entry = state.outcome, tree.dispositions.get(event.disposition)
    if outcome is None or entry is None or event.disposition == outcome.disposition:
        return state
    passed = (*outcome.dispositions[:-1], event.disposition)
    kpi = entry.kpi or outcome.kpi
    counted = replace(outcome, disposition=event.disposition, kpi=kpi, dispositions=passed)
    return replace(state, outcome=counted)


def _begun(walk: Walk, event: ActionStarted) -> State:
    """The state that knows: begun, result unknown."""
    request = walk.state.request
    if request is None or request.id != event.request:
        raise Refused("the walk does not wait for this action (any more)")
    before = request.begun
    if before is not None and before.how and not event.how:
        raise Refused(f"a server has begun with {event.action!r}")
    first = walk.seq + 1 if before is None else before.first
    begun = Begun(first, event.at, event.attempt, event.how)
    return replace(walk.state, request=replace(request, begun=begun))


_BESIDE = (
    ActionStarted, Closed, FollowedUp, HandedTo, LanguageSet, Noted, Parked, Resumed, Surveyed,
)  # fmt: skip


def _jump(tree: Tree, walk: Walk, event: Jumped) -> Walk:
    mover = Mover(tree, walk.about, walk.state, event.at)
    top = mover.tree(mover.frames[-1])
    if event.node not in top.nodes and event.node not in tree.nodes:
        raise NotThere("node", event.node, top.nodes)
    if not event.reason.strip():
        raise Refused("a jump wants a reason")
    sure(walk.state)
    if walk.state.status == "ended":
        raise Refused("the walk has ended: go back first")
    _bounded(event)
    try:
        mover.jump(event.node)
        mover.settle()
        jumped = after(walk, mover, replace(event, **moved(tree, mover)), walk.secrets)
        prompt(tree, jumped)
        ending(tree, jumped)
    except EmptyValue as empty:
        raise Refused(f"{event.node!r} needs {empty.name}, which is not known yet") from empty
    except Fault as wrong:  # what checks rule out on the tree's own ways a jump can still meet
        raise Refused(f"{event.node!r} cannot be jumped to from here: {wrong}") from wrong
    return jumped


def stored(walk: Walk) -> Walk:
    """The walk once its new events are in a store."""
    return replace(walk, new=()) if walk.new else walk
