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
from engine.fields import is_empty, parse_field, to_plain
from engine.kept import Key, left, put_back, taken
from engine.model import (
    CHANNEL_NAMES,
    MAX_ANSWER,
    MAX_EVENTS,
    About,
    ActionFinished,
    ActionStarted,
    Answer,
    Answered,
    Chain,
    Changed,
    Closed,
    Continued,
    Done,
    Event,
    Expected,
    Field,
    Frame,
    HandedTo,
    Jumped,
    Kept,
    LanguageSet,
    Move,
    Noted,
    Noun,
    Parked,
    Prompt,
    PromptChoice,
    Resumed,
    Started,
    State,
    Step,
    Surveyed,
    Tree,
    Value,
    Walk,
    WentBack,
)
from engine.mover import Mover, offered
from engine.moves import ANY, ERASED, AnyValue, Took
from engine.passing import secret_or_plain


class Past(Noun, frozen=True):
    """A state that one can go back to, and the move that left it. ``seq`` is that move's;
    ``taken`` the results of unsafe actions that it took from those kept."""

    state: State
    event: Move
    seq: int
    taken: tuple[tuple[Key, Done], ...] = ()


# ------------------------------------------------------------------------------------ moves


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
        **_moved(tree, mover),
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
    made = _moved(tree, mover)
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
    return _after(walk, mover, event, secrets)


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
) -> Walk:
    """The walk after an action's result, ``{"exit": EXIT, outputs ..}``. Raises InvalidAnswer for
    a result outside the contract, Refused where this request is not waited for."""
    state = walk.state
    waiting = state.request
    if waiting is None or waiting.id != request:
        raise Refused("the walk does not wait for this action (any more)")
    _bounded(result)
    mover = Mover(tree, walk.about, state, at)
    scope = mover.scope()
    took = scope.tree.nodes[state.frames[-1].node].accept(scope, result, ref)
    if (key := _top(state)) in mover.kept:  # a person was told, and said what it comes to now
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
        **_moved(tree, mover),
    )
    secrets = walk.secrets.set(ref, dict(took.secret)) if took.secret else walk.secrets
    return _after(walk, mover, event, secrets)


def back(tree: Tree, walk: Walk, *, at: datetime, by: str = "", client_id: str = "") -> Walk:
    """The walk at the last step that a person stood at, the answer given there shown again. What
    was done stays on record. Raises Refused where there is nothing to go back to."""
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
        reached=_reached(state),
        logic=tree.logic,
        text=tree.text,
    )
    draft = entry.event.answer if isinstance(entry.event, Answered) else None
    if type(draft) is dict and "anytime" in draft:
        draft = None
    return _append(replace(walk, past=past, draft=draft), state, event)


def undone(kept: Kept, walk: Walk, entry: Past) -> Kept:
    """What is kept once this move is undone: what it had taken, and the result of an unsafe
    action that it was itself."""
    for key, done in reversed(entry.taken):
        kept = put_back(kept, key, done)
    done_here = result_of(walk, entry)
    return kept if done_here is None else put_back(kept, _top(entry.state), done_here)


def result_of(walk: Walk, entry: Past) -> Done | None:
    """The result that a move gave, if its action is not safe to repeat."""
    request, event = entry.state.request, entry.event
    if not isinstance(event, ActionFinished) or request is None or request.safe_to_repeat:
        return None
    outputs = {name: ANY if is_sealed(value) else value for name, value in event.outputs.items()}
    return Done(
        request.inputs, {"exit": event.exit, **outputs, **unsealed(event.outputs, walk.secrets)}
    )


def record(
    tree: Tree, walk: Walk, event: Event, *, at: datetime | None = None, by: str = ""
) -> Walk:
    """The walk with an event that is noted beside the path: noted, parked, resumed, handed_to,
    language_set, surveyed, closed, action_started; or jumped, which moves it (with a reason).
    ``at`` and ``by``, where they are given, stand instead of those of the event."""
    if at is not None or by:
        event = replace(event, at=at or event.at, actor=by or event.actor)
    if isinstance(event, Jumped):
        return _jump(tree, walk, event)
    if not isinstance(event, _BESIDE):
        raise Refused(f"{type(event).__name__} is no event to note beside the path")
    _bounded(event)
    state = walk.state
    if isinstance(event, ActionStarted) and (
        state.request is None or state.request.id != event.request
    ):
        raise Refused("the walk does not wait for this action (any more)")
    if isinstance(event, LanguageSet):
        if event.language not in tree.languages:
            raise NotThere("language", event.language, tree.languages)
        state = replace(state, language=event.language)
    return _append(walk, state, event)


_BESIDE = (ActionStarted, Closed, HandedTo, LanguageSet, Noted, Parked, Resumed, Surveyed)


def _jump(tree: Tree, walk: Walk, event: Jumped) -> Walk:
    mover = Mover(tree, walk.about, walk.state, event.at)
    top = mover.tree(mover.frames[-1])
    if event.node not in top.nodes and event.node not in tree.nodes:
        raise NotThere("node", event.node, top.nodes)
    if not event.reason.strip():
        raise Refused("a jump wants a reason")
    if walk.state.status == "ended":
        raise Refused("the walk has ended: go back first")
    _bounded(event)
    try:
        mover.jump(event.node)
        mover.settle()
        jumped = _after(walk, mover, replace(event, **_moved(tree, mover)), walk.secrets)
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


# --------------------------------------------------------------------------------- what is shown


def prompt(tree: Tree, walk: Walk) -> Prompt | None:
    """What to put in front of whoever walks; None where it waits for an action or has ended."""
    state = walk.state
    if state.status != "asking":
        return None
    mover = Mover(tree, walk.about, state, state.now)
    scope = mover.scope()
    made: Prompt = scope.tree.nodes[state.frames[-1].node].prompt(scope)
    anytime = _anytime_choices(mover)
    if anytime or walk.draft is not None:
        return replace(made, anytime=anytime, draft=_shown_draft(walk))
    return made


