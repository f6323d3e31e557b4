"""What the kinds of value can do with each other."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Kind, Type

NUMBER, MONEY, TEXT, YESNO = Type("number"), Type("money"), Type("text"), Type("yesno")
NUMBERS: frozenset[Kind] = frozenset({"number", "money"})
ORDERED: frozenset[Kind] = frozenset({"number", "money", "date", "month", "time", "moment"})
_SHOWN = 12  # ids in a message: more are not read

_ONE: Mapping[Kind, str] = {
    "text": "a text",
    "number": "a number",
    "money": "an amount of money",
    "date": "a date",
    "month": "a month",
    "time": "a time",
    "moment": "a moment",
    "yesno": "yes or no",
}
_MANY: Mapping[Kind, str] = {
    "text": "texts",
    "number": "numbers",
    "money": "amounts of money",
    "date": "dates",
    "month": "months",
    "time": "times",
    "moment": "moments",
    "yesno": "answers yes or no",
    "choice": "choices",
    "list": "lists",
}


def describe(type: Type) -> str:
    """A type in words that stand after "is" or "needs".

    >>> describe(Type("date")), describe(Type("choice", of=("fibre", "copper")))
    ('a date', 'one of fibre, copper')
    """
    if type.kind == "choice":
        return f"one of {ids(type)}" if type.of and not type.open else "the id of a row"
    if type.kind != "list":
        return _ONE[type.kind]
    item = item_of(type)
    if item is None:
        return "a list of rows" if type.columns else "a list"
    if item.kind == "choice" and item.of and not item.open:
        return f"a list out of {ids(item)}"
    return f"a list of {_MANY[item.kind]}"


def ids(type: Type) -> str:
    """The choices of a type: "green, amber, red"."""
    more = ", …" if len(type.of) > _SHOWN else ""
    return ", ".join(type.of[:_SHOWN]) + more


def item_of(type: Type) -> Type | None:
    """What a list holds; None for rows, and for what is no list."""
    if type.kind != "list" or type.columns:
        return None
    if type.item is None and (type.of or type.open):
        return Type("choice", of=type.of, open=type.open)
    return None if type.item is not None and type.item.columns else type.item


def assignable(given: Type, wanted: Type) -> bool:
    """May a value of type ``given`` go where ``wanted`` is due? (A choice where a text is, a
    number where money is, fewer choices where more are.)"""
    if wanted.kind == "list":
        return given.kind == "list" and _list_assignable(given, wanted)
    if wanted.kind == "choice":
        return _choice_assignable(given, wanted)
    if wanted.kind == "text":
        return given.kind in ("text", "choice")
    return given.kind == wanted.kind or (given.kind, wanted.kind) == ("number", "money")


def _choice_assignable(given: Type, wanted: Type) -> bool:
    if wanted.open:
        return given.kind in ("text", "choice")
    return given.kind == "choice" and not given.open and set(given.of) <= set(wanted.of)


def _list_assignable(given: Type, wanted: Type) -> bool:
    if wanted.columns:
        columns = dict(given.columns)
        return all(n in columns and assignable(columns[n], t) for n, t in wanted.columns)
    item = item_of(wanted)
    if item is None:
        return True
    mine = item_of(given)
    return mine is not None and assignable(mine, item)


def comparable(left: Type, right: Type) -> bool:
    """May ``==`` stand between them?"""
    kinds = {left.kind, right.kind}
    if kinds <= NUMBERS:
        return True
    if kinds == {"choice"}:
        return left.open or right.open or bool(set(left.of) & set(right.of))
    if kinds == {"text", "choice"}:
        return left.open or right.open
    return len(kinds) == 1 and "list" not in kinds


def common(left: Type, right: Type) -> Type | None:
    """The type of a value that is either, or None if they have none in common."""
    if left == right:
        return left
    kinds = {left.kind, right.kind}
    if kinds == NUMBERS:
        return MONEY
    if kinds == {"choice"}:
        both = tuple(dict.fromkeys(left.of + right.of))
        return Type("choice", of=both, open=left.open or right.open)
    if kinds == {"text", "choice"}:
        return TEXT
    return _common_list(left, right) if kinds == {"list"} else None


def _common_list(left: Type, right: Type) -> Type | None:
    mine, yours = item_of(left), item_of(right)
    item = common(mine, yours) if mine and yours else None
    return Type("list", item=item, of=item.of) if item else None
