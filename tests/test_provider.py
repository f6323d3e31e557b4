"""Signing in with a provider of OpenID Connect that runs on this machine, and all that can be wrong
with what comes back from it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

from tests import provider as away
from tests.served import Page, Served
from tests.signed_in import Office, office
from tests.test_rights import lamps
from web.signin import as_set, cookies
from web.signin.provider_settings import ProviderSettings, read, shown


@pytest.fixture(scope="module")
def _server() -> Iterator[away.Provider]:
    found = away.Provider()
    yield found
    found.stop()


@pytest.fixture
def provider(_server: away.Provider) -> away.Provider:
    _server.begin_anew()
    return _server


def settings(provider: away.Provider, **more: Any) -> ProviderSettings:
    about: dict[str, Any] = {
        "issuer": provider.issuer, "client_id": away.CLIENT, "secret": away.SECRET,
        "label": "Example", "roles": {"staff": "agent", "leads": "supervisor"},
        "teams": {"second": "tier2"}, **more,
    }  # fmt: skip
    return ProviderSettings(**about)


@pytest.fixture
def at(provider: away.Provider) -> Iterator[Office]:
    with office(lamps(), ways=("oidc",), provider=settings(provider)) as found:
        yield found


def there(who: Served, then: str = "") -> str:
    """The address at the provider that one is sent to."""
    answer = who.client.get(f"/sign-in/provider{then}", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def came_back(address: str) -> str:
    """Where the provider sends one back to, after one has signed in there."""
    answer = httpx2.get(address, follow_redirects=False, trust_env=False)
    assert answer.status_code == 303, answer.text
    back = urlsplit(answer.headers["location"])
    assert back.hostname == "127.0.0.1"
    return f"{back.path}?{back.query}"


def sign_in(who: Served, then: str = "") -> Page:
    return who.open(came_back(there(who, then)))


# ---------------------------------------------------------------------------- as it should be


def test_one_signs_in_there_and_is_here(at: Office, provider: away.Provider) -> None:
    who = at.browser()
    page = who.open("/walks")
    assert page.path == "/sign-in"
    (link,) = [link for link in page.links if "/sign-in/provider" in link]
    assert "Sign in with Example" in page.text
    assert not page.has("sign-in")  # no accounts here: no form for a password
    page = sign_in(who, link.partition("provider")[2])
    assert page.path == "/walks"
    assert "Jane Doe" in page.text
    ((key, account),) = at.work(at.signin.accounts.all)
    assert key.startswith("provider:")
    assert (account.roles, account.provider) == (("agent",), provider.issuer)
    assert "248289761001" not in account.id
    assert [line["how"] for line in at.audit()] == ["provider"]
    assert provider.seen.count("/token") == 1


def test_what_is_sent_there_is_what_the_protocol_asks_for(at: Office) -> None:
    asked = {name: v[0] for name, v in parse_qs(urlsplit(there(at.browser())).query).items()}
    again = {name: v[0] for name, v in parse_qs(urlsplit(there(at.browser())).query).items()}
    assert asked["redirect_uri"] == "http://127.0.0.1/sign-in/back"
    assert asked["scope"] == "openid profile"
    assert asked["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 43
        assert asked[name] != again[name]


def test_roles_and_name_are_what_the_provider_says_today(
    at: Office, provider: away.Provider
) -> None:
    who = at.browser()
    sign_in(who)
    provider.says |= {"groups": ["leads", "second", "unknown"], "name": "Jane Roe"}
    assert "Jane Roe" in sign_in(who).text
    ((_, account),) = at.work(at.signin.accounts.all)
    assert (account.roles, account.teams) == (("supervisor",), ("tier2",))


def test_whoever_has_no_role_there_or_is_shut_out_here_stays_outside(
    at: Office, provider: away.Provider
) -> None:
    provider.says["groups"] = ["others"]
    page = sign_in(at.browser())
    assert page.status == 403
    assert "No role is written down for you here" in page.text
    provider.says["groups"] = "staff"  # one group, as some providers write it
    assert sign_in(at.browser()).path == "/"
    ((key, account),) = at.work(at.signin.accounts.all)
    import msgspec

    off = msgspec.structs.replace(account, off=True)
    at.work(lambda: at.signin.accounts.keep(key, off, 1))
    who = at.browser()
    assert sign_in(who).status == 403
    assert not who.client.cookies.get(cookies.SESSION)


def test_a_hostile_name_is_shown_as_text(at: Office, provider: away.Provider) -> None:
    provider.says["name"] = "<script>alert(1)</script>\u202e{{ 7 * 7 }}\n\0" + "x" * 999
    page = sign_in(at.browser())
    assert "<script" not in page.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in page.html
    assert "\u202e" not in page.html
    assert "x" * 101 not in page.html


@pytest.mark.parametrize("name", [None, 7, ["a"], {"a": 1}, ""])
def test_somebody_without_a_name_is_called_by_his_subject(
    at: Office, provider: away.Provider, name: Any
) -> None:
    provider.says |= {"name": name, "preferred_username": "jane"}
    assert "Sign out" in sign_in(at.browser()).text


def test_what_the_token_does_not_say_is_asked_for(at: Office, provider: away.Provider) -> None:
    del provider.says["groups"]
    provider.info = {"sub": provider.says["sub"], "groups": ["leads"], "name": "Another"}
    assert "Jane Doe" in sign_in(at.browser()).text
    ((_, account),) = at.work(at.signin.accounts.all)
    assert account.roles == ("supervisor",)
    provider.info["sub"] = "somebody else"
    page = sign_in(at.browser())
    assert "speaks of two people" in page.text


def test_keys_that_changed_are_read_again(
    at: Office, provider: away.Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.signin.provider_link._SELDOM", 0.0)
    assert sign_in(at.browser()).path == "/"
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    assert sign_in(at.browser()).path == "/"
    assert provider.seen.count("/keys") == 2
    assert provider.seen.count("/.well-known/openid-configuration") == 1


def test_one_signs_out_here_and_is_shown_how_to_there(at: Office, provider: away.Provider) -> None:
    who = at.browser()
    page = sign_in(who).press("sign-out")
    assert "You are signed out." in page.text
    (link,) = [link for link in page.links if link.startswith(f"{provider.issuer}/leave?")]
    assert "client_id=fingerpost" in link


def test_accounts_and_a_provider_stand_beside_each_other(provider: away.Provider) -> None:
    with office(lamps(), ways=("accounts", "oidc"), provider=settings(provider)) as at:
        at.add("jane", "author")
        page = at.browser().open("/sign-in")
        assert page.has("sign-in")
        assert "Sign in with Example" in page.text
        assert sign_in(at.browser()).path == "/"
        assert len(at.work(at.signin.accounts.all)) == 2


def test_everybody_may_have_a_role(provider: away.Provider) -> None:
    about = settings(provider, roles={}, everybody=("agent", "author"), secret="")
    with office(lamps(), ways=("oidc",), provider=about) as at:
        provider.public_client = True
        assert sign_in(at.browser()).path == "/"
        ((_, account),) = at.work(at.signin.accounts.all)
        assert account.roles == ("agent", "author")


# ------------------------------------------------------------------------------ what is wrong


def refused(at: Office, page: Page, says: str, reason: str, status: int = 422) -> None:
    assert page.status == status, page.text
    assert "You are not signed in" in page.text
    assert says in page.text, page.text
    assert page.links
    assert not page.served.client.cookies.get(cookies.SESSION)
    assert not at.work(at.signin.accounts.all)
    line = at.audit()[0]
    assert (line["what"], line["why"]) == ("sign-in refused", reason)


Spoils = Callable[[dict[str, Any]], None]
WRONG_TOKENS: dict[str, tuple[Spoils, str]] = {
    "nonce": (lambda c: c.update(nonce="x"), "it belongs to another sign-in"),
    "no nonce": (lambda c: c.pop("nonce"), "it belongs to another sign-in"),
    "audience": (lambda c: c.update(aud="another"), "it is for another program"),
    "no audience": (lambda c: c.pop("aud"), "it is for another program"),
    "audiences": (lambda c: c.update(aud=["another", "third"]), "it is for another program"),
    "audiences without azp": (lambda c: c.update(aud=[away.CLIENT, "x"]), "it is for another program"),
    "azp": (lambda c: c.update(azp="another"), "it is for another program"),
    "issuer": (lambda c: c.update(iss="https://evil.example"), "it comes from another provider"),
    "no issuer": (lambda c: c.pop("iss"), "it comes from another provider"),
    "expired": (lambda c: c.update(exp=int(time.time()) - 120), "it has expired"),
    "no end": (lambda c: c.pop("exp"), "it has no end"),
    "from the future": (lambda c: c.update(iat=int(time.time()) + 600), "it comes from the future"),
    "not yet": (lambda c: c.update(nbf=int(time.time()) + 600), "it is not good yet"),
    "no subject": (lambda c: c.pop("sub"), "it says of nobody"),
    "empty subject": (lambda c: c.update(sub=""), "it says of nobody"),
    "subject that is no text": (lambda c: c.update(sub=7), ""),
    "another's access token": (lambda c: c.update(at_hash="x"), "it belongs to another answer"),
    "an end that is no time": (lambda c: c.update(exp="soon"), ""),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG_TOKENS)
def test_a_token_that_is_not_for_this_sign_in_is_not_believed(
    at: Office, provider: away.Provider, what: str
) -> None:
    provider.change, says = WRONG_TOKENS[what]
    page = sign_in(at.browser())
    refused(at, page, f"What the provider says of you is not believed: {says}", "token")


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."  # fmt: skip


def with_our_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(away.SECRET))


def by_another(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048))


def of_an_unknown_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "nine"}, claims, RSAKey.generate_key(2048))


def bringing_its_key(claims: dict[str, Any]) -> str:
    key = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "sign",
    [
        unsigned, with_our_secret, by_another, of_an_unknown_key, bringing_its_key,
        lambda _: "", lambda _: "a.b.c", lambda _: "x" * 70_000, lambda _: None,
        lambda _: {"a": 1}, lambda claims: by_another(claims)[:-4], lambda _: "é.é.é",
    ],
)  # fmt: skip
def test_a_token_that_the_provider_did_not_sign_is_not_believed(
    at: Office, provider: away.Provider, sign: Callable[[dict[str, Any]], str]
) -> None:
    provider.sign = sign
    refused(at, sign_in(at.browser()), "is not believed", "token")


def test_a_sign_in_that_was_begun_elsewhere_is_not_finished_here(at: Office) -> None:
    """Somebody who is given another's way back is not signed in as him."""
    theirs = came_back(there(at.browser()))
    who = at.browser()
    who.open("/sign-in")
    refused(at, who.open(theirs), "was not begun in this browser", "state")
    refused(at, at.browser().open(theirs), "was not begun in this browser", "state")


