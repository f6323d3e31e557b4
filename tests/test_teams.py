"""Hand-over and teams: who has what to do, and that nothing is lost on the way from one to another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from engine.load import Examined, examine
from tests.served import Clock, Page, Served
from tests.signed_in import Office, office
from web.keeping.proof import Proof
from web.pages.wording import step

LIBRARY = """
format: 1
timezone: Europe/London
teams: {care: {label: Broadband care}, field: {label: Field service}, bosses: {label: Supervisors}}
dispositions: {done: {label: Done}, gone: {label: Handed on}}
actions:
  refund:
    label: Approve the refund
    by: bosses
    takes: {amount: money}
    exits: {approved: {}, refused: {reason: text}}
"""
CASE = """
format: 1
title: A broken lamp
start: lit
nodes:
  lit:
    ask: Is it lit?
    choices: {yes: fine, no: pay, ring: ring, field: out, both: two}
  ring:
    ask: When may we ring, and whom?
    fields: {name: {type: text, private: true}, day: date}
    next: promised
  promised:
    tell: We ring you.
    follow_up: {due: ring.day, why: "Ring about the *lamp*", by: care}
    next: also
  also:
    tell: And we write to you.
    follow_up: {due: 'later(today, 3, "days")', why: "Write to {ring.name}"}
    next: fine
  pay: {run: refund, with: {amount: "12.50"}, exits: {approved: fine, refused: fine}}
  out: {end: A technician comes., disposition: gone, hand_to: field}
  two: {end: Both look., disposition: gone, hand_to: [field, care]}
  fine: {end: Fine., disposition: done}
