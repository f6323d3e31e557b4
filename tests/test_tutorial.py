"""The tutorial, done from top to bottom: every file, every command, every line that is printed."""

from __future__ import annotations

import doctest
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.documents import ran, steps, typed, written

TUTORIAL = Path(__file__).parents[1] / "docs/tutorial.md"
LOOSE = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def a_call(address: str) -> None:
    """What the reader does on the page: begins the tree, answers one question, and leaves."""
    with urllib.request.urlopen(address, timeout=30) as page:
        assert "A parcel has not come" in page.read().decode()
    begun = _post(f"{address}/api/v1/walks", {"tree": "late_parcel", "audience": "agent"})
    answered = {"type": "answered", "seq": begun["seq"], "node": "at_hand", "answer": "yes"}
    _post(f"{address}/api/v1/walks/{begun['id']}/events", answered)


def _post(address: str, body: Any) -> Any:
    call = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(call, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_the_tutorial_can_be_done_from_top_to_bottom(tmp_path: Path) -> None:
    done = 0
    for kind, block in steps(TUTORIAL):
        if kind == "yaml":
            written(block, tmp_path)
        if kind != "console":
            continue
        for command, expected in typed(block):
            actual = ran(command, tmp_path, a_call)
            same = doctest.OutputChecker().check_output(expected, actual, LOOSE)
            assert same, f"$ {command}\nexpected:\n{expected}\nactual:\n{actual}"
            done += 1
    assert done > 15
