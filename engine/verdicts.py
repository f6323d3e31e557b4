"""What was proved of a library, for others to know: which of its trees may be walked, and what there
is to say of it. A verdict is about one content, by its hash, and worth nothing for any other.

The hash is taken over all that a proof looks at: what was read, byte by byte, with the names of the
files in the library; what is wrong with its pictures, which are looked for and never read; and
the engine itself, so that nobody believes what another version of it has proved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from engine.checks import Subject, missing_media
from engine.files.collector import collector_off
from engine.known import Known
from engine.library import Library
from engine.load import Examined
from engine.model import Finding, Noun


class Verdict(Noun, frozen=True, kw_only=True):
    """The fields as in `Examined`; the files of findings are named from the library's folder."""

    sound: frozenset[str]
    findings: tuple[Finding, ...]
    files: int
    states: int
    complete: bool


def content(library: Library) -> str:
    """The hash of all that a verdict on this library hangs on, in hex."""
    documents = (library.documents, library.sides, library.stories)
    read = [library.shared_document, *(d for kept in documents for d in kept.values())]
    subjects = (Subject(library, tree) for tree in library.trees.values())
    pictures = [found for subject in subjects for found in missing_media.check(subject)]
    root = library.root
    return _sha_of([
        _ENGINE,
        library.names,
        [[_within(root, each.file), _sha(each.source)] for each in read],
        {file: _sha(raw) for file, raw in library.tables.items()},
        sorted(library.broken),
        library.files,
        msgspec.to_builtins(_named(library.findings, root)),
        msgspec.to_builtins(_named(pictures, root)),
    ])  # fmt: skip


def verdict(examined: Examined) -> dict[str, Any]:
    """What was found of a library, as plain JSON."""
    found = Verdict(
        sound=examined.sound,
        findings=_named(examined.findings, examined.libraries[0].root),
        files=examined.files,
        states=examined.states,
        complete=examined.complete,
    )
    plain: dict[str, Any] = msgspec.to_builtins(found, order="deterministic")
    return plain


def told(library: Library, verdict: Any, before: Examined | None = None) -> Examined | None:
    """A library as it was found by whoever gave this verdict on its content; None where it is no
    verdict. ``before`` as in `prove`: what was explored here stays, for the next proof."""
    try:
        found = msgspec.convert(verdict, Verdict)
    except msgspec.ValidationError:
        return None
    with collector_off():
        known = Known(library, before)
    return Examined(
        libraries=(known.library,),
        findings=tuple(_moved(f, str(Path(library.root, f.mark.file))) for f in found.findings),
        files=found.files,
        states=found.states,
        complete=found.complete,
        sound=found.sound,
        explored=before.explored if before else {},
        told=known.told,
    )


def _named(findings: Iterable[Finding], root: str) -> tuple[Finding, ...]:
    """The findings, their files named from the library's folder, wherever that lies."""
    return tuple(_moved(finding, _within(root, finding.mark.file)) for finding in findings)


def _moved(finding: Finding, file: str) -> Finding:
    return replace(finding, mark=replace(finding.mark, file=file))


def _within(root: str, file: str) -> str:
    path = PurePath(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def _sha_of(plain: Any) -> str:
    """(As ASCII: the name of a file may hold what no encoding has.)"""
    return _sha(json.dumps(plain, sort_keys=True).encode())


def _sha(data: bytes) -> str:
    return sha256(data).hexdigest()


def _engine() -> str:
    """The engine by its own files: a version's number stays the same while one works on it."""
    here = Path(__file__).parent
    files = sorted(here.rglob("*.py"))
    return _sha_of([[str(f.relative_to(here)), _sha(f.read_bytes())] for f in files])


_ENGINE: Final = _engine()  # now, while it is the one that is running
