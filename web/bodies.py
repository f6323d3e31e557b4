"""What the JSON API takes and gives: the same declarations read, write and describe it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.errors import FingerpostError, near
from engine.model import Expected, Noun, Prompt

MOST_DEEP = 20
MOST_SEQ = 2**31

Id = Annotated[str, Meta(max_length=200, description="An id.")]
Ours = Annotated[
    str,
    Meta(max_length=200, description="Your own id for this call: sent again, it counts once."),
]
Seq = Annotated[int, Meta(ge=0, le=MOST_SEQ, description="The last event that you saw.")]
Reason = Annotated[str, Meta(max_length=1_000)]
Prose = Annotated[str, Meta(max_length=10_000)]


class BadRequest(FingerpostError):
    """The body of a call is not what this call takes; ``fields`` says where. ``status`` is 400 for
    what is no JSON at all."""

    def __init__(
        self, message: str, fields: Mapping[str, str] | None = None, status: int = 422
    ) -> None:
        self.fields, self.status = dict(fields or {}), status
        super().__init__(message)


# ------------------------------------------------------------------------------ what is taken


class Call(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a call."""


class StartCall(Call, frozen=True, kw_only=True):
    """Start a walk."""

    tree: Annotated[str, Meta(max_length=200, description="The tree's id.")]
    client_id: Ours = ""
    given: (
        Annotated[dict[str, Any], Meta(description="What is known before: the tree's `given`.")]
        | None
    ) = None
    audience: Literal["agent", "customer", "system"] | None = None
    language: Annotated[str, Meta(max_length=64)] | None = None
    channel: Literal["phone", "chat", "page", "email", "social", "desk", "api"] | None = None
    reference: (
        Annotated[str, Meta(max_length=200, description="Your own, such as a case's number.")]
        | None
    ) = None


class Sent(Call, frozen=True, kw_only=True, tag_field="type"):
    """An event to append."""

    seq: Seq
    client_id: Ours = ""
    node: (
        Annotated[
            str, Meta(max_length=200, description="The node that you see: another gives 409.")
        ]
        | None
    ) = None


class SendAnswered(Sent, frozen=True, kw_only=True, tag="answered"):
    """An answer: a choice's id, a list of ids, an object of fields, a row's id, {anytime: ID}."""

    answer: Any


class SendContinued(Sent, frozen=True, kw_only=True, tag="continued"):
    """Go on from something to say or do."""


class SendWentBack(Sent, frozen=True, kw_only=True, tag="went_back"):
    """Go back to the last step that a person stood at."""


class SendActionFinished(Sent, frozen=True, kw_only=True, tag="action_finished"):
    """What an action gave: ``{exit, outputs ..}`` as ``result``; or ``exit`` and ``outputs``."""

    request: (
        Annotated[str, Meta(description="The request's id; left out, the one that is waited for.")]
        | None
    ) = None
    action: Id | None = None
    result: dict[str, Any] | str | None = None
    exit: Id | None = None
    outputs: dict[str, Any] | None = None
    answer: dict[str, Any] | str | None = None


class SendActionStarted(Sent, frozen=True, kw_only=True, tag="action_started"):
    """Somebody has begun with the action that is waited for."""

    request: str | None = None
    action: Id | None = None


class SendChanged(Sent, frozen=True, kw_only=True, tag="changed"):
    """Change an earlier answer; ``rebase?dry_run=true`` shows what that does."""

    target: Annotated[int, Meta(ge=1, le=MOST_SEQ, description="The seq of the answer.")]
    answer: Any


class SendJumped(Sent, frozen=True, kw_only=True, tag="jumped"):
    """Go to a node out of turn, with a reason."""

    node: Id
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]


class SendNoted(Sent, frozen=True, kw_only=True, tag="noted"):
    """A note, at the node where the walk stands unless another is said."""

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]


class SendLanguageSet(Sent, frozen=True, kw_only=True, tag="language_set"):
    """Another of the tree's languages from here on."""

    language: Annotated[str, Meta(max_length=64)]


class SendHandedTo(Sent, frozen=True, kw_only=True, tag="handed_to"):
    """Handed over to a team or a colleague, who resumes at the same step."""

    to: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Reason = ""


class SendParked(Sent, frozen=True, kw_only=True, tag="parked"):
    """Left for later."""

    reason: Reason = ""
    until: Annotated[datetime, Meta(tz=True)] | None = None


class SendResumed(Sent, frozen=True, kw_only=True, tag="resumed"):
    """Taken up again."""


class SendSurveyed(Sent, frozen=True, kw_only=True, tag="surveyed"):
    """What the customer thought of it."""

    survey: Literal["csat", "nps", "ces"]
    rating: Annotated[int, Meta(ge=0, le=10)]
    comment: Prose = ""


