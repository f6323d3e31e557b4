"""Every address with every role: who may come in, and whose walks he meets there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from engine.load import Examined, examine
from tests.kinds import write
from tests.served import Page, Served
from tests.signed_in import Office, office
from web.limits import Calls, Limit, TooMuch
from web.signin.people import ROLES, SCOPES, STAFF, Reach
from web.signin.rights import EVERYONE, RIGHTS, reach

NONE, OWN, TEAM, ALL = Reach
WALKERS = ("customer", *STAFF)

LAMPS = {
    "library.yaml": """
format: 1
teams:
  tier2: {label: Second line}
dispositions:
  done: {label: Done}
""",
    "lamps/lamp.yaml": """
format: 1
title: A lamp is dark
audience: [agent, customer]
start: plug
nodes:
  plug:
    ask: Is it plugged in?
    image: {file: media/lamp.png, alt: A lamp}
    choices: {yes: bulb, no: bulb}
  bulb:
    ask: Is the bulb new?
    choices: {yes: hand, no: fine}
  fine: {end: Fine., disposition: done}
  hand: {end: A colleague looks at it., disposition: done, hand_to: tier2}
""",
    "lamps/inside.yaml": """
format: 1
title: For agents alone
audience: [agent]
start: plug
nodes:
  plug:
    ask: Does the caller shout?
    image: {file: media/inside.png, alt: A secret}
    choices: {yes: fine, no: fine}
  fine: {end: Fine., disposition: done}
""",
}


@cache
def lamps() -> Examined:
    root = write(Path(mkdtemp()), LAMPS)
    (root / "media").mkdir()
    for name in ("lamp", "inside", "none"):
        (root / "media" / f"{name}.png").write_bytes(b"png")
    found = examine(root)
    assert {"lamp", "inside"} <= found.explored.keys(), found.errors
    return found


@pytest.fixture(scope="module")
def at() -> Iterator[Office]:
    with office(lamps()) as found:
        for role in STAFF:
            found.add(role, role)
        found.add("colleague", "agent", teams=["tier2"])
        yield found


def started(who: Served, tree: str = "lamp") -> str:
    """The id of a walk that he began."""
    page = who.open(f"/start/{tree}").press(tree)
    assert page.status == 200, page.text
    return walk_of(page)


def ended(who: Served) -> str:
    """The id of a walk that he handed to the second line."""
    page = who.open("/start/lamp").press("lamp").press("answer", answer="yes")
    page = page.press("answer", answer="yes")
    assert page.ended
    return walk_of(page)


def walk_of(page: Page) -> str:
    """The id in a page's address, which a customer has in self-service."""
    return str(page.path).partition("/walks/")[2].partition("/")[0]


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


# -------------------------------------------------------------------------------- the table


