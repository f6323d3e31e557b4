"""What each page is given to show. A template may use these names and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from engine.kit.scope import zone
from engine.model import (
    Expected,
    Finding,
    Noun,
    Prompt,
    PromptField,
    Tree,
    Walk,
)
from web.pages.wording import label_of, since, tongue_of, worded


class Card(Noun, frozen=True):
    """A tree as the library lists it."""

    id: str
    title: str
    summary: str
    folder: str
    audience: tuple[str, ...]
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    language: str = ""  # of its title and summary
    passage: str = ""  # what of it was found


class Broken(Noun, frozen=True):
    """A tree that is not served, and the findings that say why. ``uses``: a tree below is broken."""

    id: str
    findings: tuple[Finding, ...]
    uses: tuple[str, ...] = ()


class Row(Noun, frozen=True):
    """A walk as it is listed; times in the library's zone."""

    id: str
    title: str
    started: datetime
    updated: datetime
    status: str
    where: str  # the outcome's words ("" where it has none), or those of the step where it stands
    reference: str
    language: str


class LibraryPage(Noun, frozen=True):
    """All trees, by folder; or those that were found, the best first. Shown by ``library.html``."""

    folders: Mapping[str, list[Card]]
    found: list[Card]
    query: str
    recent: list[Row]
    broken: list[Broken]
    root: str
    pins: frozenset[str] = frozenset()  # the ids of all that are pinned
    pinned: Sequence[Card] = ()
    walked: Sequence[Card] = ()  # last, by whoever reads it
    news: int = 0  # remarks of his that were answered
    notices: Sequence[tuple[str, str]] = ()  # what is told before the first step, and its language


class StartPage(Noun, frozen=True, kw_only=True):
    """What is known before a walk. Shown by ``start.html``."""

    tree: Tree
    fields: tuple[PromptField, ...]
    typed: Mapping[str, Any] | None = None
    wrong: Mapping[str, str] = {}
    client_id: str
    audience: str
    language: str
    reference: str = ""
    prefix: str = ""
    notices: Sequence[tuple[str, str]] = ()  # what is told before the first step, and its language

    def tongue(self, language: str) -> str:
        return tongue_of(self.tree, language)

    def title(self, language: str) -> str:
        return worded(self.tree, language, self.tree.title)

    def summary(self, language: str) -> str:
        return worded(self.tree, language, self.tree.summary) if self.tree.summary else ""

    def label(self, name: str) -> str:
        return "Reference" if name == "reference" else label_of(self.fields, name)

    def target(self, name: str) -> str:
        return "reference" if name == "reference" else f"f.{name}"


class Said(Noun, frozen=True):
    """A line of the record: what was asked, what was answered, when."""

    seq: int
    node: str
    asked: str
    answered: str
    at: datetime
    changes: bool = False  # whether it is an answer that can be changed
    html: Markup = Markup("")  # the line as HTML, where it was made before


class Promised(Noun, frozen=True):
    """A follow-up: due when, why, by whom."""

    due: str
    why: str
    by: str


class WalkPage(Noun, frozen=True, kw_only=True):
    """What every page of a walk has: its header, and the record beside it."""

    tree: Tree
    walk: Walk
    said: list[Said]
    notes: list[Said]
    notice: str = ""
    stale: Mapping[str, str] = {}  # what had been typed at a step that is over
    wrong: Mapping[str, str] = {}
    note: str = ""  # a note that was typed and is not kept yet
    known: Markup = Markup("")  # what was known without asking, as HTML
    remark: str = ""  # that the step is wrong: typed and not sent yet
    turned: Any = None  # owed.Panel: whose turn it is, where that is not plain
    note_wrong: str = ""
    noting: bool = False  # a note was kept: whoever wrote it stays there
    client_id: str
    direction: str = "ltr"
    back: bool = True
    now: datetime | None = None  # None: the day that it began is not to be told from today
    waiting: int = 0  # seconds after which the page comes again: nothing is typed into it

    @property
    def language(self) -> str:
        return self.walk.state.language

    @property
    def title(self) -> str:
        return worded(self.tree, self.language, self.tree.title)

    @property
    def begun(self) -> datetime:
        """When the walk began, in the library's zone."""
        return self.walk.about.started.astimezone(zone(self.tree.calendar.timezone))

    @property
    def since(self) -> str:
        """The same in words."""
        return since(self.begun, self.now, self.language)


