"""What each page of self-service is given to show. A template may use these names and no others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.model import Noun
from web.codes import Code
from web.pages.views import Card, OutcomePage, StartPage, StepPage, WaitingPage, WalkPage

BASE = "/help/walks"  # where the pages of a walk are
Words = tuple[str, str]  # and the language that they are in


class Person(Noun, frozen=True):
    """The way to a person: the exit of the tree that leads to one (``anytime``, with its words), or a
    code to be told to one."""

    anytime: str = ""
    label: str = ""


class Unfinished(Noun, frozen=True):
    """A walk of this browser's that has not ended."""

    id: str
    title: str
    updated: datetime
    language: str


class ListPage(Noun, frozen=True, kw_only=True):
    """What there is help with, or what was found of it. Shown by ``help/list.html``."""

    cards: Sequence[Card]
    query: str
    notices: Sequence[Words]
    unfinished: Sequence[Unfinished] = ()


class BeginPage(StartPage, frozen=True, kw_only=True):
    """Before the first step. Shown by ``help/begin.html``."""

    unfinished: Sequence[Unfinished] = ()


class HelpStep(StepPage, frozen=True, kw_only=True):
    """One step. Shown by ``help/step.html``. ``more``: about how many questions follow; ``tried``:
    whether it is an attempt, which one may have made before."""

    more: int
    tried: bool
    person: Person


class HelpWaiting(WaitingPage, frozen=True, kw_only=True):
    """Something that is being done, by a program or by a team. Shown by ``help/waiting.html``."""

    team: str = ""
    person: Person = Person()


class HelpEnd(OutcomePage, frozen=True, kw_only=True):
    """How it ended, what is asked about it, and what there is to keep. Shown by ``help/end.html``.
    ``survey``: what is asked ("" for nothing); ``rated``: what was said last; ``final``: it cannot be
    changed any more; ``until``: the day until which one can come back."""

    survey: str = ""
    scale: Sequence[int] = ()
    rated: Any = None  # engine.model.Surveyed
    final: bool = False
    until: str = ""
    with_person: bool = False


class CodePage(WalkPage, frozen=True, kw_only=True):
    """A code to tell to whoever helps. Shown by ``help/code.html``."""

    given: Code | None
    until: datetime | None
    taken: bool = False


class TakePage(Noun, frozen=True):
    """Where a customer's code is typed. Shown by ``help/take.html``."""

    typed: str = ""
    wrong: str = ""


class NoticesPage(Noun, frozen=True, kw_only=True):
    """What is told before the first step. Shown by ``help/notices.html``."""

    notices: Sequence[Any]
    trees: Sequence[tuple[str, str]]
    typed: dict[str, str]
    wrong: dict[str, str]
    zone: str
    now: datetime
