"""Walk a tree every way there is.

The explorer owns no semantics: it drives the walker's own ``Mover`` with every answer that can
come, over stand-ins for what nobody has typed (``moves.ANY``, ``moves.Possible``), and keeps the
finite graph of states that comes of it. What it finds on the way (a value read while empty, no
rule that holds …) it notes with the state, whose shortest route shows it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import product
from typing import Any

from immutables import Map
from msgspec.structs import replace

from engine.errors import EmptyValue
from engine.fields import type_of
from engine.liveness import OTHER, Plan, plan
from engine.model import (
    CHANNEL_NAMES,
    LIMITS,
    About,
    Frame,
    Limits,
    Passage,
    State,
    Step,
    Text,
    Tree,
    Value,
)
from engine.mover import Mover, NoEnd, NowhereBack, TooDeep, offered
from engine.moves import UNSET, AnyValue, Possible, Took, possible
from engine.nodes.ask import is_offered
from engine.nodes.decide import NoRule
from engine.oracle import Oracle, TooMany, runs
from engine.parts import exprs
from engine.scope import Scope
from engine.tentative import Tentative

_SOME_TIME = datetime(2000, 1, 3, 12, tzinfo=UTC)
Key = tuple[Any, ...]
Words = tuple[list[Text], list[tuple[Any, list[Text]]]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong in a state. ``what`` is the name of its check."""

    what: str
    tree: str
    node: str
    message: str
    state: int
    assuming: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a state to the next. ``person``: somebody answers, does, or waits in between;
    ``anytime``: it is an exit that every step offers; ``waits``: an event of its own begins it;
    ``automatic``: the steps in it that nobody takes."""

    to: int
    steps: tuple[Step, ...]
    person: bool
    anytime: bool
    assuming: str
    waits: bool = True
    automatic: int = 0


@dataclass(slots=True)
class Place:
    """A state as the explorer keeps it."""

    state: State
    about: About
    stands: bool  # came back by `here`: the node is not entered anew
    parent: int
    by: Edge | None
    ended: bool = False
    edges: list[Edge] = field(default_factory=list)


@dataclass
class Explored:
    """The states of a tree. ``complete``: all there are."""

    tree: Tree
    places: list[Place] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    taken: set[tuple[str, str, str]] = field(default_factory=set)  # tree, node, exit
    offered: set[tuple[str, str, str]] = field(default_factory=set)  # tree, node, choice
    reached: set[tuple[str, str]] = field(default_factory=set)
    stuck: set[int] = field(default_factory=set)  # the states in which something goes wrong
    complete: bool = True

    def stuck_nodes(self, tree: str) -> set[str]:
        """The nodes of a tree at which something goes wrong: what lies behind them may be reached
        and taken once that is mended."""
        return {
            frame.node
            for place in self.stuck
            for frame in self.places[place].state.frames
            if frame.tree == tree
        }

    def route(self, place: int, assuming: str = "") -> tuple[Passage, ...]:
        """The shortest way to a state, ending with the node that it stands at."""
        edges = []
        at = place
        while (by := self.places[at].by) is not None:
            edges.append(by)
            at = self.places[at].parent
        found: list[Passage] = []
        for edge in reversed(edges):
            for n, step in enumerate(edge.steps):
                last = n == len(edge.steps) - 1
                found.append(
                    Passage(step.tree, step.node, step.exit, edge.assuming if last else "")
                )
        top = self.places[place].state.frames[-1]
        if self.places[place].ended:
            return tuple(found)
        return (*found, Passage(top.tree, top.node, None, assuming))


def explore(tree: Tree, limits: Limits = LIMITS) -> Explored:
    """Every state that a walk through a sound tree can come to, up to ``limits.states``."""
    return _Explorer(tree, limits).explore()


class _Explorer:
    def __init__(self, tree: Tree, limits: Limits) -> None:
        self.tree = tree
        self.limits = limits
        self.found = Explored(tree)
        self.index: dict[Key, int] = {}
        self.queue: deque[int] = deque()
        self.plans = {t.id: plan(t) for t in (tree, *tree.uses.values())}
        self.seen: set[tuple[str, str, str, str]] = set()
        self.words: dict[tuple[int, str], Words] = {}
        self.kept: dict[int, tuple[Frame, ...]] = {}  # stacks that need nothing more, by identity
        self.languages = list(self._told_apart("language", tree.languages))

    def explore(self) -> Explored:
        for about, language in self._starts():
            self._start(about, language)
        while self.queue:
            if len(self.found.places) > self.limits.states:
                self.found.complete = False
                break
            at = self.queue.popleft()
            try:
                self._expand(at)
            except TooMany:
                self.found.complete = False
        return self.found

    # -- where walks begin

    def _starts(self) -> Iterator[tuple[About, str]]:
        tree = self.tree
        for audience, channel, language in product(
            tree.audience,
            self._told_apart("channel", tree.channels or CHANNEL_NAMES),
            self.languages,
        ):
            yield About(audience, channel, _SOME_TIME), language

    def _told_apart(self, name: str, all_: tuple[str, ...]) -> Iterable[str]:
        """The values of a choice that some expression tells apart, and one for all the others."""
        named: set[str] = set()
        for tree in (self.tree, *self.tree.uses.values()):
            for expr in exprs(tree):
                if name in expr.exact:
                    return all_
                named |= set(expr.literals.get(name, ()))
        others = [value for value in all_ if value not in named]
        return [value for value in all_ if value in named] + others[:1]

    def _start(self, about: About, language: str) -> None:
        tree = self.tree
        given = {f.name: _given(f) for f in tree.given}
        values = Map(given).set("visits." + tree.start, 1)
        state = State((Frame(tree.id, tree.start, values),), "asking", _SOME_TIME, language)

        def begun(oracle: Oracle) -> State | None:
            mover = self._mover(state, about, oracle)

            def piece() -> State:
                mover._defaults(tree)
                return mover.state()

            made: State | None = self._guarded(-1, oracle, mover, piece)
            return made

        for begun_state, _ in runs(begun):
            if begun_state is not None:
                self._add(begun_state, about, False, -1, None)

    # -- states

    def _mover(self, state: State, about: About, oracle: Oracle) -> Mover:
        make = Tentative.maker(oracle, lambda tree: self.plans[tree].exact)
        return Mover(self.tree, about, state, _SOME_TIME, make)

    def _add(self, state: State, about: About, stands: bool, parent: int, by: Edge | None) -> int:
        stood = state.stood if self._aside(state) else None
        frames = self._kept(state.frames, stood)
        if stood is not None:
            stood = self._stood(stood, len(frames))
        key = (
            about.audience,
            about.channel,
            state.language,
            stands,
            state.status == "ended",
            _frames_key(frames),
            stood and _frames_key(stood),
        )
        at = self.index.get(key)
        if at is None:
            at = len(self.found.places)
            self.index[key] = at
            kept = State(frames, state.status, _SOME_TIME, state.language, stood=stood)
            place = Place(kept, about, stands, parent, by, state.status == "ended")
            self.found.places.append(place)
            top = frames[-1]
            self.found.reached.add((top.tree, top.node))
            self.queue.append(at)
        return at

    def _aside(self, state: State) -> bool:
        """Whether a detour may begin before anybody stands again: then it matters where somebody
        stood last."""
        top = state.frames[-1]
        return state.status != "ended" and top.node in self._tree(top.tree).detours

    def _tree(self, id: str) -> Tree:
        return self.tree if id == self.tree.id else self.tree.uses[id]

    def _kept(
        self, frames: tuple[Frame, ...], stood: tuple[Frame, ...] | None
    ) -> tuple[Frame, ...]:
        """The frames with what can still be told apart, and nothing else; with what the step
        that a detour comes back to needs, too."""
        found = []
        for depth, frame in enumerate(frames):
            p = self.plans[frame.tree]
            top = depth == len(frames) - 1
            alive = p.coming[frame.node] if top else p.leaving[frame.node]
            for back in (stood, *(f.stood for f in frames[depth + 1 :])):
                if back is not None and depth < len(back) and back[depth].tree == frame.tree:
                    alive |= p.coming[back[depth].node] | p.leaving[back[depth].node]
            values = _merged(frame.values, alive, p)
            inner = None if frame.stood is None else self._stood(frame.stood, depth)
            found.append(Frame(frame.tree, frame.node, values, inner))
        return tuple(found)

    def _stood(self, stood: tuple[Frame, ...], depth: int) -> tuple[Frame, ...]:
        """Where somebody stood, as a detour from the tree below ``depth`` comes back to it: with
        what that tree and those below know by then."""
        if id(stood) in self.kept:
            return stood
        below = (Frame(frame.tree, frame.node, Map()) for frame in stood[:depth])
        found = (*below, *self._kept(stood, None)[depth:])
        self.kept[id(found)] = found
        return found

    # -- moves

    def _expand(self, at: int) -> None:
        place = self.found.places[at]
        if place.ended:
            self._end(at, place)
            return
        for outcome, oracle in runs(lambda oracle: self._advance(at, place, oracle)):
            if outcome is None:
                continue
            mover, moved = outcome
            if len(mover.frames) > len(place.state.frames):
                self._welcome(at, mover, place.about, oracle)
            if moved or mover.made:
                stands = not moved and mover.status == "asking"
                self._edge(at, mover, oracle, person=False, waits=False, stands=stands)
            else:
                self._standing(at, mover.state(), place.about, oracle)

    def _welcome(self, at: int, mover: Mover, about: About, oracle: Oracle) -> None:
        """A subtree that was entered is for whoever walks here."""
        used = mover.tree(mover.frames[-1])
        if about.audience not in used.audience:
            user = self._mover(self.found.places[at].state, about, oracle)
            message = (
                f"{used.id!r} is for {' and '.join(used.audience)}, and this route brings the "
                f"{about.audience} there: decide by `audience` before it"
            )
            self._trouble("audience", at, user, oracle, message)

    def _advance(self, at: int, place: Place, oracle: Oracle) -> tuple[Mover, bool] | None:
        mover = self._mover(place.state, place.about, oracle)
        if place.stands:
            mover.stood = mover.frames
            return mover, False
        return self._guarded(at, oracle, mover, lambda: (mover, mover.advance()))

    def _guarded(
        self, at: int, oracle: Oracle, mover: Mover, piece: Callable[[], Any]
    ) -> Any | None:
        """The piece's result, or None with the trouble noted."""
        try:
            return piece()
        except EmptyValue as empty:
            self._trouble("empty-value", at, mover, oracle, _empty(empty.name))
        except NoRule:
            self._trouble("no-rule", at, mover, oracle, _NO_RULE)
        except NowhereBack:
            self._trouble("contract", at, mover, oracle, _NOWHERE)
        except TooDeep as deep:
            self._trouble("recursion", at, mover, oracle, str(deep))
        except NoEnd:
            self._trouble("silent-loop", at, mover, oracle, _LIMITS_ROUND)
        return None

    def _trouble(self, what: str, at: int, mover: Mover, oracle: Oracle, message: str) -> None:
        top = mover.frames[mover.reading]
        key = (what, top.tree, top.node, message)
        self._passed(mover)
        if at >= 0:
            self.found.stuck.add(at)
        if key in self.seen:
            return
        self.seen.add(key)
        if at < 0:  # a walk that cannot even begin: its place is kept, and leads nowhere
            at = self._add(mover.state(), mover.about, False, -1, None)
            self.queue.remove(at)
            self.found.stuck.add(at)
        assuming = " and ".join(oracle.assumed)
        self.found.troubles.append(Trouble(what, top.tree, top.node, message, at, assuming))

    def _edge(
        self,
        at: int,
        mover: Mover,
        oracle: Oracle,
        *,
        person: bool,
        anytime: bool = False,
        waits: bool = True,
        stands: bool = False,
    ) -> None:
        place = self.found.places[at]
        assuming = " and ".join(oracle.assumed)
        by = Edge(-1, tuple(mover.made), person, anytime, assuming, waits, mover.automatic)
        self._passed(mover)
        to = self._add(mover.state(), place.about, stands, at, by)
        place.edges.append(Edge(to, by.steps, person, anytime, assuming, waits, by.automatic))

    def _passed(self, mover: Mover) -> None:
        for step in mover.made:
            if step.exit is not None:
                self.found.taken.add((step.tree, step.node, step.exit))
                self.found.reached.add((step.tree, step.node))

    # -- states that wait

    def _standing(self, at: int, state: State, about: About, before: Oracle) -> None:
        """Every answer that can come where the walk waits."""
        mover = self._mover(state, about, before)
        top = state.frames[-1]
        tree = mover.tree(top)
        node = tree.nodes[top.node]
        verb = type(node).__name__
        person = verb != "Run" or node.action.how in ("hand", "by")
        self._audience(at, mover, about, node, verb, before)
        self._touch(at, state, about, node)
        for ways, oracle in runs(lambda o: self._ways(at, state, about, node, o)):
            if ways is None:
                continue
            oracle.assumed[:0] = before.assumed
            if not ways[1]:
                self._trouble("audience", at, mover, oracle, _no_answer(node))
            for took in ways[1]:
                self._take(at, ways[0], about, node, took, person, oracle)
        self._anytime(at, state, about)
        for language in self.languages:
            if language != state.language:
                self._speak(at, state, about, language, stands=verb != "Run")

    def _speak(self, at: int, state: State, about: About, language: str, *, stands: bool) -> None:
        """Whoever stands here may go on in another language."""
        oracle = Oracle([])
        oracle.assumed.append(f"the language is changed to {language}")
        mover = self._mover(replace(state, language=language), about, oracle)
        self._edge(at, mover, oracle, person=True, anytime=True, stands=stands)

    def _ways(
        self, at: int, state: State, about: About, node: Any, oracle: Oracle
    ) -> tuple[State, list[Took]] | None:
        mover = self._mover(state, about, oracle)
        scope = mover.scope()

        def piece() -> tuple[State, list[Took]]:
            ways = list(node.ways(scope))
            for choice in getattr(node, "offered", _nothing)(scope):
                self.found.offered.add((scope.tree.id, node.id, choice.id))
            mover._keep_values(scope)
            return mover.state(), ways

        result: tuple[State, list[Took]] | None = self._guarded(at, oracle, mover, piece)
        return result

    def _take(
        self,
        at: int,
        state: State,
        about: About,
        node: Any,
        took: Took,
        person: bool,
        before: Oracle,
    ) -> None:
        def left(oracle: Oracle) -> Mover | None:
            mover = self._mover(state, about, oracle)
            scope = mover.scope()

            def piece() -> Mover:
                mover.leave(scope, took)
                return mover

            made: Mover | None = self._guarded(at, oracle, mover, piece)
            return made

        self._rules(at, state, about, node, took)
        for mover, oracle in runs(left):
            if mover is not None:
                oracle.assumed[:0] = before.assumed
                self._edge(at, mover, oracle, person=person)

    def _rules(self, at: int, state: State, about: About, node: Any, took: Took) -> None:
        """Read what the defaults and rules of a form read: the rules with the form filled in."""
        for field_ in getattr(node, "fields", ()):
            # The default of a required field may be empty: then it is filled in by hand.
            if field_.default is not None and not field_.required:
                self._read_rule(at, state, about, field_.default, None)
            if field_.must is not None:
                self._read_rule(at, state, about, field_.must, took.gives)

    def _read_rule(
        self, at: int, state: State, about: About, expr: Any, form: Mapping[str, Any] | None
    ) -> None:
        def read(oracle: Oracle) -> None:
            mover = self._mover(state, about, oracle)
            scope = mover.scope() if form is None else mover.scope().with_values(form)
            try:
                expr.run(scope)
            except EmptyValue as empty:
                if form is None or empty.name not in form:
                    self._trouble("empty-value", at, mover, oracle, _empty(empty.name))

        for _ in runs(read):
            pass

    def _anytime(self, at: int, state: State, about: About) -> None:
        """Leave by each exit that is offered on every step, knowing what its condition found."""

        def ways(oracle: Oracle) -> tuple[Mover, list[tuple[int, Any]]] | None:
            mover = self._mover(state, about, oracle)
            mover.request = state.request
            found: list[tuple[int, Any]] | None = self._guarded(
                at, oracle, mover, lambda: offered(mover)
            )
            return None if found is None else (mover, found)

        seen: set[tuple[Any, ...]] = set()
        for outcome, oracle in runs(ways):
            if outcome is None:
                continue
            known = outcome[0].state()
            settled = () if known.frames is state.frames else _frames_key(known.frames)
            for depth, way in outcome[1]:
                if (depth, way.id, settled) not in seen:
                    seen.add((depth, way.id, settled))
                    self._leave_aside(at, known, about, oracle, depth, way)

    def _leave_aside(
        self, at: int, state: State, about: About, before: Oracle, depth: int, way: Any
    ) -> None:
        if way.label.reads:
            for _ in runs(partial(self._read_text, at, state, about, way.label, depth)):
                pass
        oracle = Oracle([])
        oracle.assumed = list(before.assumed)
        mover = self._mover(state, about, oracle)

        def piece() -> bool:
            mover.take_anytime(depth, way)
            return True

        if self._guarded(at, oracle, mover, piece):
            self._edge(at, mover, oracle, person=True, anytime=True)

    # -- what is shown

    def _end(self, at: int, place: Place) -> None:
        top = place.state.frames[-1]
        self._touch(at, place.state, place.about, self._tree(top.tree).nodes[top.node])

    def _touch(self, at: int, state: State, about: About, node: Any) -> None:
        """Read everything that the step shows to this audience."""
        texts, choices = self._words(node, about.audience)
        for text in texts:
            for _ in runs(partial(self._read_text, at, state, about, text, -1)):
                pass
        for choice, words in choices:
            for _ in runs(partial(self._read_choice, at, state, about, choice, words)):
                pass

    def _words(self, node: Any, audience: str) -> Words:
        """What a node shows to this audience that reads a value: its texts, and its choices with
        theirs."""
        found = self.words.get((id(node), audience))
        if found is None:
            texts = [text for text in _shown(node, audience) if text.reads]
            choices = [
                (choice, words)
                for choice in getattr(node, "choices", ())
                if (words := [text for text in _said(choice, audience) if text.reads])
            ]
            found = self.words[id(node), audience] = (texts, choices)
        return found

    def _read_text(
        self, at: int, state: State, about: About, text: Text, depth: int, oracle: Oracle
    ) -> None:
        mover = self._mover(state, about, oracle)
        mover.reading = depth
        self._guarded(at, oracle, mover, lambda: mover.scope(depth).say(text))

    def _read_choice(
        self, at: int, state: State, about: About, choice: Any, words: list[Text], oracle: Oracle
    ) -> None:
        mover = self._mover(state, about, oracle)
        scope = mover.scope()

        def piece() -> None:
            if is_offered(choice, scope):
                for text in words:
                    scope.say(text)

        self._guarded(at, oracle, mover, piece)

    def _audience(
        self, at: int, mover: Mover, about: About, node: Any, verb: str, oracle: Oracle
    ) -> None:
        if node.only and node.only != about.audience:
            message = (
                f"it is for the {node.only} only, and this route brings the {about.audience} "
                "here: decide by `audience` before it"
            )
            self._trouble("audience", at, mover, oracle, message)
        if verb == "Ask" and about.audience == "system":
            message = "nobody is there to answer: the audience here is 'system'"
            self._trouble("audience", at, mover, oracle, message)


