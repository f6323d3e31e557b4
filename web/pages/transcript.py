"""What was asked and answered in a walk, as text: pages, API and command line show the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from engine import walk as walks
from engine.duties import PERSON
from engine.kit.moves import ERASED
from engine.kit.scope import zone
from engine.model import Event, Tree, Walk
from engine.record import Stored
from web.exports.cells import type_of
from web.pages.lines import notes
from web.pages.lines import said as of_path
from web.pages.markdown import plain
from web.pages.views import Said
from web.pages.wording import bare, spaced, when, worded
from web.words import marked, translator

COLUMNS = ("seq", "at", "node", "asked", "answered")

# What happened beside the answers: a line, and what somebody wrote with it. Where a line is words
# of ours alone, they are in the walk's language; people and teams are said by their names.
Words = Callable[..., str]
Named = Callable[[str], str]
Line = Callable[[Any, Words, Named], tuple[str, str]]
_FOLLOWED: Mapping[str, str] = {
    "done": marked("follow-up: done"),
    "not_reached": marked("follow-up: not reached"),
    "again": marked("follow-up: done, and due again"),
    "dropped": marked("follow-up: no longer needed"),
}
_BESIDE: Mapping[str, Line] = {
    "noted": lambda event, say, named: (say("note"), event.text),
    "action_started": lambda event, say, named: (
        say(marked("begun: {action}") if event.attempt < 2 else marked("begun again: {action}"), action=spaced(event.action)), "",
    ),
    "went_back": lambda event, say, named: (say("one step back"), ""),
    "changed": lambda event, say, named: (say("an answer was changed"), ""),
    "jumped": lambda event, say, named: (say("jumped to: {node}", node=spaced(event.node)), event.reason),
    "language_set": lambda event, say, named: (say("language: {language}", language=event.language), ""),
    "handed_to": lambda event, say, named: (say("handed to: {team}", team=named(event.to)), event.reason),
    "parked": lambda event, say, named: (say("parked"), event.reason),
    "resumed": lambda event, say, named: (say("taken up again by {who}", who=named(PERSON + event.actor)), ""),
    "followed_up": lambda event, say, named: (say(_FOLLOWED[event.result]), event.note),
    "migrated": lambda event, say, named: (say("goes on in a new version of the tree"), ""),
    "surveyed": lambda event, say, named: (say("rated: {n}", n=event.rating), event.comment),
    "closed": lambda event, say, named: (say("closed"), event.summary),
}  # fmt: skip


def transcript(
    tree: Tree,
    walk: Walk,
    events: Sequence[Stored] = (),
    *,
    erased: datetime | None = None,
    hidden: bool = False,
    said: Sequence[Said] | None = None,
    people: Mapping[str, str] | None = None,
) -> str:
    """The present path of a walk in its own words, a line for each question and each answer, in
    the library's time; with its ``events``, what happened beside them too. ``erased``: when its
    personal values were. ``hidden``: they were not looked at, and are only named. ``said``: the
    lines of its path, where they are known. ``people``: what people are called, by id."""
    say, where = translator(walk.state.language), zone(tree.calendar.timezone)

    def day(at: datetime) -> str:
        there = at.astimezone(where)
        return f"{when(there, walk.state.language)} {there:%Z}"

    lines = [worded(tree, walk.state.language, tree.title)]
    lines.append(say("started {when}", when=day(walk.about.started)))
    if erased is not None:
        lines.append(say("personal values were erased on {when}", when=day(erased)))
    lines.append("")
    named = _names(tree, walk.state.language, people or {})
    for line in told(tree, walk, events, say, named, said):
        lines.append(f"{line.at:%H:%M:%S}  {line.asked}")
        lines += [f"          {words}" for words in line.answered.splitlines()]
    if walk.state.status == "ended":
        lines += ["", plain(walks.ending(tree, walk))]
    text = "\n".join(lines) + "\n"
    why = say("private") if hidden else say("erased")
    return text.replace(ERASED, f"({why})")


def told(
    tree: Tree,
    walk: Walk,
    events: Sequence[Stored],
    say: Words,
    named: Named,
    said: Sequence[Said] | None = None,
) -> list[Said]:
    """The lines of a transcript: the answers on the present path and what happened beside them,
    oldest first."""
    beside = list(_beside(events, zone(tree.calendar.timezone), say, named))
    path = of_path(tree, walk) if said is None else said
    return sorted([*path, *beside], key=lambda line: line.seq)


def _names(tree: Tree, language: str, people: Mapping[str, str]) -> Named:
    """From whom a walk was handed to (``person:`` and an id, or a team) to what that is called."""

    def named(to: str) -> str:
        if to.startswith(PERSON):
            id = to.removeprefix(PERSON)
            return people.get(id, id)
        team = tree.teams.get(to)
        return spaced(to) if team is None else worded(tree, language, team.label)

    return named


def _beside(events: Sequence[Stored], where: Any, say: Words, named: Named) -> Iterator[Said]:
    for stored in events:
        event: Event = stored.event
        line = _BESIDE.get(type_of(event))
        if line is not None:
            what, words = line(event, say, named)
            node = getattr(event, "node", "")
            yield Said(stored.seq, node, f"({what})", words, event.at.astimezone(where))


def as_rows(tree: Tree, walk: Walk, events: Sequence[Stored] = ()) -> list[tuple[str, ...]]:
    """The same as rows, under COLUMNS; a note asks nothing."""
    path = [
        replace(line, answered=bare(line.answered)) if "\u2068" in line.answered else line
        for line in of_path(tree, walk)
    ]
    lines = sorted([*path, *notes(tree, list(events))], key=lambda line: line.seq)
    return [
        (str(line.seq), line.at.isoformat(), line.node, line.asked, line.answered)
        for line in lines
    ]
