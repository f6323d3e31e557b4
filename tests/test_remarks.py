"""This step is wrong: said on the step, answered by an author, read by whoever said it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import Changed, InvalidAnswer, NotThere
from engine.stores import Store
from engine.stores.memory import Memory
from tests.assisted import assisted
from tests.kinds import kinds
from tests.served import Served, served
from tests.signed_in import Office, office
from tests.store_urls import ADDRESSES, NOON, url_of, with_store
from tests.test_rights import lamps
from web.remarks import MOST, Remark, Remarks

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} \u202e</textarea>'\""


# -------------------------------------------------------------------------------- what is kept


@pytest.fixture(params=list(ADDRESSES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


class Ticking:
    """A clock that goes on with each look."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


async def said(
    kept: Remarks, remark: str, by: str = "ann", call: str = "", tree: str = "t"
) -> Remark:
    return await kept.add(
        call, tree=tree, node="n", logic="l", text="x", owner="o", walk="w", seq=3, language="en",
        words="What?", remark=remark, by=by, name="Ann",
    )  # fmt: skip


def test_remarks_are_listed_the_latest_first_page_by_page(url: str) -> None:
    async def work(store: Store) -> None:
        kept = Remarks(store.shelf, Ticking())
        for n in range(7):
            await said(kept, str(n), by="ann" if n % 2 else "b/o b", tree="t" if n < 4 else "u")
        assert [r.remark for r in await kept.listed()] == list("6543210")
        assert [r.remark for r in await kept.listed(by="ann")] == list("531")
        assert [r.remark for r in await kept.listed(by="b/o b")] == list("6420")
        assert await kept.listed(by="b") == []
        assert [r.remark for r in await kept.listed(tree="u")] == list("654")
        for by in ("", "b/o b"):
            found: list[Remark] = []
            while more := await kept.listed(by=by, before=found[-1].id if found else "", limit=2):
                found += more
            assert found == await kept.listed(by=by)

    with_store(url, work)


def test_a_reply_is_news_until_it_was_read(url: str) -> None:
    async def work(store: Store) -> None:
        kept = Remarks(store.shelf, Ticking())
        found = await said(kept, HOSTILE)
        assert (found.state, await kept.news("ann")) == ("open", [])
        told = await kept.reply(found.id, "changed", "Thank you", "author", found.version)
        assert await kept.get(found.id) == told
        assert (told.remark, told.reply, told.replied_by) == (HOSTILE, "Thank you", "author")
        assert await kept.news("ann") == [found.id]
        assert await kept.news("an") == []
        assert [r.id for r in await kept.listed(state="changed")] == [found.id]
        assert await kept.listed(state="open") == []
        await kept.seen("ann")
        assert await kept.news("ann") == []
        again = await kept.reply(found.id, "open", "", "author", told.version)
        assert (again.state, again.replied_at, await kept.news("ann")) == ("open", None, [])

    with_store(url, work)


def test_of_two_who_answer_the_second_is_told(url: str) -> None:
    async def work(store: Store) -> None:
        kept = Remarks(store.shelf, Ticking())
        found = await said(kept, "x")
        await kept.reply(found.id, "answered", "first", "a", found.version)
        with pytest.raises(Changed):
            await kept.reply(found.id, "declined", "second", "b", found.version)
        assert (await kept.get(found.id)).reply == "first"

    with_store(url, work)


def test_a_call_that_comes_again_counts_once() -> None:
    async def work() -> None:
        kept = Remarks(Memory().shelf, Ticking())
        first = await said(kept, "x", call="c1")
        assert await said(kept, "x", call="c1") == first
        both = await asyncio.gather(said(kept, "y", call="c2"), said(kept, "y", call="c2"))
        assert both[0].id == both[1].id
        await said(kept, "x", call="c3")
        assert [r.remark for r in await kept.listed()] == ["x", "y", "x"]

    asyncio.run(work())


def test_what_is_empty_too_long_or_no_state_is_refused() -> None:
    async def work() -> None:
        kept = Remarks(Memory().shelf, Ticking())
        for bad in ("", "  ", "x" * (MOST + 1)):
            with pytest.raises(InvalidAnswer):
                await said(kept, bad)
        found = await said(kept, "x" * MOST)
        for state, reply in (("nonsense", "x"), ("declined", ""), ("changed", "x" * (MOST + 1))):
            with pytest.raises(InvalidAnswer):
                await kept.reply(found.id, state, reply, "a", 1)
        with pytest.raises(NotThere):
            await kept.reply("nothing", "changed", "", "a", 1)
        assert await kept.get(found.id) == found

    asyncio.run(work())


# ----------------------------------------------------------------------------------- the pages


@pytest.fixture(scope="module")
def at() -> Iterator[Office]:
    with office(assisted()) as found:
        found.add("ann", "agent")
        found.add("bob", "agent")
        found.add("author", "author")
        yield found


