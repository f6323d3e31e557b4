"""Files in and files out. To add a format: write its module, add its line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from engine.formats import dot, graph_json, mermaid, svg
from engine.formats.drawing import PLAIN, Marks
from engine.model import Tree


class Writer(Protocol):
    """A module of this folder that draws a tree. What a picture is to show beside it (what changed
    against another version, how often each way was taken) comes as ``marks``."""

    def write(self, tree: Tree, marks: Marks = PLAIN) -> str: ...


WRITERS: Mapping[str, Writer] = {
    "svg": svg,
    "dot": dot,
    "mermaid": mermaid,
    "json": graph_json,
}
