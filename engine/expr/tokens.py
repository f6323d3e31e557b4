"""Characters into words and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from engine.expr.error import ExpressionError, Slip
from engine.model import Noun

KEYWORDS = frozenset({"and", "or", "not", "in", "is", "has", "if", "else", "true", "false"})
DIGITS = 18  # of a number written out: more than money needs, less than arithmetic keeps

TokenKind = Literal["name", "word", "number", "text", "sign", "bad", "end"]


class Token(Noun, frozen=True):
    """``text`` is as written; ``error`` is what to raise when a "bad" one is met."""

    kind: TokenKind
    text: str
    column: int
    error: ExpressionError | None = None


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<number>[0-9][A-Za-z0-9_.]*)
    | (?P<text>"[^"\\\r\n\ud800-\udfff]*"|'[^'\\\r\n\ud800-\udfff]*')
    | (?P<habit>===?|!==|=>|=<|=|<>|<-|\*\*|//|&&?|\|\|?|:=|<<|>>|->|!(?!=)
        |[%^~{};:?@$`.\\])
    | (?P<sign>==|!=|<=|>=|[<>()\[\],+*/-])
    """,
    re.VERBOSE,
)
_CURLY = re.compile('[\u201c\u201d\u201e\u2018\u2019]([^"\u201c\u201d\u2018\u2019]*).?')
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")

# Habits from other languages: what is shown of them, what to do instead, what to put there.
_HABITS: Mapping[str, tuple[str, str, str]] = {
    "=": ("=", "write == to compare", "=="),
    "===": ("===", "write == to compare", "=="),
    "!==": ("!==", "write != to compare", "!="),
    "=>": ("=>", "write >=", ">="),
    "=<": ("=<", "write <=", "<="),
    "<>": ("<>", "write !=", "!="),
    "&": ("&", "write 'and'", "and"),
    "&&": ("&", "write 'and'", "and"),
    "|": ("|", "write 'or'", "or"),
    "||": ("|", "write 'or'", "or"),
    "!": ("!", "write 'not'", "not "),
    "%": ("%", "there is no remainder; a part of a hundred is x * 20 / 100", ""),
    "**": ("**", "there are no powers; write x * x", ""),
    "//": ("//", "write /, and round(..) around it", ""),
    ":=": (":=", "nothing is assigned; give it a name under facts", ""),
    "^": ("^", "there are no powers; write x * x", ""),
    "?": ("?", "write A if CONDITION else B", ""),
    "{": ("{", "in an expression a name stands without braces", ""),
    "}": ("}", "in an expression a name stands without braces", ""),
    ":": (":", 'a time stands in quotes: "19:30"', ""),
    ".": (".", "a number begins with a digit: 0.5; only names have parts", ""),
    "\\": ("\\", "a text has no escapes; use the other kind of quotes around it", ""),
    "\u2264": ("\u2264", "write <=", "<="),
    "\u2265": ("\u2265", "write >=", ">="),
    "\u2260": ("\u2260", "write !=", "!="),
    "\u00d7": ("\u00d7", "write *", "*"),
    "\u00f7": ("\u00f7", "write /", "/"),
    "\u2212": ("\u2212", "write -", "-"),
    "\u2013": ("\u2013", "write -", "-"),
    "\u00a0": ("\u00a0", "write an ordinary space", " "),
}


def tokens(source: str) -> tuple[Token, ...]:
    """The words and signs of ``source``, and an "end". Mistakes are tokens too, so that whatever
    reads from the left meets the first one first."""
    return (*_read(source), Token("end", "", len(source) + 1))


def _read(source: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            yield _stray(source, at)
            return
        if found.lastgroup != "space":
            token = _token(found.lastgroup or "", found.group(), at + 1)
            yield token
            if token.error:
                return
        at = found.end()


def _token(kind: str, text: str, column: int) -> Token:
    if kind == "name":
        return Token("word" if text in KEYWORDS else "name", text, column)
    if kind == "number":
        return _number(text, column)
    if kind == "text":
        return Token("text", text, column)
    if kind == "sign" or text == "==":
        return Token("sign", text, column)
    return _habit(text, column)


def _number(text: str, column: int) -> Token:
    if not _NUMBER.fullmatch(text):
        shown = text if len(text) <= 40 else text[:40] + "…"
        message = f"{shown!r} is no number (write it like 12 or 0.5; a time or a date in quotes)"
        return _bad(ExpressionError(message, column))
    if sum(c.isdigit() for c in text) > DIGITS:
        return _bad(ExpressionError(f"a number has at most {DIGITS} digits", column))
    return Token("number", text, column)


def _habit(text: str, column: int) -> Token:
    if text not in _HABITS:
        return _bad(ExpressionError(f"unexpected {text!r}", column))
    shown, instead, right = _HABITS[text]
    message = f"unexpected {shown!r} ({instead})"
    if right:
        return _bad(Slip(message, column, text, right))
    return _bad(ExpressionError(message, column))


def _stray(source: str, at: int) -> Token:
    character = source[at]
    if character in "\"'":
        rest = re.split(r"[\r\n]", source[at + 1 :])[0]
        if "\\" in rest.partition(character)[0]:
            at += 1 + rest.index("\\")
            return _habit("\\", at + 1)
        message = f"a text begins here and does not end (a {character} is missing)"
        return _bad(ExpressionError(message, at + 1))
    curly = _CURLY.match(source, at)
    if curly:
        message = f"unexpected {character!r} (write straight quotes: \" or ')"
        return _bad(Slip(message, at + 1, curly.group(), f'"{curly.group(1)}"'))
    if character in _HABITS:
        return _habit(character, at + 1)
    if character.isalnum():
        message = f"unexpected {character!r} (names are written with a to z, 0 to 9 and _)"
        return _bad(ExpressionError(message, at + 1))
    return _bad(ExpressionError(f"unexpected {character!r}", at + 1))


def _bad(error: ExpressionError) -> Token:
    return Token("bad", "", error.column, error)
