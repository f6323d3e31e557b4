"""From the bytes of a file to text that somebody can have meant. Not a format.

What is refused here is refused before any parser sees it.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from typing import Final

from engine.errors import InvalidTree
from engine.model import Finding, Limits, Mark

# Characters without a shape that no text needs. (The joiners U+200C and U+200D are letters' own:
# Persian, Hindi and emoji are written with them.)
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u180e\u200b\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
# Bytes of ASCII that can be seen: looking through the others alone takes a tenth of the time.
_ORDINARY: Final = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
_TURNING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_KEY: Final = re.compile(r"([ \t]+)([a-z][a-z0-9_]{0,63}):(?:\s|$)")
_HARD: Final = re.compile("^[ ]*\u00a0(?=[^#\\n]*:)", re.MULTILINE)
_TAB: Final = re.compile(r"^ *\t[ \t]*(?=[^ \t\r\n])", re.MULTILINE)


def decoded(raw: bytes, file: str, limits: Limits) -> str:
    """The bytes as text. Raises InvalidTree with the one place where they are none."""
    if len(raw) > limits.file_bytes:
        _refuse(
            file,
            (1, 1),
            f"the file is too large: at most {limits.file_bytes / 1e6:g} MB. Split the tree into subtrees",
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:2]:
        _refuse(file, (1, 1), "the file is UTF-16 or UTF-32; save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        before = raw[: wrong.start].decode("utf-8", errors="replace")
        meant = raw[wrong.start : wrong.start + 1].decode("cp1252", errors="replace")
        _refuse(
            file,
            place(before, len(before)),
            f"this is not UTF-8 (the byte {raw[wrong.start]:#04x}, {meant!r} in Windows-1252); save the file as UTF-8",
            text=before,
        )
    rare = raw.removeprefix(BOM_UTF8).translate(None, _ORDINARY).decode()
    for pattern, message in (
        (_UNSEEN, "a character that cannot be seen ({}) stands here; delete it"),
        (
            _TURNING,
            "a mark that turns the direction of writing ({}) stands here: it can make a text read as another; delete it",
        ),
    ):
        found = pattern.search(text) if pattern.search(rare) else None
        if found is not None:
            at = place(text, found.start())
            _refuse(file, at, message.format(f"U+{ord(found[0]):04X}"), text=text)
    tab = _TAB.search(text) if "\t" in text else None
    if tab is not None:
        line = text[tab.start() :].splitlines()[0]
        at = place(text, text.index("\t", tab.start()))
        _refuse(file, at, "a tab indents this line; use spaces", line.replace("\t", "  "), text)
    hard = _HARD.search(text) if "\u00a0" in rare else None
    if hard is not None:
        line = text[hard.start() :].splitlines()[0]
        message = (
            "a blank that does not break the line (U+00A0) indents this one; use ordinary blanks"
        )
        at = place(text, hard.end() - 1)
        _refuse(file, at, message, line.replace("\u00a0", " "), text)
    return text


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column of a character, counted from 1 as the parser counts them."""
    lines = (text[:at] + "x").splitlines()
    return len(lines), len(lines[-1])


def owner(file: str, text: str, line: int) -> tuple[str, str]:
    """The tree whose file this is and the node that a line (from 0) belongs to: found by
    indentation alone, since nothing else can be trusted in a file that cannot be read."""
    name = file.replace("\\", "/").rpartition("/")[2].removesuffix(".yaml")
    if "." in name or name == "library":
        return "", ""
    node, column, inside = "", 0, False
    for written in text.splitlines()[: line + 1]:
        if written[:1] not in ("", " ", "\t", "#"):
            inside, node = written.startswith("nodes:"), ""
        key = _KEY.match(written) if inside else None
        if key is not None and (not column or "\t" not in key[1]):
            column = column or len(key[1])
            node = key[2] if len(key[1]) == column else node
    return name, node


def _refuse(
    file: str, at: tuple[int, int], message: str, fix: str | None = None, text: str = ""
) -> None:
    tree, node = owner(file, text, at[0] - 1)
    mark = Mark(file, *at)
    raise InvalidTree(
        [Finding(check="yaml", message=message, mark=mark, tree=tree, node=node, fix=fix)]
    )
