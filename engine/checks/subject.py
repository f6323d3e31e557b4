"""What a check looks at, and how it says what it found."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from engine.exploring.explored import Explored
from engine.files.document import Document
from engine.library import Library
from engine.model import Finding, Passage, Path, Severity, Tree
from engine.stories import Rehearsal


class Subject:
    """One tree of a library, with all that is known of it. ``explored`` is None where the tree is
    not sound enough to walk; ``told`` are its rehearsed stories."""

    def __init__(
        self,
        library: Library,
        tree: Tree,
        explored: Explored | None = None,
        told: tuple[Rehearsal, ...] = (),
        told_anywhere: tuple[Rehearsal, ...] = (),
        before: tuple[Finding, ...] = (),
    ) -> None:
        self.library = library
        self.tree = tree
        self.explored = explored
        self.told = told
        self.told_anywhere = told_anywhere  # the stories of any tree that pass through this one
        self.before = before  # what the other checks found: for `allow`

    @cached_property
    def document(self) -> Document:
        return self.library.documents[self.tree.id]

    def finding(
        self,
        check: str,
        message: str,
        path: Path = (),
        *,
        key: bool = False,
        severity: Severity = "error",
        route: tuple[Passage, ...] | None = None,
        fix: str | None = None,
        document: Document | None = None,
    ) -> Finding:
        """A finding at a path of the tree's file (or of another document of its library)."""
        mark = (document or self.document).mark(path, key=key)
        node = str(path[1]) if len(path) > 1 and path[0] == "nodes" else ""
        return Finding(
            check=check,
            severity=severity,
            message=message,
            mark=mark,
            tree=self.tree.id,
            node=node,
            route=route,
            fix=fix,
        )

    @cached_property
    def exits(self) -> Mapping[tuple[str, str], Path]:
        """Where each exit stands in the file, by node and name."""
        return {
            (node.id, exit.name): exit.at or ("nodes", node.id)
            for node in self.tree.nodes.values()
            for exit in node.exits
        }
