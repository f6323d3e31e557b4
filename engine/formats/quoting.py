"""Help with quoting, where six of eleven hand-written trees went wrong at first. Not a format.

A slip is looked for in the lines around the place where the parser gave up, and the line is given
back as it should have been written. Whether that line really helps is for the reader to try.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

MOST = 1_000  # characters of a line that is looked at: patterns below look ahead


class Slip(NamedTuple):
    """Line and column (from 0), what it is in our words, and the line to paste."""

    line: int
    column: int
    message: str
    fix: str | None


_KEYS = (
    "ask tell decide run use end next label hint help title summary say text why message alt when "
    "otherwise choices fields exits with only type limit then start image disposition"
)
_KNOWN = "|".join(_KEYS.split())
_LINE = re.compile(r"^(\s*(?:- +)*(?:[\w.]+:[ ]+)?)(\S.*?)(\s\s+#.*|\s*)$")
_BEGINNINGS = tuple("{[*&!>|@'\"%`")
_PLACEHOLDER = r"\{[\w.]+\}"
# A text inside { }: from its key to the next key, or to the bracket that closes.
_IN_FLOW = re.compile(
    r"([\w]+):[ ]+"
    rf"((?:[^\s\"'{{}}\[\],]|{_PLACEHOLDER}|\"[^\"]*\"(?=\s*[^\s,}}\]])|'[^']*'(?=\s*[^\s,}}\]]))"
    rf"(?:[^{{}}\[\]]|{_PLACEHOLDER}|\[[^{{}}\[\]]*\])*?)"
    r"(?=,\s*[\w]+:\s|\s*\})"
)
_ODD = re.compile(rf"[,?:#\"'\[]|{_PLACEHOLDER}|^[*&!>|@%`-]")
_CUT = re.compile(
    r"^[ -]*(?:(?:ask|tell|end|label|hint|help|title|summary|say|text|why|message|alt): +|[\w.]+: +(?=[^\s#]+ +[^\s#]))"
    r"([^\s\"'|>{\[#&*!%@`][^\n#\"]*[^\s#]|\w) #(?!#)(.*)$"
)
# What looks like an expression, behind which a comment may stand.
_SUM = re.compile(r"[=!<>]=|[<>]|\bis (not )?set\b|\bin \[")
_PAIR = re.compile(r"\s*(?:- +)*[\w.]+:(\s|$)")
_DASHED = re.compile(r"\s*(?:- +)*")
_FEW = 200  # lines above that are looked at
_NO_COMMA = re.compile(rf"([^\s,{{])(\s+)((?:{_KNOWN}):\s)")
_NO_BLANK = re.compile(rf"^(\s*(?:- +)?)({_KNOWN}):(\S.*)$")
_NO_COLON = re.compile(rf"^(\s*(?:- +)?)({_KNOWN})\s+([^:]*)$")
# Quotes around a whole text, which did not hold because of the one inside it.
_WRAPPED = re.compile(r"^(['\"])(.*\w['\"]\w.*|[^'\"]*\"[^'\"]*\")\1$")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")


def quote(text: str) -> str:
    """A text in quotes: double ones, unless it has some itself."""
    text = _WRAPPED.sub(r"\2", text)
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted(line: str, whole: bool = False) -> str | None:
    """The line with its text in quotes, ready to paste; None where no text can be made out.
    ``whole``: what follows a `#` belongs to the text."""
    found = _LINE.match(line) if len(line) <= MOST else None
    if found is None:
        return None
    value, comment = found[2], found[3].rstrip()
    if whole:
        value, comment = value + comment, ""
    if value.startswith("{") and re.match(_PLACEHOLDER, value) is None:
        mended = _IN_FLOW.sub(lambda m: f"{m[1]}: {_flow_text(m[2])}", value)
        return found[1] + mended + comment if mended != value else None
    return found[1] + quote(value) + comment


def _flow_text(text: str) -> str:
    return quote(text.strip()) if _ODD.search(text) else text.strip()


def valueless(line: str, key: str, column: int) -> tuple[int, str, str | None]:
    """A key without a value inside ``{ }``: mostly the second half of a text with a comma. Where
    the slip begins, what to say, and the line to paste."""
    if len(line) <= MOST:
        found = _LINE.match(line)
        if found is not None and re.match(_PLACEHOLDER, found[2]):
            return found.end(1), "a text that begins with { is quoted", quoted(line)
        for text in (m[2].strip() for m in _IN_FLOW.finditer(line)):
            if re.search(rf"(,\s*{re.escape(key)}|\{{{re.escape(key)}\}})", text):
                return (
                    column,
                    f"{key!r} has no value inside {{ }}. Did you mean {quote(text)}? "
                    f"A text with {'a comma' if ',' in text else '{name}'} is quoted there",
                    quoted(line),
                )
    short = " ".join(key.split())  # a plain key may go on over lines
    message = f"{short!r} has no value inside {{ }}: write `{short}: …`, or quote the text"
    return column, message, None


def doubtful(line: str) -> Iterator[tuple[int, int, str, str | None]]:
    """Texts in a line that may have been meant otherwise than they are read: where each begins,
    where the doubt is (columns from 0), what to say, and the line to paste."""
    cut = _CUT.match(line) if " #" in line and len(line) <= MOST else None
    if cut is not None and not cut[1].endswith(" ") and not _SUM.search(cut[1]):
        message = "the text ends before ' #', and the rest is a comment: quote the text if it belongs to it, or put two blanks before the comment"
        yield cut.start(1), cut.end(1) + 1, message, quoted(line, whole=True)
    for found in _IN_FLOW.finditer(line) if "?" in line and len(line) <= MOST else ():
        if found[2].rstrip().endswith("?"):
            message = "inside { } a text with a question mark is quoted, so that every reader of YAML takes it alike"
            yield found.start(2), found.start(2), message, quoted(line)
            return


def explained(
    lines: Sequence[str], at: tuple[int, int], problem: str, opened: tuple[int, int] | None
) -> Slip:
    """What is wrong where the parser gave up. ``opened``: where the quotes or the bracket began
    that it was in."""
    line = min(at[0], max(len(lines) - 1, 0))
    if opened is not None and opened[0] < len(lines):
        found = _unclosed(lines, opened, line)
        if found is not None:
            return found
    escaped = _escaped(line, lines[line]) if "escape" in problem and lines else None
    if escaped is not None:
        return escaped
    around = dict.fromkeys((line, line - 1, *(() if opened is None else (opened[0],))))
    for number in around:
        if 0 <= number < len(lines) and len(lines[number]) <= MOST:
            before = lines[number - 1] if number else ""
            found = next(_slips(number, lines[number], before), None)
            if found is not None:
                return found
    column = at[1] if at[0] == line else 0
    return _between(lines, line) or Slip(line, column, _words(problem), None)


def _between(lines: Sequence[str], number: int) -> Slip | None:
    """A key that begins between the columns of those that it may stand beside."""
    line = lines[number] if lines else ""
    if not _PAIR.match(line) or len(line) > MOST:
        return None
    indent = _column(line)
    columns: list[int] = []
    for above in reversed(lines[max(number - _FEW, 0) : number]):
        pair = _PAIR.match(above[:MOST])
        if pair is not None and (not columns or _column(above) < columns[-1]):
            columns.append(_column(above))
    if not columns or indent in columns or not columns[-1] < indent < columns[0]:
        return None
    outer = next(column for column in columns if column < indent)
    inner = columns[columns.index(outer) - 1]
    message = f"this line begins in column {indent + 1}: keys of one mapping begin in one column, so here column {outer + 1} or {inner + 1}"
    return Slip(number, indent, message, None)


def _column(line: str) -> int:
    """Where a line's key begins, behind the dash of a list."""
    dashed = _DASHED.match(line)
    return dashed.end() if dashed is not None else 0


