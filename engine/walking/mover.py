"""One move of a walk: from the node that it stands at to the next that waits for somebody.

A ``Mover`` is made for one event and thrown away; what goes in and what comes out is a frozen
``State``. Everything that decides what happens next is here and in the verbs: pages, stories,
checks, replay and migration all come through it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from immutables import Map

from engine.errors import Fault
from engine.kit.kept import alike, left
from engine.kit.moves import Called, Finished, Opened, Stands, Took
from engine.kit.scope import Scope
from engine.model import (
    HERE,
    LIMITS,
    MAX_AUTOMATIC,
    About,
    Anytime,
    Chain,
    Expr,
    Frame,
    Outcome,
    Promise,
    Request,
    State,
    Status,
    Step,
    Tree,
    Value,
)
from engine.nodes.use import Use

MakeScope = Callable[[Tree, Map[str, Value], About, datetime, str], Scope]


class NoEnd(Fault):
    """More automatic steps in a row than a walk may take."""


class TooDeep(Fault):
    """More trees inside one another than a walk may open."""


class NowhereBack(Fault):
    """``here`` was taken before anybody stood at a step."""


class Mover:
    """The state of a walk while it moves."""

    __slots__ = (
        "about",
        "automatic",
        "dispositions",
        "frames",
        "kept",
        "language",
        "made",
        "make_scope",
        "now",
        "outcome",
        "path",
        "promises",
        "reading",
        "request",
        "root",
        "status",
        "stood",
    )

    def __init__(
        self,
        root: Tree,
        about: About,
        state: State,
        at: datetime,
        make_scope: MakeScope = Scope,
    ) -> None:
        self.root = root
        self.about = about
        self.make_scope = make_scope
        self.frames = state.frames
        self.now = at
        self.language = state.language
        self.kept = state.kept
        self.path = state.steps
        self.dispositions = state.dispositions
        self.promises = state.promises
        self.stood = state.stood
        self.status: Status = "asking"
        self.request: Request | None = None
        self.outcome: Outcome | None = None
        self.made: list[Step] = []
        self.automatic = 0
        self.reading = -1  # the depth of the tree whose condition or label is read

    def state(self) -> State:
        return State(
            self.frames,
            self.status,
            self.now,
            self.language,
            self.request,
            self.outcome,
            self.dispositions,
            self.path,
            self.promises,
            self.stood,
            self.kept,
        )

    # -- where it stands

    def tree(self, frame: Frame) -> Tree:
        root = self.root
        return root if frame.tree == root.id else root.uses[frame.tree]

    def scope(self, depth: int = -1) -> Scope:
        frame = self.frames[depth]
        return self.make_scope(self.tree(frame), frame.values, self.about, self.now, self.language)

    # -- moving

    def settle(self) -> None:
        """Go on through everything that needs nobody."""
        while self.advance():
            pass

    def advance(self) -> bool:
        """Pass through the present node if it needs nobody; False where it waits or is over."""
        frame = self.frames[-1]
        tree = self.tree(frame)
        node = tree.nodes[frame.node]
        scope = self.scope()
        entered = node.enter(scope)
        if type(entered) is Stands:
            self._keep_values(scope)
            self.stood = self.frames
            return False
        if type(entered) is Took:
            self._count()
            self.leave(scope, entered)
            return True
        if type(entered) is Called:
            return self._call(scope, entered)
        self._count()
        if type(entered) is Opened:
            return self._open(scope, entered)
        assert type(entered) is Finished
        return self._finish(scope, entered)

    def leave(self, scope: Scope, took: Took) -> None:
        """Leave the present node by the exit taken, with what it gives."""
        frame = self.frames[-1]
        tree, node = scope.tree, frame.node
        values = given(scope, node, took)
        self.step(tree, node, took.exit, values, known=took.known)
        self._stand(frame, node, values)
        follow_up = tree.nodes[node].follow_up
        if follow_up:
            self._promise(self.scope())
        self.go(took.to)

    def go(self, to: str) -> None:
        """Come to a node of the present frame's tree, or to where its limit sends."""
        frame = self.frames[-1]
        tree, values = self.tree(frame), frame.values
        while True:
            node = tree.nodes[to]
            key = "visits." + to
            visits = values.get(key, 0)
            if node.limit is None or visits < node.limit.visits:
                break
            self.step(tree, to, "limit", values)
            self._count()
            to = node.limit.then
        self._stand(frame, to, values.set(key, visits + 1))

    def step(
        self,
        tree: Tree,
        node: str,
        exit: str | None,
        values: Map[str, Value],
        *,
        known: bool = False,
    ) -> None:
        made = Step(
            tree.id, node, exit, values.get("visits." + node, 0), known, len(self.frames) - 1
        )
        self.made.append(made)
        path = self.path
        self.path = Chain(made, path, 1 if path is None else path.length + 1)

    def take_anytime(self, depth: int, way: Anytime) -> None:
        """Leave by an exit that the tree at ``depth`` of the stack offers on every step."""
        top = self.frames[-1]
        self.step(self.tree(top), top.node, "anytime." + way.id, top.values)
        self.frames = self.frames[: depth + 1]
        self.go(way.to)

    def jump(self, node: str) -> None:
        top = self.frames[-1]
        self.step(self.tree(top), top.node, "jumped", top.values)
        if node not in self.tree(top).nodes:
            self.frames = self.frames[:1]
        self.go(node)

    def holds(self, condition: Expr, depth: int) -> bool:
        """Whether a condition of the tree at ``depth`` of the stack holds."""
        scope = self.scope(depth)
        self.reading = depth
        holds = bool(condition.run(scope))
        self.reading = -1
        self._keep_values(scope, depth)
        return holds

    # -- what nodes ask for

    def _call(self, scope: Scope, called: Called) -> bool:
        frame, action = self.frames[-1], called.action
        key = (frame.tree, frame.node)
        done = self.kept.get(key, ())
        for n, one in enumerate(done):
            if alike(called.inputs, one.inputs):
                self.kept = left(self.kept, key, n)
                self._count()
                self.leave(scope, scope.tree.nodes[frame.node].again(one.result))
                return True
        self._keep_values(scope)
        self.status = "pending"
        made = self.path.length if self.path else 0
        self.request = Request(
            f"{frame.tree}.{frame.node}.{made}",
            action.id,
            called.inputs,
            action.safe_to_repeat,
            action.how,
            action.by,
            str(done[0].result["exit"]) if done else "",
        )
        return False

    def _open(self, scope: Scope, opened: Opened) -> bool:
        if len(self.frames) > LIMITS.frames:
            raise TooDeep(f"more than {LIMITS.frames} trees inside one another")
        self._keep_values(scope)
        tree = self.root.uses[opened.tree]
        values = Map(opened.given).set("visits." + tree.start, 1)
        if opened.returns_here and self.stood is None:
            raise NowhereBack(f"{self.frames[-1].node!r} leads back to a step, and there was none")
        stood = self.stood if opened.returns_here or self._asked_later(scope.tree) else None
        self.frames = (*self.frames, Frame(tree.id, tree.start, values, stood))
        self.stood = None  # nobody has stood in this tree yet: `here` does not lead out of it
        self._defaults(tree)
        return True

    def _asked_later(self, tree: Tree) -> bool:
        """Whether the last step matters to a detour that begins as soon as this ``use`` is left."""
        here = self.stood is not None and len(self.stood) == len(self.frames)
        node = tree.nodes[self.frames[-1].node]
        return here and any(exit.to in tree.detours for exit in node.exits)

    def _defaults(self, tree: Tree) -> None:
        """Set the defaults of what the frame was not given."""
        for field in tree.given:
            if field.default is None:
                continue
            scope = self.scope()
            if not scope.has(field.name):
                value = field.default.run(scope)
                scope.values = scope.values.set(field.name, value)
            self._keep_values(scope)

    def start(self) -> None:
        self._defaults(self.root)
        self.settle()

    def _finish(self, scope: Scope, over: Finished) -> bool:
        frame = self.frames[-1]
        self._keep_values(scope)
        if over.disposition:
            self.dispositions = (*self.dispositions, over.disposition)
        self._promise(scope)
        if not over.exit or len(self.frames) == 1:
            self.step(scope.tree, frame.node, None, scope.values)
            self.status = "ended"
            self.outcome = Outcome(
                frame.tree,
                frame.node,
                self.dispositions[-1] if self.dispositions else "",
                over.kpi,
                over.hand_to,
                over.survey,
                self.dispositions,
            )
            return False
        self.step(scope.tree, frame.node, over.exit, scope.values)
        self.frames = self.frames[:-1]
        # The last step is one of this tree again: `here` never leads into a tree that is over.
        stood = frame.stood
        self.stood = stood if stood is not None and len(stood) == len(self.frames) else None
        user = self.scope()
        node = user.tree.nodes[self.frames[-1].node]
        assert isinstance(node, Use)
        took = node.left(over.exit, over.returns)
        if took.to == HERE:
            self._return_here(user, took, frame)
            return False
        self.leave(user, took)
        return True

    def _return_here(self, user: Scope, took: Took, closed: Frame) -> None:
        """Stand again where the detour was taken from, as it was: no new visit."""
        stood = closed.stood
        assert stood is not None
        depth = len(self.frames) - 1
        frame = self.frames[-1]
        values = given(user, frame.node, took)
        self.step(user.tree, frame.node, took.exit, values)
        back = stood[depth]
        again = Frame(back.tree, back.node, values, frame.stood)
        self.frames = (*self.frames[:depth], again, *stood[depth + 1 :])
        self.stood = self.frames

    def _promise(self, scope: Scope) -> None:
        frame = self.frames[-1]
        for promise in scope.tree.nodes[frame.node].follow_up:
            due = promise.due.run(scope)
            made = Promise(due, scope.say(promise.why), promise.by, frame.tree, frame.node)
            self.promises = (*self.promises, made)

    # -- small things

    def _stand(self, frame: Frame, node: str, values: Map[str, Value]) -> None:
        stand = Frame(frame.tree, node, values, frame.stood)
        frames = self.frames
        self.frames = (stand,) if len(frames) == 1 else (*frames[:-1], stand)

    def _keep_values(self, scope: Scope, depth: int = -1) -> None:
        """Keep what reading has settled (a concrete scope settles nothing)."""
        frame = self.frames[depth]
        if scope.values is not frame.values:
            kept = Frame(frame.tree, frame.node, scope.values, frame.stood)
            at = depth % len(self.frames)
            self.frames = (*self.frames[:at], kept, *self.frames[at + 1 :])

    def _count(self) -> None:
        self.automatic += 1
        if self.automatic > MAX_AUTOMATIC:
            raise NoEnd(f"{MAX_AUTOMATIC} steps in a row without a person: {self.frames[-1].node}")