allow: [{check: untold, why: A test has no stories.}]
"""


@cache
def library() -> Examined:
    root = Path(mkdtemp())
    (root / "library.yaml").write_text(LIBRARY)
    (root / "lamp.yaml").write_text(CASE)
    found = examine(root)
    assert "lamp" in found.explored, found.errors
    return found


class Crew:
    """An office with people in teams."""

    def __init__(self, at: Office, clock: Clock) -> None:
        self.at = at
        self.clock = clock
        self.ids = {
            "ann": at.add("ann", "agent", teams=["care"], shown="Ann"),
            "bob": at.add("bob", "agent", teams=["care"], shown="Bob"),
            "cid": at.add("cid", "agent", teams=["field"], shown="Cid"),
            "boss": at.add("boss", "agent", teams=["bosses"], shown="Bo"),
            "sue": at.add("sue", "supervisor", shown="Sue"),
        }
        self.people = {name: at.signed_in(name) for name in self.ids}

    def __getattr__(self, name: str) -> Served:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def begun(self, who: str = "ann", reference: str = "") -> Page:
        page = self.people[who].open("/start/lamp").press("lamp", reference=reference)
        assert page.status == 200, page.text
        return page

    def whole(self) -> list[str]:
        """What is wrong with the record."""

        async def job() -> list[str]:
            proof = Proof(self.at.desk.store)
            return [str(wrong) async for wrong in proof.breaks() if wrong is not None]

        return list(self.at.work(job))


@pytest.fixture
def crew() -> Iterator[Crew]:
    clock = Clock()
    with office(library(), desk={"clock": clock}) as at:
        found = Crew(at, clock)
        yield found
        assert found.whole() == []


def id_of(page: Page) -> str:
    return str(page.path.split("/")[2])


def events(who: Served, id: str) -> list[dict[str, Any]]:
    return list(who.client.get(f"/api/v1/walks/{id}/events").json()["events"])


def hand(page: Page, **typed: str) -> Page:
    return page.press("leave").press("hand-over", **typed)


# ------------------------------------------------------------------------------- hand over


def test_a_team_gets_a_walk_with_everything_and_the_first_who_takes_it_owns_it(crew: Crew) -> None:
    page = crew.begun(reference="CASE-7").press("answer", answer="ring")
    id = id_of(page)
    page = page.press("notes", text="speaks softly")
    page = page.press("leave", **{"f__day": "2026-11-30"})
    assert "Park or hand over" in page.title
    page = page.press("hand-over", to="field", reason="knows lamps")
    assert page.path == "/queues"
    assert crew.bob.open(f"/walks/{id}").status == 404
    queue = crew.cid.open("/queues")
    assert all(
        word in queue.text for word in ("A broken lamp", "CASE-7", "knows lamps", "from Ann")
    )
    there = queue.press("take")
    assert there.path.startswith(f"/walks/{id}/")
    assert "When may we ring" in there.text
    assert "speaks softly" in there.text
    assert there.typed("f.day") == "2026-11-30"
    assert "Taken by you" in there.text
    assert "Here too: Ann" in there.text
    assert "Nothing waits." in crew.cid.open("/queues?whose=field").text
    assert "Taken" in crew.cid.open("/queues?whose=mine").text
    there.press("answer", **{"f__name": "Ana", "f__day": "2026-11-30"})
    assert [event["actor"] for event in events(crew.sue, id)][-2:] == [crew.ids["cid"]] * 2
    assert "Here too: Cid" in crew.ann.open(f"/walks/{id}").text


def test_the_second_who_takes_it_is_told_and_nothing_is_written(crew: Crew) -> None:
    page = crew.begun()
    hand(page, to="care")
    ours, theirs = crew.bob.open("/queues"), crew.ann.open("/queues")
    assert ours.press("take").status == 200
    late = theirs.press("take")
    assert late.status == 409
    assert "somebody else has taken this already" in late.text.lower()
    assert [e["type"] for e in events(crew.sue, id_of(page))] == [
        "started",
        "handed_to",
        "resumed",
    ]


def test_a_colleague_gets_a_walk_and_his_team_does_not(crew: Crew) -> None:
    page = crew.begun()
    hand(page, person=crew.ids["cid"])
    assert crew.bob.open(page.path).status == 404
    assert "Handed over" in crew.cid.open("/queues").text
    there = crew.cid.open(f"/walks/{id_of(page)}")
    assert "Handed to you" in there.text
    # Whoever goes on with it has taken it.
    there.press("answer", answer="ring")
    assert "Taken by you" in crew.cid.open(f"/walks/{id_of(page)}").text


def test_a_hand_over_to_nobody_is_refused_where_it_was_typed(crew: Crew) -> None:
    page = crew.begun().press("leave")
    for typed in ({"reason": "x"}, {"to": "care", "person": crew.ids["bob"]}):
        refused = page.press("hand-over", **typed)
        assert refused.status == 422
        assert "choose a team, or a colleague" in refused.text.lower()
    assert len(events(crew.sue, page.path.split("/")[2])) == 1
    told = crew.ann.client.post(
        f"/api/v1/walks/{page.path.split('/')[2]}/events",
        json={"type": "handed_to", "seq": 1, "to": "person:p_nobody"},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert told.status_code == 422


# ------------------------------------------------------------------------------------ park


def test_a_parked_walk_comes_back_to_whoever_parked_it(crew: Crew) -> None:
    page = crew.begun().press("leave")
    refused = page.press("park", until="2026-11-25T11:00")
    assert refused.status == 422
    assert "still to come" in refused.text
    page = page.press("park", until="2026-11-25T15:30", reason="looks for the bill")
    assert "Nothing waits." in crew.bob.open("/queues").text
    mine = crew.ann.open("/queues?whose=mine")
    assert all(word in mine.text for word in ("Parked", "looks for the bill", "back at"))
    assert "Overdue" not in mine.text
    crew.clock.now = crew.clock.now.replace(hour=16)
    assert "Overdue" in crew.ann.open("/queues").text
    there = crew.ann.open("/queues").press("take")
    assert "Is it lit?" in there.text
    assert "Nothing waits." in crew.ann.open("/queues").text


def test_whoever_answers_a_parked_walk_has_come_back_to_it(crew: Crew) -> None:
    page = crew.begun()
    page.press("leave").press("park")
    crew.ann.open(page.path).press("answer", answer="yes")
    assert "Nothing waits." in crew.ann.open("/queues").text


# ---------------------------------------------------------------------- ended with a team


def test_each_team_sees_what_ended_with_it_until_one_has_taken_it(crew: Crew) -> None:
    page = crew.begun().press("answer", answer="both")
    for who in (crew.bob, crew.cid):
        assert "Ended, to be seen to" in who.open("/queues").text
    there = crew.cid.open("/queues").press("take")
    assert "Nothing waits." in crew.bob.open("/queues").text
    assert crew.bob.open(f"/walks/{id_of(page)}").status == 200  # it ended with his team, too
    assert "Ended, to be seen to" in crew.cid.open("/queues?whose=mine").text
    done = there.press("follow-up", "done")
    assert not done.has("follow-up")
    assert there.press("follow-up", "done").status == 200  # pressed twice
    assert "Nothing waits." in crew.cid.open("/queues").text
    assert [e["type"] for e in events(crew.sue, id_of(page))][-2:] == ["resumed", "followed_up"]


# ------------------------------------------------------------------------ a team's action


def test_a_team_decides_from_its_queue_and_the_walk_goes_on(crew: Crew) -> None:
    page = crew.begun().press("answer", answer="no")
    assert "Supervisors has this in its queue" in page.text
    assert not any(
        control.get("name") == "answer" for form in page.forms for control in form.controls
    )
    told = crew.ann.client.post(
        f"/api/v1/walks/{id_of(page)}/events",
        json={"type": "action_finished", "seq": 2, "exit": "approved"},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert told.status_code == 409
    assert "for the team" in told.json()["detail"]
    queue = crew.boss.open("/queues")
    assert "Approve the refund" in queue.text
    assert "12.50" in queue.text
    done = queue.press("decide", "approved")
    assert "the walk goes on" in done.text
    assert "Fine." in crew.ann.open(f"/walks/{id_of(page)}").text
    assert queue.press("decide", "approved").status == 200  # pressed twice
    assert [e["actor"] for e in events(crew.sue, id_of(page))][-1] == crew.ids["boss"]


# -------------------------------------------------------------------------------- follow-ups


def promised(crew: Crew) -> str:
    page = crew.begun(reference="CASE-9").press("answer", answer="ring")
    page = page.press("answer", **{"f__name": "Ana", "f__day": "2026-11-26"})
    return id_of(page.press("answer").press("answer"))


def test_what_was_promised_is_listed_when_it_is_due_and_what_became_of_it(crew: Crew) -> None:
    id = promised(crew)
    page = crew.bob.open("/follow-ups")
    assert "Ring about the lamp" in page.text
    assert "Write to" not in page.text  # that is for Ann, who promised it
    own = crew.ann.open("/follow-ups")
    assert own.text.index("Ring about the lamp") < own.text.index("Write to Ana")
    assert "Overdue" not in own.text
    crew.clock.now = crew.clock.now.replace(day=27)
    assert "Overdue" in crew.bob.open("/follow-ups").text
    page = page.press("follow-up", "not_reached", note="rang out", until="2026-11-28T10:00")
    assert "Overdue" not in page.text
    assert "10:00" in page.text
    page = page.press("follow-up", "again")
    assert page.status == 422
    assert "due again" in page.text
    page = page.press("follow-up", "done", note="all well")
    assert "Nothing is due." in page.text
    followed = [e for e in events(crew.sue, id) if e["type"] == "followed_up"]
    assert [(e["result"], e["actor"]) for e in followed] == [
        ("not_reached", crew.ids["bob"]), ("done", crew.ids["bob"]),
    ]  # fmt: skip


def test_going_back_takes_a_promise_away(crew: Crew) -> None:
    page = crew.ann.open(f"/walks/{promised(crew)}")
    assert "Write to Ana" in crew.ann.open("/follow-ups?whose=mine").text
    page = page.press("back")
    assert "Nothing is due." in crew.ann.open("/follow-ups?whose=mine").text
    assert "Ring about the lamp" in crew.bob.open("/follow-ups").text
    page.press("back")
    assert "Nothing is due." in crew.bob.open("/follow-ups").text


def test_personal_values_are_in_no_list_of_the_store(crew: Crew) -> None:
    promised(crew)

    async def job() -> list[str]:
        return [held.duty.why for held in await crew.at.desk.store.duties()]

    assert sorted(crew.at.work(job)) == ["", "Ring about the *lamp*"]


def test_of_two_who_see_to_one_promise_the_second_is_told(crew: Crew) -> None:
    promised(crew)
    first, second = crew.bob.open("/follow-ups"), crew.sue.open("/follow-ups?whose=care")
    first.press("follow-up", "done")
    late = second.press("follow-up", "done")
    assert late.status == 409
    assert "no longer open" in late.text


# ---------------------------------------------------------------------------------- lists


def test_walks_are_listed_by_how_they_stand(crew: Crew) -> None:
    crew.begun(reference="OPEN-1")
    crew.begun(reference="OVER-1").press("answer", answer="yes")
    waiting, over = crew.ann.open("/walks?state=waiting"), crew.ann.open("/walks?state=ended")
    assert [name in waiting.text for name in ("OPEN-1", "OVER-1")] == [True, False]
    assert [name in over.text for name in ("OPEN-1", "OVER-1")] == [False, True]
    assert "OPEN-1" not in crew.sue.open("/walks?whose=mine").text
    assert "OPEN-1" in crew.sue.open("/walks").text


def test_lists_say_where_a_walk_stands_by_the_words_of_its_step(crew: Crew) -> None:
    crew.begun().press("leave").press("park")
    hand(crew.begun().press("answer", answer="ring"), to="field")
    crew.begun().press("answer", answer="no")
    assert "at Is it lit?" in crew.ann.open("/queues?whose=mine").text
    assert "at When may we ring, and whom?" in crew.cid.open("/queues").text
    assert "at Approve the refund" in crew.boss.open("/queues").text
    walks = crew.sue.open("/walks").text
    assert "at Is it lit?" in walks
    assert "at When may we ring, and whom?" in walks


def test_a_step_in_a_list_shows_no_value_and_is_never_anothers(tmp_path: Path) -> None:
    words = "You said *{who.name}*, and that is what we " + "write down and " * 6 + "keep."
    (tmp_path / "library.yaml").write_text("format: 1\nconstants: {company: Bright & Co}\n")
    (tmp_path / "top.yaml").write_text(f"""