def _unclosed(lines: Sequence[str], opened: tuple[int, int], line: int) -> Slip | None:
    """Quotes or a bracket that run on into lines that are not theirs."""
    number, column = opened
    text = lines[number]
    if line == number or len(text) > MOST:
        return None
    sign = text[column : column + 1]
    if sign in "\"'" and sign and text.count(sign) % 2:
        return Slip(number, column, "these quotes are not closed", text.rstrip() + sign)
    if sign not in "{[" or not sign:
        return None
    cut = _cut(number, text)
    if cut is not None:
        return cut
    bare = _QUOTED.sub("", text)
    lacking = [bare.count(a) - bare.count(b) for a, b in ("{}", "[]")]
    if max(lacking) <= 0 or min(lacking) < 0:
        return None
    closers = "".join(b * n for n, b in zip(lacking, "}]", strict=True))
    fix = text.rstrip() + closers if lacking.count(0) == 1 else None
    return Slip(number, column, f"this {sign} is not closed in its line", fix)


def _cut(number: int, text: str) -> Slip | None:
    """A ` #` inside { }, behind which all is a comment, the closing bracket too."""
    hash = _QUOTED.sub(lambda m: "x" * len(m[0]), text).find(" #")
    if hash < 0 or not re.search(r"[}\]]\s*$", text):
        return None
    message = "inside { } a text with ' #' is quoted: all behind it is a comment"
    return Slip(number, hash + 1, message, quoted(text))


