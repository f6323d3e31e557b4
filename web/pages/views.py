"""What each page is given to show. A template may use these names and no others."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup
from msgspec.structs import replace

from engine import walk as walks
from engine.fields import FIELDS
from engine.kit.moves import ERASED
from engine.kit.scope import zone
from engine.model import (
    ActionFinished,
    Answered,
    Changed,
    Expected,
    Finding,
    Noted,
    Noun,
    Prompt,
    PromptField,
    Text,
    Tree,
    Type,
    Walk,
)
from engine.rebase import Rebase
from engine.record import Stored
from engine.speak import locale, speak
from engine.stores import WalkRow
from engine.walk import Past
from web.pages.markdown import plain
from web.words import SOURCE, Say, marked, numbered, translator


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
    where: str  # the outcome's words ("" where it has none), or the node where it stands
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

    def tongue(self, language: str) -> str:
        return tongue_of(self.tree, language)

    def title(self, language: str) -> str:
        return worded(self.tree, language, self.tree.title)

    def summary(self, language: str) -> str:
        return worded(self.tree, language, self.tree.summary) if self.tree.summary else ""

    def label(self, name: str) -> str:
        return "Reference" if name == "reference" else _label(self.fields, name)

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
    note_wrong: str = ""
    noting: bool = False  # a note was kept: whoever wrote it stays there
    client_id: str
    direction: str = "ltr"
    back: bool = True
    waiting: int = 0  # seconds after which the page comes again: nothing is typed into it

    @property
    def language(self) -> str:
        return self.walk.state.language

    @property
    def title(self) -> str:
        return worded(self.tree, self.language, self.tree.title)


class StepPage(WalkPage, frozen=True, kw_only=True):
    """One step of a walk. Shown by ``step.html``."""

    prompt: Prompt
    expected: Expected
    task: bool
    team: str = ""  # that does the action which the walk waits for
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
        return _label(self.fields, name)

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
    """Recorded walks. Shown by ``walks.html``."""

    rows: list[Row]
    more: str
    zone: str


class ErrorPage(Noun, frozen=True):
    """What went wrong, and what to do. Shown by ``error.html``."""

    title: str
    words: str
    reference: str = ""


def _label(fields: Iterable[PromptField], name: str) -> str:
    return next((label(field) for field in fields if field.name == name), name)


def label(field: PromptField) -> str:
    """The field's label, or its name in words."""
    return spaced(field.name).capitalize() if field.label == field.name else field.label


def worded(tree: Tree, language: str, text: Text) -> str:
    """Words without values (a title, a label) in a language, as bare text."""
    return plain(tree.translations.get(language, {}).get(text.address, text).source)


def tongue_of(tree: Tree, language: str) -> str:
    """The language that a tree is shown in to whoever reads this one."""
    return language if language in tree.languages else tree.source_language


def ticked(said: Any) -> frozenset[str]:
    """The choices in an answer."""
    if isinstance(said, Mapping):
        said = said.get("exit")
    if isinstance(said, list | tuple):
        return frozenset(map(str, said))
    return frozenset() if said in (None, "") else frozenset((str(said),))


def inputs(walk: Walk) -> dict[str, str]:
    """What an action that is done by hand is given, as words."""
    given = walks.inputs(walk)
    return {name.replace("_", " ").capitalize(): str(value) for name, value in given.items()}


Lines = dict[int, tuple[Past, Said]]  # lines made before, by seq


def said(
    tree: Tree,
    walk: Walk,
    known: Lines | None = None,
    dress: Callable[[Said], Said] = lambda line: line,
    asked: tuple[Walk, Prompt] | None = None,
) -> list[Said]:
    """The answers on the present path, oldest first, in the walk's language. ``known`` keeps lines
    from page to page: what was asked long ago is put into words once, and dressed once. ``asked``:
    what the walk asked when it was shown last."""
    known = {} if known is None else known
    found: list[Said] = []
    where = zone(tree.calendar.timezone)
    chain = walk.past
    while chain is not None:
        past: Past = chain.last
        before = known.get(past.seq)
        if before is None or before[0] is not past:
            before = known[past.seq] = past, dress(_line(tree, walk, past, where, asked))
        found.append(before[1])
        chain = chain.rest
    return found[::-1]