_NO_RULE = "on this route no rule applies: close the gap, or say `otherwise`"
_NOWHERE = (
    "'here' leads back to the last step of this tree that somebody stood at, and on this route "
    "there was none: say which node comes next"
)
_LIMITS_ROUND = "every limit here leads to the next, and round again: lead one of them out"


def _empty(name: str) -> str:
    return (
        f"{name} is read while it is empty: come to know it on every route that leads here, "
        f"or test `{name} is set` before"
    )


def _no_answer(node: Any) -> str:
    if getattr(node, "pick", "") == "row":
        return (
            "on this route there is no answer to give where no row is left to pick: "
            "say `none_of_these`"
        )
    return "on this route there is no answer to give: no choice is offered to whoever walks here"


def _given(field_: Any) -> Value:
    """What stands for every value that a tree can be given here, and for none where it may start
    without: a default fills it in then."""
    value = possible(type_of(field_))
    if field_.required and field_.default is None:
        return value
    return Possible((UNSET, *(value.options if isinstance(value, Possible) else (value,))))


def _nothing(scope: Scope) -> tuple[Any, ...]:
    return ()


def _shown(node: Any, audience: str) -> Iterator[Text]:
    """The texts of a node that this audience sees, those of its choices apart."""
    if type(node).__name__ == "Run":  # whoever does an action sees the hint, and nothing else
        yield from (text for text in (node.hint,) if text is not None)
        return
    agent = audience == "agent"
    for text in (node.say, node.hint if agent else node.help):
        if text is not None:
            yield text
    yield from _pictured(node.image)
    if node.link is not None:
        yield node.link.to
        yield node.link.label
    none = getattr(node, "none", None)
    if none is not None:
        yield none.label
    yield from getattr(node, "checklist", ())
    for field_ in getattr(node, "fields", ()):
        yield from (t for t in (field_.label, field_.help, field_.message) if t is not None)
        yield from (option.label for option in field_.of)


