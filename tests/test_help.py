"""Self-service over HTTP: beginning, walking, a person, surveys, notices, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.load import Examined, examine
from engine.model import Noted, Surveyed
from tests.embedded import shop
from tests.helped import written
from tests.served import Clock, Page, Served, served
from tests.signed_in import Office, office
from web.cli import main
from web.desk import noted


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Examined:
    return written(tmp_path_factory.mktemp("trees"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def at(library: Examined, clock: Clock) -> Iterator[Office]:
    with office(library, desk={"clock": clock}) as found:
        yield found


def staff(at: Office, name: str) -> Served:
    """Somebody who works here, in a browser of his own."""
    at.add(name, "supervisor" if name == "sue" else "agent")
    return at.signed_in(name)


def begun(who: Served, tree: str = "bare") -> Page:
    page = who.open(f"/help/{tree}").press(tree)
    assert page.status == 200, page.text
    return page


def id_of(page: Page) -> str:
    return str(page.path.split("/")[3])


def events(at: Office, id: str, kind: type) -> list[Any]:
    return [
        s.event for s in at.work(lambda: at.desk.store.events(id)) if isinstance(s.event, kind)
    ]


# ---------------------------------------------------------------------------------- beginning


def test_what_customers_may_walk_is_listed_and_found_and_nothing_else(at: Office) -> None:
    who = at.browser()
    page = who.open("/help")
    assert "The lamp is dark" in page.text
    assert "A towel is missing" in page.text
    assert "Of ours alone" not in page.text
    found = who.open("/help?q=lamp dark")
    assert "The lamp is dark" in found.text
    assert "towel" not in found.text
    assert "We found nothing" in who.open("/help?q=zebra").text
    assert who.open("/help/ours").status == 404
    assert "ours" not in who.open("/help/nothing").text


def test_the_list_is_in_the_readers_language(at: Office) -> None:
    who = at.browser()
    who.client.headers["accept-language"] = "ar"
    page = who.open("/help")
    assert 'lang="ar" dir="rtl"' in page.html
    assert "المصباح مطفأ" in page.text


def test_nothing_begins_by_being_looked_at(at: Office) -> None:
    who = at.browser()
    who.open("/help/bare")
    who.open("/help/bare")
    assert at.work(lambda: at.desk.store.walks()) == []


def test_what_an_address_says_of_a_case_is_filled_in_but_nothing_personal(at: Office) -> None:
    page = at.browser().open("/help/lamp?phone=0301234567")
    assert page.has("lamp")
    assert not page.typed("f.phone")
    with office(shop()) as elsewhere:
        page = elsewhere.browser().open("/start/lamp?caller=Ann&watts=40&language=xx")
        assert page.path == "/help/lamp"
        assert (page.typed("f.caller"), page.typed("f.watts")) == ("Ann", "40")
        assert page.press("lamp").path.startswith("/help/walks/")


def test_a_walk_from_the_first_step_to_its_end(at: Office) -> None:
    page = begun(at.browser())
    assert page.path.startswith("/help/walks/")
    assert "What?" in page.text
    page = page.press("answer", answer="one")
    page = page.press("answer", answer="two")
    assert "Over." in page.text
    (row,) = at.work(lambda: at.desk.store.walks())
    assert (row.head.audience, row.head.channel, row.head.status) == ("customer", "page", "ended")
    assert row.actor.startswith("c_")


def test_without_an_answer_the_step_comes_again_and_says_so(at: Office) -> None:
    page = begun(at.browser()).press("answer")
    assert page.status == 422
    assert "Choose one of the answers" in page.text
    assert page.title.startswith("Mistake")


def test_back_keeps_the_answer(at: Office) -> None:
    page = begun(at.browser()).press("answer", answer="two").press("back")
    ticked = [t for t in page.tags("input") if "checked" in t]
    assert [t["value"] for t in ticked] == ["two"]


def test_another_language_at_any_step_keeps_walk_and_answer(at: Office) -> None:
    page = begun(at.browser(), "lamp")
    id = id_of(page)
    page = page.press("language", "ar", answer="yes")
    assert id_of(page) == id
    assert 'lang="ar" dir="rtl"' in page.html
    assert "هل هو موصول؟" in page.text
    assert [t["value"] for t in page.tags("input") if "checked" in t] == ["yes"]


def test_an_unfinished_walk_is_offered_to_its_browser_alone(at: Office) -> None:
    who, other = at.browser(), at.browser()
    page = begun(who).press("answer", answer="one")
    address = f"/help/walks/{id_of(page)}"
    assert address in who.open("/help").links
    assert address in who.open("/help/bare").links
    assert "And then?" in who.open(address).text
    assert address not in other.open("/help").links
    page = who.open(address).press("answer", answer="one")
    assert address not in who.open("/help").links


def test_anothers_walk_is_not_there(at: Office) -> None:
    mine = begun(at.browser(), "lamp")
    id, other = id_of(mine), at.browser()
    seal = other.open("/help/bare").typed("token")
    for path in ("", "/1", "/code", "/steps.txt"):
        assert other.open(f"/help/walks/{id}{path}").status == 404, path
    for path in ("answer", "tried", "back", "anytime", "language", "person", "survey"):
        sent = {"token": seal, "seq": "1", "answer": "yes", "node": "plugged", "rating": "1"}
        answer = other.client.post(f"/help/walks/{id}/{path}", data=sent)
        assert answer.status_code == 404, path
    assert len(at.work(lambda: at.desk.store.events(id))) == 1


def test_agents_words_are_not_shown_to_customers(at: Office) -> None:
    page = begun(at.browser(), "lamp").press("answer", answer="no")
    assert "Plug it in." in page.text
    assert "Smile." not in page.html
    assert "Hung up" not in page.html


# ---------------------------------------------------------------------- tried, and how far it is


def test_what_was_tried_already_goes_on_and_is_recorded(at: Office) -> None:
    page = begun(at.browser(), "lamp").press("answer", answer="no")
    page = page.press("tried")
    assert "Does it shine now?" in page.text
    (note,) = events(at, id_of(page), Noted)
    assert (note.text, note.node) == ("The customer had tried this already.", "plug")


def test_only_an_attempt_can_have_been_tried(at: Office) -> None:
    page = begun(at.browser(), "lamp").press("answer", answer="yes")
    assert "We are sorry." in page.text  # said, and not to be tried
    assert "I already tried that" not in page.text
    seal, id = page.typed("token"), id_of(page)
    sent = {"token": seal, "seq": page.typed("seq"), "node": "bulb"}
    answer = page.served.client.post(f"/help/walks/{id}/tried", data=sent)
    assert answer.status_code == 409
    assert events(at, id, Noted) == []


def test_progress_counts_down(at: Office) -> None:
    page = begun(at.browser())
    assert "About 1 more question after this" in page.text
    page = page.press("answer", answer="one")
    assert "You are nearly there" in page.text


# ------------------------------------------------------------------------------------ a person


def test_the_trees_own_way_to_a_person_is_the_button(at: Office) -> None:
    page = begun(at.browser(), "towel")
    assert not page.has("person")
    page = page.press("anytime", "person")
    assert "The desk calls you." in page.text
    assert "Customer care" in page.text


def code_of(page: Page) -> str:
    found = re.search(r'aria-hidden="true">([A-Z]{3}) ([A-Z]{3})<', page.html)
    assert found, page.text
    return found[1] + found[2]


def test_a_code_takes_an_agent_to_the_same_step_with_all_that_was_said(at: Office) -> None:
    who = at.browser()
    page = begun(who, "lamp").press("answer", answer="no").press("tried")
    page = page.press("answer", answer="no").press("answer")
    page = page.press("answer", f__name="Eva Ström")
    assert "How old is it?" in page.text
    page = page.press("person")
    code = code_of(page)
    assert id_of(page) not in code
    agent = staff(at, "ana")
    assert "/codes" in agent.open("/").links
    taken = agent.open("/codes").press("codes", code=f" {code[:3].lower()}-{code[3:]} ")
    assert taken.status == 200
    assert "How old is it?" in taken.text
    assert "Eva Ström" in taken.text
    assert "The customer had tried this already." in taken.text
    assert "Hung up" in taken.text  # it is an agent's walk now
    rows = {row.id: row for row in at.work(lambda: at.desk.store.walks())}
    new = rows[taken.path.split("/")[2]]
    assert new.head.audience == "agent"
    given = events(at, new.id, type(events(at, new.id, object)[1]))
    assert all(event.actor.startswith("c_") for event in given)
    # The customer is told; twice the code is the same walk.
    assert "A person has your answers now" in who.open(page.path).text
    again = agent.open("/codes").press("codes", code=code)
    assert again.path.split("/")[2] == new.id
    # Eva's name is sealed in the new walk too.
    stored = at.work(lambda: at.desk.store.events(new.id))
    assert "Ström" not in str(stored)


def test_a_tree_for_customers_alone_is_gone_on_with_as_it_stands(at: Office) -> None:
    page = begun(at.browser()).press("answer", answer="one").press("person")
    taken = staff(at, "ana").open("/codes").press("codes", code=code_of(page))
    assert "And then?" in taken.text
    assert taken.path.split("/")[2] == id_of(page)
    assert staff(at, "ben").open(f"/walks/{id_of(page)}").status == 404


def test_a_code_is_over_after_half_an_hour(at: Office, clock: Clock) -> None:
    page = begun(at.browser()).press("person")
    code = code_of(page)
    agent = staff(at, "ana")
    clock.now += timedelta(minutes=31)
    refused = agent.open("/codes").press("codes", code=code)
    assert refused.status == 422
    assert "No customer has this code" in refused.text
    assert "This code is over" in page.served.open(page.path).text


def test_codes_cannot_be_tried_out(at: Office) -> None:
    agent = staff(at, "ana")
    code = code_of(begun(at.browser()).press("person"))
    for _ in range(5):
        assert agent.open("/codes").press("codes", code="BBBBBB").status == 422
    page = agent.open("/codes").press("codes", code=code)
    assert page.status == 429
    assert page.headers["retry-after"]


def test_customers_cannot_type_codes(at: Office) -> None:
    who = at.browser()
    code = code_of(begun(at.browser()).press("person"))
    assert who.open("/codes").path == "/sign-in"
    seal = who.open("/help/bare").typed("token")
    answer = who.client.post("/codes", data={"token": seal, "code": code})
    assert answer.status_code in (401, 403)


def test_a_team_is_waited_for_and_its_answer_is_nobody_elses(at: Office) -> None:
    page = begun(at.browser(), "towel").press("answer", answer="yes")
    assert "Customer care is looking at this" in page.text
    id, seal = id_of(page), page.typed("token")
    walk = at.work(lambda: at.desk.store.events(id))
    sent = {"token": seal, "seq": str(len(walk)), "answer": "yes", "node": "wait"}
    refused = page.served.client.post(f"/help/walks/{id}/answer", data=sent)
    assert refused.status_code == 409
    assert len(at.work(lambda: at.desk.store.events(id))) == len(walk)


# ----------------------------------------------------------------------------- after the outcome


def fixed(at: Office) -> Page:
    page = begun(at.browser(), "lamp").press("answer", answer="no").press("answer")
    return page.press("answer", answer="yes")


def test_one_question_is_asked_and_changed_once(at: Office) -> None:
    page = fixed(at)
    assert "How satisfied are you" in page.text
    refused = page.press("survey")
    assert refused.status == 422
    page = page.press("survey", rating="4", comment="Quick")
    assert "Thank you: kept" in page.text
    page = page.press("survey", rating="5", comment="Quick indeed")
    assert "Thank you for saying so" in page.text
    assert not page.has("survey")
    said = events(at, id_of(page), Surveyed)
    assert [(s.survey, s.rating, s.comment) for s in said] == [
        ("csat", 4, "Quick"), ("csat", 5, "Quick indeed"),
    ]  # fmt: skip
    sent = {"token": page.typed("token"), "rating": "1", "client_id": "third"}
    page.served.client.post(f"/help/walks/{id_of(page)}/survey", data=sent)
    assert len(events(at, id_of(page), Surveyed)) == 2


@pytest.mark.parametrize("rating", ["0", "6", "", "x", "²", "-1"])
def test_a_rating_is_one_of_its_scale(at: Office, rating: str) -> None:
    page = fixed(at)
    sent = {"token": page.typed("token"), "rating": rating, "client_id": "one"}
    answer = page.served.client.post(f"/help/walks/{id_of(page)}/survey", data=sent)
    assert answer.status_code == 422
    assert events(at, id_of(page), Surveyed) == []


def test_the_steps_to_keep(at: Office) -> None:
    page = fixed(at)
    assert "until 24 May 2027" in page.text
    copy = page.served.open(f"/help/walks/{id_of(page)}/steps.txt")
    assert copy.headers["content-type"].startswith("text/plain")
    assert "Is it plugged in?" in copy.html
    assert "It shines." in copy.html


# ----------------------------------------------------------------------------------- notices


def test_a_notice_stands_before_the_first_step_for_customers_and_agents(
    at: Office, clock: Clock
) -> None:
    boss, agent, who = staff(at, "sue"), staff(at, "ana"), at.browser()
    page = boss.open("/notices").press(
        "notices", tree="lamp", text__en="The power is out <b>in town</b>.",
        text__ar="انقطعت الكهرباء", until="2026-11-25T14:00",
    )  # fmt: skip
    assert page.status == 200, page.text
    assert "Shown now" in page.text
    for shown in (who.open("/help/lamp"), agent.open("/start/lamp")):
        assert "The power is out <b>in town</b>." in shown.text
        assert "&lt;b&gt;" in shown.html
    assert "The power is out" not in who.open("/help/bare").text
    assert "The power is out" not in who.open("/help").text
    who.client.headers["accept-language"] = "ar"
    assert "انقطعت الكهرباء" in who.open("/help/lamp").text
    clock.now += timedelta(hours=3)
    assert "انقطعت" not in who.open("/help/lamp").text


def test_a_notice_before_all_and_taken_away(at: Office) -> None:
    boss, who = staff(at, "sue"), at.browser()
    page = boss.open("/notices").press("notices", tree="", text__en="We close at noon.")
    for path in ("/help", "/help/bare"):
        assert "We close at noon." in who.open(path).text
    assert "We close at noon." in boss.open("/").text
    page = page.press("drop")
    assert "Nothing is told now." in page.text
    assert "We close at noon." not in who.open("/help").text


def test_notices_are_refused_with_words(at: Office) -> None:
    boss = staff(at, "sue")
    for sent in (
        {}, {"text__en": "x" * 1001}, {"text__en": "x", "until": "yesterday"},
        {"text__en": "x", "until": "2020-01-01T10:00"},
    ):  # fmt: skip
        page = boss.open("/notices").press("notices", **sent)
        assert page.status == 422, sent
        bad = [tag for name in ("input", "textarea", "select") for tag in page.tags(name) if tag.get("aria-invalid")]  # fmt: skip
        told = {tag.get("id") for tag in page.tags("p") if tag.get("class") == "wrong"}
        assert bad, sent
        assert {tag["aria-describedby"] for tag in bad} == told  # said where it is wrong
        assert "not accepted yet" in page.text
    assert staff(at, "ana").open("/notices").status == 403


def test_which_words_of_a_notice_are_needed_is_said_of_all_languages(at: Office) -> None:
    """One of them, whichever: none is optional, and none is needed by itself."""
    boss = staff(at, "sue")
    page = boss.open("/notices")
    (group,) = page.tags("fieldset")
    assert group["aria-describedby"] == "text-help"
    assert {"class": "help", "id": "text-help"} in page.tags("p")
    assert "In one language at least." in page.text
    assert page.text.count("(optional") == 2  # from and until
    empty = page.press("notices")
    assert empty.tags("fieldset")[0]["aria-describedby"] == "text-help text-wrong"
    kept = page.press("notices", text__ar="انقطعت الكهرباء")
    assert "Shown now" in kept.text
    assert "انقطعت الكهرباء" in at.browser().open("/help").text  # to whoever reads English, too


def test_programs_tell_notices_too(library: Examined) -> None:
    with served(library) as one:
        body = {"texts": {"en": "Told by a program."}, "tree": "lamp"}
        made = one.call("POST", "/notices", body)
        assert made.status_code == 201
        assert "Told by a program." in one.open("/help/lamp").text
        assert len(one.call("GET", "/notices").json()["notices"]) == 1
        gone = one.call("DELETE", f"/notices/{made.json()['id']}")
        assert gone.json() == {"notices": []}
        assert one.call("DELETE", "/notices/none").status_code == 404
        assert one.call("POST", "/notices", {**body, "tree": "none"}).status_code == 404
        wrongs: list[dict[str, Any]] = [
            {"texts": {}},
            {"texts": {"en": " "}},
            {},
            {**body, "until": "2026-11-25"},
        ]
        for wrong in wrongs:
            assert one.call("POST", "/notices", wrong).status_code == 422, wrong


def test_notices_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = f"sqlite:///{tmp_path}/record.db"

    def fingerpost(*words: str) -> tuple[int, str]:
        status = main([*words, "--store", store])
        return status, "".join(capsys.readouterr())

    assert fingerpost("store", "init")[0] == 0
    status, said = fingerpost("notices", "add", "We know.", "--text", "fr=Nous le savons.", "--for", "4h")  # fmt: skip
    assert status == 0, said
    _, said = fingerpost("notices", "list", "--json")
    (notice,) = json.loads(said)["notices"]
    assert notice["texts"] == {"en": "We know.", "fr": "Nous le savons."}
    assert notice["until"] > notice["since"]
    status, said = fingerpost("notices", "add", " ")
    assert (status, said) == (2, "fingerpost: text: is needed\n")
    assert fingerpost("notices", "drop", "none")[0] == 2
    assert fingerpost("notices", "drop", notice["id"]) == (0, "nothing is told\n")


# ------------------------------------------------------------------------------------- limits


def test_a_flood_of_beginnings_is_refused_quietly(at: Office) -> None:
    who = at.browser()
    page = who.open("/help/bare")
    for n in range(40):
        sent = {"token": page.typed("token"), "client_id": str(n)}
        assert who.client.post("/help/bare", data=sent).status_code == 200
    answer = who.client.post("/help/bare", data={"token": page.typed("token")})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert len(at.work(lambda: at.desk.store.walks(limit=100))) == 40


def test_what_is_personal_stands_in_no_address(at: Office) -> None:
    who = at.browser()
    seen = [who.open("/help/lamp").press("lamp", f__phone="+44 20 7946 0000")]
    seen.append(seen[-1].press("answer", answer="yes"))
    seen.append(seen[-1].press("answer"))
    seen.append(seen[-1].press("answer", f__name="Eva"))
    for page in seen:
        assert "7946" not in page.path
        assert "Eva" not in page.path


def test_a_stranger_uses_up_nothing_of_anybodys(at: Office) -> None:
    mine, other = begun(at.browser()), at.browser()
    seal = other.open("/help/bare").typed("token")
    for _ in range(125):
        path = f"/help/walks/{id_of(mine)}/person"
        assert other.client.post(path, data={"token": seal}).status_code in (404, 429)
    assert "And then?" in mine.press("answer", answer="one").text


PROMISES = """
format: 1
title: Promises
audience: [agent, customer]
languages: {source: LANGUAGE}
start: what
nodes:
  what: {ask: What?, choices: {one: said, two: said}}
  said:
    tell: We look into it.
    follow_up:
      - {due: 'later(today, 3, "days")', why: Check whether he pays., by: care}
      - {due: 'later(today, 3, "days")', why: Put him on the list., by: care}
      - {due: 'later(today, 5, "days")', why: Nobody in particular.}
    next: over
  over: {end: Over., disposition: done}
