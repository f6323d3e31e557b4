"""A library as it stands in a folder, or as it stood at a git revision. Not a command."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from engine.files.folder import root_of
from engine.library import Library, read_library
from engine.model import Noun
from web.cli import Misuse


class Place(Noun, frozen=True):
    """Where a version of a tree or a library is: a path, at a git revision or ("") as it stands."""

    path: str
    revision: str = ""

    def __str__(self) -> str:
        return f"{self.revision}:{self.path}" if self.revision else self.path


class Version(Noun, frozen=True, eq=False):
    """A library, and the id of the one tree that is meant, if it is one."""

    library: Library
    tree: str = ""


def places(old: str, new: str | None, library: str) -> tuple[Place, Place]:
    """What two words of a command line mean. Each is a path, ``REV:PATH``, or a revision, which
    then is that of the other's path (or of the library). Raises Misuse."""
    before, after = _place(old), _place(new) if new is not None else Place(library)
    path = before.path or after.path or library
    return Place(before.path or path, before.revision), Place(after.path or path, after.revision)


def _place(word: str) -> Place:
    if Path(word).exists():
        return Place(word)
    revision, colon, path = word.partition(":")
    if not revision.startswith("-") and _is_revision(revision):
        if colon and not path:
            raise Misuse(f"{word!r} names no path behind the colon: write {revision}:trees")
        return Place(path, revision)
    raise Misuse(f"{word!r} is no file, no folder, and no git revision here")


def _is_revision(word: str) -> bool:
    asked = _git("rev-parse", "--verify", "--quiet", f"{word}^{{commit}}")
    return asked.returncode == 0


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *words], capture_output=True, check=False)
    except FileNotFoundError:
        raise Misuse("there is no git here, which reads other revisions; name two files") from None


@contextmanager
def version(place: Place, other: Place) -> Iterator[Version]:
    """The library at a place, as long as it is looked at. A tree in a file of its own, outside any
    library, is read in the library of the ``other`` place."""
    with TemporaryDirectory(prefix="fingerpost-") as name:
        folder = Path(name)
        if place.revision:
            root, path = _unpacked(place, folder)
        else:
            path = Path(place.path)
            root = root_of(path)
        if not place.revision and path.is_file() and not _has_library(path):
            root, path = _lent(path, other, folder / "lent")
        library = read_library(root)
        tree = path.name.partition(".")[0] if path.is_file() else ""
        yield Version(library, "" if tree == "library" else tree)


def _has_library(path: Path) -> bool:
    return (root_of(path) / "library.yaml").is_file()


def _lent(path: Path, other: Place, folder: Path) -> tuple[Path, Path]:
    """A copy of the other place's library with this file in the place of its tree."""
    there = Path(other.path)
    if other.revision or not there.exists() or not _has_library(there):
        return root_of(path), path
    shutil.copytree(root_of(there), folder)
    name = there.name if there.is_file() else path.name
    copy = next(folder.rglob(name), folder / name)
    shutil.copyfile(path, copy)
    return folder, copy


# -------------------------------------------------------------------------------------- git


def _unpacked(place: Place, folder: Path) -> tuple[Path, Path]:
    """The library that a path belonged to at a revision, and the path in it, on disk."""
    top = _git("rev-parse", "--show-toplevel").stdout.decode().strip()
    inside = _inside(place, Path(top))
    root = _root(place, inside)
    packed = _git("-C", top, "archive", "--format=tar", place.revision, "--", root or ".")
    if packed.returncode:
        raise Misuse(f"{place} cannot be read: {packed.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder / root, folder / inside


def _inside(place: Place, top: Path) -> str:
    """The path from the top of the repository: named from here, or from the top as git does."""
    for start in (Path.cwd(), top):
        path = Path(os.path.normpath(start / place.path))
        if path.is_relative_to(top):
            inside = path.relative_to(top).as_posix()
            if _is_there(place.revision, inside):
                return inside
    raise Misuse(f"there is no {place.path!r} at {place.revision}")


def _is_there(revision: str, inside: str) -> bool:
    name = f"{revision}^{{tree}}" if inside == "." else f"{revision}:{inside}"
    return _git("cat-file", "-e", name).returncode == 0


def _root(place: Place, inside: str) -> str:
    """The folder of the library at that revision; without a ``library.yaml``, the path's own."""
    kind = _git("cat-file", "-t", f"{place.revision}:{inside}").stdout.decode().strip()
    path = PurePosixPath(inside)
    folder = path.parent if kind == "blob" else path
    for candidate in (folder, *folder.parents):
        if _is_there(place.revision, (candidate / "library.yaml").as_posix()):
            return candidate.as_posix()
    return folder.as_posix()
