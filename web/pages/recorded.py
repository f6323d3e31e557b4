"""The record of a walk as its pages show it, kept from page to page: each adds only what is new."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from functools import partial
from typing import Any, Final

from markupsafe import Markup
from msgspec.structs import replace

from engine import walk as walks
from engine.model import Prompt, Tree, Walk
from web.desk import Desk
from web.pages import ended, known, lines, views
from web.pages.frames import Frames
from web.pages.looks import render_line, render_part

MOST: Final = 2_000  # walks whose record is kept in words


class Recorded:
    """What has been put into words of one walk, in one language."""

    def __init__(self) -> None:
        self.lines: lines.Lines = {}
        self.notes: list[views.Said] = []
        self.closed: ended.Closing | None = None
        self.known = Markup("")  # what was known without asking, as HTML, for this path
        self.path: Any = self  # (none yet)
        self.secrets: Any = None  # what personal values there were when it was made
        self.actors: dict[str, datetime] = {}  # who was here, and when last
        self.upto = 0
        self.tree: Tree | None = None
        self.asked: tuple[Walk, Prompt] | None = None

    def prompt(self, tree: Tree, walk: Walk) -> Prompt | None:
        """What is asked: it is wanted when the page is shown, when it is answered, and for the
        record."""
        if self.asked is None or self.tree is not tree or self.asked[0] is not walk:
            found = walks.prompt(tree, walk)
            self.tree, self.asked = tree, None if found is None else (walk, found)
        return None if self.asked is None else self.asked[1]


class Records:
    """Those that were not looked at for longest give way."""

    def __init__(self, desk: Desk, frames: Frames) -> None:
        self.desk = desk
        self._frames = frames
        self._kept: OrderedDict[tuple[str, str], Recorded] = OrderedDict()

    def of(self, walk: Walk) -> Recorded:
        """What there is of a walk, as far as it was looked at."""
        key = walk.id, walk.state.language
        found = self._kept.pop(key, None) or Recorded()
        self._kept[key] = found
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return found

    async def whole(self, tree: Tree, walk: Walk) -> Recorded:
        """All that there is, as far as the walk has come; but for the answers (`said`)."""
        record = self.of(walk)
        erased = record.secrets is not walk.secrets  # perhaps, or something personal was said
        if record.path is record or erased or known.skipped_since(walk, record.path):
            record.known = self._known(tree, walk)
        record.path, record.secrets = walk.state.steps, walk.secrets
        if record.upto < walk.seq:
            found = await self.desk.since(walk, record.upto)
            # Others may have done some of it while we waited; and the store may be ahead of us.
            later = [stored for stored in found if record.upto < stored.seq <= walk.seq]
            if later:
                noted = lines.notes(tree, later)
                record.notes = [*record.notes, *(self._dressed("noted.html", walk, n) for n in noted)]  # fmt: skip
                record.closed = ended.standing(record.closed, tree, later)
                record.actors.update((stored.event.actor, stored.event.at) for stored in later)
                record.upto = walk.seq
        return record

    def said(self, tree: Tree, walk: Walk, record: Recorded) -> list[views.Said]:
        """The answers on the present path, oldest first."""
        asked = record.asked if record.tree is tree else None
        dress = partial(self._dressed, "said.html", walk)
        return lines.said(tree, walk, record.lines, dress, asked)

    def _known(self, tree: Tree, walk: Walk) -> Markup:
        if not known.is_any(tree, walk):
            return Markup("")
        found = known.known(tree, walk, self.desk.began(walk))
        return render_part("case_known.html", walk.state.language, known=found)

    def _dressed(self, template: str, walk: Walk, line: views.Said) -> views.Said:
        """A line with its HTML, so that it need not be made again."""
        language = walk.state.language
        return replace(
            line, html=self._frames.line(template, language, walk.id, line, render_line)
        )
