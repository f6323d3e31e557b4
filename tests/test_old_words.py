"""`yes`, `no`, `on`, `off` (which YAML 1.1 takes for truth values) and `constructor` (which scripts
take for their own) are ordinary ids, everywhere; and a number is the text that was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.formats import WRITERS
from engine.load import Examined, examine
from engine.model import Prompt, Tree, Walk
from engine.walk import answer, expects, prompt, start, steps
from tests.served import Served, served
from web.cli import main

WORDS = ["yes", "no", "on", "off", "constructor"]
TREE = """\
format: 1
title: 1.10
audience: [agent, customer]
languages: {source: en, also: [no]}
start: yes
given: {on: {type: yesno, required: false}}
facts: {y: 'yes is set and yes in ["no", "off"] or on is set and on'}
texts: {off: 007, no: [{when: y, say: no}, {say: off}]}
anytime: {yes: {label: off, next: constructor}}
nodes:
  yes:
    ask: Yes or no? It is {text.off}.
    choices: {yes: {label: 1.10, next: no}, no: no, on: no, off: {label: 0x10, next: no}, constructor: no}
  no:
    ask: Which of them?
    choices: {yes: true, no: null, on: 12:30, off: 2026-03-02, constructor: 1e3}
    pick: many
    next: off
  off:
    ask: And now?
    fields:
      yes: {type: choice, of: [yes, no, off], label: 12:30}
      constructor: {type: yesno, default: yes != "no"}
    next: y_n
  y_n:
    decide:
      - {when: no has "constructor" and off.yes == "no" and off.constructor, next: called}
    otherwise: constructor
  called: {use: on, exits: {yes: constructor, no: no_more}}
  constructor: {end: "{text.no}", disposition: yes, kpi: no, hand_to: off}
  no_more: {end: No., disposition: no}
"""
SUBTREE = """\
format: 1
title: On
audience: [agent, customer]
languages: {source: en, also: [no]}
start: off
exits: {yes: {}, no: {}}
nodes:
  off: {ask: "Yes?", choices: {yes: yes, no: no}}
  yes: {end: Yes., exit: yes}
  no: {end: No., exit: no}
"""
LIBRARY = """\
format: 1
dispositions: {yes: {label: Yes}, no: {label: No}}
kpis: {no: {label: No}}
teams: {off: {label: Off}}
constants: {on: true, off: off}
"""
STORIES = """\
- story: yes
  answers: {yes: no, no: [[constructor, yes]], off: {yes: no, constructor: yes}, called.off: yes}
  expect: {end: constructor, disposition: yes, shown: [yes, no, off], visits: {yes: 1}}
- story: no
  answers: {yes: off, no: [[constructor]], off: {yes: no, constructor: true}, called.off: no}
  expect: {end: no_more, disposition: no}
