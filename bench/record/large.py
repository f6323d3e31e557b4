"""A store of many events against an empty one: opening a walk, appending, listing; and its bytes.

The large file is made by SQL from the rows that the store wrote of one walk, with ids, hashes and
moments of their own: every chain in it is whole. 300,000 events; with ``--large`` 10,000,000.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import apsw

from bench.measure import against, spell, table
from bench.record import driver, line
from bench.record.server import busy
from bench.record.walked import Moves, ids, moves
from engine.load import load
from engine.record import genesis, link, pack
from engine.replay import replay
from engine.stores import Store, open_store

ROUNDS, CALLS = 5, 300
GOAL, GOAL_BYTES = 1.5, 3.0
Work = Callable[[], Awaitable[None]]


def run(folder: Path) -> None:
    events = 10_000_000 if "--large" in sys.argv else 300_000
    trees = line.library(folder / "trees")
    made = moves(trees)
    files = {"empty": folder / "empty.db", "large": folder / "large.db"}
    driver.run(_filled(files, made))
    begun = time.perf_counter()
    known = _multiplied(files["large"], made, events // len(made.events))
    print(f"\n  {events:,} events made in {time.perf_counter() - begun:.0f} s, {files['large'].stat().st_size / 1e6:,.0f} MB")  # fmt: skip
    (tree,) = load(trees).trees.values()
    found = driver.run(_compared(files, made, known, {tree.logic: tree}))
    rows = [
        (what, spell(sides["empty"]), spell(sides["large"]), against(GOAL, sides["large"] / sides["empty"]))
        for what, sides in found.items()
    ]  # fmt: skip
    table(f"A store of {events:,} events against an empty one, CPU, SQLite ({busy()})", ("", "empty", "large", "ratio"), rows)  # fmt: skip
    own = sum(len(pack(event)) for event in made.events) / len(made.events)
    each = files["large"].stat().st_size / events
    print(
        f"  {each:.0f} bytes an event, its own JSON {own:.0f}: {against(GOAL_BYTES, each / own)}"
    )


async def _filled(files: Mapping[str, Path], made: Moves) -> None:
    """Both with a few walks that the store wrote itself."""
    for file in files.values():
        store = await open_store(f"sqlite:///{file}")
        for id, _ in zip(ids(), range(driver.WALKERS), strict=False):
            await made.keep(store, id)
        await store.close()


def _multiplied(file: Path, made: Moves, walks: int) -> list[str]:
    """Write so many walks like the first one; some of their ids."""
    connection = apsw.Connection(str(file))
    for pragma in ("synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    names = {name: _columns(connection, name) for name in ("walks", "events", "calls")}
    ((template,),) = connection.execute("SELECT id FROM walks LIMIT 1").fetchall()
    like = {
        name: list(connection.execute(f"SELECT {', '.join(columns)} FROM {name} WHERE {_key(name)} = ?", (template,)))
        for name, columns in names.items()
    }  # fmt: skip
    packed = [pack(event) for event in made.events]
    fresh, chance = ids(), Random(1)
    every = sorted(next(fresh) for _ in range(walks))  # in their order, the file grows at its end
    for first in range(0, walks, 5_000):
        rows: dict[str, list[Any]] = {name: [] for name in names}
        for id in every[first : first + 5_000]:
            _like(id, like, names, packed, chance.randrange(10**12), rows)
        with connection:
            for name, columns in names.items():
                marks = ", ".join("?" * len(columns))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows[name])
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    return chance.sample(every, min(5_000, walks))


def _key(name: str) -> str:
    return "id" if name == "walks" else "walk"


def _columns(connection: apsw.Connection, name: str) -> list[str]:
    return [str(row[1]) for row in connection.execute(f"PRAGMA table_info({name})")]


def _like(
    id: str, like: Mapping[str, list[Any]], names: Mapping[str, list[str]],
    packed: list[bytes], shift: int, into: dict[str, list[Any]],
) -> None:  # fmt: skip
    """The rows of one walk like the first, at another time."""
    hashes, prev = [], genesis(id)
    for n, one in enumerate(packed, 1):
        prev = link(prev, n, one)
        hashes.append(prev)
    for name, rows in like.items():
        columns = names[name]
        for n, row in enumerate(rows):
            new = dict(zip(columns, row, strict=True))
            new[_key(name)] = id
            if name == "walks":
                new |= {"started": new["started"] + shift, "updated": new["updated"] + shift}
                new["client_id"] = id[-12:]
            last = hashes[-1] if name == "walks" else hashes[n]
            if "hash" in new:
                new["hash"] = last if isinstance(new["hash"], str) else bytes.fromhex(last)
            into[name].append(tuple(new.values()))


async def _compared(
    files: Mapping[str, Path], made: Moves, known: list[str], trees: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    """Seconds of CPU for one of each, both stores in turn in every round; the median."""
    stores = {name: await open_store(f"sqlite:///{file}") for name, file in files.items()}
    there = {"empty": [row.id for row in await stores["empty"].walks()], "large": known}
    taken: dict[str, dict[str, list[float]]] = {}
    for number in range(ROUNDS + 1):
        for name, store in stores.items():
            for what, work in _works(store, there[name], made, trees).items():
                begun = time.process_time()
                await work()
                spent = (time.process_time() - begun) / CALLS
                if number:
                    taken.setdefault(what, {}).setdefault(name, []).append(spent)
    for store in stores.values():
        with suppress(Exception):
            await store.close()
    return {what: {n: median(s) for n, s in sides.items()} for what, sides in taken.items()}


def _works(
    store: Store, known: list[str], made: Moves, trees: Mapping[str, Any]
) -> dict[str, Work]:
    chance, fresh = Random(2), ids(after=20_000)  # behind all that are there

    async def opened() -> None:
        for _ in range(CALLS):
            id = chance.choice(known)
            row = await store.walk(id)
            events = [stored.event for stored in await store.events(id)]
            walk = replay(trees, id, events, await store.private(id))
            assert row is not None
            assert walk.seq == row.seq

    async def appended() -> None:
        async def walker() -> None:
            await made.keep(store, next(fresh), last=CALLS // 50)

        await asyncio.gather(*(walker() for _ in range(50)))

    async def listed() -> None:
        for _ in range(CALLS):
            await store.walks(limit=50)

    return {"opening a walk": opened, "appending": appended, "listing 50 walks": listed}
