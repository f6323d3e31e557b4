"""Files in and files out. To add a format: write its module, add its line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from engine.formats import dot, graph_json, mermaid, svg
from engine.model import Tree


class Writer(Protocol):
    """A module of this folder that draws a tree."""

    def write(self, tree: Tree) -> str: ...


WRITERS: Mapping[str, Writer] = {
    "svg": svg,
    "dot": dot,
    "mermaid": mermaid,
    "json": graph_json,
}
