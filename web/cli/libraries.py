"""Find the tree that a command names. Not a command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from engine.errors import near
from engine.load import Examined, examine
from engine.model import Tree
from web.cli import Misuse
from web.cli.terminal import cache_folder, progress, progress_done


def tree_of(name: str, library: str) -> tuple[Examined, Tree | None]:
    """The tree with this id, or in this file, and what was found about it. The tree is None where
    it has errors."""
    path = Path(name)
    by_path = path.suffix == ".yaml" or path.is_file()
    where = path if by_path else Path(library)
    id = path.name.partition(".")[0] if by_path else name
    examined = examine(
        where, only="" if by_path else _known(id, where), cache=cache_folder(), progress=progress()
    )
    progress_done()
    tree = examined.libraries[0].trees.get(id)
    return examined, None if examined.errors or id not in examined.explored else tree


def _known(id: str, where: Path) -> str:
    ids = {p.name.partition(".")[0] for p in where.rglob("*.yaml")} if where.is_dir() else set()
    if id not in ids:
        place = f"in {where}" if where.is_dir() else f"(there is no folder {where}; say --library)"
        raise Misuse(f"there is no tree {id!r} {place}{near(id, ids)}")
    return id


def data(value: str | None, what: str) -> dict[str, Any]:
    """An option that takes JSON or a file of it (YAML too). Raises Misuse."""
    if not value:
        return {}
    text = value
    if not value.lstrip().startswith("{"):
        try:
            text = sys.stdin.read() if value == "-" else Path(value).read_text(encoding="utf-8")
        except OSError as wrong:
            raise Misuse(
                f"{what}: {value!r} is neither JSON nor a file that can be read ({wrong.strerror})"
            ) from None
    try:
        found = json.loads(text)
    except ValueError:
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
