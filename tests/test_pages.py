"""The pages, in this process, with a browser that knows forms and no script."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from engine import stories
from engine import walk as walks
from engine.errors import StoreError
from engine.load import examine
from engine.script import Script, filled, play
from engine.stores.memory import Memory
from engine.walk import start
from tests.embedded import shop
from tests.kinds import FILES, kinds, write
from tests.served import TREES, Clock, Page, Served, examined, served
from web.pages.frames import Frames

WEB = Path(__file__).parent.parent / "web"


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Served, Clock]]:
    """Where stories are told, each at its own time: an application a story costs more than it."""
    clock = Clock()
    with served(clock=clock) as found:
        yield found, clock


@pytest.fixture(scope="module")
def every() -> Iterator[Served]:
    """A library with a step of every kind."""
    with served(kinds()) as found:
        yield found


def sound(page: Page, status: int = 200) -> Page:
    """A page as every page must be."""
    assert page.status == status, page.text
    (html,) = page.tags("html")
    assert html["lang"]
    assert html["dir"] in ("ltr", "rtl")
    assert len(page.tags("h1")) == 1, page.text
    assert len(page.tags("main")) == 1
    assert page.title.endswith("Fingerpost")
    assert len(page.title) > len("· Fingerpost")
    for script in page.tags("script"):  # of ours, and never in the page itself
        assert script.keys() == {"type", "src"}
        assert str(script["src"]).startswith("/static/")
    assert not re.search(r"<script[^>]*>[^<]", page.html)
    assert "style=" not in page.html
    assert not re.search(r"<[^>]* on[a-z]+=", page.html)
    assert "Traceback" not in page.html
    ids = [str(a["id"]) for tag in page._read.tags for a in [tag[1]] if a.get("id")]
    assert len(ids) == len(set(ids)), sorted(ids)
    assert any(a.get("href") == "#main" for a in page.tags("a")[:1])
    labelled = {str(a["for"]) for a in page.tags("label") if a.get("for")}
    for control, _ in page._read.controls:
        if control.tag == "button" or control.get("type") in ("hidden", "radio", "checkbox"):
            continue
        assert control.get("id") in labelled, control
    for where in re.findall(r'href="#([^"]*)"', page.html):
        assert where in ids, where
    assert page.headers["cache-control"] == "no-store"
    return page


def started(app: Served, tree: str = "internet_down", **typed: Any) -> Page:
    typed = {"f__plan": "fibre", **typed} if tree == "internet_down" else typed
    return sound(app.open(f"/start/{tree}").press(tree, **typed))


def at_lights(app: Served, **typed: Any) -> Page:
    page = started(app, **typed)
    page = page.press("answer", f__account="12345678")
    page = page.press(
        "answer", answer="found", **{"f.found.line_id": "L1", "f.found.first_name": "Ana"}
    )
    page = page.press("answer", answer="yes").press("answer", answer="none")
    assert "What colour is the light" in page.title
    return sound(page)


def standing(page: Page) -> dict[str, Any]:
    id = page.path.split("/")[2]
    found: dict[str, Any] = page.served.call("GET", f"/walks/{id}").json()
    return found


def events(page: Page) -> list[dict[str, Any]]:
    id = page.path.split("/")[2]
    found: list[dict[str, Any]] = page.served.call("GET", f"/walks/{id}/events").json()["events"]
    return found


# ------------------------------------------------------------------------------------ library


def test_the_library_lists_what_can_be_walked(app: Served) -> None:
    page = sound(app.open("/"))
    assert "/start/internet_down" in page.links
    assert "/start/identify_caller" not in page.links  # only others use it
    assert "Find out why a broadband line is down" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("router", ["internet_down"]),
        ("  ROUTER   light ", ["internet_down"]),
        ("voyant", ["internet_down"]),
        ("returns", ["refund"]),
        ("quetzalcoatl", []),
        ("<script>", []),
        ("%", []),
    ],
)
def test_the_search_looks_at_titles_texts_and_tags(
    app: Served, query: str, found: list[str]
) -> None:
    page = sound(Page(app, app.client.get("/", params={"q": query})))
    starts = [link.rpartition("/")[2] for link in page.links if link.startswith("/start/")]
    assert set(found) <= set(starts) if found else not starts  # others may say it too
    assert page.typed("q") == query
    assert " ".join(query.split()) in page.text


def test_a_tree_with_errors_is_not_served_and_is_said_why(tmp_path: Path) -> None:
    broken = FILES["kinds/salam.yaml"].replace("no: bye", "no: nowhere")
    with served(examine(write(tmp_path, {**FILES, "kinds/salam.yaml": broken}))) as app:
        page = sound(app.open("/"))
        assert "/start/salam" not in page.links
        assert "/start/kinds" in page.links
        assert "kinds/salam.yaml:8:29 there is no node 'nowhere'" in page.text
        assert str(tmp_path) not in page.html
        assert sound(app.open("/start/salam"), 404)


def test_an_empty_library_says_how_to_begin(tmp_path: Path) -> None:
    with served(examine(write(tmp_path, {"library.yaml": "format: 1\n"}))) as app:
        assert "fingerpost new" in sound(app.open("/")).text
        assert app.client.get("/readyz").status_code == 503


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/walks/nope", "/walks/nope/1", "/start/nope", "/media/nope.png", "/static/nope.css",
     "/static/nope.py", "/media/..%2flibrary.yaml", "/media/%2e%2e/library.yaml", "/media/a%00.png",
     "/%ff", "/start/<script>alert(1)</script>", "/walks/" + "x" * 3_000],
)  # fmt: skip
def test_an_unknown_address_gives_a_page_that_helps(app: Served, path: str) -> None:
    answer = app.client.get(path)
    assert answer.status_code == 404
    page = Page(app, answer)
    assert len(page.tags("h1")) == 1
    assert "/" in page.links
    assert "<script" not in page.html


def test_the_nearest_tree_is_named(app: Served) -> None:
    assert "Did you mean 'internet_down'" in app.open("/start/internet_dwon").text


# ------------------------------------------------------------------------------------ starting


def test_a_refused_start_comes_back_with_everything_typed(app: Served) -> None:
    page = app.open("/start/internet_down")
    page = page.press(
        "internet_down",
        f__caller_phone="nonsense",
        reference="CASE 1",
        language="fr",
        audience="customer",
    )
    sound(page, 422)
    assert page.title.startswith("Mistake")
    assert page.typed("f.caller_phone") == "nonsense"
    assert page.typed("reference") == "CASE 1"
    assert page.typed("language") == "fr"
    assert page.typed("audience") == "customer"
    assert "#f.plan" in page.links
    assert "#f.caller_phone" in page.links
    sound(page.press("internet_down", f__caller_phone="", f__plan="copper"))


def test_too_long_a_reference_is_said_at_its_field(app: Served) -> None:
    page = app.open("/start/refund").press("refund", reference="x" * 201)
    sound(page, 422)
    assert page.typed("reference") == "x" * 201
    assert "#reference" in page.links


def test_a_double_click_starts_one_walk(app: Served) -> None:
    page = app.open("/start/refund")
    first, second = page.press("refund"), page.press("refund")
    assert first.path == second.path
    other = page.press("refund", reference="another call")
    assert other.path != first.path


# ------------------------------------------------------------------------------- stories by forms


def _fails_at_once(id: str, story: Mapping[str, Any]) -> bool:
    """No address of an action is set here: where no agent walks they fail at once, untold."""
    audience = story.get("audience") or examined().libraries[0].trees[id].audience[0]
    return audience != "agent" and bool(story.get("actions"))


def told_stories() -> list[Any]:
    return [
        pytest.param(id, story, how, id=f"{how}: {id}: {story['story']}")
        for id, document in examined().libraries[0].stories.items()
        for n, story in enumerate(document.data)
        if not _fails_at_once(id, story)
        for how in (("press", "post") if n == 0 else ("press",))
    ]


@pytest.mark.parametrize(("id", "story", "how"), told_stories())
def test_every_story_comes_true_by_forms(
    stage: tuple[Served, Clock], id: str, story: Mapping[str, Any], how: str
) -> None:
    app, clock = stage
    tree = examined().libraries[0].trees[id]
    now = stories.moment(story.get("at"), tree)
    known = stories.given(tree, story.get("given") or {}, now.date())
    about = {name: story[name] for name in ("audience", "language") if name in story}
    told = start(tree, id="story", at=now, given=known, **about)
    script = Script(story.get("answers") or {}, story.get("actions") or {})
    told, _, _ = play(tree, told, script, now)
    script = Script(story.get("answers") or {}, story.get("actions") or {})
    clock.now = now
    typed = {f"f.{name}": _word(value) for name, value in known.items()}
    page = getattr(app.open(f"/start/{id}"), how if how == "press" else "press")(
        id, **typed, **about
    )
    while not page.ended and (event := _next(app, sound(page), script, now)) is not None:
        what, more = event
        page = (
            getattr(page, how)(what, **more)
            if what != "anytime"
            else page.press(what, more["anytime"])
        )
    sound(page)
    assert standing(page)["status"] == ("ended" if told.state.outcome else "waiting")
    if told.state.outcome:
        assert standing(page)["outcome"]["node"] == told.state.outcome.node


def _next(app: Served, page: Page, script: Script, now: Any) -> tuple[str, dict[str, Any]] | None:
    """The form that a story says comes next, and what to type into it."""
    holding = app.desk.held.get(page.path.split("/")[2])
    assert holding is not None
    walk, tree = holding.standing.walk, holding.standing.tree
    if walk.state.request is not None:
        there, result = script.result(walk.state.frames, walk.state.request.action)
        assert there
        result = filled(tree, walk, result, now)
        exit = result.pop("exit")
        return "answer", {"answer": exit} | _cells(f"f.{exit}.", result)
    expected = walks.expects(tree, walk)
    there, said = script.answer(walk.state.frames, expected.pick == "many")
    if said == {"back": True}:
        return "back", {}
    if isinstance(said, Mapping) and "anytime" in said:
        return "anytime", {"anytime": said["anytime"]}
    if expected.type == "continued":
        prompt = walks.prompt(tree, walk)
        points = range(1, len(prompt.checklist if prompt else ()) + 1)
        return "answer", {"done": [str(n) for n in points]} if points else {}
    if not there:
        return None
    if expected.fields:
        return "answer", _cells("f.", said)
    if isinstance(said, Mapping) or said == []:
        said = "none_of_these"
    return "answer", {"answer": said if isinstance(said, list) else _word(said)}


def _cells(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for n, row in enumerate(value):
                found |= {f"{prefix}{name}.{n}.{c}": _word(cell) for c, cell in row.items()}
        else:
            found[prefix + name] = value if isinstance(value, list) else _word(value)
    return found


def _word(value: Any) -> str:
    return (
        {True: "yes", False: "no"}.get(value, str(value))
        if isinstance(value, bool)
        else str(value)
    )


# ------------------------------------------------------------------------------------- a crawl


_SAMPLE = {
    "integer": ["3", "2"], "number": ["2", "4.5", "12.50"], "money": ["12.50", "80.00"],
    "date": ["2026-11-20", "2026-10-01", "2026-02-01"], "month": ["2026-11"], "time": ["10:30"],
    "phone": ["0170 1234567"], "email": ["a@example.org"],
}  # fmt: skip


class Crawler:
    """Walks a tree again and again by whatever exit it has taken least."""

    def __init__(self, app: Served, tree: str) -> None:
        self.app, self.tree = app, tree
        self.chance = random.Random(tree)
        self.habits: dict[str, str] = {}  # of a walk that answers alike each time it is asked
        self.taken: dict[tuple[str, str], int] = {}
        self.covered: set[tuple[str, str, str | None]] = set()

    def walk(self, n: int) -> Page:
        audiences = self.app.desk.trees[self.tree].audience
        audience, self.habits = audiences[-1 if n % 7 == 6 else 0], {}
        self.mode = ("least", "habit", "chance")[n % 3]
        page = self.app.open(f"/start/{self.tree}")
        typed = self._filled(page, self.tree)
        if any(c.get("name") == "audience" for f in page.forms for c in f.controls):
            typed["audience"] = audience
        page = page.press(self.tree, **typed)
        for _ in range(80):
            sound(page, 422 if page.status == 422 else 200)  # chance may type what does not fit
            if page.ended:
                break
            page = self._step(page)
        id = page.path.split("/")[2]
        for event in self.app.client.get(f"/api/v1/walks/{id}/events").json()["events"]:
            for step in event.get("steps", ()):
                self.covered.add((step["tree"], step["node"], step["exit"]))
        return page

    def _step(self, page: Page) -> Page:
        form = page.form("answer")
        node = next(c.get("value") for c in form.controls if c.get("name") == "node")
        ways = sorted({c.get("value") for c in form.controls if c.get("name") == "answer"})
        ways = [f"answer {way}" for way in ways] or ["answer"]
        ways += [f"anytime {c.get('value')}" for c in form.controls if c.get("name") == "anytime"]
        way = self._way(node, ways)
        self.taken[node, way] = self.taken.get((node, way), 0) + 1
        what, _, value = way.partition(" ")
        if what == "anytime":
            return page.press("anytime", value)
        return page.press("answer", **self._filled(page, "answer", value))

    def _way(self, node: str, ways: list[str]) -> str:
        answers = [way for way in ways if way[:7] != "anytime"]
        chosen = self.chance.choice(ways if self.chance.random() < 0.05 else answers)
        if self.mode == "habit":
            return self.habits.setdefault(node, self.chance.choice(answers))
        if self.mode == "chance":
            return chosen
        return min(ways, key=lambda way: self._weight(node, way))

    def _weight(self, node: str, way: str) -> int:
        """How often it was taken; an exit at any time, which cuts a walk short, counts for many."""
        times = self.taken.get((node, way), 0)
        return 20 * times + 9 if way.startswith("anytime") else times

    def _filled(self, page: Page, what: str, value: str = "") -> dict[str, Any]:
        typed: dict[str, Any] = {"answer": value} if value else {}
        form, _ = page.button(what)
        types = self._types()
        for control in form.controls:
            name = control.get("name")
            if name == "done":
                typed.setdefault("done", []).append(control.get("value"))
            elif name.startswith("f.") and (
                what == self.tree or not value or name.startswith(f"f.{value}.")
            ):
                if control.get("type") in ("radio", "checkbox"):
                    options = [c.get("value") for c in form.controls if c.get("name") == name]
                    typed[name] = self.chance.choice(options)
                elif not re.search(r"\.[1-9]\d*\.", name):
                    field = name.rpartition(".")[2]
                    kind = types.get(field, "")
                    typed[name] = self.chance.choice(_SAMPLE.get(kind, ["12345678"]))
        return typed

    def _types(self) -> dict[str, str]:
        tree = self.app.desk.trees[self.tree]
        found: dict[str, str] = {}
        for one in (tree, *tree.uses.values()):
            fields = [*one.given]
            for node in one.nodes.values():
                fields += getattr(node, "fields", ())
            for action in one.actions.values():
                for outputs in action.exits.values():
                    fields += [*outputs, *(c for f in outputs for c in f.columns)]
            found |= {field.name: field.type for field in fields}
        return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "tree",
    # By chance, so some trees are enough, that are small: the stories, by forms too, cover every exit of all.
    [
        "refund",
        "recover_password",
        "manage_shipping",
        "identify_caller",
        "pull_up_account",
        "recover_username",
        "validate_purchase",
        "calm_caller",
    ],
)
def test_a_crawl_over_every_exit_ends_everywhere(tree: str) -> None:
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    with served(clock=lambda: noon) as app:
        crawler = Crawler(app, tree)
        wanted = {
            (t, node, exit)
            for t, node, exit in examined().explored[tree].taken
            if exit not in ("end",) and not exit.startswith("anytime.")
        }
        for n in range(400):
            assert crawler.walk(n).ended
            if n >= 30 and not wanted - crawler.covered:
                break
        missed = sorted(wanted - crawler.covered)
        assert not missed


# --------------------------------------------------------------------- nothing typed is ever lost


def test_a_refused_form_comes_back_with_everything_typed(app: Served) -> None:
    page = started(app)
    page = page.press("answer", f__account="12", text="A note, not kept yet.")
    sound(page, 422)
    assert page.title.startswith("Mistake")
    assert page.typed("f.account") == "12"
    assert page.typed("text") == "A note, not kept yet."
    assert "The account number has eight digits." in page.text
    assert "#f.account" in page.links
    (summary,) = [a for a in page.tags("div") if a.get("role") == "alert"]
    assert summary["tabindex"] == "-1"
    (field,) = [c for f in page.forms for c in f.controls if c.get("name") == "f.account"][:1]
    assert field.get("aria-invalid") == "true"
    assert field.get("aria-describedby")
    assert events(page)[-1]["type"] == "started"
    page = page.press("answer", f__account="12345678")
    assert [event["type"] for event in events(page)] == ["started", "noted", "answered"]
    assert "A note, not kept yet." in page.text


def test_no_choice_is_a_mistake_in_words(app: Served) -> None:
    page = sound(at_lights(app).press("answer"), 422)
    assert "Choose one of the answers." in page.text
    page = started(app).press("answer", f__account="12345678")
    page = sound(page.press("answer", text="typed"), 422)
    assert "Choose one of the answers." in page.text
    assert page.typed("text") == "typed"


def test_back_keeps_the_answer_and_what_was_half_typed(app: Served) -> None:
    page = at_lights(app).press("answer", answer="amber").press("back")
    assert page.typed("answer") == "amber"
    page = page.press("back")
    assert "Am I speaking with Ana" in page.title  # actions are passed over
    page = started(app).press("answer", f__account="12345678")
    page = page.press("answer", answer="unknown").press("answer")
    page = page.press("back", f__account="123")  # not sent, not lost
    page = page.press("answer")
    assert page.typed("f.account") == "123"


def test_a_note_keeps_what_was_half_typed(app: Served) -> None:
    page = started(app)
    page = sound(page.press("notes", f__account="123", text="Line is bad."))
    assert page.typed("f.account") == "123"
    assert page.typed("text") == ""
    assert "Line is bad." in page.text
    page = sound(page.press("language", language="fr", f__account="1234", text="Une autre."))
    assert page.typed("f.account") == "1234"
    assert "Une autre." in page.text
    assert [event["type"] for event in events(page)] == [
        "started",
        "noted",
        "noted",
        "language_set",
    ]


def test_a_program_may_send_each_form_alone(app: Served) -> None:
    page = started(app)
    page = sound(page.post("notes", text="By itself."))
    assert "By itself." in page.text
    page = page.post("answer", f__account="12345678")
    page = page.post("back")
    assert page.typed("f.account") == "12345678"
    page = page.post("language", language="fr")
    assert page.tags("html")[0]["lang"] == "fr"


def test_too_long_a_note_is_refused_and_kept(app: Served) -> None:
    long = "word " * 2_001
    for what in ("notes", "answer"):
        page = sound(started(app).press(what, text=long, f__account="12345678"), 422)
        assert page.typed("text") == long.strip()
        assert page.typed("f.account") == "12345678"
        assert "10,000 characters" in page.text


def test_an_empty_note_is_no_note(app: Served) -> None:
    page = started(app)
    again = sound(page.press("notes", text="  "))
    assert again.path == page.path


# -------------------------------------------------------- reload, two tabs, double click, retry


def test_a_double_click_and_a_late_retry_count_once(app: Served) -> None:
    page = started(app)
    first = page.press("answer", f__account="12345678")
    second = page.press("answer", f__account="12345678")
    assert second.path == first.path
    later = first.press("answer", answer="unknown")
    sound(page.press("answer", f__account="12345678"))
    assert standing(page)["seq"] == standing(later)["seq"]
    note = later.press("notes", text="once")
    later.press("notes", text="once")
    assert [event["type"] for event in events(note)].count("noted") == 1


def test_a_reload_is_harmless(app: Served) -> None:
    page = at_lights(app)
    before = standing(page)
    for _ in range(3):
        assert sound(app.open(page.path)).title == page.title
    assert standing(page) == before


def test_a_stale_tab_is_told_and_keeps_what_was_typed(app: Served) -> None:
    tab = at_lights(app)
    other = app.open(tab.path).press("answer", answer="off")
    stale = sound(tab.press("answer", answer="red", text="a note in the old tab"), 409)
    assert "That step is over" in stale.text
    assert stale.title.startswith("Please push the power plug")
    assert "You had written" in stale.text
    assert "Red" in stale.text
    assert stale.typed("text") == "a note in the old tab"
    assert standing(stale)["seq"] == standing(other)["seq"]
    sound(stale.press("answer"))
    old = sound(app.open(tab.path))
    assert "That step is over" in old.text


def test_a_note_in_another_tab_makes_no_tab_stale(app: Served) -> None:
    tab = at_lights(app)
    app.open(tab.path).press("notes", text="from the other tab")
    page = sound(tab.press("answer", answer="off"))
    assert page.title.startswith("Please push the power plug")


def test_a_form_that_was_typed_into_an_old_tab_is_given_back(every: Served) -> None:
    page = (
        started(every, "kinds", f__colour="red").press("answer", done=["1", "2"]).press("answer")
    )
    every.open(page.path).press("anytime", "gone")
    stale = sound(page.press("answer", f__word="precious", f__some=["x", "z"]), 409)
    assert "precious" in stale.text
    assert "A word" in stale.text
    assert "x, z" in stale.text


def test_the_same_step_again_keeps_the_answer_of_the_old_tab(app: Served) -> None:
    tab = at_lights(app)
    app.open(tab.path).press("answer", answer="off").press("back")
    page = sound(tab.press("answer", answer="red"), 409)
    assert "go on with it" in page.text
    assert page.typed("answer") == "red"
    sound(page.press("answer"))


def test_addresses_of_forms_opened_by_themselves_lead_back(app: Served) -> None:
    page = at_lights(app)
    id = page.path.split("/")[2]
    for last in ("", "/answer", "/back", "/9999", "/0", "/x", "/99999999999999999999"):
        assert app.open(f"/walks/{id}{last}").path == page.path


def test_nothing_to_go_back_to_is_said(app: Served) -> None:
    page = started(app)
    assert not page.has("back")
    id = page.path.split("/")[2]
    page = page.send(f"/walks/{id}/back", [("seq", "1"), ("client_id", "x")])
    assert "This is the first step" in sound(page, 409).text


@pytest.mark.parametrize(
    "sent", [[], [("seq", "x")], [("seq", "-1")], [("seq", "9" * 5_000)], [("answer", "green")]]
)
def test_a_form_that_is_no_form_of_ours_is_no_fault(
    app: Served, sent: list[tuple[str, str]]
) -> None:
    id = at_lights(app).path.split("/")[2]
    for what in ("answer", "back", "anytime", "notes", "language", "action"):
        page = Page(app, app.client.post(f"/walks/{id}/{what}", data=dict(sent)))
        assert page.status in (200, 404, 409, 422), (what, page.text)
        assert len(page.tags("h1")) == 1
    files = app.client.post(f"/walks/{id}/answer", files={"answer": ("a.txt", b"x")})
    assert files.status_code == 400


# ---------------------------------------------------------------------------------- every kind


def test_every_kind_of_step(every: Served) -> None:
    page = started(every, "kinds", f__colour="red", f__number="3", audience="agent")
    assert "This takes about 90 seconds." in page.text
    assert "Smile; it can be heard." in page.text
    assert "Take your time." not in page.text  # is for customers
    assert "https://example.org/help" in page.links
    page = sound(page.press("answer", done=["2"]), 422)
    assert "Tick each point once it is done." in page.text
    assert [c.get("value") for f in page.forms for c in f.controls
            if c.get("name") == "done" and "checked" in c.attributes] == ["2"]  # fmt: skip
    page = sound(page.press("answer", done=["1", "2"]))
    assert "Read this out word for word" in page.text
    page = sound(page.press("answer"))
    typed: dict[str, Any] = {
        "word": "a word", "story": "Two\nlines", "whole": "11", "exact": "1,5", "price": "12.50",
        "phone": "0170 1234567", "mail": "nobody", "day": "2026-02-30", "month": "2026-11",
        "time": "10:30", "sure": "yes", "one": "b", "some": ["x", "z"],
    }  # fmt: skip
    page = sound(
        page.press("answer", **{f"f.{name}": value for name, value in typed.items()}), 422
    )
    for name, value in typed.items():
        assert page.typed(f"f.{name}").replace("\r\n", "\n") in value
    for name in ("whole", "exact", "mail", "day"):
        assert f"#f.{name}" in page.links
    mended = {"f.whole": "5", "f.exact": "1.5", "f.mail": "a@example.org", "f.day": "2026-02-28"}
    page = sound(page.press("answer", **mended))
    assert page.title.startswith("Which of these?")
    assert "Tick" in sound(page.press("answer"), 422).text
    page = sound(page.press("answer", answer=["fast", "good"]))
    assert "To do by hand" in page.text
    assert "a word" in page.text
    page = sound(page.press("answer", answer="found", **{"f.found.day": "soon"}), 422)
    assert page.typed("answer") == "found"
    assert page.typed("f.found.day") == "soon"
    rows = {
        "f.found.options.0.slot": "s1",
        "f.found.options.0.label": "Monday <b>",
        "f.found.options.0.on": "2026-03-02",
    }
    page = sound(page.press("answer", **rows, **{"f.found.day": "2026-03-01"}))
    assert "Monday <b>" in page.text
    assert "No day suits" in page.text
    page = sound(page.press("answer", answer="s1"))
    assert "Waiting for Senior staff" in page.text
    page = sound(page.press("answer", answer="refused", **{"f.refused.reason": "no"}))
    assert page.title.startswith("Ended: All done")
    for words in (
        "All done",
        "Senior staff",
        "Ask how it went.",
        "Two lines",
        "Fast, Good",
        "Ex, Zed",
    ):
        assert words in page.text
    page = sound(page.press("notes", text="after the end"))
    assert "after the end" in page.text
    page = sound(page.press("back"))
    assert not page.ended


def test_the_end_shows_path_outcome_and_transcript(app: Served) -> None:
    page = sound(at_lights(app, reference="CASE-7").press("anytime", "hung_up"))
    assert page.ended
    assert "The customer hung up" in page.text
    assert "CASE-7" in page.text
    id = page.path.split("/")[2]
    for last in ("transcript", "path.csv", "events"):
        assert app.client.get(f"/api/v1/walks/{id}/{last}").status_code == 200
        assert f"/api/v1/walks/{id}/{last}" in page.links
    recorded = sound(app.open("/walks"))
    assert f"/walks/{id}" in recorded.links
    assert "CASE-7" in recorded.text


def test_old_walks_are_a_page_further(every: Served) -> None:
    for _ in range(55):
        every.call("POST", "/walks", {"tree": "salam"})
    page = sound(every.open("/walks"))
    (older,) = [link for link in page.links if "before=" in link]
    further = sound(every.open(older))
    mine = {link for link in page.links if link.startswith("/walks/")}
    assert mine.isdisjoint(link for link in further.links if link.startswith("/walks/"))


# ---------------------------------------------------------------------------------- languages


def test_a_walk_in_french_is_french_throughout(app: Served) -> None:
    page = started(app, language="fr", audience="customer")
    assert page.tags("html")[0]["lang"] == "fr"
    assert "Continuer" in page.text
    assert "À tout moment" in page.text
    page = sound(page.press("answer"), 422)
    assert "Cela n’a pas encore été accepté" in page.text
    assert "Veuillez remplir ce champ." in page.text


def test_a_walk_in_a_language_of_its_own_marks_the_english_around_it(tmp_path: Path) -> None:
    hebrew = FILES["kinds/salam.yaml"].replace("source: ar", "source: he")
    with served(examine(write(tmp_path, {**FILES, "kinds/salam.yaml": hebrew}))) as every:
        page = started(every, "salam")
        assert page.tags("html")[0] == {"lang": "he", "dir": "rtl"}
        assert page.tags("header")[0]["lang"] == "en"
        assert page.tags("aside")[0]["dir"] == "ltr"
        sound(page.press("answer", answer="yes"))


def test_a_walk_in_arabic_is_arabic_throughout(every: Served) -> None:
    page = started(every, "salam")
    assert page.tags("html")[0] == {"lang": "ar", "dir": "rtl"}
    assert "lang" not in page.tags("header")[0]
    assert "متابعة" in page.text
    sound(page.press("answer", answer="yes"))


def test_each_step_has_a_title_of_its_own_and_gives_the_focus_once() -> None:
    with served(shop()) as app:
        pages = [app.open("/start/lamp").press("lamp", audience="agent")]
        for _ in range(2):
            pages.append(pages[-1].press("answer", answer="no"))
        assert len({page.title for page in pages}) == 3
        for page in pages:
            words = re.sub(r"<[^>]+>", "", re.findall(r"<h1[^>]*>(.*?)</h1>", page.html)[0])
            assert page.title.startswith(words) or page.ended
            assert page.html.count(" autofocus") == 1


# ------------------------------------------------------------------------------ hostile content

_HOSTILE = "<script>alert(9)</script> {{ 77777 * 3 }} {% raw %} <img src=x onerror=alert(1)> [x](javascript:alert(2)) '\"> &"

_TURNED = (
    _HOSTILE + " \u202eevil\u202c"
)  # fields refuse such marks, notes and references keep them


def harmless(page: Page) -> None:
    for tag, attributes in page._read.tags:
        ours = tag == "script" and str(attributes.get("src")).startswith("/static/")
        assert ours or tag not in ("script", "iframe", "object", "embed", "base", "style"), tag
        assert not any(name.startswith("on") for name in attributes), attributes
        assert tag != "img" or str(attributes["src"]).startswith("/")
        assert "javascript:" not in str(attributes.get("href", ""))
    assert "233331" not in page.html


def test_hostile_words_are_shown_as_text_everywhere(every: Served) -> None:
    for path in ("/", "/?q=script", "/start/hostile"):
        page = sound(every.open(path))
        harmless(page)
    assert "<script>alert(1)</script>" in every.open("/").text
    page = started(every, "hostile", f__who=_HOSTILE, reference=_TURNED)
    harmless(page)
    assert "<b onclick=alert(4)>One</b>" in page.text
    harmless(sound(page.press("answer", text=_TURNED), 422))
    page = page.press("answer", answer="two", text=_TURNED)
    harmless(sound(page))
    assert "<script>alert(9)</script>" in page.text  # the note
    page = sound(page.press("answer", f__any=_HOSTILE))
    harmless(page)
    assert "You said <script>alert(9)</script>" in page.text
    page = sound(page.press("answer"))
    harmless(page)
    harmless(sound(every.open("/walks")))
    harmless(sound(every.open("/")))


def test_a_forged_field_is_shown_as_text(app: Served) -> None:
    page = at_lights(app)
    id = page.path.split("/")[2]
    app.open(page.path).press("answer", answer="off")
    sent = [
        ("seq", "5"),
        ("node", _HOSTILE),
        ("tree", _HOSTILE),
        ("answer", _HOSTILE),
        ("f." + _HOSTILE, _HOSTILE),
        ("text", _HOSTILE),
    ]
    harmless(sound(page.send(f"/walks/{id}/answer", sent), 409))


# --------------------------------------------------------------------------------- faults inside


def test_a_fault_at_a_move_shows_the_step_again(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at_lights(app)
    before = standing(page)
    with monkeypatch.context() as broken:
        broken.setattr(walks, "answer", lambda *_, **__: 1 / 0)
        page = sound(page.press("answer", answer="red", text="kept"), 500)
    assert "What colour is the light" in page.title
    assert re.search(r"reference [0-9a-f]{8}", page.text)
    assert page.typed("answer") == "red"
    assert page.typed("text") == "kept"
    assert standing(page) == before
    sound(page.press("answer"))


def test_a_step_that_cannot_be_shown_shows_the_last_good_one(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at_lights(app)
    with monkeypatch.context() as broken:
        broken.setattr(Frames, "page", lambda *_: 1 / 0)
        shown = Page(app, app.client.get(page.path))
        assert shown.status == 500
        assert "This step cannot be shown" in shown.text
        assert "Nothing has been answered yet" not in shown.text
        assert "Am I speaking with Ana" in shown.text or "Look for a known outage" in shown.text
        assert re.search(r"reference: [0-9a-f]{8}", shown.text)
        assert shown.has("back")
    sound(shown.press("back"))


def test_a_fault_anywhere_gives_a_page_with_a_reference(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(app.desk.store, "walks", broken)
    for path in ("/", "/walks"):
        answer = app.client.get(path)
        assert answer.status_code == 500
        assert "secret words" not in answer.text
        assert re.search(r"reference [0-9a-f]{8}", answer.text)
        assert "content-security-policy" in answer.headers
    answer = app.client.get("/readyz")
    assert answer.status_code == 500
    assert "secret words" not in answer.text


class Unsure(Memory):
    """A store whose answer to an append is lost, before or after it was kept."""

    lose = ""

    async def append(self, *args: Any, **more: Any) -> Any:
        if self.lose == "before":
            raise StoreError("the disk is full: make room")
        found = await super().append(*args, **more)
        if self.lose == "after":
            raise StoreError("the record could not confirm it")
        return found


@pytest.mark.parametrize("lose", ["before", "after"])
def test_what_could_not_be_confirmed_is_sent_again_and_counts_once(lose: str) -> None:
    store = Unsure()
    with served(store=store) as app:
        start = app.open("/start/internet_down")
        store.lose = lose
        unsure = sound(start.press("internet_down", f__plan="fibre", reference="R"), 503)
        assert unsure.headers["retry-after"]
        store.lose = ""
        page = sound(unsure.press("internet_down"))
        store.lose = lose
        unsure = sound(page.press("answer", f__account="12345678", text="a note"), 503)
        assert "12345678" in unsure.text
        assert "a note" in unsure.text
        store.lose = ""
        page = sound(unsure.press("answer"))
        assert [event["type"] for event in events(page)] == ["started", "noted", "answered"]
        assert app.call("GET", "/trees").json()["trees"]
        assert len([link for link in app.open("/walks").links if link.startswith("/walks/")]) == 1


# ---------------------------------------------------------------------------------------- rest


def test_a_walk_survives_a_new_server_on_the_same_store() -> None:
    store = Memory()
    with served(store=store) as app:
        page = at_lights(app)
        page.press("notes", text="before the restart")
    with served(store=store) as app:
        again = sound(app.open(page.path))
        assert "What colour is the light" in again.title
        assert "before the restart" in again.text
        sound(again.press("answer", answer="off"))


def test_pictures_of_the_library_are_served(app: Served) -> None:
    page = at_lights(app)
    (picture,) = [i for i in page.tags("img") if str(i["src"]).startswith("/media/")]
    assert picture["alt"] == "Router front with the Internet light circled"
    answer = app.client.get(str(picture["src"]))
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == (TREES / "media" / "router_lights.png").read_bytes()


def test_the_day_that_a_walk_began_is_said_where_it_is_another_than_today() -> None:
    clock = Clock()  # 25 November, noon; the library's zone is UTC
    with served(kinds(), clock=clock) as who:
        page = who.open("/start/kinds").press("kinds", f__colour="red")
        assert "Since 12:00" in page.text
        clock.now += timedelta(hours=11, minutes=59)
        assert "Since 12:00" in who.open(page.path).text
        clock.now += timedelta(minutes=1)  # midnight
        shown = who.open(page.path)
        assert "Since 25 Nov 2026 12:00" in shown.text
        assert 'datetime="2026-11-25T12:00:00+00:00"' in shown.html
        ahead = page.path.rpartition("/")[0] + "/ahead"
        for address in (ahead, f"{page.path}?notes"):
            assert "Since 25 Nov 2026 12:00" in who.open(address).text, address
        other = who.open("/start/kinds").press("kinds", f__colour="red")
        assert "Since 00:00" in other.text  # the page that is ready is one of both
        assert "Since 25 Nov 2026 12:00" in who.open(page.path).text


VALUES = """
format: 1
title: Values
languages: {source: LANGUAGE}
start: form
nodes:
  form:
    ask: Fill it in.
    fields:
      pieces: {type: integer, label: Pieces}
      size: {type: number, label: Size}
      price: {type: money, label: Price}
      day: {type: date, label: Day}
      month: {type: month, label: Month}
      time: {type: time, label: Time}
      phone: {type: phone, label: Phone}
      word: {type: text, label: Word}
    next: sure
  sure: {ask: Is it so?, choices: {yes: over, no: form}}
  over: {end: Over.}
