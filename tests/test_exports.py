"""The record as files: each form whole, sound by its own standard, streamed, and nothing personal in it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import (
    ActionFinished,
    ActionStarted,
    Answered,
    Closed,
    Continued,
    Event,
    HandedTo,
    Noted,
    Parked,
    Resumed,
    Started,
    Step,
)
from engine.record import Stored, chain, genesis
from engine.stores import open_store
from tests.command import refused, run
from tests.random_trees import trees
from tests.store_urls import HEAD, append
from tests.terminal import Terminal
from tests.walkers import begun, moved, profile, tree_from
from web.exports import BINARY, COLUMNS, EXPORTS, harmless

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
SECRET = "Ana Silva +351 912 000 111"
LOGIC, TEXT = "a" * 64, "b" * 64
ODD = "a\"b'<c>&d\n\t\r\x00\x0b\x1f \u2028 \ufffe é 𝄞 ]]> ="


def at(n: int) -> datetime:
    return NOON + timedelta(minutes=n)


def step(node: str, exit: str | None = "next", tree: str = "line") -> Step:
    return Step(tree, node, exit, 1)


WALKS: dict[str, list[Event]] = {
    "walk-a": [
        Started(at=at(0), actor="ann", tree="line", audience="agent", channel="phone",
                language="en", reference="CASE-7", logic=LOGIC, text=TEXT, reached="line.who",
                given={"name": {"private": "r0"}, "plan": "basic"}),
        Answered(at=at(1), actor="ann", client_id="c1", node="who", steps=(step("who"), step("check", "rule_1", "sub")),
                 answer={"name": {"private": "r1"}, "note": '=HYPERLINK("x")', "n": "1.10"},
                 reached="line.lights", logic=LOGIC, text=TEXT),
        Noted(at=at(2), actor="ann", node="lights", text="@called, twice\nat noon"),
        Answered(at=at(3), actor="ann", node="lights", answer=["a", "b"], steps=(step("lights", "a"),), reached="line.test"),
        ActionStarted(at=at(4), actor="server", request="line.test#1", action="line_test"),
        ActionFinished(at=at(5), actor="server", request="line.test#1", action="line_test", exit="ok",
                       outputs={"speed": "17"}, steps=(step("test", "ok"),), reached="line.end"),
        Parked(at=at(6), actor="ann", reason="calls back"),
        Resumed(at=at(7), actor="bob"),
        HandedTo(at=at(8), actor="bob", to="tier2", reason="too hard"),
        Continued(at=at(9), actor="eve", node="say", steps=(step("say"), step("end", None)), reached="line.end"),
        Closed(at=at(10), actor="eve", disposition="done"),
    ],
    "walk-b": [
        Started(at=at(24 * 60), actor="=cmd", tree="other", reference=ODD),
        Noted(at=at(24 * 60 + 1), actor="ann", text=ODD),
        Answered(at=at(24 * 60 + 2), node="q", answer={"": {"private": "r2"}}, steps=(step("q", "row", "other"),)),
    ],
}  # fmt: skip
EVENTS = sum(map(len, WALKS.values()))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('record')}/record.db"

    async def keep() -> None:
        kept = await open_store(url)
        for walk, events in WALKS.items():
            private = {f"r{n}": {"name": SECRET} for n in range(3)}
            head = {"head": HEAD} if walk == "walk-a" else {}
            await append(kept, walk, *events, after=0, private=private, **head)
        await kept.close()

    asyncio.run(keep())
    return url


async def stored() -> AsyncIterator[Stored]:
    for walk, events in WALKS.items():
        for one in chain(walk, events, after=0, prev=genesis(walk)):
            yield one


def text_of(form: str) -> str:
    out = io.StringIO(newline="")
    assert asyncio.run(EXPORTS[form](stored(), out, lambda _: None)) == EVENTS
    return out.getvalue()


def table() -> Any:
    parquet = pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    assert asyncio.run(EXPORTS["parquet"](stored(), out, lambda _: None)) == EVENTS
    return parquet.read_table(io.BytesIO(out.getvalue()))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# -------------------------------------------------------------------------------- CSV, JSON Lines


def test_a_line_of_csv_for_each_event() -> None:
    found = rows(text_of("csv"))
    assert list(found[0]) == list(COLUMNS)
    assert [(row["walk"], row["seq"]) for row in found] == [
        (walk, str(n)) for walk, events in WALKS.items() for n in range(1, len(events) + 1)
    ]
    answered = found[1]
    assert json.loads(answered.pop("answer")) == {
        "name": "(private)", "note": '=HYPERLINK("x")', "n": "1.10",
    }  # fmt: skip
    assert answered == {
        "walk": "walk-a", "seq": "2", "at": "2026-03-02T12:01:00.123456Z", "type": "answered",
        "actor": "ann", "tree": "line", "node": "who", "exit": "next",
        "path": "who=next > check=rule_1", "reached": "line.lights", "note": "",
        "audience": "agent", "channel": "phone", "language": "en", "reference": "CASE-7",
        "logic": LOGIC, "text": TEXT,
    }  # fmt: skip
    assert found[2]["note"] == "'@called, twice\nat noon"
    assert found[3]["answer"] == '["a", "b"]'
    assert json.loads(found[5]["answer"]) == {"speed": "17"}
    assert [found[n]["note"] for n in (6, 8)] == ["calls back", "too hard"]
    assert found[9]["path"] == "say=next > end"
    assert found[11]["actor"] == "'=cmd"
    assert found[12]["text"] == ""
    assert found[12]["note"] == ODD
    assert json.loads(found[13]["answer"]) == {"": "(private)"}


@pytest.mark.parametrize("first", list("=+-@\t\r\n＝"))
def test_no_cell_is_a_formula(first: str) -> None:
    assert harmless(f"{first}1+1") == f"'{first}1+1"
    assert harmless(f"1{first}1") == f"1{first}1"


def test_a_line_of_json_for_each_event() -> None:
    found = [json.loads(line) for line in text_of("jsonl").split("\n")[:-1]]
    assert len(found) == EVENTS
    assert [(line["walk"], line["tree"]) for line in found[9:12]] == [
        ("walk-a", "line"), ("walk-a", "line"), ("walk-b", "other"),
    ]  # fmt: skip
    assert found[1]["answer"]["name"] == {"private": "r1"}
    assert found[12]["text"] == ODD


# ------------------------------------------------------------------------------------- Parquet


def test_parquet_has_the_rows_of_the_csv_typed() -> None:
    found = table()
    types = {field.name: str(field.type) for field in found.schema}
    assert types["at"] == "timestamp[us, tz=UTC]"
    assert types["seq"] == "int32"
    assert types["type"].startswith("dictionary<values=string")
    assert types["steps"].startswith("list<")
    assert list(types) == [*COLUMNS, "steps"]
    lines = found.to_pylist()
    assert lines[1]["at"] == at(1)
    assert lines[1]["steps"] == [
        {"tree": "line", "node": "who", "exit": "next", "visit": 1},
        {"tree": "sub", "node": "check", "exit": "rule_1", "visit": 1},
    ]
    assert lines[9]["steps"][1]["exit"] is None
    for line, row in zip(lines, rows(text_of("csv")), strict=True):
        for name in COLUMNS:
            if name not in ("seq", "at"):
                assert harmless(line[name]) == row[name]


def test_parquet_without_its_package_is_told(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    file = tmp_path / "out.parquet"
    said = refused("walks", "export", "--format", "parquet", "--store", store, "--output", file)
    assert "pip install 'fingerpost[parquet]'" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals there")
def test_bytes_are_not_written_to_a_terminal(store: str, tmp_path: Path) -> None:
    terminal = Terminal("walks", "export", "--format", "parquet", "--store", store, cwd=tmp_path)
    status, shown = terminal.ended()
    assert status == 2
    assert "--output FILE" in shown


# ----------------------------------------------------------------------------------------- XES

NS = "{http://www.xes-standard.org/}"
# Of the XML Schema of IEEE 1849-2016, what a log of ours uses: for each element the attributes that
# it must have, and what may stand in it, in this order.
_ATTRIBUTE = ("string", "date", "int", "float", "boolean", "id", "list")
_SCHEMA: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "log": ({"xes.version", "xes.features"}, ("extension", "global", "classifier", "*", "trace")),
    "extension": ({"name", "prefix", "uri"}, ()),
    "global": ({"scope"}, ("*",)),
    "classifier": ({"name", "scope", "keys"}, ()),
    "trace": (set(), ("*", "event")),
    "event": (set(), ("*",)),
    **{kind: ({"key", "value"}, ()) for kind in _ATTRIBUTE},
}


def conforms(element: ET.Element) -> None:
    """Asserts that the element is as the standard's schema has it."""
    name = element.tag.removeprefix(NS)
    needed, inside = _SCHEMA[name]
    assert set(element.attrib) == needed, name
    if name == "date":
        datetime.fromisoformat(element.attrib["value"])
    if name == "int":
        int(element.attrib["value"])
    kinds = [child.tag.removeprefix(NS) for child in element]
    places = [inside.index("*" if kind in _ATTRIBUTE else kind) for kind in kinds]
    assert places == sorted(places), (name, kinds)
    keys = [child.attrib["key"] for child in element if "key" in child.attrib]
    assert len(keys) == len(set(keys)), (name, keys)
    for child in element:
        conforms(child)


