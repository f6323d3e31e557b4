"""Files with something changed: in their bytes, as a slip of the hand or a broken disk would, or in
their data, as somebody would who took one thing for another."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ODD: list[Any] = [
    None, True, False, 0, -1, 3, 10**29, 1.5, "1e999", "", " ", "yes", "no", "off", "null", "x",
    "first", "end", "here", "constructor", "__class__", "1.10", "2026-02-30", "2026-03-02", "a.b.c",
    "{", "{{", "{x}", "{text.x}", "{visits.x} {y}", "[a](javascript:x)", "<b>", "é", "\U0001f600",
    "1 +", "x is set", "visits.x > 1", "a" * 70, "((((", "every.x", "today", "constants.x",
    [], {}, [None], [[]], {"x": None}, {"a": {"b": {}}}, ["x", "x"], [{}], {"next": "x"},
    {"type": "choice"}, {"list": {}}, {"list": {"a": "text"}, "min": "x"}, {"when": "x"}, {"back": True},
    {"anytime": "x"}, {"exit": "x"}, {"exit": 3}, [3], {"visits": 0, "then": "x"}, {"label": None},
]  # fmt: skip
KEYS = [
    "x", "ask", "tell", "decide", "run", "use", "end", "next", "choices", "fields", "choices_from",
    "pick", "known", "none_of_these", "once", "exits", "with", "when", "otherwise", "limit", "only",
    "given", "facts", "texts", "anytime", "renamed", "allow", "returns", "exit", "default", "must",
    "type", "of", "min", "max", "pattern", "list", "private", "required", "follow_up", "hand_to",
    "disposition", "kpi", "survey", "image", "link", "wait", "checklist", "here", "1", "", "X",
]  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value."""
    found = [path]
    inner = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in inner:
        found += places(value, (*path, key))
    return found


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


@st.composite
def data_like(draw: st.DrawFn, original: Any) -> Any:
    """The data with one to three things changed. It is copied as far as it changes."""
    data = copied(original)
    for _ in range(draw(st.integers(1, 3))):
        data = _changed(draw, data)
    return data


def copied(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(item) for item in data] if isinstance(data, list) else data


def _changed(draw: st.DrawFn, data: Any) -> Any:
    path = draw(st.sampled_from(places(data)))
    how = draw(st.sampled_from(["put", "put", "put", "drop", "add", "rename", "move"]))
    if not path:
        return copied(draw(st.sampled_from(ODD))) if how == "put" else data
    holder, key = at(data, path[:-1]), path[-1]
    value = holder[key]
    if how == "put":
        holder[key] = copied(draw(st.sampled_from(ODD)))
    elif how == "drop":
        del holder[key]
    elif how == "move":
        holder[key] = copied(at(data, draw(st.sampled_from(places(data)))))
    elif how == "rename" and isinstance(holder, dict):
        renamed = draw(st.sampled_from([*KEYS, *holder]))
        pairs = [(renamed if name == key else name, inner) for name, inner in holder.items()]
        holder.clear()
        holder.update(pairs)
    elif isinstance(value, dict):
        value[draw(st.sampled_from(KEYS))] = copied(draw(st.sampled_from(ODD)))
    elif isinstance(value, list):
        value.append(copied(draw(st.sampled_from(ODD))))
    return data


PIECES: list[bytes] = [
    b"", b" ", b"\n", b"\t", b"\r", b"\r\n", b":", b": ", b"- ", b"# ", b" #", b"{", b"}", b"[", b"]",
    b",", b"'", b'"', b"\\", b"&a ", b"*a ", b"!x ", b"|\n", b">\n", b"? ", b"---\n", b"...\n", b"%x\n",
    b"<<: ", b"@", b"`", b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", "é".encode(), b"null", b"yes",
    b"{x}", b"next: x\n", b"  end: x\n", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"1", b"0x10", b"1e999",
]  # fmt: skip


@st.composite
def bytes_like(draw: st.DrawFn, original: bytes) -> bytes:
    """The bytes with one to three pieces taken out, put in, said twice or moved."""
    raw = original
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.sampled_from([0, 0, 1, 2, 5, 40, 400])))
        piece = draw(st.sampled_from([*PIECES, raw[start:end], raw[end : end + 30]]))
        raw = raw[:start] + piece + raw[end:]
    return raw
