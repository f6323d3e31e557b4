"""A working day on one worker: a thousand agents at six steps a minute; then many more than it can
serve, who are told so at once; then the thousand again."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from bench.measure import spell, table
from bench.record import driver, line
from bench.record.server import busy, product, serving

AGENTS, EVERY = 1_000, 10.0  # seconds between two steps of one agent
CALM, HARD, SETTLE = 20.0, 6.0, 5.0  # seconds
PEAK, CROWD = 64, 600  # who never pause: as many as keep it busy, and far more than it takes
GOAL_P95, GOAL_REFUSED, GOAL_KEPT = 0.1, 0.1, 0.8


class Seen(NamedTuple):
    """What came of a while: seconds that answers took with their pages, and that refusals took;
    how many failed in another way; calls served a second."""

    answers: list[float]
    refusals: list[float]
    failed: int
    rate: float


class Agent:
    """Somebody with a connection, who walks one walk after another."""

    def __init__(self, connection: driver.Connection, seal: str) -> None:
        self.connection = connection
        self.seal = seal
        self.at = ""
        self.typed: list[line.Typed] = []  # what is still to be said, the next last

    async def step(self) -> tuple[int, float]:
        """An answer and its page, or the start of another walk and its first. The status, and how
        long it took."""
        begun = time.perf_counter()
        if self.typed:
            _, _, id, seq = self.at.split("/")
            form = line.form(seq, self.typed[-1], self.seal)
            reply = await self.connection.post(f"/walks/{id}/answer", form, at_once=True)
        else:
            form = line.start_form(secrets.token_urlsafe(9), self.seal)
            reply = await self.connection.post(f"/start/{line.TREE}", form, at_once=True)
        if reply.status == 200:
            self.typed = self.typed[:-1] if self.typed else line.answers()[::-1]
            self.at = reply.location
        return reply.status, time.perf_counter() - begun


async def _while(agents: list[Agent], seconds: float, pause: Callable[[], float]) -> Seen:
    answers: list[float] = []
    refusals: list[float] = []
    failed, until = 0, time.perf_counter() + seconds

    async def work(agent: Agent) -> None:
        nonlocal failed
        await asyncio.sleep(random.random() * min(pause(), seconds))  # they do not begin as one
        while time.perf_counter() < until:
            try:
                status, took = await agent.step()
            except OSError:
                failed += 1
                return
            if status == 200:
                answers.append(took)
            elif status == 503:
                refusals.append(took)
                await asyncio.sleep(0.1)
            else:
                failed += 1
            await asyncio.sleep(pause())

    await asyncio.gather(*(work(agent) for agent in agents))
    return Seen(answers, refusals, failed, len(answers) / seconds)


async def _day(port: int) -> dict[str, Seen]:
    connections = await driver.connect(port, AGENTS + CROWD)
    seal = await driver.seal(connections[0])
    agents = [Agent(connection, seal) for connection in connections]
    calm, crowd = agents[:AGENTS], agents[AGENTS:]

    def human() -> float:
        return random.uniform(0.5, 1.5) * EVERY

    def none() -> float:
        return 0.0

    work: dict[str, Callable[[], Awaitable[Seen]]] = {
        "1,000 agents": lambda: _while(calm, CALM, human),
        "64 without a pause": lambda: _while(crowd[:PEAK], HARD, none),
        "600 without a pause": lambda: _while(crowd, HARD, none),
        "1,000 agents, 5 s later": lambda: _while(calm, CALM, human),
    }
    found = {}
    for name, go in work.items():
        if "later" in name:
            await asyncio.sleep(SETTLE)
        found[name] = await go()
    for connection in connections:
        connection.close()
    return found


def _at(share: float, taken: list[float]) -> float:
    return sorted(taken)[round(len(taken) * share) - 1] if taken else 0.0


def _goal(value: float, goal: float) -> str:
    return f"{spell(value)} (goal {spell(goal)}){'' if value <= goal else '  MISSED'}"


def run(folder: Path) -> None:
    trees = line.library(folder / "trees")
    with serving(*product(trees, f"sqlite:///{folder}/load.db")) as server:
        found = driver.run(_day(server.port))
    peak = found["64 without a pause"].rate
    rows = []
    for name, seen in found.items():
        late, refused = _at(0.95, seen.answers), _at(0.95, seen.refusals)
        kept = "" if seen.rate >= GOAL_KEPT * peak else "  MISSED"
        rows.append(
            (
                name, f"{seen.rate:,.0f} / s" + (f" ({seen.rate / peak:.0%} of 64){kept}" if "600" in name else ""),
                _goal(late, GOAL_P95) if "agents" in name else spell(late),
                f"{len(seen.refusals):,}" + (f", p95 {_goal(refused, GOAL_REFUSED)}" if refused else ""),
                str(seen.failed),
            )
        )  # fmt: skip
    head = ("", "calls served", "p95 of an answer", "refused (503)", "failed")
    table(f"One worker on SQLite over a day ({busy()}; the clients share its machine)", head, rows)
