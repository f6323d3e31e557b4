"""The command line as its contract has it: what each command prints, and its exit status."""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from engine.checks import CHECKS
from engine.formats.yaml import read
from engine.library import read_library
from engine.model import Tree, Walk
from engine.stories import given, moment, rehearse
from engine.walk import answer
from tests.command import refused, run
from tests.terminal import COMMAND, Terminal
from web.cli import COMMANDS
from web.cli.parser import command_line

ROOT = Path(__file__).parents[1]
SHIPPED = read_library(ROOT / "trees")
# Each command reads the library anew, so beside one tree in full the first story of every fifth
# will do; all stories are told by forms and by calls.
STORIES = [
    (id, story)
    for n, (id, document) in enumerate(sorted(SHIPPED.stories.items()))
    for story in document.data[: None if id == "internet_down" else n % 15 == 0]
]
LIBRARY = """\
format: 1
dispositions: {done: {label: Done}, lost: {label: Lost}}
actions:
  look: {exits: {found: {eta: text}, none: {}}, failed: none}
"""
LAMP = """\
format: 1
title: The lamp is dark
audience: [agent, customer]
given: {room: {type: text, required: false}}
start: light
anytime: {leave: {label: Leave, next: lost}}
nodes:
  light:
    ask: Does it light up?
    choices: {yes: form, no: look}
  look: {run: look, exits: {found: plug, none: lost}}
  plug: {tell: "It will be mended: {look.eta}.", next: light, limit: {visits: 2, then: lost}}
  form:
    ask: Who are you?
    fields: {name: {type: text, private: true}, age: {type: integer, required: false}}
    next: done
  done: {end: "Goodbye, {form.name}.", disposition: done}
  lost: {end: Goodbye., disposition: lost}
allow: [{check: untold, why: A test has no stories.}]
"""
TOLD = """\
- story: it lights up
  answers: {light: "yes", form: {name: Ana}}
  expect: {end: done}
- story: it does not
  answers: {light: "no"}
  actions: {look: none}
  expect: {end: lost}
"""
BROKEN = LAMP.replace("no: look}", "no: lok}")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sound trees, in a folder of their own."""
    folder = tmp_path / "trees" / "home"
    folder.mkdir(parents=True)
    (tmp_path / "trees/library.yaml").write_text(LIBRARY)
    (folder / "lamp.yaml").write_text(LAMP)
    (folder / "lamp.stories.yaml").write_text(TOLD)
    (tmp_path / "trees/other.yaml").write_text(LAMP)
    monkeypatch.chdir(tmp_path)
    return folder


# -------------------------------------------------------------------------------- every command


def subcommand(name: str) -> argparse.ArgumentParser:
    parser = command_line(name, import_module(COMMANDS[name][0]))
    (found,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    made: argparse.ArgumentParser = found.choices[name]
    return made


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_all_with_examples(name: str) -> None:
    shown = run(name, "--help")
    assert shown.status == 0
    examples = re.findall(rf"^ *fingerpost {name}\b.*", shown.out, re.M)
    assert len(examples) >= 2, "a command without examples"
    silent = [action.dest for action in subcommand(name)._actions if not action.help]
    assert not silent, "options that say nothing"


def test_help_names_every_command() -> None:
    for words in ([], ["--help"]):
        shown = run(*words)
        assert shown.status == 0
        assert all(re.search(rf"^    {name}\s", shown.out, re.M) for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_of_the_help_can_be_parsed(name: str) -> None:
    """The words of each example are words that the command takes."""
    import shlex

    module = import_module(COMMANDS[name][0])
    parser = command_line(name, module)
    for line in re.findall(rf"^ *(fingerpost {name}\b.*)", module.__doc__ or "", re.M):
        command = re.split(r"\s{3,}|\s[|<>]\s", line)[0]
        parser.parse_args(shlex.split(command)[1:])


MISUSED: list[tuple[list[str], str]] = [
    (["chek"], "there is no command 'chek'. Did you mean 'check'?"),
    (["frobnicate"], "there is no command 'frobnicate'."),
    (["--frob"], "unrecognized arguments: --frob"),
    (["check", "--frob"], "there is no '--frob' here. `fingerpost check --help`"),
    (["check", "nowhere"], "there is no file or folder 'nowhere'"),
    (["check", "trees/home/lam.yaml"], "Did you mean"),
    (["check", "--tree", "lmp"], "there is no tree 'lmp'. Did you mean 'lamp'?"),
    (["check", "--format", "xml"], "invalid choice: 'xml'"),
    (["check", "notes.txt"], "notes.txt is no tree"),
    (["check", "empty"], "there is no tree in empty"),
    (["walk", "lmp"], "there is no tree 'lmp' in trees. Did you mean 'lamp'?"),
    (["walk", "lamp", "--library", "nowhere"], "there is no folder nowhere"),
    (["walk", "."], "is no tree"),
    (["walk", "trees/library.yaml"], "is no tree"),
    (["walk"], "TREE"),
    (["walk", "lamp", "--answers", "nowhere.json"], "neither JSON nor a file"),
    (["walk", "lamp", "--answers", "{"], "--answers"),
    (["walk", "lamp", "--answers", "[1]"], "--answers is an object"),
    (["walk", "lamp", "--answers", "{" * 5000], "--answers"),
    (["walk", "lamp", "--answers", "notes.bin"], "--answers: notes.bin is no text"),
    (["walk", "lamp", "--answers", '{"ligth": "yes"}'], "no node 'ligth'. Did you mean 'light'?"),
    (["walk", "lamp", "--actions", '{"lok": "none"}'], "no node or action 'lok'. Did you mean 'look'?"),
    (["walk", "lamp", "--given", '{"rom": "x"}'], "rom"),
    (["walk", "lamp", "--audience", "system"], "is for agent and customer, not for system"),
    (["walk", "lamp", "--language", "fr"], "is in en, not in 'fr'"),
    (["walk", "lamp", "--channel", "smoke"], "invalid choice: 'smoke'"),
    (["walk", "lamp", "--at", "noon"], "'noon' is no time"),
    (["test", "--cover", "lots"], "'lots' is no share"),
    (["test", "--cover", "101"], "'101' is no share"),
    (["test", "--junit", "nowhere/report.xml"], "cannot be written: no such file or directory"),
    (["test", "--junit", "trees"], "cannot be written: it is a folder"),
    (["graph", "lmp"], "Did you mean 'lamp'?"),
    (["graph", "lamp", "--against", "nowhere"], "no git revision"),
    (["graph", "lamp", "--traffic", "--store", "sqlite:///nowhere.db"], "there is no record"),
    (["schema", "trees"], "invalid choice: 'trees'"),
    (["explain", "empty-valu"], "there is no check 'empty-valu'. Did you mean 'empty-value'?"),
    (["serve", "--port", "x"], "invalid int value"),
    (["serve", "--port", "70000"], "a port is a number from 0 to 65535"),
    (["serve", "--host", "0.0.0.0"], "can be reached by others"),
    (["serve", "--settings", "nowhere.toml"], "there is no settings file 'nowhere.toml'"),
    (["serve", "nowhere"], "there is no file or folder 'nowhere'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"), MISUSED, ids=lambda v: " ".join(v)[:60] if isinstance(v, list) else ""
)
def test_a_wrong_call_is_told_in_one_line(library: Path, words: list[str], says: str) -> None:
    Path("notes.txt").write_text("hello")
    Path("notes.bin").write_bytes(b"\xff\xfe{}")
    Path("empty").mkdir()
    assert says in refused(*words)


WORDS = [
    "trees", "lamp", "trees/home/lamp.yaml", "bytes.yaml", "empty.yaml", "list.yaml", "nowhere", "", "-",
    "{}", '{"light": "no"}', '{"a": [[]]}', "[]", "null", "-1", "0", "70", "\udcff", "a" * 5000, "a/b",
    "../x", "HEAD", "HEAD:trees", "--", "é", "/dev/null", "sqlite:///nowhere.db", "memory:", "en",
    "agent", "phone", "2026-01-01", "svg", "json", "list", "show", "export", "shape",
]  # fmt: skip


@pytest.mark.parametrize(
    "name", [name for name in COMMANDS if name not in ("serve", "demo-backend")]
)
def test_no_words_whatever_show_a_fault_of_ours(
    library: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands with words and options put together by chance."""
    Path("bytes.yaml").write_bytes(bytes(range(256)))
    Path("empty.yaml").write_text("")
    Path("list.yaml").write_text("[]")
    chance = random.Random(name)
    options = [option for action in subcommand(name)._actions for option in action.option_strings]
    for _ in range(60):
        words = [name]
        for _ in range(chance.randrange(4)):
            words += [chance.choice(options)] if options and chance.random() < 0.6 else []
            words.append(chance.choice(WORDS))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1\n2\nq\n")))
        ran = run(*words)  # which fails on a traceback, and where we blame ourselves
        assert ran.status in (0, 1, 2), words
        if ran.status == 2:
            assert ran.err.count("\n") == 1, (words, ran.err)


