"""Within another page: whose word is believed, what a pass leads to, and what is told around it."""

from __future__ import annotations

import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.embedded import EMBEDDING, KEYS, SECRET, shop, token
from tests.served import Page, Served, sent_by
from tests.signed_in import Office, office
from web.signin.hosts import Embedding, may_hold, origin, read, shown
from web.signin.introductions import Unintroduced, introduced

CRM: Final = "https://crm.example.org"
HERE: Final = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def at() -> Iterator[Office]:
    with office(shop(), frames=f"{CRM} https://*.shop.test", embedding=EMBEDDING) as found:
        found.add("boss", "supervisor")
        yield found


def opened(at: Office, tree: str = "lamp", host: str = CRM, **sent: Any) -> tuple[Served, Page]:
    """A frame of a new browser, after its form was sent as the script sends it."""
    who = at.browser()
    before = who.client.get(f"/embed/{tree}", params={"host": host})
    seal = re.findall(r'name="token" value="([^"]+)"', before.text)
    once = re.findall(r'name="once" value="([^"]+)"', before.text)
    data = {
        "token": seal[0] if seal else "",
        "once": once[0] if once else "",
        "context": "",
        **sent,
    }
    answer = who.client.post(f"/embed/{tree}", params={"host": host}, data=data, headers=HERE)
    return who, Page(who, answer)


def code(page: Page) -> str:
    found = re.search(r'data-code="(\w+)"', page.html)
    return found.group(1) if found else ""


def walk_of(page: Page) -> str:
    return str(page.path.split("/walks/")[1].split("/")[0])


# ---------------------------------------------------------------------------------- the token way


def test_a_token_leads_an_agent_to_a_walk_that_is_his(at: Office) -> None:
    signed = token(given={"caller": "Mr <b>Lamp</b>", "watts": 60}, reference="4711", case="c-1")
    _, page = opened(at, signed=signed)
    assert page.status == 200
    assert "Is the lamp plugged in?" in page.text
    assert "4711" in page.text
    row = at.work(lambda: at.desk.store.walk(walk_of(page)))
    assert row.head.audience == "agent"
    assert row.actor.startswith("e_")
    assert "ana" not in row.actor
    page = page.press("answer", answer="yes").press("answer", answer="yes")
    assert page.ended
    assert page.path.startswith("/framed/")
    assert 'data-outcome="done" data-hand-to="field"' in page.html
    lines = [line for line in at.audit() if line["what"] == "embed"]
    assert lines[0]["host"] == CRM
    assert lines[0]["who"] == row.actor


def test_another_language_chosen_in_a_frame_stays_in_it(at: Office) -> None:
    _, page = opened(at, signed=token(case="c-tongue"))
    page.served.client.cookies.clear()
    hand = page.served.open(f"{page.path.rpartition('/')[0]}/hand-over")
    assert 'lang="en"' in hand.html
    turned = hand.press("language", "ar")
    assert (turned.status, 'lang="ar" dir="rtl"' in turned.html) == (200, True)
    assert turned.path.endswith("/hand-over")
    assert turned.path.startswith(page.path.partition("/walks/")[0] + ".ar/")
    wrong = turned.press("park", until="yesterday")  # it is said what is wrong, in that language
    assert (wrong.status, 'lang="ar" dir="rtl"' in wrong.html) == (422, True)
    # (No browser of ours keeps to itself where it was.)
    assert wrong.typed("then").endswith("/park")
    wrong.served.client.headers["referer"] = f"http://127.0.0.1{turned.path}?x=1"
    wrong = turned.press("park", until="yesterday")
    again = wrong.press("language", "fr")  # from a page that was sent, to the page before it
    assert (again.status, 'lang="fr" dir="ltr"' in again.html) == (200, True), again.path
    walk = again.served.open(again.path.removesuffix("/hand-over"))
    assert "Is the lamp plugged in?" in walk.text
    assert walk.press("answer", answer="no").path.startswith(again.path.partition("/walks/")[0])
    assert 'lang="fr"' in again.served.open(again.path).html
    strange = page.path.replace("/walks/", ".xx/walks/")
    assert page.served.open(strange).status == 200


