"""The command ``fingerpost``.

A command is a module of this folder with ``arguments`` and ``run``. To add one: write the module,
add its line to COMMANDS. Modules are imported when their command is called, so ``--version``
answers at once.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import argparse

GOOD, WRONG, MISUSED, INTERRUPTED = 0, 1, 2, 130


class Command(Protocol):
    """A module of this folder. ``run`` gives the exit status: 0 good, 1 the thing looked at has
    errors; a call that is itself wrong raises Misuse."""

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, args: argparse.Namespace) -> int: ...


COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("web.cli.serve", "serve pages and API for a library of trees"),
    "demo-backend": ("web.cli.demo_backend", "serve a small back end to try actions with"),
    "check": ("web.cli.check", "say everything that is wrong with trees"),
    "walk": ("web.cli.walk", "walk a tree in the terminal, or by answers from a file"),
    "test": ("web.cli.test", "rehearse stories, with coverage of exits, rules and ends"),
    "graph": ("web.cli.graph", "draw a tree"),
    "diff": ("web.cli.diff", "say what changed in meaning between two versions of a tree"),
    "fmt": ("web.cli.fmt", "write trees in the one canonical form, comments kept"),
    "translate": ("web.cli.translate", "the words of a tree in another language, for translators"),
    "new": ("web.cli.new", "begin a tree from a template"),
    "walks": ("web.cli.walks", "list, show and export recorded walks"),
    "notices": ("web.cli.notices", "say what everybody is told before the first step"),
    "store": ("web.cli.store", "make, prove, back up and copy the record"),
    "users": ("web.cli.users", "say who may sign in, and as what"),
    "keys": ("web.cli.keys", "give programs keys to the API, and take them back"),
    "audit": ("web.cli.audit", "list who did what"),
    "schema": ("web.cli.schema", "print the JSON Schemas of the format"),
    "explain": ("web.cli.explain", "print the help page of a check"),
}


class Misuse(Exception):
    """The call itself is wrong: one line that says what, and what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows the rest
    if words == ["--version"]:
        from importlib.metadata import version

        print(f"fingerpost {version('fingerpost')}")
        return GOOD
    try:
        status = _run(words)
        sys.stdout.flush()  # what cannot be written is found out here, and told
        return status
    except Misuse as wrong:
        print(f"fingerpost: {wrong}", file=sys.stderr)
        return MISUSED
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressed twice, it is no traceback
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _leave_stdout()  # whoever read us has gone; there is nobody to tell
        return GOOD
    except Exception as fault:  # the last resort: a person never sees a traceback
        return _fault(fault)


def _run(words: list[str]) -> int:
    from web.cli.parser import command_line, nearest

    name = words[0] if words else ""
    if name and not name.startswith("-") and name not in COMMANDS:
        raise Misuse(
            f"there is no command {name!r}{nearest(name)} `fingerpost --help` says what there is"
        )
    if name not in COMMANDS:
        command_line(None).parse_args(words or ["--help"])
    module: Command = import_module(COMMANDS[name][0])
    args, unknown = command_line(name, module).parse_known_args(words)
    if unknown:
        raise Misuse(
            f"there is no {unknown[0]!r} here. `fingerpost {name} --help` says what there is"
        )
    return module.run(args)


def _leave_stdout() -> None:
    """Write no more to standard output: Python would try once again on closing, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fault(fault: Exception) -> int:
    from engine.errors import FingerpostError

    if os.environ.get("FINGERPOST_DEBUG"):
        raise fault
    if isinstance(fault, FingerpostError):
        print(f"fingerpost: {fault}", file=sys.stderr)
        return MISUSED
    if isinstance(fault, OSError) and fault.strerror:
        _leave_stdout()
        print(
            f"fingerpost: {fault.filename or 'output'}: {fault.strerror.lower()}", file=sys.stderr
        )
        return MISUSED
    what = f"{type(fault).__name__}: {fault}".splitlines()[0]
    print(
        f"fingerpost: a fault of ours, not of yours ({what}). "
        "Run it again with FINGERPOST_DEBUG=1 and send us what it prints.",
        file=sys.stderr,
    )
    return MISUSED
