"""Begin a tree from a template, with its stories: sound at once, to be rewritten word by word.

  fingerpost new shop/kettle              trees/shop/kettle.yaml and its stories
  fingerpost new kettle --in library      in another library

A folder without a `library.yaml` gets one. The name becomes the tree's id: small letters, digits
and _, and no other tree of the library may have it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from web.cli import GOOD, Misuse

_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_KINDS: Final = ("tree", "library", "stories", "texts")

_TREE: Final = """\
# yaml-language-server: $schema={schema}
format: 1
title: {title}
summary: What this tree finds out or gets done, in a sentence.
audience: [agent]                     # who walks it: agent, customer, system
start: problem

nodes:
  problem:                            # the node's id; its first key is its verb: ask tell decide run use end
    ask: What can I do for you?
    hint: Only the agent sees this.
    choices:
      broken: {{label: It does not work, next: restart}}
      other: {{label: Something else, next: handed_over}}

  restart:
    tell: Please switch it off, wait a moment, and switch it on again.
    next: again

  again:
    ask: Does it work now?
    choices: {{yes: solved, no: handed_over}}      # short form: the labels are "Yes" and "No"

  solved:
    end: Good to hear. Thank you for calling.
    disposition: {solved}{pad}# a code of library.yaml, for reports

  handed_over:
    end: I am handing you over to a colleague.
    disposition: {handed_over}
"""
_STORIES: Final = """\
# What must happen. `fingerpost test` rehearses it, and says what no story covers yet.
- story: switching it off and on helps
  answers: {problem: broken, again: yes}
  expect: {end: solved}
- story: it does not help
  answers: {problem: broken, again: no}
  expect: {end: handed_over}
- story: something else
  answers: {problem: other}
  expect: {end: handed_over, not_shown: [restart]}
"""
_LIBRARY: Final = """\
# yaml-language-server: $schema={schema}
format: 1
timezone: UTC                         # of `now` and `today`, like Europe/Berlin
"""
_DISPOSITIONS: Final = """
dispositions:                         # how a walk can end, for reports
  solved: {label: Solved}
  handed_over: {label: Handed over to a colleague}
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="DOMAIN/NAME", help="the folder and the id of the tree")
    parser.add_argument("--in", dest="library", metavar="LIBRARY", default="trees", help="(trees)")


def run(args: argparse.Namespace) -> int:
    folder, parts = Path(args.library), _parts(args.name)
    library = _library(folder)
    id = parts[-1]
    _free(library, id)
    edits = _dispositions(library)
    ends = _ends(library, edits)
    tree = folder.joinpath(*parts[:-1], f"{id}.yaml")
    tree.parent.mkdir(parents=True, exist_ok=True)
    for path in _written(library, tree, id, ends, edits):
        print(f"wrote {path}")
    inside = "" if args.library == "trees" else f" --library {library}"
    print(f"next: fingerpost walk {id}{inside}, then rewrite it, and fingerpost check {tree}")
    return GOOD


def _library(folder: Path) -> Path:
    """The library that the folder belongs to; one that is empty, or not there yet, is its own."""
    from engine.files.folder import root_of

    if folder.exists() and not folder.is_dir():
        raise Misuse(f"{folder} is a file; --in names the folder of a library")
    return root_of(folder) if folder.exists() and any(folder.iterdir()) else folder


# --------------------------------------------------------------------------------- the name


def _parts(name: str) -> list[str]:
    parts = name.strip("/").split("/")
    for part in parts:
        if not _ID.match(part):
            raise Misuse(
                f"{part!r} can be no {'id' if part == parts[-1] else 'folder'}: it begins with a "
                f"small letter, and holds small letters, digits and _ (at most 64){_likely(name)}"
            )
    if parts[-1] == "library":
        raise Misuse("'library' is the name of what all trees share; choose another")
    return parts


def _likely(name: str) -> str:
    """The name as it could be written."""
    parts = name.strip("/").removesuffix(".yaml").lower().split("/")
    mended = "/".join(re.sub(r"[^a-z0-9]+", "_", part).strip("_") for part in parts)
    return f". Did you mean {mended!r}?" if all(map(_ID.match, mended.split("/"))) else ""


