"""Personal values where they may not be: planted, walked, exported, erased, and looked for everywhere."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest

from engine.load import examine
from engine.stores import Store, Vault, open_store
from tests.command import refused, run
from tests.logged import Logged, logged
from tests.served import Served, served
from tests.test_vault import ONE, TWO, holding
from web.exports import EXPORTS
from web.vaults import tried

T = TypeVar("T")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
# Each is planted in a field of its own. The parts are what is looked for.
NAME, MAIL, PHONE, NOTE = (
    "Zuleika Qvist",
    "zq@canary.example",
    "+442079460991",
    "the fourth of Mayvember",
)
PARTS = ("Zuleika", "Qvist", "zq@canary", "2079460991", "Mayvember")
FILES = {
    "library.yaml": """
format: 1
dispositions: {done: {label: Done}}
actions:
  look_up:
    label: Look the customer up
    takes: {mail: {type: email, private: true}}
    exits:
      found: {born: {type: text, private: true}, plan: {type: choice, of: {a: A, b: B}}}
      none: {}
    failed: none
""",
    "person.yaml": """
format: 1
title: Who is it
start: who
given: {caller: {type: text, private: true, required: false}}
nodes:
  who:
    ask: Who are you?
    fields:
      name: {type: text, private: true, max: 40}
      mail: {type: email, private: true}
      phone: {type: phone, private: true, required: false}
      town: {type: text, required: false}
    next: known
  known:
    run: look_up
    with: {mail: who.mail}
    exits: {found: sure, none: sure}
  sure:
    ask: Is that right, {who.name} ({who.mail})?
    choices: {yes: done, no: who}
  done: {end: "Thank you, {who.name}.", disposition: done}
allow: [{check: untold, why: A test has no stories.}, {check: endless, why: They may ask again.}]
""",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    found = examine(folder)
    assert not found.errors, found.errors
    return folder


@pytest.fixture
def written() -> Iterator[Logged]:
    with logged() as out:
        yield out


def found_in(text: str) -> list[str]:
    return [part for part in PARTS if part in text]


def with_record(url: str, work: Callable[[Store], Awaitable[T]], *keys: bytes) -> T:
    async def run_() -> T:
        store = await open_store(url, Vault(keys))
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run_())


class Told:
    """All that came back of an application: addresses, and what was said to programs."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.errors: list[str] = []

    def heard(self, answer: Any) -> None:
        answer.read()
        self.addresses += [str(answer.url), answer.headers.get("location", "")]
        self.addresses += re.findall(r'(?:href|action|formaction|src)="([^"]*)"', answer.text)
        for name, value in answer.headers.items():
            self.addresses.append(f"{name}: {value}")
        if answer.status_code >= 400 and "json" in answer.headers.get("content-type", ""):
            self.errors.append(answer.text)
        if answer.status_code >= 500:
            self.errors.append(answer.text)


def walked(app: Served, told: Told, call: str = "s") -> str:
    """A walk on which everything personal is said, with slips and a fault; its id."""
    app.client.event_hooks["response"].append(told.heard)
    start = {"tree": "person", "given": {"caller": NAME}, "reference": "CASE-7", "client_id": call}
    walk = app.call("POST", "/walks", start).json()
    id = str(walk["id"])
    assert app.call("POST", "/walks", start | {"given": {"caller": NOTE}}).status_code == 422
    said = {"name": NAME, "mail": MAIL, "phone": PHONE, "town": "Bath"}

    def send(type: str, **more: Any) -> Any:
        stands = app.call("GET", f"/walks/{id}").json()
        call = {
            "type": type,
            "node": (stands["prompt"] or stands["expects"])["node"],
            "seq": stands["seq"],
            **more,
        }
        return app.call("POST", f"/walks/{id}/events", call)

    for wrong in (
        {"name": NAME * 9}, {"mail": NAME}, {"phone": NOTE}, {"name": [NAME]}
    ):  # fmt: skip
        assert send("answered", client_id="c1", answer=said | wrong).status_code == 422
    # The same by the page: what was typed is shown again to whoever typed it, and nowhere else.
    page = app.open(f"/walks/{id}")
    again = page.press("answer", f__name=NAME, f__mail=NOTE)
    assert again.status == 422
    assert send("answered", client_id="c2", answer=said).status_code == 200
    assert send("answered", client_id="c2", answer=said | {"name": NOTE}).status_code == 422
    done = send(
        "action_finished", client_id="c3", answer={"exit": "found", "born": NOTE, "plan": "a"}
    )
    assert done.status_code == 200, done.text
    return id


