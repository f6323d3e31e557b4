"""Any order of any calls: every store gives what a model of lists and dicts gives."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.errors import ClientIdReused, Conflict
from engine.model import Event
from engine.record import broken
from engine.stores import STORES, Appended, Call, open_store
from tests.store_urls import HEAD, NOON, begun, said, url_of

T = TypeVar("T")
EXAMPLES = 300 if os.environ.get("FINGERPOST_SOAK") == "1" else 15


class Interleaved(RuleBasedStateMachine):
    """Every store at once, beside a model of lists and dicts: they agree after any calls."""

    walks = st.sampled_from(["w", "v"])
    clients = st.sampled_from(["", "c1", "c2"])
    bodies = st.sampled_from(["1", "2"])

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.urls = {kind: url_of(kind, Path(self.folder.name)) for kind in STORES}

    @initialize()
    def open(self) -> None:
        self.stores = {kind: self.run(open_store(url)) for kind, url in self.urls.items()}
        self.log: dict[str, list[Event]] = {}
        self.calls: dict[tuple[str, str], tuple[int, str]] = {}
        self.private: dict[str, dict[str, Any]] = {}
        self.refs = 0

    def run(self, work: Awaitable[T]) -> T:
        async def inner() -> T:
            return await work

        return self.loop.run_until_complete(inner())

    @rule(
        walk=walks, client=clients, body=bodies, count=st.integers(0, 2),
        off=st.sampled_from([0, 0, 0, 1, -1]), secret=st.booleans(),
    )  # fmt: skip
    def append(
        self, walk: str, client: str, body: str, count: int, off: int, secret: bool
    ) -> None:
        log = self.log.get(walk, [])
        first: list[Event] = [begun(actor=walk)] if not log else []
        events = [*first, *(said(f"{len(log)}.{n}") for n in range(count))][: count or None]
        if not count:
            events = []
        self.refs += secret
        private = {f"r{self.refs}": {"x": self.refs}} if secret else {}
        want = self._expected(walk, events, len(log) + off, client, body)
        for kind, store in self.stores.items():
            work = store.append(
                walk, events, after=len(log) + off, head=HEAD, client_id=client, body=body,
                private=private if want == "kept" else {},
            )  # fmt: skip
            assert self._outcome(work) == (
                ("kept", len(log) + len(events)) if want == "kept" else want
            ), kind
        if want == "kept":
            self.log[walk] = [*log, *events]
            self.private.setdefault(walk, {}).update(private)
            if client:
                self.calls[walk, client] = (len(self.log[walk]), body)

    def _expected(self, walk: str, events: list[Event], after: int, client: str, body: str) -> Any:
        log = self.log.get(walk, [])
        if (walk, client) in self.calls:
            seq, was = self.calls[walk, client]
            return ("repeated", seq) if was in (body, "-") else ClientIdReused
        if not events:
            return ("kept", len(log))
        return "kept" if after == len(log) else Conflict

    def _outcome(self, work: Awaitable[Appended]) -> Any:
        try:
            done = self.run(work)
        except (Conflict, ClientIdReused) as refused:
            return type(refused)
        return ("repeated" if done.repeated else "kept", done.seq)

    @rule(walk=walks)
    def erase(self, walk: str) -> None:
        gone = len(self.private.pop(walk, {}))
        if gone:  # and what its calls said
            own = {call: (done[0], "-") for call, done in self.calls.items() if call[0] == walk}
            self.calls |= own
        for kind, store in self.stores.items():
            assert self.run(store.erase(walk, at=NOON)) == gone, kind

    @rule(walk=walks)
    def forget(self, walk: str) -> None:
        there = self.log.pop(walk, None) is not None
        self.private.pop(walk, None)
        self.calls = {call: done for call, done in self.calls.items() if call[0] != walk}
        for kind, store in self.stores.items():
            assert self.run(store.forget(walk)) is there, kind

    @rule(kind=st.sampled_from([kind for kind in STORES if kind != "memory"]))
    def restart(self, kind: str) -> None:
        self.run(self.stores[kind].close())
        self.stores[kind] = self.run(open_store(self.urls[kind]))

    @rule(walk=walks, after=st.integers(0, 5))
    def read(self, walk: str, after: int) -> None:
        for kind, store in self.stores.items():
            found = self.run(store.events(walk, after=after))
            assert [s.event for s in found] == self.log.get(walk, [])[after:], kind

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "stores"):
            return
        for kind, store in self.stores.items():
            for walk in ("w", "v"):
                found = self.run(store.events(walk))
                assert [s.event for s in found] == self.log.get(walk, []), kind
                assert broken(walk, found) == "", kind
                assert self.run(store.private(walk)) == self.private.get(walk, {}), kind
                calls = {c: Call(w, *done) for (w, c), done in self.calls.items() if w == walk}
                assert self.run(store.calls(walk)) == calls, kind
        rows = [self.run(store.walks()) for store in self.stores.values()]
        assert all(row == rows[0] for row in rows)

    def teardown(self) -> None:
        for store in self.stores.values() if hasattr(self, "stores") else ():
            self.run(store.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()


TestInterleaved = pytest.mark.slow(Interleaved.TestCase)
TestInterleaved.settings = settings(max_examples=EXAMPLES, stateful_step_count=25, deadline=None)
