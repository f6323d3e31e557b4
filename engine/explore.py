"""Walk a tree every way there is.

The explorer owns no semantics: it drives the walker's own ``Mover`` with every answer that can
come, over stand-ins for what nobody has typed (``moves.ANY``, ``moves.Possible``), and keeps the
finite graph of states that comes of it. What it finds on the way (a value read while empty, no
rule that holds …) it notes with the state, whose shortest route shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import product
from typing import Any

from immutables import Map
from msgspec.structs import replace

from engine.exploring.explored import Explored, Place
from engine.exploring.growing import SOME_TIME, Growing
from engine.exploring.oracle import Oracle, TooMany, runs
from engine.exploring.showing import Showing
from engine.fields import type_of
from engine.kit.moves import UNSET, Possible, Took, possible
from engine.kit.scope import Scope
from engine.model import CHANNEL_NAMES, LIMITS, About, Frame, Limits, State, Tree, Value
from engine.parts import exprs
from engine.walking.mover import Mover, offered


def explore(tree: Tree, limits: Limits = LIMITS) -> Explored:
    """Every state that a walk through a sound tree can come to, up to ``limits.states``."""
    return _Explorer(tree, limits).explore()


class _Explorer:
    def __init__(self, tree: Tree, limits: Limits) -> None:
        self.tree = tree
        self.limits = limits
        self.graph = Growing(tree)
        self.showing = Showing(self.graph)
        self.exprs = [expr for each in (tree, *tree.uses.values()) for expr in exprs(each)]
        self.languages = list(self._told_apart("language", tree.languages))

    def explore(self) -> Explored:
        for about, language in self._starts():
            self._start(about, language)
        while self.graph.queue:
            if len(self.graph.found.places) > self.limits.states:
                self.graph.found.complete = False
                break
            at = self.graph.queue.popleft()
            try:
                self._expand(at)
            except TooMany:
                self.graph.found.complete = False
        return self.graph.found

    # -- where walks begin

    def _starts(self) -> Iterator[tuple[About, str]]:
        tree = self.tree
        for audience, channel, language in product(
            tree.audience,
            self._told_apart("channel", tree.channels or CHANNEL_NAMES),
            self.languages,
        ):
            yield About(audience, channel, SOME_TIME), language

    def _told_apart(self, name: str, all_: tuple[str, ...]) -> Iterable[str]:
        """The values of a choice that some expression tells apart, and one for all the others."""
        named: set[str] = set()
        for expr in self.exprs:
            if name in expr.exact:
                return all_
            named.update(expr.literals.get(name, ()))
        others = [value for value in all_ if value not in named]
        return [value for value in all_ if value in named] + others[:1]

    def _start(self, about: About, language: str) -> None:
        tree = self.tree
        given = {f.name: _given(f) for f in tree.given}
        values = Map(given).set("visits." + tree.start, 1)
        state = State((Frame(tree.id, tree.start, values),), "asking", SOME_TIME, language)

        def begun(oracle: Oracle) -> Mover | None:
            mover = self.graph.mover(state, about, oracle)

            def piece() -> Mover:
                mover._defaults(tree)
                return mover

            made: Mover | None = self.graph.guarded(-1, oracle, mover, piece)
            return made

        for mover, _ in runs(begun):
            if mover is not None:
                self.graph.add(mover, False, -1)

    # -- moves

    def _expand(self, at: int) -> None:
        place = self.graph.found.places[at]
        if place.ended:
            top = place.state.frames[-1]
            node = self.graph.tree_of(top.tree).nodes[top.node]
            self.showing.step(at, place.state, place.about, node)
            return
        for outcome, oracle in runs(lambda oracle: self._advance(at, place, oracle)):
            if outcome is None:
                continue
            mover, moved = outcome
            if len(mover.frames) > len(place.state.frames):
                self._welcome(at, mover, place.about, oracle)
            if moved or mover.made:
                stands = not moved and mover.status == "asking"
                self.graph.edge(
                    at, mover, oracle.assumed, person=False, waits=False, stands=stands
                )
            else:
                self._standing(at, mover.state(), place.about, oracle)

    def _welcome(self, at: int, mover: Mover, about: About, oracle: Oracle) -> None:
        """A subtree that was entered is for whoever walks here."""
        used = mover.tree(mover.frames[-1])
        if about.audience not in used.audience:
            user = self.graph.mover(self.graph.found.places[at].state, about, oracle)
            message = (
                f"{used.id!r} is for {' and '.join(used.audience)}, and this route brings the "
                f"{about.audience} there: decide by `audience` before it"
            )
            self.graph.trouble("audience", at, user, oracle, message)

    def _advance(self, at: int, place: Place, oracle: Oracle) -> tuple[Mover, bool] | None:
        mover = self.graph.mover(place.state, place.about, oracle)
        if place.stands:
            mover.stood = mover.frames
            return mover, False
        return self.graph.guarded(at, oracle, mover, lambda: (mover, mover.advance()))

    # -- states that wait

    def _standing(self, at: int, state: State, about: About, before: Oracle) -> None:
        """Every answer that can come where the walk waits."""
        top = state.frames[-1]
        node = self.graph.tree_of(top.tree).nodes[top.node]
        verb = type(node).__name__
        person = verb != "Run" or node.action.how in ("hand", "by")
        self._audience(at, state, about, node, verb, before)
        self.showing.step(at, state, about, node)
        for ways, oracle in runs(lambda o: self._ways(at, state, about, node, o)):
            if ways is None:
                continue
            oracle.assumed[:0] = before.assumed
            if not ways[1]:
                mover = self.graph.mover(state, about, before)
                self.graph.trouble("audience", at, mover, oracle, _no_answer(node))
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
        mover = self.graph.mover(replace(state, language=language), about, oracle)
        self.graph.edge(at, mover, oracle.assumed, person=True, anytime=True, stands=stands)

    def _ways(
        self, at: int, state: State, about: About, node: Any, oracle: Oracle
    ) -> tuple[State, list[Took]] | None:
        mover = self.graph.mover(state, about, oracle)
        scope = mover.scope()

        def piece() -> tuple[State, list[Took]]:
            ways = list(node.ways(scope))
            for choice in getattr(node, "offered", _nothing)(scope):
                self.graph.found.offered.add((scope.tree.id, node.id, choice.id))
            mover._keep_values(scope)
            return mover.state(), ways

        result: tuple[State, list[Took]] | None = self.graph.guarded(at, oracle, mover, piece)
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
        self.showing.rules(at, state, about, node, took)
        if not node.follow_up:  # nothing is read on leaving, so there is one way to do it
            left = self._left(at, state, about, took, before)
            if left is not None:
                self.graph.edge(at, left, before.assumed, person=person)
            return
        for mover, oracle in runs(partial(self._left, at, state, about, took)):
            if mover is not None:
                oracle.assumed[:0] = before.assumed
                self.graph.edge(at, mover, oracle.assumed, person=person)

    def _left(
        self, at: int, state: State, about: About, took: Took, oracle: Oracle
    ) -> Mover | None:
        mover = self.graph.mover(state, about, oracle)
        went = self.graph.went(at, oracle, mover, mover.leave, mover.scope(), took)
        return mover if went else None

    def _anytime(self, at: int, state: State, about: About) -> None:
        """Leave by each exit that is offered on every step, knowing what its condition found."""

        def ways(oracle: Oracle) -> tuple[Mover, list[tuple[int, Any]]] | None:
            mover = self.graph.mover(state, about, oracle)
            mover.request = state.request
            found: list[tuple[int, Any]] | None = self.graph.guarded(
                at, oracle, mover, lambda: offered(mover)
            )
            return None if found is None else (mover, found)

        seen: set[tuple[Any, ...]] = set()
        for outcome, oracle in runs(ways):
            if outcome is None:
                continue
            known = outcome[0].state()
            settled = () if known.frames is state.frames else _known(known.frames)
            for depth, way in outcome[1]:
                if (depth, way.id, settled) not in seen:
                    seen.add((depth, way.id, settled))
                    self._leave_aside(at, known, about, oracle, depth, way)

    def _leave_aside(
        self, at: int, state: State, about: About, before: Oracle, depth: int, way: Any
    ) -> None:
        self.showing.label(at, state, about, way.label, depth)
        mover = self.graph.mover(state, about, before)
        if self.graph.went(at, before, mover, mover.take_anytime, depth, way):
            self.graph.edge(at, mover, before.assumed, person=True, anytime=True)

    def _audience(
        self, at: int, state: State, about: About, node: Any, verb: str, oracle: Oracle
    ) -> None:
        messages = []
        if node.only and node.only != about.audience:
            messages.append(
                f"it is for the {node.only} only, and this route brings the {about.audience} "
                "here: decide by `audience` before it"
            )
        if verb == "Ask" and about.audience == "system":
            messages.append("nobody is there to answer: the audience here is 'system'")
        for message in messages:
            mover = self.graph.mover(state, about, oracle)
            self.graph.trouble("audience", at, mover, oracle, message)


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


def _known(frames: tuple[Frame, ...]) -> tuple[Any, ...]:
    """What a stack knows, to be compared. (A condition settles values; it moves nothing.)"""
    return tuple(frozenset(frame.values.items()) for frame in frames)