class SendClosed(Sent, frozen=True, kw_only=True, tag="closed"):
    """The contact is over; ``disposition`` is one of the library's."""

    disposition: Id = ""
    summary: Prose = ""


Send = (
    SendAnswered
    | SendContinued
    | SendWentBack
    | SendActionStarted
    | SendActionFinished
    | SendChanged
    | SendJumped
    | SendNoted
    | SendLanguageSet
    | SendHandedTo
    | SendParked
    | SendResumed
    | SendSurveyed
    | SendClosed
)


class RebaseCall(Call, frozen=True, kw_only=True):
    """Change an earlier answer, named by its event's ``seq`` (``target``) or by its ``node``: then
    the latest there."""

    seq: Seq
    target: Annotated[int, Meta(ge=1, le=MOST_SEQ)] | None = None
    node: Id | None = None
    answer: Any = None
    client_id: Ours = ""


# ------------------------------------------------------------------------------- what is given


class RequestShown(Noun, frozen=True, kw_only=True):
    """The action that a walk waits for: ``how`` it is done, by which team (``by``)."""

    id: str
    action: str
    how: str
    by: str | None
    inputs: dict[str, Any]
    safe_to_repeat: bool


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
    """Where a walk stands. ``expects`` says exactly what is accepted; ``detail`` why a call was
    not (409)."""

    id: str
    tree: str
    logic: str
    seq: int
    status: Literal["waiting", "ended"]
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
    fields: dict[str, str] | UnsetType = UNSET


# ------------------------------------------------------------------------------------- reading


def read(raw: bytes, kind: Any) -> tuple[Any, Any]:
    """The body of a call, and the same as plain JSON. Raises BadRequest, in words."""
    try:
        data = json.loads(
            raw, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
        json.dumps(data, ensure_ascii=False).encode()  # a lone surrogate is no text
    except UnicodeEncodeError:
        raise BadRequest(
            "the body holds half a character (a lone surrogate)", status=400
        ) from None
    except (ValueError, RecursionError) as wrong:
        raise BadRequest(f"the body is no JSON that can be read: {wrong}", status=400) from None
    if not isinstance(data, dict):
        raise BadRequest("the body is a JSON object")
    if _depth(data) > MOST_DEEP:
        raise BadRequest(f"the body is nested more than {MOST_DEEP} deep")
    try:
        return msgspec.convert(data, kind), data
    except msgspec.ValidationError as wrong:
        raise _in_words(str(wrong), data, kind) from None


_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_NAMED = re.compile(r"`([^`]+)`")
_FIELD = re.compile(r"field `(.*)`", re.DOTALL)  # what was sent: it may be empty, or hold a ` too
_JSON = {
    "str": "text", "int": "a whole number", "float": "a number", "object": "an object",
    "array": "a list", "bool": "true or false", "null": "null", "datetime": "a moment",
}  # fmt: skip


def _in_words(told: str, data: Mapping[str, Any], kind: Any) -> BadRequest:
    """A validator's sentence in our words, with the field that it is about."""
    at = _AT.search(told)
    field = at.group(1) if at else ""
    told = _AT.sub("", told)
    if "missing required field" in told:
        name = _FIELD.findall(told)[-1]
        return BadRequest(f"{name!r} is needed", {name: "is needed"})
    if "unknown field" in told:
        name = _FIELD.findall(told)[-1]
        known = _known(kind, str(data.get("type")))
        words = f"this call takes no {name!r}{near(name, known)}"
        return BadRequest(words, {name: f"is not known here; there are {', '.join(known)}"})
    if field == "type" and told.startswith("Invalid value"):
        known = sorted(_tags(kind))
        words = f"there is no such event to send{near(str(data.get('type')), known)}"
        return BadRequest(words, {"type": f"one of {', '.join(known)}"})
    words = _NAMED.sub(lambda m: _plain(m.group(1)), told).replace("Expected ", "wanted is ")
    return BadRequest(f"{field or 'the body'}: {words}", {field: words})


def _plain(types: str) -> str:
    return " or ".join(_JSON.get(part.strip(), part.strip()) for part in types.split("|"))


def _tags(kind: Any) -> dict[str, Any]:
    found = getattr(kind, "__args__", ())
    return {str(one.__struct_config__.tag): one for one in found}


def _known(kind: Any, tag: str) -> list[str]:
    one = _tags(kind).get(tag, kind)
    names = [field.name for field in msgspec.structs.fields(one)]
    return ["type", *names] if one is not kind else names


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _finite(word: str) -> float:
    found = float(word)
    if found in (float("inf"), float("-inf")):
        raise ValueError(f"{word[:20]} is too large a number")
    return found


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            waiting += [(inner, depth + 1) for inner in item.values()]
        elif isinstance(item, list):
            waiting += [(inner, depth + 1) for inner in item]
    return deepest
