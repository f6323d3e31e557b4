"""What is known of the trees of a library from an earlier proof, so that it need not be found again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from engine.exploring.alike import alike
from engine.exploring.explored import Explored, of
from engine.files.document import Document
from engine.library import Library
from engine.model import Tree

if TYPE_CHECKING:
    from engine.load import Examined


class Known:
    """What is known of a library's trees from before. ``same``: those that no file changed of."""

    def __init__(self, library: Library, before: Examined | None) -> None:
        self.before = before
        self.same = {id for id, tree in library.trees.items() if self._is_same(library, tree)}
        # The very trees that were explored, so that what is known of them is of them.
        old = before.libraries[0].trees if before else {}
        trees = {id: old[id] if id in self.same else t for id, t in library.trees.items()}
        self.library = replace(library, trees=trees)
        self.told = {id: t for id, t in before.told.items() if id in self.same} if before else {}

    def explored(self, tree: Tree) -> Explored | None:
        """The states of a tree that is the same, or of which only words are others."""
        found = self.before.explored.get(tree.id) if self.before else None
        known = found is not None and (found.tree is tree or _reworded(found.tree, tree))
        return of(found, tree) if found is not None and known else None

    def _is_same(self, library: Library, tree: Tree) -> bool:
        if self.before is None or tree.id not in self.before.explored:
            return False
        old, ids = self.before.libraries[0], {"", tree.id, *tree.uses}
        return (
            library.shared_document.source == old.shared_document.source
            and library.tables == old.tables
            and _sources(library.documents, ids) == _sources(old.documents, ids)
            and _sources(library.stories, {tree.id}) == _sources(old.stories, {tree.id})
            and _sources(library.sides, _of(library, ids)) == _sources(old.sides, _of(old, ids))
        )


def _reworded(old: Tree, new: Tree) -> bool:
    return old.logic == new.logic and alike(old, new)


def _sources(documents: Mapping[Any, Document], keys: Collection[Any]) -> dict[Any, bytes]:
    return {key: documents[key].source for key in keys if key in documents}


def _of(library: Library, ids: Collection[str]) -> list[tuple[str, str]]:
    """The side files of these trees."""
    return [key for key in library.sides if key[0] in ids]
