"""A walk by text and by telephone: all that the page says is said, all that is expected is heard."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidAnswer
from engine.load import examine
from engine.model import Expected, Prompt, PromptChoice, PromptField
from tests.kinds import kinds, write
from tests.served import Served, served
from web.speech.plainly import plainly
from web.speech.text import heard, spoken
from web.speech.voice import cannot
from web.words import translator

SAY = translator("en")
VXML = "{http://www.w3.org/2001/vxml}"


# --------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("Say *this* **now**", "Say this now"),
        ("One\n\nTwo", "One\n\nTwo"),
        ("- a\n- b", "- a\n- b"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n  - b", "- a\n  - b"),
        ("[help](https://example.org/a)", "help (https://example.org/a)"),
        ("[0300 123](tel:0300123)", "0300 123 (0300123)"),
        ("[0300123](tel:0300123)", "0300123"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "a: 1; b: 2\na: 3; b: 4"),
        ("5 &lt; 6 &amp; \\*so\\*", "5 < 6 & *so*"),
        ("", ""),
    ],
)
def test_markdown_becomes_words(markdown: str, words: str) -> None:
    assert plainly(markdown) == words


@given(st.text(max_size=200))
def test_any_markdown_becomes_words(markdown: str) -> None:
    assert isinstance(plainly(markdown), str)


# ---------------------------------------------------------------------------------------- heard


def lights(**more: Any) -> tuple[Prompt, Expected]:
    choices = ("green", "Solid green"), ("amber", "Flashing amber"), ("off", "No light")
    told: dict[str, Any] = {
        "tree": "t", "node": "n", "visit": 1, "say": "What colour is it?", "pick": "one",
        "choices": tuple(PromptChoice(id, label) for id, label in choices),
        "anytime": (PromptChoice("person", "Talk to a person"),),
    }  # fmt: skip
    prompt = Prompt(**(told | more))
    expected = Expected(
        type="answered", node="n", pick=prompt.pick, fields=prompt.fields,
        choices=tuple(choice.id for choice in prompt.choices),
        none_of_these=bool(prompt.none_of_these), anytime=("person",),
    )  # fmt: skip
    return prompt, expected


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("1", "green"), (" 3. ", "off"), ("Solid green", "green"), ("SOLID GREEN!", "green"),
        ("amber", "amber"), ("flash", "amber"), ("flashing ambr", "amber"), ("no light", "off"),
        ("off", "off"), ("4", "none_of_these"), ("a", {"anytime": "person"}),
        ("talk to a person", {"anytime": "person"}),
    ],
)  # fmt: skip
def test_a_choice_is_heard_by_number_and_by_words(reply: str, answer: Any) -> None:
    prompt, expected = lights(none_of_these="None of these")
    assert heard(reply, prompt, expected, SAY).answer == answer


@pytest.mark.parametrize("reply", ["", "0", "9", "purple", "99999999999999999999", "1 2", "<b>"])
def test_what_means_nothing_is_refused_with_what_to_do(reply: str) -> None:
    prompt, expected = lights()
    with pytest.raises(InvalidAnswer, match="Reply with a number from 1 to 3"):
        heard(reply, prompt, expected, SAY)


def test_two_choices_that_begin_alike_are_not_guessed() -> None:
    alike = (PromptChoice("a", "Line one"), PromptChoice("b", "Line two"))
    prompt, expected = lights(choices=alike)
    with pytest.raises(InvalidAnswer):
        heard("line", prompt, expected, SAY)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [("1 3", ["green", "off"]), ("3, 1", ["off", "green"]), ("2 2", ["amber"]), ("solid green", ["green"]), ("4", "none_of_these")],
)  # fmt: skip
def test_several_choices_are_heard(reply: str, answer: Any) -> None:
    prompt, expected = lights(pick="many", none_of_these="None of these")
    assert heard(reply, prompt, expected, SAY).answer == answer


def test_a_form_is_heard_line_by_line() -> None:
    yes_no = (PromptChoice("yes", "Yes"), PromptChoice("no", "No"))
    fields = (
        PromptField(name="word", type="text", label="A word"),
        PromptField(name="sure", type="yesno", label="Sure", choices=yes_no),
        PromptField(name="more", type="text", label="More", required=False),
    )
    prompt, expected = lights(pick="", choices=(), fields=fields)
    assert heard("seven\nyes\n-", prompt, expected, SAY).answer == {"word": "seven", "sure": "yes"}
    assert heard("seven\n2", prompt, expected, SAY).answer == {"word": "seven", "sure": "no"}
    with pytest.raises(InvalidAnswer) as refused:
        heard("seven\nperhaps", prompt, expected, SAY)
    assert refused.value.field == "sure"
    with pytest.raises(InvalidAnswer, match="a line for each"):
        heard("1\n2\n3\n4", prompt, expected, SAY)


def test_going_on_and_back() -> None:
    prompt, expected = lights(pick="", choices=())
    told = Expected(type="continued", node="n")
    for reply in ("ok", "OK.", "", "done"):
        assert heard(reply, prompt, told, SAY).type == "continued"
    assert heard("Back", prompt, expected, SAY).type == "went_back"
    assert heard("retour", prompt, expected, translator("fr")).type == "went_back"
    with pytest.raises(InvalidAnswer, match="Reply OK to go on"):
        heard("what?", prompt, told, SAY)


@given(st.text(max_size=60))
def test_whatever_is_written_is_heard_or_refused(reply: str) -> None:
    for prompt, expected in (lights(), lights(pick="many"), lights(pick="", choices=())):
        with contextlib.suppress(InvalidAnswer):
            assert heard(reply, prompt, expected, SAY).type in ("answered", "went_back")


# --------------------------------------------------------------------------------- whole walks


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served() as found:
        yield found


def begun(app: Served, tree: str = "internet_down", **more: Any) -> str:
    body = {"tree": tree, "given": {"plan": "fibre"}, "audience": "customer", **more}
    found: str = app.call("POST", "/walks", body).json()["id"]
    return found


def test_a_customer_walks_by_text(app: Served) -> None:
    id = begun(app)
    told = app.call("GET", f"/walks/{id}/text").text
    assert "What is the account number on your last bill?" in told
    assert "A. Talk to a person" in told
    refused = app.call("POST", f"/walks/{id}/text", {"text": "12", "client_id": "m0"})
    assert refused.status_code == 422
    said = {"text": "12345678\nAna", "client_id": "m1"}
    first = app.call("POST", f"/walks/{id}/text", said).json()
    assert app.call("POST", f"/walks/{id}/text", said).json() == first  # it came twice
    seen = first
    for n in range(20):
        if seen["status"] == "ended":
            break
        reply = "1" if re.search(r"^1\. ", seen["text"], re.M) else "ok"
        reply = "0301 234567\n2" if "Mobile number" in seen["text"] else reply
        call = {"text": reply, "client_id": f"w{n}", "seq": seen["seq"]}
        seen = app.call("POST", f"/walks/{id}/text", call).json()
    assert seen["status"] == "ended", seen
    assert seen["text"]
    stale = {"text": "1", "client_id": "late", "seq": 2}
    assert app.call("POST", f"/walks/{id}/text", stale).status_code == 409


def test_a_walk_in_french_is_french_by_text(app: Served) -> None:
    told = app.call("GET", f"/walks/{begun(app, language='fr')}/text").text
    assert "Répondez par une ligne" in told
    assert "RETOUR" not in told  # nothing lies behind


class Platform:
    """A telephone platform: it fetches a document, presses a key in each field, and submits."""

    def __init__(self, app: Served, id: str) -> None:
        self.app, self.address = app, f"/walks/{id}/voice"
        self.take(app.call("GET", self.address).text)

    def take(self, document: str) -> None:
        self.root = xml.fromstring(document)
        self.words = " ".join(" ".join(self.root.itertext()).split())
        self.over = self.root.find(f".//{VXML}block/{VXML}disconnect") is not None

    def press(self, **said: str) -> None:
        sent = {}
        for var in self.root.iter(f"{VXML}var"):
            sent[str(var.get("name"))] = str(var.get("expr")).strip("'")
        for field in self.root.iter(f"{VXML}field"):
            name = str(field.get("name"))
            sent[name] = said.get(name) or self.key(field, said.get("key", "1"))
        submit = self.root.findall(f".//{VXML}submit")[-1]
        assert set(str(submit.get("namelist")).split()) == set(sent)
        answer = self.app.client.post(str(submit.get("next")), data=sent)
        self.app.promised("POST", str(submit.get("next")), answer)
        assert answer.status_code == 200, answer.text
        self.take(answer.text)

    def key(self, field: xml.Element, key: str) -> str:
        options = {str(o.get("dtmf")): str(o.get("value")) for o in field.iter(f"{VXML}option")}
        return options.get(key, "true")


TELEPHONE = {
    "library.yaml": "format: 1\ndispositions: {done: {label: Done}}\n",
    "visit/visit.yaml": r"""