def _anytime_choices(mover: Mover) -> tuple[PromptChoice, ...]:
    return tuple(
        PromptChoice(way.id, mover.scope(depth).say(way.label)) for depth, way in offered(mover)
    )


def _shown_draft(walk: Walk) -> Any:
    return unsealed(walk.draft, walk.secrets)


def task(tree: Tree, walk: Walk) -> Prompt | None:
    """The form for whoever does the action that the walk waits for; None where it waits for none."""
    if walk.state.status != "pending":
        return None
    mover = Mover(tree, walk.about, walk.state, walk.state.now)
    mover.request = walk.state.request
    scope = mover.scope()
    made: Prompt = scope.tree.nodes[walk.state.frames[-1].node].prompt(scope)
    return replace(made, anytime=_anytime_choices(mover))


def expects(tree: Tree, walk: Walk) -> Expected:
    """Exactly what ``answer`` (or, where it waits for an action, ``resolve``) accepts here."""
    state = walk.state
    if state.status == "ended":
        return Expected()
    mover = Mover(tree, walk.about, state, state.now)
    mover.request = state.request
    scope = mover.scope()
    made: Expected = scope.tree.nodes[state.frames[-1].node].expects(scope)
    return replace(made, anytime=tuple(way.id for _, way in offered(mover)))


def ending(tree: Tree, walk: Walk) -> str:
    """The words of the end that the walk reached, as Markdown; "" while it has not ended."""
    if walk.state.status != "ended":
        return ""
    scope = Mover(tree, walk.about, walk.state, walk.state.now).scope()
    return scope.say(scope.tree.nodes[walk.state.frames[-1].node].say)


def steps(walk: Walk) -> list[Step]:
    """The present path, oldest first."""
    found = []
    chain = walk.state.steps
    while chain is not None:
        found.append(chain.last)
        chain = chain.rest
    return found[::-1]


def values(walk: Walk) -> dict[str, Any]:
    """All that is known, in plain JSON by dotted name; what inner trees know stands under the
    node that uses them."""
    found: dict[str, Any] = {}
    prefix = ""
    for frame in walk.state.frames:
        for name, value in sorted(frame.values.items()):
            if not name.startswith(("visits.", "every.")):
                erased = isinstance(value, AnyValue)
                found[prefix + name] = ERASED if erased else to_plain(value)
        prefix += frame.node + "."
    return found


def at(walk: Walk) -> str | None:
    """The node where the walk stands; None once it has ended."""
    return None if walk.state.status == "ended" else walk.state.frames[-1].node


# ------------------------------------------------------------------------------------- events


def unsealed(said: Any, secrets: Mapping[str, Any]) -> Any:
    """A recorded answer with its private values back in place (left out where they are erased)."""
    if not isinstance(said, Mapping):
        return said
    if said.keys() == {""}:  # the id of a private row
        (sealed,) = said.values()
        return secrets.get(sealed["private"], {}).get("")
    found = {}
    for name, value in said.items():
        if is_sealed(value):
            kept = secrets.get(value["private"], {})
            if name in kept:
                found[name] = kept[name]
        else:
            found[name] = value
    return found


def is_sealed(value: Any) -> bool:
    """Whether a recorded value is a reference to a private one that stands apart."""
    return isinstance(value, Mapping) and value.keys() == {"private"}


def reference(event: Event) -> str:
    """The reference that the private values of an event stand under; "" for none."""
    for said in (recorded(event), getattr(event, "row", None)):
        for value in said.values() if isinstance(said, Mapping) else ():
            if is_sealed(value):
                return str(value["private"])
    return ""


def secrets_of(walk: Walk) -> dict[str, Any]:
    """The private values of the events not yet stored, by reference: to be kept beside the log."""
    found = {}
    for event in walk.new:
        ref = reference(event)
        if ref in walk.secrets:
            found[ref] = walk.secrets[ref]
    return found


def recorded(event: Event) -> Any:
    """What was said in an event: an answer, an action's outputs, given values."""
    if isinstance(event, Answered | Changed):
        return event.answer
    if isinstance(event, ActionFinished):
        return event.outputs
    return event.given if isinstance(event, Started) else None


def _top(state: State) -> tuple[str, str]:
    frame = state.frames[-1]
    return frame.tree, frame.node


def _reached(state: State) -> str:
    frame = state.frames[-1]
    return f"{frame.tree}.{frame.node}"


def _moved(tree: Tree, mover: Mover) -> dict[str, Any]:
    frame = mover.frames[-1]
    return {
        "steps": tuple(mover.made),
        "reached": f"{frame.tree}.{frame.node}",
        "logic": tree.logic,
        "text": tree.text,
    }


def _after(walk: Walk, mover: Mover, event: Move, secrets: Map[str, Any]) -> Walk:
    seq = walk.seq + 1
    if seq > MAX_EVENTS:
        raise Refused(f"a walk holds at most {MAX_EVENTS} events; start another")
    past = walk.past
    length = 1 if past is None else past.length + 1
    return Walk(
        walk.id,
        walk.tree,
        walk.about,
        mover.state(),
        seq,
        (*walk.new, event),
        Chain(Past(walk.state, event, seq, taken(walk.state.kept, mover.kept)), past, length),
        None,
        secrets,
    )


def _append(walk: Walk, state: State, event: Event) -> Walk:
    if walk.seq >= MAX_EVENTS:
        raise Refused(f"a walk holds at most {MAX_EVENTS} events; start another")
    return replace(walk, state=state, seq=walk.seq + 1, new=(*walk.new, event))
