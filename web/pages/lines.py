"""The record beside a step, in words: what was asked and answered, noted, and would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace

from engine import walk as walks
from engine.kit.moves import ERASED
from engine.kit.scope import zone
from engine.model import (
    ActionFinished,
    Answered,
    Changed,
    Noted,
    Prompt,
    Tree,
    Type,
    Walk,
)
from engine.rebase import Rebase
from engine.record import Stored
from engine.speak import speak
from engine.stores import WalkRow
from engine.walk import Past
from web.pages.markdown import plain
from web.pages.views import Consequences, Promised, Row, Said
from web.pages.wording import isolated, reason, spaced, spoken, worded
from web.words import Say, direction, translator

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
        _answer(tree, shown, past, walk),
        past.event.at.astimezone(where),
        changeable(walk, past) is not None,
    )


def without_results(walk: Walk, found: Iterable[Said]) -> list[Said]:
    """The lines that a customer keeps: what programs and teams gave back, and why they did not, is
    for those who work here; what it means to the customer, the next step says."""
    results, chain = set(), walk.past
    while chain is not None:
        if isinstance(chain.last.event, ActionFinished):
            results.add(chain.last.seq)
        chain = chain.rest
    return [line for line in found if line.seq not in results]


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
    becomes = _said(tree, asked, change.answer, told.walk) if isinstance(change, Changed) else ""

    def named(nodes: Iterable[str]) -> tuple[str, ...]:
        return tuple(words.get(node, spaced(node).capitalize()) for node in nodes)

    prompt = walks.prompt(tree, told.walk)
    again = plain(prompt.say) if told.asked_again and prompt is not None else ""
    return Consequences(
        was, becomes, named(told.kept), named(told.dropped), again, named(told.results_kept),
        named(told.results_repeated), named(told.results_left),
    )  # fmt: skip


def _answer(tree: Tree, shown: Prompt, past: Past, walk: Walk) -> str:
    event = past.event
    if isinstance(event, ActionFinished):
        labels = {choice.id: plain(choice.label) for choice in shown.choices}
        say = translator(walk.state.language)
        why = f" ({reason(event.reason, say)})" if event.reason else ""
        return labels.get(event.exit, event.exit) + why
    if not isinstance(event, Answered):
        return ""
    return _said(tree, shown, event.answer, walk)


def _said(tree: Tree, shown: Prompt, answer: Any, walk: Walk) -> str:
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
        return "; ".join(_filled(tree, shown, value, walk.state.language))
    labels = {choice.id: plain(choice.label) for choice in shown.choices}
    ids = value if isinstance(value, list) else [value]
    if ids in ([], ["none_of_these"]):
        return plain(shown.none_of_these)
    return ", ".join(labels.get(str(id), str(id)) for id in ids)


def _filled(tree: Tree, shown: Prompt, value: Mapping[str, Any], language: str) -> Iterator[str]:
    say, apart = translator(language), isolated if direction(language) == "rtl" else str
    for field in shown.fields:
        if field.name in value:
            labels = {choice.id: plain(choice.label) for choice in field.choices}
            items = value[field.name]
            items = items if isinstance(items, list) else [items]
            words = ", ".join(
                _word(labels, item, say)
                or spoken(field.type, item, language, tree.currency, private=field.private)
                for item in items
            )
            yield f"{plain(field.label)}: {apart(words)}"


def _word(labels: Mapping[str, str], item: Any, say: Say) -> str:
    if isinstance(item, bool):
        return say("yes") if item else say("no")
    return labels.get(str(item), "")


def notes(tree: Tree, events: list[Stored]) -> list[Said]:
    """The notes of a walk, oldest first."""
    where = zone(tree.calendar.timezone)
    return [
        Said(stored.seq, event.node, "", event.text, event.at.astimezone(where))
        for stored in events
        if isinstance(event := stored.event, Noted)
    ]


def row(found: WalkRow, title: str, where: str, timezone: str) -> Row:
    here, head = zone(timezone), found.head
    return Row(
        found.id, title, found.started.astimezone(here), found.updated.astimezone(here),
        head.status, where, head.reference, head.language,
    )  # fmt: skip


def promises(tree: Tree, walk: Walk) -> list[Promised]:
    """The follow-ups that the path made."""
    found = []
    for promise in walk.state.promises:
        team = tree.teams.get(promise.by)
        due = ERASED  # where it was worked out from a value that is gone
        if isinstance(promise.due, date):
            due = speak(promise.due, _due_type(promise.due), walk.state.language, tree.currency)
        by = worded(tree, walk.state.language, team.label) if team else promise.by
        found.append(Promised(due, plain(promise.why), by))
    return found


def _due_type(due: Any) -> Type:
    return Type("moment" if isinstance(due, datetime) else "date")