def keyed(element: ET.Element) -> dict[str, str]:
    return {
        child.attrib["key"]: child.attrib["value"] for child in element if "key" in child.attrib
    }


def test_xes_is_as_its_standard_has_it() -> None:
    log = ET.fromstring(text_of("xes"))
    conforms(log)
    assert float(log.attrib["xes.version"]) == 1849.2016
    prefixes = {e.attrib["prefix"] for e in log.iter(f"{NS}extension")}
    assert prefixes == {"concept", "time", "lifecycle", "org"}
    scopes = {g.attrib["scope"]: set(keyed(g)) for g in log.iter(f"{NS}global")}
    for scope, keys in scopes.items():  # what is said to be everywhere is everywhere
        for element in log.iter(f"{NS}{scope}"):
            assert keys <= set(keyed(element))
    for classifier in log.iter(f"{NS}classifier"):  # and a classifier reads nothing else
        assert set(classifier.attrib["keys"].split()) <= scopes[classifier.attrib["scope"]]
    used = {key for element in log.iter() for key in keyed(element) if ":" in key}
    assert {key.split(":")[0] for key in used} <= prefixes


def test_xes_has_a_trace_for_a_walk_and_an_event_for_a_step() -> None:
    log = ET.fromstring(text_of("xes"))
    traces = log.findall(f"{NS}trace")
    assert [keyed(trace)["concept:name"] for trace in traces] == list(WALKS)
    assert keyed(traces[0])["reference"] == "CASE-7"
    events = [keyed(event) for event in traces[0].findall(f"{NS}event")]
    assert [(e["concept:name"], e["lifecycle:transition"], e["exit"]) for e in events] == [
        ("started", "complete", ""), ("line.who", "complete", "next"),
        ("sub.check", "complete", "rule_1"), ("noted", "complete", ""),
        ("line.lights", "complete", "a"), ("line_test", "start", ""),
        ("line_test", "complete", ""), ("line.test", "complete", "ok"), ("parked", "suspend", ""),
        ("resumed", "resume", ""), ("handed_to", "complete", ""), ("line.say", "complete", "next"),
        ("line.end", "complete", ""), ("closed", "complete", ""),
    ]  # fmt: skip
    assert [e["concept:instance"] for e in events if "concept:instance" in e] == [
        "line.test#1"
    ] * 2
    assert events[1]["time:timestamp"] == "2026-03-02T12:01:00.123456Z"
    assert events[1]["org:resource"] == "ann"
    assert json.loads(events[1]["answer"])["name"] == "(private)"
    assert "answer" not in events[2]
    odd = keyed(traces[1])["reference"]
    impossible = {"\x00", "\x0b", "\x1f", "\ufffe"}
    assert odd == "".join("\N{REPLACEMENT CHARACTER}" if c in impossible else c for c in ODD)