@pytest.mark.parametrize(
    "change",
    [
        lambda state: "", lambda state: state[:-1], lambda state: "x" + state, lambda state: ".",
        lambda state: state.partition(".")[0], lambda state: "é.é", lambda state: "x" * 5000,
    ],
)  # fmt: skip
def test_a_state_that_was_altered_is_refused(at: Office, change: Callable[[str], str]) -> None:
    who = at.browser()
    back = urlsplit(came_back(there(who)))
    fields = {name: value[0] for name, value in parse_qs(back.query).items()}
    answer = who.client.get(back.path, params={**fields, "state": change(fields["state"])})
    refused(at, Page(who, answer), "was not begun in this browser", "state")


def test_a_sign_in_that_took_too_long_is_begun_again(at: Office) -> None:
    from datetime import timedelta

    who = at.browser()
    back = came_back(there(who))
    now = at.signin.clock()
    at.signin.provider._clock = lambda: now + timedelta(minutes=11)  # type: ignore[union-attr]
    refused(at, who.open(back), "took too long", "late")


def test_a_code_is_good_once(at: Office) -> None:
    who = at.browser()
    back = came_back(there(who))
    assert who.open(back).path == "/"
    page = who.open(back)
    assert page.status == 422
    assert "the provider refused this sign-in" in page.text.lower()