def _line(
    tree: Tree, walk: Walk, past: Past, where: Any, asked: tuple[Walk, Prompt] | None
) -> Said:
    shown = asked[1] if asked is not None and asked[0].state is past.state else None
    if shown is None:
        state = replace(past.state, language=walk.state.language)
        there = replace(walk, state=state, draft=None)
        shown = walks.prompt(tree, there) or walks.task(tree, there)
    assert shown is not None
    return Said(
        past.seq,
        shown.node,
        plain(shown.say),
        _answer(shown, past, walk),
        past.event.at.astimezone(where),
        changeable(walk, past) is not None,
    )


def changeable(walk: Walk, past: Past) -> Any:
    """The answer that a move recorded, with its personal values; None where it is none that can be
    changed: an exit at any time, an action, a step that was only gone on from."""
    event = past.event
    if not isinstance(event, Answered):
        return None
    value = walks.unsealed(event.answer, walk.secrets)
    return None if isinstance(value, Mapping) and value.keys() == {"anytime"} else value


def consequences(tree: Tree, walk: Walk, target: int, asked: Prompt, told: Rebase) -> Consequences:
    """What becomes of the later answers and results, by the words of their steps."""
    lines = said(tree, walk)
    words = {line.node: line.asked for line in lines if line.seq != target}
    was = next((line.answered for line in lines if line.seq == target), "")
    change = told.walk.new[-1]
    becomes = _said(asked, change.answer, told.walk) if isinstance(change, Changed) else ""

    def named(nodes: Iterable[str]) -> tuple[str, ...]:
        return tuple(words.get(node, spaced(node).capitalize()) for node in nodes)

    prompt = walks.prompt(tree, told.walk)
    again = plain(prompt.say) if told.asked_again and prompt is not None else ""
    return Consequences(
        was, becomes, named(told.kept), named(told.dropped), again, named(told.results_kept),
        named(told.results_repeated), named(told.results_left),
    )  # fmt: skip


def _answer(shown: Prompt, past: Past, walk: Walk) -> str:
    event = past.event
    if isinstance(event, ActionFinished):
        labels = {choice.id: plain(choice.label) for choice in shown.choices}
        say = translator(walk.state.language)
        why = f" ({reason(event.reason, say)})" if event.reason else ""
        return labels.get(event.exit, event.exit) + why
    if not isinstance(event, Answered):
        return ""
    return _said(shown, event.answer, walk)


def _said(shown: Prompt, answer: Any, walk: Walk) -> str:
    """An answer in words."""
    value = walks.unsealed(answer, walk.secrets)
    if isinstance(value, dict):
        value = {name: ERASED for name in answer if name not in value} | value
    elif value is None and isinstance(answer, Mapping):  # the row that was picked
        return ERASED
    if isinstance(value, dict) and value.keys() == {"anytime"}:
        labels = {way.id: plain(way.label) for way in shown.anytime}
        way = str(value["anytime"])
        return labels.get(way, way)
    if isinstance(value, dict):
        return "; ".join(_filled(shown, value, translator(walk.state.language)))
    labels = {choice.id: plain(choice.label) for choice in shown.choices}
    ids = value if isinstance(value, list) else [value]
    if ids in ([], ["none_of_these"]):
        return plain(shown.none_of_these)
    return ", ".join(labels.get(str(id), str(id)) for id in ids)


_ENGLISH: Final = translator(SOURCE)


def reason(code: str, say: Say = _ENGLISH) -> str:
    """Why an action failed, in words."""
    known, _, rest = code.partition(":")
    words = say(_REASONS[known]) if known in _REASONS else known
    return f"{words}:{rest}" if rest else words


_REASONS: Mapping[str, str] = {
    "nobody to do it": "nobody was there to do it",
    "not reached": "the other side could not be reached; it was not done",
    "not allowed": "its address may not be called; it was not done",
    "circuit open": "the other side has failed too often; it was not tried",
    "too busy": "too much was under way; it was not tried",
    "timeout": "no answer came in time; it may have been done",
    "cut off": "the connection broke; it may have been done",
    "unknown": "nobody knows whether it was done",
    "redirect": "the other side sent us elsewhere",
    "too large": "the answer was too large",
    "not JSON": "the answer could not be read",
    "does not fit": "the answer does not fit the contract",
    "error": "it ended in a fault",
}


def _filled(shown: Prompt, value: Mapping[str, Any], say: Say) -> Iterator[str]:
    for field in shown.fields:
        if field.name in value:
            labels = {choice.id: plain(choice.label) for choice in field.choices}
            items = value[field.name]
            items = items if isinstance(items, list) else [items]
            words = ", ".join(_word(labels, item, say) for item in items)
            yield f"{plain(field.label)}: {words}"


def _word(labels: Mapping[str, str], item: Any, say: Say) -> str:
    if isinstance(item, bool):
        return say("yes") if item else say("no")
    return labels.get(str(item), str(item))


