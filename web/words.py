"""The words of the pages themselves, beside those of the trees. English is the key.

They stand in gettext catalogues, ``web/locale/<language>/LC_MESSAGES/fingerpost.po``. To change a
word: `make words` after the code, then the ``.po`` files (CONTRIBUTING.md). To add a language:
a catalogue, and its code in LANGUAGES. A walk in a language without one keeps its own words, and
the page around them stays English and says so (``lang``), so that a screen reader changes its voice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gettext import NullTranslations

SOURCE: Final = "en"
LANGUAGES: Final = (SOURCE, "fr", "es", "de", "ar")
WORDS: Final = LANGUAGES[1:]  # those with a catalogue
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_CATALOGUES: Final = Path(__file__).parent / "locale"
_HOLE: Final = re.compile(r"{(\w+)}")

Say = Callable[..., str]


def marked(words: str) -> str:
    """These words are translated where they are shown: so `make words` finds them."""
    return words


def numbered(one: str, many: str, n: int) -> str:
    """The English for a number; the translator knows the form of its language."""
    return one if n == 1 else many


def spoken(language: str) -> str:
    """The language of the pages around a walk in this one: its own, or English."""
    base = language.partition("-")[0].lower()
    return base if base in LANGUAGES else SOURCE


def direction(language: str) -> str:
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def translator(language: str) -> Say:
    """From English words, and what stands in their braces, to the language's. Words for a number
    take the form that the language has for ``n``."""
    return _translator(spoken(language))


@cache
def _translator(language: str) -> Say:
    if language == SOURCE:
        return lambda words, **values: words.format(**values) if values else words
    catalogue, forms = _read(language)

    def say(words: str, **values: object) -> str:
        n = values.get("n")
        if isinstance(n, int) and words in forms:
            found = catalogue.ngettext(*forms[words], n)
        else:
            found = catalogue.gettext(words) if words else ""
        return found.format(**values) if values else found

    return say


@cache
def _read(language: str) -> tuple[NullTranslations, Mapping[str, tuple[str, str]]]:
    """A language's catalogue, and the pairs of its words for numbers by each of the two.

    It is read as it was written, once, when the language is first asked for (some 10 ms): so there
    is no step of compiling that an installation could lack, or whose result could be older than the
    words. English never reads one."""
    from gettext import GNUTranslations
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (_CATALOGUES / language / "LC_MESSAGES" / "fingerpost.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    pairs = [message.id for message in catalogue if isinstance(message.id, tuple | list)]
    forms = {words: (pair[0], pair[1]) for pair in pairs for words in pair}
    return GNUTranslations(compiled), forms


# ------------------------------------------------------------------ what the engine says in English


def told(language: str, words: str, patterns: tuple[str, ...]) -> str:
    """A message of the engine's in the language. It comes as English with its values in it: it is
    translated as it stands, or by the first of the patterns that it is one of. "" where none is."""
    say, around = translator(language), spoken(language)
    if around == SOURCE:
        return words
    found = say(words)
    if found != words:
        return found
    for pattern in patterns:
        values = _form(pattern).fullmatch(words)
        if values is not None:
            return say(pattern, **_counted(values.groupdict()))
    return ""


@cache
def _form(pattern: str) -> re.Pattern[str]:
    """What a message of this pattern looks like.

    >>> _form("at least {least} characters").fullmatch("at least 3 characters")["least"]
    '3'
    """
    parts = _HOLE.split(pattern)
    holes = {"n": r"\d+"}
    return re.compile(
        "".join(
            f"(?P<{part}>{holes.get(part, '.+?')})" if at % 2 else re.escape(part)
            for at, part in enumerate(parts)
        ),
        re.DOTALL,
    )


def _counted(values: Mapping[str, str]) -> dict[str, object]:
    return {name: int(value) if name == "n" else value for name, value in values.items()}
