"""What commands print, and how: colour and progress for people, JSON for programs."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from web.cli import Misuse

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34"}


def coloured(text: str, style: str) -> str:
    """The text in a colour, where somebody looks at a terminal that wants it (no-color.org)."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"\033[{_CODES[style]}m{text}\033[0m"


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def print_json(value: Any) -> None:
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    print(json.dumps(value, indent=2, ensure_ascii=not encoding.startswith("utf")))


def progress() -> Callable[[str], None]:
    """Says on a terminal what is going on, once it has gone on for a second."""
    if not sys.stderr.isatty():
        return lambda _: None
    began = time.monotonic()

    def say(what: str) -> None:
        if time.monotonic() - began > 1:
            print(f"\r\033[K{what} …", end="", file=sys.stderr, flush=True)

    return say


def progress_done() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all; its mode is kept. Raises Misuse."""
    with writing(path) as file:
        file.write(text)


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """A file of text to write to: see ``writing_bytes``."""
    with writing_bytes(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
        try:
            yield text
        finally:
            text.detach()  # flushed; whoever opened the file closes it


@contextmanager
def writing_bytes(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which stands under its name once all of it is written, or not at all.
    A mode that it had is kept. Raises Misuse where the place cannot be written to."""
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb") as device:  # /dev/stdout, a pipe
            yield device
        return
    path = path.resolve()  # a link stays a link: what it points at is written
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        with beside.open("wb") as file:
            if path.exists():
                os.chmod(beside, path.stat().st_mode & 0o7777)
            yield file
            file.flush()
            os.fsync(file.fileno())  # a power cut leaves the old file or the new one
        os.replace(beside, path)
    except BrokenPipeError:
        raise
    except OSError as wrong:
        raise Misuse(
            f"{path} cannot be written: {(wrong.strerror or str(wrong)).lower()}"
        ) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def cache_folder() -> Path | None:
    """Where compiled files are kept between runs: the user's own cache folder, or nowhere."""
    base = os.environ.get("FINGERPOST_CACHE") or os.environ.get("XDG_CACHE_HOME")
    if base == "off":
        return None
    try:
        return Path(base or Path.home() / ".cache") / "fingerpost"
    except RuntimeError:  # no home: a service user
        return None