@pytest.mark.parametrize(
    "more", ['de-"><meta http-equiv=refresh content="0;url=https:x"><b x="', "de-\\q", "de-\\1\\2", "de-\r\nx:1"]
)  # fmt: skip
def test_what_stands_behind_a_language_in_a_frames_address_goes_nowhere(
    at: Office, more: str
) -> None:
    _, page = opened(at, signed=token(case=f"c-{more}"))
    _, _, given, rest = page.path.split("/", 3)
    address = f"/framed/{given}.{quote(more, safe='')}/{rest}"
    answer = at.browser().client.get(address, follow_redirects=False)
    assert answer.status_code == 200
    assert "http-equiv=refresh" not in answer.text
    led = re.findall(r'(?:href|action|formaction)="(/framed/[^"]*)"', answer.text)
    assert led
    assert all(one.startswith(f"/framed/{given}.de/") for one in led)


def test_a_frame_is_led_through_its_pass_whatever_it_prefers(at: Office) -> None:
    who, page = opened(at, signed=token(case="c-prefers"))
    found, button = page.button("answer")
    typed = {c.get("name"): c.get("value") or "" for c in found.controls if c.get("name")}
    answer = who.client.post(
        button.get("formaction") or found.action, data=typed | {"answer": "no"},
        headers={"prefer": "return=representation"}, follow_redirects=False,
    )  # fmt: skip
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/framed/")


def test_the_same_case_of_the_same_agent_is_the_same_walk_where_it_stands(at: Office) -> None:
    _, page = opened(at, signed=token(case="c-2"))
    page.press("answer", answer="no")
    _, again = opened(at, signed=token(case="c-2"))
    assert walk_of(again) == walk_of(page)
    assert "Is the bulb new?" in again.text
    _, other = opened(at, signed=token(case="c-2", sub="bob@crm"))
    assert walk_of(other) != walk_of(page)


def test_a_token_for_a_customer_opens_trees_for_customers(at: Office) -> None:
    _, page = opened(at, signed=token(audience="customer", sub=""))
    row = at.work(lambda: at.desk.store.walk(walk_of(page)))
    assert (row.head.audience, row.actor[:2]) == ("customer", "c_")
    _, page = opened(at, "inside", signed=token(audience="customer", tree="inside"))
    assert (page.status, code(page)) == (404, "tree")


def with_part(signed: str, place: int, change: Any) -> str:
    parts = signed.split(".")
    data = json.loads(urlsafe_b64decode(parts[place] + "=="))
    parts[place] = urlsafe_b64encode(json.dumps(change(data)).encode()).decode().rstrip("=")
    return ".".join(parts)


def now() -> int:
    return int(time.time())


