"""The telephone: words that are read aloud, and nothing that has to be seen."""

from __future__ import annotations

import re

from engine.model import Node

_LINK = re.compile(r"\]\(\s*<?(https|mailto):")
_TABLE = re.compile(r"^\s*\|.*\|", re.MULTILINE)


def cannot(node: Node) -> str:
    said = node.say.source if node.say is not None else ""
    if _LINK.search(said):
        return "a link cannot be said on the telephone; say where to look, or send it by message"
    if _TABLE.search(said):
        return "a table cannot be said on the telephone; say it in sentences"
    return ""