# -------------------------------------------------------------------------------------- check


def test_what_check_prints_as_json(library: Path) -> None:
    (library / "lamp.yaml").write_text(BROKEN)
    ran = run("check", "--json", "trees/home/lamp.yaml")
    assert ran.status == 1
    found = ran.json
    assert list(found) == ["files", "findings", "summary"]
    assert found["files"] == 4
    assert found["summary"] == {"errors": 1, "warnings": 0, "states": 0, "complete": True}
    (finding,) = found["findings"]
    assert finding == {
        "check": "missing-node", "severity": "error", "file": "trees/home/lamp.yaml",
        "line": 10, "column": 30, "tree": "lamp", "node": "light",
        "message": "there is no node 'lok'. Did you mean 'look'?", "route": None, "fix": None,
    }  # fmt: skip


def test_a_finding_with_its_route(library: Path) -> None:
    (library / "lamp.yaml").write_text(LAMP.replace("{form.name}", "{look.eta}"))
    (finding,) = run("check", "--json", "--tree", "lamp").json["findings"]
    assert finding["check"] == "empty-value"
    assert finding["route"] == [
        {"tree": "lamp", "node": "light", "exit": "yes"},
        {"tree": "lamp", "node": "form", "exit": "next"},
        {"tree": "lamp", "node": "done", "exit": None},
    ]
    assert "on the route light=yes > form=next > done" in run("check").out


