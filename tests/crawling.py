"""Trees walked by their stories over HTTP: a real server, a real back end, a process each.

The engine tells a story first: what is sent, and what each action comes to. Then the same is sent over
sockets, where actions are called for in earnest, and every step has to be the one that was told. The
back end is told what calls come to; where its own data say the same, it is really done.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from engine import stories
from engine.fields import sample, to_plain
from engine.model import Event, Tree, Walk
from engine.script import MOST_MOVES, Script, filled, made
from engine.unattended import action_of
from engine.walk import answer, back, expects, resolve, start
from tests.servers import PATIENCE, asked, until
from web.demo.world import SLOW

Exit = tuple[str, str, str]

# ------------------------------------------------------------------------------- what is told


@dataclass
class Told:
    """A story as the engine tells it. ``sends`` are events in turn; ``calls`` what each action over
    HTTP comes to, in turn; ``other``: whoever lives it is not who it was written for."""

    about: dict[str, Any]
    now: datetime
    sends: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    passed: list[Exit] = field(default_factory=list)
    ended: str = ""
    unused: tuple[str, ...] = ()
    other: bool = False

    @property
    def plans(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for action, result in self.calls:
            found.setdefault(action, []).append(result)
        return found


def told(tree: Tree, story: Mapping[str, Any], audience: str = "") -> Told:
    """``audience``: another than the story's own, who is asked what the story has no answer for:
    then forms are filled in by samples."""
    now = stories.moment(story.get("at"), tree)
    about = {name: story[name] for name in ("channel", "language") if name in story}
    about["audience"] = audience or story.get("audience") or tree.audience[0]
    about["given"] = stories.given(tree, story.get("given") or {}, now.date())
    found = Told(about, now, other=bool(audience))
    script = Script(story.get("answers") or {}, story.get("actions") or {})
    walk = start(tree, id="told", at=now, **about)
    events: list[Event] = list(walk.new)
    for _ in range(MOST_MOVES):
        if walk.state.status == "ended":
            break
        moved = _moved(tree, walk, script, found)
        if moved is None:
            break
        events += moved.new[len(walk.new) :]
        walk = moved
    found.passed = exits(made(events))
    found.ended = walk.state.outcome.node if walk.state.outcome else ""
    found.unused = tuple(script.unused())
    return found


def exits(steps: Iterable[Any]) -> list[Exit]:
    return [(step.tree, step.node, step.exit or "end") for step in steps]


def _moved(tree: Tree, walk: Walk, script: Script, into: Told) -> Walk | None:
    frames, request = walk.state.frames, walk.state.request
    if request is None:
        expected = expects(tree, walk)
        there, said = script.answer(frames, expected.pick == "many")
        if not there and into.other and expected.fields:
            there, said = True, _filled_in(tree, walk, into.now)
        if there or expected.type == "continued":
            return _sent(tree, walk, said, into)
        return None
    action = action_of(tree, walk)
    assert action is not None
    aside = script.aside(frames)
    if aside is not None:
        if action.how == "http":
            into.calls.append((action.id, SLOW))
        return _sent(tree, walk, aside, into)
    there, result = script.result(frames, request.action)
    if not there:
        return None
    whole = filled(tree, walk, result, into.now)
    if action.how == "http":
        # What the story leaves open, the data say.
        into.calls.append((action.id, {"exit": whole["exit"], **_as_said(result)}))
    else:
        into.sends.append({"type": "action_finished", "result": whole})
    return resolve(tree, walk, request.id, whole, at=into.now)


def _filled_in(tree: Tree, walk: Walk, now: datetime) -> dict[str, Any]:
    frame = walk.state.frames[-1]
    owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
    fields = [field for field in owner.nodes[frame.node].fields if field.required]
    return {
        field.name: _FITS.get(field.name, to_plain(sample(field, now.date()))) for field in fields
    }


# What a pattern wants, which no sample knows.
_FITS = {"line": "12345678"}


def _as_said(result: Any) -> dict[str, Any]:
    return dict(result) if isinstance(result, Mapping) else {}


def _sent(tree: Tree, walk: Walk, said: Any, into: Told) -> Walk:
    if said == {"back": True}:
        into.sends.append({"type": "went_back"})
        return back(tree, walk, at=into.now)
    expected = expects(tree, walk)
    event: dict[str, Any] = {"type": "continued"}
    if said in expected.choices and expected.pick == "row":  # which rows there are, the data say
        event = {"type": "answered", "row": expected.choices.index(said)}
    elif said is not None:
        event = {"type": "answered", "answer": said}
    into.sends.append(event)
    return answer(tree, walk, said, at=into.now)


# ------------------------------------------------------------------------------ what is walked


@contextmanager
def process(words: list[str], errors: Path, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """A process of ours that serves, and its address."""
    with errors.open("w") as err, subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=err, text=True,
        env={**os.environ, **(env or {})},
    ) as running:  # fmt: skip
        assert running.stdout is not None
        try:
            first = running.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", first)
            assert found, (first, running.poll(), errors.read_text())
            yield found[0]
        finally:
            running.kill()


@contextmanager
def demo(folder: Path, *words: str) -> Iterator[Kept]:
    """A demo back end."""
    command = ["-m", "web.cli", "demo-backend", "--port", "0", *words]
    with process(command, folder / "demo.log") as address, closing(Kept(address)) as kept:
        yield kept


class Kept:
    """A connection that is kept."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._connection = HTTPConnection(address.partition("://")[2], timeout=PATIENCE)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        plain = json.loads(json.dumps(body, default=str))
        status, answer, _ = asked(self._connection, method, path, plain)
        return status, answer

    def close(self) -> None:
        self._connection.close()

    def good(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.call(method, path, body)
        assert status in (200, 201), (method, path, body, status, answer)
        return answer


_SLOWNESS = {"timeout", "not reached", "cut off", "too busy"}


@dataclass
class Stage:
    """A server whose clock stands where it is set, and the back end that it calls."""

    serve: Kept
    demo: Kept
    clock: Path

    def walk(self, tree: str, story: Told) -> list[Exit]:
        """Every exit that is passed as a story is walked. On a machine that is slow a call may be
        given up in time: such a walk is walked again."""
        for _ in range(3):
            passed, reasons = self._walk(tree, story)
            if not reasons:
                return passed
            assert reasons <= _SLOWNESS, reasons
        raise AssertionError(f"again and again: {reasons}")

    def prepare(self, story: Told) -> None:
        """The clock and the back end, as a story wants them."""
        self.clock.write_text(story.now.isoformat(), "utf-8")
        self.demo.good("POST", "/demo/reset", {})
        self.demo.good("POST", "/demo/plan", story.plans)

    def _walk(self, tree: str, story: Told) -> tuple[list[Exit], set[str]]:
        self.prepare(story)
        walk = self.serve.good("POST", "/api/v1/walks", {"tree": tree, **story.about})
        status, answer = 200, walk
        body: dict[str, Any] = {}
        for event in story.sends:
            walk = self._ready(answer, story, event)
            body = {"seq": walk["seq"], **event}
            if "row" in body:
                body["answer"] = walk["expects"]["choices"][body.pop("row")]
            status, answer = self.serve.call("POST", f"/api/v1/walks/{walk['id']}/events", body)
            if status != 200:
                break
        else:
            walk = self._ready(answer, story, {})
        events = self.serve.good("GET", f"/api/v1/walks/{walk['id']}/events")["events"]
        reasons = {event["reason"] for event in events if event.get("reason")}
        assert reasons or status == 200, (body, answer)
        ended = (walk["outcome"] or {"node": ""})["node"]
        assert reasons or ended == story.ended, walk
        steps = [step for event in events for step in event.get("steps", ())]
        return [(step["tree"], step["node"], step["exit"] or "end") for step in steps], reasons

    def _ready(self, walk: Any, story: Told, event: Mapping[str, Any]) -> Any:
        """The walk once what it waits for has come. A call that never answers is not waited for."""

        def stands() -> Any:
            found = self.serve.good("GET", f"/api/v1/walks/{walk['id']}")
            aside = isinstance(event.get("answer"), dict) and "anytime" in event["answer"]
            aside = aside or event.get("type") == "went_back"
            return found if found["status"] != "pending" or aside else None

        return walk if walk["status"] != "pending" else until(stands, "a result")


@contextmanager
def stage(folder: Path, trees: Path) -> Iterator[Stage]:
    file = folder / "clock"
    file.write_text("2026-01-05T10:00:00+00:00", "utf-8")
    settings = folder / "demo.toml"
    with demo(folder, "--settings", str(settings)) as behind:
        command = [
            "-m", "tests.clocked", str(file), str(trees), "--port", "0", "--settings", str(settings),
            "--store", f"sqlite:///{folder}/record.db",
        ]  # fmt: skip
        log = folder / "serve.log"
        with process(command, log) as address, closing(Kept(address)) as server:
            yield Stage(server, behind, file)
