"""A translation that is missing, stale or left over, or whose placeholders differ.

`internet_down.fr.yaml` holds the French texts by address, each with the hash of the source text
that it was made from. When the source text changes, its translation is stale until somebody has
looked at it.

    nodes.lights.ask: {text: "De quelle couleur est le voyant ?", of: 7c1f02b4a9de}
    # finding: stale, the source text is another now

    # right
    nodes.lights.ask: {text: "De quelle couleur est le voyant ?", of: b72cf3ef86a5}

Translate what is missing, look at what is stale and write the new hash, delete what is left over.
`fingerpost translate TREE LANG` lists all of it, `--write` makes the lines, and `--out` and `--from`
exchange CSV and XLIFF files with translators.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from hashlib import sha256

from msgspec.structs import replace

from engine import speak, texts
from engine.building.names import ANY_NAME
from engine.checks.subject import Subject
from engine.errors import near
from engine.files.document import Document
from engine.kit.builder import missing
from engine.library import Library
from engine.model import Finding, Path, Text
from engine.parts import texts as all_texts
from engine.texts import TextError

EXPLORES = False


def stamp(source: str) -> str:
    """What a translation says it was made from: the first 12 hex digits of the SHA-256."""
    return sha256(source.encode()).hexdigest()[:12]


def check(subject: Subject) -> Iterator[Finding]:
    tree = subject.tree
    words = {t.address: t for t in all_texts(tree) if t.address and t.source.strip()}
    own = {address: text for address, text in words.items() if not address.startswith("library:")}
    for n, language in enumerate(tree.languages[1:]):
        side = subject.library.sides.get((tree.id, language))
        if side is None:
            message = f"there is no {tree.id}.{language}.yaml, and the tree says that it is in {language!r} too: write it, with `format: 1`, `translates: {tree.id}`, `language: {language}` and `texts: {{}}`; the next check says what belongs there"
            yield subject.finding("translation", message, ("languages", "also", n))
        else:
            due_here = _of_authors(own, tree.source_language, language)
            yield from compared(tree.id, side, own, language, due_here)
        if ("", language) not in subject.library.sides and _shows_shared(words.values()):
            message = f"it shows texts of `library.yaml`, and there is no library.{language}.yaml: `fingerpost translate library {language} --write` begins it"
            yield subject.finding("translation", message, ("languages", "also", n))
    for (id, language), side in subject.library.sides.items():
        if id == tree.id and language not in tree.languages:
            message = f"{language!r} is not among the languages of {id!r}"
            yield subject.finding("translation", message, ("language",), document=side)


def _of_authors(words: Mapping[str, Text], source: str, language: str) -> Callable[[str], bool]:
    """Whether a text is one that no language has words for by itself, as for yes, no and none of
    these. (A side file may say them otherwise.)"""
    return lambda address: not speak.usual_in(words[address].source, source, language)


def _shows_shared(words: Iterable[Text]) -> bool:
    """Whether a tree's own words show some that all trees share."""
    every = list(words)
    names = {t.address.split(".")[1] for t in every if t.address.startswith("library:texts.")}
    own = (t for t in every if not t.address.startswith("library:"))
    return any(name.removeprefix("text.") in names for t in own for name in t.reads)


def shared(library: Library) -> Iterator[Finding]:
    """The side files of `library.yaml`: what all trees share is looked at once."""
    words = {t.address.removeprefix("library:"): t for t in all_texts(library.shared)}
    for (id, language), side in library.sides.items():
        if not id:
            yield from compared("", side, words, language, due)


_SHARED = re.compile(r"texts\..*|(teams|dispositions|actions)\.\w+\.(exits\.\w+\.)?label")


def due(address: str) -> bool:
    """Whether a text of `library.yaml` has to be translated: the rest may be."""
    return _SHARED.fullmatch(address) is not None


def compared(
    tree: str,
    side: Document,
    source: Mapping[str, Text],
    language: str,
    due: Callable[[str], bool] | None = None,
) -> Iterator[Finding]:
    """A side file against the texts that it translates; ``due``: those that must be there."""
    entries = side.data.get("texts") or {}
    meant = set()  # addresses that are there, misspelled
    for address, entry in entries.items():
        at: Path = ("texts", address)
        if address in source and not _written(entry):
            continue  # a line that waits for its translation: told below
        if address in source:
            yield from _entry(tree, side, at, source[address], entry)
            continue
        lacking = [other for other in source if other not in entries and other not in meant]
        meant.update(get_close_matches(address, lacking, n=1, cutoff=0.8))
        message = missing("text at", address, lacking or source)
        yield _found(tree, side, at, message, key=True)
    for address, text in source.items():
        known = _written(entries.get(address)) or address in meant or only_placeholders(text)
        if not known and (due is None or due(address)):
            message = f"{address} has no text in {language!r}: {text.source[:60]!r}"
            fix = f'{address}: {{text: "", of: {stamp(text.source)}}}'
            found = _found(tree, side, ("texts",), message, key=True, fix=fix)
            yield replace(found, node=_node(address))


def _found(
    tree: str,
    side: Document,
    at: Path,
    message: str,
    *,
    key: bool = False,
    column: int = 0,
    fix: str | None = None,
) -> Finding:
    """A finding in a side file; its node is the one that the text belongs to."""
    mark = side.text_at(at, column) if column else side.mark(at, key=key)
    node = _node(str(at[1])) if len(at) > 1 else ""
    return Finding(check="translation", message=message, mark=mark, tree=tree, node=node, fix=fix)


def _written(entry: Mapping[str, object] | None) -> bool:
    return entry is not None and bool(str(entry["text"]).strip())


def _node(address: str) -> str:
    head, _, rest = address.partition(".")
    return rest.partition(".")[0] if head == "nodes" else ""


def _entry(
    tree: str, side: Document, at: Path, source: Text, entry: Mapping[str, object]
) -> Iterator[Finding]:
    written = (*at, "text")
    made_from = side.raw((*at, "of")) if "of" in entry else ""
    if made_from != stamp(source.source):
        fix = f"of: {stamp(source.source)}"
        message = (
            f"stale: the source text is now {source.source[:60]!r}; look at it and write `{fix}`"
        )
        yield _found(tree, side, (*at, "of") if "of" in entry else at, message, fix=fix)
    try:
        translated = texts.parse(side.raw(written), source.address, ANY_NAME)
    except TextError as wrong:
        yield _found(tree, side, written, wrong.message, column=wrong.column)
        return
    if Counter(translated.reads) != Counter(source.reads):
        lacking = Counter(source.reads) - Counter(translated.reads)
        extra = Counter(translated.reads) - Counter(source.reads)
        told = [f"{{{name}}} is missing" for name in lacking]
        told += [
            f"{{{name}}} is not in the source text{near(name, source.reads)}" for name in extra
        ]
        yield _found(tree, side, written, "; ".join(told))


def only_placeholders(text: Text) -> bool:
    """Nothing to translate: the text is nothing but values."""
    rest = text.source
    for name in text.reads:
        rest = rest.replace(f"{{{name}}}", "")
    return not any(letter.isalpha() for letter in rest)
