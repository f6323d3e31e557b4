"""(warnings) Words that are hard to say, to hear or to read.

Over 80 words to say in one node; a sentence over 35 words; over 12 choices; a picture without
alternative text; a TODO left; an English tree of over 100 words that is harder than grade 8 where
customers walk it, or 12 (Flesch-Kincaid); a translation whose sentences have over 20 words on the
average, or one over 40; words of an `end` that nobody is shown.

    greet: {tell: "TODO ask legal", next: go}        # warning: a TODO is left here

    # right
    greet: {tell: "Good morning, you are speaking with customer care.", next: go}

Shorten, split into two steps, describe the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from engine.checks.missing_media import images
from engine.checks.subject import Subject
from engine.files.document import Document
from engine.model import Finding, Path
from engine.parts import texts
from engine.reading import grade, mean_sentence, sentences

EXPLORES = False
MOST_WORDS, LONGEST_SENTENCE, MOST_CHOICES = 80, 35, 12
ENOUGH_WORDS: Final = 100  # a tree of fewer words is not measured
HARDEST_HEARD, HARDEST_READ = 8.0, 12.0  # grades: where customers walk it, where staff does
MEAN_TRANSLATED, LONGEST_TRANSLATED = 20, 40  # other languages take more words for the same
MOST_UNHEARD: Final = 15  # words of an `end` with `exit`

_TODO = re.compile(r"\b(TODO|FIXME|XXX)\b")


def check(subject: Subject) -> Iterator[Finding]:
    for node in subject.tree.nodes.values():
        at: Path = ("nodes", node.id)
        said = node.say.source if node.say else ""
        lengths = [len(words) for words in sentences(said)]
        count = sum(lengths)
        if count > MOST_WORDS:
            yield _warn(subject, f"{count} words to say at once; {MOST_WORDS} are plenty", at)
        longest = max(lengths, default=0)
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
    yield from _unheard(subject)
    yield from _pictures(subject)
    yield from _todos(subject)
    yield from _hard(subject)
    yield from _translated(subject)


def _warn(subject: Subject, message: str, path: Path, side: Document | None = None) -> Finding:
    return subject.finding("wording", message, path, key=True, severity="warning", document=side)


def _unheard(subject: Subject) -> Iterator[Finding]:
    """Words of an `end` with `exit` are shown only where the tree is walked alone: a few are a
    farewell there, many are something that somebody should have heard."""
    for node in subject.tree.nodes.values():
        said = node.say.source if getattr(node, "exit", "") and node.say else ""
        count = sum(map(len, sentences(said)))
        if count > MOST_UNHEARD or "](" in said:
            what = f"{count} words" if count > MOST_UNHEARD else "a link"
            message = (
                f"{what} that nobody is shown who comes here from another tree: say it in a `tell` "
                f"before this `end`, and leave a few words here (at most {MOST_UNHEARD})"
            )
            yield _warn(subject, message, ("nodes", node.id))


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
    tree = subject.tree
    said = _together(n.say.source for n in tree.nodes.values() if n.say is not None)
    if sum(map(len, sentences(said))) <= ENOUGH_WORDS:
        return
    if tree.source_language.partition("-")[0] != "en":
        yield from _long(subject, said, ("nodes",), None)
        return
    found, most = grade(said), HARDEST_HEARD if "customer" in tree.audience else HARDEST_READ
    if found > most:
        message = (
            f"hard to read: Flesch-Kincaid grade {found:.1f}, over {most:.0f}. "
            "Use shorter words and sentences"
        )
        yield _warn(subject, message, ("nodes",))


def _translated(subject: Subject) -> Iterator[Finding]:
    """Sentences of translations: no formula of grades holds for all languages."""
    said_at = {n.say.address for n in subject.tree.nodes.values() if n.say is not None}
    for language, words in subject.tree.translations.items():
        side = subject.library.sides.get((subject.tree.id, language))
        said = {a: text.source for a, text in words.items() if a in said_at}
        if side is None:
            continue
        for address, text in said.items():
            longest = max(map(len, sentences(text)), default=0)
            if longest > LONGEST_TRANSLATED:
                message = f"a sentence of {longest} words; split it (at most {LONGEST_TRANSLATED})"
                found = _warn(subject, message, ("texts", address), side)
                yield replace(found, node=address.split(".")[1])
        yield from _long(subject, _together(said.values()), ("texts",), side)


def _long(subject: Subject, said: str, at: Path, side: Document | None) -> Iterator[Finding]:
    mean = mean_sentence(said)
    if sum(map(len, sentences(said))) > ENOUGH_WORDS and mean > MEAN_TRANSLATED:
        message = (
            f"hard to read: {mean:.0f} words a sentence on the average, over {MEAN_TRANSLATED}"
        )
        yield _warn(subject, message, at, side)


def _together(said: Iterable[str]) -> str:
    return " \n\n".join(said)