- {story: off, answers: {yes: constructor, no: [[off]], off: {yes: off}}, expect: {end: constructor, not_shown: [called]}}
- {story: on, given: {on: yes}, answers: {yes: on, no: [[on]], off: {yes: yes}}, expect: {end: constructor}}
- {story: the other yes, answers: {yes: yes, no: [[on]], off: {yes: yes}}, expect: {end: constructor}}
"""  # fmt: skip
TEXTS = {
    "title": "1.10",
    "texts.off": "007",
    "texts.no.0": "no",
    "texts.no.1": "off",
    "anytime.yes.label": "off",
    "nodes.yes.ask": "Yes or no? It is {text.off}.",
    "nodes.yes.choices.yes.label": "1.10",
    "nodes.yes.choices.no.label": "No",
    "nodes.yes.choices.on.label": "On",
    "nodes.yes.choices.off.label": "0x10",
    "nodes.yes.choices.constructor.label": "Constructor",
    "nodes.no.ask": "Which of them?",
    "nodes.no.choices.yes": "true",
    "nodes.no.choices.no": "No",
    "nodes.no.choices.on": "12:30",
    "nodes.no.choices.off": "2026-03-02",
    "nodes.no.choices.constructor": "1e3",
    "nodes.off.ask": "And now?",
    "nodes.off.fields.yes.label": "12:30",
    "nodes.off.fields.yes.of.yes": "Yes",
    "nodes.off.fields.yes.of.no": "No",
    "nodes.off.fields.yes.of.off": "Off",
    "nodes.off.fields.constructor.label": "Constructor",
    "nodes.no_more.end": "No.",
    "given.on.label": "On",
}
SUBTEXTS = {
    "title": "On",
    "nodes.off.ask": "Yes?",
    "nodes.off.choices.yes.label": "Yes",
    "nodes.off.choices.no.label": "No",
    "nodes.yes.end": "Yes.",
    "nodes.no.end": "No.",
}


def side(tree: str, texts: dict[str, str]) -> str:
    lines = [
        f"  {address}: {{text: {json.dumps('Nei: ' + source)}, of: {sha256(source.encode()).hexdigest()[:12]}}}"
        for address, source in texts.items()
    ]
    return "\n".join(["format: 1", f"translates: {tree}", "language: no", "texts:", *lines, ""])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    (folder / "library.yaml").write_text(LIBRARY)
    (folder / "off.yaml").write_text(TREE)
    (folder / "on.yaml").write_text(SUBTREE)
    (folder / "off.stories.yaml").write_text(STORIES)
    (folder / "off.no.yaml").write_text(side("off", TEXTS))
    (folder / "on.no.yaml").write_text(side("on", SUBTEXTS))
    return folder


@pytest.fixture(scope="module")
def looked(root: Path) -> Examined:
    return examine(root)


@pytest.fixture(scope="module")
def app(looked: Examined) -> Iterator[Served]:
    with served(looked) as found:
        yield found


def shown_at(tree: Tree, walk: Walk) -> Prompt:
    shown = prompt(tree, walk)
    assert shown is not None
    return shown


def test_the_checker_finds_nothing(looked: Examined) -> None:
    told = "\n".join(f"{f.mark} {f.check} {f.message}" for f in looked.findings)
    assert not looked.findings, told
    assert len(looked.told["off"]) == STORIES.count("story:")
    assert all(story.came_true for stories in looked.told.values() for story in stories)


def test_the_walker(looked: Examined) -> None:
    tree = looked.libraries[0].trees["off"]
    now = datetime(2026, 3, 2, 10, tzinfo=UTC)
    walk = start(tree, id="w", at=now)
    shown = shown_at(tree, walk)
    assert [choice.id for choice in shown.choices] == WORDS
    assert [choice.label for choice in shown.choices] == [
        "1.10",
        "No",
        "On",
        "0x10",
        "Constructor",
    ]
    assert shown.say == "Yes or no? It is 007."
    assert expects(tree, walk).choices == tuple(WORDS)
    walk = answer(tree, walk, "no", at=now)
    labels = [choice.label for choice in shown_at(tree, walk).choices]
    assert labels == ["true", "No", "12:30", "2026-03-02", "1e3"]
    for said in (["constructor", "no"], {"yes": "no", "constructor": "no"}):
        walk = answer(tree, walk, said, at=now)
    values = walk.state.frames[0].values
    assert values["yes"] == "no"
    assert values["no"] == ("no", "constructor")
    assert values["off.constructor"] is False
    assert walk.state.outcome is not None
    assert (walk.state.outcome.node, walk.state.outcome.disposition) == ("constructor", "yes")
    assert [step.node for step in steps(walk)][-1] == "constructor"


def test_in_another_language(looked: Examined) -> None:
    tree = looked.libraries[0].trees["off"]
    walk = start(tree, id="w", at=datetime(2026, 3, 2, 10, tzinfo=UTC), language="no")
    shown = shown_at(tree, walk)
    assert shown.say == "Nei: Yes or no? It is Nei: 007."
    assert shown.choices[0].label == "Nei: 1.10"


@pytest.mark.parametrize("name", WRITERS)
def test_the_pictures(looked: Examined, name: str) -> None:
    drawn = WRITERS[name].write(looked.libraries[0].trees["off"])
    assert all(word in drawn for word in ("yes", "no", "off", "constructor"))


def test_the_api(app: Served) -> None:
    walk = app.call("POST", "/walks", {"tree": "off", "client_id": "a"}).json()
    assert walk["prompt"]["node"] == "yes"
    assert walk["expects"]["choices"] == WORDS
    said: list[tuple[str, Any]] = [
        ("yes", "no"),
        ("no", ["constructor", "yes"]),
        ("off", {"yes": "no", "constructor": True}),
        ("off", "yes"),
    ]
    state = walk
    for n, (node, told) in enumerate(said):
        event = {
            "type": "answered",
            "node": node,
            "seq": state["seq"],
            "client_id": str(n),
            "answer": told,
        }
        state = app.call("POST", f"/walks/{walk['id']}/events", event).json()
    assert state["status"] == "ended"
    assert state["outcome"]["node"] == "constructor"
    steps = app.call("GET", f"/walks/{walk['id']}/path").json()["steps"]
    assert [(step["node"], step["exit"]) for step in steps][:2] == [("yes", "no"), ("no", "next")]
    assert app.call("GET", "/trees/off").status_code == 200
    assert app.call("GET", "/trees/off/graph").status_code == 200


def test_the_pages(app: Served) -> None:
    page = app.open("/start/off").press("off")
    assert "Yes or no? It is 007." in page.text
    page = page.press("answer", answer="constructor")
    assert "Which of them?" in page.text
    page = page.press("answer", answer=["off", "constructor"])
    page = page.press("answer", f__yes="off", f__constructor="no")
    assert page.ended
    assert page.status == 200


def test_the_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--strict", str(root)]) == 0
    capsys.readouterr()
    answers = {
        "yes": "no",
        "no": [["constructor"]],
        "off": {"yes": "no", "constructor": "yes"},
        "called.off": "no",
    }
    assert main(["walk", str(root / "off.yaml"), "--json", "--answers", json.dumps(answers)]) == 0
    walked = json.loads(capsys.readouterr().out)
    assert walked["outcome"]["node"] == "no_more"
    assert main(["test", str(root)]) == 0