format: 1
title: A visit
audience: [customer]
languages: {source: fr}
start: number
anytime:
  person: {label: Parler à quelqu'un, next: person}
nodes:
  number:
    ask: Quel est votre numéro ?
    fields:
      number: {type: text, pattern: '\d{8}', message: Le numéro a huit chiffres.}
      floor: {type: integer, required: false}
    next: lights
  lights:
    ask: De quelle couleur est le voyant ?
    choices: {green: {label: Vert, next: which}, red: {label: Rouge, next: which}}
  which:
    ask: Qu'avez-vous essayé ?
    pick: many
    choices: {off: Éteindre, plug: Rebrancher}
    none_of_these: {label: Rien}
    next: day
  day:
    ask: Quand peut-on venir ?
    fields:
      day: {type: date}
      at: {type: time}
      home: {type: yesno}
    next: plug
  plug:
    tell: Rebranchez la *prise*.
    checklist: [La prise, Le câble]
    wait: 60s
    next: done
  person: {end: On vous rappelle., disposition: done}
  done: {end: Merci., disposition: done}
""",
}


@pytest.fixture(scope="module")
def telephone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(examine(write(tmp_path_factory.mktemp("phone"), TELEPHONE))) as found:
        assert not found.desk.examined.errors
        yield found


def test_a_customer_walks_by_telephone(telephone: Served) -> None:
    id = begun(telephone, "visit", given={})
    platform = Platform(telephone, id)
    assert platform.root.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    assert "tapez étoile 1" in platform.words
    platform.press(f_number="12", f_floor="-")  # too short: asked again, with the reason first
    assert "Le numéro a huit chiffres." in platform.words
    platform.press(f_number="12345678", f_floor="-")
    assert "Vert : tapez 1." in platform.words
    platform.press(key="2")
    platform.press(f_off="true", f_plug="false")
    platform.press(f_day="20261202", f_at="0230p", f_home="true")
    assert "1 minute" in platform.words
    assert "Le câble" in platform.words
    platform.press()
    assert platform.over
    assert "Merci." in platform.words
    said = [e["answer"] for e in events(telephone, id) if e["type"] == "answered"]
    assert said == [
        {"number": "12345678"}, "red", ["off"],
        {"day": "2026-12-02", "at": "14:30", "home": True},
    ]  # fmt: skip


def test_whoever_presses_star_is_not_asked_for_the_rest(telephone: Served) -> None:
    id = begun(telephone, "visit", given={})
    platform = Platform(telephone, id)
    first = platform.root.find(f".//{VXML}field")
    assert first is not None
    assert first.find(f"{VXML}filled/{VXML}if/{VXML}submit") is not None
    platform.press(f_number="anytime:person", f_floor="-")
    assert events(telephone, id)[-1]["answer"] == {"anytime": "person"}
    assert platform.over


def test_a_document_that_is_sent_twice_counts_once(telephone: Served) -> None:
    id = begun(telephone, "visit", given={})
    platform = Platform(telephone, id)
    root = platform.root
    platform.press(f_number="12345678", f_floor="3")
    after = platform.words
    platform.root = root
    platform.press(f_number="12345678", f_floor="3")
    assert platform.words == after
    assert [e["type"] for e in events(telephone, id)] == ["started", "answered"]


def events(app: Served, id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.call("GET", f"/walks/{id}/events").json()["events"]
    return found


def test_a_form_of_words_is_no_matter_for_a_telephone() -> None:
    with served(kinds()) as app:
        id = app.call("POST", "/walks", {"tree": "kinds", "given": {"colour": "red"}}).json()["id"]
        platform = Platform(app, id)
        assert "Coat on" in platform.words
        platform.press()
        with pytest.raises(AssertionError, match="needs a person"):
            platform.press()
        refused = app.call("GET", f"/walks/{id}/voice")
        assert refused.status_code == 409
        assert "needs a person" in refused.text


def test_all_that_a_page_says_is_said(app: Served) -> None:
    for tree in app.desk.trees.values():
        if tree.contract is not None:
            continue
        body = {"tree": tree.id, "given": {"plan": "fibre"} if tree.id == "internet_down" else {}}
        answer = app.call("POST", "/walks", body)
        if answer.status_code != 201:
            continue
        id, prompt = answer.json()["id"], answer.json()["prompt"]
        if prompt is None:
            continue
        told = app.call("GET", f"/walks/{id}/text").text
        for words in (prompt["say"], prompt.get("hint", ""), *_labels(prompt)):
            assert plainly(words) in told, (tree.id, words)


def _labels(prompt: dict[str, Any]) -> Iterator[str]:
    for choice in (*prompt.get("choices", ()), *prompt.get("anytime", ())):
        yield choice["label"]
    yield from prompt.get("checklist", ())


def test_what_a_telephone_cannot_take_is_known_beforehand() -> None:
    prompt, expected = lights()
    assert cannot(prompt, expected) == ""
    words = (PromptField(name="name", type="text", label="Name"),)
    assert "(name)" in cannot(*lights(pick="", choices=(), fields=words))


def test_hostile_words_stay_words() -> None:
    prompt, expected = lights(
        say="&lt;script> ]]> \x0b \u202e {x}", choices=(PromptChoice("a", "</prompt>"),)
    )
    from web.speech.voice import Place, document

    found = document(prompt, expected, SAY, "en", Place("/a", 1, "c"))
    assert "]]> " in " ".join(xml.fromstring(found).itertext())
    assert "</prompt>" in " ".join(xml.fromstring(found).itertext())
    assert "What" not in spoken(prompt, expected, SAY)
