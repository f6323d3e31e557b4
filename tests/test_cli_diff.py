"""`fingerpost diff`: files, folders and git revisions, told in words and as JSON."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.command import refused, run

LIBRARY = "format: 1\ndispositions: {done: {label: Done}}\n"
TREE = """\
format: 1
title: A tree
start: light
nodes:
  light:
    ask: Is it on?
    choices: {yes: done, no: plug}
  plug: {tell: Plug it in., next: light}
  done: {end: Done., disposition: done}
"""


def git(*words: str) -> None:
    who = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits: the second turns a way and adds a tree. Then words change, not yet committed."""
    monkeypatch.chdir(tmp_path)
    trees = tmp_path / "trees" / "shop"
    trees.mkdir(parents=True)
    (tmp_path / "trees" / "library.yaml").write_text(LIBRARY)
    (trees / "lamp.yaml").write_text(TREE)
    (trees / "other.yaml").write_text(TREE)
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    (trees / "lamp.yaml").write_text(TREE.replace("next: light", "next: done"))
    (trees / "fresh.yaml").write_text(TREE)
    git("add", ".")
    git("commit", "-qm", "two")
    (trees / "lamp.yaml").write_text(
        TREE.replace("next: light", "next: done").replace("Is it on?", "Is the lamp on?")
    )
    return trees


TURNED = "~ plug=next now leads to done (was light)"
REWORDED = "~ nodes.light.ask: now 'Is the lamp on?' (was 'Is it on?')"
LAMP = "trees/shop/lamp.yaml"


@pytest.mark.parametrize(
    ("words", "has", "lacks"),
    [
        (["HEAD", LAMP], [REWORDED], [TURNED]),
        (["HEAD~1", LAMP], [REWORDED, TURNED, "open walks stay"], []),
        ([f"HEAD~1:{LAMP}", f"HEAD:{LAMP}"], [TURNED], [REWORDED]),
        (["HEAD~1", "HEAD", "--tree", "lamp"], [TURNED], [REWORDED, "fresh"]),
        (["HEAD~1", "HEAD"], [TURNED, "fresh: added", "1 tree is the same"], [REWORDED]),
        (["HEAD~1:trees", "trees"], [TURNED, REWORDED, "fresh: added"], []),
        (["HEAD"], [REWORDED, "2 trees are the same"], [TURNED]),
        (["HEAD", "HEAD~1"], ["~ plug=next now leads to light (was done)", "fresh: removed"], []),
        (["main", "HEAD"], ["3 trees are the same"], ["~"]),
        (["trees/shop/other.yaml", LAMP], ["~ id is now lamp (was other)", TURNED, REWORDED], []),
        ([LAMP, LAMP], ["nothing changed in meaning"], ["~"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_compared(
    repository: Path, words: list[str], has: list[str], lacks: list[str]
) -> None:
    ran = run("diff", *words)
    assert ran.status == 0, ran.err
    for said in has:
        assert said in ran.out
    for said in lacks:
        assert said not in ran.out


def test_from_a_folder_within(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    assert TURNED in run("diff", "HEAD~1", "lamp.yaml").out
    assert TURNED in run("diff", f"HEAD~1:{LAMP}", "lamp.yaml").out  # from the top, as git does
    assert TURNED in run("diff", "HEAD~1:lamp.yaml", "HEAD:lamp.yaml").out


def test_a_file_outside_any_library_is_read_in_the_others(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = tmp_path_factory.mktemp("alone") / "saved.yaml"
    alone.write_text(TREE)
    ran = run("diff", alone, LAMP)
    assert ran.status == 0, ran.out
    assert TURNED in ran.out


def test_the_words_of_whole_nodes_are_told_as_one(repository: Path) -> None:
    more = "  more:\n    ask: More?\n    choices: {yes: done, no: done}\n"
    Path(LAMP).write_text(
        TREE.replace("yes: done, no: plug}", "yes: more, no: plug, red: done}") + more
    )
    ran = run("diff", "HEAD~1", LAMP)
    assert ran.out == (
        "lamp\n"
        "  what decides the way:\n"
        "    + new choice light=red, leading to done\n"
        "    ~ light=yes now leads to more (was done)\n"
        "    + new node more, an ask\n"
        "  what people read:\n"
        "    + nodes.light.choices.red.label: new: 'Red'\n"
        "    and the words of the nodes that are new or gone (3 texts)\n"
        "  The logic changed: new walks take the new version, and open walks stay on the one that "
        "they began with.\n"
    )
    changes = run("diff", "HEAD~1", LAMP, "--json").json["trees"][0]["changes"]
    assert "nodes.more.ask: new: 'More?'" in [change["says"] for change in changes]


def test_as_json(repository: Path) -> None:
    found = run("diff", "HEAD~1", LAMP, "--json").json
    assert found["findings"] == []
    (tree,) = found["trees"]
    assert tree["tree"] == "lamp"
    assert tree["status"] == "changed"
    assert tree["logic"]["same"] is False
    assert tree["logic"]["old"] != tree["logic"]["new"]
    assert tree["changes"][0] == {
        "kind": "logic", "what": "exit", "node": "plug", "name": "next", "old": "light",
        "new": "done", "says": "plug=next now leads to done (was light)",
    }  # fmt: skip
    statuses = {
        t["tree"]: t["status"] for t in run("diff", "HEAD~1", "HEAD", "--json").json["trees"]
    }
    assert statuses == {"lamp": "changed", "other": "same", "fresh": "added"}


def test_the_exit_status_where_it_is_asked_for(repository: Path) -> None:
    assert run("diff", "HEAD", "--exit-code").status == 1
    assert run("diff", "HEAD", "main", "--exit-code").status == 0


def test_a_tree_with_errors_is_said(repository: Path) -> None:
    Path(LAMP).write_text(TREE.replace("no: plug", "no: plugg"))
    ran = run("diff", "HEAD", LAMP)
    assert ran.status == 0  # an exit that leads nowhere can be compared
    assert "light=no now leads to plugg (was plug)" in ran.out
    Path(LAMP).write_text(TREE + "  a: [\n")
    ran = run("diff", "HEAD", LAMP)
    assert ran.status == 1
    assert f"{LAMP}:" in ran.out
    assert "removed" not in ran.out
    found = run("diff", "HEAD", LAMP, "--json")
    assert found.status == 1
    assert found.json["findings"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere", LAMP], "'nowhere' is no file, no folder, and no git revision"),
        (["HEAD:", LAMP], "names no path"),
        (["HEAD:trees/none.yaml", LAMP], "there is no 'trees/none.yaml' at HEAD"),
        (["HEAD", "HEAD", "--tree", "lmp"], "Did you mean 'lamp'?"),
        (["--output=x", LAMP], "there is no '--output=x' here"),
        ([], "OLD"),
    ],
    ids=str,
)
def test_what_cannot_be_compared(repository: Path, words: list[str], says: str) -> None:
    assert says in refused("diff", *words)


def test_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "no git revision here" in refused("diff", "HEAD", "HEAD")
    monkeypatch.setenv("PATH", "")
    assert "there is no git here" in refused("diff", "HEAD", "HEAD")
