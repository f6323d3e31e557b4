"""The house is in order: nothing generated is stale, nothing leaks, what is written is true."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine.channels import CHANNELS
from engine.checks import CHECKS
from engine.fields import FIELDS
from engine.formats import WRITERS
from engine.nodes import VERBS
from engine.schema import schema
from engine.stores import STORES

ROOT = Path(__file__).parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SOCKETS: dict[str, Mapping[str, Any]] = {
    "verb": VERBS,
    "field": FIELDS,
    "check": CHECKS,
    "channel": CHANNELS,
    "store": STORES,
    "writer": WRITERS,
}
OURS = ("engine", "web", "tests", "bench", "docs", "schemas", "trees", ".ci")
HIDDEN = {"__pycache__", "node_modules"}


def files(*suffixes: str) -> Iterator[Path]:
    """Every text file of the project itself."""
    tops = [ROOT / name for name in OURS]
    every = [file for top in tops for file in top.rglob("*")]
    every += [file for file in ROOT.iterdir() if file.is_file()]
    for file in sorted(every):
        if file.is_file() and file.suffix in suffixes and not HIDDEN & set(file.parts):
            yield file


# -------------------------------------------------------------------------------- what is generated


@pytest.mark.parametrize("kind", ["tree", "library", "stories", "texts"])
def test_schema_files_are_fresh(kind: str) -> None:
    written = json.loads((ROOT / f"schemas/{kind}.schema.json").read_text("utf-8"))
    assert written == schema(kind), "run `make schemas`"


# ------------------------------------------------------------------------------------------ sockets


def _module(plug: Any) -> ModuleType | None:
    import sys

    if isinstance(plug, ModuleType):
        return plug
    return sys.modules.get(getattr(plug, "__module__", ""))


@pytest.mark.parametrize(
    ("socket", "name"), [(socket, name) for socket, plugs in SOCKETS.items() for name in plugs]
)
def test_every_plug_says_what_it_is(socket: str, name: str) -> None:
    plug = SOCKETS[socket][name]
    said = [thing.__doc__ for thing in (plug, _module(plug)) if thing is not None]
    assert any(words and words.strip() for words in said), f"{socket} {name} has no docstring"


def test_a_check_is_called_after_its_file() -> None:
    for name, check in CHECKS.items():
        module = _module(check)
        assert module is not None
        assert module.__name__ == f"engine.checks.{name.replace('-', '_')}"


def test_the_web_knows_no_verb() -> None:
    for file in (ROOT / "web").rglob("*.py"):
        found = re.findall(r"(?:from|import) engine\.nodes\.\w+", file.read_text("utf-8"))
        assert not found, f"{file}: a page shows a prompt, it never learns which verb made it"


# ------------------------------------------------------------------------------------- dependencies


def _direct() -> list[str]:
    listed = PYPROJECT["project"]["dependencies"]
    names = [re.split(r"[<>=;\[ ]", line, maxsplit=1)[0] for line in listed]
    return [name.lower().replace(".", "-") for name in names]


def test_few_dependencies_each_with_its_reason() -> None:
    reasons = (ROOT / "docs/architecture.md").read_text("utf-8").lower()
    assert len(_direct()) <= 25
    assert not [name for name in _direct() if f"| `{name}` |" not in reasons]


def test_no_reason_is_left_of_a_dependency_that_is_gone() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8").lower()
    table = text.split("## dependencies", 1)[1].split("\n## ", 1)[0]
    assert sorted(re.findall(r"^\| `([a-z0-9.-]+)` \|", table, re.M)) == sorted(_direct())


def test_every_module_is_on_the_map() -> None:
    told = (ROOT / "docs/architecture.md").read_text("utf-8")
    rooms = ("files", "kit", "building", "walking", "exploring")  # other packages are sockets
    halls = ("serving", "demo", "api", "speech", "pages", "actions", "keeping")
    tops = [ROOT / "engine", *(ROOT / "engine" / name for name in rooms)]
    tops += [ROOT / "web", *(ROOT / "web" / name for name in halls)]
    found = [path for top in tops for path in top.iterdir()]
    names = {path.name + "/" for path in found if (path / "__init__.py").exists()}
    names |= {path.stem for path in found if path.suffix == ".py" and path.stem != "__init__"}
    assert not sorted(name for name in names if f"`{name}`" not in told)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_are_hashed_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not re.findall(r"://|--index|--find-links|\bresolved\b", text)
    pins = re.findall(r"^[a-z0-9][^\s]*==", text, re.M)
    assert len(pins) > 30
    assert text.count("--hash=sha256:") > len(pins)


def test_both_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text("utf-8"), re.M))

    assert pins("requirements.lock") <= pins("requirements-dev.lock"), "run `make lock`"


def test_the_lock_has_every_dependency() -> None:
    locked = (ROOT / "requirements.lock").read_text("utf-8")
    assert not [n for n in _direct() if not re.search(rf"^{re.escape(n)}==", locked, re.M)]


# ------------------------------------------------------------------------------------ what is written


def test_the_newest_version_of_the_changelog_is_ours() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[(\d[^\]]*)\]", changes, re.M)
    assert newest is not None
    assert newest[1] == PYPROJECT["project"]["version"]


def test_the_first_two_commands_of_the_readme_do_the_set_up() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    first = re.search(r"^```(?:sh|console)?\n(.*?)^```", readme, re.M | re.S)
    assert first is not None
    commands = [line.split("#")[0].strip() for line in first[1].splitlines()]
    assert commands[:2] == ["make serve", "make test"]


def test_every_local_link_leads_somewhere() -> None:
    for file in files(".md"):
        for target in re.findall(
            r"\]\((?!https?:|mailto:|tel:|#)([^)#\s]+)", file.read_text("utf-8")
        ):
            assert (file.parent / target).exists(), f"{file.relative_to(ROOT)}: {target}"


def test_nothing_of_one_machine_is_written_down() -> None:
    places = (
        "/wo" + "rk/",
        "/ro" + "ot/",
        "/home/" + "user",
        "file:///" + "opt",
        "shared/" + "design",
    )
    suffixes = (
        ".py",
        ".md",
        ".toml",
        ".yaml",
        ".json",
        ".lock",
        ".html",
        ".css",
        ".js",
        "",
        ".svg",
    )
    for file in files(*suffixes):
        if "tests" in file.parts and "broken" in file.parts:
            continue  # seeded mistakes may hold any bytes
        text = file.read_text("utf-8", errors="replace")
        assert not [p for p in places if p in text], file.relative_to(ROOT)


def test_every_exception_from_the_types_says_which() -> None:
    bare = re.compile(r"#\s*type:\s*ignore(?!\[)")
    assert not [
        f for f in files(".py") if f.name != "test_house.py" and bare.search(f.read_text("utf-8"))
    ]