def test_warnings_alone_are_good_unless_strict(library: Path) -> None:
    (library / "lamp.yaml").write_text(LAMP.replace("Goodbye.", "TODO say goodbye."))
    assert run("check").status == 0
    assert "warning" in run("check").out
    assert run("check", "--strict").status == 1
    assert run("check", "--strict", "--tree", "other").status == 0


def test_a_file_that_cannot_be_read_does_not_stop_the_others(library: Path) -> None:
    (library / "binary.yaml").write_bytes(bytes(range(256)))
    (library / "empty.yaml").write_text("")
    (library / "cut.yaml").write_text("a: [")
    (library / "lamp.yaml").write_text(BROKEN)
    ran = run("check", "--json")
    assert ran.status == 1
    assert {finding["file"] for finding in ran.json["findings"]} == {
        "trees/home/binary.yaml", "trees/home/empty.yaml", "trees/home/cut.yaml", "trees/home/lamp.yaml",
    }  # fmt: skip
    assert ran.json["summary"]["states"] > 0
    assert run("check", "--tree", "other").status == 0


def test_two_libraries_are_two(library: Path) -> None:
    shutil.copytree("trees", "theirs")
    Path("theirs/home/lamp.yaml").write_text(BROKEN)
    ran = run("check", "trees", "theirs", "--json")
    assert ran.status == 1
    assert ran.json["files"] == 8
    assert [finding["file"] for finding in ran.json["findings"]] == ["theirs/home/lamp.yaml"]
    assert run("check", "trees", "theirs", "--tree", "other").status == 0
    assert run("test", "trees", "theirs").status == 1
    assert run("test", "theirs", "trees").status == 1


@pytest.mark.parametrize("start", ["trees", "trees/home", "trees/home/lamp.yaml"])
def test_files_are_named_as_they_were_asked_for(library: Path, start: str, tmp_path: Path) -> None:
    (library / "lamp.yaml").write_text(BROKEN)
    for path in (start, str(tmp_path / start)):
        (finding,) = run("check", "--json", path).json["findings"]
        assert finding["file"].startswith(path)
        assert Path(finding["file"]).samefile(library / "lamp.yaml")


def test_a_folder_reports_what_lies_in_it(library: Path) -> None:
    Path("trees/other.yaml").write_text(BROKEN)
    assert run("check", "trees/home").status == 0
    assert run("check", "trees").status == 1


def test_the_trees_that_a_tree_uses_are_looked_at_too(library: Path) -> None:
    user = "format: 1\ntitle: T\nstart: a\nnodes:\n  a: {use: lamp}\nallow: [{check: untold, why: A test.}]\n"
    (library / "caller.yaml").write_text(user)
    assert run("check", "trees/home/caller.yaml").status == 0
    for text in (BROKEN, "a: ["):
        (library / "lamp.yaml").write_text(text)
        ran = run("check", "trees/home/caller.yaml")
        assert ran.status == 1
        assert "trees/home/lamp.yaml" in ran.out
        walked = run("walk", "caller", "--answers", "{}")
        assert walked.status == 1
        assert "trees/home/lamp.yaml" in walked.out


