"""What a node answers when the walker asks it to move, and what stands for values not yet known.

The walker hands a node a scope; the node answers with one of these values, and the walker does
the rest. ``ANY`` and ``Possible`` stand in for values when the explorer walks: the same walker,
with values that nobody has typed yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from engine.fields import type_of
from engine.model import Action, Field, Noun, Type, Value


class Took(Noun, frozen=True):
    """The exit that was taken and what the node gives. ``said``: the answer as it is recorded;
    ``secret``: its private values in plain JSON; ``known``: the question answered itself."""

    exit: str
    to: str
    gives: Mapping[str, Value] = {}
    said: Any = None
    secret: Mapping[str, Any] = {}
    row: Any = None
    known: bool = False


class Stands(Noun, frozen=True):
    """The node waits for a person."""


class Called(Noun, frozen=True):
    """The node waits for an action."""

    action: Action
    inputs: Mapping[str, Value]


class Opened(Noun, frozen=True):
    """The node opens a frame for another tree."""

    tree: str
    given: Mapping[str, Value]
    returns_here: bool


class Finished(Noun, frozen=True):
    """The tree is over by this exit of its contract; "" ends the whole walk."""

    exit: str
    returns: Mapping[str, Value]
    disposition: str = ""
    kpi: str = ""
    hand_to: tuple[str, ...] = ()
    survey: str = ""


Entered = Took | Stands | Called | Opened | Finished
STANDS: Final = Stands()


class AnyValue(Noun, frozen=True):
    """A text, number, date or list that nobody has typed yet."""


class Possible(Noun, frozen=True):
    """One of these, decided when it is first read. UNSET may be among them."""

    options: tuple[Any, ...]


ANY: Final = AnyValue()
ERASED: Final = "(erased)"  # what is shown for a private value that was erased
UNSET: Final[Literal["(unset)"]] = "(unset)"


def possible(type: Type) -> Value:
    """What stands for every value of this type."""
    if type.kind == "choice" and type.of:
        return Possible(type.of) if len(type.of) > 1 else type.of[0]
    if type.kind == "yesno":
        return Possible((True, False))
    return ANY


def possible_field(field: Field) -> Value:
    """What stands for every value that this field can come to, none at all among them."""
    value = possible(type_of(field))
    if field.required or field.default is not None:
        return value
    return Possible((UNSET, *(value.options if isinstance(value, Possible) else (value,))))
