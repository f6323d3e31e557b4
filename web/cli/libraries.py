"""Find the tree that a command names. Not a command."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import near
from engine.load import Examined, examine
from engine.model import Tree
from web.cli import Misuse
from web.cli.terminal import cache_folder, progress, progress_done


def known(paths: Sequence[str]) -> list[Path]:
    """Paths of libraries and trees, ``trees`` where there are none. Raises Misuse for what can be
    neither."""
    found = [Path(path) for path in paths or ["trees"]]
    for path in found:
        if path.is_file() and path.suffix != ".yaml":
            raise Misuse(f"{path} is no tree: a tree is a file NAME.yaml")
        if path.is_dir() and not any(path.rglob("*.yaml")):
            raise Misuse(
                f"there is no tree in {path}: `fingerpost new NAME --in {path}` begins one"
            )
    return found


def tree_of(name: str, library: str) -> tuple[Examined, Tree | None]:
    """The tree with this id, or in this file, and what was found about it. The tree is None where
    it has errors."""
    path = Path(name)
    by_path = path.suffix == ".yaml" or (path.exists() and not _IS_ID.match(name))
    if by_path:
        known([name])
    where = path if by_path else Path(library)
    id = path.name.partition(".")[0] if by_path else name
    if by_path and (path.is_dir() or id == "library"):
        raise Misuse(f"{path} is no tree: name a file of it, or an id and --library {path}")
    only = "" if by_path else _in(id, where)
    examined = examine(where, only=only, cache=cache_folder(), progress=progress())
    progress_done()
    tree = examined.libraries[0].trees.get(id)
    return examined, None if examined.errors or id not in examined.explored else tree


_IS_ID = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")


def _in(id: str, where: Path) -> str:
    """The id, if the library has a tree of that name."""
    ids = {p.name.partition(".")[0] for p in where.rglob("*.yaml")} if where.is_dir() else set()
    if id not in ids - {"library"}:
        place = f"in {where}" if where.is_dir() else f"(there is no folder {where}; say --library)"
        raise Misuse(f"there is no tree {id!r} {place}{near(id, ids)}")
    return id


def data(value: str | None, what: str) -> dict[str, Any]:
    """An option that takes JSON or a file of it (YAML too). Raises Misuse."""
    if not value:
        return {}
    text = value
    if not value.lstrip().startswith(("{", "[")):
        try:
            text = sys.stdin.read() if value == "-" else Path(value).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise Misuse(f"{what}: {value} is no text (save it as UTF-8)") from None
        except (OSError, ValueError) as wrong:
            why = getattr(wrong, "strerror", None) or str(wrong)
            raise Misuse(
                f"{what}: {value[:80]!r} is neither JSON nor a file that can be read ({why.lower()})"
            ) from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _yaml(text, value, what)
    if not isinstance(found, dict):
        raise Misuse(f'{what} is an object: {{"NODE": ANSWER}}')
    return found


def _yaml(text: str, value: str, what: str) -> Any:
    from engine.errors import InvalidTree
    from engine.formats.yaml import read

    try:
        return read(text.encode(), value).data
    except InvalidTree as wrong:
        raise Misuse(f"{what}: {wrong.findings[0].message}") from None
