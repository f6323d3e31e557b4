"""A serving process is killed between a request and its result: a real process, a real backend."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acting import folder
from tests.backend import Backend, backend
from tests.servers import Server, serving, until

pytestmark = pytest.mark.slow


@pytest.fixture
def there() -> Iterator[Backend]:
    with backend() as found:
        yield found


@pytest.fixture
def trees(tmp_path: Path, there: Backend, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library, whose calls take eight seconds at most, and the settings in the environment."""
    monkeypatch.setenv("FINGERPOST_ACTIONS_CRM_URL", there.url)
    monkeypatch.setenv("FINGERPOST_ACTIONS_CRM_URL__AUTHORIZATION", "Bearer s3cret")
    monkeypatch.setenv("FINGERPOST_ACTIONS_ALLOW", "127.0.0.1")
    root = folder(tmp_path / "trees")
    library = root / "library.yaml"
    library.write_text(library.read_text("utf-8").replace("timeout: 20s", "timeout: 8s"), "utf-8")
    return root


def begun(server: Server) -> dict[str, Any]:
    status, found, _ = server.call("POST", "/api/v1/walks", {"tree": "acting"})
    assert status == 201
    return dict(found)


def at_pay(server: Server, there: Backend) -> dict[str, Any]:
    """A walk at the question before the refund."""
    there.gives({"status": "none"})
    walk = begun(server)
    send(server, walk, type="answered", answer={"id": "C1"})
    until(lambda: standing(server, walk)["prompt"] is not None)
    found = standing(server, walk)
    assert found["prompt"]["node"] == "pay"
    return found


def send(server: Server, walk: dict[str, Any], **said: Any) -> dict[str, Any]:
    path = f"/api/v1/walks/{walk['id']}/events"
    status, found, _ = server.call("POST", path, {"seq": walk["seq"], **said})
    assert status == 200, found
    return dict(found)


def standing(server: Server, walk: dict[str, Any]) -> dict[str, Any]:
    return dict(server.get(f"/api/v1/walks/{walk['id']}"))


def test_what_must_not_be_done_twice_stops_at_a_person(
    tmp_path: Path, trees: Path, there: Backend
) -> None:
    with serving(tmp_path, trees) as server:
        walk = at_pay(server, there)
        there.hold.clear()
        there.asked.clear()
        walk = send(server, walk, type="answered", answer="yes")
        assert walk["status"] == "pending"
        until(lambda: len(there.asked) == 1)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(30)
    there.gives({"exit": "paid", "id": "R1"})
    there.hold.set()
    with serving(tmp_path, trees) as server:
        until(lambda: standing(server, walk)["status"] == "waiting")
        found = standing(server, walk)
        assert found["request"]["unsure"]
        page = server.get(f"/walks/{walk['id']}/{found['seq']}")
        assert "We do not know whether this was done." in page
        found = send(server, found, type="action_finished", exit="paid", outputs={"receipt": "R1"})
        assert found["prompt"]["node"] == "paid"
        assert len(there.asked) == 1  # never repeated
        assert "s3cret" not in server.errors.read_text()


def test_what_is_safe_is_done_again_by_itself(tmp_path: Path, trees: Path, there: Backend) -> None:
    there.hold.clear()
    with serving(tmp_path, trees) as server:
        walk = begun(server)
        walk = send(server, walk, type="answered", answer={"id": "C1"})
        until(lambda: len(there.asked) == 1)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(30)
    there.gives({"status": "none"})
    there.hold.set()
    with serving(tmp_path, trees) as server:
        until(lambda: standing(server, walk)["status"] == "waiting")
        assert standing(server, walk)["prompt"]["node"] == "pay"
    first, second = there.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert second.headers["authorization"] == "Bearer s3cret"


def test_workers_that_die_leave_it_to_those_that_come_after(
    tmp_path: Path, trees: Path, there: Backend
) -> None:
    there.hold.clear()
    with serving(tmp_path, trees, "--workers", "2") as server:
        walk = begun(server)
        walk = send(server, walk, type="answered", answer={"id": "C1"})
        until(lambda: len(there.asked) == 1)
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)
        there.gives({"status": "none"})
        there.hold.set()
        until(lambda: _answers(server, walk))
        until(lambda: standing(server, walk)["status"] == "waiting")
        assert standing(server, walk)["prompt"]["node"] == "pay"
        told = [
            event["type"] for event in server.get(f"/api/v1/walks/{walk['id']}/events")["events"]
        ]
        assert told == [
            "started",
            "answered",
            "action_started",
            "action_started",
            "action_finished",
        ]
    first, second = there.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def _answers(server: Server, walk: dict[str, Any]) -> bool:
    try:
        return bool(standing(server, walk))
    except OSError:  # the next worker has not come yet
        return False


def test_told_to_stop_it_waits_for_the_result(tmp_path: Path, trees: Path, there: Backend) -> None:
    library = trees / "library.yaml"
    library.write_text(library.read_text("utf-8").replace("timeout: 8s", "timeout: 20s"), "utf-8")
    with serving(tmp_path, trees) as server:
        walk = at_pay(server, there)
        there.gives({"exit": "paid", "id": "R1"})
        there.hold.clear()
        there.asked.clear()
        walk = send(server, walk, type="answered", answer="yes")
        until(lambda: len(there.asked) == 1)
        server.process.send_signal(signal.SIGTERM)
        there.hold.set()
        assert server.process.wait(30) == 0
    with serving(tmp_path, trees) as server:
        assert standing(server, walk)["prompt"]["node"] == "paid"
    assert len(there.asked) == 1