def routes(app: Any) -> set[str]:
    """Every address of the application, with its method."""
    while not hasattr(app, "router"):
        app = app.app
    found = set()
    todo = list(app.routes)
    while todo:
        route = todo.pop()
        inner = getattr(route, "original_router", None)
        if inner is not None:
            todo += inner.routes
            continue
        assert isinstance(route, Route | APIRoute), route
        found |= {f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"}}
    return found


def test_every_address_has_a_line_and_every_line_an_address(at: Office) -> None:
    found = routes(at.app)
    assert len(found) > 30
    assert found - RIGHTS.keys() == set(), "an address without a line in web/signin/rights.py"
    assert RIGHTS.keys() - found == set(), "a line without an address"


def test_an_address_without_a_line_keeps_the_server_from_starting(at: Office) -> None:
    from web.signin.gate import Gate

    async def answers(request: Any) -> Any:
        raise AssertionError

    with pytest.raises(KeyError, match="GET /secret"):
        Gate(at.signin).over(Route("/secret", answers))
    with pytest.raises(KeyError, match=r"POST /walks/\{id\}"):
        Gate(at.signin).over(Route("/walks/{id}", answers, methods=["POST"]))
    with pytest.raises(KeyError, match="GET /secret"):
        Gate(at.signin).api_route("/secret", answers)


def test_what_stood_beside_the_gate_would_show_nothing(at: Office) -> None:
    from web.signin.gate import Gate
    from web.signin.people import asking

    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(asking())

    async def ask(around: Any) -> None:
        await around({"type": "http"}, None, None)

    at.work(lambda: ask(Gate(at.signin).around(app)))
    assert (seen[0].person.id, seen[0].person.roles, seen[0].reach) == (
        "nobody",
        frozenset(),
        NONE,
    )
    page = at.browser().open("/nowhere")
    assert page.status == 404
    assert "Library" not in page.text.partition("There is no such page")[0]


def test_the_table_names_roles_and_scopes_that_there_are() -> None:
    for address, right in RIGHTS.items():
        assert right.keys() <= {EVERYONE, *ROLES, *SCOPES}, address
        if EVERYONE in right:
            assert right == {EVERYONE: ALL}, address


def test_customers_meet_nothing_but_starting_walking_and_reading_their_own() -> None:
    theirs = {address for address, right in RIGHTS.items() if "customer" in right}
    assert all(RIGHTS[address]["customer"] is OWN for address in theirs)
    assert {address for address in theirs if "/api/" in address} == {
        "GET /api/v1/walks/{id}/transcript"
    }
    assert not theirs & {"GET /", "GET /walks", "GET /metrics"}


def test_whoever_has_more_roles_has_the_farthest_reach() -> None:
    walk = "GET /walks/{id}"
    assert reach(walk, {"author"}) is OWN
    assert reach(walk, {"author", "agent"}) is TEAM
    assert reach(walk, {"author", "supervisor", "agent"}) is ALL
    assert reach(walk, ()) is NONE
    assert reach(walk, {"walk", "reports"}) is NONE
    assert reach("GET /healthz", ()) is ALL


def concrete(address: str, id: str) -> tuple[str, str]:
    method, path = address.split(" ")
    path = path.replace("{path:path}", "lamp.png").replace("{name}", "fingerpost.css")
    path = path.replace("{tree}", "lamp").replace("{seq}", "1").replace("{target:int}", "2")
    return method, path.replace("{id}", id)


def turned_away(answer: Any) -> bool:
    if answer.status_code in (401, 403) or "This page is an old one" in answer.text:
        return True
    led = ("/sign-in", "/help/walks/") if "/help" not in str(answer.url) else ("/sign-in",)
    return answer.status_code in (303, 307) and answer.headers["location"].startswith(led)


def sent(who: Served, address: str, id: str, headers: dict[str, str] | None = None) -> Any:
    """A request as this browser makes it, with the seal that its forms have."""
    method, path = concrete(address, id)
    page = who.open("/sign-in") if not headers else None
    same = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
    more: dict[str, Any] = {"headers": headers or same, "follow_redirects": False}
    if method == "POST" and "/api/" in path:
        more["json"] = {}
    elif method == "POST":
        seal = page.typed("token") if page else ""
        start = who.open("/start/lamp").typed("token") if page and not seal else seal
        more["data"] = {"token": start}
    return who.client.request(method, path, **more)


LEAVING = {
    "POST /account/sessions",
    "POST /sign-out",
    "POST /sign-in",
    "GET /sign-in/provider",
    "GET /sign-in/back",
    # Everybody's, but only within pages that may hold ours: `test_embed.py`.
    "GET /embed/{tree}",
    "POST /embed/{tree}",
}


@pytest.mark.parametrize("role", WALKERS)
def test_a_role_comes_in_where_the_table_says_so_and_nowhere_else(at: Office, role: str) -> None:
    who = at.browser() if role == "customer" else at.signed_in(role)
    id = started(who)
    for address in sorted(RIGHTS.keys() - LEAVING):
        answer = sent(who, address, id)
        told = (address, role, answer.status_code, answer.text[:200])
        assert turned_away(answer) == (reach(address, {role}) is NONE), told
        assert answer.status_code < 500, told


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_opens_what_its_scope_is_for_and_nothing_else(at: Office, scope: str) -> None:
    owner, key = at.signed_in("supervisor"), bearer(at.key(scope))
    program, id = at.browser(), started(owner)
    for address in sorted(RIGHTS.keys() - LEAVING):
        answer = sent(program, address, id, key)
        told = (address, scope, answer.status_code, answer.text[:200])
        right = reach(address, {scope})
        assert turned_away(answer) == (right is NONE), told
        if right is NONE:
            assert answer.status_code == 403, told
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"], told
        elif right is OWN and "{id}" in address:
            assert answer.status_code == 404 or answer.request.method == "POST", told


def test_the_description_says_which_scopes_a_call_needs(at: Office) -> None:
    nobody = at.browser()
    assert nobody.call("POST", "/walks", {"tree": "lamp"}).status_code == 401  # as described
    for path, calls in nobody.description["paths"].items():
        for method, call in calls.items():
            address = f"{method.upper()} {path}"
            (key, local) = call["security"]
            assert local == {}
            assert set(key["key"]) == RIGHTS[address].keys() & set(SCOPES), address
            assert {"401", "403"} <= call["responses"].keys(), address


def test_nobody_comes_in_without_a_cookie_or_a_key(at: Office) -> None:
    id = started(at.signed_in("agent"))
    for address in sorted(RIGHTS.keys() - LEAVING):
        method, path = concrete(address, id)
        at.client.cookies.clear()
        answer = at.client.request(method, path, follow_redirects=False)
        public = reach(address, ()) is ALL
        if public and method == "POST":  # a form, and no page of ours was asked for it
            assert answer.status_code == 403, address
        elif public:
            assert not turned_away(answer), address
        elif "/api/" in path or path == "/metrics":
            assert answer.status_code == 401, address
            assert answer.headers["www-authenticate"] == 'Bearer realm="fingerpost"'
            if "/api/" in path:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["status"] == 401
        elif path == "/start/lamp":  # for customers there is self-service
            assert answer.headers["location"] == "/help/lamp", address
        elif path in ("/media/lamp.png", "/help", "/help/lamp"):  # of customers
            assert answer.status_code in (200, 403), address
        else:
            assert turned_away(answer) or answer.status_code == 404, (address, answer.status_code)
    at.client.cookies.clear()


# --------------------------------------------------------------------- another person's walk


@pytest.fixture(scope="module")
def people(at: Office) -> dict[str, Served]:
    found = {role: at.signed_in(role) for role in STAFF}
    found |= {"colleague": at.signed_in("colleague"), "customer": at.browser()}
    found["another customer"] = at.browser()
    for who in ("customer", "another customer"):
        found[who].open("/start/lamp")
    return found


MAY_READ = {
    # who began it -> who else reads it, while it is under way and once the second line has it
    "customer": ({"supervisor", "admin"}, {"colleague"}),
    "agent": ({"supervisor", "admin"}, {"colleague"}),
    "author": ({"supervisor", "admin"}, {"colleague"}),
    "supervisor": ({"admin"}, {"colleague"}),
}


@pytest.mark.parametrize("owner", MAY_READ)
def test_another_persons_walk_is_as_one_that_is_not_there(
    people: dict[str, Served], owner: str
) -> None:
    always, handed = MAY_READ[owner]
    for id, readers in ((started(people[owner]), always), (ended(people[owner]), always | handed)):
        for name, who in people.items():
            for address in (a for a in RIGHTS if "/walks/{id}" in a and "/api/" not in a):
                answer, none = sent(who, address, id), sent(who, address, "w0-" + "x" * 24)
                told = (owner, name, address, answer.status_code)
                role = {"colleague": "agent", "another customer": "customer"}.get(name, name)
                if reach(address, (role,)) is NONE:  # whether or not there is one
                    assert answer.status_code == none.status_code in (303, 307, 401, 403, 409), (
                        told
                    )
                elif name == owner or name in readers:
                    assert "There is no walk" not in answer.text, told
                else:
                    assert answer.status_code == none.status_code == 404, told
                    assert "There is no walk" in answer.text, told
                    assert answer.text.replace(id, "") == none.text.replace("w0-" + "x" * 24, "").replace(none.headers["x-request-id"], answer.headers["x-request-id"]), told  # fmt: skip


@pytest.mark.parametrize("what", ["", "/path", "/path.csv", "/events", "/events.csv", "/transcript", "/transcript.csv"])  # fmt: skip
def test_a_record_is_read_by_those_who_may(people: dict[str, Served], what: str) -> None:
    id = started(people["agent"])
    statuses = {
        name: who.client.get(f"/api/v1/walks/{id}{what}").status_code
        for name, who in people.items()
    }
    strangers = 404 if what == "/transcript" else 401
    assert statuses == {
        "agent": 200, "supervisor": 200, "admin": 200, "author": 404, "colleague": 404,
        "customer": strangers, "another customer": strangers,
    }  # fmt: skip


def test_a_refused_move_of_another_persons_walk_changes_nothing(
    at: Office, people: dict[str, Served]
) -> None:
    id = started(people["agent"])
    people["agent"].open(f"/walks/{id}")  # it is held in memory
    body = {"type": "answered", "node": "plug", "seq": 1, "client_id": "x", "answer": "yes"}
    same = {"origin": "http://127.0.0.1"}
    for name in ("author", "colleague"):
        answer = people[name].client.post(f"/api/v1/walks/{id}/events", json=body, headers=same)
        assert answer.status_code == 404, name
    assert sent(people["customer"], "POST /help/walks/{id}/answer", id).status_code == 404
    assert len(at.work(lambda: at.desk.store.events(id))) == 1
    assert people["agent"].client.post(f"/api/v1/walks/{id}/events", json=body, headers=same).status_code == 200  # fmt: skip


def test_a_walk_that_was_moved_a_moment_ago_is_no_strangers_either(
    people: dict[str, Served],
) -> None:
    """The page after a move is shown without a look at the store: not to everybody."""
    page = people["agent"].open("/start/lamp").press("lamp")
    id = page.path.split("/")[2]
    sent = {"token": page.typed("token"), "seq": "1", "node": "plug", "answer": "yes"}
    answer = people["agent"].client.post(f"/walks/{id}/answer", data=sent, follow_redirects=False)
    where = answer.headers["location"]
    assert where == f"/walks/{id}/2"
    for name in ("author", "colleague", "customer"):  # (he looks for it in self-service)
        assert people[name].client.get(where).status_code == 404, name
    assert people["agent"].client.get(where).status_code == 200


def test_lists_hold_ones_own_walks_and_a_supervisors_all(people: dict[str, Served]) -> None:
    ids = {name: started(people[name]) for name in ("agent", "author", "customer")}
    for name in ("agent", "author", "supervisor", "admin"):
        for address in ("/walks", "/"):
            text = people[name].open(address).html
            seen = {owner for owner, id in ids.items() if id in text}
            assert seen == (set(ids) if name in ("supervisor", "admin") else {name}), address


def test_a_customer_walks_trees_for_customers_as_a_customer(at: Office) -> None:
    who = at.browser()
    page = who.open("/start/inside")
    assert page.status == 404
    assert "lamp" in page.text or "inside" in page.text
    assert who.open("/start/no_such").status == 404
    start = who.open("/start/lamp")
    assert "Who walks?" not in start.text
    page = start.send("/start/lamp", [("audience", "agent"), ("client_id", "a")])
    id = walk_of(page)
    row = at.work(lambda: at.desk.store.walk(id))
    assert row.head.audience == "customer"
    assert row.actor.startswith("c_")
    assert "Library" not in page.text
    assert "Events as JSON" not in page.text
    # The record says nothing that opens anything: neither the cookie nor part of it.
    (cookie,) = [v for k, v in who.client.cookies.items() if "browser" in k]
    assert cookie[:8] not in json.dumps(
        [str(e) for e in at.work(lambda: at.desk.store.events(id))]
    )


def test_a_customer_is_led_to_the_same_in_self_service_and_nobody_else_is(
    people: dict[str, Served],
) -> None:
    def leads(who: Served, path: str) -> str:
        answer = who.client.get(path, follow_redirects=False)
        assert answer.status_code in (200, 303), (path, answer.status_code)
        return str(answer.headers.get("location", ""))

    who = people["customer"]
    id = started(who)
    assert leads(who, "/start/lamp") == "/help/lamp"
    assert leads(who, "/start/lamp?language=en&x=a%26b") == "/help/lamp?language=en&x=a%26b"
    assert leads(who, f"/walks/{id}/1") == f"/help/walks/{id}/1"
    for path in (f"/walks/{id}", f"/walks/{id}/code", f"/walks/{id}/change/1"):
        assert leads(who, path) == f"/help/walks/{id}", path
    # A form of a page from before still counts, and leads on.
    fields = [("seq", "1"), ("node", "plug"), ("answer", "yes")]
    page = who.open(f"/walks/{id}").send(f"/walks/{id}/answer", fields)
    assert page.path == f"/help/walks/{id}/2"
    assert 'class="record"' not in page.html
    other = people["another customer"].client
    assert other.get(f"/walks/{id}/2").status_code == 404
    for name in STAFF:
        assert not leads(people[name], "/start/lamp"), name
        assert leads(people[name], f"/walks/{started(people[name])}").startswith("/walks/"), name
    assert leads(people["supervisor"], f"/walks/{id}") == f"/walks/{id}/2"


def test_what_a_customer_sends_from_an_old_page_is_given_back(
    people: dict[str, Served],
) -> None:
    who = people["customer"]
    id = started(who)
    page = who.open(f"/walks/{id}")
    for name, typed in (("notes", ("text", "My <b>words</b>")), ("change/1", ("f.name", "Ann"))):
        back = page.send(f"/walks/{id}/{name}", [("seq", "1"), typed])
        assert (back.status, back.path) == (409, f"/walks/{id}/{name}")
        assert typed[1] in back.text
        assert f"/help/walks/{id}" in back.links
    forged = who.client.post(f"/walks/{id}/notes", data={"text": "x"}, follow_redirects=False)
    assert forged.status_code == 403


def test_what_a_customer_sends_to_the_consoles_addresses_counts_as_in_self_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walking = sys.modules["web.pages.help.walking"]
    monkeypatch.setattr(walking, "Limit", lambda most, _: Limit(4, 60, lambda: 0.0))
    with office(lamps()) as at:
        at.add("agent", "agent")
        who, agent = at.browser(), at.signed_in("agent")
        for name in ("answer", "action", "back", "anytime", "language"):
            id, page = started(who), who.open("/help/lamp")
            form = [("seq", "0"), ("node", "x"), ("language", "en")]
            to = (f"/walks/{id}/{name}", f"/help/walks/{id}/{name.replace('action', 'answer')}")
            found = [page.send(address, form).status for address in to * 3]
            assert 429 not in found[:4], (name, found)
            assert found[4:] == [429, 429], (name, found)
        id, page = started(agent), agent.open("/help/lamp")
        staffs = [page.send(f"/walks/{id}/back", [("seq", "0")]).status for _ in range(6)]
        assert 429 not in staffs


def test_a_customer_sees_pictures_of_trees_for_customers(people: dict[str, Served]) -> None:
    for name, right in (("customer", [200, 404, 404]), ("agent", [200, 200, 200])):
        paths = [f"/media/{file}.png" for file in ("lamp", "inside", "none")]
        assert [people[name].client.get(path).status_code for path in paths] == right


def test_where_customers_do_not_walk_nobody_does_without_signing_in() -> None:
    with office(lamps(), self_service=False) as at:
        who = at.browser()
        for path in ("/start/lamp", "/start/inside", "/walks/x", "/"):
            answer = who.client.get(path, follow_redirects=False)
            assert answer.headers["location"] == f"/sign-in?then={path}"


def test_what_one_did_is_recorded_under_ones_id(at: Office, people: dict[str, Served]) -> None:
    id = started(people["author"])
    people["supervisor"].open(f"/walks/{id}").press("answer", answer="yes")
    actors = [stored.event.actor for stored in at.work(lambda: at.desk.store.events(id))]
    users = dict(at.work(at.signin.accounts.all))
    assert actors == [users["name:author"].id, users["name:supervisor"].id]
    key = at.key("walk")
    walk = at.client.post("/api/v1/walks", json={"tree": "lamp"}, headers=bearer(key)).json()
    row = at.work(lambda: at.desk.store.walk(walk["id"]))
    assert row.actor.startswith("key:k_")


def test_programs_with_keys_of_their_own_have_walks_of_their_own(at: Office) -> None:
    one, other, reader = (bearer(at.key(*s)) for s in (["walk"], ["walk"], ["read:walks"]))
    body = {"tree": "inside", "client_id": "same"}
    ids = [at.client.post("/api/v1/walks", json=body, headers=key).json()["id"] for key in (one, other, one)]  # fmt: skip
    assert ids[0] == ids[2] != ids[1]
    asked = [at.client.get(f"/api/v1/walks/{ids[0]}", headers=key).status_code for key in (one, other, reader)]  # fmt: skip
    assert asked == [200, 404, 200]
    move = {"type": "answered", "node": "plug", "seq": 1, "client_id": "x", "answer": "yes"}
    path = f"/api/v1/walks/{ids[0]}/events"
    moved = [at.client.post(path, json=move, headers=key).status_code for key in (other, reader, one)]  # fmt: skip
    assert moved == [404, 403, 200]


def test_on_a_server_that_nobody_signs_in_to_the_local_person_does_everything() -> None:
    with office(lamps(), ways=()) as at:
        who = at.browser()
        id = started(who, "inside")
        for address in sorted(RIGHTS.keys() - LEAVING):
            assert not turned_away(sent(who, address, id)), address
        assert at.browser().open(f"/walks/{id}").status == 200
        assert at.work(lambda: at.desk.store.walk(id)).actor == "local"
        assert not who.client.cookies
        assert "Sign out" not in who.open("/").text
        assert who.open("/sign-in").path == "/"


# ------------------------------------------------------------------------- the table in the docs


COLUMNS = (*ROLES, "keys with")


def as_table() -> str:
    rows = [f"| address | {' | '.join(COLUMNS)} |", "| --- " * (len(COLUMNS) + 1) + "|"]
    for address, right in RIGHTS.items():
        if EVERYONE in right:
            continue
        cells = [right.get(role, NONE) for role in ROLES]
        words = [cell.name.lower() if cell else "–" for cell in cells]
        scopes = [
            f"`{scope}`{' (own)' if right[scope] is OWN else ''}"
            for scope in SCOPES
            if scope in right and scope != "admin"
        ]
        rows.append(f"| `{address}` | {' | '.join([*words, ', '.join(scopes) or '–'])} |")
    return "\n".join(rows)


def test_the_docs_print_the_table() -> None:
    text = (Path(__file__).parent.parent / "docs" / "security.md").read_text("utf-8")
    assert as_table() in text, as_table()


def test_the_docs_name_tests_that_there_are() -> None:
    here = Path(__file__).parent
    text = (here.parent / "docs" / "security.md").read_text("utf-8")
    for file, _, name in (found.partition("::") for found in re.findall(r"`(test_\w+\.py(?:::\w+)?)`", text)):  # fmt: skip
        assert (here / file).is_file(), file
        assert f"def {name}" in (here / file).read_text("utf-8"), name


# ------------------------------------------------------------------- how much a key may ask for


def test_a_key_that_calls_without_end_is_told_to_wait_and_nobody_else_is() -> None:
    with office(lamps(), key_calls=1) as at:
        busy, other = at.key("read:trees"), at.key("read:trees")

        def calls(key: str, path: str = "/api/v1/trees", n: int = 1) -> list[Any]:
            return [at.client.get(path, headers=bearer(key)) for _ in range(n)]

        answers = calls(busy, n=3)
        assert [one.status_code for one in answers] == [200, 429, 429]
        refused = answers[1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        told = refused.json()
        assert (told["status"], told["title"]) == (429, "Too much at once")
        assert "this key" in told["detail"].lower()
        assert calls(busy, "/api/v1/walks")[0].status_code == 429  # whether or not it may
        assert calls(other)[0].status_code == 200
        assert calls("fp_nobody's")[0].status_code == 401
        assert at.browser().open("/help").status == 200
        lines = [one for one in at.audit() if one.get("why") == "too many calls"]
        assert {one["address"] for one in lines} == {"GET /api/v1/trees", "GET /api/v1/walks"}
        assert all(one["who"].startswith("key:k_") for one in lines)
        assert busy not in json.dumps(at.audit())


@pytest.mark.parametrize(("a_minute", "at_once"), [(1, 1), (6, 1), (60, 10), (6_000, 1_000)])
def test_calls_come_back_as_time_goes_on(a_minute: int, at_once: int) -> None:
    now = [0.0]
    calls = Calls(a_minute, lambda: now[0])

    def takes(n: int) -> None:
        for _ in range(n):
            calls.take("a key")
        for _ in range(2):  # what is refused does not count
            with pytest.raises(TooMuch) as wait:
                calls.take("a key")
            assert wait.value.seconds == -(-60 // a_minute)

    takes(at_once)
    now[0] += 60 / a_minute + 1e-6
    takes(1)
    now[0] += 3_600
    takes(at_once)


def test_without_a_bound_a_key_calls_as_it_likes() -> None:
    calls = Calls(0)
    for _ in range(5_000):
        calls.take("a key")