"""


def test_a_customer_reads_when_and_by_whom_and_not_what_staff_tell_each_other(
    tmp_path: Path,
) -> None:
    library = (
        "format: 1\nteams: {care: {label: Customer care}}\ndispositions: {done: {label: Done}}\n"
    )
    (tmp_path / "library.yaml").write_text(library)
    for language in ("en", "fr"):
        text = PROMISES.replace("LANGUAGE", language)
        (tmp_path / f"in_{language}.yaml").write_text(text)
    with office(examine(tmp_path), desk={"clock": Clock()}) as at:
        for language, told in {
            "en": ("We see to it Customer care by 28 November 2026", "We see to it by 30 November 2026"),
            "fr": ("Nous nous en occupons Customer care d’ici le 28 novembre 2026", "d’ici le 30 novembre 2026"),
        }.items():  # fmt: skip
            page = begun(at.browser(), f"in_{language}").press("answer", answer="one")
            page = page.press("answer")
            for words in told:
                assert page.text.count(words) == 1, page.text
            copy = page.served.open(f"/help/walks/{id_of(page)}/steps.txt").text
            for shown in (page.text, copy):
                for words in ("pays", "the list", "in particular"):
                    assert words not in shown
        who = staff(at, "sue")
        assert "Check whether he pays." in who.open("/follow-ups").text
        assert "Check whether he pays." in who.open(f"/walks/{id_of(page)}").text


def test_what_agents_noted_is_not_in_a_customers_transcript(at: Office) -> None:
    customer = at.browser()
    id = id_of(begun(customer).press("answer", answer="one"))
    note = Noted(at=at.desk.clock(), actor="p_1", text="rude on the telephone")
    at.work(lambda: at.desk.move(id, noted(note), seq=None, client_id="n"))
    address = f"/api/v1/walks/{id}/transcript"
    own = customer.client.get(address)
    assert own.status_code == 200
    assert "What?" in own.text
    assert "rude" not in own.text
    assert "rude on the telephone" in staff(at, "sue").client.get(address).text


def test_printed_steps_say_what_they_are_of(at: Office) -> None:
    page = begun(at.browser()).press("answer", answer="one").press("answer", answer="two")
    assert {"class": "on-paper"} in page.tags("p")
    assert "Bare · 25 Nov 2026" in page.text


def test_what_a_team_gave_back_is_no_answer_of_the_customers(at: Office) -> None:
    customer = at.browser()
    id = id_of(begun(customer, "towel").press("answer", answer="yes"))
    assert staff(at, "sue").open("/queues").press("decide", "yes").status == 200
    end = customer.open(f"/help/walks/{id}")
    assert "Was it wet?" in end.text
    copy = customer.open(f"/help/walks/{id}/steps.txt").text
    own = customer.client.get(f"/api/v1/walks/{id}/transcript").text
    for shown in (end.text, copy, own):
        assert "Was it wet?" in shown
        assert "pprove" not in shown
    assert "Approve" in at.signed_in("sue").client.get(f"/api/v1/walks/{id}/transcript").text
