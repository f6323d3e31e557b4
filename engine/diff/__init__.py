"""What changed in meaning between two versions of a tree.

It compares what the two hashes are taken over, so it cannot disagree with them: the logic hash is
the same exactly where no change of logic is listed, the text hash where no change of text is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.building.hashes import logic_of, text_of
from engine.diff.change import Change, generic
from engine.diff.logic import logic_changes
from engine.diff.words import text_changes
from engine.model import Noun, Tree


class Diff(Noun, frozen=True):
    """Two versions of a tree, and what lies between them."""

    old: Tree
    new: Tree
    changes: tuple[Change, ...]

    @property
    def same_logic(self) -> bool:
        return self.old.logic == self.new.logic

    @property
    def same_text(self) -> bool:
        return self.old.text == self.new.text

    @property
    def open_walks(self) -> str:
        """What becomes of walks that are open when the new version comes, as a sentence."""
        if not self.same_logic:
            return (
                "The logic changed: new walks take the new version, and open walks stay on the one "
                "that they began with."
            )
        if not self.same_text:
            return "The logic is the same: open walks go on, and read the new words at once."
        return "Nothing changed that anybody walks or reads: open walks go on."


def diff(old: Tree, new: Tree) -> Diff:
    """Everything that changed in meaning: the logic first, then the words, then what is neither."""
    renames = _renames(old, new)
    changes = [
        *logic_changes(_plain(logic_of(old)), _plain(logic_of(new)), renames),
        *text_changes(_plain(text_of(old)), _plain(text_of(new)), renames),
        *_other(old, new, renames),
    ]
    said: dict[tuple[str, str], Change] = {}
    for change in changes:  # an action that two nodes run changed once
        said.setdefault((change.kind, change.says), change)
    return Diff(old, new, tuple(said.values()))


def _renames(old: Tree, new: Tree) -> dict[str, str]:
    """The nodes that the new tree says to have renamed, and has; or the other way, going back."""
    there = {before: now for before, now in new.renamed.items()}
    back = {now: before for before, now in old.renamed.items()}
    return {
        before: now
        for before, now in (back | there).items()
        if before in old.nodes
        and now in new.nodes
        and before not in new.nodes
        and now not in old.nodes
    }


def _plain(value: Any) -> Any:
    """Tuples as lists, as they are hashed."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _other(old: Tree, new: Tree, renames: Mapping[str, str]) -> Iterator[Change]:
    """What changes no way and no word: who owns the tree, what it is found by, target times."""
    for key in ("owner", "tags", "channels"):
        was, now = _plain(getattr(old, key)), _plain(getattr(new, key))
        yield from generic("other", key, "", was or None, now or None)
    for id, node in old.nodes.items():
        other = new.nodes.get(renames.get(id, id))
        for key in ("expect", "tags") if other is not None else ():
            was, now = _plain(getattr(node, key)), _plain(getattr(other, key))
            yield from generic("other", key, renames.get(id, id), was or None, now or None)


__all__ = ["Change", "Diff", "diff"]