def test_what_check_prints_for_people(library: Path) -> None:
    (library / "lamp.yaml").write_text(BROKEN)
    said = run("check").out
    assert (
        "trees/home/lamp.yaml:10:30: error: there is no node 'lok'. Did you mean 'look'? [missing-node]"
        in said
    )
    assert "1 error, 0 warnings: 2 trees, 4 files" in said
    assert "\033" not in said
    (library / "lamp.yaml").write_text(LAMP)
    assert run("check").out.startswith("clean: 2 trees, 4 files")


def test_sarif(library: Path) -> None:
    odd = library / "odd name.yaml"
    odd.write_text(BROKEN)
    log = run("check", "--format", "sarif", "--strict").json
    assert log["version"] == "2.1.0"
    (analysis,) = log["runs"]
    driver = analysis["tool"]["driver"]
    assert driver["name"] == "Fingerpost"
    rules = {rule["id"] for rule in driver["rules"]}
    assert rules == set(CHECKS)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
    for result in analysis["results"]:
        assert result["ruleId"] in rules
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        (place,) = result["locations"]
        physical = place["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "trees/home/odd%20name.yaml"
        assert physical["region"]["startLine"] >= 1
        assert physical["region"]["startColumn"] >= 1


def test_workflow_commands(library: Path) -> None:
    (library / "lamp.yaml").write_text(BROKEN)
    (line,) = run("check", "--format", "github").out.splitlines()
    assert line == (
        "::error file=trees/home/lamp.yaml,line=10,col=30,title=missing-node::"
        "there is no node 'lok'. Did you mean 'look'?"
    )


# --------------------------------------------------------------------------------------- walk


def walked(*words: str, status: int = 0) -> dict[str, Any]:
    ran = run("walk", "lamp", "--json", *words)
    assert ran.status == status, (ran.out, ran.err)
    found: dict[str, Any] = ran.json
    return found


def test_what_walk_prints_as_json(library: Path) -> None:
    found = walked("--answers", '{"light": "yes", "form": {"name": "Ana"}}')
    assert re.fullmatch("[0-9a-f]{64}", found.pop("logic"))
    assert found == {
        "tree": "lamp",
        "status": "ended",
        "at": None,
        "outcome": {"node": "done", "disposition": "done", "kpi": None},
        "steps": [
            {"tree": "lamp", "node": "light", "exit": "yes", "visit": 1},
            {"tree": "lamp", "node": "form", "exit": "next", "visit": 1},
            {"tree": "lamp", "node": "done", "exit": None, "visit": 1},
        ],
        "values": {"form.name": "Ana", "light": "yes"},
        "prompt": None,
    }


def test_a_walk_that_waits(library: Path) -> None:
    found = walked()
    assert (found["status"], found["at"], found["outcome"]) == ("waiting", "light", None)
    assert found["prompt"]["say"] == "Does it light up?"
    assert [choice["id"] for choice in found["prompt"]["choices"]] == ["yes", "no"]
    pending = walked("--answers", '{"light": "no"}')
    assert (pending["status"], pending["at"]) == ("waiting", "look")


@pytest.mark.parametrize(
    ("answers", "actions", "nodes"),
    [
        ({"light": ["no", "yes"]}, {"look": "found"}, ["light", "look", "plug", "light"]),
        ({"light": ["no", "no", "no"]}, {"look": "found"}, ["light", "look", "plug"] * 3 + ["lost"]),
        ({"light": "no"}, {"look": {"exit": "none"}}, ["light", "look", "lost"]),
        ({"light": ["no", "no"]}, {"look": ["found", "none"]}, ["light", "look", "plug", "light", "look", "lost"]),
        ({"light": {"anytime": "leave"}}, {}, ["light", "lost"]),
        ({"light": True, "form": {"anytime": "leave"}}, {}, ["light", "form", "lost"]),
        ({"light": "no", "look": {"anytime": "leave"}}, {}, ["light", "look", "lost"]),
        ({"light": ["no", True], "look": {"back": True}, "form": {"anytime": "leave"}}, {}, ["light", "form", "lost"]),
    ],
)  # fmt: skip
def test_the_steps_of_a_walk(
    library: Path, answers: Mapping[str, Any], actions: Mapping[str, Any], nodes: list[str]
) -> None:
    found = walked("--answers", json.dumps(answers), "--actions", json.dumps(actions))
    assert [step["node"] for step in found["steps"]] == nodes


def test_outputs_left_out_are_samples(library: Path) -> None:
    found = walked("--answers", '{"light": "no"}', "--actions", '{"look": "found"}')
    assert found["values"]["look.eta"] == "sample"
    said = {"look": {"exit": "found", "eta": "Monday"}}
    found = walked("--answers", '{"light": "no"}', "--actions", json.dumps(said))
    assert found["values"]["look.eta"] == "Monday"


def test_answers_from_a_file(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("answers.json").write_text('{"light": {"anytime": "leave"}}')
    Path("answers.yaml").write_text("light: {anytime: leave}\n")
    for name in ("answers.json", "answers.yaml"):
        assert walked("--answers", name)["outcome"]["node"] == "lost"
    with Path("answers.json").open() as given_in:
        monkeypatch.setattr(sys, "stdin", given_in)
        assert walked("--answers", "-")["outcome"]["node"] == "lost"


def test_an_answer_that_is_refused(library: Path) -> None:
    ran = run("walk", "lamp", "--json", "--answers", '{"light": "perhaps"}')
    assert ran.status == 1
    assert ran.json["at"] == "light"
    assert "choose one of: yes, no" in ran.err


def test_a_result_that_is_refused(library: Path) -> None:
    said = ("--answers", '{"light": "no"}', "--actions")
    ran = run("walk", "lamp", "--json", *said, '{"look": "lost"}')
    assert (ran.status, ran.json["status"], ran.json["at"]) == (1, "waiting", "look")
    assert "say how it went: one of found, none" in ran.err
    unsaid = run("walk", "lamp", "--json", "--answers", '{"light": "no"}')
    assert (unsaid.status, unsaid.json["at"], unsaid.err) == (0, "look", "")


def test_a_tree_with_errors_is_not_walked(library: Path) -> None:
    (library / "lamp.yaml").write_text(BROKEN)
    ran = run("walk", "lamp")
    assert ran.status == 1
    assert "[missing-node]" in ran.out
    ran = run("walk", "trees/home/lamp.yaml", "--json")
    assert ran.status == 1
    assert ran.json["findings"][0]["check"] == "missing-node"


def test_a_walk_in_words(library: Path) -> None:
    ran = run(
        "walk",
        "trees/home/lamp.yaml",
        "--answers",
        '{"light": "no"}',
        "--actions",
        '{"look": "none"}',
    )
    assert ran.out == "light = no\nlook = none\nlost\n\nGoodbye.\n"
    assert run("walk", "lamp", "--answers", "{}").out == "\nwaits at light\n"


def options(id: str, story: Mapping[str, Any]) -> list[str]:
    """A story as the words of a command."""
    tree = SHIPPED.trees[id]
    day = moment(story.get("at"), tree)
    known = given(tree, story.get("given") or {}, day.date())
    found = [
        "--library",
        str(ROOT / "trees"),
        "--at",
        day.isoformat(),
        "--given",
        json.dumps(known),
    ]
    for name in ("audience", "channel", "language"):
        found += [f"--{name}", str(story[name])] if name in story else []
    for name in ("answers", "actions"):
        found += [f"--{name}", json.dumps(story.get(name) or {})]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "story"), STORIES, ids=[f"{id}: {s['story']}" for id, s in STORIES]
)
def test_a_story_that_is_shipped_walks_the_same(id: str, story: Mapping[str, Any]) -> None:
    """By its own answers it ends where `test` says, and told as a story again it comes true."""
    told = rehearse(SHIPPED.trees[id], story)
    assert told.came_true
    words = options(id, story)
    ran = run("walk", id, *words, "--json")
    assert ran.status == 0, ran.err
    outcome = ran.json["outcome"]
    assert (outcome["node"] if outcome else "") == told.end
    again = run("walk", id, *words, "--story").out
    (printed,) = read(again.encode(), "x.stories.yaml").data
    retold = rehearse(SHIPPED.trees[id], printed)
    assert retold.problems == ()
    assert retold.end == told.end