"""
TYPED = {
    "f__pieces": "1200", "f__size": "3.5", "f__price": "1234.5", "f__day": "2026-03-01",
    "f__month": "2026-11", "f__time": "9:05", "f__phone": "+44 20 7946", "f__word": "2026-03-01",
}  # fmt: skip
SAID = {
    "en": "Pieces: 1,200; Size: 3.5; Price: €1,234.50; Day: 1 March 2026; Month: November 2026; Time: 9:05 am; Phone: +44207946; Word: 2026-03-01",
    "fr": "Pieces: 1 200; Size: 3,5; Price: 1 234,50 €; Day: 1 mars 2026; Month: novembre 2026; Time: 09:05; Phone: +44207946; Word: 2026-03-01",
    "ar": "Pieces: <1,200>; Size: <3.5>; Price: <1,234.50 €>; Day: <1 مارس 2026>; Month: <نوفمبر 2026>; Time: <9:05 ص>; Phone: <+44207946>; Word: <2026-03-01>",
}  # fmt: skip


def test_what_was_filled_in_stands_in_the_record_as_it_is_said(tmp_path: Path) -> None:
    """Numbers, money, days, months and times, in the walk's language, wherever they are shown."""
    (tmp_path / "library.yaml").write_text("format: 1\ncurrency: EUR\n", encoding="utf-8")
    for language in SAID:
        text = VALUES.replace("LANGUAGE", language)
        (tmp_path / f"in_{language}.yaml").write_text(text, encoding="utf-8")
    marks = str.maketrans(
        {"\u2068": "<", "\u2069": ">", "\xa0": " ", "\u202f": " ", "\u200f": None}
    )
    with served(examine(tmp_path)) as who:
        for language, said in SAID.items():
            page = who.open(f"/start/in_{language}").press(f"in_{language}")
            page = page.press("answer", **TYPED)
            assert said in unescape(page.html).translate(marks)
            end = page.press("answer", answer="yes")
            call = f"/api/v1/walks/{end.path.split('/')[2]}"
            for copy in (end.html, who.client.get(f"{call}/transcript").text):
                assert said in unescape(copy).translate(marks)
            assert (
                '"2026-03-01"' in who.client.get(f"{call}/events").text
            )  # the record is as it was
