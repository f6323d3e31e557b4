"""The Dockerfile (which is not built here) and what operators are told: it has to be there."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from engine.stores.memory import Memory
from tests.kinds import kinds
from web.cli import COMMANDS, serve
from web.cli.parser import command_line
from web.desk import Desk
from web.serving.app import create_app
from web.settings import SETTINGS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
STEPS = [
    (word, rest)
    for word, _, rest in (
        line.partition(" ")
        for line in re.sub(r"\s*\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", TEXT)).splitlines()
        if line
    )
]


def said(word: str) -> list[str]:
    return [rest for step, rest in STEPS if step == word]


def test_what_the_image_copies_is_there_and_is_sent_to_the_builder() -> None:
    sent = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    copied = {
        name
        for rest in said("COPY")
        if not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert copied == sent
    assert not [name for name in copied if not (ROOT / name).exists()]
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = packages["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["packages"], *wheel["shared-data"]} <= copied
    project = packages["project"]
    assert {project["readme"], *project["license-files"]} <= copied


def test_everything_is_installed_by_its_hash() -> None:
    installs = [rest for rest in said("RUN") if "pip install" in rest]
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps --no-build-isolation ." in installs[1]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert re.search(r"(?m)^hatchling==", lock), "the builder"
    assert re.search(r"(?m)^asyncpg==", lock), "for a record on PostgreSQL"
    assert lock.count("--hash=sha256:") > lock.count("==")


def test_it_runs_the_command_without_rights_on_a_python_that_is_new_enough() -> None:
    for image in said("FROM"):
        assert image.startswith("python:3.12-slim")
    (user,) = said("USER")
    assert user == "10001"
    assert any(f"--uid {user}" in rest for rest in said("RUN"))
    words = [word for step, _ in STEPS for word in [step]]
    assert words.index("USER") > max(n for n, word in enumerate(words) if word in ("RUN", "COPY"))
    command = ast.literal_eval(said("ENTRYPOINT")[0]) + ast.literal_eval(said("CMD")[0])
    assert command[0] == "fingerpost"
    assert command[1] in COMMANDS
    assert said("STOPSIGNAL") == ["SIGTERM"]


def test_its_environment_is_settings_and_its_volumes_hold_what_is_kept() -> None:
    (around,) = said("ENV")
    names = re.findall(r"FINGERPOST_(\w+)=(\S+)", around)
    assert {name.lower() for name, _ in names} - {"cache"} <= SETTINGS.keys()
    volumes = ast.literal_eval(said("VOLUME")[0])
    values = dict(names)
    assert values["STORE"].removeprefix("sqlite:///").startswith(volumes[0])
    assert values["TREES"] == volumes[1]


def test_its_health_check_asks_for_a_route_that_is_there() -> None:
    (check,) = said("HEALTHCHECK")
    code = ast.literal_eval(check[check.index("[") :])[2]
    compile(code, "healthcheck", "exec")
    path = re.search(r"'(/\w+)'", code)
    assert path is not None
    app = create_app(Desk(kinds(), Memory()))
    assert path[1] in {*app.routes.values()}


def test_every_setting_is_documented_and_no_other() -> None:
    told = (ROOT / "docs" / "operating.md").read_text("utf-8")
    table = told[told.index("## Settings") : told.index("## Trees while")]
    first = re.findall(r"^\| (`[^|]*`) \|", table, re.M)  # a row may tell several
    assert {name for cell in first for name in re.findall(r"`(\w+)`", cell)} == SETTINGS.keys()


def test_the_unit_calls_what_there_is() -> None:
    told = (ROOT / "docs" / "operating.md").read_text("utf-8")
    started = re.search(r"ExecStart=\S+/fingerpost (\w+) (.*)", told)
    assert started is not None
    assert started[1] in COMMANDS
    command_line("serve", serve).parse_args(["serve", *started[2].split()])
