"""What the JSON API takes: the same declarations read it and describe it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from engine.model import Noun

MOST_SEQ = 2**31

Id = Annotated[str, Meta(max_length=200, description="An id.")]
Ours = Annotated[
    str,
    Meta(max_length=200, description="Your own id for this call: sent again, it counts once."),
]
Seq = Annotated[int, Meta(ge=0, le=MOST_SEQ, description="The last event that you saw.")]
Reason = Annotated[str, Meta(max_length=1_000)]
Prose = Annotated[str, Meta(max_length=10_000)]


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
    """Handed over to a team or a colleague, who resumes at the same step. ``to``: a team of the
    tree, or ``person:ID``."""

    to: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Reason = ""


class SendParked(Sent, frozen=True, kw_only=True, tag="parked"):
    """Left for later."""

    reason: Reason = ""
    until: Annotated[datetime, Meta(tz=True)] | None = None


class SendResumed(Sent, frozen=True, kw_only=True, tag="resumed"):
    """Taken up: a walk that was parked, handed over, or has ended with a team."""


class SendFollowedUp(Sent, frozen=True, kw_only=True, tag="followed_up"):
    """What became of a promise (its name as ``/follow-ups`` gives it), or of a walk that ended with a
    team (``hand_to``). ``again`` wants the time until which it is due again."""

    promise: Id
    result: Literal["done", "not_reached", "again", "dropped"]
    note: Reason = ""
    until: Annotated[datetime, Meta(tz=True)] | None = None


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
    | SendFollowedUp
    | SendSurveyed
    | SendClosed
)


class RebaseCall(Call, frozen=True, kw_only=True):
    """Change an earlier answer, named by its event's ``seq`` (``target``) or by its ``node``: then
    the latest there. A dry run may leave out the ``seq`` that was seen last."""

    seq: Seq | None = None
    target: Annotated[int, Meta(ge=1, le=MOST_SEQ)] | None = None
    node: Id | None = None
    answer: Any = None
    client_id: Ours = ""


class Reply(Call, frozen=True, kw_only=True):
    """What somebody wrote back to a step that was sent as text: a number, a word, a line for each
    field. ``client_id``: the message's own id, so that one that comes twice counts once."""

    text: Annotated[str, Meta(max_length=10_000)]
    seq: Seq | None = None
    client_id: Ours = ""


class AheadCall(Call, frozen=True, kw_only=True):
    """Several answers at once, by ``TREE.NODE`` or the bare node: null goes on from something to say
    or do. The walk goes as far as they carry it, an event each."""

    seq: Seq
    answers: Annotated[dict[str, Any], Meta(min_length=1, max_length=50)]
    client_id: Ours = ""


class RemarkCall(Call, frozen=True, kw_only=True):
    """A step is wrong: said to its author. ``seq``: the event at which it was seen; left out, where
    the walk stands."""

    walk: Id
    remark: Annotated[str, Meta(min_length=1, max_length=2_000)]
    seq: Seq | None = None
    client_id: Ours = ""


class RemarkReply(Call, frozen=True, kw_only=True):
    """What became of a remark. ``version``: the one that you read."""

    state: Literal["open", "changed", "answered", "declined"]
    version: Annotated[int, Meta(ge=1, le=MOST_SEQ)]
    reply: Annotated[str, Meta(max_length=2_000)] = ""


class NoticeCall(Call, frozen=True, kw_only=True):
    """What everybody is told before the first step: ``texts`` by language; before ``tree``, or all;
    shown from ``since`` until ``until``."""

    texts: Annotated[dict[str, Annotated[str, Meta(max_length=1_000)]], Meta(max_length=20)]
    tree: Annotated[str, Meta(max_length=64)] = ""
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
