"""What was read of a library before, where it is still the same: its files are read from the disk
again, and neither parsed nor built.

A tree is what its file, what all share, its translations and the trees that it uses make of it:
where all of those are the very same, so is the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.files.document import Document
from engine.kit.builder import Shared
from engine.model import Tree

if TYPE_CHECKING:
    from engine.library import Library

Sides = Mapping[tuple[str, str], Document]


class Reused:
    """What can be had of ``before``, as it was read by the same limits."""

    def __init__(self, before: Library | None) -> None:
        self._before = before
        self._documents: dict[str, Document] = {}
        if before is not None:
            noted = {finding.mark.file for finding in before.findings}
            kept = (before.documents, before.sides, before.stories)
            found = [before.shared_document, *(d for each in kept for d in each.values())]
            self._documents = {d.file: d for d in found if d.source and d.file not in noted}

    def document(self, file: str, raw: bytes) -> Document | None:
        """What this file held before, where nothing was to be said of it and its bytes are those."""
        found = self._documents.get(file)
        return found if found is not None and found.source == raw else None

    def shared(
        self, new: Shared, document: Document | None, tables: Mapping[str, bytes]
    ) -> Shared:
        """What all trees share; the one from before where it is the same."""
        old = self._before
        if old is None or document is not old.shared_document or tables != old.tables:
            return new
        return old.shared

    def tree(
        self, id: str, document: Document, shared: Shared, sides: Sides, trees: Mapping[str, Tree]
    ) -> Tree | None:
        """The tree from before, its translations in it. ``trees``: what it can use now."""
        old = self._before
        tree = None if old is None else old.trees.get(id)
        if old is None or tree is None or id in old.broken:
            return None
        words = [(of, language) for of in ("", id) for language in tree.languages]
        same = (
            document is old.documents.get(id)
            and shared is old.shared
            and all(sides.get(key) is old.sides.get(key) for key in words)
            and all(trees.get(used) is other for used, other in tree.uses.items())
        )
        return tree if same else None
