"""What there is to say of a walk that has ended: its summary, and whether it was closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from engine import walk as walks
from engine.kit.moves import ERASED
from engine.kit.scope import zone
from engine.model import Closed, Event, Move, Noun, Tree, Walk
from engine.record import Stored
from web.pages.lines import promises
from web.pages.lines import said as of_path
from web.pages.markdown import plain
from web.pages.transcript import transcript
from web.pages.views import Said
from web.pages.wording import when, worded
from web.signin import rights
from web.words import Say, translator


class Closing(Noun, frozen=True):
    """That a walk was closed: by which event, when (in the library's time), and what was added."""

    seq: int
    at: datetime
    words: str


def standing(before: Closing | None, tree: Tree, later: Iterable[Stored]) -> Closing | None:
    """The closing that stands after these events: whoever goes on with a walk opens it again."""
    for stored in later:
        event: Event = stored.event
        if isinstance(event, Closed):
            where = zone(tree.calendar.timezone)
            before = Closing(stored.seq, event.at.astimezone(where), event.summary)
        elif isinstance(event, Move):
            before = None
    return before


def outcome_of(tree: Tree, walk: Walk) -> str:
    """What a walk that has ended counts as, in words; "" where it has no such code."""
    outcome = walk.state.outcome
    entry = tree.dispositions.get(outcome.disposition) if outcome else None
    return worded(tree, walk.state.language, entry.label) if entry else ""


def codes(tree: Tree, walk: Walk) -> list[tuple[str, str]]:
    """Each disposition of the library and its words, in the library's order."""
    language = walk.state.language
    return [(id, worded(tree, language, entry.label)) for id, entry in tree.dispositions.items()]


def shown_summary(
    tree: Tree, walk: Walk, said: Sequence[Said], notes: Sequence[Said], closed: Closing | None
) -> str:
    """What the page of an end gives to copy. What agents noted is for those who work here."""
    if not rights.may("POST /walks/{id}/close"):
        return transcript(tree, walk, said=said)
    return summary(tree, walk, notes, closed, said=said)


def summary(
    tree: Tree,
    walk: Walk,
    notes: Sequence[Said],
    closed: Closing | None,
    *,
    said: Sequence[Said] | None = None,
    hidden: bool = False,
) -> str:
    """A walk in plain text, what matters most first, for whoever keeps the case. ``hidden``: its
    personal values were not looked at, and are only named."""
    say = translator(walk.state.language)
    lines = [worded(tree, walk.state.language, tree.title), *_facts(tree, walk, say)]
    if closed is not None and closed.words:
        lines += ["", closed.words]
    if notes:
        lines += ["", f"{say('Notes')}:"]
        lines += [f"- {note.answered}" for note in notes]
    path = of_path(tree, walk) if said is None else said
    if path:
        heading = say("The path")
        lines += ["", f"{heading}:"]
        lines += [" ".join(filter(None, ("-", line.asked, line.answered))) for line in path]
    ending = plain(walks.ending(tree, walk))
    lines += ["", ending] if ending else []
    why = say("private") if hidden else say("erased")
    return ("\n".join(lines) + "\n").replace(ERASED, f"({why})")


def _facts(tree: Tree, walk: Walk, say: Say) -> Iterable[str]:
    """A line for each thing that a case is filed by."""
    where, outcome = zone(tree.calendar.timezone), walk.state.outcome
    began = walk.about.started.astimezone(where)
    if walk.about.reference:
        yield f"{say('Reference')}: {walk.about.reference}"
    yield say("started {when}", when=f"{when(began, walk.state.language)} {began:%Z}")
    words = outcome_of(tree, walk)
    if words:
        yield f"{say('Outcome')}: {words}"
    if outcome is not None and outcome.hand_to:
        teams = [worded(tree, walk.state.language, tree.teams[t].label) for t in outcome.hand_to]
        yield f"{say('Goes to')}: {', '.join(teams)}"
    for promise in promises(tree, walk):
        by = f", {say('by {team}', team=promise.by)}" if promise.by else ""
        heading, due = say("Follow-up"), say("due {when}", when=promise.due)
        yield f"{heading}: {promise.why} ({due}{by})"