def _slips(number: int, line: str, before: str) -> Iterator[Slip]:
    """Known slips in a line, the likeliest first, each with the line put right."""
    yield from _blanks(number, line)
    yield from _keys(number, line, before)
    found = _LINE.match(line)
    if found is None:
        return
    value, column = found[2], len(found[1])
    for sign, message in _TEXTS if found[1].strip() else ():  # behind a key or a dash
        if sign(value):
            yield Slip(number, column, message.format(value[0]), quoted(line))
            return
    if value.startswith(("{", "[")):
        yield from _in_flow(number, line)


def _blanks(number: int, line: str) -> Iterator[Slip]:
    """Blanks that are of another kind, or missing behind a dash; points of Markdown for a list's."""
    no_dash = re.match(r"(\s*)-([a-z_]+:\s.*)", line)
    if "\u00a0" in line:
        at = line.index("\u00a0")
        message = (
            "a blank that does not break the line (U+00A0) stands here: write an ordinary one"
        )
        yield Slip(number, at, message, line.replace("\u00a0", " "))
    elif no_dash is not None:
        fix = f"{no_dash[1]}- {no_dash[2]}"
        yield Slip(number, len(no_dash[1]), "a blank is missing after '-'", fix)
    elif re.match(r"\s*\* ", line):
        fix = line.replace("* ", "- ", 1)
        yield Slip(number, line.index("*"), "a point of a list begins with '- '", fix)


def _keys(number: int, line: str, before: str) -> Iterator[Slip]:
    """Slips between keys: a blank, a colon or the indentation that is wrong."""
    indent = len(line) - len(line.lstrip(" "))
    above = len(before) - len(before.lstrip())
    no_blank, no_colon = _NO_BLANK.match(line), _NO_COLON.match(line)
    if no_blank is not None:
        fix = f"{no_blank[1]}{no_blank[2]}: {no_blank[3]}"
        yield Slip(number, len(no_blank[1]), f"a blank is missing after '{no_blank[2]}:'", fix)
    elif no_colon is not None and not re.match(r"\s*[\w.]+:\s*[>|]", before):
        fix = f"{no_colon[1]}{no_colon[2]}: {no_colon[3]}"
        yield Slip(number, len(no_colon[1]), f"a ':' is missing after {no_colon[2]!r}", fix)
    pair = re.match(r"\s*(?:- +)?[\w.]+:(\s|$)", line)
    if pair and re.match(r"\s*[\w.]+:(\s|$)", before) and abs(indent - above) == 1:
        message = f"this line begins in column {indent + 1}, the one above in column {above + 1}: keys of one mapping begin in one column"
        yield Slip(number, indent, message, " " * above + line.lstrip())
        return
    plain = re.match(r"\s*(?:- +)?([\w.]+):\s+[^\s\"'{\[>|]", before)
    if plain is None:
        return
    if pair and indent > _column(before):
        yield Slip(
            number,
            indent,
            f"this line stands deeper than {plain[1]!r} above it, so it goes on with that text; begin both in one column",
            " " * _column(before) + line.lstrip(),
        )
    elif not pair and indent == above and re.match(r"\s*[^\s#-]", line):
        yield Slip(
            number,
            indent,
            f"the text of {plain[1]!r} goes on here: indent this line deeper, or quote the text in one line",
            "  " + line,
        )


