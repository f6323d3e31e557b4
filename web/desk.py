"""Where callers are served: trees, a store, a clock and ids. The only state there is."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from time import perf_counter
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from engine import walk as walks
from engine.duties import differ, duties
from engine.errors import ClientIdReused, Conflict, Fault, FingerpostError, NotThere, StoreError
from engine.library import Library
from engine.load import Examined
from engine.model import Event, Migrated, Started, Tree, Walk
from engine.record import Stored, broken, walk_id
from engine.replay import follow, replay
from engine.stores import Appended, Head, Store, Vault, WalkRow
from engine.walking.sealed import reference
from web import metrics
from web.actions import Actions
from web.actions.outbox import Outbox
from web.actions.performing import Performing
from web.chance import token
from web.drafts import Drafts
from web.held import Held, Holding, Standing
from web.notices import Notices
from web.published import Published
from web.retention import Retention
from web.signin import rights
from web.signin.directory import Directory
from web.signin.people import CUSTOMER, asking
from web.unsent import Unsent

# A move: from the tree, the walk, the time and a reference for private values to the walk after.
Moved = Callable[[Tree, Walk, datetime, str], Walk]
_TRIES = 5  # of a move that fits behind any event


@dataclass
class Desk:
    """What whoever asks may not see is not there for him: each look-up asks `signin/rights.py`."""

    examined: Examined
    store: Store
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[datetime], str] = lambda at: walk_id(at, secrets.token_urlsafe(18))
    actions: Actions = field(default_factory=Actions)
    published: Published = field(init=False)
    performing: Performing = field(init=False)
    outbox: Outbox = field(init=False)
    notices: Notices = field(init=False)
    retention: Retention = field(default_factory=Retention)  # how long a customer can come back
    drafts: Drafts = field(default_factory=Drafts)
    vault: Vault = field(default_factory=Vault)  # of the store
    unsent: Unsent = field(init=False)
    directory: Directory = field(init=False)
    held: Held = field(default_factory=Held)
    _starting: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def __post_init__(self) -> None:
        self.published = Published(self.examined, self.store)
        self.performing = Performing(self)
        self.outbox = Outbox(self, self.actions.webhook)
        self.unsent = Unsent(self.store.shelf, self.vault, self.clock)
        self.notices = Notices(self.store.shelf, self.clock)
        self.directory = Directory(self.store.shelf)

    @property
    def actor(self) -> str:
        """Whoever asks, as the record knows him: without sign-in, the local person."""
        return asking().person.id

    # -- trees

    @property
    def library(self) -> Library:
        return self.examined.libraries[0]

    @property
    def trees(self) -> Mapping[str, Tree]:
        """Those that may be walked."""
        return self.published.trees

    def take_in(self, examined: Examined) -> list[str]:
        """Serve these trees from now on, unless one that is served would be lost to an error: those
        are named, and all stays as it was. Open walks go on with the logic that they began with,
        and with its newest words."""
        lost = self.published.take_in(examined)
        if not lost:
            self.examined = examined
            self.held.clear()
        return lost

    def tree(self, id: str) -> Tree:
        """The tree as it is served now. Raises NotThere."""
        found = self.trees.get(id)
        if found is None or not rights.sees_tree(found):
            seen = [id for id, tree in self.trees.items() if rights.sees_tree(tree)]
            raise NotThere("tree", id, seen)
        return found

    # -- walks

    async def start(
        self, tree_id: str, *, client_id: str = "", body: str = "", then: Moved | None = None,
        **about: Any,
    ) -> Walk:  # fmt: skip
        """A new walk, kept. The same ``client_id`` of the same caller gives the same walk. ``then``:
        how it goes on at once, before anybody sees it."""
        if not client_id:
            return await self._start(tree_id, "", body, about, then)
        # Two calls at once with one id: the second waits, and finds the first one's walk.
        async with self._starting.setdefault(client_id, asyncio.Lock()):
            row = await self.store.begun(self.actor, client_id)
            if row is None:
                return await self._start(tree_id, client_id, body, about, then)
            first = await self._called(row, client_id, body)
            return await self.walk(row.id) if first is None else first

    async def _start(
        self, tree_id: str, client_id: str, body: str, about: Mapping[str, Any], then: Moved | None
    ) -> Walk:
        tree, at = self.tree(tree_id), self.clock()
        if asking().person.customer:  # whatever he says
            about = {**about, "audience": CUSTOMER}
        walk = walks.start(
            tree, id=self.new_id(at), at=at, by=self.actor, client_id=client_id,
            ref=token(), **about,
        )  # fmt: skip
        walk = walk if then is None else then(tree, walk, at, token())
        walk = self.performing.onward(tree, walk, at)
        appended = await self._append(tree, None, walk, client_id, body, self.actor)
        if appended.repeated:  # another process was quicker
            return await self.as_of(appended.walk, appended.seq)
        return await self._kept(0, Standing(walk, tree, self.actor))

    async def _kept(self, after: int, stands: Standing) -> Walk:
        """A walk whose new events, behind event ``after``, were just kept."""
        walk, tree, _, erased = stands
        stored, newest = walks.stored(walk), await self.published.version(tree.logic)
        held = self.held.get(walk.id)
        if held is not None and held.standing.erased != erased:  # while the move was under way
            self.held.drop(walk.id)
        else:
            held = self.held.put(stands._replace(walk=stored, tree=newest))
            held.happened(after, walk.new, kept=True)
        self.performing.attend(tree, stored)
        return stored

    async def walk(self, id: str, at: str = "") -> Walk:
        """Where a walk stands. ``at`` is the event whose page is asked for: the page that follows
        an answer is shown without a look at the store. Raises NotThere."""
        held = self.held.get(id)
        if held is not None and at == str(held.standing.walk.seq) and held.shown_now():
            return _seen(held.standing).walk
        return (await self._stands(id)).walk

    async def seen(self, id: str, seq: int) -> Walk:
        """The walk that somebody saw at event ``seq`` and is about to move; else where it stands."""
        return (await self._near(id, seq)).walk

    async def _near(self, id: str, seq: int | None) -> Standing:
        """A walk that is to be moved. One that is held as it was seen, and was looked up lately, is
        not looked up again: the append looks."""
        held = self.held.get(id)
        if held is not None and held.sure and seq in (None, held.standing.walk.seq):
            return _seen(held.standing)
        return await self._stands(id)

    def began(self, walk: Walk) -> str:
        """Who began a walk that is held; "" for one that is not."""
        held = self.held.get(walk.id)
        return "" if held is None else held.standing.began

    async def tree_of(self, walk: Walk) -> Tree:
        """The version of the tree that a walk is pinned to."""
        held = self.held.get(walk.id)
        return (await self._stands(walk.id)).tree if held is None else held.standing.tree

    async def _stands(self, id: str) -> Standing:
        """A walk as the store has it. Another process may have moved it."""
        row = await self.store.walk(id)
        if row is None:
            self.held.drop(id)  # it was kept long enough
            raise NotThere("walk", id)
        held = self.held.get(id)
        if held is not None and _as_in(row, held.standing):
            self.held.used(id)
            return _seen(held.standing)
        walk, came = await self._followed(held, row) or (await self._replayed(id), ())
        tree = await self.published.version(row.head.logic)
        standing = Standing(walk, tree, row.actor, row.erased)
        held = self.held.put(standing)
        held.looked_up()
        held.happened(walk.seq - len(came), came, kept=False)
        return _seen(standing)

    async def _followed(
        self, held: Holding | None, row: WalkRow
    ) -> tuple[Walk, Sequence[Event]] | None:
        """A walk that is held here, moved on by what another process has made of it since, and
        that; None where it has to be read from its beginning. Raises Fault where it was altered."""
        if held is None or row.erased is not None or held.standing.tree.logic != row.head.logic:
            return None
        walk, tree = held.standing.walk, held.standing.tree
        later = await self.store.events(row.id, after=walk.seq)
        events = [stored.event for stored in later]
        if not events or any(isinstance(event, Migrated) for event in events):
            return None
        wrong = broken(row.id, later, since=(walk.seq, later[0].prev))
        if wrong:
            raise Fault(wrong)
        private = await self.store.private(row.id) if any(map(reference, events)) else None
        return follow(tree, walk, events, private), events

    async def masked(self, id: str, upto: int) -> Walk:
        """A walk as it stood after event ``upto``, its personal values not looked at."""
        return await self._replayed(id, upto, private={})

    async def _replayed(
        self, id: str, upto: int | None = None, private: Mapping[str, Any] | None = None
    ) -> Walk:
        """The walk that its log gives, up to event ``upto``. Raises Fault where it was altered."""
        log = await self.store.events(id)
        wrong = broken(id, log)
        if wrong:
            raise Fault(wrong)
        events = [stored.event for stored in log[:upto]]
        logics = {event.logic for event in events if isinstance(event, Started | Migrated)}
        trees = {logic: await self.published.version(logic) for logic in logics}
        known = await self.store.private(id) if private is None else private
        return replay(trees, id, events, known)

    async def move(
        self, id: str, make: Moved, *, seq: int | None, client_id: str = "", body: str = ""
    ) -> Walk:
        """The walk after a move, kept. ``seq`` is the last event that the caller saw; None where
        the move fits behind any. A repeated call gives what it gave at first. Raises what ``make``
        raises, Conflict, ClientIdReused."""
        stands = await self._near(id, seq)
        for _ in range(_TRIES):
            try:
                return await self._moved(stands, make, seq, client_id, body)
            except (ClientIdReused, StoreError):
                raise
            except FingerpostError as wrong:
                # Perhaps because this very call came before, or another process moved the walk.
                first = await self.before(id, client_id, body)
                if first is not None:
                    return first
                stood = stands.walk.seq
                stands = await self._stands(id)
                if stands.walk.seq == stood:
                    if isinstance(wrong, Conflict):
                        metrics.CONFLICTS.inc()
                    raise
        metrics.CONFLICTS.inc()
        raise Conflict(id, stands.walk.seq if seq is None else seq, stands.walk.seq)

    async def _moved(
        self, stands: Standing, make: Moved, seq: int | None, client_id: str, body: str
    ) -> Walk:
        walk, tree, began, _ = stands
        if seq is not None and walk.seq != seq:
            raise Conflict(walk.id, seq, walk.seq)
        at = self.clock()
        moved = make(tree, walk, at, token())
        moved = self.performing.onward(tree, moved, at)
        appended = await self._append(tree, walk, moved, client_id, body, began)
        if appended.repeated:
            return await self.as_of(walk.id, appended.seq)
        return await self._kept(walk.seq, stands._replace(walk=moved))

    async def before(self, id: str, client_id: str, body: str) -> Walk | None:
        """What a call gave when it came before; None if it did not. Raises ClientIdReused."""
        row = await self.store.walk(id) if client_id else None
        return None if row is None else await self._called(row, client_id, body)

    async def _called(self, row: WalkRow, client_id: str, body: str) -> Walk | None:
        """What a call gave when it came before; None if it did not. (An append of nothing tells,
        and keeps nothing.) Raises ClientIdReused."""
        appended = await self.store.append(
            row.id, (), after=row.seq, head=row.head, client_id=client_id, body=body
        )
        return await self.as_of(row.id, appended.seq) if appended.repeated else None

    async def as_of(self, id: str, seq: int) -> Walk:
        """A walk as it stood after event ``seq``."""
        walk = await self.walk(id)
        return walk if walk.seq == seq else await self._replayed(id, seq)

    async def _append(
        self, tree: Tree, before: Walk | None, walk: Walk, client_id: str, body: str, began: str
    ) -> Appended:
        """Keep what is new of a walk. ``before``: as it was; ``began``: who began it."""
        start, after = perf_counter(), 0 if before is None else before.seq
        owed = duties(tree, walk, began) if differ(before, walk) else None
        try:
            await self.published.keep(tree)
            due = await self.outbox.before(walk, after) if self.outbox.on else ""
            appended = await self.store.append(
                walk.id, walk.new, after=after, head=head(tree, walk), client_id=client_id,
                body=body, private=walks.secrets_of(walk), duties=owed,
            )  # fmt: skip
        except StoreError:
            metrics.STORE_ERRORS.inc()
            raise
        if not appended.repeated:
            metrics.appended(tree, walk, perf_counter() - start)
        if due:
            self.outbox.kept(due)
        return appended

    async def settled(self, walk: Walk) -> Walk:
        """The walk once the result has come that it waits for, or a short while later."""
        if walk.state.request is None:
            return walk
        return await self.performing.settled(walk, await self.tree_of(walk))

    async def since(self, walk: Walk, after: int) -> list[Stored]:
        """The events of a walk behind event ``after``."""
        held = self.held.get(walk.id)
        events = None if held is None else held.since(after, walk.seq)
        if events is not None:
            return [Stored(walk.id, n, "", "", e) for n, e in enumerate(events, after + 1)]
        return await self.store.events(walk.id, after=after)

    async def events(self, id: str) -> list[Stored]:
        """All that was recorded of a walk. Raises NotThere."""
        row = await self.store.walk(id)
        if row is None:
            raise NotThere("walk", id)
        if not rights.sees_all() and row.actor != self.actor:
            await self._stands(id)
        return await self.store.events(id)

    def measured(self) -> None:
        """Tell what is held just now."""
        metrics.OPEN_WALKS.set(len(self.held))
        metrics.TREE_ERRORS.set(len(self.examined.errors))


def _seen(found: Standing) -> Standing:
    """A walk for whoever asks: one that he may not see is as one that is not there."""
    if not rights.sees_walk(found.walk, found.began):
        raise NotThere("walk", found.walk.id)
    return found


def _as_in(row: WalkRow, found: Standing) -> bool:
    return (found.walk.seq, found.erased) == (row.seq, row.erased)


def head(tree: Tree, walk: Walk) -> Head:
    """What the store lists of a walk."""
    state, about = walk.state, walk.about
    outcome = state.outcome
    return Head(
        tree=tree.id, logic=tree.logic, status=state.status, node=state.frames[-1].node,
        disposition=outcome.disposition if outcome else "", audience=about.audience,
        channel=about.channel, language=state.language, reference=about.reference,
    )  # fmt: skip


def digest(value: Any) -> str:
    """A digest of a call's body, to tell a repeated call from another with the same id."""
    try:
        spelled = msgspec.json.encode(value, enc_hook=str, order="sorted")
    except (ValueError, OverflowError):  # half a character, a number without end: it is told later
        spelled = json.dumps(value, sort_keys=True, default=str).encode()
    return sha256(spelled).hexdigest()


def noted(event: Event) -> Moved:
    """A move that only notes an event beside the path."""
    return lambda tree, walk, at, ref: walks.record(tree, walk, event)
