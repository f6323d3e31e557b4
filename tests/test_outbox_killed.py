"""A serving process is killed in the middle of telling another system; the next one tells it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from engine.stores import open_store
from tests.backend import answer, backend
from tests.servers import lamp, serving, until
from web.actions.outbox import DUE

pytestmark = pytest.mark.slow


async def due_now(url: str) -> None:
    """The pause before the next try is over."""
    store = await open_store(url)
    (due,) = await store.shelf.listed(DUE)
    assert due.value["tries"] == 1
    value = {**due.value, "next": "2026-01-01T00:00:00+00:00"}
    await store.shelf.put(DUE, due.key, value, after=due.version)
    await store.close()


def test_a_message_that_was_under_way_when_the_process_was_killed_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other side holds the call until the process is dead, so nobody knows whether it came. It
    comes again, under the same key, from the process after it."""
    trees, folder = lamp(tmp_path / "trees"), tmp_path / "server"
    folder.mkdir()
    with backend() as there:
        there.gives(answer({}))
        there.hold.clear()
        monkeypatch.setenv("FINGERPOST_WEBHOOK", there.url + "/closed")
        monkeypatch.setenv("FINGERPOST_WEBHOOK_SECRET", "0123456789abcdef")
        monkeypatch.setenv("FINGERPOST_ACTIONS_ALLOW", "127.0.0.1")
        with serving(folder, trees) as server:
            _, walk, _ = server.call("POST", "/api/v1/walks", {"tree": "lamp"})
            path = f"/api/v1/walks/{walk['id']}/events"
            said = {"seq": walk["seq"], "type": "closed", "summary": "Hung up"}
            status, closed, _ = server.call("POST", path, said)
            assert status == 200
            assert there.came.wait(60)
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait(60)
        assert len(there.asked) == 1
        there.hold.set()
        asyncio.run(due_now(f"sqlite:///{folder}/record.db"))
        with serving(folder, trees) as server:
            until(lambda: len(there.asked) > 1, "the message")
            until(lambda: server.figures()["fingerpost_webhooks_waiting"] == 0, "that it is known")
        keys = {asked.headers["idempotency-key"] for asked in there.asked}
        assert keys == {f"{walk['id']}.{closed['seq']}"}
        assert [asked.json["note"] for asked in there.asked] == ["Hung up", "Hung up"]
