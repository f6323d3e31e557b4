"""What is walked: a tree of 22 nodes and the twelve answers of a long way through it, as a browser
sends them. Product, floor and tutorial are sent the same bytes."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlencode

from bench.make_tree import tree_yaml

TREE = "line"
PARTS = 3
_ANYTIME = """
anytime:
  supervisor: {label: Get a supervisor, next: handed_over, only: agent}
  hung_up: {label: The customer hung up, next: abandoned, only: agent}
"""
_ENDS = """
  handed_over:
    end: A supervisor takes over.
  abandoned:
    end: The customer hung up.
"""


def library(folder: Path) -> Path:
    """A library with that one tree, in this folder."""
    made = tree_yaml(1 + 7 * PARTS).replace("\nnodes:\n", _ANYTIME + "\nnodes:\n") + _ENDS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{TREE}.yaml").write_text(made)
    return folder


Typed = list[tuple[str, str]]


def answers() -> list[Typed]:
    """What is typed at each step, the note of whoever walks among it."""
    return [typed for part in range(PARTS) for typed in _part(part)]


def _part(n: int) -> list[Typed]:
    note = "Sounds sure of it, and has looked twice." if n == 1 else ""
    told = [
        ("f.message", "No connection; please try again later (DNS_PROBE)"), ("f.since", "2026-03-01"),
        ("f.devices", "3"), ("f.wired", "yes"),
    ]  # fmt: skip
    return [
        _at(f"lights_{n}", [("answer", "red")], note),
        _at(f"cable_{n}", [("done", "1"), ("done", "2"), ("done", "3")]),
        _at(f"after_{n}", [("answer", "slowly")]),
        _at(f"notes_{n}", told),
    ]


def _at(node: str, said: Typed, note: str = "") -> Typed:
    return [("tree", TREE), ("node", node), *said, ("text", note)]


def form(seq: str, typed: Typed, seal: str) -> bytes:
    """The body of a form as a browser sends it, with an id of its own."""
    own = [("token", seal), ("seq", seq), ("client_id", secrets.token_urlsafe(12))]
    return urlencode([*own, *typed]).encode()


def start_form(client_id: str, seal: str) -> bytes:
    """The body of the form that starts a walk."""
    return urlencode(
        [
            ("token", seal),
            ("client_id", client_id),
            ("audience", "agent"),
            ("language", "en"),
            ("f.plan", "copper"),
        ]
    ).encode()
