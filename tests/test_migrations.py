"""`fingerpost walks migrate`: open walks to new trees, on every store, also while they are walked."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine import walk as walks
from engine.load import Examined, examine
from engine.model import Migrated
from engine.record import broken
from engine.stores import Store
from tests.command import refused, run
from tests.kinds import write
from tests.servers import Server, serving, until
from tests.store_urls import url_of, with_store
from web.desk import Desk
from web.keeping.migrations import Migrating, migrations, summary
from web.published import Published

OLD = {
    "library.yaml": """
format: 1
teams: {field: {label: Field service}}
actions:
  book:
    label: Book a visit
    by: field
    exits: {booked: {}, full: {}}
""",
    "lamp.yaml": """
format: 1
title: Lamp
start: on
nodes:
  on: {ask: "Is the lamp on?", choices: {no: lights, yes: done}}
  lights: {ask: "Which lights?", choices: {red: visit, green: sure}}
  visit: {run: book, exits: {booked: sure, full: sure}}
  sure: {ask: "Sure?", choices: {yes: done, no: on}}
  done: {end: Done.}
""",
    "bulb.yaml": """
format: 1
title: Bulb
start: on
nodes:
  on: {ask: "Is the bulb on?", choices: {yes: done, no: done}}
  done: {end: Done.}
