"""Every seeded mistake is found, at its place, in its words, and nothing else is.

``tests/broken`` is the catalogue: one mistake a case. A case is a tree ``CHECK_WHAT.yaml`` with the
files beside it whose names begin alike (``CHECK_WHAT.stories.yaml``), or a folder ``CHECK_WHAT``.
Each is checked in a library of its own, made of what all share (``library.yaml``, ``lists``,
``media``, ``parts``) and the case's files over it. Head comments say what the checker must say:

    # expects: CHECK LINE:COLUMN NODE       NODE is - where there is none
    # says: a part of the message
    # in: FILE                              the finding's file, unless it is the tree
    # as: warning                           the severity, unless the check's own
    # fix: what there is to paste
    # limits: {"nodes": 3}                  of the library

Where the finding has a route, the real walker is driven along it (``tests/along.py``).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.checks import CHECKS
from engine.load import Examined, examine
from engine.model import Finding, Limits
from tests.along import meets

HERE = Path(__file__).parent / "broken"
SHARED = ("library.yaml", "lists", "media", "parts")
ROUTED = {"empty-value", "no-rule", "audience", "no-end", "silent-loop", "endless"}
WARNINGS = {"endless", "wording", "untold", "allow"}
IMPORTANT = {
    "yaml": 10,
    "shape": 10,
    "expression": 10,
    "contract": 8,
    "translation": 5,
    "empty-value": 5,
    "missing-node": 5,
    "never-taken": 5,
    "story": 5,
    "wording": 5,
    "audience": 4,
    "no-end": 3,
    "untold": 3,
    "missing-media": 3,
    "no-rule": 2,
    "unreachable": 2,
    "silent-loop": 2,
    "endless": 2,
    "recursion": 2,
    "channel": 2,
    "allow": 2,
    "missing-team": 2,
    "missing-disposition": 2,
}


@dataclass(frozen=True)
class Case:
    """A seeded mistake, and what its head comments say of it."""

    name: str
    check: str
    line: int
    column: int
    node: str
    says: str
    file: str
    severity: str
    head: dict[str, str] = field(hash=False)

    @property
    def limits(self) -> Limits:
        return Limits(**json.loads(self.head.get("limits", "{}")))


def _cases() -> list[Case]:
    names = {
        path.name.partition(".")[0]
        for path in HERE.iterdir()
        if path.name not in SHARED and not path.name.startswith((".", "_"))
    }
    return [_case(name) for name in sorted(names)]


def _case(name: str) -> Case:
    folder = HERE / name
    tree = folder / f"{name}.yaml" if folder.is_dir() else HERE / f"{name}.yaml"
    head: dict[str, str] = {}
    for line in tree.read_text("utf-8", errors="replace").splitlines():
        key, colon, rest = line.removeprefix("# ").partition(": ")
        if not line.startswith("#"):
            break
        if colon and " " not in key:
            head[key] = rest
    check, place, node = head["expects"].split()
    at_line, _, column = place.partition(":")
    return Case(
        name=name,
        check=check,
        line=int(at_line),
        column=int(column),
        node="" if node == "-" else node,
        says=head["says"],
        file=head.get("in", f"{name}.yaml"),
        severity=head.get("as", "warning" if check in WARNINGS else "error"),
        head=head,
    )


CASES = _cases()


def _library(case: Case, root: Path) -> Path:
    """A library with what all cases share, and this case's files over it."""
    root.mkdir()
    for name in SHARED:
        _put(HERE / name, root)
    folder = HERE / case.name
    for path in folder.iterdir() if folder.is_dir() else HERE.glob(f"{case.name}.*"):
        _put(path, root)
    return root


def _put(path: Path, root: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, root / path.name, dirs_exist_ok=True)
    else:
        shutil.copy(path, root / path.name)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the checker says of the library of a case, each looked at once."""
    root = tmp_path_factory.mktemp("broken")
    known: dict[str, Examined] = {}

    def examined(case: Case) -> Examined:
        if case.name not in known:
            folder = _library(case, root / case.name)
            known[case.name] = examine(folder, limits=case.limits, cache=None)
        return known[case.name]

    return examined


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_mistake_is_found_and_nothing_else(case: Case, library: Any) -> None:
    findings: tuple[Finding, ...] = library(case).findings
    told = "\n".join(f"{f.severity} {f.check} {f.mark} {f.node}: {f.message}" for f in findings)
    assert len(findings) == 1, told
    found = findings[0]
    assert (found.check, found.severity) == (case.check, case.severity), told
    assert (found.mark.line, found.mark.column, found.node) == (
        case.line,
        case.column,
        case.node,
    ), told
    assert Path(found.mark.file).name == case.file, told
    assert case.says in found.message, told
    if "fix" in case.head:
        assert found.fix == case.head["fix"].replace("\\n", "\n"), found.fix


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.check in ROUTED], ids=lambda case: case.name
)
def test_the_route_leads_there(case: Case, library: Any) -> None:
    """The walker itself takes the finding's route, and meets there what the finding says."""
    examined: Examined = library(case)
    finding = examined.findings[0]
    assert finding.route, "the finding has no route"
    assert finding.route[-1].exit is None
    assert meets(examined.libraries[0].trees[case.name], finding), finding.route


def test_what_all_share_is_clean(tmp_path: Path) -> None:
    for name in SHARED:
        _put(HERE / name, tmp_path)
    examined = examine(tmp_path, cache=None)
    assert not examined.findings
    assert examined.libraries[0].trees


def test_there_are_enough() -> None:
    assert len(CASES) >= 65
    count = {name: sum(case.check == name for case in CASES) for name in CHECKS}
    assert not {name for name, n in count.items() if n < 1}
    assert not {name: count[name] for name, least in IMPORTANT.items() if count[name] < least}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_named_after_its_check(case: Case) -> None:
    assert case.name.startswith(case.check.replace("-", "_") + "_")


def test_every_folder_is_a_case() -> None:
    for folder in HERE.iterdir():
        if folder.is_dir() and folder.name not in SHARED:
            assert (folder / f"{folder.name}.yaml").is_file(), folder


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("story_another_end", [("tea", "no"), ("lost", None)]),
        (
            "story_stands_somewhere",
            None,
        ),  # it has not come to an end: the sentence says where it is
    ],
)
def test_a_story_that_comes_to_another_end_shows_its_way(
    name: str, route: list[tuple[str, str | None]] | None, library: Any
) -> None:
    case = next(case for case in CASES if case.name == name)
    found = library(case).findings[0].route
    assert (found and [(passage.node, passage.exit) for passage in found]) == route
