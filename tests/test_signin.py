"""Who may come in: passwords, accounts, sessions, tries, keys, seals and the log of who did what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import pytest
from argon2 import PasswordHasher

from engine.errors import Changed, NotThere
from engine.stores.memory_shelf import MemoryShelf
from web.signin import audit, cookies, passwords, tokens, tries
from web.signin.accounts import Account, Misnamed, key_at, key_of
from web.signin.passwords import Weak
from web.signin.people import LOCAL, SCOPES, STAFF, Asking, Person, asked_by, asking
from web.signin.setup import SignIn

GOOD = "four words in a row"
T = TypeVar("T")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signin(clock: Clock) -> SignIn:
    return SignIn(MemoryShelf(), clock, ways=frozenset(("accounts",)))


def run(work: Awaitable[T]) -> T:
    async def inner() -> T:
        return await work

    return asyncio.run(inner())


def ana(signin: SignIn, **more: Any) -> Account:
    about = {"roles": ["agent"], "at": signin.clock(), **more}
    return run(signin.accounts.add("Ana", GOOD, **about))


def kept(signin: SignIn) -> str:
    """All that lies on the shelf, as text."""
    return repr(signin.shelf._kept)  # type: ignore[attr-defined]


# -------------------------------------------------------------------------------- passwords


@pytest.mark.parametrize(
    "password",
    [
        GOOD, "correct horse battery staple", "le soleil brille à midi", "gjeT7%kd0s-Xqp1",
        "ありがとうございました、またお越しください", "               x  y  z  q  w  k  v  j", "🦆🐢🦔🐈🐕🐎🐖🐏🦙🦒🐘🦏🦛🐪🐿", "é" * 3 + "wkdjqnvb mznx" * 9,
    ],
)  # fmt: skip
def test_any_characters_make_a_password_if_they_are_enough(password: str) -> None:
    passwords.judge(password, "ana", "Ana López")


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("", "at least 15 characters"),
        ("a" * 14, "at least 15 characters"),
        ("Tr0ub4dor&3", "at least 15 characters"),
        ("x1 y2 " * 43, "at most 256 characters"),
        ("passwordpassword", "among the first"),
        ("Password123456789!", "among the first"),
        ("1234567890123456", "among the first"),
        ("qwertyuiopasdfghjkl", "among the first"),
        ("abcdefghijklmnopqrstuvwxyz", "among the first"),
        ("aaaaaaaaaaaaaaaaaaaa", "among the first"),
        ("zq zq zq zq zq zq zq", "among the first"),
        ("MotDePasse2026!!", "among the first"),
        ("anaLópez-ana-lopez", "among the first"),
        ("fingerpost2026welcome", "among the first"),
    ],
)
def test_what_is_short_or_tried_first_is_no_password(password: str, says: str) -> None:
    with pytest.raises(Weak, match=says):
        passwords.judge(password, "ana.lopez", "Ana López")


def test_a_password_is_kept_as_owasp_says_and_fits_however_it_is_typed() -> None:
    found = passwords.hashed("un mot de passe à moi")
    assert found.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert found != passwords.hashed("un mot de passe à moi")
    assert passwords.fits("un mot de passe a\u0300 moi", found)
    assert not passwords.fits("un mot de passe a moi", found)
    assert not passwords.fits(GOOD, "")
    assert not passwords.fits("\0", "")
    assert not passwords.fits(GOOD, "no hash")


# --------------------------------------------------------------------------------- accounts


def test_whoever_has_an_account_signs_in_by_name_and_password(signin: SignIn) -> None:
    account = ana(signin, shown="Ana \u202eB\n", teams=["b", "a"])
    assert account.person == Person(
        account.id, "Ana B", frozenset({"agent"}), frozenset({"a", "b"})
    )
    assert account.id.startswith("p_")
    assert "ana" not in account.id.lower()
    for name in ("Ana", "ana", " ANA ", "ＡＮＡ"):
        assert run(signin.accounts.signing_in(name, GOOD)) == account
    for name, password in (("ana", GOOD + " "), ("bob", GOOD), ("", ""), ("ana", "x" * 9999), ("a" * 999, GOOD)):  # fmt: skip
        assert run(signin.accounts.signing_in(name, password)) is None
    assert GOOD not in kept(signin)


def test_a_name_that_is_none_costs_what_a_wrong_password_costs(
    signin: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana(signin)
    verified: list[str] = []
    real = PasswordHasher.verify

    def verify(self: Any, hash: str, password: str) -> Any:
        verified.append(hash)
        return real(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    for name in ("ana", "nobody", "x" * 500):
        assert run(signin.accounts.signing_in(name, "wrong" * 5)) is None
    assert len(verified) == 3
    assert len({hash.rpartition("p=1")[0] for hash in verified}) == 1  # the same figures


def test_an_old_hash_is_made_anew_at_sign_in(signin: SignIn) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    account = msgspec.structs.replace(ana(signin), password=old)
    run(signin.accounts.keep(key_of("ana"), account, 1))
    assert run(signin.accounts.signing_in("ana", "wrong" * 5)) is None
    assert run(signin.accounts.got(key_of("ana"))) == (account, 2)
    assert run(signin.accounts.signing_in("ana", GOOD))
    found = run(signin.accounts.got(key_of("ana")))
    assert found is not None
    assert found[0].password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert found[0].epoch == 0  # nobody is signed out by it
    assert run(signin.accounts.signing_in("ana", GOOD)) == found[0]


def test_an_account_is_changed_only_as_it_may_be(signin: SignIn) -> None:
    ana(signin)
    with pytest.raises(Changed):
        run(signin.accounts.add("ANA", GOOD, ["agent"], at=signin.clock()))
    for name in ("", "a b", "a/b", "<b>", "x" * 101, "a\u202eb", "a\0"):
        with pytest.raises(Misnamed, match="cannot be a name"):
            run(signin.accounts.add(name, GOOD, ["agent"], at=signin.clock()))
    for roles in ([], ["boss"], ["customer"], ["walk"]):
        with pytest.raises(Misnamed, match="role"):
            run(signin.accounts.change("ana", roles=roles))
    with pytest.raises(Weak):
        run(signin.accounts.change("ana", password="short"))
    with pytest.raises(NotThere, match="Did you mean 'Ana'"):
        run(signin.accounts.change("Anna", roles=["agent"]))
    changed = run(signin.accounts.change("ana", roles=["supervisor", "author"]))
    assert (changed.roles, changed.epoch) == (("author", "supervisor"), 0)
    assert run(signin.accounts.change("ana", password="other words in a row")).epoch == 1
    assert run(signin.accounts.signing_in("ana", GOOD)) is None
    assert run(signin.accounts.change("ana", off=True)).epoch == 2
    assert run(signin.accounts.signing_in("ana", "other words in a row")) is None
    assert run(signin.accounts.change("ana", off=False)).epoch == 3
    assert run(signin.accounts.signing_in("ana", "other words in a row"))


def test_people_of_a_provider_are_known_by_issuer_and_subject_alone(signin: SignIn) -> None:
    def vouched(issuer: str, subject: str, **about: Any) -> Account:
        about = {"name": "Zoë", "roles": ["agent"], "teams": [], "at": signin.clock(), **about}
        return run(signin.accounts.vouched(issuer, subject, **about))

    first = vouched("https://a", "1")
    again = vouched("https://a", "1", name="Zoë C", roles=["supervisor"], teams=["t"])
    assert again.id == first.id
    assert (again.shown, again.roles, again.teams) == ("Zoë C", ("supervisor",), ("t",))
    assert len({first.id, vouched("https://a", "2").id, vouched("https://b", "1").id}) == 3
    assert key_at("https://a", "b1") != key_at("https://ab", "1")
    assert run(signin.accounts.signing_in("1", "")) is None
    everybody = run(signin.accounts.all())
    assert [key.partition(":")[0] for key, _ in everybody] == ["provider"] * 3


def test_somebody_who_comes_twice_at_once_has_one_account(signin: SignIn) -> None:
    async def at_once() -> list[Account]:
        about: dict[str, Any] = {"roles": ["agent"], "teams": [], "at": signin.clock()}
        come = (
            signin.accounts.vouched("https://a", "1", name=str(n % 2), **about) for n in range(3)
        )
        return await asyncio.gather(*come)

    assert len({account.id for account in run(at_once())}) == 1


# --------------------------------------------------------------------------------- sessions


def test_a_session_is_its_owners_until_he_signs_out(signin: SignIn) -> None:
    account = ana(signin)
    first = run(signin.sessions.begin(key_of("ana"), account))
    second = run(signin.sessions.begin(key_of("ana"), account))
    assert first != second
    assert len(first) >= 43  # 256 bits
    assert first not in kept(signin)
    assert run(signin.sessions.of(first)) == account
    assert run(signin.sessions.of(first[:-1] + "!")) is None
    assert run(signin.sessions.end(first))
    assert run(signin.sessions.of(first)) is None
    assert run(signin.sessions.of(second)) == account
    assert not run(signin.sessions.end(first))


def test_a_session_ends_unused_after_an_hour_and_used_after_twelve(
    signin: SignIn, clock: Clock
) -> None:
    account = ana(signin)
    token = run(signin.sessions.begin(key_of("ana"), account))
    idle = run(signin.sessions.begin(key_of("ana"), account))
    for _ in range(13):
        clock.on(minutes=55)
        assert run(signin.sessions.of(token)) == account
    assert run(signin.sessions.of(idle)) is None
    clock.on(minutes=5)
    assert run(signin.sessions.of(token)) is None


def test_a_session_is_written_seldom_however_often_it_is_used(
    signin: SignIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = run(signin.sessions.begin(key_of("ana"), ana(signin)))
    puts = []
    real = signin.shelf.put

    async def put(*args: Any, **more: Any) -> int:
        puts.append(args)
        return await real(*args, **more)

    monkeypatch.setattr(signin.shelf, "put", put)
    for _ in range(60):
        clock.on(seconds=30)
        assert run(signin.sessions.of(token))
    assert 4 <= len(puts) <= 6


@pytest.mark.parametrize("to", [{"password": "other words in a row"}, {"off": True}])
def test_another_password_and_being_shut_out_end_every_session(
    signin: SignIn, to: dict[str, Any]
) -> None:
    tokens = [run(signin.sessions.begin(key_of("ana"), ana_)) for ana_ in [ana(signin)] * 2]
    run(signin.accounts.change("ana", **to))
    assert [run(signin.sessions.of(token)) for token in tokens] == [None, None]
    if "off" in to:  # let in again, the old sessions stay over
        run(signin.accounts.change("ana", off=False))
        assert [run(signin.sessions.of(token)) for token in tokens] == [None, None]


def test_other_roles_hold_at_once(signin: SignIn) -> None:
    token = run(signin.sessions.begin(key_of("ana"), ana(signin)))
    run(signin.accounts.change("ana", roles=["admin"], teams=("t",)))
    found = run(signin.sessions.of(token))
    assert found is not None
    assert found.person.roles == {"admin"}


def test_a_session_that_is_used_while_it_ends_stays_over(
    signin: SignIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = run(signin.sessions.begin(key_of("ana"), ana(signin)))
    clock.on(minutes=30)
    real = signin.accounts.got

    async def slow(key: str) -> Any:
        found = await real(key)
        await signin.sessions.end(token)
        return found

    monkeypatch.setattr(signin.accounts, "got", slow)
    run(signin.sessions.of(token))
    assert run(signin.sessions.of(token)) is None


# ------------------------------------------------------------------------------------ tries


def waits(signin: SignIn, account: str = "ana", address: str = "10.0.0.1") -> int:
    try:
        run(signin.tries.allowed(account, address))
    except tries.TooMany as wait:
        return wait.seconds
    return 0


def test_after_some_failures_one_has_to_wait_and_ever_longer(signin: SignIn, clock: Clock) -> None:
    seen = []
    for _ in range(13):
        assert waits(signin) == 0
        run(signin.tries.failed("ana", "10.0.0.1"))
        seen.append(waits(signin))
        clock.on(seconds=seen[-1])
    assert seen == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]
    assert waits(signin, "bob") == 0
    clock.on(hours=1)
    run(signin.tries.failed("ana", "10.0.0.1"))
    assert waits(signin) == 0


def test_one_address_cannot_try_at_every_account(signin: SignIn) -> None:
    for n in range(tries.FREE_ADDRESS):
        assert waits(signin, f"user{n}") == 0
        run(signin.tries.failed(f"user{n}", "10.0.0.1"))
    assert waits(signin, "another") == 15
    assert waits(signin, "another", "10.0.0.2") == 0
    assert "10.0.0.1" not in kept(signin)
    assert "user1" not in kept(signin)


def test_signing_in_lets_the_account_begin_anew_and_not_the_address(signin: SignIn) -> None:
    for _ in range(tries.FREE_ADDRESS):
        run(signin.tries.failed("ana", "10.0.0.1"))
    run(signin.tries.succeeded("ana"))
    assert waits(signin, "ana", "10.0.0.2") == 0
    assert waits(signin) == 15


def test_failures_at_the_same_moment_all_count(signin: SignIn) -> None:
    async def at_once() -> None:
        await asyncio.gather(*(signin.tries.failed("ana", f"10.0.0.{n}") for n in range(5)))

    run(at_once())
    assert waits(signin) == 15


# ------------------------------------------------------------------------------------- keys


def test_a_key_opens_what_it_is_for_until_it_is_taken_back(signin: SignIn, clock: Clock) -> None:
    key, secret = run(signin.keys.add("crm", ["walk", "read:trees"], days=30))
    assert secret.startswith("fp_")
    assert len(secret) >= 46
    assert key.scopes == ("read:trees", "walk")
    assert secret not in kept(signin)
    found = run(signin.keys.of(secret))
    assert found == key
    assert key.person == Person(
        f"key:{key.id}", "crm", frozenset({"walk", "read:trees"}), program=True
    )
    for wrong in ("", "fp_", secret[:-1], secret + "x", secret[3:], "fp_" + "x" * 9999, key.id):
        assert run(signin.keys.of(wrong)) is None
    assert run(signin.keys.all()) == [key]
    clock.on(days=30)
    assert run(signin.keys.of(secret)) is None
    other, secret = run(signin.keys.add("crm", SCOPES))
    assert run(signin.keys.revoke(other.id)) == other
    assert run(signin.keys.of(secret)) is None
    with pytest.raises(NotThere):
        run(signin.keys.revoke(other.id))
    for scopes in ((), ("walks",), ("walk", "agent")):
        with pytest.raises(Misnamed):
            run(signin.keys.add("crm", scopes))


# ------------------------------------------------------------------------------------ seals


def test_a_record_has_one_secret_for_all_processes_and_restarts(signin: SignIn) -> None:
    async def many() -> list[tokens.Seals]:
        return await asyncio.gather(*(tokens.seals_of(signin.shelf) for _ in range(5)))

    found = run(many())
    assert len({seals.of("form", "browser") for seals in found}) == 1
    assert found[0].of("form", "a") != found[0].of("form", "b")
    assert found[0].of("form", "a") != found[0].of("customer", "a")
    assert tokens.Seals().of("form", "a") != tokens.Seals().of("form", "a")


def test_a_form_needs_the_seal_of_its_browser() -> None:
    def checked(who: Person, sent: str, **headers: str) -> bool:
        asked_by(Asking(who, seal="right"))
        try:
            tokens.check(sent, headers)
        except tokens.Forged:
            return False
        finally:
            asked_by(Asking(LOCAL))
        return True

    somebody = Person("p_1", roles=frozenset(STAFF))
    browser = {"sec-fetch-site": "same-origin"}
    assert checked(somebody, "right", **browser)
    assert checked(somebody, "right")
    for wrong in ("", "Right", "righ", "right ", "é", "right\0"):
        assert not checked(somebody, wrong)
        assert not checked(LOCAL, wrong, **browser)
        assert not checked(LOCAL, wrong, origin="http://127.0.0.1")
    assert checked(LOCAL, "")  # a program on a server that nobody signs in to
    assert checked(Person("key:1", program=True), "", **browser)
    assert asking().seal == ""


# ------------------------------------------------------------------------- cookies and the log


def test_cookies_are_as_strict_as_browsers_know() -> None:
    plain = cookies.written(cookies.SESSION, "x", False, timedelta(hours=12))
    assert plain == "fp_session=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"
    safe = cookies.written(cookies.SESSION, "x", True, timedelta(0))
    assert safe == "__Host-fp_session=x; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
    assert cookies.secure({"scheme": "https"}, "")
    assert cookies.secure({"scheme": "http"}, "https://calls.example.org")
    assert not cookies.secure({"scheme": "http"}, "")
    given = {"fp_session": "a", "__Host-fp_session": "b", "fp_browser": "x" * 201}
    assert cookies.read(given, cookies.SESSION, True) == "b"
    assert cookies.read(given, cookies.SESSION, False) == "a"
    assert cookies.read(given, cookies.BROWSER, False) == ""
    assert cookies.read({"fp_browser": "\x07"}, cookies.BROWSER, False) == ""


def test_the_log_says_who_did_what_the_latest_first(signin: SignIn, clock: Clock) -> None:
    for n in range(5):
        clock.on(seconds=1)
        run(signin.audit.told("key added", who=f"p_{n}", about=f"k_{n}", empty="", count=n))
    lines = run(signin.audit.lines(2))
    assert [line["who"] for line in lines] == ["p_4", "p_3"]
    assert lines[0] == {
        "id": lines[0]["id"], "at": "2026-03-02T12:00:05+00:00", "who": "p_4",
        "what": "key added", "about": "k_4", "count": 4,
    }  # fmt: skip
    assert [line["who"] for line in run(signin.audit.lines(9, lines[-1]["id"]))] == ["p_2", "p_1", "p_0"]  # fmt: skip
    clock.on(seconds=1)
    asked_by(Asking(Person("p_7")))
    run(signin.audit.told("walks exported"))
    asked_by(Asking(LOCAL))
    assert run(signin.audit.lines(1))[0]["who"] == "p_7"
    assert json.dumps(run(signin.audit.lines()))
    assert audit.on_this_machine().startswith("shell")
