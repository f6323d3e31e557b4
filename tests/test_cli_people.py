"""The commands on who may come in: users, keys, audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import run

GOOD = "four words in a row"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/record.db"


def users(store: str, *words: str, typed: str = "") -> Any:
    return run("users", *words, "--store", store, stdin=typed)


def test_a_record_begins_with_its_first_user_and_has_none_by_itself(store: str) -> None:
    assert users(store, "list").out.startswith("no users yet")
    added = users(store, "add", "ana", "--role", "agent", "--role", "author", "--team", "tier2", typed=GOOD + "\n")  # fmt: skip
    assert (added.status, added.out) == (0, "ana may sign in as agent, author\n")
    (ana,) = users(store, "list", "--json").json["users"]
    assert ana == {
        "id": ana["id"], "name": "ana", "shown": None, "roles": ["agent", "author"],
        "teams": ["tier2"], "provider": None, "made": ana["made"], "disabled": False,
    }  # fmt: skip
    line = users(store, "list").out
    assert ana["id"] in line
    assert "agent, author  in tier2" in line


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        (["add", "ana", "--role", "agent"], "short\n", "at least 15 characters"),
        (["add", "ana", "--role", "agent"], "", "at least 15 characters"),
        (["add", "ana", "--role", "agent"], "passwordpassword\n", "among the first"),
        (["add", "ana", "--role", "boss"], GOOD, "there is no role 'boss': write agent"),
        (["add", "ana"], GOOD, "at least one role"),
        (["add", "a b", "--role", "agent"], GOOD, "cannot be a name"),
        (["role", "bob", "agent"], "", "there is no user 'bob'"),
        (["password", "bob"], GOOD, "there is no user 'bob'"),
        (["disable", "bob"], "", "there is no user 'bob'"),
        (["nonsense"], "", "--help"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    store: str, words: list[str], typed: str, says: str
) -> None:
    answer = users(store, *words, typed=typed)
    assert answer.status == 2
    assert says in answer.err
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err


def test_a_user_is_changed_and_each_change_is_written_down(store: str) -> None:
    users(store, "add", "ana", "--role", "agent", typed=GOOD)
    again = users(store, "add", "ANA", "--role", "agent", typed=GOOD)
    assert again.status == 2
    assert "there is a user 'ANA' already" in again.err
    assert (
        users(store, "role", "ana", "supervisor", "admin").out == "ana is now admin, supervisor\n"
    )
    assert users(store, "password", "ana", typed="other words in a row").status == 0
    assert users(store, "disable", "ana", "--json").json["disabled"] is True
    assert "shut out" in users(store, "list").out
    assert users(store, "enable", "ana", "--json").json["disabled"] is False
    lines = run("audit", "list", "--json", "--store", store).json["lines"]
    assert [line["what"] for line in lines] == [
        "user let in", "user shut out", "password changed", "roles changed", "user added",
    ]  # fmt: skip
    assert all(line["who"].startswith("shell") for line in lines)
    assert lines[3]["roles"] == "admin supervisor"
    text = json.dumps(lines) + run("audit", "list", "--store", store).out
    assert GOOD not in text
    assert "$argon2" not in text
    older = run("audit", "list", "--json", "--limit", "1", "--before", lines[1]["id"], "--store", store)  # fmt: skip
    assert older.json["lines"] == [lines[2]]


def test_a_key_is_shown_once(store: str) -> None:
    added = run(
        "keys", "add", "crm", "--scope", "walk", "--days", "30", "--json", "--store", store
    )
    secret = added.json["key"]
    assert secret.startswith("fp_")
    listed = run("keys", "list", "--json", "--store", store)
    (key,) = listed.json["keys"]
    assert (key["name"], key["scopes"]) == ("crm", ["walk"])
    assert key["until"] > key["made"]
    audit = run("audit", "list", "--json", "--store", store)
    for said in (listed.out, audit.out, run("keys", "list", "--store", store).out):
        assert secret not in said
    assert secret.encode() not in Path(store.removeprefix("sqlite:///")).read_bytes()
    assert "opens nothing any more" in run("keys", "revoke", key["id"], "--store", store).out
    assert run("keys", "revoke", key["id"], "--store", store).status == 2
    assert run("keys", "list", "--store", store).out.startswith("no keys yet")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "crm"], "a key is for something"),
        (["add", "crm", "--scope", "walks"], "there is no scope 'walks'"),
        (["add", "crm", "--scope", "walk", "--days", "0"], "no number of days"),
        (["revoke", "k_x"], "there is no key 'k_x'"),
    ],
)
def test_a_key_that_cannot_be_is_refused(store: str, words: list[str], says: str) -> None:
    users(store, "list")
    answer = run("keys", *words, "--store", store)
    assert answer.status == 2
    assert says in answer.err


def test_looking_at_the_log_makes_no_record(store: str) -> None:
    answer = run("audit", "list", "--store", store)
    assert answer.status == 2
    assert "there is no record" in answer.err
    assert users("memory:", "list").status == 2
