"""How a value is said: by its type, in a language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.model import Type, Value

if TYPE_CHECKING:
    from babel import Locale

Label = Callable[[str], str] | None

_YES_NO: Mapping[str, tuple[str, str]] = {
    "en": ("Yes", "No"),
    "fr": ("Oui", "Non"),
    "de": ("Ja", "Nein"),
    "es": ("Sí", "No"),
    "it": ("Sì", "No"),
    "nl": ("Ja", "Nee"),
    "pt": ("Sim", "Não"),
    "ar": ("نعم", "لا"),
}
_NONE: Mapping[str, str] = {
    "en": "None of these",
    "fr": "Aucune de ces réponses",
    "de": "Nichts davon",
    "es": "Ninguna de estas",
    "it": "Nessuna di queste",
    "nl": "Geen van deze",
    "pt": "Nenhuma destas",
    "ar": "لا شيء مما سبق",
}
# What carries markup anywhere in Markdown, and what does so at the beginning of a line only.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#!|~&])")
_LEADING = re.compile(r"^(\d{0,9})([-+=.:)>])")
_BLANKS = re.compile(r"\s+")


def escape(text: str) -> str:
    """A caller's words as Markdown that shows exactly them: no markup, no link, no new line.

    >>> escape("*a* <b>")
    '\\\\*a\\\\* \\\\<b\\\\>'
    """
    words = _MARKUP.sub(r"\\\1", _BLANKS.sub(" ", text).strip())
    return _LEADING.sub(r"\1\\\2", words)


def speak(value: Value, type: Type, language: str, currency: str, label: Label = None) -> str:
    """The words for a value, escaped for Markdown. Labels are Markdown already."""
    if isinstance(value, str) and label is not None:
        return label(value)
    say: Callable[..., str] = _SAID.get(type.kind, _text)
    return say(value, type, language, currency, label)


def usual(id: str, language: str) -> str:
    """What a choice of this id is called where nobody says otherwise; "" where it is no usual one,
    or nobody knows the language.

    >>> usual("yes", "ar"), usual("no", "fr"), usual("perhaps", "fr"), usual("yes", "eo")
    ('نعم', 'Non', '', '')
    """
    base = language.partition("-")[0]
    yes, no = _YES_NO.get(base, ("", ""))
    return {"yes": yes, "no": no, "none_of_these": _NONE.get(base, "")}.get(id, "")


def usual_in(words: str, source: str, language: str) -> str:
    """The usual words of one language in another; "" for all others.

    >>> usual_in("Yes", "en", "ar"), usual_in("Yes, please", "en", "ar")
    ('نعم', '')
    """
    ids = ("yes", "no", "none_of_these")
    return next((usual(id, language) for id in ids if words == usual(id, source) != ""), "")


def points(value: Value, item: Type, language: str, currency: str, label: Label = None) -> str:
    """A list as bullet points."""
    return "\n".join(f"- {speak(one, item, language, currency, label)}" for one in value)


@lru_cache(maxsize=64)
def locale(language: str) -> Locale:
    """Babel's locale for a language tag; English where it knows none. English without a country is
    the world's ("2 December", "a, b and c"): ``en-US`` says the other."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse("en_001" if language == "en" else language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_001")


def _text(value: Value, *_: Any) -> str:
    return escape(str(value))


def _number(value: Value, type: Type, language: str, *_: Any) -> str:
    from babel.numbers import format_decimal

    return escape(format_decimal(value, locale=locale(language), decimal_quantization=False))


def _money(value: Value, type: Type, language: str, currency: str, *_: Any) -> str:
    from babel.numbers import format_currency, format_decimal

    if currency:
        return escape(format_currency(value, currency, locale=locale(language)))
    cents = Decimal(value).quantize(Decimal("0.01"))
    return escape(format_decimal(cents, format="#,##0.00", locale=locale(language)))


def _date(value: date, type: Type, language: str, *_: Any) -> str:
    from babel.dates import format_date

    return escape(format_date(value, format="long", locale=locale(language)))


def _moment(value: datetime, type: Type, language: str, *_: Any) -> str:
    from babel.dates import format_datetime

    return escape(
        format_datetime(value, format="short", locale=locale(language), tzinfo=value.tzinfo)
    )


def _time(value: str, type: Type, language: str, *_: Any) -> str:
    from babel.dates import format_time

    clock = time.fromisoformat(value)
    return escape(format_time(clock, format="short", locale=locale(language)))


def _month(value: str, type: Type, language: str, *_: Any) -> str:
    from babel.dates import format_skeleton

    first = date.fromisoformat(value + "-01")
    return escape(format_skeleton("yMMMM", first, locale=locale(language)))


def _yesno(value: bool, type: Type, language: str, *_: Any) -> str:
    yes, no = _YES_NO.get(language.partition("-")[0], _YES_NO["en"])
    return yes if value else no


def _list(value: Value, type: Type, language: str, currency: str, label: Label) -> str:
    from babel.lists import format_list

    if type.columns:
        return escape(", ".join(str(row.get("label", next(iter(row.values())))) for row in value))
    item = type.item or Type("choice" if type.of else "text", type.of)
    said = [speak(one, item, language, currency, label) for one in value]
    return format_list(said, locale=locale(language)) if said else ""


_SAID: Mapping[str, Callable[..., str]] = {
    "number": _number,
    "money": _money,
    "date": _date,
    "moment": _moment,
    "time": _time,
    "month": _month,
    "yesno": _yesno,
    "list": _list,
}
