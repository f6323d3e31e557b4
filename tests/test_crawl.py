"""Every shipped tree, walked over every exit by HTTP: a server, the demo back end, sockets between.
As its stories tell, and as a customer where it is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from engine import stories
from engine.errors import FingerpostError
from engine.explore import explore
from engine.exploring.explored import Explored
from tests.crawling import Exit, Stage, Told, stage, told
from tests.served import TREES, examined

pytestmark = [pytest.mark.slow]

LIBRARY = examined().libraries[0]
THEIRS = sorted(id for id in LIBRARY.stories if "customer" in LIBRARY.trees[id].audience)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("crawl"), TREES) as found:
        yield found


def untold(explored: Explored, passed: Iterable[Exit]) -> tuple[tuple[str, str], ...]:
    """The exits and ends of a tree that were not passed."""
    all_of_it = stories.Rehearsal("all", (), frozenset(passed), (), "")
    return stories.coverage(explored, [all_of_it]).untold


def walked(there: Stage, id: str, name: str, story: Told) -> list[Exit]:
    found = there.walk(id, story)
    assert found == story.passed, name
    return found


@pytest.mark.parametrize("id", sorted(LIBRARY.stories))
def test_every_exit_is_passed(there: Stage, id: str) -> None:
    passed: list[Exit] = []
    for story in LIBRARY.stories[id].data:
        wanted = told(LIBRARY.trees[id], story)
        assert not wanted.unused, (story["story"], wanted.unused)
        passed += walked(there, id, story["story"], wanted)
    assert not untold(examined().explored[id], passed)


@pytest.mark.parametrize("id", THEIRS)
def test_a_customer_passes_every_exit_that_is_theirs(there: Stage, id: str) -> None:
    """The stories of agents too, as far as a customer can live them."""
    tree, passed = LIBRARY.trees[id], list[Exit]()
    for story in LIBRARY.stories[id].data:
        wanted = as_customer(id, story)
        if wanted is not None:
            passed += walked(there, id, story["story"], wanted)
    assert not untold(explore(replace(tree, audience=("customer",))), passed)


def as_customer(id: str, story: Mapping[str, Any]) -> Told | None:
    """The story as a customer lives it, if he can; his own are walked by the test above, and here
    for what they pass."""
    other = "" if story.get("audience") == "customer" else "customer"
    try:
        found = told(LIBRARY.trees[id], story, other)
    except FingerpostError:
        return None  # it says what an agent alone can
    return found if found.ended else None
