"""The files of a library, by what their names say they hold; and files that are none of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.model import Limits

LIBRARY: Final = "library.yaml"


def root_of(path: Path) -> Path:
    """The library that a path belongs to: the nearest folder above with a ``library.yaml``; else
    the folder itself. It is named from where the path is named, as far as that reaches."""
    folder = path if path.is_dir() else path.parent
    named = [] if ".." in folder.parts else [folder, *folder.parents]
    for candidate in (folder, *named, *folder.absolute().parents):
        if (candidate / LIBRARY).is_file():
            return candidate
    return folder


def named(path: Path) -> str:
    """The name of a file as text, also where its bytes are none."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def inside(root: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def names_in(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir()] if folder.is_dir() else []


def bytes_of(path: Path, limits: Limits) -> bytes:
    """The file's bytes, one more than allowed at most: the reader says what is too large."""
    with path.open("rb") as file:
        return file.read(limits.file_bytes + 1)


@dataclass
class Files:
    """The files of a library, by what their names say they hold."""

    library: Path | None = None
    trees: dict[str, list[Path]] = field(default_factory=dict)
    odd: list[tuple[Path, str]] = field(default_factory=list)  # what is no file of a library
    stories: dict[str, Path] = field(default_factory=dict)
    sides: dict[tuple[str, str], Path] = field(default_factory=dict)

    @classmethod
    def below(cls, root: Path) -> Files:
        found = cls()
        folders: dict[Path, bool] = {}  # whether they lie in the library
        for path in sorted([*root.rglob("*.yaml"), *root.rglob("*.yml")]):
            parts = path.relative_to(root).parts
            if any(part.startswith(".") for part in parts):
                continue
            odd = _odd(root, path, folders)
            if odd:
                found.odd.append((path, odd))
            else:
                found._add(path, len(parts) == 1)
        return found

    def _add(self, path: Path, at_root: bool) -> None:
        name, _, rest = path.name.removesuffix(".yaml").partition(".")
        if name == "library":
            if not rest and at_root:
                self.library = path
            elif rest:
                self.sides["", rest] = path
        elif rest == "stories":
            self.stories[name] = path
        elif rest:
            self.sides[name, rest] = path
        else:
            self.trees.setdefault(name, []).append(path)


def _odd(root: Path, path: Path, folders: dict[Path, bool]) -> str:
    """Why this is no file of the library, or nothing."""
    link = path.is_symlink()
    if link and not path.exists():
        return f"this link leads nowhere: {path.readlink()} is not there"
    if path.parent not in folders:
        folders[path.parent] = inside(root, path.parent)
    if not (inside(root, path) if link else folders[path.parent]):
        return "this link leads out of the library; put the file itself here"
    if path.is_dir():
        return "this is a folder; a name that ends in .yaml is a file's"
    if not path.is_file():
        return "this is no file that can be read"
    if path.suffix == ".yml":
        return "the files of a library end in .yaml: rename this one"
    return ""
