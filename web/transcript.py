"""What was asked and answered in a walk, as text: pages, API and command line show the same."""

from __future__ import annotations

from collections.abc import Sequence

from engine import walk as walks
from engine.kit.scope import zone
from engine.model import Tree, Walk
from engine.record import Stored
from web.markdown import plain
from web.views import Said, notes, said

COLUMNS = ("seq", "at", "node", "asked", "answered")


def transcript(tree: Tree, walk: Walk, events: Sequence[Stored] = ()) -> str:
    """The present path of a walk in its own words, a line for each question and each answer, in
    the library's time; with its ``events``, the notes too."""
    began = walk.about.started.astimezone(zone(tree.calendar.timezone))
    lines = [tree.title.source, f"started {began:%Y-%m-%d %H:%M %Z}", ""]
    for line in told(tree, walk, events):
        lines.append(f"{line.at:%H:%M:%S}  {line.asked or '(note)'}")
        lines += [f"          {words}" for words in line.answered.splitlines()]
    if walk.state.status == "ended":
        lines += ["", plain(walks.ending(tree, walk))]
    return "\n".join(lines) + "\n"


def told(tree: Tree, walk: Walk, events: Sequence[Stored] = ()) -> list[Said]:
    """The lines of a transcript: the answers on the present path and the notes, oldest first."""
    return sorted([*said(tree, walk), *notes(tree, list(events))], key=lambda line: line.seq)


def as_rows(tree: Tree, walk: Walk, events: Sequence[Stored] = ()) -> list[tuple[str, ...]]:
    """The same as rows, under COLUMNS; a note asks nothing."""
    return [
        (str(line.seq), line.at.isoformat(), line.node, line.asked, line.answered)
        for line in told(tree, walk, events)
    ]
