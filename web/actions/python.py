"""Actions in Python: a package names a function for an action's id, and it is called in a thread.

    [project.entry-points."fingerpost.actions"]
    outage_lookup = "our_company.actions:outage_lookup"

    def outage_lookup(inputs, key):
        return {"exit": "known", "eta": "17:30"}      # or the exit alone: "none"

The contract in `library.yaml` is the same as ever, and what comes back is held to it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any, Final

from engine.building import calls
from engine.model import Action
from web.actions.http import Outcome

GROUP: Final = "fingerpost.actions"
# From the inputs in plain JSON, and the key of this call (the same when it is repeated), to the
# exit, or {"exit": EXIT, outputs ..}.
Function = Callable[[Mapping[str, Any], str], Any]
_log = logging.getLogger("fingerpost.actions")


class NoFunction(Exception):
    """A package that names an action and has no function for it."""


def installed() -> dict[str, Function]:
    """The functions that installed packages bring, by action. Raises NoFunction."""
    found: dict[str, Function] = {}
    for point in sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name):
        whose = point.dist.name if point.dist is not None else point.value
        if point.name in found:
            raise NoFunction(
                f"two packages bring the action {point.name!r}; {whose} is one of them"
            )
        try:
            function = point.load()
        except Exception as wrong:
            raise NoFunction(
                f"the action {point.name!r} of {whose} cannot be loaded: {type(wrong).__name__}: {wrong}"
            ) from wrong
        if not callable(function):
            raise NoFunction(f"the action {point.name!r} of {whose} is no function")
        found[point.name] = function
    return found


async def call(
    function: Function,
    slots: threading.Semaphore,
    action: Action,
    inputs: Mapping[str, Any],
    key: str,
) -> Outcome:
    """What the function gives within the action's time. A thread cannot be stopped: one that takes
    too long keeps its slot until it is done, and what it gives then is left."""
    if not slots.acquire(blocking=False):
        return Outcome(reason="too busy")
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Outcome] = loop.create_future()

    def work() -> None:
        try:
            found = _outcome(function(dict(inputs), key))
        except Exception as wrong:
            # Its message may hold what a caller said: the kind alone is told.
            _log.error("the action %s raised %s", action.id, type(wrong).__name__)
            found = Outcome(reason="error")
        finally:
            slots.release()
        try:
            loop.call_soon_threadsafe(_settle, done, found)
        except RuntimeError:  # the server has stopped meanwhile
            _log.warning("the action %s was done after the server had stopped", action.id)

    threading.Thread(target=work, name=f"action {action.id}", daemon=True).start()
    try:
        async with asyncio.timeout(calls.seconds(action.http)):
            return await done
    except TimeoutError:
        return Outcome(reason="timeout")


def _settle(done: asyncio.Future[Outcome], found: Outcome) -> None:
    if not done.done():
        done.set_result(found)


def _outcome(given: Any) -> Outcome:
    if isinstance(given, str):
        return Outcome({"exit": given})
    if isinstance(given, Mapping):
        return Outcome(dict(given))
    return Outcome(reason="does not fit: exit")
