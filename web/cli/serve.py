"""Serve pages and API for a library of trees.

fingerpost serve                       trees/ on http://127.0.0.1:8000
fingerpost serve trees --port 8080 --store sqlite:////var/lib/fingerpost/record.db
fingerpost serve --workers 4           four processes on the port; one that dies is started again
fingerpost serve --show-settings       what is set, and where
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from web.cli import GOOD, INTERRUPTED, MISUSED, WRONG, Misuse

if TYPE_CHECKING:
    from web.serving.process import Work


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trees", nargs="?", metavar="TREES", help="the library (trees)")
    parser.add_argument("--host", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="(8000)")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (1)")
    parser.add_argument("--store", metavar="URL", help="where walks are recorded")
    parser.add_argument("--settings", metavar="FILE", default="", help="(fingerpost.toml)")
    parser.add_argument(
        "--show-settings", action="store_true", help="print each, and where it is set"
    )
    parser.add_argument("--json", action="store_true", help="the settings as JSON")


def run(args: argparse.Namespace) -> int:
    from web import settings
    from web.vaults import vault_of

    flags = {name: getattr(args, name, None) for name in settings.SETTINGS}
    try:
        found = settings.load(flags, file=args.settings)
        vault_of(settings.values(found))  # a key that is none is said now
    except settings.BadSettings as wrong:
        raise Misuse(str(wrong)) from None
    if args.show_settings:
        return _show(settings.shown(found), args.json)
    return _serve(settings.values(found))


def _show(found: dict[str, tuple[str, str]], as_json: bool) -> int:
    from web.cli.terminal import print_json

    if as_json:
        print_json(
            {name: {"value": value, "origin": origin} for name, (value, origin) in found.items()}
        )
        return GOOD
    width = max(map(len, found))
    for name, (value, origin) in found.items():
        print(f"{name:{width}} {value}   ({origin})")
    return GOOD


def _serve(found: dict[str, Any]) -> int:
    several = found["workers"] > 1
    if several and str(found["store"]).startswith("memory:"):
        raise Misuse("memory: is the record of one process: name a --store, or take --workers 1")
    if several and not hasattr(os, "fork"):
        raise Misuse("this system has no several workers (no fork): take --workers 1")
    # Taken before anything is read: a port that is in use is said at once.
    with listening(str(found["host"]), int(found["port"])) as taken, _figures(several):
        work = _examined(found, taken)
        if work is None:
            return WRONG
        return _several(work, taken) if several else _alone(work, taken)


def _examined(found: dict[str, Any], taken: socket.socket) -> Work | None:
    """The trees, read and looked at; None where there is none to serve, which is said."""
    from engine.files.folder import root_of
    from engine.load import examine
    from web import logs
    from web.actions.python import NoFunction, installed
    from web.cli.findings import told
    from web.cli.terminal import cache_folder, progress, progress_done
    from web.serving.process import Work
    from web.serving.watching import stamps, tell

    logs.set_up(found["log_format"], found["log_level"])
    try:
        installed()
    except NoFunction as wrong:
        raise Misuse(f"{wrong}: mend the package, or take it out") from None
    trees = str(found["trees"])
    seen = stamps(root_of(Path(trees)))
    examined = examine(Path(trees), cache=cache_folder(), progress=progress())
    progress_done()
    tell(examined.errors, told)
    library = examined.libraries[0]
    if not library.trees:
        print(f"fingerpost: {_nothing(trees, bool(examined.errors))}", file=sys.stderr)
        return None
    return Work(examined, seen, found, [taken], cache_folder(), told)


def _nothing(trees: str, wrong: bool) -> str:
    """Why there is no tree to serve, and what to do."""
    if wrong:
        return f"no tree in {trees} can be served: mend what is named above, then serve again"
    return f"there is no tree in {trees}: `fingerpost new shop/return_an_article --in {trees}` begins one"


def listening(host: str, port: int) -> socket.socket:
    """The socket of the server. Raises Misuse where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(2_048)
    except OSError as wrong:
        found.close()
        if wrong.errno == errno.EADDRINUSE:
            raise Misuse(
                f"port {port} is in use: stop what listens there, or take another with --port "
                "(FINGERPOST_PORT)"
            ) from None
        raise Misuse(f"{host}:{port} cannot be listened on: {wrong.strerror}") from None
    return found


@contextmanager
def _figures(several: bool) -> Iterator[None]:
    """Where several workers put their figures down, so that each can answer for all. It has to be
    known before anything that counts is imported."""
    from tempfile import TemporaryDirectory

    if not several:
        yield
        return
    with TemporaryDirectory(prefix="fingerpost-", ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


# ------------------------------------------------------------------------------- one, or several


def _alone(work: Work, taken: socket.socket) -> int:
    signs = work.run(_started(work, taken))
    return INTERRUPTED if signal.SIGINT in signs else GOOD


def _several(work: Work, taken: socket.socket) -> int:
    import gc

    from web.metrics import gone
    from web.serving.workers import Supervisor

    def job(number: int, serves: Callable[[], None], lifeline: int) -> int:
        from engine.errors import FingerpostError
        from web.settings import BadSettings

        try:
            work.run(serves, number, lifeline)
        except (FingerpostError, BadSettings) as wrong:  # a file of keys may be gone by now
            print(f"fingerpost: {wrong}", file=sys.stderr)
            return MISUSED
        return GOOD

    gc.freeze()  # what the workers share stays shared
    found = work.found
    status, signs = Supervisor(
        found["workers"], job, [taken], _started(work, taken), gone, found["drain"] + found["grace"] + 10
    ).run()  # fmt: skip
    return status or (INTERRUPTED if signal.SIGINT in signs else GOOD)


def _started(work: Work, taken: socket.socket) -> Callable[[], None]:
    """Says, once, that it serves, and where. On standard output: what is logged goes to the other."""
    from web.actions import by_hand
    from web.settings import without_password

    host, port = taken.getsockname()[:2]

    def say() -> None:
        library, served = work.examined.libraries[0], work.served
        missing = len(library.trees) - served
        also = f"; {missing} with errors not served, see above" if missing else ""
        trees = f"{served} tree{'' if served == 1 else 's'}"
        name = f"[{host}]" if ":" in host else host
        workers = work.found["workers"]
        by = f" by {workers} workers" if workers > 1 else ""
        print(f"{trees} on http://{name}:{port}{by}{also}  (ctrl-C stops)")
        print(f"recording into {without_password(work.found['store'])}", flush=True)
        for line in by_hand(library, work.found["actions"]):
            print(line, flush=True)

    return say