@pytest.mark.parametrize(
    ("back", "says", "reason"),
    [
        ({"error": "access_denied", "code": ""}, "The provider did not sign you in", "access_denied"),
        ({"error": "<script>x</script>" * 9}, "The provider did not sign you in", ("<script>x</script>" * 9)[:60]),
        ({"code": ""}, "The provider sent no code", "no code"),
        ({"iss": "https://evil.example"}, "This came from another provider", "iss"),
    ],
)  # fmt: skip
def test_what_comes_back_without_a_code_is_told(
    at: Office, provider: away.Provider, back: dict[str, str], says: str, reason: str
) -> None:
    provider.back = back
    page = sign_in(at.browser())
    refused(at, page, says, reason)
    assert "<script" not in page.html


AWAY = "cannot be reached, or answers nonsense"


@pytest.mark.parametrize(
    ("path", "answer", "says", "reason", "status"),
    [
        ("/token", JSONResponse({"error": "invalid_client"}, 401), "refused this sign-in", "refused invalid_client", 422),
        ("/token", JSONResponse({}), "is not believed: there is none", "token", 422),
        ("/token", JSONResponse([]), "refused this sign-in", "refused 200", 422),
        ("/token", Response("<html>", 502), AWAY, "away", 503),
        ("/token", Response("x" * 600_000), AWAY, "away", 503),
        ("/token", Response("[" * 400_000), AWAY, "away", 503),
        ("/token", RedirectResponse("https://evil.example/", 307), AWAY, "away", 503),
        ("/keys", JSONResponse({"keys": {}}), "has no keys", "keys", 503),
        ("/keys", JSONResponse({"keys": []}), "is not believed", "token", 422),
        ("/keys", JSONResponse({"keys": [{"kty": "?"}]}), "is not believed", "token", 422),
    ],
)  # fmt: skip
def test_a_provider_that_answers_nonsense_is_told_apart_from_one_that_refuses(
    at: Office, provider: away.Provider, path: str, answer: Response, says: str, reason: str, status: int,
) -> None:  # fmt: skip
    provider.answers[path] = answer
    refused(at, sign_in(at.browser()), says, reason, status)


