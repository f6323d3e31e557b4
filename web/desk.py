"""Where callers are served: trees, a store, a clock and ids. The only state there is."""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine import walk as walks
from engine.errors import Conflict, FingerpostError, NotThere
from engine.library import Library, read_library
from engine.load import Examined
from engine.model import Event, Tree, Walk
from engine.record import Stored
from engine.replay import replay
from engine.stores import Appended, Head, Store, WalkRow

# A move: from the tree, the walk, the time and a reference for private values to the walk after.
Moved = Callable[[Tree, Walk, datetime, str], Walk]
_TRIES = 5  # of a move that fits behind any event
OPEN_WALKS = 2_000  # kept in memory between two answers; the others are replayed from the store


@dataclass
class Desk:
    """``actor`` is whoever sits here: without sign-in, the local person."""

    examined: Examined
    store: Store
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[], str] = lambda: secrets.token_urlsafe(18)
    actor: str = "local"
    _open: OrderedDict[str, Walk] = field(default_factory=OrderedDict)
    _versions: dict[str, Tree] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._versions.update({tree.logic: tree for tree in self.trees.values()})

    # -- trees

    @property
    def library(self) -> Library:
        return self.examined.libraries[0]

    @property
    def trees(self) -> Mapping[str, Tree]:
        """The trees that may be walked: those without an error."""
        wrong = {finding.tree for finding in self.examined.errors}
        return {
            id: tree
            for id, tree in self.library.trees.items()
            if id in self.examined.explored and id not in wrong and not wrong & tree.uses.keys()
        }

    def tree(self, id: str) -> Tree:
        """The tree as it is served now. Raises NotThere."""
        found = self.trees.get(id)
        if found is None:
            raise NotThere("tree", id, self.trees)
        return found

    async def version(self, logic: str) -> Tree:
        """The tree that a walk is pinned to: as it is served, or as it was kept. Raises NotThere."""
        if logic not in self._versions:
            source = await self.store.tree(logic)
            if source is None:
                raise NotThere("version of the tree", logic[:12])
            self._versions[logic] = _rebuilt(source, logic)
        return self._versions[logic]

    async def _keep_version(self, tree: Tree) -> None:
        if tree.text not in self._kept:
            await self.store.keep_tree(tree.logic, tree.text, tree.id, _source(self.library))
            self._kept.add(tree.text)

    # -- walks

    async def start(
        self, tree_id: str, *, client_id: str = "", body: str = "", **about: Any
    ) -> Walk:
        """A new walk, kept. The same ``client_id`` of the same caller gives the same walk."""
        if client_id:
            row = await self.store.begun(self.actor, client_id)
            if row is not None:
                await self._repeat(row, client_id, body)
                return await self.walk(row.id)
        tree = self.tree(tree_id)
        walk = walks.start(
            tree, id=self.new_id(), at=self.clock(), by=self.actor, client_id=client_id,
            ref=secrets.token_urlsafe(12), **about,
        )  # fmt: skip
        await self._keep_version(tree)
        return await self._kept_walk(tree, self._onward(tree, walk), 0, client_id, body)

    async def _repeat(self, row: WalkRow, client_id: str, body: str) -> Appended:
        """A call that came before: the store compares its body."""
        return await self.store.append(
            row.id, (), after=row.seq, head=row.head, client_id=client_id, body=body
        )

    async def walk(self, id: str) -> Walk:
        """Where a walk stands. Raises NotThere."""
        row = await self.store.walk(id)
        if row is None:
            raise NotThere("walk", id)
        held = self._open.get(id)
        if held is not None and held.seq == row.seq:
            self._open.move_to_end(id)
            return held
        events = [stored.event for stored in await self.store.events(id)]
        tree = await self.version(row.head.logic)
        walk = replay({tree.logic: tree}, id, events, await self.store.private(id))
        return self._hold(walk)

    async def tree_of(self, walk: Walk) -> Tree:
        row = await self.store.walk(walk.id)
        assert row is not None
        return await self.version(row.head.logic)

    async def move(
        self, id: str, make: Moved, *, seq: int | None, client_id: str = "", body: str = ""
    ) -> Walk:
        """The walk after a move, kept. ``seq`` is the last event that the caller saw; None where
        the move fits behind any. A repeated call gives the walk as it stands. Raises what ``make``
        raises, Conflict, ClientIdReused."""
        row = await self.store.walk(id)
        if row is None:
            raise NotThere("walk", id)
        if client_id and await self._known(row, client_id, body):
            return await self.walk(id)
        for _ in range(_TRIES):
            walk = await self.walk(id)
            if seq is not None and walk.seq != seq:
                raise Conflict(id, seq, walk.seq)
            tree = await self.version(row.head.logic)
            moved = self._onward(tree, make(tree, walk, self.clock(), secrets.token_urlsafe(12)))
            try:
                return await self._kept_walk(tree, moved, walk.seq, client_id, body)
            except Conflict as meanwhile:
                if seq is not None:
                    raise
                lost = meanwhile
        raise lost

    async def _known(self, row: WalkRow, client_id: str, body: str) -> bool:
        """Whether this call came before. (An append of nothing tells, and keeps nothing.)"""
        appended = await self.store.append(
            row.id, (), after=row.seq, head=row.head, client_id=client_id, body=body
        )
        return appended.repeated

    def _onward(self, tree: Tree, walk: Walk) -> Walk:
        """Actions that nobody here can do take their failed exit at once: no address is set for
        them, and where no agent walks nobody is there to do them by hand."""
        while walk.state.request is not None and walk.about.audience != "agent":
            request = walk.state.request
            frame = walk.state.frames[-1]
            owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
            failed = owner.nodes[frame.node].action.failed
            if request.how == "by" or not failed:
                break
            walk = walks.resolve(
                tree, walk, request.id, {"exit": failed}, at=self.clock(), by="server"
            )
        return walk

    async def _kept_walk(
        self, tree: Tree, walk: Walk, after: int, client_id: str, body: str
    ) -> Walk:
        await self.store.append(
            walk.id, walk.new, after=after, head=head(tree, walk), client_id=client_id, body=body,
            private=walks.secrets_of(walk),
        )  # fmt: skip
        return self._hold(walks.stored(walk))

    def _hold(self, walk: Walk) -> Walk:
        self._open[walk.id] = walk
        self._open.move_to_end(walk.id)
        while len(self._open) > OPEN_WALKS:
            self._open.popitem(last=False)
        return walk

    async def events(self, id: str) -> list[Stored]:
        return await self.store.events(id)


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
    return sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def noted(event: Event) -> Moved:
    """A move that only notes an event beside the path."""
    return lambda tree, walk, at, ref: walks.record(tree, walk, event)


def _source(library: Library) -> str:
    """Every file that a library's trees are made from, as JSON."""
    root = Path(library.root)
    files = [*root.rglob("*.yaml"), *root.rglob("*.csv")]
    return json.dumps(
        {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in sorted(files)}
    )


def _rebuilt(source: str, logic: str) -> Tree:
    """The tree with this hash, built from a library as it was kept."""
    with TemporaryDirectory() as folder:
        for name, text in json.loads(source).items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found = read_library(Path(folder)).trees.values()
        tree = next((tree for tree in found if tree.logic == logic), None)
    if tree is None:
        raise FingerpostError(f"the version {logic[:12]} of this tree can no longer be built")
    return tree
