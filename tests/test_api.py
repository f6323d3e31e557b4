"""The JSON API, in this process. Every answer is compared with what the description promises."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine import stories
from engine.script import Script, filled, play
from engine.walk import start, steps
from tests.served import Clock, Served, examined, served


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Served, Clock]]:
    """Where stories are told, each at its own time: an application a story costs more than it."""
    clock = Clock()
    with served(clock=clock) as found:
        yield found, clock


@pytest.fixture
def walk(api: Served) -> dict[str, Any]:
    """A walk of internet_down that stands at its first question."""
    return begun(api)


def begun(api: Served, **more: Any) -> dict[str, Any]:
    body = {"tree": "internet_down", "given": {"plan": "fibre"}, **more}
    answer = api.call("POST", "/walks", body)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def send(api: Served, walk: Mapping[str, Any], type: str, **more: Any) -> Any:
    body = {"type": type, "seq": walk["seq"], **more}
    return api.call("POST", f"/walks/{walk['id']}/events", body)


def at_lights(api: Served, **more: Any) -> dict[str, Any]:
    """A walk that stands at the question for the lights."""
    walk = begun(api, **more)
    told: list[dict[str, Any]] = [
        {"type": "answered", "answer": {"account": "12345678"}},
        {"type": "action_finished", "result": {"exit": "found", "line_id": "L1", "first_name": "Ana"}},
        {"type": "answered", "answer": "yes"},
        {"type": "action_finished", "result": {"exit": "none"}},
    ]  # fmt: skip
    for event in told:
        walk = send(api, walk, **event).json()
    assert walk["prompt"]["node"] == "lights"
    return walk


# ------------------------------------------------------------------------------------- trees


def test_the_trees_are_listed_and_each_can_be_read(api: Served) -> None:
    listed = api.call("GET", "/trees").json()["trees"]
    assert {tree["id"] for tree in listed} == set(examined().libraries[0].trees)
    for tree in listed:
        assert api.call("GET", f"/trees/{tree['id']}").json() == tree
        graph = api.call("GET", f"/trees/{tree['id']}/graph").json()
        nodes = {node["id"] for node in graph["nodes"]}
        assert graph["start"] == tree["start"]
        assert tree["start"] in nodes
        assert {exit["to"] for exit in graph["exits"]} <= nodes | {"here"}
        assert api.call("GET", f"/trees/{tree['id']}/findings").json() == {"findings": []}


def test_what_is_not_there_is_said_with_the_nearest(api: Served) -> None:
    answer = api.call("GET", "/trees/internet_dwon")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "internet_down" in answer.json()["detail"]
    for path in ("/trees/nope/graph", "/trees/nope/findings", "/walks/nope", "/walks/nope/path",
                 "/walks/nope/events", "/walks/nope/events.csv", "/walks/nope/transcript",
                 "/walks/nope/transcript.csv"):  # fmt: skip
        assert api.call("GET", path).status_code == 404
    assert api.call("POST", "/walks", {"tree": "nope"}).status_code == 404
    gone = {"type": "went_back", "seq": 1}
    assert api.call("POST", "/walks/nope/events", gone).status_code == 404


# ------------------------------------------------------------------------------------- walks


def test_a_walk_by_calls_alone(api: Served) -> None:
    walk = at_lights(api, reference="CASE-1", language="fr")
    assert walk["reference"] == "CASE-1"
    assert walk["expects"]["choices"] == ["green", "amber", "red", "off"]
    assert walk["prompt"]["say"].startswith("De quelle couleur")
    walk = send(api, walk, "answered", node="lights", answer="amber").json()
    assert walk["expects"]["type"] == "continued"
    walk = send(api, walk, "continued", node="reboot").json()
    walk = send(api, walk, "answered", answer="yes").json()
    assert walk["status"] == "ended"
    assert walk["prompt"] is None
    assert walk["outcome"]["node"] == "fixed"
    assert walk["outcome"]["disposition"] == "resolved_reboot"
    assert api.call("GET", f"/walks/{walk['id']}").json() == walk


def test_the_record_of_a_walk(api: Served) -> None:
    walk = at_lights(api)
    walk = send(api, walk, "noted", text="=1+1", node="lights").json()
    path = api.call("GET", f"/walks/{walk['id']}/path").json()["steps"]
    assert [(s["node"], s["exit"]) for s in path][-1] == ("outage", "none")
    events = api.call("GET", f"/walks/{walk['id']}/events").json()["events"]
    assert [event["seq"] for event in events] == list(range(1, walk["seq"] + 1))
    assert events[-1]["type"] == "noted"
    assert len({event["prev"] for event in events}) == len(events)
    text = api.call("GET", f"/walks/{walk['id']}/transcript").text
    assert "What is the account number" in text
    assert "12345678" in text
    lines = api.call("GET", f"/walks/{walk['id']}/transcript.csv").text.splitlines()
    assert lines[0] == "seq,at,node,asked,answered"
    assert lines[-1].endswith(",lights,,'=1+1")
    assert len(lines) == len([event for event in events if event["type"] != "started"]) + 1
    csv = api.call("GET", f"/walks/{walk['id']}/events.csv").text
    assert "'=1+1" in csv  # no spreadsheet computes it
    rows = api.call("GET", f"/walks/{walk['id']}/path.csv").text.splitlines()
    assert rows[0] == "tree,node,exit,visit"
    assert len(rows) == len(path) + 1


def test_personal_values_are_not_in_the_events(api: Served) -> None:
    walk = at_lights(api)
    assert "Ana" not in api.client.get(f"/api/v1/walks/{walk['id']}/events").text
    assert "Ana" not in api.client.get(f"/api/v1/walks/{walk['id']}/events.csv").text


def test_every_event_that_can_be_sent(api: Served) -> None:
    walk = at_lights(api)
    for type, more in (
        ("noted", {"text": "a note"}),
        ("parked", {"reason": "calls back", "until": "2030-01-01T10:00:00Z"}),
        ("resumed", {}),
        ("handed_to", {"to": "broadband_care", "reason": "knows more"}),
        ("language_set", {"language": "fr"}),
        ("answered", {"answer": "red"}),
        ("went_back", {}),
        ("changed", {"target": 4, "answer": "yes"}),
        ("answered", {"answer": {"anytime": "upset"}}),
        ("jumped", {"node": "cable", "reason": "knew it already"}),
        ("continued", {}),
        ("answered", {"answer": "yes"}),
        ("surveyed", {"survey": "csat", "rating": 5, "comment": "quick"}),
        ("closed", {"disposition": "resolved_cable", "summary": "done"}),
    ):  # fmt: skip
        answer = send(api, walk, type, **more)
        assert answer.status_code == 200, (type, answer.text)
        walk = answer.json()
    assert walk["status"] == "ended"
    events = api.call("GET", f"/walks/{walk['id']}/events").json()["events"]
    assert [event["type"] for event in events][-3:] == ["answered", "surveyed", "closed"]


def test_an_action_is_begun_and_finished(api: Served, walk: dict[str, Any]) -> None:
    walk = send(api, walk, "answered", answer={"account": "12345678"}).json()
    assert walk["prompt"] is None
    assert walk["request"]["action"] == "find_line"
    assert walk["request"]["inputs"] == {"account": "12345678"}
    assert set(walk["expects"]["exits"]) == {"found", "unknown"}
    walk = send(api, walk, "action_started").json()
    wrong = send(api, walk, "action_finished", exit="found", outputs={"line_id": "L1"})
    assert wrong.status_code == 422
    assert "first_name" in wrong.json()["fields"]
    other = send(api, walk, "action_finished", request="other", result="unknown")
    assert other.status_code == 409
    walk = send(
        api, walk, "action_finished", request=walk["request"]["id"], result="unknown"
    ).json()
    assert walk["prompt"]["node"] == "number_again"


def test_a_stale_caller_is_shown_the_newer_state(api: Served, walk: dict[str, Any]) -> None:
    newer = send(api, walk, "answered", answer={"account": "12345678"}).json()
    stale = send(api, walk, "answered", answer={"account": "87654321"})
    assert stale.status_code == 409
    told = stale.json()
    assert told.pop("detail")
    assert told == newer
    other = send(api, newer, "answered", node="lights", answer="red")
    assert other.status_code == 409
    assert "lights" in other.json()["detail"]


def test_what_is_not_possible_here_is_no_fault(api: Served, walk: dict[str, Any]) -> None:
    first = send(api, walk, "went_back")
    assert first.status_code == 409
    assert "first step" in first.json()["detail"]
    ended = send(api, walk, "answered", answer={"anytime": "hung_up"}).json()
    assert ended["outcome"]["disposition"] == "abandoned"
    again = send(api, ended, "answered", answer="yes")
    assert again.status_code == 409
    assert "ended" in again.json()["detail"]


def test_a_refused_answer_names_its_fields_and_changes_nothing(
    api: Served, walk: dict[str, Any]
) -> None:
    answers: list[Any] = [{"account": "12"}, {}, {"account": 12.5}, "yes", None, [], {"nope": 1}]
    for answer in answers:
        refused = send(api, walk, "answered", answer=answer)
        assert refused.status_code == 422, answer
        assert refused.json()["fields"]
    assert api.call("GET", f"/walks/{walk['id']}").json() == walk


def test_given_values_are_checked_at_the_start(api: Served) -> None:
    for more, field in (
        ({"given": {}}, "plan"),
        ({"given": {"plan": "glass"}}, "plan"),
        ({"given": {"plan": "fibre", "other": 1}}, "other"),
        ({"language": "nl"}, "language"),
        ({"audience": "system"}, "audience"),
    ):
        body = {"tree": "internet_down", "given": {"plan": "fibre"}, **more}
        answer = api.call("POST", "/walks", body)
        assert answer.status_code == 422
        assert field in answer.json()["fields"]


# -------------------------------------------------------------------------------- exactly once


def test_a_repeated_start_gives_the_same_walk(api: Served) -> None:
    body = {"tree": "internet_down", "given": {"plan": "fibre"}, "client_id": "start-1"}
    first = api.call("POST", "/walks", body)
    moved = send(api, first.json(), "answered", answer={"account": "12345678"})
    assert moved.status_code == 200
    again = api.call("POST", "/walks", body)
    assert again.status_code == 201
    assert again.json() == first.json()
    other = api.call("POST", "/walks", body | {"given": {"plan": "copper"}})
    assert other.status_code == 422
    assert "client_id" in other.json()["detail"]


def test_a_repeated_event_counts_once_and_gives_the_first_answer(
    api: Served, walk: dict[str, Any]
) -> None:
    body = {"answer": {"account": "12345678"}, "client_id": "a-1"}
    first = send(api, walk, "answered", **body)
    later = send(api, first.json(), "action_finished", result="unknown").json()
    again = send(api, walk, "answered", **body)
    assert again.status_code == 200
    assert again.json() == first.json()
    other = send(api, walk, "answered", answer={"account": "87654321"}, client_id="a-1")
    assert other.status_code == 422
    assert api.call("GET", f"/walks/{walk['id']}").json() == later


@pytest.mark.parametrize("what", ["start", "answer"])
def test_calls_at_the_same_moment_with_one_id_count_once(api: Served, what: str) -> None:
    walk = begun(api)
    body: dict[str, Any] = {"tree": "refund", "client_id": "at-once"}
    if what == "start":
        path = "/walks"
    else:
        answer = {"answer": {"account": "12345678"}, "client_id": "at-once"}
        path, body = f"/walks/{walk['id']}/events", {"type": "answered", "seq": 1, **answer}
    api.call("GET", "/trees")  # the description is read before threads ask for it
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.client.post(f"/api/v1{path}", json=body), range(16)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.text for answer in answers}) == 1


# ------------------------------------------------------------------------------------- rebase


def test_the_consequences_of_changing_an_answer(api: Served) -> None:
    walk = at_lights(api)
    walk = send(api, walk, "answered", answer="amber").json()
    walk = send(api, walk, "continued").json()
    path = f"/walks/{walk['id']}/rebase"
    told = api.call(
        "POST", f"{path}?dry_run=true", {"node": "lights", "answer": "red", "seq": walk["seq"]}
    )
    assert told.status_code == 200
    assert told.json()["dry_run"] is True
    assert told.json()["consequences"]["asked_again"] == "online"
    unseen = {"node": "lights", "answer": "red"}  # who only asks need not say what they saw
    assert api.call("POST", f"{path}?dry_run=true", unseen).json() == told.json()
    assert api.call("POST", path, unseen).json()["fields"] == {"seq": "is needed"}
    assert api.call("GET", f"/walks/{walk['id']}").json() == walk
    change = {"node": "lights", "answer": "green", "seq": walk["seq"], "client_id": "c-1"}
    done = api.call("POST", path, change)
    assert done.status_code == 200
    assert done.json()["request"]["action"] == "line_check"
    again = api.call("POST", path, change)
    assert again.json()["seq"] == done.json()["seq"]
    assert api.call("POST", path, change | {"client_id": "c-2"}).status_code == 409
    newer = {"answer": "green", "seq": done.json()["seq"]}
    assert api.call("POST", path, newer).status_code == 422
    assert api.call("POST", path, newer | {"target": 999}).status_code == 409
    bad = api.call("POST", path, {"node": "lights", "answer": "pink", "seq": done.json()["seq"]})
    assert bad.status_code == 422


# -------------------------------------------------------------------------------------- stories


def told_stories() -> list[Any]:
    found = []
    library = examined().libraries[0]
    for id, document in library.stories.items():
        for story in document.data:
            found.append(pytest.param(id, story, id=f"{id}: {story['story']}"))
    return found


@pytest.mark.parametrize(("id", "story"), told_stories())
def test_every_story_comes_true_by_calls(
    stage: tuple[Served, Clock], id: str, story: Mapping[str, Any]
) -> None:
    api, clock = stage
    tree = examined().libraries[0].trees[id]
    now = stories.moment(story.get("at"), tree)
    known = stories.given(tree, story.get("given") or {}, now.date())
    about = {name: story[name] for name in ("audience", "channel", "language") if name in story}
    told = start(tree, id="story", at=now, given=known, **about)
    told, stopped, _ = play(tree, told, Script(story.get("answers") or {}, _results(story)), now)
    assert not stopped
    script = Script(story.get("answers") or {}, _results(story))
    clock.now = now
    walk = api.call("POST", "/walks", {"tree": id, "given": known, **about}).json()
    while walk["status"] == "waiting":
        event = _next(api, walk, script, now)
        if event is None:
            break
        answer = send(api, walk, **event)
        assert answer.status_code == 200, answer.text
        walk = answer.json()
    if about.get("audience", tree.audience[0]) in ("customer", "system") and _results(story):
        return  # no address is set here: such actions fail at once where no agent walks
    assert walk["status"] == ("ended" if told.state.outcome else "waiting")
    if told.state.outcome:
        assert walk["outcome"]["node"] == told.state.outcome.node
        assert (walk["outcome"]["disposition"] or "") == told.state.outcome.disposition
    path = api.call("GET", f"/walks/{walk['id']}/path").json()["steps"]
    assert [(s["tree"], s["node"], s["exit"]) for s in path] == [
        (s.tree, s.node, s.exit) for s in steps(told)
    ]


def _results(story: Mapping[str, Any]) -> Mapping[str, Any]:
    return story.get("actions") or {}


def _next(api: Served, walk: Mapping[str, Any], script: Script, now: Any) -> dict[str, Any] | None:
    """The event that a story says comes next."""
    holding = api.desk.held.get(walk["id"])
    assert holding is not None
    held, tree = holding.standing.walk, holding.standing.tree
    frames = held.state.frames
    if walk["request"] is not None:
        there, result = script.result(frames, walk["request"]["action"])
        assert there
        return {"type": "action_finished", "result": filled(tree, held, result, now)}
    there, said = script.answer(frames, walk["expects"]["pick"] == "many")
    if said == {"back": True}:
        return {"type": "went_back"}
    if there:
        return {"type": "answered", "answer": said}
    return {"type": "continued"} if walk["expects"]["type"] == "continued" else None


# ----------------------------------------------------------------------------------- bad bodies


@pytest.mark.parametrize(
    ("raw", "status", "says"),
    [
        (b"", 400, "no JSON"),
        (b"{", 400, "no JSON"),
        (b"\xff\xfe", 400, "no JSON"),
        (b"[]", 422, "JSON object"),
        (b"null", 422, "JSON object"),
        (b'{"tree": NaN}', 400, "NaN"),
        (b'{"tree": -Infinity}', 400, "Infinity"),
        (b'{"tree": 1e999}', 400, "too large"),
        (b'{"tree": "refund", "tree": "refund"}', 400, "twice"),
        (b'{"tree": "\\ud800"}', 400, "surrogate"),
        (b'{"tree": 1}', 422, "text"),
        (b'{"tree": ["refund"]}', 422, "text"),
        (b"{}", 422, "'tree' is needed"),
        (b'{"tree": "refund", "tre": 1}', 422, "Did you mean 'tree'"),
        (b'{"tree": "refund", "given": []}', 422, "given"),
        (b'{"tree": "refund", "audience": "king"}', 422, "audience"),
        (b'{"tree": "refund", "channel": "smoke"}', 422, "channel"),
        (b'{"tree": "refund", "reference": "' + b"x" * 201 + b'"}', 422, "reference"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "no JSON"),
        (b'{"tree": "refund", "given": ' + b'{"a": ' * 30 + b"1" + b"}" * 31, 422, "deep"),
        (b'{"tree": "refund", "given": {"a": ' + b"9" * 5_000 + b"}}", 400, "no JSON"),
        (b'{"tree": "' + b"x" * 1_100_000 + b'"}', 413, "1 MB"),
    ],
)  # fmt: skip
def test_a_bad_body_is_told_what_is_wrong(api: Served, raw: bytes, status: int, says: str) -> None:
    answer = api.call("POST", "/walks", raw=raw)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says.lower() in answer.text.lower()


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"type": "bogus", "seq": 1}, "type"),
        ({"type": "started", "seq": 1}, "type"),
        ({"seq": 1}, "type"),
        ({"type": "noted", "text": "x"}, "seq"),
        ({"type": "noted", "seq": "1", "text": "x"}, "seq"),
        ({"type": "noted", "seq": True, "text": "x"}, "seq"),
        ({"type": "noted", "seq": -1, "text": "x"}, "seq"),
        ({"type": "noted", "seq": 1}, "text"),
        ({"type": "noted", "seq": 1, "text": ""}, "text"),
        ({"type": "noted", "seq": 1, "text": "x" * 10_001}, "text"),
        ({"type": "noted", "seq": 1, "text": "x", "at": "2020-01-01"}, "at"),
        ({"type": "answered", "seq": 1}, "answer"),
        ({"type": "continued", "seq": 1, "answer": "x"}, "answer"),
        ({"type": "parked", "seq": 1, "until": "soon"}, "until"),
        ({"type": "parked", "seq": 1, "until": "2026-01-01T10:00:00"}, "until"),
        ({"type": "surveyed", "seq": 1, "survey": "csat", "rating": 99}, "rating"),
        ({"type": "surveyed", "seq": 1, "survey": "stars", "rating": 5}, "survey"),
        ({"type": "language_set", "seq": 1, "language": "nl"}, "language"),
        ({"type": "closed", "seq": 1, "disposition": "nope"}, "disposition"),
        ({"type": "jumped", "seq": 1, "node": "nowhere", "reason": "x"}, "node"),
        ({"type": "jumped", "seq": 1, "node": "cable", "reason": ""}, "reason"),
    ],
)
def test_a_bad_event_is_told_where(
    api: Served, walk: dict[str, Any], event: dict[str, Any], field: str
) -> None:
    answer = api.call("POST", f"/walks/{walk['id']}/events", event)
    assert answer.status_code == 422
    assert field in answer.json()["fields"], answer.text
    assert api.call("GET", f"/walks/{walk['id']}").json()["seq"] == walk["seq"]


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20) | st.sampled_from(["yes", "found", "number", "12345678", "__class__"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
_KEYS = st.sampled_from(
    ["type", "seq", "client_id", "node", "answer", "request", "result", "exit", "outputs", "text",
     "reason", "until", "to", "survey", "rating", "language", "target", "disposition", "tree",
     "given", "audience", "reference"]
)  # fmt: skip
_TYPES = st.sampled_from(
    ["answered", "continued", "went_back", "action_finished", "action_started", "changed", "jumped",
     "noted", "language_set", "handed_to", "parked", "resumed", "followed_up", "surveyed", "closed"]
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(type=_TYPES, seq=st.integers(0, 3), body=st.dictionaries(_KEYS, _PLAIN, max_size=5))
def test_no_event_brings_the_server_down(
    api: Served, type: str, seq: int, body: dict[str, Any]
) -> None:
    walk = begun(api)
    for _ in range(2):
        event = {"type": type, "seq": seq} | body
        answer = api.call("POST", f"/walks/{walk['id']}/events", event)
        assert answer.status_code in (200, 409, 422), answer.text
    assert api.call("GET", f"/walks/{walk['id']}").status_code == 200
    assert api.client.get(f"/walks/{walk['id']}").status_code == 200


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/walks", "/walks/{id}/events", "/walks/{id}/rebase"]),
    body=_PLAIN | st.dictionaries(_KEYS, _PLAIN) | st.just({"tree": "refund"}),
)
def test_no_body_brings_the_server_down(api: Served, path: str, body: Any) -> None:
    walk = begun(api)
    answer = api.call("POST", path.format(id=walk["id"]), raw=json.dumps(body).encode())
    assert answer.status_code < 500, answer.text


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200))
def test_no_bytes_bring_the_server_down(api: Served, raw: bytes) -> None:
    assert api.call("POST", "/walks", raw=raw).status_code in (400, 422)


# ---------------------------------------------------------------------------------- description


def test_the_description_is_sound(api: Served) -> None:
    told = api.description
    assert told["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in told["paths"])
    for name, schema in told["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        for ref in _refs(schema):
            assert ref.rpartition("/")[2] in told["components"]["schemas"], (name, ref)
    for calls in told["paths"].values():
        for call in calls.values():
            assert call["summary"]
            for ref in _refs(call):
                assert ref.rpartition("/")[2] in told["components"]["schemas"], ref
    events = told["components"]["schemas"]
    sent = {events[n]["properties"]["type"]["enum"][0] for n in events if n.startswith("Send")}
    assert {"answered", "continued", "went_back", "jumped", "noted", "closed"} <= sent


def _refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from _refs(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _refs(inner)


# ---------------------------------------------------------------------------------------- guard


def test_alive_and_ready(api: Served) -> None:
    assert api.client.get("/healthz").json() == {"status": "alive"}
    ready = api.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["trees"] == len(examined().libraries[0].trees)


def test_what_every_answer_carries(api: Served) -> None:
    for path in ("/api/v1/trees", "/healthz", "/", "/nowhere", "/static/fingerpost.css"):
        headers = api.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert api.client.get("/api/v1/trees").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::2]", ""]
)
def test_another_name_is_not_served(api: Served, host: str) -> None:
    answer = api.client.get("/api/v1/trees", headers={"host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8123", "localhost:8000", "[::1]:8000"])
def test_its_own_names_are_served(api: Served, host: str) -> None:
    assert api.client.get("/api/v1/trees", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
    ],
)
def test_a_call_of_another_site_is_refused(api: Served, headers: dict[str, str]) -> None:
    body = {"tree": "refund"}
    assert api.client.post("/api/v1/walks", json=body, headers=headers).status_code == 403
    assert api.client.post("/start/refund", data=body, headers=headers).status_code == 403


def test_a_body_without_a_length_is_bounded_too(api: Served) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 100_000

    assert api.client.post("/api/v1/walks", content=pieces()).status_code == 413
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert api.client.post("/start/refund", content=pieces(), headers=form).status_code == 413
