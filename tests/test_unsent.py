"""What is typed and not sent is kept beside the walk: through a restart, for every worker, sealed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.stores import open_store
from engine.stores.memory import Memory
from engine.stores.vault import Vault
from tests.served import Clock, Page, Served, served
from web.keeping.expiring import expire
from web.retention import Ages, Retention
from web.unsent import KIND

KEY = bytes(range(32))


@pytest.fixture
def app() -> Iterator[Served]:
    with served() as found:
        yield found


def begun(app: Served) -> Page:
    return app.open("/start/internet_down").press("internet_down", f__plan="fibre")


def typed(page: Page, seq: int | None = None, **what: str) -> Any:
    """Send what stands typed, as the script does: the form of the step, to an address of its own."""
    form = page.form("answer")
    sent = {c.get("name"): c.get("value") for c in form.controls if c.get("type") == "hidden"}
    sent |= {name.replace("__", "."): value for name, value in what.items()}
    if seq is not None:
        sent["seq"] = str(seq)
    here = str(page.served.client.base_url).rstrip("/")
    headers = {"origin": here, "sec-fetch-site": "same-origin"}
    address = form.action.replace("/answer", "/draft")
    return page.served.client.post(address, data=sent, headers=headers)


def test_what_is_typed_is_there_when_one_comes_back(app: Served) -> None:
    page = begun(app)
    assert typed(page, f__account="1234", text="Speaks quietly").status_code == 204
    again = app.open(page.path)
    assert again.typed("f.account") == "1234"
    assert again.typed("text") == "Speaks quietly"
    assert typed(page, f__account="12", text="").status_code == 204  # the later counts
    assert app.open(page.path).typed("f.account") == "12"
    assert typed(page).status_code == 204  # nothing any more
    assert app.open(page.path).typed("f.account") == ""
    assert asyncio.run(app.desk.store.shelf.listed(KIND)) == []


def test_it_is_no_part_of_the_record(app: Served) -> None:
    page = begun(app)
    id = page.path.split("/")[2]
    before = len(asyncio.run(app.desk.store.events(id)))
    typed(page, f__account="1234", text="Speaks quietly")
    assert len(asyncio.run(app.desk.store.events(id))) == before


def test_a_restart_and_another_worker_find_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/walks.db"
    vault = Vault([KEY])
    store = asyncio.run(open_store(url, vault))
    with served(store=store, vault=vault) as first:
        page = begun(first)
        typed(page, f__account="1234", text="Third call")
        with served(store=store, vault=vault) as other:
            assert other.open(page.path).typed("f.account") == "1234"
    asyncio.run(store.close())
    for file in tmp_path.iterdir():
        assert b"Third call" not in file.read_bytes()
    store = asyncio.run(open_store(url, vault))
    with served(store=store, vault=vault) as after:
        again = after.open(page.path)
        assert (again.typed("f.account"), again.typed("text")) == ("1234", "Third call")
        led = again.press("answer", f__account="12345678")
        assert led.path.rpartition("/")[2] != page.path.rpartition("/")[2]
        assert led.typed("text") == ""
    asyncio.run(store.close())


def test_whoever_has_the_store_alone_cannot_read_it(app: Served) -> None:
    vault = Vault([KEY])
    store = Memory(vault)
    with served(store=store, vault=vault) as app:
        page = begun(app)
        typed(page, f__account="98765432", text="canary of a note")
        (kept,) = asyncio.run(store.shelf.listed(KIND))
        assert "98765432" not in json.dumps(kept.value)
        assert "canary" not in json.dumps(kept.value)
    with served(store=store, vault=Vault([bytes(32)])) as stranger:  # another key
        again = stranger.open(page.path)
        assert again.status == 200
        assert again.typed("text") == ""


def test_it_counts_only_where_it_was_typed(app: Served) -> None:
    page = begun(app)
    typed(page, f__account="1234")
    led = page.press("answer", f__account="12345678")
    said = typed(page, f__account="777")  # an old page: nothing is kept, and it hears of it
    assert said.status_code == 200
    assert said.json()["seq"] > 1
    assert "777" not in app.open(led.path).html
    assert "1234<" not in app.open(led.path).html
    back = led.press("back")
    assert back.typed("f.account") == "12345678"  # what was answered, not what was half typed


def test_a_note_that_is_kept_leaves_the_answer_typed(app: Served) -> None:
    page = begun(app)
    noted = page.press("notes", text="A note.", f__account="1234")
    assert noted.typed("f.account") == "1234"
    with served(store=app.desk.store, vault=app.desk.vault) as other:
        assert other.open(noted.path.partition("?")[0]).typed("f.account") == "1234"


def test_it_goes_after_a_day_and_with_the_walk() -> None:
    clock = Clock()
    store = Memory()
    with served(store=store, clock=clock) as app:
        page = begun(app)
        typed(page, f__account="1234")
        clock.now += timedelta(hours=23)
        assert app.open(page.path).typed("f.account") == "1234"
        clock.now += timedelta(hours=2)
        assert app.open(page.path).typed("f.account") == ""
        typed(page, f__account="1234")
        kept = asyncio.run(store.shelf.listed(KIND))
        assert len(kept) == 1
        clock.now += timedelta(minutes=5)
        asyncio.run(expire(store, Retention(Ages(walks=timedelta(minutes=1))), clock()))
        assert asyncio.run(store.shelf.listed(KIND)) == []


def test_a_forged_one_is_not_kept(app: Served) -> None:
    page = begun(app)
    form = page.form("answer")
    answer = app.client.post(
        form.action.replace("/answer", "/draft"),
        data={"seq": page.typed("seq"), "node": page.typed("node"), "text": "x"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403
    assert asyncio.run(app.desk.store.shelf.listed(KIND)) == []
