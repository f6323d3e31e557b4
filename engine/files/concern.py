"""Which files of a library matter to one of its trees.

A tree hangs on the trees that it uses; the stories of those that use it go through it. What a file
uses is not known before it is read, but a file that does not write a tree's id does not use it: to
see that costs a thousandth of reading it. To take one too many costs a little time, and nothing
else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from engine.files.folder import Files, bytes_of
from engine.model import Limits

# In a quoted text a letter may be spelled otherwise, and a line go on where a word does.
_DISGUISED = re.compile(rb"\\[xuU\r\n]")


def concerning(found: Files, only: str, limits: Limits) -> Files:
    """The files of a library without the trees that neither use ``only``, at any depth, nor are
    used by it or by one that does; and without what belongs to those."""
    raws = {id: _raw(paths[0], limits) for id, paths in found.trees.items()}
    users = _closed({only}, lambda id: {other for other in raws if _may_use(raws[other], id)})
    matter = _closed(users, lambda id: {other for other in raws if _may_use(raws[id], other)})
    return replace(
        found,
        trees={id: paths for id, paths in found.trees.items() if id in matter},
        stories={id: path for id, path in found.stories.items() if id in matter},
        sides={key: path for key, path in found.sides.items() if not key[0] or key[0] in matter},
    )


def _closed(ids: set[str], onward: Callable[[str], set[str]]) -> set[str]:
    """These and all that they lead to, at any depth."""
    found = set(ids)
    waiting = list(ids)
    while waiting:
        new = onward(waiting.pop()) - found
        found |= new
        waiting += new
    return found


def _raw(path: Path, limits: Limits) -> bytes:
    try:
        return bytes_of(path, limits)
    except OSError:
        return b""  # told where it is read, if it matters


def _may_use(raw: bytes, id: str) -> bool:
    """Whether a file with these bytes may use the tree of this id."""
    name = os.fsencode(id)
    if name not in raw:
        return _DISGUISED.search(raw) is not None
    return re.search(rb"(?<![0-9A-Za-z_])%b(?![0-9A-Za-z_])" % re.escape(name), raw) is not None
