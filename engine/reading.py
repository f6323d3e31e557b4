"""How hard words are to read: the Flesch-Kincaid grade of English, and the length of sentences in
any language.

Kincaid, Fishburne, Rogers and Chissom (1975), *Derivation of new readability formulas for Navy
enlisted personnel*, Research Branch Report 8-75:

    grade = 0.39 * words / sentences + 11.8 * syllables / words - 15.59

Grade 8 is what somebody of thirteen or fourteen reads with ease. As in Flesch's counting, what
stands between colons and semicolons is a sentence of its own, and so is a point of a list.

Syllables are counted by rule, for a dictionary is a hundred times as large as all of this: groups of
vowels, less those that are written and not spoken ("time", "used"), plus those that are spoken as
two ("area", "create"). Numbers count as one syllable a figure, values in braces not at all.

>>> [syllables(word) for word in ("time", "table", "used", "needed", "area", "appointment")]
[1, 2, 1, 2, 3, 3]
>>> round(grade("The cat sat on the mat."), 2)
-1.45
>>> round(grade("Contemporary communications infrastructure necessitates reconfiguration."), 1)
43.0
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SENTENCE: Final = re.compile(r"[.!?:;؟؛。]+(?:[\"'»”)]*\s|[\"'»”)]*$)|\n\s*\n|\n\s*[-*|]")
_SLOT: Final = re.compile(r"\{[^{}]*\}")
_LINK: Final = re.compile(r"\]\([^)]*\)")
_VOWELS: Final = re.compile(r"[aeiouyéèêëàâîïôûü]+")
_SILENT: Final = re.compile(
    r"(?<=[^aeiouy])e$"  # time; but "table" has two, see _SPOKEN
    r"|(?<=[^aeiouysxzcg])(?<!sh)(?<!ch)es$"  # times
    r"|(?<=[^aeiouytd])ed$"  # closed
    r"|(?<=[^aeiouy])e(?=(?:ly|ful|less|ment|ness|where|thing|times?)s?$)"  # safely, movement
    r"|(?<=some)e(?=one)|(?<=m)e(?=(?:one|body|thing|where|times?)$)"  # someone
)
_SPOKEN: Final = re.compile(
    r"(?<=[^aeiouyrlw])le(?:s|d)?$"  # table, handled
    r"|i(?=a(?!ge|g$|r$))|(?<![cstg])i(?=o)|(?<=[^q])u(?=(?:a|ou|ity))|e(?=o(?!u|p))"  # area, video
    r"|(?<=cr)e(?=at)|(?<=[aeou])y?i(?=ng)|(?<=r)e(?=a$)|i(?=u)|(?<=i)e(?=t)|i(?=er?$)(?<=[^l]i)"
    r"|thm$|sm$"
)
_KNOWN: Final = {
    "people": 2, "area": 3, "areas": 3, "every": 2, "everything": 3, "everybody": 4, "everyone": 3,
    "everywhere": 3, "business": 2, "evening": 2, "evenings": 2, "something": 2, "sometimes": 2,
    "somebody": 3, "someone": 2, "somewhere": 2, "being": 2, "idea": 3, "minute": 2, "minutes": 2,
    "different": 3, "interest": 2, "wednesday": 2, "colleague": 2, "colleagues": 2, "queue": 1,
    "queues": 1, "sure": 1, "one": 1, "once": 1, "else": 1, "we're": 1, "you're": 1, "they're": 1,
    "don't": 1, "can't": 1, "won't": 1, "aren't": 1, "isn't": 2, "didn't": 2, "doesn't": 2,
    "wasn't": 2, "couldn't": 2, "wouldn't": 2, "shouldn't": 2, "haven't": 2, "hasn't": 2,
    "apologise": 4, "recipe": 3, "cafe": 2, "maybe": 2, "aeroplane": 3, "wi": 1, "fi": 1,
    "tv": 2, "technician": 3, "technicians": 3, "fibre": 2, "special": 2, "whoever": 3, "housekeeping": 3,
    "fire": 1, "tired": 1, "quiet": 2, "diet": 2, "science": 2, "client": 2, "clients": 2,
}  # fmt: skip


def syllables(word: str) -> int:
    """Of an English word as it is spoken, by rule."""
    word = word.lower().replace("’", "'")
    if word in _KNOWN:
        return _KNOWN[word]
    if any(letter.isdigit() for letter in word):
        return sum(letter.isdigit() or letter in "aeiouy" for letter in word)
    word = word.removesuffix("'s").replace("'", "")
    count = sum(1 for _ in _VOWELS.finditer(word))
    count -= sum(1 for _ in _SILENT.finditer(word))
    count += sum(1 for _ in _SPOKEN.finditer(word))
    return max(count, 1)


def sentences(text: str) -> Iterator[list[str]]:
    """The words of each sentence. Values in braces are none, nor is the address of a link."""
    bare = _SLOT.sub(" ", _LINK.sub("]", text))
    for sentence in SENTENCE.split(bare):
        words = WORD.findall(sentence)
        if words:
            yield words


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of an English text; 0 where it has no words."""
    found = list(sentences(text))
    words = [word for sentence in found for word in sentence]
    if not words:
        return 0.0
    spoken = sum(map(syllables, words))
    return 0.39 * len(words) / len(found) + 11.8 * spoken / len(words) - 15.59


def mean_sentence(text: str) -> float:
    """How many words a sentence has on the average; 0 where there are none."""
    lengths = [len(words) for words in sentences(text)]
    return sum(lengths) / len(lengths) if lengths else 0.0