# --------------------------------------------------------------------- walk, at a terminal


def test_a_walk_by_hand(library: Path, tmp_path: Path) -> None:
    terminal = Terminal("walk", "lamp", "--story", cwd=tmp_path, NO_COLOR="1")
    assert "1  Yes" in terminal.until("> ")
    terminal.type("?")
    assert "b back" in terminal.until("> ")
    terminal.type("perhaps")
    terminal.until("choose one of: yes, no")
    terminal.until("> ")
    terminal.type("1")
    terminal.until("Name")
    terminal.type("b")
    terminal.until("Does it light up?")
    terminal.until("> ")
    terminal.type("n the lamp is old")
    terminal.until("noted")
    terminal.until("> ")
    terminal.type("2")
    terminal.until("To do: Look")
    terminal.until("how did it go? ")
    terminal.type("1")
    terminal.until("Eta: ")
    terminal.type("Monday")
    assert "It will be mended: Monday." in terminal.until("Enter goes on ")
    terminal.type("")
    terminal.until("> ")
    terminal.type("yes")
    terminal.until("Name: ")
    terminal.type("\\b")
    terminal.until("Age (may be left empty): ")
    terminal.type("many")
    terminal.until("age: ")
    terminal.until("Name: ")
    terminal.type("Ana")
    terminal.until("Age")
    terminal.type("")
    status, shown = terminal.ended()
    assert status == 0
    assert "Goodbye, Ana." in shown
    assert "the lamp is old" in shown
    assert "- story: recorded" in shown