format: 1
title: Top
languages: {{source: en}}
start: who
nodes:
  who: {{ask: Who?, fields: {{name: {{type: text, private: true}}}}, next: said}}
  said: {{tell: "{words}", next: sub}}
  sub: {{use: below, exits: {{out: over}}}}
  over: {{end: Over.}}
""")
    (tmp_path / "below.yaml").write_text("""
format: 1
title: Below
languages: {source: en}
start: who
exits: {out: {}}
nodes:
  who: {ask: Below?, choices: {a: only, b: only}}
  only: {tell: "{constants.company} is here.", next: out}
  out: {end: Out., exit: out}
""")
    found = examine(tmp_path)
    assert not found.errors, found.errors
    tree = found.libraries[0].trees["top"]
    assert step(tree, "only", "en") == "Bright & Co is here."  # a constant is the same for all
    assert step(tree, "who", "en") == "who"  # which of the two, nobody knows
    assert step(tree, "sub", "en") == "sub"
    assert step(None, "was_here", "en") == "was here"
    assert step(tree, "was_here", "en") == "was here"
    said = step(tree, "said", "en")
    assert said.startswith("You said …, and that is what we write down")
    assert said.endswith("…")
    assert len(said) <= 80


def test_the_header_says_how_much_waits(crew: Crew) -> None:
    hand(crew.begun(), to="field")
    assert "Queues 1 waiting" in crew.cid.open("/").text
    assert "Queues 1" not in crew.bob.open("/").text


def test_a_long_queue_comes_in_pages(crew: Crew) -> None:
    for n in range(27):
        crew.clock.now = crew.clock.now.replace(minute=n)
        hand(crew.begun(reference=f"N-{n:02}"), to="field")
    page = crew.cid.open("/queues")
    first = [f"N-{n:02}" for n in range(27) if f"N-{n:02}" in page.text]
    rest = crew.cid.open(next(link for link in page.links if "after=" in link))
    second = [f"N-{n:02}" for n in range(27) if f"N-{n:02}" in rest.text]
    assert first == [f"N-{n:02}" for n in range(25)]
    assert second == ["N-25", "N-26"]


# ------------------------------------------------------------------------------- calendars


def lines_of(ics: str) -> list[str]:
    """The lines of an iCalendar file, unfolded (RFC 5545, 3.1)."""
    assert ics.endswith("\r\n")
    assert "\n" not in ics.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in ics.split("\r\n"))
    return ics.replace("\r\n ", "").split("\r\n")[:-1]


def test_a_follow_up_goes_into_a_calendar(crew: Crew) -> None:
    id = promised(crew)
    page = crew.bob.open("/follow-ups")
    link = next(link for link in page.links if ".ics" in link)
    answer = crew.bob.client.get(link)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = lines_of(answer.text)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert f"UID:{id}.lamp.promised.0@fingerpost" in lines
    assert "DTSTART;VALUE=DATE:20261126" in lines
    assert "DTEND;VALUE=DATE:20261127" in lines
    assert "SUMMARY:Ring about the lamp" in lines
    assert "DTSTAMP:20261125T120000Z" in lines
    assert any(line.endswith(f"/walks/{id}") and line.startswith("URL:http") for line in lines)
    assert crew.cid.client.get(link).status_code == 404
    assert crew.bob.client.get(f"/walks/{id}/follow-up.ics?promise=none").status_code == 404


def test_a_calendar_by_its_address_shows_one_persons_until_it_ends(crew: Crew) -> None:
    promised(crew)
    page = crew.bob.open("/follow-ups").press("feed")
    address = next(word for word in page.text.split() if "follow-ups.ics?key=" in word)
    stranger = crew.at.browser().client
    text = stranger.get(address).text
    assert text.count("BEGIN:VEVENT") == 1
    assert "Ring about the lamp" in text
    assert "Write to" not in text
    newer = crew.bob.open("/follow-ups").press("feed")
    assert stranger.get(address).status_code == 404
    address = next(word for word in newer.text.split() if "follow-ups.ics?key=" in word)
    crew.bob.open("/follow-ups").press("feed", "yes")
    assert stranger.get(address).status_code == 404
    assert stranger.get("/follow-ups.ics?key=" + "x" * 32).status_code == 404
    said = [line["what"] for line in crew.at.audit()]
    assert said.count("calendar address made") == 2
    assert "calendar address ended" in said


# -------------------------------------------------------------------------------- programs


def test_queues_and_follow_ups_by_the_api(crew: Crew) -> None:
    promised(crew)
    hand(crew.begun(reference="CASE-1"), to="field", reason="knows lamps")
    found = crew.cid.call("GET", "/queues").json()
    (one,) = found["waiting"]
    assert found["after"] is None
    assert (one["kind"], one["team"], one["why"]) == ("handed", "field", "knows lamps")
    assert (one["by"], one["walk"]["reference"]) == (crew.ids["ann"], "CASE-1")
    owed = crew.ann.call("GET", "/follow-ups").json()["waiting"]
    assert [(d["promise"], d["day"], d["late"]) for d in owed] == [
        ("lamp.promised.0", True, False), ("lamp.also.0", True, False),
    ]  # fmt: skip
    assert owed[1]["why"] == "Write to Ana"
    assert len(crew.sue.call("GET", "/queues?whose=field").json()["waiting"]) == 1
    assert crew.bob.call("GET", "/queues?whose=field").json()["waiting"] == []
    first = crew.sue.call("GET", "/follow-ups?limit=1").json()
    second = crew.sue.call("GET", f"/follow-ups?limit=1&after={first['after']}").json()
    assert first["waiting"][0]["promise"] != second["waiting"][0]["promise"]
    assert crew.sue.call("GET", "/follow-ups?limit=0").status_code == 422
    walks = crew.ann.call("GET", "/walks?status=waiting").json()["walks"]
    assert [walk["reference"] for walk in walks] == ["CASE-1"]
    assert crew.bob.call("GET", "/walks").json()["walks"] == []


def test_teams_are_called_by_their_names_in_the_readers_language() -> None:
    with office() as at:
        at.add("ann", "agent", teams=["broadband_care"])
        ann = at.signed_in("ann")
        page = hand(ann.open("/start/store_question").press("store_question"), to="broadband_care")
        assert "Broadband care" in page.text
        arabic = ann.open("/queues?lang=ar")
        assert "خدمة الإنترنت" in arabic.text
        assert "Broadband care" not in arabic.text
