"""Logs: one line an event, JSON for programs or text for people; nothing personal in any.

Everything goes through one pipe: our own words, the server's (uvicorn, asyncio) and the line of
each request. An exception is logged by its kind and its places in the code, never by its message:
that may quote what somebody typed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import sys
import threading
import time
import traceback
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from itertools import islice
from random import getrandbits
from typing import Any, Final, TextIO

import msgspec
import structlog

_MOST_WAITING: Final = 2_000  # lines, while whoever reads them does not
_TOGETHER: Final = 4_096  # bytes that a pipe takes whole, also from several processes
_FLUSH: Final = 0.05  # seconds that lines of requests wait for others

_request: ContextVar[str] = ContextVar("request", default="")
log = structlog.get_logger()


def new_reference() -> str:
    """A name for what happens now: short enough to be read out on the telephone."""
    return f"{getrandbits(40):010x}"  # no secret; a call of the system would cost ten times that


def reference() -> str:
    """The id of the request that is being answered; a new one where there is none."""
    return _request.get() or new_reference()


def begin(request: str) -> None:
    """From here on, in this task, everything belongs to this request."""
    _request.set(request)


class Pipe:
    """Lines to a stream, without ever waiting for its reader: a log that nobody reads must not
    stop the server. What cannot be written waits; of more than 2,000 lines the newest are dropped,
    and how many they were is told."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        try:
            self._number = -1 if stream is None else stream.fileno()
        except (OSError, ValueError):
            self._number = -1  # a stream of a test's
        self._lines: list[bytes] = []
        self._flushing = False
        self._lock = threading.Lock()
        self.dropped = 0

    def write(self, line: bytes, *, soon: bool = False) -> None:
        """Write a line, or (``soon``) together with others in a moment."""
        if len(self._lines) >= _MOST_WAITING:
            self.flush()
        if len(self._lines) >= _MOST_WAITING:
            self.dropped += 1
            return
        self._lines.append(line)
        if not soon:
            self.flush()
        elif not self._flushing:
            try:
                asyncio.get_running_loop().call_later(_FLUSH, self._later)
                self._flushing = True
            except RuntimeError:
                self.flush()

    def _later(self) -> None:
        self._flushing = False
        self.flush()

    def flush(self) -> None:
        """Write what waits, as far as it is taken."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        while self._lines:
            many, size = 0, 0
            for line in islice(self._lines, 200):
                size += len(line) + 1
                if many and size > _TOGETHER:
                    break
                many += 1
            if not self._taken(b"\n".join(self._lines[:many]) + b"\n"):
                return
            del self._lines[:many]
            if self.dropped and not self._lines:
                self._lines.append(_encoded({"event": "lines dropped", "count": self.dropped}))
                self.dropped = 0

    def _taken(self, data: bytes) -> bool:
        try:
            if self._number < 0:
                (self._stream or sys.stderr).write(data.decode())
                return True
            if not _writable(self._number):
                return False
            os.write(self._number, data)
        except (OSError, ValueError):
            pass  # nobody is there any more
        return True


def _writable(number: int) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return True
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    return bool(poll.poll(0))


# ------------------------------------------------------------------------------ how lines look


class _Look:
    """How lines look, and where they go; one a process."""

    def __init__(self) -> None:
        self.pipe = Pipe()
        self.text = True
        self.worker = 0
        self.level = logging.WARNING


_look = _Look()


def set_up(form: str = "auto", level: str = "info", worker: int = 0) -> None:
    """Everything that is logged in this process from now on: ``form`` json, text or auto (text on a
    terminal). ``worker`` is told with each line where there are several."""
    _look.pipe = Pipe(sys.stderr)
    _look.text = form == "text" or (form == "auto" and sys.stderr.isatty())
    _look.worker = worker
    _look.level = getattr(logging, level.upper())
    _configure(_look.level)
    root = logging.getLogger()
    root.handlers[:] = [_Handler()]
    root.setLevel(_look.level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        found = logging.getLogger(name)
        found.handlers.clear()
        found.propagate = True
        # They tell every connection that opens and closes; ours says what is of use.
        found.setLevel(max(_look.level, logging.WARNING))


def set_down() -> None:
    """As before it was set up."""
    _look.__init__()  # type: ignore[misc]
    _configure(_look.level)


def _configure(level: int) -> None:
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, _line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )


def for_people() -> bool:
    """Whether lines are text."""
    return _look.text


def flush() -> None:
    """Write what waits."""
    _look.pipe.flush()


def told(
    method: str, route: str, status: int, seconds: float, request: str, level: int = logging.INFO
) -> None:
    """The line of a request. ``route`` is the template of its address: the address itself may hold
    the id of a walk, which is a secret."""
    if level < _look.level:
        return
    milliseconds = round(seconds * 1_000, 1)
    if _look.text:
        line = _as_text(
            "request", "info", {"": f"{method} {route} {status} {milliseconds} ms"}, request
        )
    else:  # put together by hand, for it is the line that is written most: a test reads it back
        worker = f',"worker":{_look.worker}' if _look.worker else ""
        line = (
            f'{{"at":"{_now()}","level":"info","event":"request","request":"{request}",'
            f'"method":"{method}","route":"{route}","status":{status},"ms":{milliseconds}{worker}}}'
        ).encode()
    _look.pipe.write(line, soon=True)


def _line(_: Any, __: str, about: MutableMapping[str, Any]) -> str:
    """The last processor of structlog: the event, written."""
    event, level = str(about.pop("event")), str(about.pop("level"))
    wrong = about.pop("exc_info", None)
    if isinstance(wrong, BaseException):
        about["fault"] = places(wrong)
    request = str(about.pop("request", "")) or _request.get()
    if _look.text:
        _look.pipe.write(_as_text(event, level, about, request))
    else:
        found = {"at": _now(), "level": level, "event": event}
        if request:
            found["request"] = request
        worker = {"worker": _look.worker} if _look.worker else {}
        _look.pipe.write(_encoded({**found, **about, **worker}))
    return ""


class _Handler(logging.Handler):
    """What is said through Python's own logging, said as we do."""

    def emit(self, record: logging.LogRecord) -> None:
        about: dict[str, Any] = {"event": record.getMessage(), "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[1] is not None:
            about["exc_info"] = record.exc_info[1]
        if record.name != "fingerpost":
            about["of"] = record.name
        _line(None, "", about)


def places(wrong: BaseException) -> list[str]:
    """Where an exception came from: its kind and the places it passed, without its words."""
    found: list[str] = []
    cause: BaseException | None = wrong
    while cause is not None and len(found) < 60:
        found.append(type(cause).__qualname__)
        frames = traceback.extract_tb(cause.__traceback__)
        found += [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames[-20:]]
        cause = cause.__cause__ or cause.__context__
    return found


def unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio has to say of an exception that nobody waited for. Its own words would quote
    it."""
    wrong = context.get("exception")
    words = str(context.get("message", "")).partition(":")[0]
    log.error("a task failed", what=words, exc_info=wrong)


def _short(file: str) -> str:
    """A file by its package: where it is installed is nobody's matter."""
    parts = file.replace("\\", "/").split("/")
    return "/".join(parts[-3:] if "site-packages" in parts else parts[-2:])


def _now() -> str:
    seconds, micros = divmod(time.time_ns() // 1_000, 1_000_000)
    return f"{_second(seconds)}.{micros // 1_000:03}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _encoded(about: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(about, enc_hook=str)


_COLOURS: Final = {"error": "31", "warning": "33", "info": "2", "debug": "2"}


def _as_text(event: str, level: str, about: Mapping[str, Any], request: str) -> bytes:
    """A line for people."""
    time = datetime.now().astimezone().strftime("%H:%M:%S")
    mark = level
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        mark = f"\033[{_COLOURS.get(level, '31')}m{level}\033[0m"
    words = [] if event == "request" else [event]
    for name, value in about.items():
        if isinstance(value, list):
            words += [f"\n    {item}" for item in value]
        else:
            words.append(f"{name}={value}" if name else str(value))
    if request:
        words.append(f"[{request}]")
    worker = f" {_look.worker}" if _look.worker else ""
    return f"{time}{worker} {mark} {' '.join(words)}".encode("utf-8", "backslashreplace")


_configure(logging.WARNING)  # until it is set up