SLOTS = """\
format: 1
dispositions: {done: {label: Done}}
actions:
  slots:
    exits: {found: {options: {list: {slot: text, label: text}}, by: {type: choice, of: [bus, van]}}, none: {}}
    failed: none
"""
VISIT = """\
format: 1
title: Book a visit
start: slots
nodes:
  slots: {run: slots, exits: {found: pick, none: done}}
  pick: {ask: Which suits you?, choices_from: slots.options, none_of_these: {next: done}, next: done}
  done: {end: Goodbye., disposition: done}
"""


def test_rows_of_an_action_by_hand(tmp_path: Path) -> None:
    (tmp_path / "library.yaml").write_text(SLOTS)
    (tmp_path / "visit.yaml").write_text(VISIT)
    terminal = Terminal("walk", "visit.yaml", "--story", cwd=tmp_path, NO_COLOR="1")
    terminal.until("how did it go? ")
    terminal.type("found")
    assert "row by row" in terminal.until("Slot: ")
    for cell, then in (
        ("s1", "Label: "),
        ("Monday", "Slot: "),
        ("s2", "Label: "),
        ("Tuesday", "Slot: "),
    ):
        terminal.type(cell)
        terminal.until(then)
    terminal.type("")
    terminal.until("By [1 bus, 2 van]: ")
    terminal.type("2")
    assert "2  Tuesday" in terminal.until("> ")
    terminal.type("2")
    status, shown = terminal.ended()
    assert status == 0
    story = read(shown[shown.index("- story") :].encode(), "").data[0]
    said = {
        "options": [{"slot": "s1", "label": "Monday"}, {"slot": "s2", "label": "Tuesday"}],
        "by": "van",
    }
    assert story["actions"] == {"slots": {"exit": "found", **said}}
    assert story["answers"] == {"pick": "s2"}


@pytest.mark.parametrize(("key", "expected"), [("interrupt", 130), ("q\n", 0), ("\x04", 0)])
def test_a_walk_that_is_left_says_how_to_go_on(
    library: Path, tmp_path: Path, key: str, expected: int
) -> None:
    import shlex

    terminal = Terminal("walk", "lamp", cwd=tmp_path, NO_COLOR="1")
    terminal.until("> ")
    terminal.type("1")
    terminal.until("Name: ")
    if key == "interrupt":
        terminal.interrupt()
    else:
        terminal.press(key.encode())
    status, shown = terminal.ended()
    assert status == expected
    assert "stopped at form; nothing was recorded" in shown
    (command,) = re.findall(r"^ +(fingerpost walk .*--continue)$", shown, re.M)
    again = Terminal(*shlex.split(command)[1:], cwd=tmp_path, NO_COLOR="1")
    again.until("Name: ")
    again.interrupt()
    assert again.ended()[0] == 130


def test_colour_at_a_terminal_alone(library: Path, tmp_path: Path) -> None:
    (library / "lamp.yaml").write_text(BROKEN)
    assert "\033[31m" in Terminal("check", cwd=tmp_path).ended()[1]
    assert "\033[3" not in Terminal("check", cwd=tmp_path, NO_COLOR="1").ended()[1]


# --------------------------------------------------------------------------------------- test


def test_what_test_prints(library: Path) -> None:
    ran = run("test", "trees/home/lamp.yaml")
    assert ran.status == 0
    assert ran.out == (
        "✓ lamp: 2 of 2 stories come true; 67 % of 9 exits, rules and ends\n"
        "    untold: look found\n"
        "    untold: plug limit\n"
        "    untold: plug next\n"
    )


def test_how_much_has_to_be_covered(library: Path) -> None:
    for least, status in (("0", 0), ("60", 0), ("70", 1), ("100%", 1)):
        assert run("test", "trees/home", "--cover", least).status == status


