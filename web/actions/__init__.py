"""What `run` asks of the outside world, as far as this server can do it.

``how`` says by which means: ``http`` where the settings have the address, ``python`` where an
installed package brings a function; "" where it is done by hand. ``call`` never raises: what went
wrong is a reason.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.building import calls
from engine.library import Library
from engine.model import Action
from web.actions import python
from web.actions.http import Http, Outcome
from web.actions.settings import ActionSettings, Webhook
from web.actions.transport import Resolve, look_up

_SLACK: Final = 5  # seconds between two clocks, and for keeping the result


class Actions:
    """The means of one process."""

    def __init__(
        self,
        settings: ActionSettings | None = None,
        functions: Mapping[str, python.Function] | None = None,
        resolve: Resolve = look_up,
        webhook: Webhook | None = None,
    ) -> None:
        self.settings = settings or ActionSettings()
        self.webhook = webhook or Webhook()
        self.functions = functions or {}
        self._resolve = resolve
        self._http: Http | None = None
        self._slots = threading.Semaphore(self.settings.at_once)

    def how(self, action: Action) -> str:
        """By which means this action is done here; "" for by hand."""
        if action.how not in ("http", "hand") or not action.failed:
            return ""
        if action.id in self.functions:
            return "python"
        if action.how == "http" and setting_of(action) in self.settings.addresses:
            return "http"
        return ""

    def patience(self, action: Action) -> float:
        """Seconds after which a call that was begun is certainly over."""
        return calls.seconds(action.http) + _SLACK

    async def call(self, action: Action, inputs: Mapping[str, Any], key: str) -> Outcome:
        if action.id in self.functions:
            function = self.functions[action.id]
            return await python.call(function, self._slots, action, inputs, key)
        return await self._client().call(action, inputs, key)

    async def post(
        self, address: str, body: bytes, headers: Mapping[str, str], seconds: float
    ) -> str:
        """Send a message; why it did not arrive, or ""."""
        return await self._client().post(address, body, headers, seconds)

    def _client(self) -> Http:
        if self._http is None:
            self._http = Http(self.settings, self._resolve)
        return self._http

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None


def by_hand(library: Library, settings: ActionSettings) -> Iterator[str]:
    """A line for each address that trees of a library call and that is not set."""
    called: dict[str, set[str]] = {}
    for tree in library.trees.values():
        for action in tree.actions.values():
            if action.how == "http":
                called.setdefault(setting_of(action), set()).add(action.id)
    for name in sorted(called.keys() - settings.addresses.keys()):
        ids = ", ".join(sorted(called[name]))
        yield f"{name} is not set in [actions], so these are done by hand: {ids}"


def setting_of(action: Action) -> str:
    """The setting that holds an action's address; "" where a version kept from before these rules
    says none."""
    try:
        return calls.address(str(action.http[calls.method_of(action.http)])).setting
    except (KeyError, ValueError):
        return ""
