"""How many questions are likely to follow, from the graph; and what counts as an attempt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine import walk as walks
from engine.attempts import is_attempt, to_team
from engine.load import Examined
from engine.model import Tree, Walk
from engine.remaining import MOST, _figures, remaining
from tests.helped import written
from tests.served import TREES, examined

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Examined:
    return written(tmp_path_factory.mktemp("trees"))


def begun(library: Examined, id: str, audience: str = "customer") -> tuple[Tree, Walk]:
    tree = library.libraries[0].trees[id]
    return tree, walks.start(tree, id="w", at=AT, audience=audience)


def test_a_straight_way_is_counted_exactly(library: Examined) -> None:
    tree, walk = begun(library, "bare")
    assert remaining(tree, walk.state, "customer") == 1
    walk = walks.answer(tree, walk, "one", at=AT)
    assert remaining(tree, walk.state, "customer") == 0
    walk = walks.answer(tree, walk, "one", at=AT)
    assert remaining(tree, walk.state, "customer") == 0


def test_ways_of_a_question_count_alike(library: Examined) -> None:
    tree, walk = begun(library, "lamp")
    # bulb: who, how. plug: shining, then nothing or bulb. (2 + (1 + (0 + 2) / 2)) / 2 = 2
    assert remaining(tree, walk.state, "customer") == 2
    walk = walks.answer(tree, walk, "no", at=AT)
    assert remaining(tree, walk.state, "customer") == 2  # of something to do, all that follow


def test_every_shipped_tree_has_figures_that_end() -> None:
    for tree in examined(TREES).libraries[0].trees.values():
        for audience in tree.audience:
            for known in _figures(tree, audience).values():
                assert all(0 <= figure < MOST for figure in known.values()), tree.id


def test_attempts(library: Examined) -> None:
    tree, walk = begun(library, "lamp")
    assert not is_attempt(tree, walk.state)  # a question
    assert is_attempt(tree, walks.answer(tree, walk, "no", at=AT).state)
    assert not is_attempt(tree, walks.answer(tree, walk, "yes", at=AT).state)  # only said


def test_what_leads_to_a_team(library: Examined) -> None:
    tree, walk = begun(library, "towel")
    assert to_team(tree, walk.state, "person")
    assert not to_team(tree, walk.state, "nothing")
    tree, walk = begun(library, "lamp", "agent")
    assert not to_team(tree, walk.state, "hung_up")