def test_a_story_that_does_not_come_true(library: Path) -> None:
    stories = library / "lamp.stories.yaml"
    stories.write_text(TOLD.replace("end: lost", "end: done"))
    ran = run("test", "trees/home", "--junit", "report.xml")
    assert ran.status == 1
    assert "✗ lamp: 1 of 2 stories come true" in ran.out
    assert "    it does not: it ends at 'lost', not at 'done'" in ran.out
    report = ElementTree.parse("report.xml").getroot()
    assert report.tag == "testsuites"
    (suite,) = report
    assert suite.attrib == {"name": "lamp", "tests": "2", "failures": "1", "errors": "0"}
    assert [case.get("name") for case in suite] == ["it lights up", "it does not"]
    assert [len(case) for case in suite] == [0, 1]
    assert suite[1][0].tag == "failure"
    assert suite[1][0].get("message") == "it ends at 'lost', not at 'done'"


def test_what_test_prints_as_json(library: Path) -> None:
    found = run("test", "trees/home", "--json").json
    assert found["stories"][0] == {
        "tree": "lamp", "story": "it lights up", "came_true": True, "end": "done", "problems": [],
    }  # fmt: skip
    assert found["coverage"]["lamp"]["can"] == 9
    assert found["coverage"]["lamp"]["told"] == 6
    assert {"node": "plug", "exit": "limit"} in found["coverage"]["lamp"]["untold"]
    assert found["summary"] == {"trees": 1, "stories": 2, "came_true": 2, "errors": 0}


def test_a_tree_with_errors_fails_the_test(library: Path) -> None:
    (library / "lamp.yaml").write_text(BROKEN)
    ran = run("test", "trees/home", "--json", "--junit", "report.xml")
    assert ran.status == 1
    assert ran.json["findings"][0]["check"] == "missing-node"
    (suite,) = ElementTree.parse("report.xml").getroot()
    assert suite.get("errors") == "1"


# -------------------------------------------------------------------------------------- graph


def test_every_form_of_a_picture(library: Path) -> None:
    svg = run("graph", "lamp").out
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    dot = run("graph", "lamp", "--format", "dot").out
    assert dot.startswith('digraph "lamp" {')
    assert run("graph", "lamp", "--format", "mermaid").out.startswith("flowchart TD")
    found = run("graph", "lamp", "--format", "json").json
    assert {"node": "plug", "exit": "limit", "to": "lost"} in found["exits"]
    for name, begins in (
        ("a.svg", "<svg"),
        ("a.dot", "digraph"),
        ("a.mmd", "flowchart"),
        ("a.json", "{"),
    ):
        assert run("graph", "trees/home/lamp.yaml", "--out", name).status == 0
        assert Path(name).read_text("utf-8").startswith(begins)


def test_a_picture_of_what_changed(library: Path) -> None:
    shutil.copytree("trees", "before")
    changed = LAMP.replace("yes: form", "yes: thanks").replace("Goodbye.", "Farewell.")
    changed = changed.replace(
        "\n  form:\n    ask: Who are you?\n    fields: {name: {type: text, private: true}, age: {type: integer, required: false}}\n    next: done",
        "\n  thanks: {tell: Thanks., next: done}",
    )
    (library / "lamp.yaml").write_text(changed.replace("Goodbye, {form.name}.", "Goodbye."))
    words = ("graph", "lamp", "--against", "before/home/lamp.yaml")
    found = run(*words, "--format", "json").json
    changes = {node["id"]: node.get("change", "") for node in found["nodes"]}
    assert changes == {
        "light": "changed", "look": "", "plug": "", "thanks": "new", "done": "changed",
        "lost": "changed", "form": "gone",
    }  # fmt: skip
    ways = {(e["node"], e["to"]): e["change"] for e in found["exits"]}
    assert ways["light", "thanks"] == "new"
    assert ways["light", "form"] == "gone"
    assert ways["light", "look"] is None
    svg = run(*words).out
    assert 'class="tell new"' in svg
    assert "· gone" in svg
    assert "color=red" in run(*words, "--format", "dot").out
    mermaid = run(*words, "--format", "mermaid").out
    assert ":::gone" in mermaid
    assert "linkStyle" in mermaid


