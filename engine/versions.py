"""A version of a tree as it is kept for good: the files that it is made of, and the tree again.

Only what the tree stands on is kept: the library's own file, the tree and those that it uses, their
translations, and the tables of their actions. They are taken from what was read, not from the
folder: there something else may stand by now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.errors import FingerpostError
from engine.files.document import Document
from engine.library import Library, read_library
from engine.model import Tree


def source(library: Library, tree: Tree) -> str:
    """The files of a tree by their names in the library, as JSON."""
    root = Path(library.root)
    found = {
        str(Path(document.file).relative_to(root)): document.source.decode("utf-8")
        for document in _documents(library, tree)
        if document.source
    }
    for name in _tables(tree):
        found[name] = library.tables[name].decode("utf-8")
    return json.dumps(found, sort_keys=True, ensure_ascii=False)


def rebuilt(source: str, logic: str) -> Tree:
    """The tree with this logic hash, made again from its files. Raises FingerpostError where they
    no longer give it."""
    with TemporaryDirectory() as folder:
        for name, text in json.loads(source).items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
        found = read_library(Path(folder)).trees.values()
    tree = next((tree for tree in found if tree.logic == logic), None)
    if tree is None:
        raise FingerpostError(f"the version {logic[:12]} of this tree can no longer be built")
    return tree


def _documents(library: Library, tree: Tree) -> Iterator[Document]:
    ids = {"", tree.id, *tree.uses}
    yield library.shared_document
    yield from (library.documents[id] for id in sorted(ids - {""}))
    yield from (side for key, side in sorted(library.sides.items()) if key[0] in ids)


def _tables(tree: Tree) -> set[str]:
    """The tables that the actions of a tree and of those that it uses look things up in."""
    nodes = [node for one in (tree, *tree.uses.values()) for node in one.nodes.values()]
    actions = [getattr(node, "action", None) for node in nodes]
    return {action.table.file for action in actions if action is not None and action.table}