def _said(choice: Any, audience: str) -> Iterator[Text]:
    """The texts of a choice that this audience sees."""
    yield choice.label
    if audience == "agent" and choice.hint is not None:
        yield choice.hint
    yield from _pictured(choice.image)


def _pictured(image: Any) -> Iterator[Text]:
    if image is not None:
        yield image.alt


def _merged(values: Map[str, Value], alive: frozenset[str], p: Plan) -> Map[str, Value]:
    """The values that can still be told apart, as far as they can."""
    found = {}
    for name, value in values.items():
        if name not in alive or name.startswith("every."):  # a list is always "any"
            continue
        if name.startswith("visits."):
            found[name] = min(value, p.count.get(name, 0))
        else:
            found[name] = _stand_in(value, name, p)
    return Map(found)


def _stand_in(value: Value, name: str, p: Plan) -> Value:
    if isinstance(value, Possible):
        seen = {
            _stand_in(option, name, p) if option is not UNSET else UNSET: None
            for option in value.options
        }
        options = tuple(seen)
        return Possible(options) if len(options) > 1 else options[0]
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if name in p.exact:
            return value
        return value if value in p.tell_apart.get(name, ()) else OTHER
    return AnyValue()


def _frames_key(frames: tuple[Frame, ...]) -> Key:
    return tuple(
        (f.tree, f.node, frozenset(f.values.items()), f.stood and _frames_key(f.stood))
        for f in frames
    )