def _answered(said: str, tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
    return answer(tree, walk, said, at=at, ref=ref)


def test_a_picture_of_traffic(library: Path) -> None:
    import asyncio

    from engine.load import examine
    from engine.stores import open_store
    from web.desk import Desk

    url = f"sqlite:///{library / 'record.db'}"

    async def record() -> None:
        store = await open_store(url)
        desk = Desk(examine(Path("trees")), store)
        for said in ("yes", "yes", "no"):
            walk = await desk.start("lamp")
            await desk.move(walk.id, partial(_answered, said), seq=1)
        await store.close()

    asyncio.run(record())
    words = ("graph", "lamp", "--traffic", "--store", url)
    found = run(*words, "--format", "json").json
    counts = {(e["node"], e["exit"]): e["count"] for e in found["exits"]}
    assert counts["light", "yes"] == 2
    assert counts["light", "no"] == 1
    assert counts["form", "next"] == 0
    assert "(2)" in run(*words).out
    assert "stroke-width:7.3" in run(*words).out


# ------------------------------------------------------------------------- schema, explain, serve


@pytest.mark.parametrize("kind", ["tree", "library", "stories", "texts"])
def test_schemas(kind: str) -> None:
    written = json.loads((ROOT / f"schemas/{kind}.schema.json").read_text("utf-8"))
    assert run("schema", kind).json == written


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_is_explained_by_what_is_wrong_and_what_is_right(name: str) -> None:
    page = run("explain", name).out
    assert page.startswith(f"{name}\n\n")
    assert re.search("# (finding|warning)", page), "no example that is wrong"
    assert re.search("^    # right$", page, re.M), "no example that is right"
    assert run("explain", f"[{name}]", "--json").json[name] in page


def test_all_checks_in_a_line_each() -> None:
    lines = run("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == list(CHECKS)


def test_settings_with_where_they_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fingerpost.toml").write_text('trees = "ours"\nport = 1\n')
    monkeypatch.setenv("FINGERPOST_PORT", "9001")
    store = "postgresql://me:canary@db/record"
    found = run("serve", "--store", store, "--show-settings", "--json").json
    assert found["trees"] == {"value": "ours", "origin": "fingerpost.toml"}
    assert found["port"] == {"value": "9001", "origin": "FINGERPOST_PORT"}
    assert found["host"]["origin"] == "default"
    assert found["store"] == {"value": "postgresql://me:…@db/record", "origin": "--store"}
    assert "canary" not in run("serve", "--store", store, "--show-settings").out


# ---------------------------------------------------------------------------------- as a process


def test_the_version_comes_at_once() -> None:
    """Nothing heavy is imported for it."""
    code = (
        "import sys; from web.cli import main; main(['--version']); "
        "print([name for name in ('engine', 'argparse', 'msgspec', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, imported = done.stdout.splitlines()
    assert re.fullmatch(r"fingerpost \d+\.\d+\.\d+", version)
    assert imported == "[]"


def test_whoever_reads_may_go(library: Path) -> None:
    done = subprocess.run(
        f"{COMMAND} schema | head -1; {COMMAND} fmt --check trees | head -0",
        shell=True, capture_output=True, text=True, check=True, cwd=library.parents[1],
    )  # fmt: skip
    assert done.stdout == "{\n"
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_output_that_cannot_be_written(library: Path) -> None:
    for words in ("schema", "explain", "graph lamp --format json"):
        done = subprocess.run(
            f"{COMMAND} {words} > /dev/full",
            shell=True, capture_output=True, text=True, check=False, cwd=library.parents[1],
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr == "fingerpost: output: no space left on device\n"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    from web.cli.terminal import writing

    def half(path: Path) -> None:
        with writing(path) as file:
            file.write("half of it")
            raise ValueError("in the middle")

    file = tmp_path / "a.txt"
    file.write_text("as it was")
    for path in (file, tmp_path / "b.txt"):
        with pytest.raises(ValueError, match="in the middle"):
            half(path)
    assert file.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [file]


def test_output_into_a_device(library: Path) -> None:
    done = subprocess.run(
        [COMMAND, "graph", "lamp", "--format", "dot", "--out", "/dev/stdout"],
        capture_output=True, text=True, check=False, cwd=library.parents[1],
    )  # fmt: skip
    assert done.stdout.startswith("digraph"), done.stderr


def test_words_that_the_terminal_cannot_show(library: Path) -> None:
    import os

    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [COMMAND, "test", "trees"], capture_output=True, check=False, cwd=library.parents[1], env=environment
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"lamp: 2 of 2 stories" in done.stdout


def test_a_cache_that_cannot_be_written_to_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FINGERPOST_CACHE", str(tmp_path / "file"))
    assert run("check", Path(__file__).parent.parent / "trees" / "shared").status == 0