def notes(tree: Tree, events: list[Stored]) -> list[Said]:
    """The notes of a walk, oldest first."""
    where = zone(tree.calendar.timezone)
    return [
        Said(stored.seq, event.node, "", event.text, event.at.astimezone(where))
        for stored in events
        if isinstance(event := stored.event, Noted)
    ]


def widget(field: PromptField) -> str:
    """What a page asks for a field with."""
    return FIELDS[field.type].INPUT


def input_mode(field: PromptField) -> str:
    return {"integer": "numeric", "number": "decimal", "money": "decimal"}.get(field.type, "")


ROWS = 5  # lines of a list that is typed by hand; more than were typed before, never fewer


def ids(value: Any) -> frozenset[str]:
    """The options of a field that a value ticks."""
    if isinstance(value, bool):
        return frozenset(("yes" if value else "no",))
    return ticked(value)


def lines(rows: Any) -> list[Mapping[str, Any]]:
    """The rows of a list, and empty ones to type into."""
    typed = list(rows or ())
    return typed + [{}] * max(1, ROWS - len(typed))


def describes(ids: str) -> Markup:
    return Markup(' aria-describedby="{}"').format(ids.strip()) if ids.strip() else Markup("")


def sentence(words: str) -> str:
    """A message with a capital and a full stop."""
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?", "!")) else ".")


def tongue(language: str) -> str:
    """A language by its own name."""
    here, tag = locale(language), language.replace("-", "_")
    # Not by the locale alone: English's is that of the world, and says so in its name.
    other = here.get_display_name() if tag.startswith(here.language) else language
    name = here.languages.get(tag) or other or language
    return name[:1].upper() + name[1:]


def when(at: datetime, language: str) -> str:
    """A day and a time as the language writes them."""
    from babel.dates import format_date, format_time

    where = locale(language)
    # The month in letters where the language has it so: 02/03 is another day to others.
    return f"{format_date(at, 'medium', where)} {format_time(at, 'short', locale=where)}"


def duration(seconds: int) -> tuple[str, int]:
    """A length of time in whole minutes, or in seconds: the words, and the number in them."""
    minutes, rest = divmod(seconds, 60)
    if not minutes or rest:
        return numbered("{n} second", "{n} seconds", seconds), seconds
    return numbered("1 minute", "{n} minutes", minutes), minutes


def spaced(id: str) -> str:
    """An id as words: ``known_outage`` is "known outage"."""
    return id.replace("_", " ")


def row(found: WalkRow, title: str, outcome: str, timezone: str) -> Row:
    where, head = zone(timezone), found.head
    ended = head.status == "ended"
    return Row(
        found.id, title, found.started.astimezone(where), found.updated.astimezone(where),
        head.status, outcome if ended else spaced(head.node),
        head.reference, head.language,
    )  # fmt: skip


def promises(tree: Tree, walk: Walk) -> list[Promised]:
    """The follow-ups that the path made."""
    found = []
    for promise in walk.state.promises:
        team = tree.teams.get(promise.by)
        due = speak(promise.due, _due_type(promise.due), walk.state.language, tree.currency)
        by = worded(tree, walk.state.language, team.label) if team else promise.by
        found.append(Promised(due, plain(promise.why), by))
    return found


def _due_type(due: Any) -> Type:
    return Type("moment" if isinstance(due, datetime) else "date")


def unread(tree: Tree, where: str, node: str, sent: Mapping[str, str]) -> dict[str, str]:
    """What was typed at a step that is over, under the words that it stood under."""
    owner = tree if where in ("", tree.id) else tree.uses.get(where, tree)
    found = owner.nodes.get(node)
    labels = {} if found is None else found.labels()
    choices = {id: plain(text.source) for id, text in labels.get(node, {}).items()}
    fields = {f.name: plain(f.label.source) for f in getattr(found, "fields", ()) if f.label}
    shown: dict[str, str] = {}
    for name, value in sent.items():
        if name.startswith("answer"):
            words = ", ".join(choices.get(id, spaced(id)) for id in value.split(", "))
            shown[marked("The answer")] = words
        else:
            field = name.removeprefix("f.")
            shown[fields.get(field, spaced(field.rpartition(".")[2]))] = value
    return shown


def done(said: Any) -> frozenset[str]:
    """The points of a checklist that are ticked."""
    return frozenset(map(str, said.get("done", ()))) if isinstance(said, Mapping) else frozenset()


def folded(words: str) -> str:
    """Words as a search compares them: without case and accents."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