def test_from_the_step_to_its_author_and_back(at: Office) -> None:
    ann, author = at.signed_in("ann"), at.signed_in("author")
    page = (
        ann.open("/start/lamp").press("lamp", f__caller="Ms Quail").press("answer", answer="desk")
    )
    page = page.press("remark", remark=HOSTILE, answer="no", text="half a note")
    assert "Your remark was sent" in page.text
    assert page.typed("answer") == "no"  # what was typed stays
    assert page.typed("text") == "half a note"
    listed = author.open("/studio/remarks")
    assert listed.status == 200
    for words in ("A lamp is dark", "plugged", "Is it plugged in?", "Lamps & lights", "ann", "<script>alert(1)</script>"):  # fmt: skip
        assert words in listed.text, listed.text
    assert not listed.tags("script")
    form = next(f for f in listed.forms if f.action.startswith("/studio/remarks/"))
    id = form.action.rpartition("/")[2]
    assert "answered:" not in ann.open("/").text
    told = listed.press(id, state="changed", reply=HOSTILE)
    assert told.path == "/studio/remarks"
    assert id not in told.html  # it is open no more
    assert id in author.open("/studio/remarks?state=changed").html
    assert "1 of your remarks was answered" in ann.open("/").text
    assert "answered" not in at.signed_in("bob").open("/").text
    mine = ann.open("/remarks")
    assert "the tree was changed new" in mine.text
    assert "Reply: <script>" in mine.text
    assert "new" not in ann.open("/remarks").text.partition("Remarks")[2].split("Is it plugged")[0]
    assert "of your remarks" not in ann.open("/").text
    assert at.signed_in("bob").open("/remarks").text.count("Is it plugged in?") == 0


def test_an_agent_is_no_author(at: Office) -> None:
    ann = at.signed_in("ann")
    assert ann.open("/studio/remarks").status == 403
    assert ann.client.post("/studio/remarks/x", data={}).status_code in (403, 404)


def test_a_remark_that_stands_typed_goes_along_with_the_answer(at: Office) -> None:
    bob, author = at.signed_in("bob"), at.signed_in("author")
    page = bob.open("/start/lamp").press("lamp", f__caller="x").press("answer", answer="desk")
    page = page.press("answer", answer="no", remark="Which plug?")
    assert page.status == 200
    assert "Please plug it in" in page.text
    listed = author.open("/studio/remarks")
    at_ = listed.text.index("Which plug?")
    assert "plugged" in listed.text[at_ - 200 : at_]


def test_a_remark_stays_where_the_answer_is_refused_or_comes_too_late(at: Office) -> None:
    bob = at.signed_in("bob")
    page = bob.open("/start/lamp").press("lamp", f__caller="x")
    bad = page.press("answer", remark="<b>Hm</b>")
    assert bad.status == 422
    assert bad.typed("remark") == "<b>Hm</b>"
    page.press("answer", answer="desk")
    late = page.press("answer", answer="floor", remark="Well")
    assert (late.status, late.typed("remark")) == (409, "Well")


def test_a_customer_writes_to_no_author() -> None:
    with office(lamps()) as at:
        at.add("author", "author")
        page = at.browser().open("/start/lamp").press("lamp")
        assert not page.has("remark")
        form = page.form("answer")
        hidden = [c for c in form.controls if c.get("type") == "hidden"]
        sent = [(control.get("name"), control.get("value")) for control in hidden]
        moved = page.send(form.action, [*sent, ("answer", "yes"), ("remark", "spam")])
        assert (moved.status, "Is the bulb new?" in moved.text) == (200, True)
        assert "There is none." in at.signed_in("author").open("/studio/remarks").text


def test_an_end_can_be_wrong_too_and_a_decline_wants_a_reason(at: Office) -> None:
    bob, author = at.signed_in("bob"), at.signed_in("author")
    page = bob.open("/start/lamp").press("lamp", f__caller="x").press("answer", answer="desk")
    page = (
        page.press("answer", answer="yes")
        .press("answer", f__watt="7")
        .press("answer", answer="no")
    )
    assert page.ended
    assert "Your remark was sent" in page.press("remark", remark="Which bulb?").text
    listed = author.open("/studio/remarks?tree=lamp")
    form = next(f for f in listed.forms if f.action.startswith("/studio/remarks/"))
    id = form.action.rpartition("/")[2]
    bad = listed.press(id, state="declined", reply=" ")
    assert bad.status == 422
    assert "is needed" in bad.text.lower()
    other = listed.press(id, state="answered", reply="An E27")
    late = listed.press(id, state="declined", reply="No")
    assert other.status == 200
    assert late.status == 409
    assert "Somebody has answered this meanwhile" in late.text
    assert late.typed("reply") in ("No", "")
    assert listed.press(id, state="answered", reply="An E27").status == 200  # pressed twice


def test_personal_values_do_not_go_into_a_remark(at: Office) -> None:
    ann, author = at.signed_in("ann"), at.signed_in("author")
    page = (
        ann.open("/start/lamp").press("lamp", f__caller="Ms Quail").press("answer", answer="desk")
    )
    page = page.press("answer", answer="no")
    assert "Please plug it in, Ms Quail" in page.text
    page.press("remark", remark="Too short")
    text = author.open("/studio/remarks").text
    assert "Please plug it in, {caller}." in text
    assert "Quail" not in text


def test_where_nothing_is_personal_the_words_are_those_that_were_shown() -> None:
    with served(kinds()) as app:
        tree = next(t for t in app.desk.trees.values() if not t.private and t.contract is None)
        page = app.open(f"/start/{tree.id}")
        page = page.press(tree.id)
        assert page.has("remark"), page.text
        heading = page.title
        page.press("remark", remark="so")
        listed = app.open("/studio/remarks")
        assert heading.partition(" – ")[0] in listed.text


def test_nothing_said_sends_nothing(app: Served) -> None:
    page = app.open("/start/lamp").press("lamp", f__caller="x")
    page = page.press("remark", remark="  ")
    assert page.status == 200
    assert "was sent" not in page.text
    assert "There is none." in app.open("/studio/remarks").text


@pytest.fixture
def app() -> Iterator[Served]:
    with served(assisted()) as found:
        yield found
