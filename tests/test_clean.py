"""Trees that are tricky and right: the checker says nothing of them. A false finding is as bad as
one that is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.load import Examined, examine

HERE = Path(__file__).parent / "clean"
TREES = sorted(path.name.partition(".")[0] for path in HERE.glob("*.yaml"))


@pytest.fixture(scope="module")
def examined() -> Examined:
    return examine(HERE, cache=None)


@pytest.mark.parametrize("tree", TREES)
def test_nothing_is_said_of_it(tree: str, examined: Examined) -> None:
    said = [f for f in examined.findings if Path(f.mark.file).name.partition(".")[0] == tree]
    assert not said, "\n".join(f"{f.mark}: {f.check}: {f.message} {f.route}" for f in said)


def test_they_were_all_looked_at(examined: Examined) -> None:
    assert examined.complete
    assert len(examined.explored) == len(TREES) - 1 >= 20  # the library is no tree
