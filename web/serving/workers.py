"""Several processes on one port: whoever dies is started again, and signals reach all of them.

The parent holds the socket and does nothing else: no store, no loop, no thread. Its children are
forks, so that they share the trees that it read. A child that finds its parent gone stops by itself.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import socket
from time import monotonic
from typing import Final, NoReturn

from web.logs import log

# What a worker does: its number, whom to tell that it serves, the lifeline; its exit status.
Job = Callable[[int, Callable[[], None], int], int]
_SIGNS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
LIVED: Final = 10.0  # seconds after which a death is no longer a bad start
MOST_PAUSE: Final = 30.0  # seconds between two bad starts


@dataclass
class _Worker:
    number: int
    process: int
    ready: int  # a pipe that says when it serves
    began: float
    serves: bool = False


@dataclass
class Supervisor:
    """``job`` runs in each of ``count`` workers; ``started`` is called once all of them serve, and
    ``gone`` with the process that has ended. ``grace``: how long they have to stop."""

    count: int
    job: Job
    listening: list[socket]
    started: Callable[[], None]
    gone: Callable[[int], None]
    grace: float
    _workers: dict[int, _Worker] = field(default_factory=dict)
    _due: dict[int, float] = field(default_factory=dict)  # worker -> when to start it again
    _bad: dict[int, int] = field(default_factory=dict)  # bad starts in a row
    _signs: list[int] = field(default_factory=list)
    _status: int = 0
    _told: bool = False
    _until: float = 0.0

    def run(self) -> tuple[int, list[int]]:
        """Until all have ended: the status of one that could not even start (else 0), and the
        signals that came."""
        self._lifeline = os.pipe()
        self._wake = os.pipe()
        os.set_blocking(self._wake[1], False)
        for sign in _SIGNS:
            signal.signal(sign, lambda *_: None)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        self._begin(1)  # the first alone: it may have a store to set up, or a reason not to serve
        while self._workers or (self._due and not self._stopping):
            self._look()
            self._reap()
            self._restart()
        return self._status, self._signs

    @property
    def _stopping(self) -> bool:
        return bool(self._until)

    # -- what comes

    def _look(self) -> None:
        pipes = {worker.ready: worker for worker in self._workers.values() if not worker.serves}
        found, _, _ = select.select([self._wake[0], *pipes], [], [], self._patience())
        if self._wake[0] in found:
            for sign in os.read(self._wake[0], 512):
                if sign != signal.SIGCHLD:
                    self._stop(sign)
        for pipe in pipes.keys() & set(found):
            if os.read(pipe, 1):
                self._serving(pipes[pipe])
        if self._stopping and monotonic() > self._until:
            log.error("workers did not stop in time, and are ended", workers=len(self._workers))
            self._send(signal.SIGKILL)
            self._until = monotonic() + self.grace

    def _patience(self) -> float | None:
        waits = [*self._due.values(), *([self._until] if self._stopping else ())]
        return max(0.0, min(waits) - monotonic()) + 0.01 if waits else None

    def _serving(self, worker: _Worker) -> None:
        worker.serves = True
        if not self._told and not self._stopping:
            there = {one.number for one in self._workers.values()} | self._due.keys()
            for number in set(range(1, self.count + 1)) - there:
                self._begin(number)
            if all(one.serves for one in self._workers.values()) and not self._due:
                self._told = True
                self.started()

    def _stop(self, sign: int) -> None:
        again = self._stopping
        self._signs.append(sign)
        self._until = monotonic() + self.grace
        self._due.clear()
        for one in self.listening:
            one.close()
        self._send(signal.SIGKILL if len(self._signs) > 2 else signal.SIGTERM)
        if again:
            log.warning("told to stop again: workers leave what they are at")

    def _send(self, sign: int) -> None:
        for process in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, sign)

    # -- those that ended

    def _reap(self) -> None:
        while self._workers:
            process, code = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            worker = self._workers.pop(process, None)
            if worker is not None:
                os.close(worker.ready)
                self.gone(process)
                self._ended(worker, os.waitstatus_to_exitcode(code))

    def _ended(self, worker: _Worker, status: int) -> None:
        if self._stopping:
            return
        if not worker.serves and not self._told and worker.number == 1 and not self._bad:
            self._status = status if status > 0 else 1  # it has said why
            self._until = monotonic() + self.grace
            return
        lived = monotonic() - worker.began > LIVED
        bad = self._bad[worker.number] = 0 if lived else self._bad.get(worker.number, -1) + 1
        pause = min(MOST_PAUSE, 2.0 ** (bad - 2)) if bad else 0.0
        log.error(
            "a worker ended, and is started again",
            of=worker.number, process=worker.process, status=status, seconds=pause,
        )  # fmt: skip
        self._due[worker.number] = monotonic() + pause

    def _restart(self) -> None:
        for number, due in list(self._due.items()):
            if due <= monotonic():
                del self._due[number]
                self._begin(number)

    # -- those that begin

    def _begin(self, number: int) -> None:
        ready = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal between here and its own handlers would be written into the parent's pipe.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNS)
        process = os.fork()
        if not process:
            self._child(number, ready)
        self._workers[process] = _Worker(number, process, ready[0], monotonic())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNS)
        os.close(ready[1])

    def _child(self, number: int, ready: tuple[int, int]) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(
                signal.SIGINT, signal.SIG_IGN
            )  # a terminal sends it to all: the parent passes it on
            others = (worker.ready for worker in self._workers.values())
            for pipe in (ready[0], self._lifeline[1], *self._wake, *others):
                os.close(pipe)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNS)
            status = self.job(number, lambda: _written(ready[1]), self._lifeline[0])
        except Exception as wrong:
            log.error("a worker failed", exc_info=wrong)
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)


def _written(pipe: int) -> None:
    with contextlib.suppress(OSError):
        os.write(pipe, b".")
        os.close(pipe)
