"""What the parser says when a word stands where it cannot: what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import near
from engine.expr.error import ExpressionError, Slip
from engine.expr.functions import FUNCTIONS
from engine.expr.tokens import Token

NULLS = frozenset({"null", "None", "nil", "undefined", "NULL", "none", "Null"})
RESPELT: Mapping[str, str] = {
    "AND": "and",
    "And": "and",
    "OR": "or",
    "Or": "or",
    "NOT": "not",
    "Not": "not",
    "IN": "in",
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
}
_CHOOSE = "write A if CONDITION else B"
INSTEAD: Mapping[str, str] = {
    "if": _CHOOSE,
    "then": _CHOOSE,
    "else": _CHOOSE,
    "elif": "write A if CONDITION else B if CONDITION else C",
    "lambda": "there are no functions to write here; see facts",
    "contains": "write has",
    "between": "write x >= A and x <= B",
    "equals": "write ==",
}


def unexpected(token: Token, before: Token | None, instead: str = "") -> ExpressionError:
    """``token`` cannot stand here; ``instead`` is what to do, where the parser knows it."""
    if token.kind == "end":
        return ExpressionError("the expression breaks off here", token.column)
    if token.text in RESPELT:
        return respelt(token)
    instead = INSTEAD.get(token.text) or instead or _why(token, before)
    shown = token.text if token.kind == "text" else repr(token.text)
    return ExpressionError(
        f"unexpected {shown}" + (f" ({instead})" if instead else ""), token.column
    )


def respelt(token: Token) -> ExpressionError:
    right = RESPELT[token.text]
    return Slip(f"unexpected {token.text!r} (write {right!r})", token.column, token.text, right)


def _why(token: Token, before: Token | None) -> str:
    if before is None or (before.kind in ("sign", "word") and before.text not in (")", "]")):
        return ""
    if token.kind in ("name", "number", "text"):
        return "an operator is missing before it"
    return _AFTER_A_VALUE.get(token.text, "")


_AFTER_A_VALUE: Mapping[str, str] = {
    "[": "nothing is indexed; a column of a row is written row.column",
    "(": "only functions are called",
    ",": "commas stand in functions and lists only; a number has a point: 1.5",
    ")": "no ( is open",
    "]": "no [ is open",
}


def missing(text: str, why: str, token: Token, before: Token | None) -> ExpressionError:
    """``text`` is due where ``token`` stands."""
    if token.kind == "end":
        return ExpressionError(f"{text!r} is missing at the end {why}", token.column)
    return unexpected(token, before, f"{text!r} is due {why}")


def null(token: Token, before: tuple[Token, ...]) -> ExpressionError:
    """There is none; said of the name that it is compared with, if it is."""
    name, no = "x", False
    if len(before) >= 2 and before[-2].kind == "name" and before[-1].text in ("==", "!="):
        name, no = before[-2].text, before[-1].text == "!="
    return no_null(name, no, token)


def no_null(name: str, wanted: bool, token: Token) -> ExpressionError:
    state = "set" if wanted else "not set"
    return ExpressionError(f"there is no null; write '{name} is {state}'", token.column)


def no_function(name: Token) -> ExpressionError:
    if "." in name.text:
        message = "nothing is called by a dot; a function stands before its value: lower(x)"
        return ExpressionError(message, name.column)
    shown = name.text[:64]
    hint = near(shown, FUNCTIONS)
    message = f"there is no function {shown!r}"
    if not hint:
        message += f" (there are {', '.join(FUNCTIONS)})"
        return ExpressionError(message, name.column)
    return Slip(message + hint, name.column, name.text, hint.split("'")[1])


def not_a_list(token: Token, before: Token | None) -> ExpressionError:
    """What follows ``in`` is no list."""
    hint = f"write {token.text} has .." if token.kind == "name" else "write in [.., ..]"
    return unexpected(token, before, f"a list in [ ] is due after 'in'; {hint}")