def _free(library: Path, id: str) -> None:
    """Raises Misuse where the library has that id already."""
    for path in sorted(library.rglob(f"{id}*.yaml")):
        if path.name.partition(".")[0] == id:
            raise Misuse(f"there is {path} already; choose another name, or edit that")


# ------------------------------------------------------------------------------ the library


def _dispositions(library: Path) -> dict[Path, str]:
    """What has to be written so that the library has dispositions: nothing, if it has some."""
    file = library / "library.yaml"
    if not file.exists():
        return {file: _LIBRARY + _DISPOSITIONS}
    known, text = _known(file)
    if known:
        return {}
    whole = re.sub(r"^dispositions:[ \t]*(\{\})?[ \t]*\n", "", text, flags=re.MULTILINE)
    whole = whole.rstrip("\n") + "\n" + _DISPOSITIONS
    if not _added(text, whole):
        raise Misuse(
            f"{file} has no dispositions, and they cannot be added without rewriting it; add "
            "dispositions: {solved: {label: Solved}, handed_over: {label: Handed over}} to it"
        )
    return {file: whole}


def _known(file: Path) -> tuple[Mapping[str, object], str]:
    """The dispositions of a library file, and its text."""
    from engine.errors import InvalidTree
    from engine.formats.yaml import read

    try:
        raw = file.read_bytes()
        data = read(raw, str(file)).data
    except InvalidTree as wrong:
        raise Misuse(f"{wrong}. Mend that first") from None
    found = data.get("dispositions") if isinstance(data, dict) else None
    return (found if isinstance(found, dict) else {}), raw.decode("utf-8-sig")


def _added(before: str, after: str) -> bool:
    """Whether the dispositions are all that the text has more."""
    from engine.errors import InvalidTree
    from engine.formats.yaml import read

    try:
        old, new = (read(text.encode(), "").data for text in (before, after))
    except InvalidTree:
        return False
    old.pop("dispositions", None)
    return bool(new.pop("dispositions", None)) and old == new


def _ends(library: Path, texts: Mapping[Path, str]) -> dict[str, str]:
    """The codes for the two ends of the template: its own, or the nearest that the library has."""
    ends = {"solved": "solved", "handed_over": "handed_over"}
    if texts:
        return ends
    known, _ = _known(library / "library.yaml")
    counted = [id for id, entry in known.items() if isinstance(entry, dict) and "kpi" in entry]
    fallback = {"solved": [*counted, *known][0], "handed_over": [*known][-1]}
    return {end: end if end in known else fallback[end] for end in ends}


# -------------------------------------------------------------------------------- the files


def _written(
    library: Path, tree: Path, id: str, ends: Mapping[str, str], edits: Mapping[Path, str]
) -> list[Path]:
    """Write the files; those that there are now and were not, or were edited."""
    from web.cli.terminal import write

    made = [] if _schemas(library) else [write_schemas(library)]
    pad = " " * max(2, 38 - len(f"    disposition: {ends['solved']}"))
    title = id.replace("_", " ").capitalize()
    every = {
        path: text.replace("{schema}", _schema(path, "library")) for path, text in edits.items()
    }
    every[tree] = _TREE.format(schema=_schema(tree, "tree"), title=title, pad=pad, **ends)
    every[tree.with_name(f"{id}.stories.yaml")] = _STORIES
    for path, words in every.items():
        write(path, words)
    return [*made, *every]


def _schemas(folder: Path) -> Path | None:
    """The folder of schemas that this one's files can name: beside it, above, or its own."""
    above = folder.absolute()
    for candidate in (above, *list(above.parents)[:3]):
        for name in ("schemas", ".schemas"):
            if (candidate / name / "tree.schema.json").is_file():
                return candidate / name
    return None


def write_schemas(library: Path) -> Path:
    """Write the schemas into a library of their own, for the editor; the folder."""
    from engine.schema import schema
    from web.cli.terminal import write

    folder = library / ".schemas"
    folder.mkdir(parents=True, exist_ok=True)
    for kind in _KINDS:
        write(folder / f"{kind}.schema.json", json.dumps(schema(kind), indent=2) + "\n")
    return folder


def _schema(file: Path, kind: str) -> str:
    """The way from a file to its schema, as editors read it."""
    folder = _schemas(file.parent) or file.parent / ".schemas"
    return Path(os.path.relpath(folder / f"{kind}.schema.json", file.absolute().parent)).as_posix()