def test_xes_of_no_walks_is_a_log() -> None:
    async def nothing() -> AsyncIterator[Stored]:
        nobody: tuple[Stored, ...] = ()
        for one in nobody:
            yield one

    out = io.StringIO()
    assert asyncio.run(EXPORTS["xes"](nothing(), out, lambda _: None)) == 0
    conforms(ET.fromstring(out.getvalue()))


# ------------------------------------------------------------------------------ all forms, the command


@pytest.mark.parametrize("form", list(EXPORTS))
def test_a_file_is_written_whole_and_holds_nothing_personal(
    store: str, form: str, tmp_path: Path
) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    file = tmp_path / f"out.{form}"
    ran = run("walks", "export", "--format", form, "--store", store, "--output", file)
    assert ran.out == ""
    assert ran.err == f"{EVENTS} events written to {file}\n"
    assert list(tmp_path.iterdir()) == [file]
    data = str(table().to_pylist()).encode() if form == "parquet" else file.read_bytes()
    for part in (SECRET, "Silva", "912"):
        assert part.encode() not in data
        assert part.encode() not in file.read_bytes()
    assert b"HYPERLINK" in data
    if form not in BINARY:
        assert run("walks", "export", "--format", form, "--store", store).out.encode() == data


def test_some_days_and_some_trees(store: str) -> None:
    def walks(*options: str) -> list[str]:
        text = run("walks", "export", "--format", "jsonl", "--store", store, *options).out
        return sorted({json.loads(line)["walk"] for line in text.split("\n")[:-1]})

    assert walks() == ["walk-a", "walk-b"]
    assert walks("--from", "2026-03-03") == ["walk-b"]
    assert walks("--to", "2026-03-02") == ["walk-a"]
    assert walks("--from", "2026-03-02", "--to", "2026-03-03") == ["walk-a", "walk-b"]
    assert walks("--from", "2026-03-04") == []
    assert "2026-11-30" in refused("walks", "export", "--from", "yesterday", "--store", store)


