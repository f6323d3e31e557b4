"""Whatever becomes of a file, the checker says what is wrong with it, or that nothing is."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.checks import CHECKS
from engine.errors import InvalidTree
from engine.formats.yaml import read
from engine.load import examine
from engine.model import Finding, Limits
from tests.mutants import bytes_like, data_like

TREES = Path(__file__).parent.parent / "trees"
FILES = (
    "library.yaml",
    "library.fr.yaml",
    "shared/identify_caller.yaml",
    "shared/identify_caller.fr.yaml",
    "shared/identify_caller.stories.yaml",
    "telecom/internet_down.yaml",
    "telecom/internet_down.fr.yaml",
    "telecom/internet_down.stories.yaml",
    "retail/refund.yaml",
    "retail/refund.stories.yaml",
)
RAW = {name: (TREES / name).read_bytes() for name in FILES}
DATA = {name: read(raw, name).data for name, raw in RAW.items()}
FEW = Limits(states=1_500)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutants") / "trees"
    for name in _needed():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TREES / name, folder / name)
    shutil.copytree(TREES / "media", folder / "media")
    assert not examine(folder).errors
    return folder


def _needed() -> set[str]:
    """The files that are changed, what is beside them, and the trees that they use. The others would
    be read and proved anew with every example."""
    found: set[str] = set()
    open_ = {Path(name).name.partition(".")[0] for name in FILES}
    while open_:
        id = open_.pop()
        files = [*TREES.glob(f"{id}*.yaml"), *TREES.glob(f"*/{id}.*yaml")]
        found |= {str(file.relative_to(TREES)) for file in files}
        used = {
            use for file in files for use in re.findall(r"use: (\w+)", file.read_text("utf-8"))
        }
        open_ |= {use for use in used if not any(f"/{use}.yaml" in name for name in found)}
    return found


def look(root: Path, name: str, raw: bytes) -> None:
    """Everything that is said of the file is a finding like any other."""
    path = root / name
    try:
        path.write_bytes(raw)
        findings = examine(root, limits=FEW).findings
    finally:
        path.write_bytes(RAW[name])
    lines = raw.count(b"\n") + raw.count(b"\r") + 2
    for found in findings:
        assert found.check in CHECKS
        assert found.severity in ("error", "warning")
        assert found.message.strip()
        assert "\n" not in found.message
        assert min(found.mark.line, found.mark.column) >= 1
        assert Path(found.mark.file).is_relative_to(root)
        if found.mark.file == str(path):
            assert found.mark.line <= lines, found
        json.dumps(found.message, ensure_ascii=False).encode()


def names() -> st.SearchStrategy[str]:
    return st.sampled_from(FILES)


@settings(max_examples=30)
@given(st.data(), names())
def test_changed_data(root: Path, data: st.DataObject, name: str) -> None:
    look(root, name, spelled(data.draw(data_like(DATA[name]))))


@settings(max_examples=30)
@given(st.data(), names())
def test_changed_bytes(root: Path, data: st.DataObject, name: str) -> None:
    look(root, name, data.draw(bytes_like(RAW[name])))


@pytest.mark.slow
@settings(max_examples=120)
@given(st.data(), names())
def test_changed_data_often(root: Path, data: st.DataObject, name: str) -> None:
    look(root, name, spelled(data.draw(data_like(DATA[name]))))


@pytest.mark.slow
@settings(max_examples=120)
@given(st.data(), names())
def test_changed_bytes_often(root: Path, data: st.DataObject, name: str) -> None:
    look(root, name, data.draw(bytes_like(RAW[name])))


@pytest.mark.slow
@settings(max_examples=1_000)
@given(st.data(), names())
def test_the_reader_alone(data: st.DataObject, name: str) -> None:
    raw = data.draw(bytes_like(RAW[name]))
    wrong: tuple[Finding, ...] = ()
    try:
        document = read(raw, name)
    except InvalidTree as refused:
        wrong = refused.findings
    assert all(found.check == "yaml" for found in wrong)
    assert wrong or document.data is not None


def spelled(data: Any) -> bytes:
    """JSON, which is YAML too."""
    return json.dumps(data, ensure_ascii=False, indent=1).replace("Infinity", "1e999").encode()