class StepPage(WalkPage, frozen=True, kw_only=True):
    """One step of a walk. Shown by ``step.html``."""

    prompt: Prompt
    expected: Expected
    task: bool
    team: str = ""  # that does the action which the walk waits for
    acts: bool = True  # whether whoever reads it may say how it went
    inputs: Mapping[str, str] = {}  # of the action to do by hand
    chosen: frozenset[str] = frozenset()  # the choices ticked before
    done: frozenset[str] = frozenset()  # the points of the checklist ticked before
    filled: Mapping[str, Any] | None = None  # what was typed into the form before
    unsure: str = ""  # nobody knows whether the action was done: what it is known by elsewhere

    @property
    def fields(self) -> tuple[PromptField, ...]:
        return self.expected.fields or self.expected.exits.get(next(iter(self.chosen), ""), ())

    @property
    def prefix(self) -> str:
        return f"{next(iter(self.chosen))}." if self.expected.exits and self.chosen else ""

    def label(self, name: str) -> str:
        return label_of(self.fields, name)

    def target(self, name: str) -> str:
        """The field that a message leads to."""
        return f"f.{self.prefix}{name}" if name else "f."


class Consequences(Noun, frozen=True):
    """What changing an earlier answer does to what came after it, in the questions' own words."""

    was: str
    becomes: str
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    asked_again: str
    results_kept: tuple[str, ...]
    results_repeated: tuple[str, ...]
    results_left: tuple[str, ...]


class ChangePage(StepPage, frozen=True, kw_only=True):
    """An earlier answer, to be changed; and what that would do. Shown by ``change.html``."""

    number: int  # of the answer, in the record
    task: bool = False
    consequences: Consequences | None = None
    sent: list[tuple[str, str]] = []  # the new answer as the form had it, to be sent once more


class WaitingPage(WalkPage, frozen=True, kw_only=True):
    """An action that is being done. ``say``: which, as Markdown. Shown by ``waiting.html``."""

    say: str
    hint: str = ""
    by_hand: bool = False  # whether it may be done by hand meanwhile


class OutcomePage(WalkPage, frozen=True, kw_only=True):
    """How a walk ended, and its path. Shown by ``outcome.html``."""

    words: str
    disposition: str
    teams: tuple[str, ...]
    promises: list[Promised]
    summary: str
    code: str = ""  # what it counts as, and what it can count as
    codes: list[tuple[str, str]] = []
    closed: Any = None  # ended.Closing
    delivery: Any = None  # actions.outbox.Delivery


class FaultPage(WalkPage, frozen=True, kw_only=True):
    """The last good screen of a walk whose present one cannot be made. Shown by ``fault.html``."""

    prompt: Prompt | None
    reference: str


class AgainPage(Noun, frozen=True):
    """A call that could not be confirmed: everything that was sent, to be sent again. Shown by
    ``again.html``."""

    address: str
    sent: list[tuple[str, str]]
    words: str
    back: str


class WalksPage(Noun, frozen=True):
    """Recorded walks. Shown by ``walks.html``. ``state``: waiting, ended, or "" for all."""

    rows: list[Row]
    more: str
    zone: str
    state: str = ""
    whose: str = ""  # "mine": those that he began; only where he may see others
    chooses: bool = False


class ErrorPage(Noun, frozen=True):
    """What went wrong, and what to do. Shown by ``error.html``."""

    title: str
    words: str
    reference: str = ""