def test_who_took_it_is_noted(store: str, tmp_path: Path) -> None:
    run("walks", "export", "--format", "xes", "--store", store, "--output", tmp_path / "x")
    line = run("audit", "list", "--json", "--limit", "1", "--store", store).json["lines"][0]
    assert (line["what"], line["form"]) == ("record exported", "xes")
    assert line["who"].startswith("shell")


def test_a_file_that_fails_half_way_is_not_there(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stops(events: AsyncIterator[Stored], out: Any, say: Any) -> int:
        out.write("the first line\n")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(EXPORTS, "csv", stops)
    file = tmp_path / "out.csv"
    file.write_text("what was there before")
    said = refused("walks", "export", "--store", store, "--output", file)
    assert "no space left on device" in said
    assert file.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [file]


def test_progress_is_said(store: str) -> None:
    (one,) = chain("w", [Noted(at=NOON, text="x")], after=0, prev="")

    async def events() -> AsyncIterator[Stored]:
        for _ in range(2_500):
            yield one

    told: list[str] = []
    asyncio.run(EXPORTS["csv"](events(), io.StringIO(), told.append))
    assert told == ["1000 events", "2000 events"]


# ----------------------------------------------------------------------------------- bounded memory

_CHILD = """
import asyncio, resource, sys
from engine.stores import open_store
from web.exports import EXPORTS
from web.cli import main

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MB on Linux

async def one():  # all that is imported and kept at first
    store = await open_store(sys.argv[1])
    with open(sys.argv[3], "wb" if sys.argv[2] == "parquet" else "w") as out:
        async def first():
            async for stored in store.all_events():
                yield stored
                return
        await EXPORTS[sys.argv[2]](first(), out, lambda _: None)
    await store.close()

asyncio.run(one())
before = most()
status = main(["walks", "export", "--store", sys.argv[1], "--format", sys.argv[2], "--output", sys.argv[3]])
print(status, most() - before)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """30,000 events: of 3,000 walks, and of one with 3,000 answers of 20 kB each (60 MB)."""
    url = f"sqlite:///{tmp_path_factory.mktemp('large')}/record.db"

    async def keep() -> None:
        kept = await open_store(url)

        async def walk(n: int) -> None:
            events: list[Event] = [
                Started(at=NOON, actor=f"a{n % 50}", tree="line", reference=f"R{n}")
            ]
            events += [
                Answered(at=at(m), actor="ann", node=f"n{m}", answer={"x": f"{n}.{m}"}, steps=(step(f"n{m}"),))
                for m in range(8)
            ]  # fmt: skip
            await append(kept, f"w{n:05}", *events, after=0)

        for first in range(0, 3_000, 250):
            await asyncio.gather(*(walk(n) for n in range(first, first + 250)))
        await append(kept, "whuge", Started(at=NOON, tree="line"), after=0)
        for n in range(1, 3_000, 100):
            more = [Answered(at=NOON, node="n", answer=f"{m} " * 4_000) for m in range(n, n + 100)]
            await append(kept, "whuge", *more, after=n)
        await kept.close()

    asyncio.run(keep())
    return url


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in other units elsewhere")
@pytest.mark.parametrize("form", list(EXPORTS))
def test_an_export_takes_bounded_memory(large: str, form: str, tmp_path: Path) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    ran = subprocess.run(
        [sys.executable, "-c", _CHILD, large, form, str(tmp_path / "out")],
        capture_output=True, text=True, timeout=250, check=True,
    )  # fmt: skip
    status, grown = ran.stdout.split()
    assert status == "0"
    assert "30001 events written" in ran.stderr
    # MB; the record has 70. Parquet takes 80 to write a group, and 250 to write it all as one.
    assert float(grown) < (150 if form == "parquet" else 40)


# --------------------------------------------------------------------------------- whatever happens


@profile(20)
@given(trees(), st.data())
def test_whatever_was_recorded_is_exported(data: dict[str, Any], more: st.DataObject) -> None:
    """Random walks by every kind of move: each form takes all of it, and XES stays as it should."""
    tree = tree_from(data)
    logged = None if tree is None else begun(more.draw, tree)
    if logged is None:
        return
    for _ in range(6):
        after = moved(more.draw, logged)
        if after is not None:
            logged.keep(after)
    log = chain("w", logged.log, after=0, prev=genesis("w"))

    async def events() -> AsyncIterator[Stored]:
        for one in log:
            yield one

    text = {}
    for form in ("csv", "jsonl", "xes"):
        out = io.StringIO(newline="")
        assert asyncio.run(EXPORTS[form](events(), out, lambda _: None)) == len(log)
        text[form] = out.getvalue()
    assert len(rows(text["csv"])) == len(log)
    assert [json.loads(line)["seq"] for line in text["jsonl"].split("\n")[:-1]] == [
        one.seq for one in log
    ]
    conforms(ET.fromstring(text["xes"]))
    steps = sum(len(getattr(one.event, "steps", ())) for one in log)
    assert len(ET.fromstring(text["xes"]).findall(f".//{NS}event")) >= max(steps, 1)
