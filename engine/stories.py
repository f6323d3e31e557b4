"""Stories: walks written down beforehand, which a tree must make come true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from engine.errors import FingerpostError, near
from engine.exploring.explored import Explored
from engine.fields import is_empty, sample, to_plain
from engine.kit.scope import zone
from engine.model import ActionFinished, Answered, Chain, Frame, Noun, Step, Tree, Walk
from engine.script import Script, made, play
from engine.walk import Past, start, steps, unsealed

_SOME_DAY = datetime(2026, 1, 5, 10, tzinfo=UTC)  # a Monday, in working hours


class Problem(Noun, frozen=True):
    """Why a story does not come true. ``key``: where in the story (``expect.end``); "" the whole."""

    key: str
    message: str


class Rehearsal(Noun, frozen=True):
    """A story as it went. ``covered``: (tree, node, exit) of every step made."""

    name: str
    problems: tuple[Problem, ...]
    covered: frozenset[tuple[str, str, str]]
    steps: tuple[Step, ...]
    end: str

    @property
    def came_true(self) -> bool:
        return not self.problems


def rehearse(tree: Tree, story: Mapping[str, Any]) -> Rehearsal:
    """Walk the story as told, and say what went otherwise."""
    name = str(story["story"])
    wrong = list(_names(tree, story))
    if wrong:
        return Rehearsal(name, tuple(wrong), frozenset(), (), "")
    now = moment(story.get("at"), tree)
    script = Script(story.get("answers") or {}, story.get("actions") or {})
    try:
        walk = start(
            tree,
            id="story",
            at=now,
            given=given(tree, story.get("given") or {}, now.date()),
            audience=story.get("audience"),
            channel=str(story.get("channel") or ""),
            language=story.get("language"),
        )
    except FingerpostError as refused:
        return Rehearsal(name, (Problem("given", str(refused)),), frozenset(), (), "")
    walk, stopped, events = play(tree, walk, script, now)
    passed = tuple(made(events))
    if stopped:
        wrong.append(Problem(_asked(walk, story), stopped))
    else:
        wrong += _expected(tree, walk, story.get("expect") or {}, passed)
        wrong += [
            Problem(
                f"answers.{key}", f"{key!r} was not asked as often as there are answers for it"
            )
            for key in script.unused()
        ]
    covered = frozenset((step.tree, step.node, step.exit or "end") for step in passed)
    ended = walk.state.outcome.node if walk.state.outcome else ""
    return Rehearsal(name, tuple(wrong), covered, passed, ended)


def _asked(walk: Walk, story: Mapping[str, Any]) -> str:
    """The key of the story that speaks of the node where the walk stopped."""
    nodes = [frame.node for frame in walk.state.frames]
    request = walk.state.request
    part = "answers" if request is None else "actions"
    names = [".".join(nodes), nodes[-1], request.action if request is not None else ""]
    told = story.get(part) or {}
    found = next((name for name in names if name in told), "")
    return f"{part}.{found}" if found else part if part in story else ""


def moment(value: Any, tree: Tree) -> datetime:
    """The time of a story: ``2026-03-02T19:30`` in the library's time zone."""
    if value is None:
        return _SOME_DAY
    text = str(value)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = datetime.combine(date.fromisoformat(text[:10]), time(10))
    return when if when.tzinfo else when.replace(tzinfo=zone(tree.calendar.timezone))


