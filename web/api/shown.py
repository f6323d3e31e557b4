"""What the JSON API gives: the same declarations write it and describe it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from engine.model import Expected, Noun, Prompt
from web.notices import Notice
from web.remarks import Remark


class RequestShown(Noun, frozen=True, kw_only=True):
    """The action that a walk waits for: ``how`` it is done, by which team (``by``). ``begun``: when a
    server began with it, if one has; ``unsure``: it must not be done twice, and nobody knows how it
    went: look it up (``key`` is what it is known by on the other side), then say so."""

    id: str
    action: str
    how: str
    by: str | None
    inputs: dict[str, Any]
    safe_to_repeat: bool
    begun: datetime | None = None
    unsure: bool = False
    key: str | None = None


class FollowUpShown(Noun, frozen=True, kw_only=True):
    due: str
    why: str
    by: str | None


class OutcomeShown(Noun, frozen=True, kw_only=True):
    """How a walk ended. ``words`` are Markdown."""

    tree: str
    node: str
    disposition: str | None
    kpi: str | None
    hand_to: tuple[str, ...]
    survey: str | None
    follow_ups: list[FollowUpShown]
    words: str


class Standing(Noun, frozen=True, kw_only=True):
    """Where a walk stands. ``pending``: a server does the action that it waits for; ask again in a
    moment. ``expects`` says exactly what is accepted; ``detail`` why a call was
    not (409)."""

    id: str
    tree: str
    logic: str
    seq: int
    status: Literal["waiting", "pending", "ended"]
    started: datetime
    audience: str
    language: str
    channel: str
    reference: str
    prompt: Prompt | None
    request: RequestShown | None
    expects: Expected
    outcome: OutcomeShown | None
    detail: str | UnsetType = UNSET


class TextShown(Noun, frozen=True, kw_only=True):
    """Where a walk stands, as plain text: what is asked, and how to reply."""

    seq: int
    status: Literal["waiting", "pending", "ended"]
    text: str


class Consequences(Noun, frozen=True, kw_only=True):
    """What becomes of a walk when an earlier answer is changed, by nodes."""

    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    asked_again: str | None
    results_kept: tuple[str, ...]
    results_repeated: tuple[str, ...]


class RebaseTold(Noun, frozen=True, kw_only=True):
    """The consequences; nothing has changed."""

    dry_run: Literal[True]
    consequences: Consequences


class RebaseDone(Standing, frozen=True, kw_only=True):
    """Where the walk stands after the change. ``consequences`` is null for a repeated call."""

    dry_run: Literal[False]
    consequences: Consequences | None


class AheadStep(Noun, frozen=True, kw_only=True):
    """A step that lies ahead: ``place`` is ``TREE.NODE``, under which ``ahead`` takes its answer.
    A value that nobody has said yet stands as … in its words."""

    place: str
    prompt: Prompt
    expects: Expected


class AheadShown(Noun, frozen=True, kw_only=True):
    """What is likely to be asked, the nearest first."""

    seq: int
    steps: list[AheadStep]


class AheadDone(Standing, frozen=True, kw_only=True):
    """Where the walk stands after several answers: whose were ``used``, whose were not (``left``:
    send them again when their questions come), and what was ``wrong`` with the one that stopped it.
    All three are null for a repeated call."""

    used: tuple[str, ...] | None
    left: list[str] | None
    wrong: dict[str, str] | None


class RemarksShown(Noun, frozen=True, kw_only=True):
    """Remarks, the latest first. ``before``: what the next page is asked for with."""

    remarks: list[Remark]
    before: str | None


class WalkShown(Noun, frozen=True, kw_only=True):
    """A walk as it is listed. ``actor``: who began it."""

    id: str
    seq: int
    tree: str
    node: str
    status: Literal["waiting", "ended"]
    disposition: str | None
    started: datetime
    updated: datetime
    actor: str
    audience: str
    channel: str
    language: str
    reference: str


class WalksShown(Noun, frozen=True, kw_only=True):
    """Walks, the latest started first. ``before``: what the next page is asked for with."""

    walks: list[WalkShown]
    before: str | None


class DutyShown(Noun, frozen=True, kw_only=True):
    """What waits for a team or a person because of a walk. ``kind``: it was handed over, taken,
    parked; a team's action; it ended with a team; a promise, with its name for ``followed_up``.
    ``due``: when, the beginning of it where it is due on a ``day``; ``why``: Markdown of a promise,
    else what was written; ``by``: who left it."""

    kind: str
    promise: str | None
    team: str | None
    person: str | None
    since: datetime
    due: datetime | None
    day: bool
    late: bool
    why: str
    by: str | None
    walk: WalkShown


class WaitingShown(Noun, frozen=True, kw_only=True):
    """What waits, what wants somebody first first. ``after``: what the next page is asked for with."""

    waiting: list[DutyShown]
    after: str | None


class NoticesShown(Noun, frozen=True, kw_only=True):
    """What is told before the first step."""

    notices: list[Notice]


class StepShown(Noun, frozen=True, kw_only=True):
    """One passage through a node by one exit (null where the walk ends)."""

    tree: str
    node: str
    exit: str | None
    visit: int


class PathShown(Noun, frozen=True):
    steps: list[StepShown]


class EventShown(Noun, frozen=True, kw_only=True):
    """An event of the record; each type adds its own. ``prev`` is the hash of the one before."""

    seq: int
    at: datetime
    type: str
    actor: str
    client_id: str
    prev: str


class EventsShown(Noun, frozen=True):
    events: list[EventShown]


class GivenShown(Noun, frozen=True, kw_only=True):
    name: str
    type: str
    label: str
    required: bool
    private: bool
    of: list[str]


class TreeShown(Noun, frozen=True, kw_only=True):
    """A tree. ``logic`` and ``text`` are its hashes; ``exits`` are set where it is used by others."""

    id: str
    title: str
    summary: str | None
    tags: tuple[str, ...]
    audience: tuple[str, ...]
    languages: tuple[str, ...]
    channels: tuple[str, ...]
    logic: str
    text: str
    start: str
    given: list[GivenShown]
    exits: list[str] | None


class TreesShown(Noun, frozen=True):
    trees: list[TreeShown]


class NodeShown(Noun, frozen=True, kw_only=True):
    id: str
    verb: str
    words: str


class ExitShown(Noun, frozen=True, kw_only=True):
    node: str
    exit: str
    to: str


class WayShown(Noun, frozen=True, kw_only=True):
    exit: str
    to: str


class GraphShown(Noun, frozen=True, kw_only=True):
    tree: str
    logic: str
    start: str
    nodes: list[NodeShown]
    exits: list[ExitShown]
    anytime: list[WayShown]


class PassageShown(Noun, frozen=True, kw_only=True):
    tree: str
    node: str
    exit: str | None
    assuming: str | UnsetType = UNSET


class FindingShown(Noun, frozen=True, kw_only=True):
    """What a check has to say of a tree."""

    check: str
    severity: Literal["error", "warning"]
    file: str
    line: int
    column: int
    tree: str | None
    node: str | None
    message: str
    route: list[PassageShown] | None
    fix: str | None


class FindingsShown(Noun, frozen=True):
    findings: list[FindingShown]


class Problem(Noun, frozen=True, kw_only=True):
    """Problem details (RFC 9457). ``fields``: what is wrong, by field ("" is the whole)."""

    type: str
    title: str
    status: int
    detail: str
    reference: str  # the id of the request, which its line in the log has too
    fields: dict[str, str] | UnsetType = UNSET
