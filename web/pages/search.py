"""Finding a tree by what the caller said: over titles, summaries, texts and tags, in every language
that a tree has, forgiving a slip of the finger.

A tree's texts are its *passages*. A word of the query stands for the words of the index that are
like it: the same, begun by it, or one slip away (two where it is long): optimal string alignment
(Damerau 1964; Oommen and Loke 1997). Each counts by how rare it is (inverse document frequency,
Spärck Jones 1972), by how near it is, and by what kind of passage it stands in. A tree is found where
the greater part of what was asked for stands in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import log
from typing import Final

from engine.model import Noun, Tree
from engine.parts import texts
from web.pages.wording import folded, spaced

_WORD: Final = re.compile(r"[^\W_]+")
_SLOT: Final = re.compile(r"\{[^{}]*\}|\]\([^)]*\)")  # a placeholder, the address of a link
_VALUE: Final = re.compile(r"\{[^{}]*\}")  # nobody knows it yet
_TITLE, _TAG, _SUMMARY, _TEXT = 4.0, 3.0, 2.0, 1.0
_ENOUGH: Final = 0.55  # of what was asked for, weighed
_MOST_WORDS: Final = 24  # of a query


class Hit(Noun, frozen=True):
    """A tree that was found. ``passage``: the text of it that says most of what was asked for; ""
    where that is its title, its summary or a tag."""

    tree: str
    passage: str


class _Passage(Noun, frozen=True):
    tree: int
    weight: float
    words: tuple[str, ...]
    shown: str


class Index:
    """What can be found of some trees. It is made once for them."""

    def __init__(self, trees: Iterable[Tree]) -> None:
        self._trees: list[str] = []
        self._passages: list[_Passage] = []
        self._where: dict[str, list[int]] = defaultdict(list)  # passages, by word
        self._grams: dict[str, set[str]] = defaultdict(set)  # words, by their parts
        for tree in trees:
            self._take(tree)
        spread = {
            word: len({self._passages[i].tree for i in at}) for word, at in self._where.items()
        }
        self._rare = {word: _rarity(len(self._trees), n) for word, n in spread.items()}

    def _take(self, tree: Tree) -> None:
        number = len(self._trees)
        self._trees.append(tree.id)
        for weight, text, shown in _passages(tree):
            found = tuple(words(text))
            for word in set(found):
                if word not in self._where:
                    for gram in _grams(word):
                        self._grams[gram].add(word)
                self._where[word].append(len(self._passages))
            self._passages.append(
                _Passage(number, weight, found, _VALUE.sub("…", text) if shown else "")
            )

    def find(self, query: str) -> list[Hit]:
        """Trees that fit, the best first; none for a query without a word."""
        asked = list(dict.fromkeys(words(query)))[:_MOST_WORDS]
        if not asked:
            return []
        meant = [self._like(word) for word in asked]
        # A word that stands nowhere counts against every tree, but less: callers say much.
        nowhere = _rarity(len(self._trees), 1) / 2
        worth = [max((self._rare[w] for w in found), default=nowhere) for found in meant]
        found = _Found(len(asked))
        for at, like in enumerate(meant):
            for (tree, passage), (near, score) in self._marks(like).items():
                found.mark(at, tree, passage, near, score, self._passages[passage].weight)
        return [
            Hit(self._trees[tree], self._passages[passage].shown)
            for tree, passage in found.ranked(worth, self._trees)
        ]

    def _marks(self, found: Mapping[str, float]) -> dict[tuple[int, int], tuple[float, float]]:
        """By tree and passage: how near a word of the query comes to it, and its score there."""
        marks: dict[tuple[int, int], tuple[float, float]] = {}
        for word, near in found.items():
            for at in self._where[word]:
                passage = self._passages[at]
                score = near * self._rare[word] * passage.weight
                marks[passage.tree, at] = max(marks.get((passage.tree, at), (0, 0)), (near, score))
        return marks

    def _like(self, word: str) -> dict[str, float]:
        """The words of the index that a word may stand for, and how near each is, up to 1."""
        near = {word: 1.0} if word in self._where else {}
        shared: dict[str, int] = defaultdict(int)
        for gram in _grams(word):
            for other in self._grams.get(gram, ()):
                shared[other] += 1
        slips = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        for other in shared:
            if other == word:
                continue
            if len(word) > 2 and other.startswith(word):
                near[other] = 0.85
            elif _stem(other) == _stem(word):
                near[other] = 0.9
            elif slips and word not in self._where and distance(word, other, slips) <= slips:
                near[other] = 0.7
        return near


class _Found:
    """What comes together while a query is looked for, by tree."""

    def __init__(self, asked: int) -> None:
        self.near: dict[int, list[float]] = defaultdict(lambda: [0.0] * asked)
        self.score: dict[int, list[float]] = defaultdict(lambda: [0.0] * asked)
        self.close: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))

    def mark(
        self, at: int, tree: int, passage: int, near: float, score: float, weight: float
    ) -> None:
        self.near[tree][at] = max(self.near[tree][at], near)
        self.score[tree][at] = max(self.score[tree][at], score)
        self.close[tree][passage] += score / weight

    def ranked(self, worth: list[float], names: list[str]) -> list[tuple[int, int]]:
        """Each tree in which enough of the query stands, the best first, and its best passage.
        Words that stand together in one passage count more than words far apart."""
        total = sum(worth)
        found = []
        for tree, near in self.near.items():
            if sum(n * w for n, w in zip(near, worth, strict=True)) >= _ENOUGH * total:
                passage, close = max(self.close[tree].items(), key=lambda item: item[1])
                found.append((-(sum(self.score[tree]) + 2 * close), names[tree], tree, passage))
        return [(tree, passage) for _, _, tree, passage in sorted(found)]


def words(text: str) -> Iterator[str]:
    """The words of a text as they are compared: without case, accents, placeholders.

    >>> list(words("Débranchez le *routeur*, {name}"))
    ['debranchez', 'le', 'routeur']
    """
    return (found[0] for found in _WORD.finditer(folded(_SLOT.sub(" ", text))))


def _passages(tree: Tree) -> Iterator[tuple[float, str, bool]]:
    """What a tree says: how much it weighs, and whether it is worth showing."""
    sides = list(tree.translations.values())
    kinds = {tree.title.address: _TITLE}
    if tree.summary:
        kinds[tree.summary.address] = _SUMMARY
    for text in texts(tree):
        weight = kinds.get(text.address, _TEXT)
        yield weight, text.source, weight == _TEXT
        for side in sides:
            if text.address in side:
                yield weight, side[text.address].source, weight == _TEXT
    for tag in (*tree.tags, tree.id):
        yield _TAG, spaced(tag), False


def _rarity(trees: int, found: int) -> float:
    """What a word that stands in so many of the trees is worth: next to nothing in all of them
    (Robertson and Spärck Jones 1976, as in BM25)."""
    return log(1 + (trees - found + 0.5) / (found + 0.5))


def _grams(word: str) -> set[str]:
    """Pairs of neighbouring letters, the edge of the word among them: a slip leaves most of them."""
    return {a + b for a, b in pairwise(f"^{word}$")}


def _stem(word: str) -> str:
    """A word without the endings that mean nothing here: refunds, refunded, refunding."""
    for ending in ("ings", "ing", "edly", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def distance(a: str, b: str, most: int) -> int:
    """By how many slips two words differ: a letter too many, too few, another, or two exchanged.
    ``most`` + 1 where there are more.

    >>> distance("router", "ruoter", 2), distance("light", "lamp", 2)
    (1, 3)
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    older: list[int] = []
    old = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        row = [i]
        for j, right in enumerate(b, 1):
            cost = min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        older, old = old, row
    return min(old[-1], most + 1)