def given(tree: Tree, values: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The given values, what is required and left out as fixed samples."""
    found = dict(values)
    for field in tree.given:
        if field.required and field.default is None and is_empty(found.get(field.name)):
            found[field.name] = to_plain(sample(field, day))
    return found


# ------------------------------------------------------------------------- what a story may say


def _names(tree: Tree, story: Mapping[str, Any]) -> Iterator[Problem]:
    """Names of a story that are not there."""
    meant = _meant(tree)
    nodes = meant.keys() | {address for found in meant.values() for address in found}
    actions = {action for t in (tree, *tree.uses.values()) for action in t.actions}
    for key in story.get("answers") or {}:
        if key not in nodes:
            yield Problem(f"answers.{key}", f"there is no node {key!r}{near(key, nodes)}")
        elif "." not in key and len(meant[key]) > 1 and key not in tree.nodes:
            several = ", ".join(meant[key])
            yield Problem(f"answers.{key}", f"{key!r} may be any of {several}: say which")
    for key in story.get("actions") or {}:
        if key not in nodes and key not in actions:
            known = nodes | actions
            yield Problem(
                f"actions.{key}", f"there is no node or action {key!r}{near(key, known)}"
            )
    yield from _expected_names(story.get("expect") or {}, nodes)


def _expected_names(expect: Mapping[str, Any], nodes: set[str]) -> Iterator[Problem]:
    named = [("end", expect.get("end")), ("at", expect.get("at"))]
    for key in ("shown", "not_shown"):
        value = expect.get(key) or ()
        named += [(key, n) for n in ((value,) if isinstance(value, str) else value)]
    named += [("visits", n) for n in expect.get("visits") or {}]
    for key, name in named:
        if name is not None and str(name) not in nodes:
            message = f"there is no node {str(name)!r}{near(str(name), nodes)}"
            yield Problem(f"expect.{key}", message)


@lru_cache(maxsize=1)  # the stories of a tree come one after another
def _meant(tree: Tree) -> Mapping[str, list[str]]:
    """The addresses that each node's id alone may mean."""
    found: dict[str, list[str]] = {}
    for address, _ in addresses(tree):
        found.setdefault(_bare(address), []).append(address)
    return found


def addresses(tree: Tree, prefix: str = "", root: Tree | None = None) -> Iterator[tuple[str, Any]]:
    """Every node by the address that a story gives it: ``lights``, ``identify.confirm``."""
    root = root or tree
    for id, node in tree.nodes.items():
        yield prefix + id, node
        used = root.uses.get(getattr(node, "uses", ""))
        if used is not None:
            yield from addresses(used, f"{prefix}{id}.", root)


# --------------------------------------------------------------------------- what it expects


def _expected(
    tree: Tree, walk: Walk, expect: Mapping[str, Any], passed: tuple[Step, ...]
) -> Iterator[Problem]:
    yield from _where(walk, expect)
    seen = {step.node for step in passed} | {walk.state.frames[-1].node}
    for name in _list(expect.get("shown")):
        if _bare(name) not in seen:
            yield Problem("expect.shown", f"it never comes to {name!r}")
    for name in _list(expect.get("not_shown")):
        if _bare(name) in seen:
            yield Problem("expect.not_shown", f"it does come to {name!r}")
    path = steps(walk)
    for name, told in (expect.get("visits") or {}).items():
        found = max((step.visit for step in path if step.node == _bare(name)), default=0)
        if found != told:
            yield Problem("expect.visits", f"it comes to {name!r} {found} times, not {told}")


def _where(walk: Walk, expect: Mapping[str, Any]) -> Iterator[Problem]:
    outcome = walk.state.outcome
    if outcome is None:
        stands = walk.state.frames[-1].node
        if expect.get("at") != stands:
            yield Problem("expect", f"it stands at {stands!r}, where there is no answer for it")
        return
    if _bare(str(expect.get("end", outcome.node))) != outcome.node:
        yield Problem("expect.end", f"it ends at {outcome.node!r}, not at {expect['end']!r}")
    told = expect.get("disposition", outcome.disposition)
    if told != outcome.disposition:
        message = f"it is counted as {outcome.disposition!r}, not as {told!r}"
        yield Problem("expect.disposition", message)


def _bare(address: str) -> str:
    return address.rsplit(".", 1)[-1]


def _list(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(str, value or ()))


# -------------------------------------------------------------------------------- coverage


class Coverage(Noun, frozen=True):
    """What can happen in a tree, and what of it some story covers: (node, exit), an end's exit
    being ``end``. Anytime exits are not asked for."""

    can: frozenset[tuple[str, str]]
    told: frozenset[tuple[str, str]]

    @property
    def untold(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self.can - self.told))

    @property
    def share(self) -> float:
        return len(self.can & self.told) / len(self.can) if self.can else 1.0


def coverage(explored: Explored, told: Iterable[Rehearsal]) -> Coverage:
    """Exits, rules, limits and ends of the explored tree against the stories that came true (of
    any tree: what passes through a subtree covers it)."""
    tree = explored.tree
    can = {
        (node, exit)
        for owner, node, exit in explored.taken
        if owner == tree.id and not exit.startswith("anytime.") and node in tree.nodes
    }
    can = {(n, e) for n, e in can if type(tree.nodes[n]).__name__ != "End"}
    can |= {
        (node, "end")
        for owner, node in explored.reached
        if owner == tree.id and type(tree.nodes[node]).__name__ == "End"
    }
    ends = {id for id, node in tree.nodes.items() if type(node).__name__ == "End"}
    covered = {
        (node, "end" if node in ends else exit)
        for story in told
        if story.came_true
        for owner, node, exit in story.covered
        if owner == tree.id
    }
    return Coverage(frozenset(can), frozenset(covered & can))


# ------------------------------------------------------------------------- from walk to story


def story_of(tree: Tree, walk: Walk, name: str = "recorded") -> dict[str, Any]:
    """The walk's present path as a story, to be pasted into a stories file."""
    answers: dict[str, list[Any]] = {}
    actions: dict[str, list[Any]] = {}
    for past in _moves(walk.past):
        key = ".".join(frame.node for frame in past.state.frames)
        event = past.event
        if isinstance(event, Answered):
            answers.setdefault(key, []).append(unsealed(event.answer, walk.secrets))
        elif isinstance(event, ActionFinished):
            outputs = unsealed(event.outputs, walk.secrets)
            result = {"exit": event.exit, **outputs} if outputs else event.exit
            actions.setdefault(key, []).append(result)
    local = walk.about.started.astimezone(zone(tree.calendar.timezone))
    told: dict[str, Any] = {
        "story": name,
        "at": local.strftime("%Y-%m-%dT%H:%M"),
        "audience": walk.about.audience,
        "channel": walk.about.channel,
        "given": _given_values(tree, walk),
        "actions": {key: _short(values) for key, values in actions.items()},
        "answers": {key: _short(values) for key, values in answers.items()},
        "expect": _ending(walk),
    }
    return {key: value for key, value in told.items() if value}


def _ending(walk: Walk) -> dict[str, str]:
    outcome = walk.state.outcome
    if outcome is None:
        return {"at": walk.state.frames[-1].node}
    counted = {"disposition": outcome.disposition} if outcome.disposition else {}
    return {"end": outcome.node, **counted}


def _given_values(tree: Tree, walk: Walk) -> dict[str, Any]:
    root: Frame = walk.state.frames[0]
    return {
        field.name: to_plain(root.values[field.name])
        for field in tree.given
        if field.name in root.values
    }


def _short(values: list[Any]) -> Any:
    single = len(values) == 1 and not isinstance(values[0], list)
    return values[0] if single else values


def _moves(chain: Chain | None) -> list[Past]:
    found = []
    while chain is not None:
        found.append(chain.last)
        chain = chain.rest
    return found[::-1]