def given(scope: Scope, node: str, took: Took) -> Map[str, Value]:
    """The values once a node is left: what it gave before is replaced by what it gives now."""
    tree, values = scope.tree, scope.values
    for name in tree.gives[node]:
        if name not in took.gives and name in values:
            values = values.delete(name)
    for name, value in took.gives.items():
        values = values.set(name, value)
    if node in tree.counted:
        key = "every." + node
        values = values.set(key, (*values.get(key, ()), took.gives))
    return values


def opened(frames: tuple[Frame, ...], depth: int) -> set[str]:
    """The nodes of the tree at ``depth`` whose ``use`` is open now, on the stack or under a detour
    that will come back to it."""
    found: set[str] = set()
    if len(frames) > depth + 1:
        found.add(frames[depth].node)
        for frame in frames[depth + 1 :]:
            if frame.stood is not None:
                found |= opened(frame.stood, depth)
    return found


def _may_leave(mover: Mover, top: Frame) -> bool:
    """Whether a step may be left at any time. Whoever left an action that is begun and must not be
    done twice would leave behind what nobody knows."""
    if mover.request is not None:
        return not mover.request.unsure
    anytime: bool = mover.tree(top).nodes[top.node].anytime
    return anytime


def offered(mover: Mover) -> list[tuple[int, Anytime]]:
    """The ``anytime`` exits offered where the walk stands, with the depth of the tree that offers
    each. The inner one wins where two have one id."""
    found: list[tuple[int, Anytime]] = []
    seen: set[str] = set()
    top = mover.frames[-1]
    pending = mover.request is not None
    if not _may_leave(mover, top):
        return found
    for depth in range(len(mover.frames) - 1, -1, -1):
        tree = mover.tree(mover.frames[depth])
        if not tree.anytime:
            continue
        open_ = opened(mover.frames, depth)
        for way in tree.anytime:
            if way.id in seen or (way.only and way.only != mover.about.audience):
                continue
            detours = tree.detours.get(way.to, frozenset())
            if (pending and detours) or way.to in open_ or not open_.isdisjoint(detours):
                continue
            if way.when is not None and not mover.holds(way.when, depth):
                continue
            seen.add(way.id)
            found.append((depth, way))
    return found