@pytest.mark.parametrize(
    ("about", "says", "reason"),
    [
        ({"issuer": "https://evil.example"}, "calls itself otherwise", "issuer"),
        ({"token_endpoint": "http://evil.example/token"}, "names no safe token_endpoint", "discovery"),
        ({"jwks_uri": "file:///etc/passwd"}, "names no safe jwks_uri", "discovery"),
        ({"authorization_endpoint": None}, "names no safe authorization_endpoint", "discovery"),
    ],
)  # fmt: skip
def test_a_provider_that_is_not_what_the_settings_say_is_not_gone_to(
    at: Office, provider: away.Provider, about: dict[str, Any], says: str, reason: str
) -> None:
    provider.about = about
    refused(at, at.browser().open("/sign-in/provider"), says, reason, 503)


def test_a_provider_that_is_down_is_said_at_once_and_tried_again(provider: away.Provider) -> None:
    gone = settings(provider, issuer="http://127.0.0.1:9")
    with office(lamps(), ways=("oidc",), provider=gone) as at:
        page = at.browser().open("/sign-in/provider")
        refused(at, page, AWAY, "away", 503)
    provider.answers["/.well-known/openid-configuration"] = Response("", 500)
    with office(lamps(), ways=("oidc",), provider=settings(provider)) as at:
        refused(at, at.browser().open("/sign-in/provider"), AWAY, "away", 503)
        provider.answers.clear()
        assert sign_in(at.browser()).path == "/"


# -------------------------------------------------------------------------------- settings


GOOD = {"issuer": "https://login.example.org", "client_id": "x", "everybody": ["agent"]}


def test_a_provider_is_a_table_and_its_secret_stands_apart() -> None:
    found = read({**GOOD, "roles": {"leads": "supervisor"}})
    assert read(json.dumps({**GOOD, "roles": {"leads": "supervisor"}})) == found
    assert "s3cret" not in shown(ProviderSettings(issuer="i", secret="s3cret")) + repr(
        ProviderSettings(secret="s3cret")
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"issuer": ""}, "'issuer' is missing"), ({"client_id": ""}, "'client_id' is missing"),
        ({"issuer": "http://login.example.org"}, "an https address"), ({"issuer": "ftp://x"}, "an https address"),
        ({"everybody": ["boss"]}, "no role 'boss'"), ({"roles": {"a": "customer"}}, "no role 'customer'"),
        ({"everybody": []}, "nobody would have a role"), ({"scopes": "profile"}, "need 'openid'"),
        ({"isuer": "x"}, "did you mean 'issuer'"), ({"client_secret": "x"}, "oidc_secret"),
        ({"roles": ["a"]}, "object"), ({"zzz": 1}, "write issuer"),
    ],
)  # fmt: skip
def test_a_provider_that_cannot_be_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read({**GOOD, **change})


@pytest.mark.parametrize(
    ("found", "local", "says"),
    [
        ({}, True, ""), ({}, False, "no way to sign in yet"), ({"sign_in": ("accounts",)}, False, ""),
        ({"sign_in": ("oidc",)}, True, "needs the table"),
        ({"sign_in": ("oidc",), "oidc": 1}, True, ""), ({"sign_in": ("oidc",), "oidc": 1}, False, "public_url"),
        ({"sign_in": ("oidc",), "oidc": 1, "public_url": "https://x"}, False, ""),
        ({"public_url": "https://x"}, True, "nobody would have to sign in"),
        ({"public_url": "http://localhost:8000"}, True, ""),
    ],
)  # fmt: skip
def test_settings_go_together(found: dict[str, Any], local: bool, says: str) -> None:
    usual = {"sign_in": (), "oidc": None, "public_url": "", "host": "0.0.0.0"}
    told = as_set.trouble({**usual, **found}, "--host", local)
    assert (says in told) if says else not told


def test_what_settings_may_say() -> None:
    assert (
        as_set.ways("accounts, oidc") == as_set.ways(["accounts", "oidc"]) == ("accounts", "oidc")
    )
    assert as_set.public("https://Calls.example.org/") == "https://calls.example.org"
    assert as_set.frames("https://a.example, https://*.b.example:8443") == "https://a.example https://*.b.example:8443"  # fmt: skip
    for read_, wrong in (
        (as_set.ways, "saml"), (as_set.ways, 7), (as_set.public, "calls.example.org"),
        (as_set.public, "https://x/path"), (as_set.public, "https://u@x"), (as_set.public, 7),
        (as_set.frames, "*"), (as_set.frames, "https://x; script-src *"), (as_set.frames, 7),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="write"):
            read_(wrong)
