"""The trees as they are served, and every version that a walk holds on to.

A version is kept in the store before the first event that was made on it: so any process can take
any walk, and none is lost when its files are.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

from engine.errors import NotThere
from engine.load import Examined
from engine.model import Tree
from engine.stores import Store
from engine.versions import rebuilt, source

MOST_OLD = 200  # versions out of the store that are held ready


class Published:
    """``examined`` is what was read last without losing a tree; ``trees`` those that may be walked."""

    def __init__(self, examined: Examined, store: Store) -> None:
        self.examined = self._before = examined
        self.trees: Mapping[str, Tree] = served(examined)
        self._store = store
        self._current = _by_logic(self.trees)
        self._old: OrderedDict[str, Tree] = OrderedDict()
        self._kept: set[tuple[str, str]] = set()  # logic and text

    def take_in(self, examined: Examined) -> list[str]:
        """Serve these trees from now on, unless one that is served would be lost to an error: those
        are named, and all stays as it was."""
        trees, library = served(examined), examined.libraries[0]
        there = library.trees.keys() | library.broken
        lost = self.trees.keys() & there if trees else self.trees.keys()
        if lost - trees.keys():
            return sorted(lost - trees.keys())
        for logic, tree in self._current.items():
            self._hold(logic, tree)
        self._before, self.examined, self.trees = self.examined, examined, trees
        self._current = _by_logic(trees)
        self._kept &= {_key(tree) for tree in (*self._current.values(), *self._old.values())}
        return []

    async def version(self, logic: str) -> Tree:
        """The tree that a walk is pinned to, with its newest words: as it is served, or as it was
        kept. Raises NotThere."""
        found = self._current.get(logic) or self._old.get(logic)
        if found is None:
            files = await self._store.tree(logic)
            if files is None:
                raise NotThere("version of the tree", logic[:12])
            found = await asyncio.to_thread(rebuilt, files, logic)
            self._kept.add(_key(found))
            self._hold(logic, found)
        return found

    async def keep(self, tree: Tree) -> None:
        """Keep a version for good, if it is not kept yet. Raises StoreError."""
        if _key(tree) in self._kept:
            return
        for examined in (self.examined, self._before):  # a move can be under way while they change
            library = examined.libraries[0]
            if library.trees.get(tree.id) is tree:
                await self._store.keep_tree(*_key(tree), tree.id, source(library, tree))
                self._kept.add(_key(tree))

    async def keep_again(self) -> None:
        """Write a version that may be kept already: so one sees that the store can be written to.
        Raises StoreError."""
        tree = next(iter(self.trees.values()), None)
        if tree is not None:
            self._kept.discard(_key(tree))
            await self.keep(tree)

    def _hold(self, logic: str, tree: Tree) -> None:
        self._old[logic] = tree
        while len(self._old) > MOST_OLD:
            self._old.popitem(last=False)


def _key(tree: Tree) -> tuple[str, str]:
    return tree.logic, tree.text


def _by_logic(trees: Mapping[str, Tree]) -> dict[str, Tree]:
    return {tree.logic: tree for tree in trees.values()}


def served(examined: Examined) -> dict[str, Tree]:
    """The trees that may be walked."""
    trees = examined.libraries[0].trees
    return {id: tree for id, tree in trees.items() if id in examined.sound}
