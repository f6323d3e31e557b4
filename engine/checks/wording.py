"""(warnings) Words that are hard to say, to hear or to read.

Over 80 words to say in one node; a sentence over 35 words; over 12 choices; a tree of over 100
words that is hard to read; a picture without alternative text; a TODO left.

    greet: {tell: "TODO ask legal", next: go}        # warning: a TODO is left here

    # right
    greet: {tell: "Good morning, you are speaking with customer care.", next: go}

Shorten, split into two steps, describe the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from engine.checks.missing_media import images
from engine.checks.subject import Subject
from engine.model import Finding, Path
from engine.parts import texts

EXPLORES = False
MOST_WORDS, LONGEST_SENTENCE, MOST_CHOICES = 80, 35, 12
HARDEST, ENOUGH_WORDS = 60.0, 100  # LIX; a tree of fewer words is not measured

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE = re.compile(r"[.!?:;]+(?:\s|$)|\n\s*\n|\n\s*[-*|]")
_TODO = re.compile(r"\b(TODO|FIXME|XXX)\b")


def check(subject: Subject) -> Iterator[Finding]:
    for node in subject.tree.nodes.values():
        at: Path = ("nodes", node.id)
        said = node.say.source if node.say else ""
        count = len(_WORD.findall(said))
        if count > MOST_WORDS:
            yield _warn(subject, f"{count} words to say at once; {MOST_WORDS} are plenty", at)
        longest = max((len(_WORD.findall(s)) for s in _SENTENCE.split(said)), default=0)
        if longest > LONGEST_SENTENCE:
            yield _warn(
                subject,
                f"a sentence of {longest} words; split it (at most {LONGEST_SENTENCE})",
                at,
            )
        choices = len(getattr(node, "choices", ()))
        if choices > MOST_CHOICES:
            yield _warn(
                subject, f"{choices} choices; nobody keeps more than {MOST_CHOICES} in mind", at
            )
    yield from _pictures(subject)
    yield from _todos(subject)
    yield from _hard(subject)


def _warn(subject: Subject, message: str, path: Path) -> Finding:
    return subject.finding("wording", message, path, key=True, severity="warning")


def _pictures(subject: Subject) -> Iterator[Finding]:
    for path, image in images(subject):
        if not image.alt.source.strip():
            message = (
                "the picture has no alternative text (`alt`): whoever cannot see it is left out"
            )
            yield _warn(subject, message, path[:-1])


def _todos(subject: Subject) -> Iterator[Finding]:
    for text in texts(subject.tree):
        found = _TODO.search(text.source)
        if found is not None and not text.address.startswith("library:"):
            path = tuple(int(p) if p.isdigit() else p for p in text.address.split("."))
            told = _warn(subject, f"a {found[1]} is left here", path)
            yield replace(told, mark=subject.document.text_at(path, found.start() + 1))


def _hard(subject: Subject) -> Iterator[Finding]:
    """Björnsson's LIX (1968): words a sentence, plus the share of words over six letters. It needs
    no dictionary, and is used for English, French and German alike."""
    said = " \n\n".join(n.say.source for n in subject.tree.nodes.values() if n.say is not None)
    words = _WORD.findall(said)
    if len(words) <= ENOUGH_WORDS:
        return
    sentences = sum(1 for s in _SENTENCE.split(said) if _WORD.search(s)) or 1
    lix = len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)
    if lix > HARDEST:
        message = (
            f"hard to read: LIX {lix:.0f}, over {HARDEST:.0f}. Use shorter words and sentences"
        )
        yield _warn(subject, message, ("nodes",))
