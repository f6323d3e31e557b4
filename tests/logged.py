"""Everything that is logged while something is done, at the level that tells most."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from web import logs


class Logged(io.StringIO):
    """Lines of JSON."""

    @property
    def text(self) -> str:
        logs.flush()
        return self.getvalue()

    @property
    def events(self) -> dict[str, dict[str, Any]]:
        """The last line of each kind."""
        return {line["event"]: line for line in map(json.loads, self.text.splitlines())}


@contextmanager
def logged() -> Iterator[Logged]:
    out, root = Logged(), logging.getLogger()
    before = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stderr", out)
        logs.set_up("json", "debug")
        yield out
    root.handlers[:], root.level = before
    logs.set_down()
