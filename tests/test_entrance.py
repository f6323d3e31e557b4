"""Signing in and out as a browser does it, without script; forms that are forged; who is told what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.served import HERE, Page, Served
from tests.signed_in import GOOD, Office, office
from tests.test_rights import lamps, started
from web.pages.entrance import _WRONG, within
from web.signin import cookies, tries
from web.words import LANGUAGES, translator


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def at(clock: Clock) -> Iterator[Office]:
    with office(lamps(), desk={"clock": clock}) as found:
        found.add("ana", "agent", shown="Ana \u202e<b>B</b> {{ 7 * 7 }}")
        yield found


def session(who: Served) -> str:
    return who.client.cookies.get(cookies.SESSION) or ""


def try_in(who: Served, password: str = GOOD, name: str = "ana", then: str = "") -> Page:
    return who.open("/sign-in" + then).press("sign-in", name=name, password=password)


# ------------------------------------------------------------------------------- in and out

OTHER = "quite another sentence"


def test_one_signs_in_goes_where_one_wanted_to_go_and_out_again(at: Office) -> None:
    who = at.browser()
    page = who.open("/walks?before=x")
    assert page.path == "/sign-in"
    page = page.press("sign-in", name="ana", password=GOOD)
    assert page.path == "/walks"
    assert page.status == 200
    assert "<bdi>Ana &lt;b&gt;B&lt;/b&gt; {{ 7 * 7 }}</bdi>" in page.html
    page = page.press("sign-out")
    assert page.path == "/sign-in"
    assert "You are signed out." in page.text
    assert not session(who)
    assert who.open("/walks").path == "/sign-in"
    assert [line["what"] for line in at.audit()] == ["signed out", "signed in"]


def test_the_page_says_the_same_of_a_wrong_name_and_a_wrong_password(at: Office) -> None:
    wrong = try_in(at.browser(), "another password here")
    nobody = try_in(at.browser(), name="nobody")
    for page in (wrong, nobody):
        assert page.status == 422
        assert page.title.startswith("Mistake")
        assert "do not belong together" in page.text
        assert page.typed("password") == ""
    assert wrong.text == nobody.text
    assert wrong.typed("name") == "ana"
    at.work(lambda: at.signin.accounts.change("ana", off=True))
    assert try_in(at.browser()).text == wrong.text


def test_nothing_secret_is_in_the_log_of_who_did_what(at: Office) -> None:
    who = at.browser()
    try_in(who, name="My-Secret-Typed-Here")
    try_in(who, "canary password 4711")
    try_in(who)
    text = str(at.audit())
    assert [line["who"] == "nobody" for line in at.audit()] == [False, False, True]
    for secret in ("My-Secret", "canary", GOOD, session(who), "ana"):
        assert secret not in text, secret


def test_signing_in_makes_another_session_and_ends_the_one_before(at: Office) -> None:
    who = at.browser()
    planted = "planted-by-somebody-else"
    who.client.cookies.set(cookies.SESSION, planted, domain="127.0.0.1")
    try_in(who)
    first = session(who)
    assert first != planted
    who.client.post("/sign-out", data={}, headers={"origin": HERE})  # forged: no seal
    assert session(who) == first
    page = who.open("/start/lamp")
    page.send("/sign-in", [("name", "ana"), ("password", GOOD)])
    second = session(who)
    assert second != first
    assert at.work(lambda: at.signin.sessions.of(first)) is None
    assert at.work(lambda: at.signin.sessions.of(second))
    text = repr(at.signin.shelf._kept)  # type: ignore[attr-defined]
    assert second not in text


def test_a_session_that_was_ended_elsewhere_is_over_here(at: Office, clock: Clock) -> None:
    who = at.signed_in("ana")
    assert who.open("/walks").status == 200
    at.work(lambda: at.signin.accounts.change("ana", password="quite another sentence"))
    clock.now += timedelta(seconds=3)
    gate_forgets(at)
    page = who.open("/walks")
    assert page.path == "/sign-in"
    assert "You were signed out" in page.text


def gate_forgets(at: Office) -> None:
    """As after two seconds, which a gate trusts what it has seen."""
    import web.signin.gate as gate

    app: Any = at.app
    while not hasattr(app, "router"):
        app = app.app
    for route in app.routes:
        for cell in getattr(getattr(route, "endpoint", None), "__closure__", None) or ():
            if isinstance(cell.cell_contents, gate.Gate):
                cell.cell_contents._sure.clear()


def test_what_was_typed_is_not_lost_when_the_session_ends_meanwhile(
    at: Office, clock: Clock
) -> None:
    who = at.signed_in("ana")
    id = started(who)
    page = who.open(f"/walks/{id}")
    clock.now += timedelta(hours=13)
    gate_forgets(at)
    held = page.press("answer", answer="yes", text="<i>She</i> says it is new.")
    assert held.status == 401
    assert "You were signed out before this arrived" in held.text
    assert "&lt;i&gt;She&lt;/i&gt; says it is new." in held.html
    try_in(who)  # in another tab
    page = held.press("answer")
    assert page.status == 200
    assert "Is the bulb new?" in page.text
    assert "<i>She</i> says it is new." in page.text


def test_a_page_from_before_signing_in_again_still_works(at: Office) -> None:
    who = at.signed_in("ana")
    page = who.open(f"/walks/{started(who)}")
    page.press("sign-out")
    try_in(who)
    assert "Is the bulb new?" in page.press("answer", answer="yes").text


@pytest.mark.parametrize(
    ("then", "leads"),
    [
        ("/walks?a=b", "/walks?a=b"), ("/", "/"), ("", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("javascript:alert(1)", "/"), ("/a\nb", "/"), ("/sign-out", "/"),
        ("/é", "/"), ("/x\\..\\y", "/"), ("/" + "x" * 600, "/"), (" /walks", "/"),
    ],
)  # fmt: skip
def test_one_is_led_nowhere_else_than_here(then: str, leads: str) -> None:
    assert within(then) == leads


def test_the_page_is_whole_in_every_language(at: Office) -> None:
    from tests.test_pages import sound

    for language in LANGUAGES:
        who = at.browser()
        who.client.headers["accept-language"] = language
        for page in (who.open("/sign-in"), try_in(who, "wrong password here")):
            sound(page, page.status)
            assert page.tags("html")[0]["lang"] == language
            assert translator(language)("Sign in") in page.text, language
        assert translator(language)(_WRONG) in page.text, language


# ------------------------------------------------------------------------- one's own account


def change(page: Page, old: str = GOOD, new: str = OTHER, again: str = OTHER) -> Page:
    return page.press("password", old=old, new=new, again=again)


def test_one_changes_ones_own_password_and_is_signed_out_everywhere_else(at: Office) -> None:
    who, elsewhere = at.signed_in("ana"), at.signed_in("ana")
    before = session(who)
    page = who.open("/account")
    assert page.path == "/account"
    assert page.typed("username").lower() == "ana"
    assert "agent" in page.text
    page = change(page)
    assert (page.path, page.status) == ("/account", 200)
    assert "You have another password" in page.text
    assert session(who) != before
    gate_forgets(at)
    assert elsewhere.open("/walks").path == "/sign-in"
    assert who.open("/walks").path == "/walks"
    assert try_in(at.browser()).status == 422
    assert try_in(at.browser(), OTHER).path == "/"
    assert [line["what"] for line in at.audit()].count("password changed") == 1
    assert OTHER not in str(at.audit())


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"old": "wrong password here"}, "not the password that you have now"),
        ({"again": "something else again"}, "The two are not the same"),
        ({"new": "short", "again": "short"}, "at least 15 characters"),
        ({"new": "ana ana ana ana ana", "again": "ana ana ana ana ana"}, "among the first"),
    ],
)
def test_a_password_that_may_not_be_is_refused_beside_its_field(
    at: Office, typed: dict[str, str], says: str
) -> None:
    from tests.test_pages import sound

    who = at.signed_in("ana")
    page = sound(change(who.open("/account"), **typed), 422)
    assert says in page.text
    assert not [
        c for c, _ in page._read.controls if c.get("type") == "password" and c.get("value")
    ]
    assert try_in(at.browser()).path == "/"


def test_at_a_screen_left_open_one_does_not_try_passwords_for_ever(at: Office) -> None:
    page = at.signed_in("ana").open("/account")
    for _ in range(tries.FREE):
        page = change(page, "wrong password here")
        assert "not the password that you have now" in page.text
    assert "wait a moment" in change(page).text
    assert at.browser().open("/sign-in").press("sign-in", name="ana", password=OTHER).status == 429


def test_one_signs_out_everywhere(at: Office) -> None:
    who, elsewhere = at.signed_in("ana"), at.signed_in("ana")
    page = who.open("/account").press("sessions")
    assert page.path == "/sign-in"
    gate_forgets(at)
    assert elsewhere.open("/walks").path == "/sign-in"
    assert at.audit()[0]["what"] == "signed out everywhere"


def test_the_account_is_whole_in_every_language(at: Office) -> None:
    from tests.test_pages import sound

    who = at.signed_in("ana")
    for language in LANGUAGES:
        who.client.headers["accept-language"] = language
        page = sound(who.open("/account"))
        assert translator(language)("Another password") in page.text, language


def test_who_is_refused_is_written_down_once_a_minute(at: Office) -> None:
    who = at.signed_in("ana")
    for _ in range(3):
        assert who.client.get("/metrics").status_code == 403
    key = at.key("reports")
    headers = {"authorization": f"Bearer {key}"}
    assert at.client.get("/api/v1/trees", headers=headers).status_code == 403
    lines = [line for line in at.audit() if line["what"] == "refused"]
    assert [line["address"] for line in lines] == ["GET /api/v1/trees", "GET /metrics"]
    assert lines[0]["who"].startswith("key:k_")


# ----------------------------------------------------------------------------------- limits


def test_after_five_failures_one_waits_even_with_the_right_password(
    at: Office, clock: Clock
) -> None:
    who = at.browser()
    for _ in range(tries.FREE):
        assert try_in(who, "wrong password here").status == 422
    page = try_in(who)
    assert page.status == 429
    assert page.headers["retry-after"] == "15"
    assert "Wait 15 seconds" in page.text
    assert page.typed("name") == "ana"
    assert try_in(at.browser()).status == 429  # from any browser
    assert try_in(who, name="bob").status == 422  # another account is not held up
    clock.now += timedelta(seconds=15)
    assert try_in(who).path == "/"
    whats = [line["what"] for line in at.audit()]
    assert whats.count("sign-in refused") == 8
    assert {line.get("why") for line in at.audit()} >= {"too many tries", "wrong name or password"}


# ---------------------------------------------------------------------------------- forgery


POSTS = ["/account/password", "/account/sessions", "/walks/{id}/answer", "/walks/{id}/back", "/walks/{id}/notes", "/walks/{id}/anytime", "/walks/{id}/language", "/walks/{id}/action", "/walks/{id}/change/2", "/start/lamp", "/sign-in", "/sign-out"]  # fmt: skip


@pytest.mark.parametrize("customer", [True, False])
@pytest.mark.parametrize("seal", ["none", "wrong", "another browser's"])
@pytest.mark.parametrize("path", POSTS)
def test_no_form_is_taken_without_the_seal_of_its_browser(
    at: Office, path: str, seal: str, customer: bool
) -> None:
    if customer and "account" in path:
        pytest.skip("of people who sign in")
    who = at.browser() if customer else at.signed_in("ana")
    id = started(who)
    sent = {"seq": "1", "node": "plug", "answer": "yes", "name": "ana", "password": GOOD}
    if seal != "none":
        theirs = at.browser().open("/start/lamp").typed("token")
        sent["token"] = "x" if seal == "wrong" else theirs
    before = session(who)
    if customer:  # he is led there from the other
        path = path.replace("/start/", "/help/")
    for headers in ({"origin": HERE, "sec-fetch-site": "same-origin"}, {}):
        to = path.replace("{id}", id)
        answer = who.client.post(to, data=sent, headers=headers, follow_redirects=False)
        if answer.status_code == 307:  # a customer's, from a page of the console
            to = answer.headers["location"]
            answer = who.client.post(to, data=sent, headers=headers, follow_redirects=False)
        assert answer.status_code == 403
        assert "not made for this browser" in answer.text
    assert len(at.work(lambda: at.desk.store.events(id))) == 1
    assert session(who) == before


def test_another_sites_page_cannot_use_a_session_even_with_a_seal(at: Office) -> None:
    who = at.signed_in("ana")
    id = started(who)
    seal = who.open("/start/lamp").typed("token")
    sent = {"seq": "1", "node": "plug", "answer": "yes", "token": seal}
    for headers in (
        {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": HERE}, {"origin": "null"},
    ):  # fmt: skip
        answer = who.client.post(f"/walks/{id}/answer", data=sent, headers=headers)
        assert answer.status_code == 403
    body = {"type": "answered", "node": "plug", "seq": 1, "client_id": "x", "answer": "yes"}
    path = f"/api/v1/walks/{id}/events"
    for headers in ({}, {"origin": "https://evil.example"}, {"sec-fetch-site": "none"}):
        answer = who.client.post(path, json=body, headers=headers)
        assert answer.status_code == 403, headers
    assert len(at.work(lambda: at.desk.store.events(id))) == 1
    assert who.client.post(path, json=body, headers={"sec-fetch-site": "same-origin"}).status_code == 200  # fmt: skip


def test_two_tabs_and_the_back_button_have_good_seals(at: Office) -> None:
    who = at.signed_in("ana")
    first, second = who.open("/start/lamp"), who.open("/start/inside")
    one = first.press("lamp")
    two = second.press("inside")
    three = one.press("answer", answer="yes")
    assert two.press("answer", answer="yes").ended
    assert "somebody" not in one.press("answer", answer="yes").text.lower()
    assert three.press("answer", answer="no").ended


def test_on_this_machine_programs_need_no_seal_and_browsers_do() -> None:
    with office(lamps(), ways=()) as at:
        who = at.browser()
        assert who.client.post("/start/lamp", data={}).status_code == 200
        for headers in ({"origin": HERE}, {"sec-fetch-site": "same-origin"}):
            assert who.client.post("/start/lamp", data={}, headers=headers).status_code == 403
        assert who.open("/start/lamp").press("lamp").status == 200


# ------------------------------------------------------------------------- what goes with it


def test_cookies_over_https_are_of_this_host_alone() -> None:
    with office(lamps(), base="https://calls.example.org", public_url="https://calls.example.org") as at:  # fmt: skip
        at.add("ana", "agent")
        answer = at.client.get("/sign-in")
        (browser,) = answer.headers.get_list("set-cookie")
        assert re.fullmatch(
            r"__Host-fp_browser=[\w-]{32}; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure",
            browser,
        )
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        seal = re.findall(r'name="token" value="([^"]+)"', answer.text)[0]
        sent = {"name": "ana", "password": GOOD, "token": seal}
        same = {"origin": "https://calls.example.org"}
        answer = at.client.post("/sign-in", data=sent, headers=same, follow_redirects=False)
        assert answer.headers["location"] == "/"
        (session,) = answer.headers.get_list("set-cookie")
        assert re.fullmatch(
            r"__Host-fp_session=[\w-]{43}; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure",
            session,
        )
        assert at.client.get("/walks").url.path == "/walks"


def test_behind_a_proxy_on_the_same_machine_it_answers_to_the_public_name() -> None:
    from starlette.testclient import TestClient

    from engine.stores.memory import Memory
    from web.desk import Desk
    from web.serving.app import create_app
    from web.signin.setup import SignIn

    desk, url = Desk(lamps(), Memory()), "https://calls.example.org"
    signin = SignIn(desk.store.shelf, desk.clock, ways=frozenset(("accounts",)), public_url=url)
    with TestClient(create_app(desk, signin=signin), base_url="http://127.0.0.1") as client:
        asked = [
            client.get("/sign-in", headers={"host": host}).status_code
            for host in ("calls.example.org", "127.0.0.1:8000", "evil.example")
        ]
        assert asked == [200, 200, 421]
        for origin, status in ((url, 200), ("https://evil.example", 403)):
            page = client.get("/help/lamp")
            seal = re.findall(r'name="token" value="([^"]+)"', page.text)[0]
            cookie = page.headers.get("set-cookie", "").partition(";")[0]
            headers = {"origin": origin, "host": "calls.example.org", "cookie": cookie}
            answer = client.post("/help/lamp", data={"token": seal}, headers=headers, follow_redirects=False)  # fmt: skip
            assert answer.status_code == (303 if status == 200 else 403), answer.text


def test_every_answer_has_its_headers(at: Office) -> None:
    who = at.signed_in("ana")
    for path in (
        "/",
        "/sign-in",
        "/api/v1/trees",
        "/static/fingerpost.css",
        "/nowhere",
        "/healthz",
    ):
        headers = who.client.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers
        assert "server" not in headers


def test_the_sites_that_may_hold_our_pages_are_a_setting() -> None:
    with office(lamps(), frames="https://crm.example.org 'self'") as at:
        headers = at.client.get("/sign-in").headers
        assert (
            "frame-ancestors https://crm.example.org 'self'" in headers["content-security-policy"]
        )
        assert "x-frame-options" not in headers


def test_pages_of_people_are_kept_by_no_cache(at: Office) -> None:
    who = at.signed_in("ana")
    for path in ("/", "/walks", "/sign-in", f"/walks/{started(who)}", "/start/lamp"):
        assert who.client.get(path).headers["cache-control"] == "no-store", path
    page = who.open("/").press("sign-out")
    assert page.path == "/sign-in"


def test_two_people_are_shown_the_same_step_each_under_his_own_name(at: Office) -> None:
    """The page of a step is made once for all who stand there."""
    at.add("bob", "agent", shown="Bob")
    ana, bob = at.signed_in("ana"), at.signed_in("bob")
    customer = at.browser()
    pages = [who.open(f"/walks/{started(who)}") for who in (ana, bob, customer, ana)]
    names = [re.findall(r"<bdi>(.*?)</bdi>", page.html) for page in pages]
    assert names == [["Ana &lt;b&gt;B&lt;/b&gt; {{ 7 * 7 }}"], ["Bob"], [], names[0]]
    seals = [set(re.findall(r'name="token" value="([^"]+)"', page.html)) for page in pages]
    assert [len(found) for found in seals] == [1, 1, 1, 1]
    assert seals[0] == seals[3]
    assert len(set.union(*seals)) == 3
    assert "Library" not in pages[2].text
    assert all(page.press("answer", answer="yes").status == 200 for page in pages)
