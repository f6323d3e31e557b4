"""The words of Fingerpost: every noun of the engine, and nothing that happens to them.

This docstring is the glossary; one word for one thing, in code, pages, files and errors alike.

=================  ==============================================================================
word               what it is
=================  ==============================================================================
Library            the folder of trees with their shared vocabulary
Tree               nodes and where to start; closed over the trees that it uses, frozen, with two
                   hashes: *logic* (what decides the way) and *text* (what people read)
Node, its verb     one place in a tree: ``ask tell decide run use end``
Exit               one way out of a node; always data
Field              one value that a form, a contract or ``given`` declares
Type               what the language knows of a value: a number, a date, one of these choices …
Text               words with ``{placeholders}``
Prompt             what to put in front of whoever walks: words, choices, fields
Answer; values     what came back; all that is known at a point of the walk
Walk               one way of one person through one version of one tree
Event              a fact appended to a walk's log; all that is recorded. The log *is* the walk
Step               one passage through a node by one exit, derived; the *path* is the list of them
Request            what a walk waits for that no prompt answers: an action
Outcome            how a walk ended; its *disposition* is the code that reports count it under
Frame              the values of one tree on the stack: ``use`` opens one, an exit closes it
Check, Finding     what looks at a tree; what it has to say
Mark               a place in a file
Story              a walk written down beforehand: an author's test
Store              keeps events
Duty               what waits for a team or a person: a walk to be taken, to come back to, an action,
                   a promise. Derived from the events; a store lists them by whom they wait for
Channel            speaks a prompt and hears an answer
Reader, Writer     a file in; a file out
=================  ==============================================================================

Values in memory: text, phone, e-mail, choice, month (``2026-11``) and time (``19:30``) are ``str``;
numbers and money are ``Decimal`` (visits are ``int``); a date is a ``date``; a moment is an aware
``datetime``; yesno is a ``bool``; ``choices`` and lists are tuples. An unset value is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal, Protocol

import msgspec
from immutables import Map

Value = Any  # see the module's docstring: str | Decimal | int | date | datetime | bool | tuple
Answer = Any  # plain JSON: an id, a list of ids, an object of fields, a row's id, {"anytime": ID}
Path = tuple[str | int, ...]  # the way to a value in a file: ("nodes", "lights", "ask")
Audience = Literal["agent", "customer", "system"]
Severity = Literal["error", "warning"]
HERE = "here"  # the way of a detour back to the step that it was taken from

AUDIENCES: tuple[str, ...] = ("agent", "customer", "system")
CHANNEL_NAMES: tuple[str, ...] = ("phone", "chat", "page", "email", "social", "desk", "api")


class Noun(msgspec.Struct, frozen=True):
    """A frozen value. (msgspec's Struct: a tenth of the cost of a frozen dataclass to make.)"""


# ---------------------------------------------------------------------------------- files


class Mark(Noun, frozen=True):
    """A place in a file, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Passage(Noun, frozen=True):
    """One step of a finding's route; ``assuming`` is the condition that it hangs on, if any."""

    tree: str
    node: str
    exit: str | None
    assuming: str = ""


class Finding(Noun, frozen=True, kw_only=True):
    """Something a check has to say. ``fix`` is text to paste, where there is any."""

    check: str
    severity: Severity = "error"
    message: str
    mark: Mark
    tree: str = ""
    node: str = ""
    route: tuple[Passage, ...] | None = None
    fix: str | None = None


class Limits(Noun, frozen=True):
    """How large a library's files may be. Settings change it; the bench raises it."""

    nodes: int = 2_000
    file_bytes: int = 1_000_000
    depth: int = 40  # of YAML
    events: int = 400_000  # YAML events (scalars, starts, ends) in a file
    states: int = 50_000  # explored by the checker for a tree
    frames: int = 10  # depth of subtrees


LIMITS = Limits()

# Backstops of the walker; publishing proves that no clean tree meets them.
MAX_AUTOMATIC = 100  # steps in a row without a person
MAX_EVENTS = 10_000  # a walk
MAX_ANSWER = 64_000  # bytes of JSON

# Why an action that took its failed exit was certainly not done: nothing had gone out. Who comes
# to it again may try again, even where doing it twice would harm.
NOBODY = "nobody to do it"
NEVER_DONE = frozenset({NOBODY, "not reached", "not allowed", "circuit open", "too busy"})


# ---------------------------------------------------------------------------------- values

Kind = Literal[
    "text", "number", "money", "date", "month", "time", "moment", "yesno", "choice", "list"
]


class Type(Noun, frozen=True):
    """What the language knows of a value.

    ``of``: the ids that a choice can be (also of a list of choices). ``item``: what a list holds.
    ``columns``: what each row of a list of rows holds. ``open``: a choice whose ids are only known
    at run time (rows of an action), which compares with any text.
    """

    kind: Kind
    of: tuple[str, ...] = ()
    item: Type | None = None
    columns: tuple[tuple[str, Type], ...] = ()
    open: bool = False


class Calendar(Noun, frozen=True):
    """The library's workdays (``mon`` .. ``sun``) and holidays, and its time zone (IANA name)."""

    timezone: str = "UTC"
    workdays: frozenset[str] = frozenset({"mon", "tue", "wed", "thu", "fri"})
    holidays: frozenset[date] = frozenset()


class Names(Protocol):
    """What an expression or a text may name at one place of a tree."""

    def type_of(self, name: str) -> Type | None:
        """The type of a dotted name (``contact.mobile``, ``visits.reboot``), or None."""
        ...

    def is_fact(self, name: str) -> bool:
        """Is it one of the tree's ``facts``: computed, so always there to be read?"""
        ...

    def constant(self, name: str) -> Value | None:
        """The value of ``constants.NAME``, which compiles into the expression; else None."""
        ...

    def known(self) -> Iterable[str]:
        """Every name, for 'did you mean'."""
        ...

    def form(self, name: str) -> tuple[str, ...]:
        """The fields of which one is set exactly where this form was filled in; () for no form."""
        ...


class Scope(Protocol):
    """Where a compiled expression reads its values. The walker has one, the explorer another."""

    calendar: Calendar

    def get(self, name: str) -> Value:
        """A value by its dotted name. Raises EmptyValue where it is not set."""
        ...

    def has(self, name: str) -> bool: ...
    def fact(self, name: str) -> Value: ...
    def visits(self, node: str) -> Value: ...
    def every(self, name: str) -> Value: ...
    def about(self, name: str) -> Value:
        """``audience channel language started now today``."""
        ...


class Expr(Noun, frozen=True, eq=False):
    """An expression, compiled once.

    ``source`` is in canonical spelling; ``reads`` are the names that it may read (facts by their
    own name, ``visits.N``, ``every.N``); ``literals`` the names that it compares with literals,
    and which: what the explorer must be able to tell apart.
    """

    source: str
    type: Type
    reads: frozenset[str]
    run: Callable[[Scope], Value]
    literals: Mapping[str, frozenset[Any]] = {}
    at: Path = ()  # in the file of its tree
    exact: frozenset[str] = frozenset()  # names whose every value matters (compared with a name,
    # passed on, counted with): nothing of them can be merged


class Text(Noun, frozen=True, eq=False):
    """Words with placeholders, parsed once. ``address`` is their key in side files.

    ``blocks`` belong to ``engine.texts``; ``reads`` are all names shown, ``text.NAME`` among them.
    """

    source: str
    address: str
    blocks: tuple[Any, ...] = ()
    reads: tuple[str, ...] = ()


class NamedText(Noun, frozen=True):
    """An entry of ``texts``: variants, the first whose ``when`` holds is shown."""

    name: str
    variants: tuple[tuple[Expr | None, Text], ...]


class Option(Noun, frozen=True):
    """One of the values of a field of type ``choice`` or ``choices``."""

    id: str
    label: Text


class Field(Noun, frozen=True, kw_only=True):
    """One value that a form, a contract or ``given`` declares. ``type`` is a key of FIELDS."""

    name: str
    type: str
    label: Text | None = None
    help: Text | None = None
    required: bool = True
    private: bool = False
    of: tuple[Option, ...] = ()
    min: Value | None = None
    max: Value | None = None
    pattern: str | None = None
    message: Text | None = None
    default: Expr | None = None
    must: Expr | None = None
    known: Expr | None = None
    columns: tuple[Field, ...] = ()  # of a list of rows; the first is the row's id
    at: Path = ()


# ---------------------------------------------------------------------------------- trees


class Exit(Noun, frozen=True):
    """One way out of a node. ``name``: a choice's id, ``next``, ``rule_1`` .., ``otherwise``, an
    exit of a contract, ``none_of_these``, ``limit``, ``anytime.ID``; ``to``: a node, or ``here``."""

    name: str
    to: str
    at: Path = ()


class Image(Noun, frozen=True):
    """A picture; ``file`` starts at the library's root."""

    file: str
    alt: Text


class Link(Noun, frozen=True):
    """A link beside the words: ``link: {to: https://…, label: …}``."""

    to: Text
    label: Text


class Limit(Noun, frozen=True):
    """After ``visits`` entries the next goes to ``then`` instead."""

    visits: int
    then: str


class FollowUp(Noun, frozen=True):
    """A promise: due when, why, by which team."""

    due: Expr
    why: Text
    by: str = ""


class Anytime(Noun, frozen=True):
    """An exit offered on every ask and tell of its tree."""

    id: str
    label: Text
    to: str
    only: str = ""
    when: Expr | None = None
    at: Path = ()


class Action(Noun, frozen=True, kw_only=True):
    """A contract with the outside world. ``exits``: what each gives. ``how`` it is done:
    ``http``, ``table``, ``by`` a team, or by ``hand``."""

    id: str
    label: Text | None = None
    takes: tuple[Field, ...] = ()
    exits: Mapping[str, tuple[Field, ...]] = {}
    exit_labels: Mapping[str, Text] = {}
    min_rows: Mapping[str, int] = {}  # "EXIT.OUTPUT": least number of rows of a list
    failed: str = ""
    safe_to_repeat: bool = False
    how: Literal["http", "table", "by", "hand"] = "hand"
    by: str = ""
    http: Mapping[str, Any] = {}
    table: Any = None  # engine.building.tables.Table


class Contract(Noun, frozen=True):
    """What a tree used as a subtree takes and gives."""

    given: tuple[Field, ...] = ()
    exits: Mapping[str, tuple[Field, ...]] = {}


class Entry(Noun, frozen=True):
    """A team, a disposition or a kpi of the library."""

    id: str
    label: Text
    kpi: str = ""


class Node(Noun, frozen=True, kw_only=True):
    """What every verb has. Each module of ``engine/nodes`` adds its own."""

    id: str
    exits: tuple[Exit, ...] = ()
    say: Text | None = None
    hint: Text | None = None
    help: Text | None = None
    image: Image | None = None
    link: Link | None = None
    limit: Limit | None = None
    expect: int = 0  # seconds
    tags: tuple[str, ...] = ()
    verbatim: bool = False
    only: str = ""
    anytime: bool = True
    follow_up: tuple[FollowUp, ...] = ()


class Tree(Noun, frozen=True, kw_only=True, eq=False, weakref=True):
    """Nodes and where to start, closed over the trees that it uses. Never changes."""

    id: str
    title: Text
    start: str
    nodes: Mapping[str, Any]  # of the node classes in engine/nodes
    summary: Text | None = None
    owner: str = ""
    tags: tuple[str, ...] = ()
    audience: tuple[str, ...] = ("agent",)
    channels: tuple[str, ...] = ()
    source_language: str = "en"
    languages: tuple[str, ...] = ("en",)  # the source first
    given: tuple[Field, ...] = ()
    facts: Mapping[str, Expr] = {}
    texts: Mapping[str, NamedText] = {}  # its own and the library's
    anytime: tuple[Anytime, ...] = ()
    contract: Contract | None = None  # set if it has exits
    renamed: Mapping[str, str] = {}
    uses: Mapping[str, Tree] = {}  # every tree below, at any depth, by id
    actions: Mapping[str, Action] = {}
    dispositions: Mapping[str, Entry] = {}
    kpis: Mapping[str, Entry] = {}
    teams: Mapping[str, Entry] = {}
    constants: Mapping[str, Value] = {}
    calendar: Calendar = Calendar()
    currency: str = ""  # ISO 4217, how money is shown; the library's `currency`
    types: Mapping[str, Type] = {}  # of every value that it can hold, by dotted name
    gives: Mapping[str, tuple[str, ...]] = {}  # node -> the names of what it gives
    labels: Mapping[str, Mapping[str, Text]] = {}  # of choice values, by dotted name
    private: frozenset[str] = frozenset()  # dotted names of personal values
    detours: Mapping[str, frozenset[str]] = {}  # node -> the detours that it may silently lead to
    spans: Mapping[
        str, Any
    ] = {}  # what is certain of numbers, by dotted name: engine.building.bounds.Span
    counted: frozenset[str] = frozenset()  # nodes that some expression or text reads by `every`
    translations: Mapping[str, Mapping[str, Text]] = {}  # language -> address -> text
    logic: str = ""  # SHA-256, hex
    text: str = ""


# ---------------------------------------------------------------------------------- walks


class Step(Noun, frozen=True):
    """One passage through a node by one exit (None where the walk ends). ``known``: the question
    answered itself. ``depth``: how many frames lie below."""

    tree: str
    node: str
    exit: str | None
    visit: int
    known: bool = False
    depth: int = 0


class Begun(Noun, frozen=True):
    """That an action was begun, and nobody knows yet how it went. ``first``: the seq of the event
    that said so first; ``at``: of the last, the ``tries``-th; ``how``: by which means of a server's
    own ("" where somebody else said that they had begun)."""

    first: int
    at: datetime
    tries: int = 1
    how: str = ""


class Request(Noun, frozen=True):
    """An action that a walk waits for. The same walk gives the same id."""

    id: str
    action: str
    inputs: Mapping[str, Value]
    safe_to_repeat: bool
    how: str = "hand"
    by: str = ""  # the team that does it
    done: str = ""  # an unsafe action was done before, with other inputs: said here, for a person
    begun: Begun | None = None

    @property
    def unsure(self) -> bool:
        """Whether a server has begun with what must not be done twice, and not said how it went."""
        return self.begun is not None and bool(self.begun.how) and not self.safe_to_repeat


class Done(Noun, frozen=True):
    """The result of an unsafe action that lies off the present path: it was done all the same.
    ``result``: ``{"exit": EXIT, outputs ..}``, an erased output as a stand-in."""

    inputs: Mapping[str, Value]
    result: Mapping[str, Any]


Kept = Map[tuple[str, str], tuple[Done, ...]]  # by (tree, node), in the order of the path


class Outcome(Noun, frozen=True):
    """How a walk ended. ``dispositions``: of every end passed, the last one's is ``disposition``."""

    tree: str
    node: str
    disposition: str = ""
    kpi: str = ""
    hand_to: tuple[str, ...] = ()
    survey: str = ""
    dispositions: tuple[str, ...] = ()


class Promise(Noun, frozen=True):
    """A follow-up that the path made: when it is due (a date or a moment), why, by which team."""

    due: Value
    why: str
    by: str
    tree: str
    node: str


class Frame(Noun, frozen=True):
    """Where one tree of the stack stands, and what it knows.

    ``values`` holds values by dotted name, ``visits.NODE`` (int) and ``every.NODE`` (tuple).
    ``stood``: for a frame opened by a ``use`` with a way ``here``: the stack as it was at the
    last step that a person stood at.
    """

    tree: str
    node: str
    values: Map[str, Value]
    stood: tuple[Frame, ...] | None = None


class Chain(Noun, frozen=True):
    """A list that shares its tail: growing it costs the same at any length."""

    last: Any
    rest: Chain | None
    length: int


Status = Literal["asking", "pending", "ended"]


class State(Noun, frozen=True):
    """Everything that decides what a walk does next. ``kept``: the results of unsafe actions that
    were undone: never repeated, never forgotten."""

    frames: tuple[Frame, ...]  # the root first
    status: Status
    now: datetime
    language: str
    request: Request | None = None
    outcome: Outcome | None = None
    dispositions: tuple[str, ...] = ()
    steps: Chain | None = None  # of Step
    promises: tuple[Promise, ...] = ()
    stood: tuple[Frame, ...] | None = None  # the stack at the last step a person stood at
    kept: Kept = Map()


class About(Noun, frozen=True):
    """What a walk was started with; it never changes."""

    audience: str
    channel: str
    started: datetime
    reference: str = ""


class Turn(Noun, frozen=True):
    """Whose turn a walk is, once that is not simply whoever began it. ``owner``: who has taken it,
    ``since`` when, and who had ``before`` him; ``handed``: to whom it was handed, until somebody has taken it; ``parked``: until
    somebody goes on; ``taken``: it had ended with a team, and its owner took it there; ``followed``:
    what became of what was promised, the last of each."""

    owner: str = ""
    since: datetime | None = None
    before: tuple[str, ...] = ()
    handed: HandedTo | None = None
    parked: Parked | None = None
    taken: bool = False
    followed: Map[str, FollowedUp] = Map()


class Walk(Noun, frozen=True):
    """One way of one person through one version of one tree, so far.

    ``seq`` counts its events, ``new`` are those not yet stored; ``past`` the states to go back to,
    each with the move that left it; ``draft`` the answer that going back took away, to be shown
    again. ``secrets`` never enter the log.
    """

    id: str
    tree: str
    about: About
    state: State
    seq: int = 0
    new: tuple[Event, ...] = ()
    past: Chain | None = None
    draft: Any = None
    secrets: Map[str, Any] = Map()  # reference -> plain private values of the new events
    turn: Turn | None = None  # None: of whoever began it


# ---------------------------------------------------------------------------------- events


class Event(Noun, frozen=True, kw_only=True, tag_field="type", omit_defaults=True, rename=None):
    """A fact in a walk's log. ``at`` is UTC; ``actor`` who did it; ``client_id`` makes a retried
    call the same event. A private value stands as ``{"private": REF}``: see ``private``."""

    at: datetime
    actor: str = ""
    client_id: str = ""


class Move(Event, frozen=True, kw_only=True):
    """An event that moves the walk: the steps that it led to, the node now reached
    (``TREE.NODE``), and the hashes of what was shown when it was answered."""

    steps: tuple[Step, ...] = ()
    reached: str = ""
    logic: str = ""
    text: str = ""


class Started(Move, frozen=True, kw_only=True, tag="started"):
    tree: str
    given: Mapping[str, Any] = {}
    audience: str = "agent"
    channel: str = ""
    language: str = ""
    reference: str = ""


class Answered(Move, frozen=True, kw_only=True, tag="answered"):
    node: str
    answer: Any
    row: Any = None  # the row picked from an action's list: it stands after the list has changed


class Continued(Move, frozen=True, kw_only=True, tag="continued"):
    node: str


class ActionStarted(Event, frozen=True, kw_only=True, tag="action_started"):
    """Recorded before anything goes out. ``how``: the means of the server that has begun with it;
    ``attempt``: 2 and more where what was begun before is done again."""

    request: str
    action: str
    how: str = ""
    attempt: int = 1


class ActionFinished(Move, frozen=True, kw_only=True, tag="action_finished"):
    """``reason``: why it took its failed exit, where that was not the answer itself."""

    request: str
    action: str
    exit: str
    outputs: Mapping[str, Any] = {}
    reason: str = ""


class WentBack(Move, frozen=True, kw_only=True, tag="went_back"):
    pass


class Changed(Move, frozen=True, kw_only=True, tag="changed"):
    """The answer given at seq ``target`` became ``answer``; ``kept`` are the seqs that still stand."""

    target: int
    answer: Any
    row: Any = None


class Jumped(Move, frozen=True, kw_only=True, tag="jumped"):
    node: str
    reason: str


class Noted(Event, frozen=True, kw_only=True, tag="noted"):
    text: str
    node: str = ""


class LanguageSet(Event, frozen=True, kw_only=True, tag="language_set"):
    language: str


class HandedTo(Event, frozen=True, kw_only=True, tag="handed_to"):
    """``to``: a team of the tree, or ``person:ID``."""

    to: str
    reason: str = ""


class Parked(Event, frozen=True, kw_only=True, tag="parked"):
    reason: str = ""
    until: datetime | None = None


class Resumed(Event, frozen=True, kw_only=True, tag="resumed"):
    """Taken: what was parked, was handed over, or has ended with a team."""


class FollowedUp(Event, frozen=True, kw_only=True, tag="followed_up"):
    """What became of a promise (``TREE.NODE.N``: the node's ``N``-th that stands on the path), or of a
    walk that ended with a team (``hand_to``): ``done``; ``not_reached``, so it stays, ``until`` then
    where that is said; done, and due ``again`` then; ``dropped``, as nobody needs it any more."""

    promise: str
    result: Literal["done", "not_reached", "again", "dropped"]
    note: str = ""
    until: datetime | None = None


class Migrated(Move, frozen=True, kw_only=True, tag="migrated"):
    old: str
    new: str


class Surveyed(Event, frozen=True, kw_only=True, tag="surveyed"):
    survey: str
    rating: int
    comment: str = ""


class Closed(Event, frozen=True, kw_only=True, tag="closed"):
    """``disposition``: what it counts as, where the end said another; ``summary``: what whoever
    walked has to add."""

    disposition: str = ""
    summary: str = ""


AnyEvent = (
    Started
    | Answered
    | Continued
    | ActionStarted
    | ActionFinished
    | WentBack
    | Changed
    | Jumped
    | Noted
    | LanguageSet
    | HandedTo
    | Parked
    | Resumed
    | FollowedUp
    | Migrated
    | Surveyed
    | Closed
)


# ---------------------------------------------------------------------------------- prompts


class PromptChoice(Noun, frozen=True):
    """A choice as it is shown: its id, and what it says (Markdown)."""

    id: str
    label: str
    hint: str = ""
    image: tuple[str, str] | None = None  # file, alternative text


class PromptField(Noun, frozen=True, kw_only=True):
    """A field as it is shown. ``value`` is filled in beforehand; bounds are in their JSON spelling."""

    name: str
    type: str
    label: str
    help: str = ""
    required: bool = True
    private: bool = False
    choices: tuple[PromptChoice, ...] = ()
    value: Any = None
    min: str = ""
    max: str = ""
    pattern: str = ""
    message: str = ""
    columns: tuple[PromptField, ...] = ()  # of a list of rows


class Prompt(Noun, frozen=True, kw_only=True, cache_hash=True):
    """What to put in front of whoever walks: all that a channel ever sees. Words are Markdown with
    the values in place, escaped; there is no HTML here."""

    tree: str
    node: str
    visit: int
    say: str
    hint: str = ""
    help: str = ""
    image: tuple[str, str] | None = None
    link: tuple[str, str] | None = None  # address, label
    pick: str = ""  # "one", "many", or "" where nothing is chosen
    choices: tuple[PromptChoice, ...] = ()
    none_of_these: str = ""  # its label
    fields: tuple[PromptField, ...] = ()
    checklist: tuple[str, ...] = ()
    wait: int = 0  # seconds
    expect: int = 0
    verbatim: bool = False
    only: str = ""
    anytime: tuple[PromptChoice, ...] = ()
    draft: Any = None  # the answer given here before going back


class Expected(Noun, frozen=True, kw_only=True):
    """Exactly what ``answer`` accepts here. ``type``: the event to send, ``answered`` or
    ``continued``, or ``action_finished`` for whoever does an action, "" for nothing at all."""

    type: str = ""
    node: str = ""
    pick: str = ""  # "one", "many", "row"
    choices: tuple[str, ...] = ()
    none_of_these: bool = False
    fields: tuple[PromptField, ...] = ()
    exits: Mapping[str, tuple[PromptField, ...]] = {}  # of an action that is waited for
    anytime: tuple[str, ...] = ()
