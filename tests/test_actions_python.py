"""Actions in Python: functions that packages bring, held to the same contract."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.model import Action
from tests.acting import acting
from tests.served import served
from tests.test_actions_http import LOOK, REFUND, like
from tests.test_pages import events
from tests.test_performing import begun, until
from web.actions import Actions
from web.actions.http import Outcome
from web.actions.python import GROUP, NoFunction, installed
from web.actions.settings import ActionSettings

CANARY = "Wilhelmina-Kanarie"


def called(function: Callable[..., Any], action: Action = LOOK, **settings: Any) -> Outcome:
    async def run() -> Outcome:
        means = Actions(ActionSettings(**settings), {action.id: function})
        return await means.call(action, {"case": "C1"}, "k1")

    return asyncio.run(run())


def test_it_is_given_the_inputs_and_the_key_and_says_the_exit() -> None:
    given: list[Any] = []

    def look_up(inputs: Mapping[str, Any], key: str) -> Any:
        given.append((inputs, key, threading.current_thread() is threading.main_thread()))
        return {"exit": "known", "eta": "17:30"}

    assert called(look_up) == Outcome({"exit": "known", "eta": "17:30"})
    assert given == [({"case": "C1"}, "k1", False)]
    assert called(lambda inputs, key: "none") == Outcome({"exit": "none"})


def test_what_goes_wrong_is_a_reason(caplog: pytest.LogCaptureFixture) -> None:
    def raises(inputs: Any, key: str) -> Any:
        raise RuntimeError(f"no such customer: {CANARY}")

    assert called(raises) == Outcome(reason="error")
    assert "look_up raised RuntimeError" in caplog.text
    assert CANARY not in caplog.text
    assert called(lambda inputs, key: 7).reason == "does not fit: exit"
    assert called(lambda inputs, key: None).reason == "does not fit: exit"


def test_one_that_takes_too_long_keeps_its_slot_until_it_is_done() -> None:
    hold = threading.Event()

    def hangs(inputs: Any, key: str) -> Any:
        hold.wait(60)
        return "none"

    async def run() -> list[str]:
        means = Actions(ActionSettings(at_once=1), {"look_up": hangs})
        slow = like(LOOK, timeout="1s")
        reasons = [(await means.call(slow, {}, "k")).reason for _ in range(2)]
        hold.set()
        while means._slots._value == 0:
            await asyncio.sleep(0.01)
        return [*reasons, (await means.call(slow, {}, "k")).reason]

    assert asyncio.run(run()) == ["timeout", "too busy", ""]


def test_which_actions_a_function_does() -> None:
    means = Actions(functions={"look_up": lambda inputs, key: "none", "x": lambda inputs, key: ""})
    assert means.how(LOOK) == "python"
    assert means.how(REFUND) == ""
    assert means.how(Action(id="x", failed="f", exits={"f": ()})) == "python"
    assert means.how(Action(id="x")) == ""  # without `failed` nobody would know what to do
    assert means.how(Action(id="x", failed="f", how="by", by="team")) == ""
    assert means.how(Action(id="x", failed="f", how="table")) == ""


def test_a_walk_that_a_function_serves() -> None:
    functions = {
        "look_up": lambda inputs, key: "none",
        "refund": lambda inputs, key: {
            "exit": "paid",
            "receipt": f"R-{inputs['case']}",
            "more": 1,
        },
    }
    with served(acting(), actions=Actions(functions=functions)) as app:
        page = until(begun(app), lambda page: "Pay the refund?" in page.text)
        assert events(page)[-2]["how"] == "python"
        page = until(page.press("answer", answer="yes"), lambda page: "A colleague" in page.text)
        assert events(page)[-1]["reason"].startswith(
            "does not fit"
        )  # it gave more than the contract


# ---------------------------------------------------------------------------------- packages


def package(folder: Path, name: str, points: str, code: str) -> None:
    """A package as pip leaves it."""
    about = folder / f"{name}-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n")
    (folder / f"{name}.py").write_text(code)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_example_of_the_documentation(packages: Path) -> None:
    """The package that docs/actions.md shows, as it stands there."""
    text = (Path(__file__).parent.parent / "docs" / "actions.md").read_text("utf-8")
    toml = text.split("```toml\n[project.entry-points", 1)[1].split("```", 1)[0]
    code = text.split("```python\n", 1)[1].split("```", 1)[0]
    point = toml.split("\n")[1]
    module = point.split('"')[1].split(":")[0]
    package(packages, module, point.replace('"', ""), code)
    functions = installed()
    assert functions.keys() == {"look_up"}
    assert functions["look_up"]({"case": "C1"}, "k") == {"exit": "known", "eta": "17:30"}
    assert functions["look_up"]({"case": "C2"}, "k") == "none"


def test_a_package_that_cannot_be_used_is_named(packages: Path) -> None:
    package(packages, "acts_one", "look_up = acts_one:missing", "")
    with pytest.raises(
        NoFunction, match=r"'look_up' of acts_one cannot be loaded: AttributeError"
    ):
        installed()
    (packages / "acts_one.py").write_text("missing = 7")
    import sys

    sys.modules.pop("acts_one", None)
    with pytest.raises(NoFunction, match="is no function"):
        installed()
    package(packages, "acts_two", "look_up = acts_two:f", "def f(inputs, key): return 'none'")
    sys.modules.pop("acts_one", None)
    (packages / "acts_one.py").write_text("def missing(inputs, key): return 'none'")
    importlib.invalidate_caches()
    with pytest.raises(NoFunction, match="two packages bring the action 'look_up'"):
        installed()
