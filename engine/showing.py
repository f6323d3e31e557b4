"""Which texts of a node an audience sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.model import Text

Words = tuple[list[Text], list[tuple[Any, list[Text]]]]


def words(node: Any, audience: str) -> Words:
    """What a node shows to this audience that reads a value: its texts, and its choices with
    theirs."""
    texts = [text for text in _shown(node, audience) if text.reads]
    choices = [
        (choice, said)
        for choice in getattr(node, "choices", ())
        if (said := [text for text in _said(choice, audience) if text.reads])
    ]
    return texts, choices


def _shown(node: Any, audience: str) -> Iterator[Text]:
    """The texts of a node that this audience sees, those of its choices apart."""
    if type(node).__name__ == "Run":  # whoever does an action sees the hint, and nothing else
        yield from (text for text in (node.hint,) if text is not None)
        return
    agent = audience == "agent"
    for text in (node.say, node.hint if agent else node.help):
        if text is not None:
            yield text
    yield from _pictured(node.image)
    if node.link is not None:
        yield node.link.to
        yield node.link.label
    none = getattr(node, "none", None)
    if none is not None:
        yield none.label
    yield from getattr(node, "checklist", ())
    for field_ in getattr(node, "fields", ()):
        yield from (t for t in (field_.label, field_.help, field_.message) if t is not None)
        yield from (option.label for option in field_.of)


def _said(choice: Any, audience: str) -> Iterator[Text]:
    """The texts of a choice that this audience sees."""
    yield choice.label
    if audience == "agent" and choice.hint is not None:
        yield choice.hint
    yield from _pictured(choice.image)


def _pictured(image: Any) -> Iterator[Text]:
    if image is not None:
        yield image.alt
