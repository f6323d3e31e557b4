"""Pages of steps put together from parts that are ready.

Whoever stands at a step sees what all others see there, but for what belongs to the walk: its id,
the number of its last event, its reference, its record, and an id for the next call. So the page is
rendered once with marks in those places, and cut there; then it is put together.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from secrets import token_hex
from typing import Any, Final

from markupsafe import Markup, escape
from msgspec.structs import replace

from engine.kit.scope import zone
from engine.model import Tree, Walk
from web.pages.views import Said
from web.pages.wording import clock, since, spaced
from web.signin.people import asked_by, asking

MOST: Final = 1_000  # steps that are kept ready
# A mark is nothing that anybody could have written.
_MARK: Final = token_hex(8)
_CUT: Final = re.compile(f"{_MARK}([a-z_]+)[.]")


def mark(name: str) -> Markup:
    """What stands in the place of this part."""
    return Markup(f"{_MARK}{name}.")


def marked(walk: Walk) -> Walk:
    """A walk whose page belongs to nobody."""
    reference = walk.about.reference and mark("reference")
    about: Any = replace(walk.about, reference=reference, started=_Moment("started", "begun"))
    seq: Any = mark("seq")
    return replace(walk, id=mark("id"), seq=seq, about=about)


def shape() -> tuple[Any, ...]:
    """What a page depends on of whoever reads it."""
    who = asking()
    return who.person.roles, bool(who.person.name), who.frame is not None


@contextmanager
def for_anybody() -> Iterator[None]:
    """What is rendered meanwhile is shown to nobody yet: marks stand where his name would."""
    who = asking()
    nobody: Any = replace(who.person, name=who.person.name and mark("who"))
    asked_by(replace(who, person=nobody, seal=mark("seal")))
    try:
        yield
    finally:
        asked_by(who)


class _Moment:
    """A time that is not known yet."""

    def __init__(self, whole: str, short: str) -> None:
        self.whole = whole
        self.short = short

    def isoformat(self) -> Markup:
        return mark(self.whole)

    def strftime(self, form: str) -> Markup:
        return mark(self.short)

    def astimezone(self, zone: object) -> _Moment:
        return self


def line(name: str) -> Said:
    """A line of the record whose page belongs to nobody."""
    return Said(0, "", "", "", None, html=mark(name))  # type: ignore[arg-type]


class Frames:
    """Steps that are ready, by what they show; those that were not asked for longest give way."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, tuple[Tree, list[bytes], list[str]]] = OrderedDict()
        self._lines: dict[Any, list[str]] = {}

    def page(
        self, tree: Tree, walk: Walk, asked: Any, shape: Any, render: Callable[[], str],
        parts: Mapping[str, str],
    ) -> bytes:  # fmt: skip
        """The page of a step. ``asked``: its prompt, or how the walk ended; ``shape``: what it
        depends on besides that, tree and language; ``render``: makes it with marks; ``parts``: what
        stands in their places. Raises TypeError for what cannot be compared with others."""
        key = id(tree), walk.state.language, bool(walk.about.reference), shape, asked
        kept = self._kept.get(key)
        if kept is None:
            cut = _CUT.split(render())
            kept = self._kept[key] = tree, [part.encode() for part in cut[::2]], cut[1::2]
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        _, same, names = kept
        own = {name: words.encode() for name, words in parts.items()}
        found = [b""] * (len(same) + len(names))
        found[::2], found[1::2] = same, [own[name] for name in names]
        return b"".join(found)

    def line(
        self, template: str, language: str, id: str, line: Said,
        render: Callable[[str, str, str, Said], str],
    ) -> Markup:  # fmt: skip
        """A line of a walk's record."""
        key = template, language, bool(line.answered), line.changes
        kept = self._lines.get(key)
        if kept is None:
            nobodys: Any = replace(
                line, seq=mark("seq"), asked=mark("asked"), answered=line.answered and mark("answered"),
                node=mark("node"), at=_Moment("moment", "clock"),
            )  # fmt: skip
            made = render(template, language, f"/walks/{mark('id')}", nobodys)
            kept = self._lines[key] = _CUT.split(made)
        parts = {
            "id": id,
            "seq": str(line.seq),
            "node": spaced(line.node),
            "asked": escape(line.asked),
            "answered": escape(line.answered),
            "moment": line.at.isoformat(),
            "clock": clock(line.at),
        }
        found = kept.copy()
        for place in range(1, len(found), 2):
            found[place] = parts[found[place]]
        return Markup("".join(found))


_QUARTER: Final = 900  # seconds: in every time zone days begin with a quarter of an hour


@lru_cache(maxsize=4_000)
def _begun(started: datetime, timezone: str, language: str, quarter: int) -> tuple[str, str]:
    """When a walk began, for programs and for people who read it in this quarter of an hour."""
    began = started.astimezone(zone(timezone))
    now = datetime.fromtimestamp(quarter * _QUARTER, UTC)
    return began.isoformat(), since(began, now, language)


def parts(
    tree: Tree, walk: Walk, now: datetime, token: str, said: list[Said], notes: list[Said]
) -> dict[str, str]:
    """What stands in the places of a step's page."""
    started, language = walk.about.started, walk.state.language
    begun = _begun(started, tree.calendar.timezone, language, int(now.timestamp()) // _QUARTER)
    return {
        "started": begun[0],
        "begun": begun[1],
        "id": walk.id,
        "seq": str(walk.seq),
        "reference": str(escape(walk.about.reference)),
        "token": token,
        "seal": asking().seal,
        "who": str(escape(asking().person.name)),
        "said": "".join([line.html for line in said]),
        "notes": "".join([line.html for line in reversed(notes)]),
    }
