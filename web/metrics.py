"""Figures for Prometheus, and the one registry that they are in.

With several workers each writes its own into a folder that ``serve`` makes
(``PROMETHEUS_MULTIPROC_DIR``), and whichever is asked adds up all of them. Labels are trees,
outcomes, routes and kinds: nothing that a walk, a person or a node is known by.
"""

from __future__ import annotations

import os
from functools import cache
from time import time
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from engine.model import Move, Started, Tree, Walk

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
REGISTRY: Final = CollectorRegistry()
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_TOGETHER: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def _counter(name: str, says: str, *labels: str) -> Counter:
    return Counter(f"fingerpost_{name}", says, labels, registry=REGISTRY)


def _gauge(name: str, says: str, mode: str = "livesum") -> Gauge:
    return Gauge(f"fingerpost_{name}", says, registry=REGISTRY, multiprocess_mode=mode)  # type: ignore[arg-type]


REQUESTS: Final = _counter("requests", "Requests answered", "method", "route", "status")
SECONDS: Final = Histogram(
    "fingerpost_request_seconds", "How long they took", ["route"], buckets=_SECONDS, registry=REGISTRY
)  # fmt: skip
UNDER_WAY: Final = _gauge("requests_under_way", "Requests being answered now")
SHED: Final = _counter("requests_shed", "Requests refused because too many were under way")
EVENTS: Final = _counter("events", "Events kept", "type")
APPEND_SECONDS: Final = Histogram(
    "fingerpost_append_seconds", "How long the record took to keep a move", buckets=_SECONDS, registry=REGISTRY
)  # fmt: skip
APPEND_GROUP: Final = Histogram(
    "fingerpost_append_group", "Appends kept by one commit", buckets=_TOGETHER, registry=REGISTRY
)  # fmt: skip
CONFLICTS: Final = _counter("conflicts", "Moves refused because another had come before")
STORE_ERRORS: Final = _counter("store_errors", "Moves that the record did not confirm")
STARTED: Final = _counter("walks_started", "Walks begun", "tree")
ENDED: Final = _counter("walks_ended", "Walks ended, by their disposition", "tree", "outcome")
OPEN_WALKS: Final = _gauge("open_walks_held", "Open walks held in memory")
WEBHOOKS: Final = _counter(
    "webhooks", "Messages about closed walks, by what became of each try", "outcome"
)
WEBHOOKS_WAITING: Final = _gauge(
    "webhooks_waiting", "Messages that are due and did not arrive yet", "mostrecent"
)
ACTIONS: Final = _counter("actions", "Actions that came to a result", "action", "outcome")
TREES: Final = _gauge("trees", "Trees served", "mostrecent")
TAKEN_IN: Final = _gauge("trees_taken_in_seconds", "When the trees served were taken in (Unix time; of the worker that is furthest behind)", "livemin")  # fmt: skip
TREE_ERRORS: Final = _gauge("tree_errors", "Errors in the folder of trees as it stands now", "livemax")  # fmt: skip


def request(method: str, route: str, status: int, seconds: float) -> None:
    counted, timed = _of_request(method, route, status)
    counted.inc()
    timed.observe(seconds)


@cache
def _of_request(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), SECONDS.labels(route)


def appended(tree: Tree, walk: Walk, seconds: float) -> None:
    """The new events of a walk were kept."""
    for event in walk.new:
        _of_event(str(event.__struct_config__.tag)).inc()
        if isinstance(event, Started):
            STARTED.labels(tree.id).inc()
    # A note or a survey after the end ends nothing.
    if walk.state.outcome is not None and any(isinstance(event, Move) for event in walk.new):
        ENDED.labels(tree.id, walk.state.outcome.disposition or "none").inc()
    APPEND_SECONDS.observe(seconds)


@cache
def _of_event(kind: str) -> Counter:
    return EVENTS.labels(kind)


def action(name: str, outcome: str) -> None:
    """An action came to a result: an exit, or what kept it from one."""
    ACTIONS.labels(name, outcome).inc()


def taken_in(trees: int) -> None:
    TREES.set(trees)
    TAKEN_IN.set(time())


def page() -> bytes:
    """All of it, over all workers."""
    if SHARED not in os.environ:
        return generate_latest(REGISTRY)
    found = CollectorRegistry()
    MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    return generate_latest(found)


def gone(process: int) -> None:
    """A worker has ended: what it held at the moment is held no more; what it counted stays."""
    mark_process_dead(process)  # type: ignore[no-untyped-call]
