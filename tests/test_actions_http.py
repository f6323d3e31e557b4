"""One call by HTTP: what goes out, what may be called, and what is made of any answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.building import calls
from engine.model import Action
from tests.acting import acting, actions
from tests.backend import Backend, answer, backend, certificate
from web.actions import Actions
from web.actions.addresses import permitted
from web.actions.breaker import FAILURES, REST, Breaker
from web.actions.http import LARGEST, Outcome
from web.actions.settings import ActionSettings, gathered, read, shown

TREE = acting().libraries[0].trees["acting"]
LOOK = TREE.nodes["look"].action
REFUND = TREE.nodes["refund"].action
CANARY = "Wilhelmina-Kanarie"


@pytest.fixture
def there() -> Iterator[Backend]:
    with backend() as found:
        yield found


def called(action: Action, inputs: dict[str, Any], means: Actions, times: int = 1) -> Outcome:
    async def run() -> Outcome:
        found = Outcome()
        for _ in range(times):
            found = await means.call(action, inputs, "k1")
        await means.close()
        return found

    return asyncio.run(run())


def like(action: Action, **http: Any) -> Action:
    """The action, called otherwise."""
    return replace(action, http={**action.http, **http})


# ------------------------------------------------------------------------------- what goes out


def test_inputs_go_out_as_json_with_a_key_and_the_secrets_of_the_settings(there: Backend) -> None:
    there.gives({"status": "none"})
    means = actions(there.url + "/api", headers={"crm_url": {"Authorization": "Bearer s3cret"}})
    assert called(LOOK, {"case": "ä/1", "who": None}, means) == Outcome({"exit": "none"})
    (asked,) = there.asked
    assert (asked.method, asked.target) == ("POST", "/api/outages")
    assert asked.json == {"case": "ä/1", "who": None}
    assert asked.headers["authorization"] == "Bearer s3cret"
    assert asked.headers["idempotency-key"] == "k1"
    assert asked.headers["host"] == f"127.0.0.1:{there.port}"
    assert asked.headers["accept-encoding"] == "identity"
    assert "cookie" not in asked.headers


def test_a_get_has_its_inputs_in_the_address(there: Backend) -> None:
    there.gives({"status": "none"})
    http = {"get": "{crm_url}/cases/{case}/outages?lang={lang}", "exit": "status"}
    called(
        replace(LOOK, http=http),
        {"case": "a/b ?#&", "lang": "de&x=1", "who": "é"},
        actions(there.url),
    )
    (asked,) = there.asked
    assert asked.method == "GET"
    assert asked.target == "/cases/a%2Fb%20%3F%23%26/outages?lang=de%26x%3D1&who=%C3%A9"
    assert asked.body == b""


def test_a_body_and_headers_that_are_said(there: Backend) -> None:
    there.gives({"status": "none"})
    body = {"id": "{case}", "words": "case {case}", "none": "{who}", "list": ["{case}", 1, True]}
    action = like(LOOK, body=body, headers={"X-Channel": "phone"})
    called(action, {"case": "7"}, actions(there.url))
    assert there.asked[0].json == {
        "id": "7",
        "words": "case 7",
        "none": None,
        "list": ["7", 1, True],
    }
    assert there.asked[0].headers["x-channel"] == "phone"


@pytest.mark.parametrize(
    "value",
    ["..", ".", "../admin", "a/../../b", "..\\admin", "%2e%2e", "%252e%252e", ""],
)
def test_no_input_climbs_out_of_the_path(value: str, there: Backend) -> None:
    http = {"get": "{crm_url}/cases/{case}/x", "exit": "status"}
    action = replace(LOOK, http=http)
    assert called(action, {"case": value}, actions(there.url)).reason == "not allowed"
    assert there.connections == 0


@pytest.mark.parametrize(
    "value", ["a\r\nX-Evil: 1", "a\x00b", "a\nb", "a b", "@evil.example", "//evil.example"]
)
def test_no_input_becomes_a_header_or_a_host(value: str, there: Backend) -> None:
    there.gives({"status": "none"})
    http = {"get": "{crm_url}/c/{case}?q={case}", "exit": "status"}
    called(replace(LOOK, http=http), {"case": value}, actions(there.url))
    (asked,) = there.asked
    assert "x-evil" not in asked.headers
    assert asked.target.startswith("/c/")
    assert set(asked.headers) <= {
        "host", "accept", "accept-encoding", "user-agent", "idempotency-key", "connection",
    }  # fmt: skip


@pytest.mark.parametrize(
    "template",
    [
        "https://evil.example/x", "{crm_url}.evil.example/", "{crm_url}@evil.example/",
        "{crm_url}:81/", "{crm_url}/../x", "{crm_url}/a/..", "{crm_url}/%2E%2e/x",
        "{crm_url}/a\\..\\b", "{crm_url}/a b", "{crm_url}/a#b", "{crm_url}/{Case}", "/x", "",
        "{crm_url}/a\r\nHost: x", "{crm_url}/%252e%252e/x", " {crm_url}/x",
    ],
)  # fmt: skip
def test_no_tree_says_an_address_that_leads_elsewhere(template: str) -> None:
    with pytest.raises(ValueError):
        calls.address(template)


# --------------------------------------------------------------------------- what may be called


HOSTILE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.1.1", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1",
    "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "2002:7f00:1::", "2001::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "::7f00:1", "3fff::1", "", "localhost", "1", "0x7f.1",
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE)
def test_what_is_not_public_may_not_be_called(address: str) -> None:
    assert not permitted(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_what_is_public_may(address: str) -> None:
    assert permitted(address)


def test_what_the_settings_allow_may_and_no_more() -> None:
    assert permitted("10.20.3.4", ["10.20.0.0/16"])
    assert permitted("::ffff:10.20.3.4", ["10.20.0.0/16"])
    assert not permitted("10.21.0.1", ["10.20.0.0/16"])
    assert not permitted("169.254.169.254", ["10.20.0.0/16"])
    assert permitted("fd00::5", ["fd00::/64"])


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "017700000001", "127.1"]
)  # fmt: skip
def test_this_machine_is_not_called_however_it_is_spelt(host: str, there: Backend) -> None:
    means = Actions(read({"crm_url": f"http://{host}:{there.port}"}))
    assert called(LOOK, {"case": "1"}, means).reason in ("not allowed", "not reached")
    assert there.connections == 0


def test_a_name_is_looked_up_once_and_each_of_its_addresses_judged(there: Backend) -> None:
    there.gives({"status": "none"})
    looked: list[str] = []

    def resolving(*answers: list[str]) -> Any:
        left = list(answers)

        async def resolve(host: str, port: int) -> list[str]:
            looked.append(host)
            return left.pop(0)

        return resolve

    settings = read({"crm_url": f"http://crm.example:{there.port}", "allow": ["127.0.0.1"]})
    means = Actions(settings, resolve=resolving(["127.0.0.1"], ["10.0.0.1"]))
    assert called(LOOK, {"case": "1"}, means).result == {"exit": "none"}
    assert looked == ["crm.example"]
    assert there.asked[0].headers["host"] == f"crm.example:{there.port}"
    # A name that has one address which may be called and one which may not is called by neither.
    means = Actions(settings, resolve=resolving(["127.0.0.1", "169.254.169.254"]))
    assert called(LOOK, {"case": "1"}, means).reason == "not allowed"
    assert len(there.asked) == 1


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_addresses_of_ipv6_are_called_too() -> None:
    try:
        found = backend(host="::1")
        there = found.__enter__()
    except OSError:
        pytest.skip("this machine has no IPv6 on loopback")
    with contextlib.ExitStack() as stack:
        stack.push(found)
        there.gives({"status": "none"})
        address = f"http://[::1]:{there.port}"
        means = Actions(read({"crm_url": address, "allow": ["::1"]}))
        assert called(LOOK, {"case": "1"}, means).result == {"exit": "none"}
        assert there.asked[0].headers["host"] == f"[::1]:{there.port}"


def test_the_environment_names_no_proxy(there: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    there.gives({"status": "none"})
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert called(LOOK, {"case": "1"}, actions(there.url)).result == {"exit": "none"}


# -------------------------------------------------------------------------- what is made of answers


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"status": "none"}, {"exit": "none"}),
        ({"status": "none", "more": {"a": 1}}, {"exit": "none"}),
        ({"status": "known", "details": {"eta": "17:30"}}, {"exit": "known", "eta": "17:30"}),
        ({"status": "known", "details": {"eta": "1", "paid": 12.5}, "rows": [{"id": "1"}]},
         {"exit": "known", "eta": "1", "paid": 12.5, "rows": [{"id": "1"}]}),
        ({"status": "known", "details": {"eta": None}}, {"exit": "known"}),
    ],
)  # fmt: skip
def test_an_answer_is_mapped(given: Any, result: Any, there: Backend) -> None:
    there.gives(given)
    assert called(LOOK, {"case": "1"}, actions(there.url)) == Outcome(result)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"status": "nope"}, "does not fit: exit"),
        ({"status": True}, "does not fit: exit"),
        ({"status": ["none"]}, "does not fit: exit"),
        ({"state": "none"}, "does not fit: exit"),
        ([], "does not fit: exit"),
        (None, "does not fit: exit"),
        (answer(b""), "not JSON"),
        (answer(b"<html>"), "not JSON"),
        (answer(b'{"status": "none"'), "not JSON"),
        (answer(b'{"status": "none", "status": "known"}'), "not JSON"),
        (answer(b'{"status": NaN}'), "not JSON"),
        (answer(b'{"status": "\\ud800"}'), "not JSON"),
        (answer(b"\xff\xfe{}"), "not JSON"),
        (answer(b"[" * 200_000), "not JSON"),
        (answer(b"1" * 200_000), "not JSON"),
        (answer({"status": "none"}, Content_Encoding="gzip"), "not JSON"),
        (answer(b" " * (LARGEST + 1)), "too large"),
        (answer({}, "301 Moved", Location="http://127.0.0.1/x"), "redirect"),
        (answer({}, "302 Found", Location="http://169.254.169.254/"), "redirect"),
        (answer({}, "307 Over there", Location="https://evil.example/"), "redirect"),
        (answer({"status": "none"}, "404 Not Found"), "status 404"),
        (answer({"status": "none"}, "401 Unauthorized", WWW_Authenticate="Basic"), "status 401"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345", "cut off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "cut off"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_failure_with_its_reason(
    given: Any, reason: str, there: Backend
) -> None:
    there.gives(given, closes=True)
    found = called(REFUND if reason == "cut off" else LOOK, {"case": "1"}, actions(there.url))
    assert (found.result, found.reason) == (None, reason)
    assert len(there.asked) == 1


def test_ten_megabytes_are_not_read(there: Backend) -> None:
    there.gives(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000_000, closes=True)
    assert called(LOOK, {"case": "1"}, actions(there.url)).reason == "too large"


@pytest.mark.slow
def test_a_connection_that_drops_at_each_byte(there: Backend) -> None:
    whole = answer({"exit": "paid", "id": "R1"})
    there.closes = True

    async def run() -> list[Outcome]:
        means, found = actions(there.url), []
        for upto in range(len(whole) + 1):
            there.answers = lambda asked, upto=upto: whole[:upto]  # type: ignore[misc]
            means._http = None  # a circuit of its own
            found.append(await means.call(REFUND, {"case": "1"}, f"k{upto}"))
            assert means._http is not None
            await means.close()
        return found

    *cut, last = asyncio.run(run())
    assert last == Outcome({"exit": "paid", "receipt": "R1"})
    assert {outcome.reason for outcome in cut} == {"cut off"}
    assert len(there.asked) == len(whole) + 1  # what must not be done twice was never sent twice


def test_nobody_waits_longer_than_the_contract_says(there: Backend) -> None:
    there.hold.clear()
    action = like(LOOK, timeout="2s")
    assert called(action, {"case": "1"}, actions(there.url)).reason == "timeout"
    assert len(there.asked) == 1
    there.hold.set()


def test_a_server_that_drips(there: Backend) -> None:
    """Headers, and then nothing more: the time of the whole call counts, not that of a byte."""
    there.gives(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    assert (
        called(like(REFUND, timeout="2s"), {"case": "1"}, actions(there.url)).reason == "timeout"
    )


@pytest.mark.parametrize(
    "bad", [answer({}, "503 Busy"), answer({}, "500 Oops"), answer({}, "429 Slow down"), b""]
)
def test_what_is_safe_is_tried_again_and_nothing_else(bad: bytes, there: Backend) -> None:
    there.gives(bad, {"status": "none"}, closes=True)
    assert called(LOOK, {"case": "1"}, actions(there.url)).result == {"exit": "none"}
    assert [asked.headers["idempotency-key"] for asked in there.asked] == ["k1", "k1"]
    there.asked.clear()
    there.gives(bad, {"exit": "refused"}, closes=True)
    assert called(REFUND, {"case": "1"}, actions(there.url)).result is None
    assert len(there.asked) == 1


def test_what_must_not_be_done_twice_has_a_connection_of_its_own(there: Backend) -> None:
    there.gives({"exit": "refused"})
    called(REFUND, {"case": "1"}, actions(there.url), times=3)
    assert there.connections == 3
    there.gives({"status": "none"})
    called(LOOK, {"case": "1"}, actions(there.url), times=3)
    assert there.connections == 4


def test_nobody_listens() -> None:
    with backend() as gone:
        url = gone.url
    assert called(REFUND, {"case": "1"}, actions(url)).reason == "not reached"


def test_certificates_are_those_of_the_name_and_of_somebody_trusted(tmp_path: Path) -> None:
    tls, ca = certificate(tmp_path, "crm.example")

    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    def asked(name: str, **settings: Any) -> Outcome:
        found = {"crm_url": f"https://{name}:{secure.port}", "allow": ["127.0.0.1"], **settings}
        return called(REFUND, {"case": "1"}, Actions(read(found), resolve=here))

    with backend(tls=tls) as secure:
        secure.gives({"exit": "refused"})
        assert asked("crm.example", ca=ca).result == {"exit": "refused"}
        assert asked("evil.example", ca=ca).reason == "not reached"
        assert asked("crm.example").reason == "not reached"
    assert len(secure.asked) == 1


def test_a_circuit_opens_and_closes_again() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES):
        assert breaker.lets()
        breaker.went(False)
    assert not breaker.lets()
    now[0] = REST
    assert breaker.lets()
    assert not breaker.lets()  # one at a time
    breaker.went(None)
    assert breaker.lets()
    breaker.went(False)
    now[0] = 2 * REST
    assert not breaker.lets()  # it rests twice as long
    now[0] = 4 * REST
    assert breaker.lets()
    breaker.went(True)
    assert breaker.lets()
    assert breaker.lets()


def test_what_fails_again_and_again_is_left_alone(there: Backend) -> None:
    there.gives(answer({}, "500 Oops"))
    found = called(REFUND, {"case": "1"}, actions(there.url), times=FAILURES + 3)
    assert found.reason == "circuit open"
    assert len(there.asked) == FAILURES


def test_no_more_at_once_than_is_set(there: Backend) -> None:
    there.gives({"exit": "refused"})
    there.hold.clear()

    async def run() -> list[str]:
        means = actions(there.url, at_once=1)
        first = asyncio.create_task(means.call(like(REFUND, timeout="60s"), {"case": "0"}, "0"))
        await asyncio.to_thread(there.came.wait, 60)
        others = (means.call(like(REFUND, timeout="1s"), {"case": "1"}, key) for key in "12")
        found = [outcome.reason for outcome in await asyncio.gather(*others)]
        there.hold.set()
        assert (await first).result == {"exit": "refused"}
        await means.close()
        return found

    assert asyncio.run(run()) == ["too busy", "too busy"]
    assert len(there.asked) == 1


def test_values_are_in_no_log_and_no_reason(
    there: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http = {"get": "{crm_url}/c/{case}?who={who}", "exit": "status"}
    action = replace(LOOK, http=http)
    reasons = []
    for given in ({"status": "none"}, {"status": CANARY}, answer(CANARY.encode()), b""):
        there.gives(given, closes=True)
        reasons.append(called(action, {"case": CANARY, "who": CANARY}, actions(there.url)).reason)
    assert any(CANARY in asked.target for asked in there.asked)
    assert CANARY not in caplog.text + " ".join(reasons)


# ---------------------------------------------------------------------------------- settings


def test_settings_are_read_and_secrets_are_not_shown() -> None:
    found = read({
        "crm_url": "https://crm.example/api/", "allow": "10.0.0.0/8, ::1", "at_once": "4",
        "headers": {"crm_url": {"Authorization": "Bearer s3cret"}},
    })  # fmt: skip
    assert found.addresses == {"crm_url": "https://crm.example/api"}
    assert found.allow == ("10.0.0.0/8", "::1")
    assert found.at_once == 4
    assert "s3cret" not in shown(found) + repr(found) + str([found])
    assert "Authorization for crm_url (set, not shown)" in shown(found)
    assert shown(ActionSettings()) == "(no address is set)"


def test_single_variables_stand_over_the_file() -> None:
    environment = {
        "FINGERPOST_ACTIONS_CRM_URL": "https://other.example",
        "FINGERPOST_ACTIONS_CRM_URL__X_API_KEY": "s3cret",
        "FINGERPOST_PORT": "1",
    }
    table = gathered(
        environment, {"crm_url": "https://crm.example", "erp_url": "https://erp.example"}
    )
    found = read(table["FINGERPOST_ACTIONS"])
    assert found.addresses == {
        "crm_url": "https://other.example",
        "erp_url": "https://erp.example",
    }
    assert found.headers == {"crm_url": {"X-Api-Key": "s3cret"}}
    assert gathered({}, {}) == {}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"crm_url": "ftp://crm.example"}, "an address is like"),
        ({"crm_url": "crm.example"}, "an address is like"),
        ({"crm_url": "https://u:s3cret@crm.example"}, "no name or password"),
        ({"crm_url": "https://crm.example/?a=1"}, "nothing behind"),
        ({"crm_url": "https://crm.example/a/../b"}, "nothing behind"),
        ({"crm_url": "https://crm.example:0/"}, "an address is like"),
        ({"crm_url": "https://crm.example/\r\n"}, "an address is like"),
        ({"CRM": "https://crm.example"}, "no name that a tree can use"),
        ({"crm_url": 7}, "an address is like"),
        ({"allow": "everything"}, "is no network"),
        ({"allow": 7}, "write networks"),
        ({"at_once": 0}, "a whole number"),
        ({"ca": "/no/such/file"}, "there is no file"),
        ({"headers": {"crm_url": {"A": "b"}}}, "there is no address 'crm_url'"),
        ({"crm_url": "https://c.example", "headers": {"crm_url": {"A": "s3cret\r\nB: c"}}}, "no plain line"),
        ({"crm_url": "https://c.example", "headers": {"crm_url": {"Host": "s3cret"}}}, "no header that can be set"),
        ({"crm_url": "https://c.example", "headers": {"crm_url": {"A b": "s3cret"}}}, "no header that can be set"),
        ({"headers": 7}, "write [actions.headers"),
        ("{", "this is a table"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_say_what_to_write(table: Any, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        read(table)
    assert says in str(refused.value)
    assert "s3cret" not in str(refused.value)