# Made when they are sent: a token is good for minutes, and the tests before this one take longer.
WRONG: Final[dict[str, tuple[str, Callable[[], str]]]] = {
    "no token": ("forged", lambda: "x"),
    "three dots": ("forged", lambda: "a.b.c"),
    "another secret": ("forged", lambda: token("another secret that is long enough too")),
    "another host": ("forged", lambda: token(iss="crn")),
    "a host that is a list": ("forged", lambda: token(iss=["crm"])),
    "no algorithm": ("forged", lambda: with_part(token(), 0, lambda head: {**head, "alg": "none"})),
    "another algorithm": ("forged", lambda: with_part(token(), 0, lambda head: {**head, "alg": "HS512"})),
    "altered": ("forged", lambda: with_part(token(), 1, lambda said: {**said, "sub": "boss@crm"})),
    "no signature": ("forged", lambda: token().rpartition(".")[0] + "."),
    "for another program": ("forged", lambda: token(aud="mail")),
    "expired": ("expired", lambda: token(iat=now() - 3600, exp=now() - 3000)),
    "from the future": ("expired", lambda: token(iat=now() + 3600, exp=now() + 3660)),
    "good for ever": ("claims", lambda: token(exp=now() + 86_400)),
    "an end before its beginning": ("claims", lambda: token(exp=now() - 90_000)),
    "no jti": ("claims", lambda: token(jti="")),
    "a jti that is a number": ("claims", lambda: token(jti=4)),
    "no sub": ("claims", lambda: token(sub="")),
    "a name without end": ("claims", lambda: token(name="a" * 300)),
    "given that is a list": ("claims", lambda: token(given=[1])),
    "another tree": ("tree", lambda: token(tree="inside")),
    "a role": ("audience", lambda: token(audience="admin")),
    "another page": ("origin", lambda: token(origin="https://other.example.org")),
    "given that is not so": ("given", lambda: token(given={"watts": 1000})),
    "given that there is not": ("given", lambda: token(given={"shoes": 1})),
    "huge": ("forged", lambda: token(given={"caller": "a" * 20_000})),
    "no letters": ("forged", lambda: token() + "é"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_token_that_is_wrong_opens_nothing_and_says_why(at: Office, what: str) -> None:
    before = len(at.work(lambda: at.desk.store.walks(limit=500)))
    wanted, made = WRONG[what]
    _, page = opened(at, signed=made())
    assert code(page) == wanted, page.text
    assert page.status in (403, 404, 410, 422)
    assert "Traceback" not in page.html
    assert len(at.work(lambda: at.desk.store.walks(limit=500))) == before
    told = at.audit()[0]
    assert (told["what"], told["why"]) == ("embed refused", wanted)
    assert SECRET not in json.dumps(at.audit())


def test_a_token_is_good_once_but_a_button_pressed_twice_is_one_press(at: Office) -> None:
    signed = token()
    _, first = opened(at, signed=signed, once="page one")
    assert first.status == 200
    _, twice = opened(at, signed=signed, once="page one")
    assert walk_of(twice) == walk_of(first)
    _, replayed = opened(at, signed=signed)
    assert (replayed.status, code(replayed)) == (410, "used")
    assert "opened before" in replayed.text


def test_a_host_may_sign_with_a_key_of_its_own_and_for_less(at: Office) -> None:
    from joserfc import jwt
    from joserfc.jwk import OKPKey

    private = Ed25519PrivateKey.generate()
    pem = (
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    )
    keys = read({"crm": {"public_key": pem, "audiences": ["customer"], "trees": ["lamp"]}})
    now = datetime.now(UTC)

    def of(**more: Any) -> str:
        iat = int(now.timestamp())
        said = {
            "iss": "crm", "aud": ["x", "fingerpost"], "iat": iat, "exp": iat + 60, "jti": "12345678",
            "tree": "lamp", "audience": "customer", **more,
        }  # fmt: skip
        key = (
            OKPKey.import_key(private.private_bytes_raw())
            if False
            else OKPKey.import_key(_pem(private))
        )
        return jwt.encode({"alg": "Ed25519"}, said, key, algorithms=["Ed25519"])

    found = introduced(of(), keys, tree="lamp", host=CRM, now=now)
    assert found.audience == "customer"
    for more, wanted in (
        ({"audience": "agent", "sub": "x"}, "audience"),
        ({"tree": "inside"}, "tree"),
    ):
        with pytest.raises(Unintroduced) as refused:
            introduced(of(**more), keys, tree=more.get("tree", "lamp"), host=CRM, now=now)
        assert refused.value.code == wanted
    # The public key is no secret: who signs with it as if it were one is not believed.
    with pytest.raises(Unintroduced, match="not signed"):
        introduced(token(pem, iss="crm"), keys, tree="lamp", host=CRM, now=now)
    assert introduced(token(), KEYS, tree="lamp", host=CRM, now=now).name == "Ana"
    with pytest.raises(Unintroduced) as refused:
        introduced(token(), KEYS, tree="lamp", host=CRM, now=now + timedelta(minutes=3))
    assert refused.value.code == "expired"


def _pem(private: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


# ------------------------------------------------------------------------------- the message way


def test_a_message_says_what_is_known_and_nobody_is_believed_to_be_an_agent(at: Office) -> None:
    said = {"given": {"caller": "Lamp"}, "reference": "R-1", "language": "fr"}
    _, page = opened(at, context=json.dumps(said))
    row = at.work(lambda: at.desk.store.walk(walk_of(page)))
    assert (row.head.audience, row.head.reference, row.head.language) == ("customer", "R-1", "en")
    walk = at.work(lambda: at.desk.store.events(row.id))[0].event
    assert walk.given["caller"] == "Lamp"
    _, page = opened(at, "inside", context="{}")
    assert code(page) == "tree"
    for bad in ("[]", "{", '{"given": 3}', "[" * 5000, '{"given": {"watts": "many"}}'):
        assert code(opened(at, context=bad)[1]) == "given", bad


def test_from_one_address_only_so_many_walks_begin_by_message() -> None:
    with office(shop(), frames=CRM, embedding=EMBEDDING) as at:
        statuses = [opened(at, context="{}")[1].status for _ in range(41)]
        assert statuses == [200] * 40 + [429]
        assert opened(at, signed=token())[1].status == 200


def test_without_self_service_a_message_opens_nothing() -> None:
    with office(shop(), frames=CRM, embedding=EMBEDDING, self_service=False) as at:
        assert code(opened(at, context="{}")[1]) == "token"
        assert opened(at, signed=token())[1].status == 200


def test_whoever_signed_in_with_this_browser_walks_as_himself_until_he_signs_out(
    at: Office,
) -> None:
    who = at.signed_in("boss")
    before = who.open(f"/embed/inside?host={CRM}")
    answer = who.client.post(
        f"/embed/inside?host={CRM}",
        data={"token": before.typed("token"), "once": "o"},
        headers=HERE,
    )
    page = Page(who, answer)
    users = dict(at.work(at.signin.accounts.all))
    row = at.work(lambda: at.desk.store.walk(walk_of(page)))
    assert (row.actor, row.head.audience) == (users["name:boss"].id, "agent")
    who.open("/").press("sign-out")
    at.signin.passes._sure.clear()
    assert at.client.get(page.path).status_code == 410


def test_on_a_server_that_nobody_signs_in_to_the_local_person_walks() -> None:
    with office(shop(), ways=(), frames=CRM) as at:
        _, page = opened(at, "inside", context="{}")
        assert page.press("answer", answer="yes").ended


# ------------------------------------------------------------------------------------ what a pass is


def test_a_pass_leads_to_walks_of_its_owner_and_nowhere_else(at: Office) -> None:
    _, page = opened(at, signed=token(sub="cleo@crm"))
    begins = page.path.partition("/walks/")[0]
    _, theirs = opened(at, signed=token(sub="dan@crm"))
    get = at.browser().client.get  # no cookie is needed, and none is set
    assert get(page.path).status_code == 200
    assert "set-cookie" not in get(page.path).headers
    assert get(f"{begins}/walks/{walk_of(theirs)}").status_code == 404
    for address in (
        "/",
        "/walks",
        "/account",
        "/start/lamp",
        "/metrics",
        "/api/v1/trees",
        "/sign-in",
    ):
        assert get(begins + address, follow_redirects=False).status_code in (403, 404), address
    assert get(f"{begins}/api/v1/walks/{walk_of(page)}/transcript").status_code == 200
    assert get(f"{begins}x/walks/{walk_of(page)}").status_code == 410
    assert get("/framed/").status_code == 410
    assert get(f"/walks/{walk_of(page)}", follow_redirects=False).status_code in (303, 404)
    # A form wants the seal of this very frame.
    sent = {"seq": "1", "node": "plug", "answer": "yes", "token": theirs.typed("token")}
    address = f"{begins}/walks/{walk_of(page)}/answer"
    assert at.client.post(address, data=sent, headers=HERE).status_code == 403
    answer = at.client.post(
        address, data=sent, headers={"origin": CRM, "sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403


def test_every_address_of_a_framed_page_stays_within_the_frame(at: Office) -> None:
    _, page = opened(at, signed=token(name='Ana" href="/evil'))
    begins = page.path.partition("/walks/")[0]
    for where in (page, page.press("answer", answer="yes"), page.press("anytime", "gone")):
        found = re.findall(r' (?:href|action|formaction|src)="(/[^"]*)"', where.html)
        assert len(found) > 5
        assert all(one.startswith((f"{begins}/", "/static/")) for one in found), found
        assert "Library" not in where.text
        assert "Sign out" not in where.text
        assert 'name="fingerpost-host" content="https://crm.example.org">' in where.html
        policy = where.headers.get_list("content-security-policy")
        assert len(policy) == 1
        assert policy[0].endswith("frame-ancestors https://crm.example.org")
        assert "x-frame-options" not in where.headers


def test_a_pass_ends_unused_after_an_hour_and_used_after_twelve() -> None:
    clock = [datetime.now(UTC)]
    with office(shop(), frames=CRM, embedding=EMBEDDING, desk={"clock": lambda: clock[0]}) as at:
        passes = at.signin.passes

        def status(later: timedelta) -> int:
            clock[0] += later
            passes._sure.clear()
            return int(at.client.get(page.path).status_code)

        _, page = opened(at, signed=token())
        assert status(timedelta(minutes=59)) == 200
        assert status(timedelta(minutes=59)) == 200
        assert status(timedelta(minutes=61)) == 410
        _, page = opened(at, context="{}")
        assert [status(timedelta(minutes=50)) for _ in range(15)] == [200] * 14 + [410]


def test_no_pass_and_no_token_lies_in_the_record(at: Office) -> None:
    signed = token()
    _, page = opened(at, signed=signed)
    given = page.path.split("/")[2]
    kept: list[Any] = []
    for kind in at.work(at.signin.shelf.kinds):
        kept += at.work(lambda kind=kind: at.signin.shelf.listed(kind, limit=500))
    told = repr(kept)
    assert given not in told
    assert signed.split(".")[2] not in told


# ------------------------------------------------------------------------------------- the settings


def test_only_pages_of_the_setting_are_let_in(at: Office) -> None:
    for host, good in (
        (CRM, True), ("https://eu.shop.test", True), ("https://shop.test.evil.test", False),
        ("http://crm.example.org", False), ("null", False), ("*", False), ("javascript:1", False),
        ("https://crm.example.org@evil.test", False), ("", False),
    ):  # fmt: skip
        answer = at.client.get("/embed/lamp", params={"host": host})
        assert (answer.status_code == 200) is good, host
        assert ("embed.js" in answer.text) is good, host
        if not good:
            assert "frame_ancestors" in answer.text


def test_a_tree_for_agents_is_not_named_to_whoever_asks(at: Office) -> None:
    assert "For agents alone" not in at.client.get("/embed/inside", params={"host": CRM}).text
    assert "A lamp is dark" in at.client.get("/embed/lamp", params={"host": CRM}).text
    assert at.client.get("/embed/none", params={"host": CRM}).status_code == 404


def test_origins_are_read_as_browsers_write_them() -> None:
    assert origin("https://CRM.example.org:8443/") == "https://crm.example.org:8443"
    assert not origin("https://crm.example.org/a")
    assert may_hold("http://127.0.0.1", "'self'", "http://127.0.0.1")
    assert not may_hold("", "'self'", "")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"crm": {"secret": "short"}}, "32 characters at least"),
        ({"crm": {}}, "one of them"),
        ({"crm": {"secret": SECRET, "public_key": "PUBLIC KEY"}}, "one of them"),
        ({"crm": {"public_key": "x"}}, "never the private one"),
        ({"crm": {"secert": SECRET}}, "did you mean 'secret'"),
        ({"crm": {"secret": SECRET, "audiences": ["admin"]}}, "agent and customer"),
        ({"CRM": {"secret": SECRET}}, "no name of a host"),
        ({"crm": "x"}, "write [embed.crm]"),
        ("{", "this is a table"),
    ],
)
def test_what_is_wrong_in_the_settings_is_said_without_a_secret(written: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as wrong:
        read(written)
    assert SECRET not in str(wrong.value)


def test_settings_are_shown_without_a_secret() -> None:
    assert shown(KEYS) == "crm: HostKey('HS256') for agent and customer".replace("'", "")
    assert SECRET not in repr(Embedding(KEYS))


# ------------------------------------------------------------------------ what is offered is served


def leave(page: Page, what: str, **typed: str) -> Page:
    """The walk parked or handed over, from its step, as an agent does it."""
    return page.press("leave").press(what, **typed)


@pytest.mark.parametrize(
    ("what", "typed", "words"),
    [
        ("park", {"reason": "He looks for the bulb"}, "Parked"),
        ("hand-over", {"to": "field", "reason": "He looks for the bulb"}, "Handed to Field service"),
    ],
)  # fmt: skip
def test_an_agent_s_frame_that_was_parked_or_handed_over_says_so_and_goes_on(
    at: Office, what: str, typed: dict[str, str], words: str
) -> None:
    _, page = opened(at, signed=token())
    begins, id = page.path.partition("/walks/")[0], walk_of(page)
    wrong = leave(page, what, **({"until": "2001-01-01T10:00"} if what == "park" else {}))
    assert wrong.status == 422
    page = leave(page, what, **typed)
    assert (page.status, page.path.partition("/walks/")[0]) == (200, begins), page.text
    assert words in page.text
    assert "He looks for the bulb" in page.text
    assert f'data-walk="{id}"' in page.html  # the page around is told where it stands
    again = page.press("take")
    assert again.status == 200
    assert words not in again.text
    assert ("Taken by you" in again.text) is (what == "hand-over")
    # Taken twice: the walk as it stands, and no queue, which is not shown within another's page.
    twice = page.press("take")
    assert (twice.status, twice.path) == (200, again.path)
    assert "Queues" not in twice.text
    ended = again.press("answer", answer="yes").press("answer", answer="yes")
    assert 'data-outcome="done"' in ended.html


def test_what_was_promised_is_settled_within_the_frame(at: Office) -> None:
    _, page = opened(at, signed=token())
    page = leave(page, "park").press("take").press("answer", answer="yes")
    page = page.press("answer", answer="yes").press("take")  # the field's, who are nobody here
    done = page.press("follow-up", "done")
    assert (done.status, done.path.partition("/walks/")[0]) == (
        200,
        page.path.partition("/walks/")[0],
    )
    assert not done.has("follow-up")
    late = page.press("follow-up", "done")
    assert (late.status, late.path) == (200, done.path)


@pytest.mark.parametrize("audience", ["agent", "customer"])
def test_every_link_and_button_in_a_frame_is_served_there(at: Office, audience: str) -> None:
    """Whatever is offered within another's page leads somewhere within it."""
    who, first = opened(at, signed=token(audience=audience, sub="ana" * (audience == "agent")))
    pages = [first, first.press("answer", answer="yes")]
    pages.append(pages[-1].press("answer", answer="yes"))
    if audience == "agent":
        pages += [first.press("leave"), leave(opened(at, signed=token())[1], "park")]
    else:
        here = first.path.partition("/help/")[0]
        pages += [first.press("person"), *(who.open(here + at) for at in ("/help", "/help/lamp"))]
    seen: set[str] = set()
    for page in pages:
        here = "/".join(page.path.split("/")[:3])
        for link in {one.partition("#")[0] for one in page.links} - {""}:
            assert who.client.get(link).status_code == 200, (page.path, link)
            seen.add(link.removeprefix(here))
        for form in page.forms:
            for address in {form.action, *(one.get("formaction") for one in form.controls)} - {""}:
                answer = (
                    page.send(address, sent_by(form, {}))
                    if form.method == "post"
                    else who.open(address)
                )
                assert answer.status in (200, 409, 422), (page.path, address, answer.text)
                assert answer.path.startswith(f"{here}/"), (address, answer.path)
                seen.add(address.removeprefix(here))
    assert len(seen) > 8, seen
