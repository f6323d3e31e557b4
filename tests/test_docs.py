"""What the documents show is true: every example in them is run.

Three kinds: ``>>>`` lines are doctests; a ``yaml`` block that begins with ``# FILE`` is written
into a folder of the document's own; a ``console`` block is typed there, and its output compared
(``...`` stands for anything).
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
IN_ORDER = {"tutorial.md"}  # tests/test_tutorial.py does it from top to bottom
LOOSE = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def blocks(document: Path, kind: str) -> list[str]:
    return [body for name, body in BLOCK.findall(document.read_text("utf-8")) if name == kind]


def write_files(document: Path, folder: Path) -> None:
    for block in blocks(document, "yaml"):
        named = re.match(r"# FILE (\S+)\n", block)
        if named:
            file = folder / named[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block[named.end() :], "utf-8")


def typed(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with what it is said to print."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        else:
            command, output = found.pop()
            found.append((command, output + line))
    return found


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    assert words[0] == "fingerpost", f"only `fingerpost` is shown in a console block: {command}"
    words[0] = str(Path(sys.executable).with_name("fingerpost"))
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"}
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        text=True,
        timeout=60,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert "Traceback" not in done.stdout
    return done.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_examples_in_python(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(document, tmp_path)
    monkeypatch.chdir(tmp_path)
    source = "\n".join(blocks(document, "python"))
    test = doctest.DocTestParser().get_doctest(source, {}, document.name, str(document), 0)
    runner = doctest.DocTestRunner(optionflags=LOOSE)
    said: list[str] = []
    runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)


@pytest.mark.parametrize(
    "document", [d for d in DOCUMENTS if d.name not in IN_ORDER], ids=lambda d: d.name
)
def test_examples_on_the_command_line(document: Path, tmp_path: Path) -> None:
    write_files(document, tmp_path)
    for block in blocks(document, "console"):
        for command, expected in typed(block):
            actual = run(command, tmp_path)
            same = doctest.OutputChecker().check_output(expected, actual, LOOSE)
            assert same, f"$ {command}\nexpected:\n{expected}\nactual:\n{actual}"


def test_there_are_examples_to_run() -> None:
    readme = ROOT / "README.md"
    assert blocks(readme, "python")
    assert blocks(readme, "console")
    assert len(DOCUMENTS) > 5
