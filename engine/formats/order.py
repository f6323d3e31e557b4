"""The order of keys in the one form, and what is special at a path. Not a format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final, Literal

from engine.model import Path

Kind = Literal["tree", "library", "stories", "texts"]

_TREE: Final = (
    "format", "title", "summary", "owner", "tags", "audience", "channels", "languages", "start",
    "given", "facts", "texts", "anytime", "exits", "nodes", "renamed", "allow",
)  # fmt: skip
# The verb first, what is said beside it, what it works with, what is asked, where it leads, how it
# ends.
_NODE: Final = (
    "ask", "tell", "decide", "run", "use", "end",
    "note", "hint", "help", "verbatim", "only", "tags", "image", "link", "checklist", "wait",
    "expect", "with", "known", "pick", "choices", "fields", "choices_from", "once",
    "none_of_these", "otherwise", "limit", "exits", "next", "anytime",
    "disposition", "kpi", "hand_to", "follow_up", "survey", "exit", "returns",
)  # fmt: skip
_LIBRARY: Final = (
    "format", "language", "timezone", "workdays", "holidays", "currency", "constants", "texts",
    "teams", "kpis", "dispositions", "actions",
)  # fmt: skip
_STORY: Final = (
    "story", "note", "at", "audience", "channel", "language", "given", "actions", "answers",
    "expect",
)  # fmt: skip
_SIDE: Final = ("format", "translates", "language", "texts")

# Keys whose value is words for people: written in block style rather than in quotes.
_WORDS: Final = frozenset(
    {
        "ask", "tell", "end", "title", "summary", "note", "hint", "help", "label", "message", "alt",
        "say", "why", "text", "story", "checklist",
    }
)  # fmt: skip


def kind_of(name: str) -> Kind:
    """What a file holds, by its name."""
    stem, _, rest = PurePath(name).name.removesuffix(".yaml").partition(".")
    if rest == "stories":
        return "stories"
    if rest:
        return "texts"
    return "library" if stem == "library" else "tree"


def order(kind: Kind, path: Path) -> Sequence[str]:
    """The order of the keys at a path, where the form has one; else they stay as they are."""
    match kind, path:
        case "tree", ():
            return _TREE
        case "tree", ("nodes", _):
            return _NODE
        case "library", ():
            return _LIBRARY
        case "stories", (_,):
            return _STORY
        case "texts", ():
            return _SIDE
        case _:
            return ()


def is_airy(kind: Kind, path: Path) -> bool:
    """Whether a blank line stands around each item there that takes more than one line."""
    return not path or (kind == "tree" and path == ("nodes",))


def is_words(path: Path) -> bool:
    """Whether the text at a path is said to people."""
    named = [step for step in path if isinstance(step, str)]
    return bool(named) and (named[-1] in _WORDS or named[-2:-1] == ["texts"])