""",
}
NEW = OLD | {
    "lamp.yaml": OLD["lamp.yaml"].replace("{red: visit, green: sure}", "{red: sure, blue: visit}"),
    "bulb.yaml": OLD["bulb.yaml"].replace("Is the bulb on?", "Does the bulb shine?"),
}
TOLD = (
    "2 continue, 2 are asked one question again (lights), "
    "1 stays (what was done at visit cannot be undone, and the new way does not hold it)"
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


@pytest.fixture
def old(tmp_path: Path) -> Examined:
    return read(tmp_path / "old", OLD)


@pytest.fixture
def new(tmp_path: Path) -> Examined:
    return read(tmp_path / "new", NEW)


def read(folder: Path, files: Mapping[str, str]) -> Examined:
    found = examine(write(folder, files))
    assert not found.errors
    return found


async def answered(desk: Desk, tree: str, *answers: str) -> str:
    """A walk with these answers; ``!exit`` is what came of an action."""
    walk = await desk.start(tree, audience="agent")
    for said in answers:
        walk = await desk.move(walk.id, moved(said), seq=walk.seq)
    return walk.id


def moved(said: str) -> Any:
    def make(tree: Any, walk: Any, at: datetime, ref: str) -> Any:
        if said.startswith("!"):
            request = walk.state.request
            return walks.resolve(tree, walk, request.id, {"exit": said[1:]}, at=at, by="x")
        return walks.answer(tree, walk, said, at=at, by="x", ref=ref)

    return make


async def peopled(store: Store, old: Examined) -> dict[str, str]:
    """A walk for each way that it can come out."""
    desk = Desk(old, store)
    return {
        "clean": await answered(desk, "lamp", "no"),
        "fresh": await answered(desk, "lamp"),
        "asks": await answered(desk, "lamp", "no", "green"),
        "asks too": await answered(desk, "lamp", "no", "green"),
        "stays": await answered(desk, "lamp", "no", "red", "!booked"),
        "ended": await answered(desk, "lamp", "yes"),
        "words": await answered(desk, "bulb"),
    }


async def taken_over(
    store: Store, new: Examined, *, dry_run: bool = False, tree: str = ""
) -> list[Migrating]:
    published = Published(new, store)
    trees = {id: one for id, one in published.trees.items() if tree in ("", id)}
    return [
        one
        async for one in migrations(
            store, published, trees, clock=lambda: datetime.now(UTC), by="ana",
            dry_run=dry_run, say=lambda _: None,
        )
    ]  # fmt: skip


async def logs(store: Store, ids: Mapping[str, str]) -> dict[str, int]:
    return {name: len(await store.events(id)) for name, id in ids.items()}


def test_each_walk_goes_over_is_asked_again_or_stays(
    url: str, old: Examined, new: Examined
) -> None:
    async def work(store: Store) -> None:
        ids = await peopled(store, old)
        before = await logs(store, ids)
        dry = await taken_over(store, new, dry_run=True)
        assert summary(dry) == TOLD
        assert await logs(store, ids) == before, "a dry run writes nothing"
        made = await taken_over(store, new)
        assert summary(made) == TOLD
        moved = {"clean", "fresh", "asks", "asks too"}
        assert await logs(store, ids) == {n: c + (n in moved) for n, c in before.items()}
        assert {one.id for one in made} == {ids[name] for name in moved | {"stays"}}
        # Another process than the one that did it; it has the new files alone.
        desk = Desk(new, store)
        for name, id in ids.items():
            log, row = await store.events(id), await store.walk(id)
            assert row is not None
            assert broken(id, log, (row.seq, row.hash)) == ""
            walk = await desk.walk(id)
            tree = await desk.tree_of(walk)
            assert row.head.logic == tree.logic
            assert (tree.logic == desk.trees[tree.id].logic) is (name in moved | {"words"})
            if name in moved:
                event = log[-1].event
                assert isinstance(event, Migrated)
                assert event.actor == "ana"
        asked = await desk.walk(ids["asks"])
        assert asked.state.frames[-1].node == "lights"
        await desk.move(asked.id, moved_on("blue"), seq=asked.seq)
        stays = await desk.walk(ids["stays"])
        await desk.move(stays.id, moved_on("yes"), seq=stays.seq)
        assert summary(await taken_over(store, new)) == ""  # it has ended; nothing is left

    def moved_on(said: str) -> Any:
        return moved(said)

    with_store(url, work)


def test_once_more_changes_nothing(url: str, old: Examined, new: Examined) -> None:
    async def work(store: Store) -> None:
        ids = await peopled(store, old)
        await taken_over(store, new)
        after = await logs(store, ids)
        again = await taken_over(store, new)
        assert [one.verdict for one in again] == ["stays"]
        assert await logs(store, ids) == after

    with_store(url, work)


def test_and_back_again(url: str, old: Examined, new: Examined) -> None:
    """To the version that it came from: one that it has been on before."""

    async def work(store: Store) -> None:
        id = await answered(Desk(old, store), "lamp", "no")
        for target, count in ((new, 3), (old, 4), (new, 5)):
            (one,) = await taken_over(store, target)
            assert (one.verdict, one.seq) == ("clean", count)
        walk = await Desk(new, store).walk(id)
        assert walk.state.frames[-1].node == "lights"

    with_store(url, work)


def test_of_one_tree_alone(old: Examined, new: Examined) -> None:
    async def work(store: Store) -> None:
        await peopled(store, old)
        assert await taken_over(store, new, tree="bulb") == []

    with_store("memory:", work)


class Busy:
    """A record in which a walk is moved right after it was read, as often as there are answers."""

    def __init__(self, store: Store, desk: Desk, answers: list[str]) -> None:
        self._store = store
        self._desk = desk
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def events(self, id: str, **more: Any) -> Any:
        found = await self._store.events(id, **more)
        if self._answers:
            walk = await self._desk.walk(id)
            await self._desk.move(id, moved(self._answers.pop(0)), seq=walk.seq)
        return found


def test_a_walk_that_is_moved_meanwhile_is_looked_at_again(
    url: str, old: Examined, new: Examined
) -> None:
    async def work(store: Store) -> None:
        desk = Desk(old, store)
        id = await answered(desk, "lamp")
        busy: Any = Busy(store, desk, ["no", "green"])
        (one,) = await taken_over(busy, new)
        assert (one.verdict, one.asks) == ("asks again", ("lights",))
        log = [type(stored.event).__name__ for stored in await store.events(id)]
        assert log == ["Started", "Answered", "Answered", "Migrated"]
        ends = await answered(desk, "lamp")
        busy = Busy(store, desk, ["yes"])
        assert await taken_over(busy, new) == []  # it ended under our hands
        assert len(await store.events(ends)) == 2

    with_store(url, work)


def test_a_walk_whose_version_is_lost_stays_and_the_others_go_on(
    old: Examined, new: Examined
) -> None:
    class Lossy:
        def __init__(self, store: Store) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

        async def tree(self, logic: str) -> None:
            return None

    async def work(store: Store) -> None:
        await answered(Desk(old, store), "lamp")
        lossy: Any = Lossy(store)
        (one,) = await taken_over(lossy, new)
        assert one.verdict == "stays"
        assert "version of the tree" in one.why

    with_store("memory:", work)


@pytest.mark.parametrize(
    ("verdicts", "says"),
    [
        ([], ""),
        ([("clean", "")], "1 continues"),
        ([("clean", "")] * 41, "41 continue"),
        ([("asks again", "lights")], "1 is asked one question again (lights)"),
        ([("asks again", "a b")] * 2, "2 are asked 2 questions again (a, b)"),
        ([("stays", "x")] * 2 + [("stays", "y")], "2 stay (x), 1 stays (y)"),
    ],
)
def test_in_words(verdicts: list[tuple[str, str]], says: str) -> None:
    found = [
        Migrating(
            id=str(n), tree="t", seq=1, old="o", new="n", verdict=verdict,
            asks=tuple(about.split()) if verdict == "asks again" else (),
            why=about if verdict == "stays" else "",
        )
        for n, (verdict, about) in enumerate(verdicts)
    ]  # fmt: skip
    assert summary(found) == says


def test_on_the_command_line(tmp_path: Path, old: Examined, new: Examined) -> None:
    url = url_of("sqlite", tmp_path)
    ids: dict[str, str] = {}

    async def work(store: Store) -> None:
        ids.update(await peopled(store, old))

    with_store(url, work)
    words = ("walks", "migrate", "--store", url, "--library", tmp_path / "new")
    assert run(*words, "--dry-run").out == f"lamp: {TOLD}\n"
    told = run(*words, "--dry-run", "--json").json
    assert told["dry_run"] is True
    assert told["summary"] == TOLD
    by_id = {one["id"]: one for one in told["walks"]}
    assert by_id[ids["asks"]]["verdict"] == "asks again"
    assert by_id[ids["asks"]]["asks"] == ["lights"]
    assert run(*words, "--tree", "lamp", "--by", "ana").out == f"{TOLD}\n"
    assert run(*words, "--tree", "bulb").out == "no open walk is on an older version of its tree\n"
    assert "there is no tree 'nope'" in refused(*words, "--tree", "nope")
    broken_ = write(tmp_path / "broken", NEW | {"lamp.yaml": "format: 1\n"})
    said = refused_with(words[:-1], broken_, "--tree", "lamp")
    assert "without errors: nothing was done" in said


def refused_with(words: Any, folder: Path, *more: str) -> str:
    ran = run(*words, folder, *more)
    assert ran.status == 2
    return ran.err


@pytest.mark.slow
def test_while_they_are_being_walked(tmp_path: Path) -> None:
    """Agents walk at a server of two workers; the folder changes; open walks are taken over under
    their hands. Everything that was acknowledged is there, and every walk goes on."""
    trees = write(tmp_path / "trees", OLD)
    store = f"sqlite:///{tmp_path}/record.db"
    with serving(tmp_path, trees, "--workers", "2", store=store) as server:
        begun = [begin(server) for _ in range(12)]
        over = threading.Event()
        with ThreadPoolExecutor(3) as agents:
            walking = [agents.submit(agent, server, begun[n::3], over) for n in range(3)]
            try:
                logic = server.get("/api/v1/trees/lamp")["logic"]
                write(trees, NEW)
                until(lambda: server.get("/api/v1/trees/lamp")["logic"] != logic)
                for _ in range(2):
                    assert "stays" not in migrated(store, trees)
            finally:
                over.set()
            acknowledged = {id: seq for found in walking for id, seq in found.result().items()}
        assert acknowledged.keys() == set(begun)
        goes_on(server, acknowledged)
        assert not [line for line in server.log() if line["level"] == "error"]
    with_store(store, partial(whole, begun))


def agent(server: Server, ids: list[str], over: threading.Event) -> dict[str, int]:
    """Answers one walk after the other; the last event of each that was acknowledged."""
    acknowledged = dict.fromkeys(ids, 0)
    while not over.is_set():
        for id in ids:
            stands = server.get(f"/api/v1/walks/{id}")
            acknowledged[id] = max(acknowledged[id], step(server, stands))
    return acknowledged


def migrated(store: str, trees: Path) -> str:
    words = ["walks", "migrate", "--store", store, "--library", str(trees), "--json"]
    ran = subprocess.run(
        [sys.executable, "-m", "web.cli", *words],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return str(json.loads(ran.stdout)["summary"])


def goes_on(server: Server, acknowledged: Mapping[str, int]) -> None:
    newest = server.get("/api/v1/trees/lamp")["logic"]
    for id, seq in acknowledged.items():
        stands = server.get(f"/api/v1/walks/{id}")
        assert stands["seq"] >= seq
        assert stands["logic"] == newest
        assert step(server, stands) > stands["seq"]


async def whole(ids: list[str], store: Store) -> None:
    for id in ids:
        row = await store.walk(id)
        assert row is not None
        assert broken(id, await store.events(id), (row.seq, row.hash)) == ""


def begin(server: Server) -> str:
    call = {"tree": "lamp", "audience": "agent"}
    return str(server.call("POST", "/api/v1/walks", call)[1]["id"])


def step(server: Server, stands: dict[str, Any]) -> int:
    """Answer so that the walk never ends nor needs a visit; what was acknowledged."""
    node = stands["prompt"]["node"]
    choices = [choice["id"] for choice in stands["prompt"]["choices"]]
    said = {"on": "no", "sure": "no"}.get(node) or ("green" if "green" in choices else "red")
    call = {"type": "answered", "node": node, "answer": said, "seq": stands["seq"],
            "client_id": f"c{stands['seq']}-{said}"}  # fmt: skip
    status, told, _ = server.call("POST", f"/api/v1/walks/{stands['id']}/events", call)
    assert status in (200, 409), told
    return int(told["seq"]) if status == 200 else 0
