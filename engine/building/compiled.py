"""Read files that have not changed from their compiled form.

The compiled form is our own data in Python's marshal format, by the SHA-256 of the file's bytes.
marshal can be made to crash by whoever writes its input, so it is read only from a folder that
this user alone can write, and anything odd about it means: read the file itself.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.files.collector import collector_off
from engine.files.document import Document
from engine.formats.yaml import read
from engine.model import LIMITS, Limits

# Part of every name in the cache: another form, another Python or another Fingerpost reads anew.
_FORM = f"3-{sys.implementation.cache_tag}-{marshal.version}"


def read_cached(
    raw: bytes, file: str, folder: Path | None = None, limits: Limits = LIMITS, kind: str = "tree"
) -> Document:
    """The document in these bytes, from its compiled form where there is one. Raises InvalidTree
    as `read` does; a file that cannot be read is never in the cache. ``kind``: what it is to be;
    the bytes of a tree may be fit for one, and not for stories."""
    if folder is None or len(raw) > limits.file_bytes:
        return read(raw, file, limits)
    path = _path(raw, folder, kind)
    found = _loaded(path, file, raw)
    if found is not None:
        return found
    return read(raw, file, limits)


def keep(document: Document, raw: bytes, folder: Path | None, kind: str = "tree") -> None:
    """Keep the compiled form of a document whose shape is right. Where that is not possible
    nothing is kept, and nothing is lost."""
    if folder is None or document.fit or document.warnings:
        return
    path = _path(raw, folder, kind)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = _shared(document.data, {})
        part.write_bytes(marshal.dumps((data, document.marks, dict(document.raws))))
        os.replace(part, path)
    except (OSError, ValueError):
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _shared(value: Any, known: dict[str, str]) -> Any:
    """The same data with one string for all that are equal: marshal then writes, and makes, each
    once. Half the time of reading it again."""
    if type(value) is str:
        return known.setdefault(value, value)
    if type(value) is dict:
        return {_shared(k, known): _shared(v, known) for k, v in value.items()}
    if type(value) is list:
        return [_shared(item, known) for item in value]
    return value


def _path(raw: bytes, folder: Path, kind: str) -> Path:
    return folder / f"{sha256(raw).hexdigest()}.{kind}.{_FORM}"


def _loaded(path: Path, file: str, raw: bytes) -> Document | None:
    try:
        about = path.parent.stat()
        if about.st_mode & 0o022 or (hasattr(os, "getuid") and about.st_uid != os.getuid()):
            return None  # somebody else could have written there
        packed = path.read_bytes()
    except OSError:
        return None
    try:
        with collector_off():
            parts: Any = marshal.loads(packed)  # from a folder of this user's own
        data, marks, raws = parts
    except (ValueError, EOFError, TypeError):
        return None
    if not isinstance(marks, bytes) or not isinstance(raws, Mapping):
        return None
    return Document(file, data, marks, raws, source=raw, fit=True)