@pytest.fixture
def record(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/record.db"


def test_nothing_personal_where_it_may_not_be(
    library: Path,
    record: str,
    tmp_path: Path,
    written: Logged,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told()
    store = asyncio.run(open_store(record, Vault([ONE])))
    with served(library, store) as app:
        id = walked(app, told)
        # Whoever walks sees what was said; the search of this test works.
        assert found_in(app.client.get(f"/walks/{id}").text)
        assert found_in(app.client.get(f"/api/v1/walks/{id}/transcript").text)
        for path in ("events", "events.csv", "path", "path.csv"):
            assert not found_in(app.client.get(f"/api/v1/walks/{id}/{path}").text), path
        assert not found_in(app.client.get("/metrics").text)
        # A fault inside, which quotes what somebody typed.
        with monkeypatch.context() as broken:

            async def faulty(*_: Any, **__: Any) -> None:
                raise RuntimeError(f"cannot do {NAME} {MAIL} {NOTE}")

            broken.setattr(app.desk, "walk", faulty)
            for path in (f"/walks/{id}", f"/api/v1/walks/{id}"):
                answer = app.client.get(path)
                assert answer.status_code == 500
                assert "reference" in answer.text
        assert not holding(tmp_path, *PARTS)
    assert "RuntimeError" in written.text
    assert len(told.errors) > 5
    for text in (written.text, *told.addresses, *told.errors):
        assert not found_in(text), text
    # At rest, and out of it.
    assert not holding(tmp_path, *PARTS)
    assert holding(tmp_path, "Bath")
    for form in EXPORTS:
        parquet = pytest.importorskip("pyarrow.parquet") if form == "parquet" else None
        out = tmp_path / f"out.{form}"
        run("walks", "export", "--format", form, "--store", record, "--output", out)
        text = str(parquet.read_table(out).to_pylist()) if parquet else out.read_text("utf-8")
        assert "Bath" in text
        assert not found_in(text), form
    assert not holding(tmp_path, *PARTS)
    for words in (["list"], ["list", "--json"], ["show", id], ["show", id, "--json"]):
        ran = run("walks", *words, "--store", record)
        assert not found_in(ran.out + ran.err), words
    assert "Name: (private); Mail: (private)" in run("walks", "show", id, "--store", record).out


def test_what_was_erased_is_nowhere(
    library: Path, record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a command, beside a server that has the walk in its memory."""
    monkeypatch.setenv("FINGERPOST_PRIVATE_KEY", base64.b64encode(ONE).decode())
    store = asyncio.run(open_store(record, Vault([ONE])))
    with served(library, store) as app:
        id = walked(app, Told())
        other = walked(app, Told(), "t")
        connection = apsw.Connection(str(tmp_path / "record.db"))
        rows = (
            "SELECT value FROM private WHERE walk = ?1 UNION SELECT key FROM keys WHERE walk = ?1"
        )
        sealed = [bytes(row[0])[-24:] for row in connection.execute(rows, (id,))]
        connection.close()
        assert len(sealed) == 4
        assert NAME in run("walks", "show", id, "--private", "--store", record).out
        noted = run("audit", "list", "--json", "--store", record).json["lines"]
        assert [line["walk"] for line in noted if line["what"] == "personal values shown"] == [id]

        ran = run("walks", "erase", id, "--dry-run", "--store", record)
        assert (
            ran.out.splitlines()[-1]
            == "would be erased: the personal values of 3 answers in 1 walk"
        )
        assert found_in(app.client.get(f"/walks/{id}").text)
        ran = run("walks", "erase", id, "--by", "eve", "--store", record)
        assert ran.out == f"{id}  3 answers\nerased: the personal values of 3 answers in 1 walk\n"

        for path in (f"/walks/{id}", f"/api/v1/walks/{id}", f"/api/v1/walks/{id}/transcript"):
            assert not found_in(app.client.get(path).text), path
        assert "Is that right, (erased)" in app.client.get(f"/walks/{id}").text
        assert found_in(app.client.get(f"/walks/{other}").text)
        # It goes on, and its path, times and outcome are as they were.
        stands = app.call("GET", f"/walks/{id}").json()
        call = {
            "type": "answered",
            "node": "sure",
            "seq": stands["seq"],
            "client_id": "z",
            "answer": "yes",
        }
        assert app.call("POST", f"/walks/{id}/events", call).json()["status"] == "ended"
    shown = run("walks", "show", id, "--private", "--store", record).out
    assert not found_in(shown)
    assert re.search(
        r"^personal values were erased on \d+ \w+ \d{4} \d+:\d\d [ap]m UTC$", shown, re.M
    )
    assert "Name: (erased); Mail: (erased); Phone: (erased); Town: Bath" in shown
    assert shown.rstrip().endswith("Thank you, (erased).")
    assert "(private)" in run("walks", "show", id, "--store", record).out

    proved = run("store", "check", "--store", record)
    assert proved.status == 0, proved.out  # its chain is whole, and its events give the same walk
    assert proved.out.startswith("whole: 2 walks")

    # A backup made now does not hold it, not even sealed; the other walk's is there.
    copied = run("store", "backup", "--output", tmp_path / "backup.db", "--store", record)
    assert copied.status == 0, copied.out
    for file in tmp_path.iterdir():
        data = file.read_bytes()
        assert not [part for part in sealed if part in data], file
    backup = f"sqlite:///{tmp_path}/backup.db"
    assert with_record(backup, lambda s: s.private(id), ONE) == {}
    assert len(with_record(backup, lambda s: s.private(other), ONE)) == 3

    async def row(store: Store) -> Any:
        return await store.walk(id)

    kept = with_record(record, row)
    assert kept.erased_by == "eve"
    assert kept.erased.tzinfo is not None


def test_a_walk_that_was_forgotten_is_not_there(library: Path, record: str) -> None:
    store = asyncio.run(open_store(record, Vault([ONE])))
    with served(library, store) as app:
        id = walked(app, Told())
        assert app.client.get(f"/walks/{id}").status_code == 200
        assert with_record(record, lambda s: s.forget(id))
        for path in (f"/walks/{id}", f"/api/v1/walks/{id}", f"/api/v1/walks/{id}/events"):
            answer = app.client.get(path)
            assert answer.status_code == 404
            assert not found_in(answer.text)
        assert not app.desk.held


# ------------------------------------------------------------------------------------- walks erase


@pytest.fixture
def several(library: Path, record: str) -> str:
    """Walks a day apart, of two references; the last says nothing personal."""

    async def keep() -> None:
        days = iter(NOON + timedelta(days=n) for n in range(9))
        ids = iter("abcd")
        from web.desk import Desk

        store = await open_store(record)
        desk = Desk(examine(library), store, clock=lambda: next(days), new_id=lambda at: next(ids))
        for n in range(4):
            given = {"caller": f"{NAME} {n}"} if n < 3 else {}
            await desk.start("person", given=given, reference=f"CASE-{n % 2}")
        await store.close()

    asyncio.run(keep())
    return record


def erased(*words: str, store: str) -> list[str]:
    return sorted(run("walks", "erase", *words, "--json", "--store", store).json["walks"])


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["a"], ["a"]),
        (["a", "c", "d"], ["a", "c"]),
        (["--reference", "CASE-0"], ["a", "c"]),
        (["--reference", "CASE-9"], []),
        (["--before", "2026-03-04"], ["a", "b"]),
        (["--before", "2026-03-04", "--tree", "person"], ["a", "b"]),
        (["--before", "2026-03-04", "--tree", "other"], []),
        (["--before", "2026-03-04", "--reference", "CASE-1"], ["b"]),
        (["--before", "2030-01-01"], ["a", "b", "c"]),
    ],
)
def test_walks_are_named_by_id_reference_or_day(
    several: str, words: list[str], ids: list[str]
) -> None:
    assert erased(*words, "--dry-run", store=several) == ids
    assert erased(*words, "--dry-run", store=several) == ids  # nothing was done
    assert erased(*words, store=several) == ids
    assert erased(*words, store=several) == []

    async def left(store: Store) -> list[str]:
        return [id for id in "abc" if await store.private(id)]

    assert with_record(several, left) == sorted({"a", "b", "c"} - set(ids))


def test_an_erasure_says_exactly_what_it_did(several: str) -> None:
    ran = run("walks", "erase", "--before", "2030-01-01", "--store", several)
    assert ran.out == (
        "c  1 answer\nb  1 answer\na  1 answer\n"
        "erased: the personal values of 3 answers in 3 walks; 1 walk with none\n"
    )
    noted = run("audit", "list", "--json", "--store", several).json["lines"]
    (line,) = [line for line in noted if line["what"] == "personal values erased"]
    assert (line["walks"], line["answers"]) == (3, 3)
    assert line["who"].startswith("shell")
    ran = run("walks", "erase", "--reference", "nobody", "--store", several)
    assert (
        ran.out
        == "erased: the personal values of 0 answers in 0 walks: there is no walk like that\n"
    )


def test_an_erasure_that_is_not_meant_is_not_done(several: str) -> None:
    for words, says in {
        (): "name walks by their ids, or by --reference or --before",
        ("a", "--before", "2030-01-01"): "name walks by their ids",
        ("--tree", "person"): "name walks by their ids",
        ("a", "--tree", "person"): "--tree goes with",
        ("a", "zz"): "there is no walk 'zz': nothing was erased",
        ("--before", "soon"): "'soon' is no day",
    }.items():
        assert says in refused("walks", "erase", *words, "--store", several)
    assert erased("--before", "2030-01-01", "--dry-run", store=several) == ["a", "b", "c"]


def test_erasing_needs_no_server_key(
    record: str, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = asyncio.run(open_store(record, Vault([ONE])))
    with served(library, store) as app:
        id = walked(app, Told())
    said = refused("walks", "show", id, "--private", "--store", record)
    assert "add it to private_key (FINGERPOST_PRIVATE_KEY)" in said
    assert run("walks", "show", id, "--store", record).status == 0
    assert erased(id, "--dry-run", store=record) == [id]
    assert erased(id, store=record) == [id]
    assert NAME not in run("walks", "show", id, "--private", "--store", record).out


# --------------------------------------------------------------------------------- server keys


def test_a_server_without_the_key_says_so_and_goes_on(record: str, library: Path) -> None:
    with served(library, asyncio.run(open_store(record, Vault([ONE])))) as app:
        id = walked(app, Told())
    with served(library, asyncio.run(open_store(record, Vault([TWO])))) as app:
        for path in (f"/walks/{id}", f"/api/v1/walks/{id}"):
            answer = app.client.get(path)
            assert answer.status_code == 503
            for words in ("Personal values cannot be opened", "what was recorded is all there"):
                assert words in answer.text
            assert not found_in(answer.text)
        assert app.client.get(f"/api/v1/walks/{id}/events").status_code == 200
        assert app.call("POST", "/walks", {"tree": "person"}).status_code == 201


def test_a_server_tells_of_a_key_that_is_missing_when_it_starts(
    record: str, library: Path
) -> None:
    with served(library, asyncio.run(open_store(record, Vault([ONE])))) as app:
        walked(app, Told())
    later = datetime.now(UTC) + timedelta(days=1)
    with logged() as out:
        with_record(record, lambda store: tried(store, later), ONE)
        assert "personal values cannot be opened" not in out.events
        with_record(record, lambda store: tried(store, later), TWO)
    assert "not among those set here" in out.events["personal values cannot be opened"]["why"]


def test_keys_come_from_the_settings(
    record: str, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = asyncio.run(open_store(record, Vault([ONE])))
    with served(library, store) as app:
        id = walked(app, Told())
    one, two = (base64.b64encode(key).decode() for key in (ONE, TWO))
    file = tmp_path / "keys"
    show = ("walks", "show", id, "--private", "--store", record)
    monkeypatch.setenv("FINGERPOST_PRIVATE_KEY", f"{two},{one}")
    assert NAME in run(*show).out
    monkeypatch.setenv("FINGERPOST_PRIVATE_KEY", two)
    assert "not among those set here" in refused(*show)
    monkeypatch.setenv("FINGERPOST_PRIVATE_KEY_FILE", str(file))
    assert "cannot be read" in refused(*show)
    file.write_text(f"{one}\n")
    assert NAME in run(*show).out
    for wrong, says in (("", "holds no key"), ("abc", "key 1 is not 32 bytes in base64")):
        file.write_text(wrong)
        for command in (show, ("serve", "--show-settings")):
            assert says in refused(*command)
    # From one key to the next: the first of them is put over all, and the other is not needed.
    file.write_text(one)
    said = "put under the first server key; all others are under it already\n"
    for changed in ("1 walk ", "0 walks "):
        assert run("store", "rekey", "--store", record).out == changed + said
    monkeypatch.delenv("FINGERPOST_PRIVATE_KEY_FILE")
    assert NAME in run(*show).out
    monkeypatch.setenv("FINGERPOST_PRIVATE_KEY", one)
    assert "not among those set here" in refused(*show)
    assert "add it to private_key" in refused("store", "rekey", "--store", record)
    monkeypatch.delenv("FINGERPOST_PRIVATE_KEY")
    assert "no server key is set" in refused("store", "rekey", "--store", record)
    monkeypatch.setenv("FINGERPOST_PRIVATE_KEY", two)
    monkeypatch.setenv("FINGERPOST_PRIVATE_KEY_FILE", str(file))
    printed = run("serve", "--show-settings").out
    assert "(set, not shown)" in printed
    assert two not in printed
    monkeypatch.setenv("FINGERPOST_PRIVATE_KEY", "secret-nonsense")
    said = refused("serve", "--show-settings")
    assert "FINGERPOST_PRIVATE_KEY: key 1 is not 32 bytes in base64" in said
    assert "nonsense" not in said
