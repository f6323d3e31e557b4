"""`fingerpost new`: what it writes is sound at once, and it takes nothing away."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.command import refused, run

TREES = Path(__file__).parents[1] / "trees"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def clean(library: str) -> None:
    checked = run("check", "--strict", library)
    assert checked.status == 0, checked.out
    told = run("test", "--cover", "100", library)
    assert told.status == 0, told.out


def test_in_an_empty_folder_it_makes_a_library() -> None:
    made = run("new", "shop/kettle")
    assert made.status == 0
    assert "wrote trees/shop/kettle.yaml" in made.out
    assert Path("trees/library.yaml").is_file()
    clean("trees")
    assert "walk kettle, then" in made.out
    assert run("walk", "kettle", "--answers", '{"problem": "other"}').status == 0


@pytest.mark.parametrize("name", ["kettle", "a/b/c/kettle"])
def test_in_any_folder_the_schema_is_where_its_first_line_says(name: str) -> None:
    run("new", name)
    for path in (Path(f"trees/{name}.yaml"), Path("trees/library.yaml")):
        schema = path.read_text("utf-8").splitlines()[0].partition("$schema=")[2]
        assert (path.parent / schema).is_file()
    clean("trees")


def test_in_the_library_that_is_shipped_it_uses_what_is_there(tmp_path: Path) -> None:
    shutil.copytree(TREES, "trees")
    before = Path("trees/library.yaml").read_bytes()
    run("new", "telecom/slow_line")
    assert Path("trees/library.yaml").read_bytes() == before
    clean("trees")


def test_a_folder_in_a_library_is_no_library_of_its_own() -> None:
    run("new", "shop/kettle")
    made = run("new", "toaster", "--in", "trees/shop")
    assert made.status == 0
    assert not Path("trees/shop/library.yaml").exists()
    clean("trees")


@pytest.mark.parametrize(
    "before",
    [
        "format: 1\n",
        "format: 1\n\ntexts:  # ours\n  a: b",
        "format: 1\ndispositions: {}\ntexts: {a: b}\n",
    ],
)
def test_a_library_without_dispositions_gets_two_and_keeps_the_rest(before: str) -> None:
    Path("trees").mkdir()
    Path("trees/library.yaml").write_text(before)
    assert run("new", "kettle").status == 0
    after = Path("trees/library.yaml").read_text()
    assert after.startswith(before.replace("dispositions: {}\n", "").rstrip())
    assert "solved: {label: Solved}" in after
    clean("trees")


def test_where_it_would_have_to_rewrite_the_library_it_asks() -> None:
    Path("trees").mkdir()
    Path("trees/library.yaml").write_text("{format: 1}\n")
    assert "add dispositions:" in refused("new", "kettle")
    assert [path.name for path in Path("trees").iterdir()] == ["library.yaml"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Kettle", "Did you mean 'kettle'?"),
        ("shop/kettle.yaml", "Did you mean 'shop/kettle'?"),
        ("Our Shop/Slow line", "Did you mean 'our_shop/slow_line'?"),
        ("1st", "begins with a small letter"),
        ("a/../b", "can be no folder"),
        ("", "can be no id"),
        ("x" * 65, "at most 64"),
        ("library", "what all trees share"),
        ("shop/library", "what all trees share"),
    ],
)
def test_names_that_can_be_none(name: str, says: str) -> None:
    assert says in refused("new", name)
    assert not Path("trees").exists()


def test_an_id_that_is_used() -> None:
    run("new", "shop/kettle")
    before = Path("trees/shop/kettle.yaml").read_bytes()
    for name in ("shop/kettle", "kettle", "other/kettle"):
        assert "already" in refused("new", name)
    assert Path("trees/shop/kettle.yaml").read_bytes() == before
    assert run("new", "kettle_two").status == 0


def test_places_that_can_be_none() -> None:
    Path("a.yaml").write_text("format: 1\n")
    assert "a.yaml is a file" in refused("new", "kettle", "--in", "a.yaml")
    Path("trees").mkdir()
    Path("trees/library.yaml").write_text("a: [\n")
    assert "Mend that first" in refused("new", "kettle")
