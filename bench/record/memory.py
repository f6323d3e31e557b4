"""Memory that 10,000 open walks take of a server: they live in the store, and few are held."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.measure import table
from bench.record import driver, line
from bench.record.server import busy, product, serving

WALKS, ANSWERS, GOAL = 10_000, 3, 20.0


def run(folder: Path) -> None:
    trees = line.library(folder / "trees")
    with serving(*product(trees, f"sqlite:///{folder}/record.db")) as server:
        driver.run(
            driver.round_of(server.port, server.cpu, 2)
        )  # whatever is made once is made here
        before = server.resident()
        driver.run(_opened(server.port))
        taken = (server.resident() - before) / 1e6
    missed = "" if taken <= GOAL else "MISSED"
    head = ("", "grew by", "goal", "")
    row = (f"{WALKS:,} walks, {ANSWERS} answers each", f"{taken:.1f} MB", f"{GOAL:g} MB", missed)
    table(f"Memory of open walks, SQLite, one worker ({busy()})", head, [row])


async def _opened(port: int) -> None:
    connections = await driver.connect(port)
    seal, typed = await driver.seal(connections[0]), line.answers()[:ANSWERS]

    async def walker(connection: driver.Connection) -> None:
        for _ in range(WALKS // driver.WALKERS):
            at = await driver.start(connection, seal)
            await driver.walked([connection], at, seal, typed, lambda *_: None)

    await asyncio.gather(*map(walker, connections))
    for connection in connections:
        connection.close()
