"""Actions are performed: recorded as begun, called, and their result recorded.

The answer that led to an action is acknowledged first. Then `action_started` is appended behind the
very event that asked for it, so of all workers one alone begins. What was begun by a process that
is no more is found by whoever looks at the walk, or by the round that every process makes: it is
done again if that is safe; if not, a person says how it went. Never repeated, never forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Final

from engine import walk as walks
from engine.errors import Conflict, FingerpostError, NotThere, Refused, StoreError
from engine.model import Action, ActionFinished, ActionStarted, Tree, Walk
from engine.stores import WalkRow
from engine.unattended import action_of, unattended
from web.actions.http import Outcome
from web.actions.kept import keep
from web.actions.waiting import BY, Stand, alone, key_of, stands
from web.signin import rights
from web.signin.people import SERVER, Asking, asked_by

if TYPE_CHECKING:
    from web.desk import Desk, Moved

SOON: Final = 0.8  # seconds that a page waits for a result before it says that it waits
EVERY: Final = 30.0  # seconds between two rounds
GRACE: Final = 8.0  # seconds that a result has to come in when the server stops
_MOST_IN_A_ROW: Final = 100
_PAGE: Final = 200  # walks that a round looks at in one go
_log = logging.getLogger("fingerpost.actions")


class Performing:
    """What one process performs. ``desk`` is where walks are moved."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by walk
        self._again: set[str] = set()  # walks that were moved while their task was ending
        self._rounds: asyncio.Task[None] | None = None
        self._stopping = False

    # -- how it stands

    def performs(self, action: Action) -> bool:
        return bool(self.desk.actions.how(action))

    def stands(self, tree: Tree, walk: Walk) -> Stand:
        return stands(self.desk.actions, tree, walk, self.desk.clock())

    def is_pending(self, tree: Tree, walk: Walk) -> bool:
        """Whether a result is to come by itself."""
        if walk.state.request is None:
            return False
        return self.stands(tree, walk) in ("due", "under_way") or self._has_work(tree, walk)

    def onward(self, tree: Tree, walk: Walk, at: datetime) -> Walk:
        """A walk that was just moved: what nobody can do takes its failed exit at once."""
        if walk.state.request is None:
            return walk
        return unattended(tree, walk, at=at, by=BY, performs=self.performs)

    def by_hand(self, make: Moved) -> Moved:
        """A move that says how an action went: refused while it is under way and must not be
        done twice, for its result would be lost."""

        def checked(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            request = walk.state.request
            if request and request.unsure and self.stands(tree, walk) == "under_way":
                raise Refused(f"{request.action!r} is being done just now: its result comes soon")
            moved = make(tree, walk, at, ref)
            done = any(isinstance(event, ActionFinished) for event in moved.new)
            if done and request and request.by and not rights.acts_for(request.by):
                raise Refused(
                    f"this is for the team {request.by!r} to decide: it has it in its queue"
                )
            return moved

        return checked

    # -- who looks at a walk, or has moved it

    def attend(self, tree: Tree, walk: Walk) -> None:
        """See to it that what the walk waits for is done."""
        if walk.state.request is None or self._stopping:
            return
        if walk.id in self._tasks:
            self._again.add(walk.id)
        elif self._has_work(tree, walk):
            task = asyncio.get_running_loop().create_task(self._perform(walk.id))
            self._tasks[walk.id] = task
            task.add_done_callback(_told)

    async def settled(self, walk: Walk, tree: Tree) -> Walk:
        """The walk once the result has come that it waits for, or a short while later."""
        self.attend(tree, walk)
        task = self._tasks.get(walk.id)
        if walk.state.request is None or task is None:
            return walk
        await asyncio.wait({task}, timeout=SOON)
        return await self.desk.walk(walk.id)

    def _has_work(self, tree: Tree, walk: Walk) -> bool:
        how = self.stands(tree, walk)
        return how == "due" or (how not in ("none", "under_way") and alone(tree, walk))

    # -- performing

    async def _perform(self, id: str) -> None:
        """Everything that this walk waits for and that can be done here, one after the other."""
        asked_by(Asking(SERVER))  # whoever moved the walk may not see it any more by then
        try:
            for _ in range(_MOST_IN_A_ROW):
                if self._stopping:
                    return
                self._again.discard(id)
                walk = await self.desk.walk(id)
                tree = await self.desk.tree_of(walk)
                if not self._has_work(tree, walk):
                    if id not in self._again:
                        return
                elif self.stands(tree, walk) == "due":
                    if not await self._performed(tree, walk):
                        return
                else:
                    await self._given_up(walk)
        except (Conflict, NotThere, StoreError) as wrong:  # the next round finds it
            _log.warning("an action waits: %s", type(wrong).__name__)
        finally:
            self._tasks.pop(id, None)

    async def _performed(self, tree: Tree, walk: Walk) -> bool:
        """Whether it was this process that began, called, and kept the result."""
        action, request = action_of(tree, walk), walk.state.request
        assert action is not None
        assert request is not None
        how = self.desk.actions.how(action)
        tries = 1 if request.begun is None else request.begun.tries + 1

        def begin(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            event = ActionStarted(
                at=at, actor=BY, request=request.id, action=action.id, how=how, attempt=tries
            )
            return walks.record(tree, walk, event)

        try:
            begun = (await self.desk.move(walk.id, begin, seq=walk.seq)).state.request
        except (Conflict, Refused):
            return False  # somebody else did, or it is not waited for any more
        assert begun is not None
        inputs = walks.inputs(walk)
        try:
            outcome = await self.desk.actions.call(action, inputs, key_of(walk, begun))
        except Exception as wrong:  # a fault of ours: it may have gone out
            _log.error("the action %s met a fault: %s", action.id, type(wrong).__name__)
            outcome = Outcome(reason="error")
        await keep(self.desk, walk.id, action, begun, outcome)
        return True

    async def _given_up(self, walk: Walk) -> None:
        """No person walks who could say how it went: the failed exit leads to one."""

        def fail(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            action, request = action_of(tree, walk), walk.state.request
            if action is None or request is None or not self._has_work(tree, walk):
                raise Refused("the walk does not wait for this action any more")
            reason = "unknown" if request.begun is not None else "nobody to do it"
            failed = {"exit": action.failed}
            return walks.resolve(tree, walk, request.id, failed, at=at, by=BY, reason=reason)

        try:
            await self.desk.move(walk.id, fail, seq=walk.seq)
        except (Conflict, Refused):
            return

    # -- rounds

    async def start(self) -> None:
        self._stopping = False
        self._rounds = asyncio.get_running_loop().create_task(self._going_round())

    async def stop(self) -> None:
        """Let what is under way come to its result; what does not in time is found begun."""
        self._stopping = True
        if self._rounds is not None:
            self._rounds.cancel()
        tasks = [*self._tasks.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        for task in tasks:
            task.cancel()
        await self.desk.actions.close()

    async def _going_round(self) -> None:
        asked_by(Asking(SERVER))
        while True:
            try:
                await self.round()
            except Exception as wrong:
                _log.warning(
                    "a round over waiting actions was cut short: %s", type(wrong).__name__
                )
            await asyncio.sleep(EVERY)

    async def round(self) -> None:
        """Look at every walk that waits for an action of a kind that is performed here."""
        before = ""
        while not self._stopping:
            rows = await self.desk.store.walks(status="pending", limit=_PAGE, before=before)
            for row in rows:
                try:
                    if await self._may_wait(row):
                        walk = await self.desk.walk(row.id)
                        self.attend(await self.desk.tree_of(walk), walk)
                except FingerpostError as wrong:
                    _log.warning("a walk that waits cannot be read: %s", type(wrong).__name__)
            if len(rows) < _PAGE:
                return
            before = rows[-1].cursor

    async def _may_wait(self, row: WalkRow) -> bool:
        """Whether a look is worth it: reading a walk costs more than looking at its row."""
        tree = await self.desk.published.version(row.head.logic)
        nodes = [owner.nodes.get(row.head.node) for owner in (tree, *tree.uses.values())]
        actions = [action for node in nodes if (action := getattr(node, "action", None))]
        unattended = row.head.audience != "agent"
        return any(self.performs(a) or (unattended and a.how == "http") for a in actions)


def _told(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("an action met a fault", exc_info=task.exception())
