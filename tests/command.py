"""The command line run in this process: what it gives, and what it prints."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from typing import Any
from unittest import mock

from web.cli import main


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*words: object, stdin: str | None = None) -> Ran:
    """``fingerpost WORDS``, which never shows a traceback nor blames itself. ``stdin``: what a
    program gives it on standard input."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as around:
        if stdin is not None:
            around.enter_context(mock.patch("sys.stdin", io.StringIO(stdin)))
        around.enter_context(contextlib.redirect_stdout(out))
        around.enter_context(contextlib.redirect_stderr(err))
        try:
            status = main([str(word) for word in words])
        except SystemExit as left:  # argparse, after --help
            status = int(left.code or 0)
    assert "Traceback" not in err.getvalue()
    assert "fault of ours" not in err.getvalue(), err.getvalue()
    return Ran(status, out.getvalue(), err.getvalue())


def refused(*words: object) -> str:
    """What is said to a call that is itself wrong: one line."""
    ran = run(*words)
    assert ran.status == 2, (ran.out, ran.err)
    assert ran.err.startswith("fingerpost: ")
    assert ran.err.count("\n") == 1, ran.err
    return ran.err.removeprefix("fingerpost: ").rstrip("\n")