def _in_flow(number: int, line: str) -> Iterator[Slip]:
    bare = _QUOTED.sub(lambda m: "x" * len(m[0]), line)
    if any(bare.count(b) > bare.count(a) for a, b in ("{}", "[]")) and bare.rstrip()[-1:] in "}]":
        end = len(line.rstrip()) - 1
        yield Slip(number, end, f"this {line[end]} closes nothing", line[:end])
        return
    lacking = _NO_COMMA.search(bare)
    if lacking is not None:
        key = lacking[3].rstrip()
        fix = line[: lacking.end(1)] + "," + line[lacking.end(1) :]
        message = f"a comma is missing before '{key}'"
        yield Slip(number, lacking.start(3), message, fix)
        return
    mended = quoted(line)
    if mended is not None:
        same = next(n for n, (a, b) in enumerate(zip(line, mended, strict=False)) if a != b)
        message = (
            "inside { } a text that holds a comma, ': ', '?', '#', quotes or {name} is quoted"
        )
        yield Slip(number, same, message, mended)


def _escaped(number: int, line: str) -> Slip | None:
    """A backslash in double quotes that means nothing there."""
    found = _LINE.match(line)
    value = found[2] if found else ""
    if found is None or not value.endswith('"') or "'" in value or value.count('"') != 2:
        return None
    message = (
        "a backslash in double quotes has a meaning of its own; use single quotes, or double it"
    )
    fix = f"{found[1]}'{value[1:-1]}'{found[3].rstrip()}"
    return Slip(number, len(found[1]), message, fix)


def _begins_oddly(value: str) -> bool:
    if re.match(_PLACEHOLDER, value):
        return True
    return value.startswith(_BEGINNINGS) and not _closed(value)


_WHOLE = "an ' in single quotes is written twice; put the text in double quotes"
_TEXTS: Sequence[tuple[Callable[[str], bool], str]] = (
    (
        lambda v: len(v) > 1 and v[0] in "\"'" and v.count(v[0]) > 2 and v[-1] != v[0],
        "a text with quotes in it is quoted as a whole",
    ),
    (
        lambda v: len(v) > 1 and v[0] in "\"'" and v.count(v[0]) == 2 and v[-1] != v[0],
        "a text that begins with a quoted word is quoted as a whole",
    ),
    (lambda v: _WRAPPED.match(v) is not None, _WHOLE),
    (_begins_oddly, "a text that begins with {} is quoted"),
    (
        lambda v: ": " in v and not v.startswith(("{", "[", '"', "'")),
        "a text that holds ': ' is quoted",
    ),
    (
        lambda v: v.endswith(":") and not v.startswith(("{", "[", '"', "'")),
        "a text that ends with ':' is quoted",
    ),
    (lambda v: v.startswith(("- ", "? ")), "a text that begins with '{} ' is quoted"),
)


def _closed(value: str) -> bool:
    pairs = {"{": "}", "[": "]", '"': '"', "'": "'"}
    if value[0] == "{":
        return re.match(r"\{\s*[\w.\"']+:", value) is not None
    if value[0] == "[":
        return "] " not in value
    return value[0] in pairs and value.endswith(pairs[value[0]]) and len(value) > 1


def _words(problem: str) -> str:
    for sign, words in _SAID:
        if sign in problem:
            return words
    return "this is no YAML that can be read: look at the indentation, the colons and the quotes here and in the line above"


_SAID = (
    ("exceeded maximum", "nested too deep to be read; a tree has few levels"),
    (
        "did not find expected key",
        "the indentation does not fit: keys of one mapping begin in the same column, and a text with quotes in it is quoted as a whole",
    ),
    (
        "mapping values are not allowed",
        "a second ': ' stands in this line; quote the text, or begin a new line",
    ),
    (
        "could not find expected ':'",
        "a ':' is missing after this key, or a text runs on into the next line; quote it or use >-",
    ),
    ("found character", "a text cannot begin with this character; quote it"),
    ("found unexpected end of stream", "the file ends inside quotes or brackets; close them"),
    (
        "did not find expected ',' or",
        "a comma or closing bracket is missing; a text with a comma, a colon or a question mark is quoted there",
    ),
    (
        "did not find expected '-' indicator",
        "the indentation does not fit: the items of a list begin in the same column",
    ),
    (
        "block sequence entries are not allowed",
        "a list begins in a line of its own, below its key",
    ),
    ("undefined alias", "'*' begins an alias of YAML; quote a text that begins with *"),
    (
        "found unknown escape",
        "a backslash in double quotes has a meaning of its own; use single quotes, or double it",
    ),
)
