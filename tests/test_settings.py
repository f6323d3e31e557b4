"""Settings: where each comes from, what each may be, and what is never printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import run
from web import settings
from web.settings import SETTINGS, BadSettings, Kind, load, shown, values


def test_flags_go_over_the_environment_over_the_file_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "fingerpost.toml"
    file.write_text("port = 1\nworkers = 2\nlog_level = 'error'\n")
    around = {"FINGERPOST_PORT": "3", "FINGERPOST_WORKERS": "4"}
    found = load({"port": 5}, around, str(file))
    assert values(found) | {"store": ""} == {
        **settings.DEFAULTS, "port": 5, "workers": 4, "log_level": "error",
    }  # fmt: skip
    assert found["port"].origin == "--port"
    assert found["workers"].origin == "FINGERPOST_WORKERS"
    assert found["log_level"].origin == str(file)
    assert found["host"].origin == "default"
    assert load({}, {"FINGERPOST_SETTINGS": str(file)})["port"].value == 1


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("port = 70000", "a port is a number from 0 to 65535, not 70000"),
        ("port = true", "a port is a whole number, not True"),
        ("port = 'x'", "a port is a whole number, not 'x'"),
        ("workers = 0", "from 1 to 256"),
        ("trees = 3", "is text, not 3"),
        ("log_format = 'xml'", "write one of auto, json, text, not 'xml'"),
        ("prot = 1", "there is no setting 'prot'; did you mean 'port'?"),
        ("zzz = 1", "`--show-settings` lists what there is"),
        ("host = '0.0.0.0'", "no way to sign in yet"),
        ("port = ", "Invalid value"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, written: str, says: str) -> None:
    file = tmp_path / "fingerpost.toml"
    file.write_text(written)
    with pytest.raises(BadSettings) as wrong:
        load({}, {}, str(file))
    assert says in str(wrong.value)
    assert str(file) in str(wrong.value)


def test_a_file_that_is_named_has_to_be_there() -> None:
    with pytest.raises(BadSettings, match=r"there is no settings file 'nope\.toml'"):
        load({}, {}, "nope.toml")


def test_a_table_comes_from_a_file_or_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {**SETTINGS, "things": Kind({}, settings.table, "things", settings.hidden)}
    monkeypatch.setattr(settings, "SETTINGS", tables)
    file = tmp_path / "fingerpost.toml"
    file.write_text("[things.a]\nurl = 'x'\n")
    assert load({}, {}, str(file))["things"].value == {"a": {"url": "x"}}
    assert load({}, {"FINGERPOST_THINGS": '{"b": 1}'})["things"].value == {"b": 1}
    with pytest.raises(BadSettings, match="this is a table"):
        load({}, {"FINGERPOST_THINGS": "[1]"})
    secret = load({}, {"FINGERPOST_THINGS": '{"password": "canary"}'})
    assert "canary" not in str(shown(secret))


def test_what_is_printed_has_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_STORE", "postgresql://fp:c@n/ary@db.example/fp")
    assert (
        "postgresql://fp:…@db.example/fp   (FINGERPOST_STORE)"
        in run("serve", "--show-settings").out
    )
    told = run("serve", "--show-settings", "--json").json
    assert told.keys() == SETTINGS.keys()
    assert told["port"] == {"value": "8000", "origin": "default"}
    assert "ary" not in json.dumps(told)
