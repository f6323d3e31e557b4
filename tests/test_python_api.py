"""The engine called from Python, as a program of somebody else's would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import InvalidTree, NotThere
from engine.load import examine, load
from engine.model import Noted
from engine.replay import replay
from engine.walk import answer, record, start

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LAMP = """format: 1
title: The kettle stays cold
start: lamp
nodes:
  lamp:
    ask: Does the lamp light up?
    choices: {yes: works, no: repair}
  works: {end: Good.}
  repair: {end: Please send it in.}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "library.yaml").write_text("format: 1\n")
    (tmp_path / "kettle.yaml").write_text(LAMP)
    return tmp_path


def test_a_path_may_be_a_text(shop: Path) -> None:
    assert examine(str(shop)).findings == examine(shop).findings
    assert load(str(shop / "kettle.yaml")).trees.keys() == {"kettle"}
    with pytest.raises(NotThere, match="nowhere"):
        load(str(shop / "nowhere"))


def test_what_was_examined_has_its_trees_beside_its_findings(shop: Path) -> None:
    (shop / "toaster.yaml").write_text(LAMP.replace("ask:", "asks:"))
    examined = examine(shop)
    assert examined.trees.keys() == {"kettle"}  # of one that cannot be built there is none
    assert {finding.check for finding in examined.errors} == {"shape"}
    with pytest.raises(InvalidTree, match="asks"):
        load(shop)


def test_an_event_is_recorded_at_a_time_and_by_somebody(shop: Path) -> None:
    tree = load(shop).trees["kettle"]
    walk = start(tree, id="call-1", at=NOON, by="ana")
    note = Noted(at=NOON, node="lamp", text="It is an old one.", actor="nobody")
    later = NOON + timedelta(minutes=1)
    noted = record(tree, walk, note, at=later, by="ben")
    assert (noted.new[-1].at, noted.new[-1].actor) == (later, "ben")
    as_it_is = record(tree, walk, note).new[-1]
    assert (as_it_is.at, as_it_is.actor) == (NOON, "nobody")
    ended = answer(tree, noted, "yes", at=later, by="ben")
    assert replay({tree.logic: tree}, "call-1", ended.new).state == ended.state
